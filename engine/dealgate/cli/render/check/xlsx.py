"""The report as a workbook, one row a deal; every text is written as text, never as a formula."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from ....decide.report import Report
from ....model.diagnostics import WrongUsage, error
from ..rows import COLUMNS, rows, safe

CELL = 32_767
"""Characters that a cell of a workbook may hold."""


def render(report: Report, out: Path | None, limit: int) -> None:
    """Writes all deals, whatever the limit. Raises WrongUsage without a file to write to."""
    if out is None:
        raise WrongUsage(error("DG902", "A workbook needs a file.", suggestion="add --out deals.xlsx"))
    import xlsxwriter

    with xlsxwriter.Workbook(str(out), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("Deals")
        sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        for n, name in enumerate(COLUMNS):
            sheet.write_string(0, n, name, bold)
        for r, row in enumerate(rows(report), start=1):
            for n, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(r, n, str(safe(cell))[:CELL])
                elif isinstance(cell, (int, float, Decimal)):
                    sheet.write_number(r, n, float(cell))
        sheet.autofit()
        sheet.autofilter(0, 0, len(report.standings), len(COLUMNS) - 1)
