"""The report as a workbook, one row a deal; every text is written as text, never as a formula."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from ....decide.report import Report
from ....decide.routed import Routed
from ....model.diagnostics import Where, WrongUsage, error, warning
from ..clean import clean
from ..diagnostics.text import render as told
from ..rows import columns, rows, safe
from ..write import say, whole

CELL = 32_767
"""Characters that a cell of a workbook may hold."""
ROWS = 1_048_575
"""Rows that a sheet may hold below its head."""


def render(report: Report | Routed, out: Path | None, limit: int) -> None:
    """Writes all deals, whatever the limit. Raises WrongUsage without a file to write to, or with too many deals."""
    if out is None:
        raise WrongUsage(error("DG902", "A workbook needs a file.", suggestion="add --out deals.xlsx"))
    if len(report.standings) > ROWS:
        message = f"A sheet holds {ROWS:,} rows, and there are {len(report.standings):,} deals."
        raise WrongUsage(error("DG905", message, suggestion="take --output csv or parquet"))
    import xlsxwriter

    cut: list[str] = []
    names = columns(report)
    with whole(out) as file:
        book = xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False})
        sheet = book.add_worksheet("Deals")
        sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        for n, name in enumerate(names):
            sheet.write_string(0, n, name, bold)
        for r, row in enumerate(rows(report), start=1):
            for n, cell in enumerate(row):
                if isinstance(cell, str):
                    text = clean(str(safe(cell)))
                    if len(text) > CELL:
                        text = text[: CELL - 1] + "…"
                        cut.append(f"{names[n]} in row {r + 1}")
                    sheet.write_string(r, n, text)
                elif isinstance(cell, (int, float, Decimal)):
                    sheet.write_number(r, n, float(cell))
        sheet.autofit()
        sheet.autofilter(0, 0, len(report.standings), len(names) - 1)
        book.close()
    if cut:
        where = ", ".join(cut[:3]) + (f" and {len(cut) - 3:,} more" if len(cut) > 3 else "")
        message = f"A cell of a workbook holds {CELL:,} characters: {where} cut short."
        say(told([warning("DG906", message, Where(str(out)), "take --output csv for the whole text")], {}), err=True)
