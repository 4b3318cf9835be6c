"""Metrics as a workbook: a sheet of figures, one row each, and a sheet of what each metric means."""

from __future__ import annotations

from pathlib import Path

from ....model.diagnostics import WrongUsage, error
from ..clean import clean
from ..rows import safe
from ..write import whole
from ._rows import FIGURE, keys_of, rows
from ._view import View


def render(view: View, out: Path | None) -> None:
    """Writes the workbook. Raises WrongUsage without a file to write to."""
    if out is None:
        raise WrongUsage(error("DG902", "A workbook needs a file.", suggestion="add --out metrics.xlsx"))
    import xlsxwriter

    names = [*keys_of(view), *FIGURE]
    with whole(out) as file:
        book = xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False})
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet("Figures")
        sheet.freeze_panes(1, 0)
        for n, name in enumerate(names):
            sheet.write_string(0, n, name, bold)
        last = 0
        for last, row in enumerate(rows(view), start=1):
            row["flags"] = "; ".join(row["flags"])
            for n, name in enumerate(names):
                cell = row.get(name)
                if isinstance(cell, str):
                    sheet.write_string(last, n, clean(str(safe(cell))))
                elif cell is not None:
                    sheet.write_number(last, n, cell)
        sheet.autofit()
        sheet.autofilter(0, 0, max(last, 1), len(names) - 1)
        meanings = book.add_worksheet("Meanings")
        for n, name in enumerate(("Metric", "Version", "What it is", "Question", "Formula", "Unit", "Source")):
            meanings.write_string(0, n, name, bold)
        for r, one in enumerate((block.spec for block in view.blocks), start=1):
            for n, text in enumerate((one.id, one.version, one.name, one.question, one.formula, one.unit, one.source)):
                meanings.write_string(r, n, clean(text))
        meanings.autofit()
        book.close()
