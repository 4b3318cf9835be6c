"""Many deals judged in columns; what a person reads of single ones is worked out for those alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, overload

from ..compile.columns.run import Wanted, ready
from ..compile.frames import deals_of
from ..model.deal import Deal
from ..model.process import Criterion
from ..model.verdict import State
from .judge import Standing
from .playbook import Playbook
from .report import GAPS, STATES, Report, StageCounts, summed

if TYPE_CHECKING:
    import polars as pl

    from ..compile.frames import Frames


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

    judged: pl.DataFrame

    @property
    def summary(self) -> dict[str, int]:
        """As ``Report.summary``, counted in columns."""
        import polars as pl

        groups = Counter(dict(self.judged.group_by("group").len().iter_rows()))
        is_open = self.judged.filter(pl.col("group") == "open")
        states: Counter[State | None] = Counter(
            {State(s): n for s, n in is_open.group_by("state").len().iter_rows() if s}
        )
        return summed(groups, states)

    @property
    def stages(self) -> list[StageCounts]:
        """As ``Report.stages``, counted in columns."""
        import polars as pl

        found = []
        waiting = self.judged.filter(pl.col("group") == "open")
        for stage in self.process.open_stages:
            mine = waiting.filter(pl.col("stage") == stage.id)
            if not mine.height:
                continue
            states = {State(s): n for s, n in mine.group_by("state").len().iter_rows() if s}
            asked = [k for k in (*self.process.asked_in(stage), *self.process.commit) if k.holds]
            gaps = [pl.col(k.id).is_in([s.value for s in GAPS]).sum().alias(k.id) for k in asked]
            held = mine.select(gaps).row(0) if gaps else ()
            most = max(held, default=0)
            by: Criterion | None = asked[held.index(most)] if most else None
            found.append(StageCounts(stage, states, by, most))
        return found

    def waiting(self, limit: int = 0) -> list[Standing]:
        """As ``Report.waiting``; only those asked for are judged in words."""
        import polars as pl

        rank = pl.col("state").cast(pl.String).replace_strict({s.value: n for n, s in enumerate(STATES)}, default=9)
        amount = pl.col("amount") if "amount" in self.judged.columns else pl.lit(0)
        order = [rank.alias("_rank"), amount.fill_null(0).alias("_amount")]
        found = self.judged.filter(pl.col("group") == "open").select("id", *order)
        found = found.sort("_rank", "_amount", descending=[False, True], maintain_order=True)
        ids = found["id"].to_list()
        assert isinstance(self.standings, Standings)
        return self.standings.of(ids[:limit] if limit else ids)

    @property
    def namesakes(self) -> frozenset[str]:
        """As ``Report.namesakes``."""
        import polars as pl

        if "name" not in self.judged.columns:
            return frozenset()
        names = self.judged.filter(pl.col("group") == "open").group_by("name").len().filter(pl.col("len") > 1)
        return frozenset(names["name"].drop_nulls())

    def table(self) -> pl.DataFrame:
        """As ``Report.table``, in columns."""
        from .flat import of_columns

        return of_columns(self.judged, self.process)


SHOWN = ("name", "owner.name", "amount", "amount.currency", "stage")
"""Columns of the deals that a report shows beside the verdicts."""


def check_frames(playbook: Playbook, frames: Frames, as_of: date | datetime) -> Batch:
    """Judges typed columns of deals as of a moment."""
    import polars as pl

    moment = playbook.judge.moment(as_of)
    typed = ready(frames, playbook.process)
    judged = playbook.judge.columns(moment, typed, Wanted(group=True, readiness=True)).collect()
    shown = frames.deals.select(name for name in SHOWN if name in frames.deals.columns)
    judged = pl.concat([judged, shown], how="horizontal")
    if "stage" not in judged.columns:
        judged = judged.with_columns(pl.lit(None, pl.String).alias("stage"))
    return Batch(playbook, moment.as_of, Standings(playbook, frames, moment.as_of), judged)
