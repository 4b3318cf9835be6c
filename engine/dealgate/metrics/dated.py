"""Deals and the fiscal periods their close dates lie in: what was dated where, as each period began."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from ..compile.frames import MOMENT
from .cases import Past, left_out
from .spec import LeftOut, Policy

EVERY = Policy(id="every", choice="quarter", allowed=("month", "quarter", "half", "year"), about="how long a period is")
INSTANT = timedelta(microseconds=1)
"""What lies between the last moment of a day and the first of the next."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A fiscal period of a history: its days, the moment it begins and the moment the next one does."""

    first: date
    last: date
    begins: datetime
    ends: datetime

    @property
    def opening(self) -> datetime:
        """The last moment before it."""
        return self.begins - INSTANT


def stretch(past: Past, first: date, last: date) -> Stretch:
    """A period by its days."""
    return Stretch(first, last, past.starts(first), past.starts(last + timedelta(days=1)))


def stretches(past: Past, every: str) -> list[Stretch]:
    """The periods from the one in which the first deal began to the present one, in order."""
    start = past.begun["at"].min()
    if not isinstance(start, datetime):
        return []
    days = past.day(pl.Series([start, past.as_of], dtype=MOMENT))
    day, end = days[0], days[1]
    found = []
    while day <= end:
        first, last = past.calendar.period(day, every)
        found.append(stretch(past, first, last))
        day = last + timedelta(days=1)
    return found


def open_at(past: Past, moment: datetime) -> pl.DataFrame:
    """``deal`` of all that were open at a moment; those that nothing places in time are in none but the present."""
    at = pl.lit(moment).cast(MOMENT)
    since = pl.col("since").is_null() | (pl.col("since") <= at)
    still = pl.col("until").is_null() | (pl.col("until") > at)
    # of two statuses at one moment the later holds, and the earlier has lasted for no time
    held = past.statuses.filter((pl.col("status") == "open") & since & still).select("deal")
    if moment >= past.as_of:
        return held
    there = past.begun.filter(pl.col("at") <= at).select("deal")
    return held.join(there, on="deal", how="semi", maintain_order="left")


def undatable(past: Past) -> tuple[LeftOut, ...]:
    """Deals with a close date that nothing places in time: nobody knows in which pipelines they were."""
    held = past.begun.filter(pl.col("at").is_null())
    held = held.filter(past.value(held, "close_date").is_not_null())
    return tuple(left_out("nothing tells since when it is there", held))


def dates(past: Past, frame: pl.DataFrame, at: str = "at") -> pl.Series:
    """The expected close of each row as of its moment."""
    return past.value(frame, "close_date", at=at).str.to_date("%Y-%m-%d", strict=False)


def periods_of(past: Past, days: pl.Series, every: str) -> pl.Series:
    """The first day of the period each day lies in."""
    different = days.unique().drop_nulls()
    firsts = [past.calendar.period(day, every)[0] for day in different]
    table = pl.DataFrame({"day": different, "first": pl.Series(firsts, dtype=pl.Date)})
    found: pl.Series = pl.DataFrame({"day": days}).join(table, on="day", how="left", maintain_order="left")["first"]
    return found


def opening(past: Past, every: str, shift: int = 0) -> pl.DataFrame:
    """The pipeline that was open as each period began and dated in it: a row a deal and period.

    ``deal``, ``at`` (the moment the period began), ``then`` (the one before it, as of which all is), ``first``,
    ``last``, ``value`` (minor units, null: no amount), ``outcome`` (the status as the period ended), ``over`` (whether
    it has). ``shift``: as of so many business days into the period instead.
    """
    key = ("opening", every, shift)
    if key not in past.memo:
        parts = []
        for one in stretches(past, every):
            moment = one.opening
            if shift:
                moment = (
                    past.starts(past.calendar.add_business_days(one.first - timedelta(days=1), shift) + _DAY) - INSTANT
                )
            held = open_at(past, min(moment, one.ends - INSTANT)).with_columns(
                pl.lit(one.begins).cast(MOMENT).alias("at"),
                pl.lit(min(moment, one.ends - INSTANT)).cast(MOMENT).alias("then"),
                pl.lit(one.first).alias("first"),
                pl.lit(one.last).alias("last"),
                pl.lit(one.ends - INSTANT).cast(MOMENT).alias("end"),
                pl.lit(one.ends - INSTANT <= past.as_of).alias("over"),
            )
            parts.append(held)
        past.memo[key] = _dated_in(past, pl.concat(parts)) if parts else _none(past)
    found: pl.DataFrame = past.memo[key]
    return found


_DAY = timedelta(days=1)


def _dated_in(past: Past, held: pl.DataFrame) -> pl.DataFrame:
    held = held.with_columns(dates(past, held, "then").alias("day"))
    held = held.filter((pl.col("day") >= pl.col("first")) & (pl.col("day") <= pl.col("last")))
    return held.with_columns(
        past.money(held, "amount", at="then").alias("value"), past.value(held, "status", at="end").alias("outcome")
    )


def _none(past: Past) -> pl.DataFrame:
    whole: dict[str, Any] = {
        "deal": past.ids,
        "at": MOMENT,
        "then": MOMENT,
        "first": pl.Date,
        "last": pl.Date,
        "end": MOMENT,
    }
    return pl.DataFrame(schema={**whole, "over": pl.Boolean, "day": pl.Date, "value": pl.Int64, "outcome": pl.String})


def assumed(past: Past, frame: pl.DataFrame, at: str = "at") -> bool:
    """Whether a close date is, for any row, one that was only told later."""
    first = past.told("close_date").group_by("deal").agg(pl.col("at").min().alias("told"))
    found = frame.select("deal", at).join(first, on="deal", how="left")
    return bool((found["told"] > found[at]).any())


LATER = "some_close_dates_are_later_ones"
"""The flag of figures for which ``assumed`` holds."""
