"""Commitments as CSV, one row each; text that looks like a formula is escaped."""

from __future__ import annotations

import csv
import io

from ...agreed import Agreed
from ..rows import safe
from .json import plain

COLUMNS = (
    "id", "who", "team", "deal", "action", "theme", "from", "agreed", "due", "by", "state", "overdue",
    "result", "ended",
)  # fmt: skip


def render(found: Agreed) -> str:
    """All of them."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for one in found.commitments:
        row = {**plain(one), "overdue": "yes" if one.overdue(found.today) else "no"}
        writer.writerow({key: safe("" if cell is None else cell) for key, cell in row.items()})
    return buffer.getvalue().removesuffix("\n")
