"""A seeded simulator of a B2B sales team: leads, deals, quotas. The model is told in ``parameters``."""

from dealgate.simulate.company import Company, simulate

__all__ = ["Company", "simulate"]
