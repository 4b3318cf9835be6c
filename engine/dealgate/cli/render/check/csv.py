"""The report as CSV, one row a deal; text that looks like a formula is escaped."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

from ....decide.report import Report
from ....decide.routed import Routed
from ..rows import columns, rows, safe
from ..write import put


def render(report: Report | Routed, out: Path | None, limit: int) -> None:
    """Writes all deals, whatever the limit."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns(report))
    writer.writerows([safe("" if cell is None else cell) for cell in row] for row in rows(report))
    shown = out is None and sys.stdout.isatty()
    put(buffer.getvalue().removesuffix("\n"), out, exact=not shown)
