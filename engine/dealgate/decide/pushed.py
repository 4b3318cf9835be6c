"""Deals judged where they are: only figures come back, and verdicts are written there when that is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from ..compile.plan.nodes import Constant
from ..compile.plan.plan import Judged, Plan
from ..compile.sql.exact import CannotSay
from ..compile.sql.layout import Layout
from ..compile.sql.query import Query, cannot, query, summary
from ..compile.sql.run import STATUSES, Place
from ..model.diagnostics import Diagnostic, SourceFailed, error, warning
from ..model.process import Process
from ..model.verdict import GAPS, State, Status
from .playbook import Playbook
from .report import StageCounts, summed

if TYPE_CHECKING:
    from sqlglot import exp

Whole = Callable[["exp.Query"], "exp.Query"]
"""Puts the steps that stage the tables before a query."""


@dataclass(frozen=True, slots=True)
class CriterionCounts:
    """How many open deals in the stages that ask for a criterion have which status."""

    criterion: str
    statuses: Mapping[Status, int]


@dataclass(frozen=True, slots=True)
class Pushed:
    """What ``check`` brings out where the work was done elsewhere.

    ``summary`` and ``stages`` are those of ``Report``. ``into``: the table that now holds a verdict for every deal.
    ``cannot``: criteria that ``engine`` cannot work out, and why; each counts as unknown.
    """

    playbook: Playbook
    as_of: datetime
    summary: Mapping[str, int]
    stages: tuple[StageCounts, ...]
    criteria: tuple[CriterionCounts, ...]
    engine: str
    into: str | None = None
    cannot: tuple[tuple[str, str], ...] = ()

    @property
    def process(self) -> Process:
        """The process the deals were judged by."""
        return self.playbook.process

    @property
    def notes(self) -> list[Diagnostic]:
        """What the engine cannot work out, each at its rule."""
        criteria = {k.id: k for k in self.process.criteria}
        return [
            warning(
                "DG930",
                f"`{name}` is not judged by {self.engine}, and counts as unknown: it {why}.",
                criteria[name].at,
                "judge it with --engine polars on an export, or write the condition in another way",
            )
            for name, why in self.cannot
        ]


@dataclass(frozen=True, slots=True)
class Pushdown:
    """A plan over tables that are staged, in a dialect; what the dialect cannot work out is unknown in ``plan``."""

    plan: Plan
    layout: Layout
    dialect: str
    cannot: tuple[tuple[str, str], ...]
    whole: Whole

    def summaries(self) -> list[Query]:
        """The queries of the counts alone."""
        return [
            replace(made, select=self.whole(made.select))  # type: ignore[arg-type]
            for made in summary(self.plan, self.dialect, self.layout, inline=True)
        ]

    def verdicts(self, playbook: Playbook, as_of: datetime) -> exp.Query:
        """One row a deal; criteria that cannot be worked out are null, and each row says by which rules and when.

        Raises SourceFailed where there are more columns than the dialect takes.
        """
        from sqlglot import exp as x

        try:
            made = query(self.plan, self.dialect, self.layout, inline=True)
        except CannotSay as why:
            raise SourceFailed(error("DG928", f"The verdicts cannot be written: the table {why}.")) from None
        left = {name for name, _ in self.cannot}
        told = {"as_of": as_of.isoformat(), "playbook": f"{playbook.id}@{playbook.version}", "digest": playbook.digest}
        kind = x.DataType.build("TEXT")
        columns = []
        for column in made.select.expressions:
            if made.columns.get(column.alias) in left:
                column = x.alias_(x.Cast(this=x.Null(), to=kind.copy()), column.alias, quoted=True)
            columns.append(column)
        columns += [
            x.alias_(x.Cast(this=x.Literal.string(value), to=kind.copy()), name, quoted=True)
            for name, value in told.items()
        ]
        made.select.set("expressions", columns)
        return self.whole(made.select)


def pushdown(plan: Plan, layout: Layout, dialect: str, whole: Whole = lambda select: select) -> Pushdown:
    """What runs where the deals are. A criterion that the dialect cannot work out is unknown, never met.

    Raises SourceFailed where the dialect cannot even tell which deals the process is for.
    """
    lacking = tuple((name, why) for name, why in cannot(plan, dialect, layout) if name not in plan.frameworks)
    names = {name for name, _ in lacking}
    if "group" in names:
        why = dict(lacking)["group"]
        message = f"{dialect} cannot tell which deals the process is for, and in which stages: it {why}."
        raise SourceFailed(error("DG931", message, suggestion="judge an export with --engine polars"))
    unknown = tuple(Judged(j.criterion, Constant(None)) if j.criterion.id in names else j for j in plan.judged)
    return Pushdown(replace(plan, judged=unknown), layout, dialect, lacking, whole)


def check_pushed(playbook: Playbook, as_of: datetime, work: Pushdown, place: Place) -> Pushed:
    """Judges all deals of the tables, and pulls the figures alone. Raises SourceFailed where the database refuses."""
    process = playbook.process
    groups: Counter[str] = Counter()
    states: dict[str, Counter[State]] = {stage.id: Counter() for stage in process.open_stages}
    counted: dict[tuple[str, str], Counter[Status]] = {}
    for part, made in enumerate(work.summaries()):
        names = list(made.columns.values())
        for group, stage, state, deals, *rest in place.fetch(made.sql(pretty=False)):
            if not part:
                groups[group] += int(deals)
                if group == "open":
                    states[stage][State(state)] += int(deals)
            if group != "open":
                continue
            for at, name in enumerate(names):
                found = counted.setdefault((stage, name), Counter())
                for word, number in zip(STATUSES, rest[at * len(STATUSES) :], strict=False):
                    found[Status(word)] += int(number)
    stages = []
    totals: dict[str, Counter[Status]] = {}
    for stage in process.open_stages:
        if not states[stage.id]:
            continue
        asked = [*process.asked_in(stage), *process.commit]
        for criterion in asked:
            totals.setdefault(criterion.id, Counter()).update(counted[stage.id, criterion.id])
        gaps = {k: sum(counted[stage.id, k.id][s] for s in GAPS) for k in asked if k.holds}
        most = max(gaps.values(), default=0)
        by = next((k for k, held in gaps.items() if held == most), None) if most else None
        stages.append(StageCounts(stage, dict(states[stage.id]), by, most))
    every: Counter[State | None] = Counter()
    for found_ in states.values():
        every.update(found_)
    criteria = tuple(CriterionCounts(k.id, totals[k.id]) for k in process.criteria if k.id in totals)
    figures = summed(groups, every)
    return Pushed(playbook, as_of, figures, tuple(stages), criteria, work.dialect, None, work.cannot)
