"""A source's deals as events: what its own history tells, what dates tell, and what was seen when it was read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import polars as pl

from ..compile.events import EVENTS, RECORD, SYNCED, THERE, in_order, no_events
from ..compile.frames import MOMENT, Frames
from ..compile.spelling import column_spelled, spelled_again
from ..model.process import Process
from .days import day_begins, local_day

_APART = ("status", "stage", "history_since", "history_covers")
"""Fields that are told in ways of their own, and those that speak of the history itself."""
_CLOSED = ("won", "lost", "cancelled")
_TURN = 1_000_000
"""A turn after all that the source numbers, for what a bare date tells."""


def events_of(frames: Frames, process: Process, seen_at: datetime) -> pl.DataFrame:
    """EVENTS of all that typed deals tell of their past, in order; ``recorded_at`` is ``seen_at``.

    The first event of a field that the source's history tells of stands at the deal's beginning, with the value before
    its first change. A field that no history tells of was seen at ``seen_at``. A deal that has no date of any kind
    begins at no moment (``at`` is null).
    """
    if not frames.deals.height:
        return no_events()
    return _Telling(frames, process, seen_at).events()


def records_of(frames: Frames) -> dict[str, pl.DataFrame]:
    """The collections that are kept as records; visits and changes are told as events."""
    return {name: frame for name, frame in frames.children.items() if name not in ("visits", "changes")}


class _Telling:
    def __init__(self, frames: Frames, process: Process, seen_at: datetime) -> None:
        self.deals, self.process, self.seen_at = frames.deals, process, seen_at
        self.collections = [name for name in frames.children if name != "visits"]
        self.zone = process.calendar.zone
        self.changes = self._changes(frames)
        self.visits = self._visits(frames)
        self.begun = self._begun()
        self.seen = pl.lit(seen_at).cast(MOMENT)

    def events(self) -> pl.DataFrame:
        """All of them."""
        found = [self._records(), self._stages(), self._statuses(), *self._collections()]
        catalogue = self.process.catalogue.deal
        for name in catalogue:
            if name not in _APART and (self._has(name) or name in self._told_of()):
                found.append(self._field(name))
        whole = pl.concat([_whole(one) for one in found if one.height])
        return in_order(whole.with_columns(pl.lit(self.seen_at).cast(MOMENT).alias("recorded_at")))

    # ------------------------------------------------ what the source has

    def _changes(self, frames: Frames) -> pl.DataFrame:
        """The source's own history: deal, field, before, value, at, turn, by, channel; oldest first."""
        held = frames.children.get("changes")
        columns = {"deal": "deal", "field": "field", "from": "before", "to": "value", "at": "at", "position": "turn"}
        kinds: dict[str, Any] = {
            "before": pl.String,
            "value": pl.String,
            "at": MOMENT,
            "turn": pl.Int64,
            "by": pl.String,
        }
        kinds |= {"deal": pl.String, "field": pl.String, "channel": pl.String}
        if held is None:
            return pl.DataFrame(schema={name: kinds[name] for name in (*columns.values(), "by", "channel")})
        wanted = {**columns, "by": "by", "channel": "channel"}
        made = [
            (pl.col(old) if old in held.columns else pl.lit(None)).cast(kinds[new]).alias(new)
            for old, new in wanted.items()
        ]
        told = held.select(made).filter(pl.col("at").is_not_null(), pl.col("field").is_not_null())
        parts = []
        for (name,), part in told.group_by("field", maintain_order=True):
            field = self.process.catalogue.deal.get(str(name))
            if field is None:
                continue
            sides = [spelled_again(part[s], field, self.process.reading).alias(s) for s in ("before", "value")]
            parts.append(part.with_columns(sides))
        return (pl.concat(parts) if parts else told.clear()).sort("deal", "field", "at", "turn")

    def _told_of(self) -> set[str]:
        return set(self.changes["field"].unique().to_list())

    def _visits(self, frames: Frames) -> pl.DataFrame:
        held = frames.children.get("visits")
        if held is None or "stage" not in held.columns:
            return pl.DataFrame(
                schema={"deal": pl.String, "stage": pl.String, "entered": MOMENT, "left": MOMENT, "turn": pl.Int64}
            )
        there = {"stage": pl.String(), "entered": MOMENT, "left": MOMENT}
        made = [
            (pl.col(name) if name in held.columns else pl.lit(None)).cast(kind).alias(name)
            for name, kind in there.items()
        ]
        return held.select("deal", *made, pl.col("position").cast(pl.Int64).alias("turn")).sort("deal", "turn")

    def _begun(self) -> pl.DataFrame:
        """deal, begun: created, else the earliest moment that anything tells of.

        Records of an imported pipeline are younger than their deals: a deal that closed before it was created began, as
        far as anybody can tell, on the day it closed. Of a lead that would hide how late it was written down.
        """
        dated = [self.visits.select("deal", pl.col("entered").alias("at")), self.changes.select("deal", "at")]
        earliest = pl.concat(dated).group_by("deal").agg(pl.col("at").min())
        found = self.deals.select(pl.col("id").alias("deal"), self._created()).join(
            earliest, on="deal", how="left", maintain_order="left"
        )
        found = found.with_columns(pl.coalesce("created", "at").alias("begun"))
        if self.process.record == "lead":
            return found.select("deal", "begun")
        day = self._closed_on()["day"]
        over = self._column("status")["value"].is_in(_CLOSED).fill_null(False)
        earlier = over & (day < local_day(found["begun"], self.zone)).fill_null(False)
        begun = day_begins(day, self.zone).zip_with(earlier, found["begun"]).alias("begun")
        return found.select("deal", begun)

    def _created(self) -> pl.Expr:
        held = pl.col("created_at") if "created_at" in self.deals.columns else pl.lit(None)
        return held.cast(MOMENT).alias("created")

    # ------------------------------------------------ the record, its stage and its status

    def _records(self) -> pl.DataFrame:
        return self.begun.select(
            "deal",
            pl.lit(RECORD).alias("field"),
            pl.lit(THERE).alias("value"),
            pl.col("begun").alias("at"),
            pl.lit("dated").alias("origin"),
        )

    def _collections(self) -> Iterator[pl.DataFrame]:
        """Which collections of a deal were read at all."""
        for name in self.collections:
            flag = f"{name}.synced"
            read = self.deals.filter(flag) if flag in self.deals.columns else self.deals
            yield read.select(
                pl.col("id").alias("deal"),
                pl.lit(f"@{name}").alias("field"),
                pl.lit(SYNCED).alias("value"),
                self.seen.alias("at"),
                _SEEN,
            )

    def _stages(self) -> pl.DataFrame:
        """From visits where there are any, else from changes of the stage; and where it stands now."""
        told = "told" if "stage" in self._told_of() else "dated"
        visits = self.visits.select(
            "deal",
            pl.lit("stage").alias("field"),
            pl.col("stage").alias("value"),
            pl.col("entered").alias("at"),
            "turn",
            pl.lit(told).alias("origin"),
        )
        changed = self.changes.filter(pl.col("field") == "stage")
        who = changed.select("deal", "at", pl.col("value"), "by", "channel").unique(["deal", "at", "value"])
        visits = visits.join(who, on=["deal", "at", "value"], how="left", maintain_order="left")
        others = changed.filter(~pl.col("deal").is_in(visits["deal"].unique().implode()))
        chains = self._chains(others, "stage")
        events = pl.concat([_whole(visits), _whole(chains)])
        return pl.concat([events, _whole(self._now("stage", events))])

    def _statuses(self) -> pl.DataFrame:
        """From changes of the status; where none tells how the deal closed, from the date it was closed on."""
        chains = self._chains(self.changes.filter(pl.col("field") == "status"), "status")
        told = chains["deal"].unique()
        opened = self.begun.filter(~pl.col("deal").is_in(told.implode())).select(
            "deal",
            pl.lit("status").alias("field"),
            pl.lit("open").alias("value"),
            pl.col("begun").alias("at"),
            pl.lit("dated").alias("origin"),
        )
        events = pl.concat([_whole(chains), _whole(opened)])
        last = events.group_by("deal").agg(pl.col("value").sort_by("at", "turn", nulls_last=False).last().alias("last"))
        now = self._column("status").join(last, on="deal", how="left", maintain_order="left")
        now = now.filter(pl.col("value").is_not_null(), pl.col("value").ne_missing(pl.col("last")))
        closed = self._closed_on().join(now, on="deal", maintain_order="right")
        dated = closed.filter(pl.col("value").is_in(_CLOSED), pl.col("day").is_not_null())
        at = self._on_day(dated)
        by_date = dated.select(
            "deal",
            pl.lit("status").alias("field"),
            "value",
            at.alias("at"),
            pl.lit(_TURN).alias("turn"),
            pl.lit("dated").alias("origin"),
        )
        rest = closed.filter(~(pl.col("value").is_in(_CLOSED) & pl.col("day").is_not_null()).fill_null(False))
        seen = rest.select("deal", pl.lit("status").alias("field"), "value", self.seen.alias("at"), _SEEN)
        return pl.concat([events, _whole(by_date), _whole(seen)])

    def _closed_on(self) -> pl.DataFrame:
        day = pl.col("closed_on") if "closed_on" in self.deals.columns else pl.lit(None)
        return self.deals.select(pl.col("id").alias("deal"), day.cast(pl.Date).alias("day"))

    def _on_day(self, dated: pl.DataFrame) -> pl.Series:
        """The moment of a bare date: when the day begins, but not before what else is told of that very day."""
        told = pl.concat(
            [
                self.changes.select("deal", "at"),
                self.visits.select("deal", pl.col("entered").alias("at")),
                self.visits.select("deal", pl.col("left").alias("at")),
                self.begun.select("deal", pl.col("begun").alias("at")),
            ]
        ).filter(pl.col("at").is_not_null())
        told = told.with_columns(local_day(told["at"], self.zone).alias("day"))
        latest = told.group_by("deal", "day").agg(pl.col("at").max().alias("latest"))
        found = dated.select("deal", "day").join(latest, on=["deal", "day"], how="left", maintain_order="left")
        return found.select(pl.coalesce("latest", day_begins(found["day"], self.zone))).to_series()

    # ------------------------------------------------ other fields

    def _field(self, name: str) -> pl.DataFrame:
        chains = self._chains(self.changes.filter(pl.col("field") == name), name)
        constant = self._constant(name, chains)
        events = pl.concat([_whole(chains), _whole(constant)])
        return pl.concat([events, _whole(self._now(name, events))])

    def _constant(self, name: str, chains: pl.DataFrame) -> pl.DataFrame:
        """What history covers from the beginning on and tells no change of has always been so."""
        covered = self._covered(name)
        if not self._has(name) or covered is None:
            return chains.clear()
        values = self._column(name).join(self.begun, on="deal", how="left", maintain_order="left")
        values = values.filter(covered, ~pl.col("deal").is_in(chains["deal"].unique().implode()))
        return values.filter(pl.col("value").is_not_null(), pl.col("begun").is_not_null()).select(
            "deal",
            pl.lit(name).alias("field"),
            "value",
            pl.col("begun").alias("at"),
            pl.lit("told").alias("origin"),
        )

    def _covered(self, name: str) -> pl.Series | None:
        """Deals whose history tells all changes of a field; None where no deal's does."""
        flag = "changes.synced"
        if not self.changes.height and flag not in self.deals.columns:
            return None
        found = self.deals[flag] if flag in self.deals.columns else pl.repeat(True, self.deals.height, eager=True)
        if "history_covers" in self.deals.columns:
            covers = self.deals["history_covers"]
            found = found & (covers.list.contains(name) | covers.is_null())
        if "history_since" in self.deals.columns:
            found = found & self.deals["history_since"].is_null()
        return found.fill_null(False) if found.any() else None

    def _chains(self, changes: pl.DataFrame, name: str) -> pl.DataFrame:
        """Changes of one field as events, each chain begun with the value before its first change."""
        kept = changes.select("deal", pl.lit(name).alias("field"), "value", "at", "turn", "by", "channel", _TOLD)
        first = changes.unique("deal", keep="first", maintain_order=True)
        first = first.join(self.begun, on="deal", how="left", maintain_order="left")
        before = first.filter(pl.col("before").is_not_null() | (pl.lit(name) == "status")).select(
            "deal",
            pl.lit(name).alias("field"),
            pl.coalesce("before", pl.lit("open") if name == "status" else pl.lit(None, pl.String)).alias("value"),
            pl.when(pl.col("begun") <= pl.col("at")).then("begun").alias("at"),
            pl.lit(-1).alias("turn"),
            _TOLD,
        )
        return pl.concat([_whole(before), _whole(kept)])

    def _now(self, name: str, events: pl.DataFrame) -> pl.DataFrame:
        """The value that was seen, where it is another than the last one told; of a stage no value tells nothing."""
        if not self._has(name):
            return events.clear()
        ordered = events.sort("at", "turn", nulls_last=False, maintain_order=True)
        last = ordered.group_by("deal", maintain_order=True).agg(pl.col("value").last().alias("last"))
        now = self._column(name).join(last.with_columns(known=True), on="deal", how="left", maintain_order="left")
        differs = now.filter(pl.col("value").ne_missing(pl.col("last")))
        if name == "stage":
            differs = differs.filter(pl.col("value").is_not_null())
        else:
            differs = differs.filter(pl.col("value").is_not_null() | pl.col("known"))
        return differs.select("deal", pl.lit(name).alias("field"), "value", self.seen.alias("at"), _SEEN)

    def _has(self, name: str) -> bool:
        return name in self.deals.columns or f"{name}.unfit" in self.deals.columns

    def _column(self, name: str) -> pl.DataFrame:
        """deal, value: a field as it stands now."""
        ids = self.deals["id"].alias("deal")
        field = self.process.catalogue.deal[name]
        return pl.DataFrame([ids, column_spelled(self.deals, name, field, self.process.currency).alias("value")])


_TOLD = pl.lit("told").alias("origin")
_SEEN = pl.lit("seen").alias("origin")


def _whole(events: pl.DataFrame) -> pl.DataFrame:
    """With every column of EVENTS, as it should be."""
    defaults = {"turn": pl.lit(0), "backfilled": pl.lit(False)}
    made = [
        (pl.col(name) if name in events.columns else defaults.get(name, pl.lit(None))).cast(kind).alias(name)
        for name, kind in EVENTS.items()
    ]
    return events.select(made)
