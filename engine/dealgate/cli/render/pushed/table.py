"""The figures as a table for a terminal: the sums, and the open deals by stage."""

from __future__ import annotations

from pathlib import Path

from ....decide.pushed import Pushed
from ..check.table import stages_of, sums
from ..console import console, written
from ..write import put


def render(report: Pushed, out: Path | None, limit: int) -> None:
    """Prints the figures, and where the verdicts are."""
    screen = console(colour=out is None)
    sums(report, screen)
    if report.stages:
        screen.print()
        screen.print(stages_of(report.stages))
    screen.print(f"\nJudged by {report.engine}." + (f" The verdicts are in {report.into}." if report.into else ""))
    put(written(screen), out, exact=True)
