"""Metrics as CSV, one row a figure."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

from ..rows import safe
from ..write import put
from ._rows import FIGURE, keys_of, rows
from ._view import View


def render(view: View, out: Path | None) -> None:
    """Writes every figure; shares are fractions of 1."""
    names = [*keys_of(view), *FIGURE]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(names)
    for row in rows(view):
        row["flags"] = "; ".join(row["flags"])
        writer.writerow([safe("" if row.get(name) is None else row[name]) for name in names])
    put(buffer.getvalue().removesuffix("\n"), out, exact=not (out is None and sys.stdout.isatty()))
