"""Many deals judged in columns; what a person reads of single ones is worked out for those alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import overload

import polars as pl

from ..compile.columns.run import Wanted, ready
from ..compile.frames import Frames, deals_of
from ..model.deal import Deal
from ..model.process import Criterion
from ..model.verdict import GAPS, State
from .flat import of_columns
from .judge import Standing
from .playbook import Playbook
from .report import STATES, Report, StageCounts, summed

SHOWN = ("name", "owner.name", "amount", "amount.currency", "stage")
"""Columns of the deals that a report shows beside the verdicts."""
WANTED = Wanted(group=True, readiness=True, keep=SHOWN)
_OPEN = pl.col("group") == "open"


class Standings(Sequence[Standing]):
    """The deals of some frames, each judged when it is asked for."""

    def __init__(self, playbook: Playbook, frames: Frames, as_of: datetime) -> None:
        self.playbook, self.frames, self.as_of = playbook, frames, as_of

    def __len__(self) -> int:
        return len(self.frames)

    def __iter__(self) -> Iterator[Standing]:
        return self._judged(deals_of(self.frames, self.playbook.process))

    @overload
    def __getitem__(self, at: int) -> Standing: ...
    @overload
    def __getitem__(self, at: slice) -> list[Standing]: ...
    def __getitem__(self, at: int | slice) -> Standing | list[Standing]:
        """By place in the source."""
        ids = self.frames.deals["id"]
        if isinstance(at, slice):
            return self.of(ids[at].to_list())
        return self.of([ids[at]])[0]

    def of(self, ids: Sequence[str]) -> list[Standing]:
        """Some deals by id, in the order asked for."""
        found = {s.deal.id: s for s in self._judged(deals_of(self.frames, self.playbook.process, list(ids)))}
        return [found[ident] for ident in ids]

    def _judged(self, deals: Iterator[Deal]) -> Iterator[Standing]:
        judge = self.playbook.judge
        return (judge.standing(deal, self.as_of) for deal in deals)


@dataclass(frozen=True, slots=True)
class Batch(Report):
    """A report whose figures come from columns. ``judged``: the deals' columns that reports show, and the verdicts."""

    judged: pl.LazyFrame

    @property
    def summary(self) -> dict[str, int]:
        """As ``Report.summary``, counted in columns."""
        counted = self.judged.group_by("group", "state").len().collect(engine="streaming")
        groups: Counter[str] = Counter()
        states: Counter[State | None] = Counter()
        for group, state, count in counted.iter_rows():
            groups[group] += count
            if group == "open" and state is not None:
                states[State(state)] += count
        return summed(groups, states)

    @property
    def stages(self) -> list[StageCounts]:
        """As ``Report.stages``, counted in columns."""
        holding = [criterion for criterion in self.process.criteria if criterion.holds]
        states = [(pl.col("state") == state.value).sum().alias(f"@{state.value}") for state in STATES]
        gaps = [pl.col(k.id).is_in([s.value for s in GAPS]).sum() for k in holding]
        counted = self.judged.filter(_OPEN).group_by("stage").agg(*states, *gaps).collect(engine="streaming")
        by_stage = {row["stage"]: row for row in counted.iter_rows(named=True)}
        found = []
        for stage in self.process.open_stages:
            if stage.id not in by_stage:
                continue
            row = by_stage[stage.id]
            asked = self.process.holding_in(stage)
            held = [row[k.id] for k in asked]
            most = max(held, default=0)
            by: Criterion | None = asked[held.index(most)] if most else None
            of_state = {state: row[f"@{state.value}"] for state in STATES if row[f"@{state.value}"]}
            found.append(StageCounts(stage, of_state, by, most))
        return found

    def waiting(self, limit: int = 0) -> list[Standing]:
        """As ``Report.waiting``; only those asked for are judged in words."""
        places = {state.value: n for n, state in enumerate(STATES)}
        rank = pl.col("state").cast(pl.String).replace_strict(places, default=len(STATES)).alias("@rank")
        amount = pl.col("amount").fill_null(0).alias("@amount")
        found = self.judged.with_row_index("@place").filter(_OPEN).select("id", "@place", rank, amount)
        found = found.sort("@rank", "@amount", "@place", descending=[False, True, False])
        ids = (found.head(limit) if limit else found).select("id").collect(engine="streaming")["id"].to_list()
        assert isinstance(self.standings, Standings)
        return self.standings.of(ids)

    @property
    def namesakes(self) -> frozenset[str]:
        """As ``Report.namesakes``."""
        names = self.judged.filter(_OPEN).group_by("name").len().filter(pl.col("len") > 1).select("name").collect()
        return frozenset(names["name"].drop_nulls())

    def table(self) -> pl.LazyFrame:
        """As ``Report.table``, in columns."""
        return of_columns(self.judged, self.process)


def check_frames(playbook: Playbook, frames: Frames, as_of: date | datetime) -> Batch:
    """Judges typed columns of deals as of a moment."""
    moment = playbook.judge.moment(as_of)
    typed = ready(frames, playbook.process)
    judged = playbook.judge.columns(moment, typed, WANTED).collect().lazy()
    return Batch(playbook, moment.as_of, Standings(playbook, frames, moment.as_of), with_shown(judged, playbook))


def with_shown(judged: pl.LazyFrame, playbook: Playbook) -> pl.LazyFrame:
    """The verdicts with every column that a report shows, empty where the source has none."""
    there = judged.collect_schema().names()
    fields = playbook.process.catalogue.deal
    absent = {name: pl.Int64() if name in fields and fields[name].type == "money" else pl.String() for name in SHOWN}
    return judged.with_columns(pl.lit(None, kind).alias(n) for n, kind in absent.items() if n not in there)
