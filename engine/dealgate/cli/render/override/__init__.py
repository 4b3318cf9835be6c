"""Overrides: one, a list of them, and what became of the deals."""
