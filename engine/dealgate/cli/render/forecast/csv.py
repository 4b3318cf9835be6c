"""A forecast as CSV: a row a method and open deal; what is won and what is not created yet are rows of their own."""

from __future__ import annotations

import csv
import io

from ....forecast.methods import Outlook
from ...forecasting import Shown, major
from ..rows import safe


def render(shown: Shown) -> str:
    """The rows: they add to each method's total."""
    unit = shown.snapshot.unit
    known = {row["id"]: row for row in shown.snapshot.deals.iter_rows(named=True)}
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(
        ["method", "what", "deal", "name", "owner", "team", "stage", "category", "chance", "amount", "unit", "reason"]
    )
    for method, one in shown.outlooks:
        if not isinstance(one, Outlook):
            writer.writerow([method.id, "none", *[""] * 8, unit, one.reason])
            continue
        writer.writerow([method.id, "won", *[""] * 7, major(one.won, unit), unit, ""])
        for ident, chance, expected, reason in one.deals.select("id", "chance", "expected", "reason").iter_rows():
            deal = known[ident]
            told = [safe(deal[name] or "") for name in ("name", "owner", "team", "stage", "category")]
            share = "" if chance is None else f"{chance:.6f}"
            writer.writerow([method.id, "open", safe(ident), *told, share, major(expected, unit), unit, reason or ""])
        if one.new:
            writer.writerow([method.id, "new", *[""] * 7, major(one.new, unit), unit, ""])
    return buffer.getvalue().removesuffix("\n")
