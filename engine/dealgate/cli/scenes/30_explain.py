"""Scene three: the same deal, explained."""

from __future__ import annotations

from ..render import explain
from ..render.width import width
from ..render.write import say
from . import Stage

LINES = 15
"""Lines of the explanation shown, so that the whole story fits about a screen."""


def play(stage: Stage) -> None:
    """The hero's gaps and what to do."""
    hero = stage.hero
    if hero is None:
        return
    stage.typed(f"explain --deal {hero.deal.id}", "Why not, and what to do next")
    moment = stage.playbook.judge.moment(stage.report.as_of)
    say(explain.short(hero, stage.playbook.process, moment, width(), LINES))
