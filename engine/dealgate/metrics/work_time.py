"""Working minutes between moments, whole columns at a time."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl

from .cases import Past

MINUTE = 60_000_000


def business_minutes(past: Past, start: pl.Series, end: pl.Series) -> pl.Series:
    """Minutes of working hours on business days from one moment to another, as ``Calendar`` counts them."""
    both = pl.concat([start.alias("at"), end.alias("at")])
    days = past.day(both).drop_nulls()
    if days.is_empty():
        return pl.repeat(None, len(start), dtype=pl.Float64, eager=True)
    first, last = days.min(), days.max()
    assert isinstance(first, date) and isinstance(last, date)
    length, table = _table(past, first, last)
    return (_worked(past, end, table, length) - _worked(past, start, table, length)).alias("minutes")


def _table(past: Past, first: date, last: date) -> tuple[float, pl.DataFrame]:
    calendar = past.calendar
    opens, closes = (datetime.combine(first, at) for at in (calendar.opens, calendar.closes))
    length = max((closes - opens) / timedelta(minutes=1), 0.0)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    working = [calendar.is_business_day(day) for day in days]
    table = pl.DataFrame({"day": days, "working": working})
    before = (pl.col("working").cum_sum().shift(1, fill_value=0) * length).alias("before")
    return length, table.with_columns(before)


def _worked(past: Past, moments: pl.Series, table: pl.DataFrame, length: float) -> pl.Series:
    """Working minutes from the table's beginning to each moment."""
    opens = past.calendar.opens
    wall = pl.DataFrame({"wall": past.wall(moments), "day": past.day(moments)})
    found = wall.join(table, on="day", how="left", maintain_order="left")
    opened = timedelta(hours=opens.hour, minutes=opens.minute, seconds=opens.second)
    since = (pl.col("wall") - pl.col("day").cast(pl.Datetime("us")) - opened).dt.total_microseconds() / MINUTE
    today = pl.when("working").then(since.clip(0, length)).otherwise(0.0)
    return found.select((pl.col("before") + today).alias("minutes")).to_series()
