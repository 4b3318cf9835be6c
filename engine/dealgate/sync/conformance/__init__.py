"""The one suite that every adapter passes: sentences that are true of it, tried on a CRM that a rig stands for."""

from .rig import FAULTS, Cannot, Deal, Delivery, Refusal, Rig, Truth
from .suite import Check, Result, checks, run

__all__ = [
    "FAULTS",
    "Cannot",
    "Check",
    "Deal",
    "Delivery",
    "Refusal",
    "Result",
    "Rig",
    "Truth",
    "checks",
    "run",
]
