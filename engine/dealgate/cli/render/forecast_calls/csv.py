"""The calls of a period as CSV, one row each; text that looks like a formula is escaped. What was frozen is no call."""

from __future__ import annotations

import csv
import io

from ....model.values import Money
from ...called import Line, Listed
from ..rows import safe

COLUMNS = (
    "id", "period", "first", "last", "layer", "scope", "owner", "team", "deal", "name", "author", "at", "recorded_at",
    "amount_before", "currency_before", "amount", "currency", "category_before", "category", "reason", "replaced_by",
)  # fmt: skip


def render(found: Listed) -> str:
    """All of them; amounts in major units, with every digit."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in found.lines:
        writer.writerow(_row(found.period, line))
    return buffer.getvalue().removesuffix("\n")


def _row(period: str, line: Line) -> list[object]:
    one = line.call
    of_whom = [one.layer, one.scope, one.owner, one.team, one.deal, line.name, one.author]
    made = [one.at.isoformat(), one.recorded_at.isoformat()]
    words = [one.category_before, one.category, one.reason, line.replaced_by]
    told = [safe(cell or "") for cell in (*of_whom, *made)]
    head = [one.id, period, one.first.isoformat(), one.last.isoformat()]
    # an amount may be below nothing, and is no formula
    return [*head, *told, *_money(one.before), *_money(one.after), *(safe(cell or "") for cell in words)]


def _money(amount: Money | None) -> tuple[str, str]:
    return (f"{amount.major:f}", amount.currency) if amount is not None else ("", "")
