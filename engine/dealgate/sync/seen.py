"""What is known by looking alone: a value that is gone, a deal that is not there, or is there again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import polars as pl

from dealgate.compile.events import EVENTS, in_order
from dealgate.compile.frames import MOMENT

SECOND = timedelta(seconds=1)
_NEVER_EMPTY = ("stage", "status", "history_since", "history_covers")


def seen(frame: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """``deal``, ``field`` and ``value`` as events that were seen at a moment."""
    frame = frame.with_columns(
        pl.lit(at).cast(MOMENT).alias("at"),
        pl.lit(0, pl.Int64).alias("turn"),
        pl.lit(None, pl.String).alias("by"),
        pl.lit(None, pl.String).alias("channel"),
        pl.lit("seen").alias("origin"),
        pl.lit(at).cast(MOMENT).alias("recorded_at"),
        pl.lit(False).alias("backfilled"),
    )
    return frame.select(pl.col(name).cast(kind) for name, kind in EVENTS.items())


def told(deals: Sequence[str] | pl.Series, field: str, value: str, at: datetime) -> pl.DataFrame:
    """Events that say the same of some deals; seen, not dated: who deletes or restores one seldom says when."""
    frame = pl.DataFrame({"deal": deals}, schema={"deal": pl.String})
    return seen(frame.with_columns(pl.lit(field).alias("field"), pl.lit(value).alias("value")), at)


def emptied_of(held: pl.DataFrame, fields: Collection[str], events: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """What tells that a field which had a value has none any more: a source that tells the present alone is silent.

    ``held``: what the store has of the deals, as ``filled`` gives it; ``fields``: those that the source has;
    ``events``: what it tells of the deals.
    """
    may = [name for name in fields if name not in _NEVER_EMPTY]
    gone = held.filter(pl.col("field").is_in(may)).join(events, on=["deal", "field"], how="anti")
    return seen(gone.with_columns(pl.lit(None, pl.String).alias("value")), at)


def outlived_of(held: pl.DataFrame, fields: Collection[str], events: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """What tells that a field is again as its history says, where something else was kept after that: a pull that saw a
    deal as it was before a change that its history told already, or a close that was taken back."""
    last = in_order(events).group_by("deal", "field").last()
    last = last.filter(pl.col("origin") != "seen", pl.col("at").is_null() | (pl.col("at") <= at))
    later = held.filter(pl.col("field").is_in(list(fields))).join(last, on=["deal", "field"])
    later = later.filter(pl.col("latest").is_not_null(), pl.col("at").is_null() | (pl.col("latest") > pl.col("at")))
    return seen(later.select("deal", "field", "value"), at)


def present(events: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """What history tells of fields as they stand now, as seen: what was seen by other rules stands no longer."""
    past = in_order(events.filter(pl.col("at").is_null() | (pl.col("at") <= at), ~pl.col("field").str.starts_with("@")))
    last = past.group_by("deal", "field").last().filter(pl.col("origin") != "seen")
    return seen(last.select("deal", "field", "value"), at)


def after(moments: pl.Series, seen_at: datetime, within: timedelta = SECOND) -> datetime:
    """The moment of seeing, which comes after all that was told up to a while ``within`` it: many servers tell their
    clock in whole seconds, and what a pull is sure of may end before what it has seen."""
    near = moments.filter((moments >= seen_at) & (moments < seen_at + within))
    last = near.max() if len(near) else None
    return last + timedelta(microseconds=1) if isinstance(last, datetime) else seen_at
