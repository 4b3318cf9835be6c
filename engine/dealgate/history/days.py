"""Days and moments of whole columns, in a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo

import polars as pl

from ..compile.frames import MOMENT


def day_begins(days: pl.Series, zone: tzinfo) -> pl.Series:
    """The moment each day begins in the zone."""
    return _each(days, lambda day: datetime.combine(day, time(), zone).astimezone(UTC), MOMENT)


def local_day(moments: pl.Series, zone: tzinfo) -> pl.Series:
    """The day of each moment in the zone."""
    name = getattr(zone, "key", None)
    if zone is UTC or name in ("UTC", "Etc/UTC"):
        return moments.dt.date()
    if name is not None:
        return moments.dt.convert_time_zone(name).dt.date()
    return _each(moments, lambda at: at.astimezone(zone).date(), pl.Date)


def end_of(moment: date | datetime, zone: tzinfo) -> datetime:
    """The moment itself; of a bare date the last one of that day in the zone."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC)
    return datetime.combine(moment, time.max, zone).astimezone(UTC)


def _each(values: pl.Series, make: object, kind: object) -> pl.Series:
    assert callable(make)
    different = values.unique()
    made = pl.Series("made", [None if v is None else make(v) for v in different.to_list()], dtype=kind)  # type: ignore[arg-type]
    places = pl.DataFrame({"value": different, "made": made})
    found = pl.DataFrame({"value": values}).join(
        places, on="value", how="left", nulls_equal=True, maintain_order="left"
    )
    return found["made"].alias(values.name)
