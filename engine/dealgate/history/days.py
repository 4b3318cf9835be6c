"""Days and moments of whole columns, in a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo

import polars as pl

from ..compile.frames import MOMENT
from ..compile.spelling import each_different
from ..model.values import end_of_day


def day_begins(days: pl.Series, zone: tzinfo) -> pl.Series:
    """The moment each day begins in the zone."""
    return each_different(days, lambda day: datetime.combine(day, time(), zone).astimezone(UTC), MOMENT)


def local_day(moments: pl.Series, zone: tzinfo) -> pl.Series:
    """The day of each moment in the zone."""
    name = getattr(zone, "key", None)
    if zone is UTC or name in ("UTC", "Etc/UTC"):
        return moments.dt.date()
    if name is not None:
        return moments.dt.convert_time_zone(name).dt.date()
    return each_different(moments, lambda at: at.astimezone(zone).date(), pl.Date)


def end_of(moment: date | datetime, zone: tzinfo) -> datetime:
    """The moment itself, one without a zone in this one; of a bare date the last one of that day in the zone."""
    if isinstance(moment, datetime):
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)
    return end_of_day(moment, zone).astimezone(UTC)
