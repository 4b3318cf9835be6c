"""Recommendations as CSV, one row each; text that looks like a formula is escaped."""

from __future__ import annotations

import csv
import io

from ....model.values import Money
from ...coaching import Taught
from ..rows import safe

COLUMNS = (
    "id", "play", "scope", "record", "name", "amount", "currency", "owner", "team", "to", "title", "theme", "ask", "do",
    "look_for", "practise", "due", "deals",
)  # fmt: skip


def render(shown: Taught) -> str:
    """All that are shown, people first."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in (*shown.people, *shown.deals):
        said = one.said
        assert said is not None
        _, _, owner, team = shown.coached.facts.above(one.scope, one.record)
        held = shown.amounts.get(one.record) if one.scope == "deal" else None
        row = [
            one.id, one.play.key, one.scope, one.record, shown.name(one.scope, one.record),
            f"{Money(*held).major:f}" if held else "", held[1] if held else "", owner, team, said.to, said.title,
            said.theme, said.question, said.action, said.behaviour, said.drill, said.due, " ".join(sorted(one.deals())),
        ]  # fmt: skip
        writer.writerow([safe("" if cell is None else cell) for cell in row])
    return buffer.getvalue().removesuffix("\n")
