"""The choices of a forecast: what a deal is worth, whose probabilities weigh stages, and which parts it has."""

from __future__ import annotations

COUNT = "count"
"""The basis by which every deal is worth one, whatever its amount."""
BASES = ("amount", "list_amount", COUNT)
BOOKING, CURRENT, AT_START = RATES = ("booking", "current", "period")
"""By which day's exchange rate an amount in another currency counts: that of its own day (what is won: of the day it
was won; what is open: of today), today's for all, or that of the period's first day for all."""
WEIGHTS = ("process", "crm", "history")
PARTS = ("owner", "team", "region", "segment", "category", "stage")
