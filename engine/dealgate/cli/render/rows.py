"""A report as flat rows, one a deal, for spreadsheets and columns files."""

from __future__ import annotations

from collections.abc import Iterator

from ...decide.judge import Standing
from ...decide.report import Report
from ...model.values import Money
from ...model.verdict import Status

COLUMNS = (
    "id", "name", "owner", "amount", "currency", "stage", "status", "state", "readiness", "met", "unmet", "unknown",
    "gaps", "next",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the start of a formula, full-width forms included."""


def rows(report: Report) -> Iterator[tuple[object, ...]]:
    """One row a deal, in the order of ``COLUMNS``; None where there is nothing."""
    for standing in report.standings:
        yield row(standing)


def row(standing: Standing) -> tuple[object, ...]:
    """One deal's row."""
    fields, verdicts = standing.deal.fields, standing.verdicts
    amount = fields.get("amount")
    gaps = [v for v in verdicts if v.status in (Status.UNMET, Status.UNKNOWN)]
    fixes = [v.criterion.fix for v in gaps if v.criterion.fix]
    judged = bool(verdicts)
    return (
        standing.deal.id,
        fields.get("name"),
        fields.get("owner.name"),
        amount.major if isinstance(amount, Money) else None,
        amount.currency if isinstance(amount, Money) else None,
        standing.stage.title if standing.stage else None,
        None if standing.group == "unmapped" else standing.group,
        standing.state.value if standing.state else None,
        None if standing.readiness is None else round(float(standing.readiness), 4),
        sum(v.status in (Status.MET, Status.WAIVED) for v in verdicts) if judged else None,
        sum(v.status is Status.UNMET for v in verdicts) if judged else None,
        sum(v.status is Status.UNKNOWN for v in verdicts) if judged else None,
        "; ".join(v.criterion.title for v in gaps) or None,
        fixes[0] if fixes else None,
    )


def safe(cell: object) -> object:
    """A cell that no spreadsheet takes for a formula: such text gets an apostrophe before it."""
    return "'" + cell if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA) else cell
