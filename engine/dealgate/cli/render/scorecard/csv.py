"""Scorecards as CSV, one row a KPI."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from ....metrics.scorecard import Card, Scorecard
from ...past import Past
from ..metrics._rows import plain
from ..rows import safe
from ..write import put

_COLUMNS = (
    "kind", "name", "title", "metric", "measure", "stage", "actual", "unit", "n", "reason", "target",
    "direction", "gap", "pace", "before", "trend", "met", "improved", "note",
)  # fmt: skip


def render(scorecard: Scorecard, cards: Sequence[Card], past: Past, out: Path | None) -> None:
    """Writes every KPI of every card; shares are fractions of 1."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for card in cards:
        for i in card.items:
            pace = plain(i.pace.value) if i.pace else None
            row = [card.kind, card.name, card.title, i.metric, i.measure, i.stage, plain(i.actual.value), i.actual.unit]
            row += [
                i.actual.n,
                i.actual.reason,
                plain(i.target),
                i.direction,
                plain(i.gap),
                pace,
                plain(i.before.value),
            ]
            row += [plain(i.trend), i.met, i.improved, i.note]
            writer.writerow([safe("" if cell is None else cell) for cell in row])
    put(buffer.getvalue().removesuffix("\n"), out, exact=not (out is None and sys.stdout.isatty()))
