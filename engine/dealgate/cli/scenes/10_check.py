"""Scene one: the pipeline, checked."""

from __future__ import annotations

from ..render.check import table
from ..render.write import say
from . import Stage


def play(stage: Stage) -> None:
    """The sums, the stages, and the first deals that need something."""
    company = stage.company
    say(f"{company.name} is a made-up company: {len(company.reps)} reps, {len(company.deals):,} opportunities.")
    stage.typed("check", "What holds each open deal back")
    table.render(stage.report, None, 3)
