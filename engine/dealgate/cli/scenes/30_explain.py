"""Scene three: the same deal, explained."""

from __future__ import annotations

import click

from ..render import explain
from ..render.width import width
from . import Stage


def play(stage: Stage) -> None:
    """The hero's gaps and what to do."""
    hero = stage.hero
    if hero is None:
        return
    click.echo(f"\n$ dealgate explain … --deal {hero.deal.id}")
    moment = stage.playbook.judge.moment(stage.report.as_of)
    click.echo(explain.short(hero, stage.playbook.process, moment, width()))
