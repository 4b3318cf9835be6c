"""What is proven of open deals at a moment, as figures: 1 it is there, 0 it is not, null nobody knows.

A feature is a criterion of an open stage, or a framework element that has reached a level. What was in a source when it
was read says nothing of earlier days; so of a past moment only that counts which bears its own date then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import polars as pl

from ..compile.columns.run import Wanted, ready
from ..compile.events import reduced
from ..compile.frames import Frames
from ..decide.playbook import Playbook
from ..history import History
from ..history.days import end_of
from ..history.past import HAPPENED
from ..model import condition as c
from ..model.operators import OPERATORS
from ..model.process import Criterion, Process
from ..model.verdict import Status

CRITERION, STATED, STRONG = "criterion", "stated", "corroborated"
"""What kind of feature it is: a criterion; an element that reached the second level, or a higher one."""
_VISITS = frozenset({"status", "stage", "stage_entered_on", "days_in_stage", "created_at"})
"""Fields of which the record's own life tells at every moment."""
_ACTIVITIES = frozenset({"last_activity_on", "last_two_way_on"})
_FOLLOWED = frozenset({"visits", "changes"})


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing that can be proven. ``more``: whether there being more of it is better, as of every proof."""

    id: str
    title: str
    kind: str
    weight: Decimal = Decimal(1)
    holds: bool = True
    more: bool = True
    asked: Criterion = field(kw_only=True, compare=False, repr=False)


def features_of(process: Process) -> tuple[Feature, ...]:
    """The features of a process: criteria of its open stages, and the levels of its frameworks' elements.

    Two that ask the same are one. What is asked for being there since a day (``since``) is asked as ever.
    """
    found: dict[str, Feature] = {}
    checks: list[tuple[c.Condition, c.Condition | None]] = []
    for stage in process.open_stages:
        for criterion in (*stage.enter, *stage.exit):
            if (criterion.check, criterion.applies_when) not in checks:
                checks.append((criterion.check, criterion.applies_when))
                found[criterion.id] = Feature(
                    criterion.id, criterion.title, CRITERION, criterion.weight, criterion.holds, asked=criterion
                )
    for asked, level, title, more in _levels(process):
        if (asked.check, None) not in checks:
            found[asked.id] = Feature(asked.id, title, STATED if level == 1 else STRONG, more=more, asked=asked)
    return tuple(found.values())


def _levels(process: Process) -> Iterator[tuple[Criterion, int, str, bool]]:
    operator = OPERATORS["at_least"]
    for framework in process.frameworks.values():
        for element in framework.elements:
            for step in range(1, framework.highest - framework.lowest + 1):
                level = framework.lowest + step
                check = c.ElementLevel(framework.id, element.id, operator, (c.Literal(level, level),))
                said = framework.levels[step]
                name = f"{framework.id}.{element.id}.{level}"
                asked = Criterion(id=name, title=f"{element.title}: {said}", check=check, part="won")
                yield asked, step, asked.title, not framework.concerns


# ---------------------------------------------------------------- what could be known then


@dataclass(frozen=True)
class Told:
    """A history that tells of earlier moments, and what it can tell of them."""

    history: History

    @property
    def process(self) -> Process:
        """The process the history is of."""
        return self.history.process

    @cached_property
    def fields(self) -> frozenset[str]:
        """Fields whose past is told: of one deal at least a change is, after its beginning.

        A source that brings no history of a field gives its value of today, which then seems to have always been so.
        """
        later = self.history.events.filter(pl.col("origin") == "told", pl.col("at").is_not_null())
        later = later.join(self.history.begun.rename({"at": "begun"}), on="deal").filter(pl.col("at") > pl.col("begun"))
        return frozenset(later["field"].unique().to_list()) | _VISITS

    @cached_property
    def collections(self) -> frozenset[str]:
        """Collections whose records bear a date of their own."""
        held = self.history.children.items()
        return frozenset(name for name, frame in held if any(day in frame.columns for day in HAPPENED)) | _FOLLOWED

    def tells(self, asked: Criterion) -> bool:
        """Whether it can be told of an earlier moment how a criterion stood."""
        conditions = [asked.check, asked.applies_when]
        return all(self._knows(one, 0) for one in conditions if one is not None)

    def _knows(self, condition: c.Condition, depth: int) -> bool:
        for ref in c.refs(condition):
            if not ref.child and not self._knows_field(ref.name):
                return False
        return all(self._knows_node(node, depth) for node in c.walk(condition))

    def _knows_field(self, name: str) -> bool:
        if name in _ACTIVITIES:
            return "activities" in self.collections
        return ("close_date" if name == "pushes" else name) in self.fields

    def _knows_node(self, node: c.Condition, depth: int) -> bool:
        if isinstance(node, (c.Children, c.Count, c.Sum)):
            return node.collection in self.collections
        if isinstance(node, c.Proof):
            return "evidence" in self.collections
        if isinstance(node, (c.ElementLevel, c.ElementAnswer, c.FrameworkIs, c.FrameworkScore, c.FrameworkBand)):
            framework = self.process.frameworks[node.framework]
            asked = [one.when for one in framework.disqualify]
            asked += [framework.qualified_when] if framework.qualified_when is not None else []
            return "evidence" in self.collections and (depth > 0 or all(self._knows(one, 1) for one in asked))
        if isinstance(node, c.CriterionRef):
            other = self.process.criterion(node.criterion)
            asked = [] if other is None else [one for one in (other.check, other.applies_when) if one is not None]
            return depth < 9 and all(self._knows(one, depth + 1) for one in asked)
        return not isinstance(node, (c.CriteriaCount, c.GroupCount, c.Share, c.Largest))

    def then(self, moment: date | datetime, deals: pl.Series) -> tuple[Frames, datetime]:
        """Some deals as they stood at a moment, of their collections only what is dated by then; and the moment."""
        when = min(end_of(moment, self.process.calendar.zone), self.history.as_of)
        mine = self.history.only(deals)
        happened = pl.col("at").is_null() | (pl.col("at") <= when)
        past = History(self.process, when, None, reduced(mine.events.filter(happened)), mine.children)
        frames = past.frames(changes="changes" in self.collections, fields=self.fields)
        children = {name: frame for name, frame in frames.children.items() if name in self.collections}
        synced: list[pl.Expr] = []
        for name in self.history.children:
            read = self.history.part(f"@{name}")["deal"] if name in self.collections else deals.clear()
            synced.append(pl.col("id").is_in(read.unique().implode()).alias(f"{name}.synced"))
            if name in children:
                children[name] = _dated(children[name])
        return Frames(frames.deals.with_columns(synced), children), when


def _dated(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in HAPPENED if name in frame.columns))


# ---------------------------------------------------------------- features


@dataclass(frozen=True, slots=True)
class Lagged:
    """A moment to look back at, the last day of the period it is asked about, and its lag (``day1``, ``mid`` …)."""

    moment: date
    end: date
    lag: str


class Looking:
    """Looks at the evidence of deals as of moments that a history tells of."""

    def __init__(self, playbook: Playbook, history: History) -> None:
        self.told = Told(history)
        self.playbook = playbook
        whole = features_of(playbook.process)
        self.features = tuple(one for one in whole if self.told.tells(one.asked))
        self.untold = tuple(one for one in whole if one not in self.features)
        """Features of which the history does not tell how they stood: they carry no weight."""
        self._playbook = Playbook(_only(playbook.process, self.features), lambda: "", playbook.judge.rates)

    def at(self, moment: date | datetime, deals: pl.Series) -> pl.DataFrame:
        """``id``, then a column a feature by its id: 1.0, 0.0, or null (unknown, not applicable, waived)."""
        frames, when = self.told.then(moment, deals)
        judge = self._playbook.judge
        found = judge.columns(judge.moment(when), ready(frames, self._playbook.process), _BARE).collect()
        return found.select("id", *(_figure(one.id) for one in self.features))

    def rows(self, moments: Sequence[Lagged]) -> pl.DataFrame:
        """What weights are fitted to (``evidence_fit.fit``): a row an open deal and moment whose period is over.

        ``id``, ``stage``, ``moment``, ``end``, ``lag``, ``won`` (by the end of the period), ``base`` and the features.
        ``base`` is the share of deals of the stage that were won, at the same lag, in periods that were over by the
        moment; null where there was none. A moment counts whole: a bare date is the end of that day.
        """
        history = self.told.history
        parts = [pl.DataFrame(schema=_ROWS | dict.fromkeys((one.id for one in self.features), pl.Float64))]
        for one in moments:
            if end_of(one.end, history.process.calendar.zone) > history.as_of:
                continue
            there = history.at(one.moment).filter(pl.col("status") == "open")
            won = history.at(one.end).filter(pl.col("status") == "won")["id"]
            held = there.select(
                "id",
                pl.col("stage").cast(pl.String),
                pl.lit(one.moment).alias("moment"),
                pl.lit(one.end).alias("end"),
                pl.lit(one.lag).alias("lag"),
                pl.col("id").is_in(won.implode()).alias("won"),
                pl.lit(None, pl.Float64).alias("base"),
            )
            found = self.at(one.moment, there["id"])
            parts.append(held.join(found, on="id", how="left", maintain_order="left").select(parts[0].columns))
        return with_stage_base(pl.concat(parts))


def _only(process: Process, features: Sequence[Feature]) -> Process:
    """The process with the features as criteria; without its others, where none of the features asks for another."""
    added = tuple(one.asked for one in features if process.criterion(one.id) is None)
    asked = [one for each in features for one in (each.asked.check, each.asked.applies_when) if one is not None]
    if any(isinstance(node, c.CriterionRef) for one in asked for node in c.walk(one)):
        return process.replace(won=(*process.won, *added))
    ids = {one.id for one in features}
    stages = tuple(
        stage.replace(
            enter=tuple(k for k in stage.enter if k.id in ids), exit=tuple(k for k in stage.exit if k.id in ids)
        )
        for stage in process.stages
    )
    return process.replace(stages=stages, won=added, lost=(), commit=(), lead=None)


_BARE = Wanted(state=False)
_ROWS: dict[str, Any] = {
    "id": pl.String, "stage": pl.String, "moment": pl.Date, "end": pl.Date, "lag": pl.String, "won": pl.Boolean,
    "base": pl.Float64,
}  # fmt: skip
_WEIGHT = 20
"""How many deals the share over all stages is worth in that of one."""


def stage_base(past: pl.DataFrame) -> tuple[dict[str, float], float] | None:
    """By stage the share of rows that were won, drawn towards that over all stages, and the latter; None of no rows."""
    if not past.height:
        return None
    whole = float(past["won"].sum()) / past.height
    counted = past.group_by("stage").agg(pl.col("won").sum(), pl.len().alias("n"))
    shares = {stage: (won + _WEIGHT * whole) / (n + _WEIGHT) for stage, won, n in counted.iter_rows()}
    return shares, whole


def with_stage_base(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with ``base`` from those of the same lag whose period was over before their moment."""
    parts = [rows.clear()]
    for (moment, lag), part in rows.group_by("moment", "lag", maintain_order=True):
        known = stage_base(rows.filter(pl.col("end") < moment, pl.col("lag") == lag))
        if known is not None:
            shares = pl.col("stage").replace_strict(known[0], default=known[1], return_dtype=pl.Float64)
            part = part.with_columns(shares.alias("base"))
        parts.append(part)
    return pl.concat(parts)


def _figure(name: str) -> pl.Expr:
    said = pl.col(name).cast(pl.String)
    met, unmet = said == Status.MET.value, said == Status.UNMET.value
    return pl.when(met).then(1.0).when(unmet).then(0.0).otherwise(None).alias(name)
