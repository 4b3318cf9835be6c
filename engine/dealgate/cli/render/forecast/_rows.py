"""A forecast as flat rows, for spreadsheets: a row a method and open deal, and rows of what is no open deal."""

from __future__ import annotations

from collections.abc import Iterator

from ....forecast.methods import Outlook
from ...forecasting import Shown
from ..rows import safe

COLUMNS = (
    "method", "what", "deal", "name", "owner", "team", "stage", "category", "chance", "amount", "unit", "reason",
)  # fmt: skip
AMOUNT, CHANCE = COLUMNS.index("amount"), COLUMNS.index("chance")
_NONE = (None,) * 7


def rows(shown: Shown) -> Iterator[tuple[str | int | float | None, ...]]:
    """In the order of ``COLUMNS``; ``amount`` in minor units. A method's rows add to its total."""
    unit = shown.snapshot.unit
    known = {row["id"]: row for row in shown.snapshot.deals.iter_rows(named=True)}
    for method, one in shown.outlooks:
        if not isinstance(one, Outlook):
            yield (method.id, "none", *_NONE, None, unit, one.reason)
            continue
        yield (method.id, "won", *_NONE, one.won, unit, None)
        for ident, chance, expected, reason in one.deals.select("id", "chance", "expected", "reason").iter_rows():
            deal = known[ident]
            told = [str(safe(deal[name] or "")) for name in ("name", "owner", "team", "stage", "category")]
            yield (method.id, "open", str(safe(ident)), *told, chance, expected, unit, reason)
        if one.new:
            yield (method.id, "new", *_NONE, one.new, unit, None)
