"""Scene one: the pipeline, checked."""

from __future__ import annotations

import click

from ..render.check import table
from . import Stage


def play(stage: Stage) -> None:
    """The sums, the stages, and the first deals that need something."""
    company = stage.company
    click.echo(f"{company.name}, a made-up company: {len(company.reps)} reps, {len(company.deals):,} opportunities.\n")
    table.render(stage.report, None, 5)
