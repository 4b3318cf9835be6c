"""Judging one deal: verdicts with overrides and grandfathering, its state and readiness."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ..compile.becomes import former_names, moved, names_of
from ..compile.facts import deal_value
from ..compile.program import Program
from ..compile.reference import Walk
from ..compile.words import Words, value
from ..model.calendar import Moment, Rates
from ..model.deal import Deal
from ..model.process import Criterion, Process, Stage
from ..model.values import end_of_day
from ..model.verdict import GAPS, FrameworkResult, State, Status, Verdict
from .reasons import Reasons
from .waivers import holds, overrides_of

if TYPE_CHECKING:
    from polars import LazyFrame

    from ..compile.columns.run import Columns, Layout, Wanted

LAYOUTS = 16
"""Layouts of frames that are remembered."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a deal stands: its status, its state in the stage, readiness (None without criteria) and the verdicts.

    ``group`` is open, won, lost, cancelled or unmapped (no stage or status of the process, or not one it is for):
    the five add up to all deals.
    """

    deal: Deal
    group: str
    stage: Stage | None
    state: State | None
    readiness: Fraction | None
    verdicts: tuple[Verdict, ...]
    was: str | None = None
    """The stage its source has, where the process has it no more."""

    def unmapped_for(self, process: Process) -> str:
        """Why the deal is ``unmapped``: in words that follow "Not judged: "; empty where it is not."""
        if self.group != "unmapped":
            return ""
        if self.stage is not None and process.applies_to is not None:
            return f"the process is for deals of which this holds: {Words(process).clause(process.applies_to)}"
        unfit = self.deal.unfit.get("stage")
        if self.was is not None and unfit is not None:
            return f"its stage was {value(self.was)}, which the process has no more, and {unfit.why}"
        stage = self.deal.fields.get("stage") or unfit
        return f"its stage {f'is {value(stage)}' if stage else 'is missing'}, which the process does not have"


class Judge:
    """One process, ready to judge deals."""

    def __init__(self, process: Process, rates: Rates | None = None) -> None:
        self.process, self.rates = process, rates
        self.program = Program(process, Reasons(process).tell)
        self._dated = [n for n, k in enumerate(process.criteria) if k.since is not None]
        self._index = {k.id: n for n, k in enumerate(process.criteria)}
        self._moment: tuple[date | None, Moment | None] = (None, None)
        """The last as_of as it was given, and its moment: many deals are judged at the same one."""
        self._columns: dict[object, Columns] = {}
        self.former = former_names(process)
        """By criterion the ids it had before."""

    def moved(self, deal: Deal, as_of: date | datetime) -> Deal:
        """The deal in the stages that the process has, where its source has one that is no more."""
        return moved(deal, self.process, self.moment(as_of)) if self.process.becomes else deal

    def moment(self, as_of: date | datetime) -> Moment:
        """The moment to judge at; a bare date is the end of that day in the process's zone."""
        known = self._moment[1]
        zone, at = self.process.calendar.zone, as_of
        if not isinstance(at, datetime):
            at = end_of_day(at, zone)
        elif at.tzinfo is None:
            at = at.replace(tzinfo=zone)
        if known is None or known.as_of != at:
            known = Moment(at, self.process.calendar, self.process.currency, self.rates)
        self._moment = as_of, known
        return known

    def evaluate(self, deal: Deal, as_of: date | datetime, *, moving: bool = False) -> list[Verdict]:
        """Every criterion's verdict, in the process's order; ``moving`` also holds those due at the next move."""
        moment = self.moment(as_of)
        deal = self.moved(deal, moment.as_of)
        verdicts = self.program.run(deal, moment)
        for n in self._dated:
            if not self.in_force(verdicts[n].criterion, deal, moment, moving=moving):
                verdicts[n] = verdicts[n].turned(Status.NOT_APPLICABLE)
        if deal.children.get("overrides"):
            self._waive(verdicts, deal, moment)
        return verdicts

    def gaps(self, deal: Deal, as_of: date | datetime) -> list[Verdict]:
        """What is unmet or unknown of that which the deal's stage asks; nothing where it stands in none."""
        deal = self.moved(deal, as_of)
        stage = self.process.stage(deal.stage)
        if stage is None:
            return []
        moment = self.moment(as_of)
        found = self.program.gaps(stage, deal, moment)
        if self._dated:
            found = [v for v in found if self.in_force(v.criterion, deal, moment, moving=False)]
        if deal.children.get("overrides"):
            self._waive(found, deal, moment)
            found = [v for v in found if v.status is not Status.WAIVED]
        return found

    def _waive(self, verdicts: list[Verdict], deal: Deal, moment: Moment) -> None:
        valid = {o.criterion for o in overrides_of(deal) if holds(o, self.process, moment)}
        for n, verdict in enumerate(verdicts):
            if verdict.status in GAPS and not valid.isdisjoint(names_of(verdict.criterion, self.former)):
                verdicts[n] = verdict.turned(Status.WAIVED)

    def in_force(self, criterion: Criterion, deal: Deal, moment: Moment, *, moving: bool) -> bool:
        """Whether a criterion with ``since`` already binds this deal. An unknown entry date is not grandfathered."""
        if criterion.since is None or criterion.in_flight == "immediate":
            return criterion.since is None or criterion.since <= moment.today
        if criterion.since > moment.today:
            return False
        entered = deal_value(deal, "stage_entered_on", moment, self.process)
        if entered is None or entered >= criterion.since or criterion.stage not in (None, deal.stage):
            return True
        return moving and criterion.in_flight == "next_move"

    # ------------------------------------------------ standing

    def applies(self, deal: Deal, as_of: date | datetime) -> bool:
        """Whether the process judges this deal at all; where that is not known, it does."""
        condition = self.process.applies_to
        return condition is None or Walk(self.process, deal, self.moment(as_of)).holds(condition) is not False

    def stage_criteria(self, stage: Stage) -> list[int]:
        """Indices of what a deal must meet to leave a stage: its exits and, in an open one, what stays from before."""
        return [self._index[k.id] for k in self.process.asked_in(stage)]

    def standing(self, deal: Deal, as_of: date | datetime) -> Standing:
        """How the deal stands in its stage as of a moment."""
        was = deal.stage if deal.stage in self.process.becomes else None
        deal = self.moved(deal, as_of)
        stage = self.process.stage(deal.stage)
        status = deal.status
        if (status == "open" and (stage is None or stage.after is not None)) or not self.applies(deal, as_of):
            status = "unmapped"
        judged = stage is not None and (status == "open" or (status == "won" and stage.after == "won"))
        if not judged or stage is None:
            return Standing(deal, status, stage, None, None, (), was)
        verdicts = self.evaluate(deal, as_of)
        mine = [verdicts[n] for n in self.stage_criteria(stage)]
        commit = [v for v in verdicts if v.criterion.part == "commit" and v.status is not Status.NOT_APPLICABLE]
        return Standing(deal, status, stage, state_of(mine), readiness_of(mine), (*mine, *commit), was)

    # ------------------------------------------------ many deals

    def columns(self, moment: Moment, frames: Any, wanted: Wanted, layout: Layout | None = None) -> LazyFrame:
        """The verdicts of frames of typed columns; what is printed for frames of such a layout is remembered."""
        from ..compile.columns.run import Columns, layout_of, shape_of
        from ..compile.plan.build import build

        if self.process.becomes:
            from ..compile.columns.becomes import moved_columns

            frames, layout = moved_columns(frames, self.process, moment), None
        layout = layout or layout_of(frames)
        key = (moment.as_of, layout.key(), wanted)
        if key not in self._columns:
            if len(self._columns) >= LAYOUTS:
                self._columns.clear()
            plan = build(self.process, moment, shape_of(layout))
            self._columns[key] = Columns(plan, layout, wanted)
        return self._columns[key].over(frames)

    # ------------------------------------------------ frameworks

    def qualification(self, deal: Deal, as_of: date | datetime, framework: str | None = None) -> list[FrameworkResult]:
        """Scorecards of the process's frameworks, or of one."""
        walk = Walk(self.process, self.moved(deal, as_of), self.moment(as_of))
        return [
            walk.framework_result(f) for f in self.process.frameworks.values() if framework is None or f.id == framework
        ]


def state_of(verdicts: Iterable[Verdict]) -> State:
    """Blocked if a block or approve criterion is unmet, else unknown if one is unknown, else ready."""
    held = {v.status for v in verdicts if v.criterion.holds}
    return State.BLOCKED if Status.UNMET in held else State.UNKNOWN if Status.UNKNOWN in held else State.READY


def readiness_of(verdicts: Iterable[Verdict]) -> Fraction | None:
    """The weighted share of criteria met or waived among those that apply; None where none does."""
    applying = [v for v in verdicts if v.status is not Status.NOT_APPLICABLE]
    total = sum((Fraction(v.criterion.weight) for v in applying), Fraction(0))
    done = (Fraction(v.criterion.weight) for v in applying if v.status in (Status.MET, Status.WAIVED))
    return sum(done, Fraction(0)) / total if total else None
