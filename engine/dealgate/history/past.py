"""History: events as of a moment, as far as they were known by another; and what follows from them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

import polars as pl

from ..compile.becomes import Passage
from ..compile.events import MERGED, RECORD, THERE, reduced
from ..compile.frames import MOMENT, Frames
from ..compile.spelling import typed_again
from ..model.process import Process
from .days import end_of
from .stays import statuses, visits

_KEYS = ("deal", "at", "turn")
_PLACE = pl.int_range(pl.len(), dtype=pl.Int64).over("deal").alias("position")


def history_of(
    events: pl.DataFrame,
    process: Process,
    as_of: date | datetime,
    known_at: datetime | None = None,
    children: Mapping[str, pl.DataFrame] | None = None,
) -> History:
    """History as of a moment (a bare date: the end of that day), by what had been learned by ``known_at`` (None: now).

    ``events`` are EVENTS, in any order. ``children`` by collection, as ``Frames`` hold them.
    """
    moment = end_of(as_of, process.calendar.zone)
    happened = pl.col("at").is_null() | (pl.col("at") <= moment)
    if known_at is not None:
        happened = happened & (pl.col("recorded_at") <= known_at)
    known, held = events.filter(happened), children or {}
    passages: list[Passage] = []
    if process.becomes:
        from ..model.calendar import Moment
        from .becomes import in_stages_of_now

        local = moment.astimezone(process.calendar.zone)
        known, passages = in_stages_of_now(
            known,
            process,
            Moment(local, process.calendar, process.currency),
            lambda: History(process, moment, known_at, reduced(events.filter(happened)), held).frames(),
        )
    return History(process, moment, known_at, reduced(known), held, passages)


class History:
    """What was, as of ``as_of`` (UTC). ``events``: EVENTS, in order, none of which says what already was so.

    ``passages``: the deals whose last stage is one that the process has no more, and where they are now.
    """

    def __init__(
        self,
        process: Process,
        as_of: datetime,
        known_at: datetime | None,
        events: pl.DataFrame,
        children: Mapping[str, pl.DataFrame],
        passages: Sequence[Passage] = (),
    ) -> None:
        self.passages = passages
        self.process, self.as_of, self.known_at, self.events = process, as_of, known_at, events
        self.children = {name: _happened(frame, as_of) for name, frame in children.items()}
        rows = events.select("field").with_row_index("row").group_by("field").agg("row")
        self._rows: dict[str, pl.Series] = dict(zip(rows["field"], rows["row"], strict=True))
        """By field the places of its events: of most fields nobody asks for them."""
        self._parts: dict[str, pl.DataFrame] = {}
        self._typed: dict[str, pl.DataFrame] = {}

    # ------------------------------------------------ records, statuses, visits

    @cached_property
    def begun(self) -> pl.DataFrame:
        """``deal``, ``at``: when each deal began; null where nothing tells."""
        return self._record.filter(pl.col("value") == THERE).unique("deal", keep="first", maintain_order=True)[
            ["deal", "at"]
        ]

    @cached_property
    def gone(self) -> pl.DataFrame:
        """``deal``, ``at``, ``into``: records that were deleted, or merged into another."""
        last = self._record.unique("deal", keep="last", maintain_order=True).filter(pl.col("value") != THERE)
        return last.select("deal", "at", pl.col("value").str.strip_prefix(MERGED).alias("into"))

    @property
    def _record(self) -> pl.DataFrame:
        return self.part(RECORD)

    @cached_property
    def statuses(self) -> pl.DataFrame:
        """``deal``, ``status``, ``since``, ``until`` (null: still so), ``turn``, in order."""
        return statuses(self.part("status"))

    @cached_property
    def visits(self) -> pl.DataFrame:
        """``deal``, ``stage``, ``rank``, ``entered``, ``left``, ``spell``, ``origin``, ``turn``, in order.

        ``rank``: the stage's place among the open ones, from 0; null for stages that hold won deals. ``entered`` null:
        nothing tells since when; ``left`` null: still there. ``spell``: 0, and 1 more after each reopening. A visit
        ends with the next stage, or as the deal closes. ``origin``: how it is known that it was entered.
        """
        return visits(self.part("stage"), self.part("status"), self.process)

    @cached_property
    def undated(self) -> pl.DataFrame:
        """``id``, ``status``, ``stage`` of the deals that nothing places in time."""
        nowhere = self.begun.filter(pl.col("at").is_null())["deal"]
        now = self._now(nowhere, self.as_of, ("status", "stage"))
        return now.select("id", "status", "stage")

    @cached_property
    def reconstructed(self) -> bool:
        """Whether anything rests on dates, or on what was loaded when it was long past."""
        told = (pl.col("backfilled") | (pl.col("origin") == "dated")).any()
        return bool(self.events.select(told).item()) if self.events.height else False

    def part(self, field: str) -> pl.DataFrame:
        """The events of one field."""
        if field not in self._parts:
            self._parts[field] = self.events[self.places(field)]
        return self._parts[field]

    def places(self, field: str) -> pl.Series:
        """The rows of ``events`` that are of one field."""
        return self._rows.get(field, pl.Series(dtype=pl.UInt32))

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that any event tells of, in the catalogue's order."""
        return tuple(name for name in self.process.catalogue.deal if name in self._rows)

    def only(self, deals: pl.Series) -> History:
        """The history of some deals, by their ids."""
        mine = pl.col("deal").is_in(deals.implode())
        children = {name: frame.filter(mine) for name, frame in self.children.items()}
        return History(self.process, self.as_of, self.known_at, self.events.filter(mine), children, self.passages)

    # ------------------------------------------------ as of a moment

    def at(self, moment: date | datetime, *fields: str) -> pl.DataFrame:
        """The deals there were at a moment (a bare date: the end of that day), with fields as they were then.

        Columns: ``id``, ``begun``, ``status``, ``stage``, then each field asked for: typed as in ``Frames`` (money in
        minor units, with ``<field>.currency``), and ``<field>.assumed``, true where nothing tells of the value at that
        moment and the first one that is told stands in. Deals that nothing places in time are in ``undated``.
        """
        when = min(end_of(moment, self.process.calendar.zone), self.as_of)
        by_then = self._record.filter(pl.col("at").is_null() | (pl.col("at") <= pl.lit(when).cast(MOMENT)))
        there = by_then.unique("deal", keep="last", maintain_order=True).filter(pl.col("value") == THERE)["deal"]
        ids = self.begun.filter(pl.col("at") <= when, pl.col("deal").is_in(there.implode()))["deal"]
        wanted = dict.fromkeys(("status", "stage", *fields))
        return self._now(ids, when, tuple(wanted))

    def snapshots(self, first: date, last: date, every: str, *fields: str) -> pl.DataFrame:
        """The deals as they were at the end of each week, month, quarter, half or year between two days.

        ``day`` is the last day of each period (of one not over, ``last``); the other columns are those of ``at``.
        """
        calendar = self.process.calendar
        days: list[date] = []
        day = first
        while day <= last:
            end = calendar.period(day, every)[1]
            days.append(min(end, last))
            day = end + timedelta(days=1)
        taken = [self.at(day, *fields).select(pl.lit(day).alias("day"), pl.all()) for day in days]
        return pl.concat(taken, how="diagonal_relaxed")

    @cached_property
    def deals(self) -> pl.DataFrame:
        """The deals as of ``as_of``, with every field that is told of."""
        return self.at(self.as_of, *self.fields)

    def now(self, *fields: str) -> pl.DataFrame:
        """All deals as of ``as_of``, the undated too: ``id``, then each field asked for, typed as in ``Frames``."""
        ids = self.begun.filter(~pl.col("deal").is_in(self.gone["deal"].implode()))["deal"]
        found = self._now(ids, self.as_of, fields)
        return found.drop("begun", *(name for name in found.columns if name.endswith(".assumed")))

    def frames(self, *, changes: bool = True, children: bool = True, fields: Collection[str] | None = None) -> Frames:
        """The deals as of ``as_of`` as a source would give them, the undated too, with their visits and changes.

        Changes, all collections, and fields other than some (None: all), can be left out where nothing that is asked
        reads them.
        """
        wanted = [name for name in self.fields if fields is None or name in fields]
        deals = self.now(*dict.fromkeys(("status", "stage", *wanted)))
        return self._with_children(deals, changes) if children else Frames(deals, {})

    def _with_children(self, deals: pl.DataFrame, changes: bool) -> Frames:
        ids = deals["id"].implode()
        children = {name: frame.filter(pl.col("deal").is_in(ids)) for name, frame in self.children.items()}
        children["visits"] = self._visits_of(ids)
        if changes:
            children["changes"] = self._changes_of(ids)
        for name in children:
            if name != "visits":
                read = self.part(f"@{name}")["deal"]
                deals = deals.with_columns(pl.col("id").is_in(read.implode()).alias(f"{name}.synced"))
        return Frames(deals, children)

    def _visits_of(self, ids: pl.Series) -> pl.DataFrame:
        kind = self.process.catalogue.collections["visits"].fields["stage"]
        known = self.visits.filter(pl.col("deal").is_in(ids), pl.col("entered").is_not_null())
        # a stage that the process has no more reads as missing
        stage = pl.col("stage").cast(pl.Enum(kind.readable), strict=False)
        return known.select("deal", _PLACE, stage, "entered", "left")

    def _changes_of(self, ids: pl.Series) -> pl.DataFrame:
        """What the source's history told, or was seen to change from one reading to the next. A beginning is none."""
        known = self.events.filter(pl.col("deal").is_in(ids), ~pl.col("field").str.starts_with("@"))
        # a field's events of one deal stand together
        first = pl.struct("deal", "field").ne_missing(pl.struct("deal", "field").shift(1)).fill_null(True)
        known = known.with_columns(first.alias("first")).with_columns(
            pl.when(~pl.col("first")).then(pl.col("value").shift(1)).alias("from")
        )
        known = known.filter(pl.col("at").is_not_null(), pl.col("origin") != "dated")
        known = known.join(self.begun.rename({"at": "begun"}), on="deal", how="left", maintain_order="left")
        known = known.filter(~pl.col("first") | ((pl.col("origin") == "told") & (pl.col("at") > pl.col("begun"))))
        told: list[str | pl.Expr] = ["field", "from", pl.col("value").alias("to"), "at", "by", "channel"]
        return known.sort("deal", "at", "turn", maintain_order=True).select("deal", _PLACE, *told)

    def _now(self, ids: pl.Series, when: datetime, fields: tuple[str, ...]) -> pl.DataFrame:
        found = pl.DataFrame([ids.alias("id")])
        found = found.join(self.begun.rename({"deal": "id", "at": "begun"}), on="id", how="left", maintain_order="left")
        for name in fields:
            found = found.join(self._as_at(name, when), on="id", how="left", maintain_order="left")
            if f"{name}.assumed" in found.columns:
                found = found.with_columns(pl.col(f"{name}.assumed").fill_null(False))
        return found

    def _as_at(self, name: str, when: datetime) -> pl.DataFrame:
        """A field's value by deal at a moment; the first that is told where none was yet."""
        typed = self._of(name)
        by_then = pl.col("at").is_null() | (pl.col("at") <= pl.lit(when).cast(MOMENT))
        values = [c for c in typed.columns if c not in _KEYS]
        # a field's events stand by deal, so that the last of each is the one before another's
        last = typed.filter(by_then).filter(pl.col("deal").ne_missing(pl.col("deal").shift(-1)))
        assumed = pl.lit(False)
        if name in ("status", "stage"):
            return last.select(pl.col("deal").alias("id"), *values)
        first = typed.filter(pl.col("deal").ne_missing(pl.col("deal").shift(1))).filter(~by_then)
        both = [last.with_columns(assumed.alias("@assumed")), first.with_columns(pl.lit(True).alias("@assumed"))]
        return pl.concat(both).select(pl.col("deal").alias("id"), *values, pl.col("@assumed").alias(f"{name}.assumed"))

    def _of(self, name: str) -> pl.DataFrame:
        """A field's events with typed values."""
        if name not in self._typed:
            part = self.part(name)
            field = self.process.catalogue.deal[name]
            columns = typed_again(part["value"], field, self.process.reading, self.process.currency)
            self._typed[name] = part.select(_KEYS).hstack(columns)
        return self._typed[name]


HAPPENED = ("at", "dated")
"""The columns that say when a record of a collection happened, where it did on a day of its own."""


def _happened(frame: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """The records without those that lie after the moment."""
    for column in HAPPENED:
        if column in frame.columns:
            limit: Any = as_of if frame.schema[column] == MOMENT else as_of.date()
            frame = frame.filter(pl.col(column).is_null() | (pl.col(column) <= limit))
    return frame
