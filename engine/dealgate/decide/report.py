"""Every deal of a source against its stage's exit criteria, added up so that nothing is lost on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from ..model.deal import Deal
from ..model.process import Criterion, Process, Stage
from ..model.verdict import GAPS, State
from .judge import Standing
from .playbook import Playbook

if TYPE_CHECKING:
    import polars as pl

GROUPS = ("open", "won", "lost", "cancelled", "unmapped")
STATES = (State.BLOCKED, State.UNKNOWN, State.READY)
"""From what needs work first."""


@dataclass(frozen=True, slots=True)
class StageCounts:
    """The open deals of a stage by state, and the criterion that holds most of them (None where none does)."""

    stage: Stage
    states: dict[State, int]
    held_by: Criterion | None = None
    held: int = 0

    @property
    def open(self) -> int:
        """How many there are."""
        return sum(self.states.values())


@dataclass(frozen=True, slots=True)
class Report:
    """What ``check`` brings out. ``standings`` are in the source's order."""

    playbook: Playbook
    as_of: datetime
    standings: Sequence[Standing]

    @property
    def process(self) -> Process:
        """The process the deals were judged by."""
        return self.playbook.process

    @property
    def summary(self) -> dict[str, int]:
        """``deals = open + won + lost + cancelled + unmapped``; ``open = ready + blocked + unknown``."""
        groups = Counter(s.group for s in self.standings)
        states = Counter(s.state for s in self.standings if s.group == "open")
        return summed(groups, states)

    @property
    def stages(self) -> list[StageCounts]:
        """The open deals by stage, in the process's order; stages without any are left out."""
        found = []
        for stage in self.process.open_stages:
            mine = [s for s in self.standings if s.group == "open" and s.stage is stage]
            states = Counter(s.state for s in mine if s.state is not None)
            gaps = (v for s in mine for v in s.verdicts)
            held = Counter(v.criterion for v in gaps if v.criterion.holds and v.status in GAPS)
            if mine:
                most = held.most_common(1)
                found.append(StageCounts(stage, dict(states), *(most[0] if most else ())))
        return found

    def waiting(self, limit: int = 0) -> list[Standing]:
        """The open deals, those that need most first and by amount; at most ``limit`` (0: all)."""
        found = [s for s in self.standings if s.group == "open"]
        found.sort(key=lambda s: (STATES.index(s.state) if s.state else len(STATES), -_amount(s)))
        return found[:limit] if limit else found

    @property
    def namesakes(self) -> frozenset[str]:
        """Names that several open deals have."""
        names = Counter(s.deal.fields.get("name") for s in self.standings if s.group == "open")
        return frozenset(name for name, count in names.items() if name and count > 1)

    def table(self) -> pl.LazyFrame:
        """One row a deal (see ``decide.flat``)."""
        from .flat import of_standings

        return of_standings(self.standings, self.process).lazy()


def summed(groups: Counter[str], states: Counter[State | None]) -> dict[str, int]:
    """The summary of numbers of deals by group and of open ones by state."""
    return {
        "deals": sum(groups.values()),
        **{group: groups[group] for group in GROUPS},
        **{state.value: states[state] for state in (State.READY, State.BLOCKED, State.UNKNOWN)},
    }


def _amount(standing: Standing) -> int:
    amount = standing.deal.fields.get("amount")
    return amount.minor if amount is not None else 0


def check(playbook: Playbook, deals: Iterable[Deal], as_of: date | datetime) -> Report:
    """Judges every deal as of a moment, one by one."""
    moment = playbook.judge.moment(as_of)
    return Report(playbook, moment.as_of, tuple(playbook.judge.standing(deal, moment.as_of) for deal in deals))
