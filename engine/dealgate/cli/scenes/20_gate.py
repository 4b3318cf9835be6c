"""Scene two: a rep wants to move a deal on."""

from __future__ import annotations

from ...model.verdict import GAPS
from ..render.explain import decision
from ..render.width import width
from ..render.write import say
from . import Stage


def play(stage: Stage) -> None:
    """The decision on the hero's next stage, in its first lines."""
    hero = stage.hero
    if hero is None or hero.stage is None:
        return
    stages = [s.id for s in stage.playbook.process.open_stages]
    after = stages.index(hero.stage.id) + 1
    to = stages[after] if after < len(stages) else "won"
    found = stage.playbook.gate(hero.deal, to, as_of=stage.report.as_of)
    held = len(found.of(*GAPS))
    stage.typed(f"gate --deal {hero.deal.id} --to {to}", "A rep wants to move a deal on")
    head = decision(found, stage.playbook.process, width()).splitlines()[:2]
    say("\n".join([head[0], f"{head[1]} {held} {'criterion is' if held == 1 else 'criteria are'} not met."]))
