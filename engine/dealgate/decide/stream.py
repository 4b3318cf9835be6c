"""Deals that are not held in memory: judged as they stream by, the verdicts kept in a file of the run's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from ..compile.columns.door import open_door
from ..compile.frames import Frames, deals_of
from ..model.diagnostics import Diagnostic
from .batch import WANTED, Batch, Standings, with_shown
from .judge import Standing
from .playbook import Playbook

ROWS = 100_000
"""Deals at hand at a time, where they are told one by one."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """Deals in a file as columns that are not read yet; ``children`` by collection, if they stand apart."""

    deals: pl.LazyFrame
    children: Mapping[str, pl.LazyFrame]
    count: int


class Streamed(Standings):
    """The deals of a file, some at a time."""

    def __init__(self, playbook: Playbook, scanned: Scanned, as_of: datetime) -> None:
        super().__init__(playbook, Frames(pl.DataFrame(), {}), as_of)
        self.scanned = scanned

    def __len__(self) -> int:
        return self.scanned.count

    def __iter__(self) -> Iterator[Standing]:
        for start in range(0, self.scanned.count, ROWS):
            yield from self._of(self.scanned.deals.slice(start, ROWS))

    def __getitem__(self, at: int | slice) -> Any:
        """By place in the source."""
        first = range(self.scanned.count)[at]
        places = first if isinstance(first, range) else range(first, first + 1)
        found = [next(iter(self._of(self.scanned.deals.slice(place, 1)))) for place in places]
        return found if isinstance(at, slice) else found[0]

    def of(self, ids: Sequence[str]) -> list[Standing]:
        """Some deals by id, in the order asked for."""
        found = {s.deal.id: s for s in self._of(self.scanned.deals.filter(pl.col("id").cast(pl.String).is_in(ids)))}
        return [found[ident] for ident in ids]

    def _of(self, deals: pl.LazyFrame) -> Iterator[Standing]:
        held = deals.collect(engine="streaming")
        ids = held["id"].cast(pl.String).implode()
        children = {
            name: frame.filter(pl.col("deal").cast(pl.String).is_in(ids)).collect(engine="streaming")
            for name, frame in self.scanned.children.items()
        }
        frames = open_door(held, children, self.playbook.process).frames
        return self._judged(deals_of(apart(frames.deals, frames.children), self.playbook.process))


def apart(deals: pl.DataFrame | pl.LazyFrame, children: Mapping[str, pl.DataFrame | pl.LazyFrame]) -> Frames:
    """Frames whose collections stand in frames of their own, not as lists inside the deals."""
    held = deals.lazy().collect()
    place = pl.int_range(pl.len(), dtype=pl.Int64).over("deal").alias("position")
    found = {name: frame.lazy().collect() for name, frame in children.items()}
    found = {n: f if "position" in f.columns else f.with_columns(place) for n, f in found.items()}
    for name, kind in held.schema.items():
        if not isinstance(kind, pl.List) or not isinstance(kind.inner, pl.Struct) or name.endswith(".unfit"):
            continue
        listed = held.select(pl.col("id").alias("deal"), pl.col(name)).filter(pl.col(name).list.len() > 0)
        numbered = listed.with_columns(position=pl.int_ranges(0, pl.col(name).list.len(), dtype=pl.Int64))
        found[name] = numbered.explode(name, "position").unnest(name)
        held = held.with_columns(pl.col(name).is_not_null().alias(f"{name}.synced")).drop(name)
    return Frames(held, found)


def check_scanned(
    playbook: Playbook,
    scanned: Scanned,
    as_of: date | datetime,
    folder: Path,
    told: Callable[[Diagnostic], object],
) -> Batch:
    """Judges deals as they stream by. The verdicts are kept in ``folder``, which the caller removes.

    Raises WrongUsage where deals have no ``id``, or children no ``deal``.
    """
    moment = playbook.judge.moment(as_of)
    kept = folder / "judged"
    kept.mkdir()
    told_once: dict[str, Diagnostic] = {}
    # children in files of their own are joined as both stream by; lists inside the deals go with them, part by part
    parts: Iterator[pl.LazyFrame] = iter([scanned.deals])
    if not scanned.children:
        parts = (scanned.deals.slice(n, ROWS) for n in range(0, max(scanned.count, 1), ROWS))
    for number, part in enumerate(parts):
        deals = part if scanned.children else part.collect(engine="streaming")
        door = open_door(deals, scanned.children, playbook.process)
        for diagnostic in door.diagnostics:
            told_once.setdefault(diagnostic.message, diagnostic)
        # one layout for all parts: what holds no null in one may hold some in the next
        layout = replace(door.layout, whole=frozenset())
        found = playbook.judge.columns(moment, door.frames, WANTED, layout)
        found.sink_parquet(kept / f"{number:06}.parquet", row_group_size=ROWS)
    for diagnostic in told_once.values():
        told(diagnostic)
    judged = with_shown(pl.scan_parquet(kept / "*.parquet"), playbook)
    return Batch(playbook, moment.as_of, Streamed(playbook, scanned, moment.as_of), judged)
