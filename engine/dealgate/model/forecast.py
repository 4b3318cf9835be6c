"""The choices of a forecast: what a deal is worth, whose probabilities weigh stages, and which parts it has."""

from __future__ import annotations

COUNT = "count"
"""The basis by which every deal is worth one, whatever its amount."""
BASES = ("amount", "list_amount", COUNT)
WEIGHTS = ("process", "crm", "history")
PARTS = ("owner", "team", "region", "segment", "category", "stage")
