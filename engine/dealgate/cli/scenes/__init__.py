"""The scenes of the demo, in the order of their names: each file has ``play(stage)``."""

from __future__ import annotations

from typing import NamedTuple

from ...decide.judge import Standing
from ...decide.playbook import Playbook
from ...decide.report import Report
from ...model.verdict import State
from ...simulate import Company
from ..render.write import say


class Stage(NamedTuple):
    """What every scene plays on: the company, its playbook, and all deals judged."""

    company: Company
    playbook: Playbook
    report: Report
    file: str = "company.jsonl"

    def typed(self, words: str, why: str) -> None:
        """What a person would type here, after its file is saved, and why."""
        command, _, rest = words.partition(" ")
        say(f"\n# {why}\n$ dealgate {command} {self.file}{' ' * bool(rest)}{rest}")

    @property
    def hero(self) -> Standing | None:
        """The deal the demo follows: the largest blocked one of the latest stage that has one."""
        order = [s.id for s in self.playbook.process.open_stages]
        blocked = [s for s in self.report.standings if s.group == "open" and s.state is State.BLOCKED and s.stage]
        middle = [s for s in blocked if s.stage and 0 < order.index(s.stage.id) < len(order) - 1] or blocked
        return max(middle, key=_size, default=None)


def _size(standing: Standing) -> int:
    amount = standing.deal.fields.get("amount")
    return amount.minor if amount is not None else 0
