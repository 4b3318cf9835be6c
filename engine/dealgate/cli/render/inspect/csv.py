"""Findings as CSV, one row each, the gone and the snoozed too; text that looks like a formula is escaped."""

from __future__ import annotations

import csv
import io

from ....model.finding import Finding
from ....model.values import Money
from ...inspecting import Shown
from ..rows import safe

COLUMNS = (
    "state", "severity", "rule", "title", "scope", "subject", "name", "owner", "team", "stage", "amount", "currency",
    "since", "reason", "ask", "do", "snoozed_until", "snoozed_because",
)  # fmt: skip


def render(shown: Shown) -> str:
    """All of them."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in (*shown.open, *shown.snoozed, *shown.gone):
        writer.writerow([safe("" if cell is None else cell) for cell in _row(one, shown)])
    return buffer.getvalue().removesuffix("\n")


def _row(one: Finding, shown: Shown) -> list[object]:
    amount = "" if one.amount is None or one.currency is None else f"{Money(one.amount, one.currency).major:f}"
    name = shown.names.get(one.subject) if one.scope == "deal" else ""
    state = "snoozed" if one.snoozed is not None else one.state
    silence = one.snoozed
    return [
        state, one.severity, one.rule, one.title, one.scope, one.subject, name, one.owner, one.team, one.stage, amount,
        one.currency, one.since, one.reason, one.coach, one.action, silence.until if silence else None,
        silence.reason if silence else None,
    ]  # fmt: skip
