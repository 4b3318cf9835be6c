"""A forecast as CSV: a row a method and open deal; what is won and what is not created yet are rows of their own."""

from __future__ import annotations

import csv
import io

from ...forecasting import Shown, major
from ._rows import AMOUNT, CHANCE, COLUMNS, rows


def render(shown: Shown) -> str:
    """The rows: they add to each method's total."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows(shown):
        cells = ["" if cell is None else cell for cell in row]
        chance, amount = row[CHANCE], row[AMOUNT]
        if chance is not None:
            cells[CHANCE] = f"{chance:.6f}"
        if isinstance(amount, int):
            cells[AMOUNT] = major(amount, shown.snapshot.unit)
        writer.writerow(cells)
    return buffer.getvalue().removesuffix("\n")
