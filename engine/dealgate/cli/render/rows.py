"""A report as flat rows, one a deal, for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ...decide.report import Report
from ...decide.routed import Routed
from ...model.currencies import MINOR_DIGITS

COLUMNS = (
    "id", "name", "owner", "amount", "currency", "stage", "status", "state", "readiness", "met", "unmet", "unknown",
    "gaps", "next",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the start of a formula, full-width forms included."""
_AMOUNT, _CURRENCY = COLUMNS.index("amount"), COLUMNS.index("currency")


def columns(report: Report | Routed) -> tuple[str, ...]:
    """The columns of a report's rows: with the process, where there are several."""
    return COLUMNS if isinstance(report, Report) else (*COLUMNS, "process")


def rows(report: Report | Routed) -> Iterator[tuple[object, ...]]:
    """One row a deal, in the order of ``columns``; None where there is nothing."""
    for row in report.table().select(columns(report)).collect().iter_rows():
        amount, currency = row[_AMOUNT], row[_CURRENCY]
        if amount is not None:  # as many decimals as the currency has
            amount = amount.quantize(Decimal(1).scaleb(-MINOR_DIGITS[currency]))
        yield (*row[:_AMOUNT], amount, *row[_AMOUNT + 1 :])


def safe(cell: object) -> object:
    """A cell that no spreadsheet takes for a formula: such text gets an apostrophe before it."""
    return "'" + cell if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA) else cell
