"""Moments as whole minutes: ``ordinal of the day * 1440 + minute``. Cheap to compare, made datetimes at the end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import TypeVar

T = TypeVar("T")

DAY = 1440
_ORIGIN = datetime(1, 1, 1, tzinfo=UTC)
_OPENS, _HOURS = 9 * 60, 510  # a working day is 09:00 to 17:30
_MINUTES = [timedelta(minutes=minute) for minute in range(DAY)]
_date = lru_cache(maxsize=20_000)(date.fromordinal)


@lru_cache(maxsize=20_000)
def _midnight(day: int) -> datetime:
    return _ORIGIN + timedelta(days=day - 1)


def pick(rng: Random, items: Sequence[T]) -> T:
    """One of the items, all alike likely."""
    return items[int(rng.random() * len(items))]


def weekday(day: int) -> int:
    """This day, or the Monday after a weekend (ordinal 1 was a Monday)."""
    over = (day - 1) % 7
    return day if over < 5 else day + 7 - over


def working_moment(rng: Random, day: int) -> int:
    """A moment in business hours on that day, or the Monday after."""
    return weekday(day) * DAY + _OPENS + int(rng.random() * _HOURS)


def within(rng: Random, start: int, end: int) -> int:
    """A moment in business hours in [start, end]; the start itself where none fits."""
    day = start // DAY + int(rng.random() * (end // DAY - start // DAY + 1))
    moment = working_moment(rng, day)
    return moment if start <= moment <= end else start


def stamp(moment: int) -> datetime:
    """The moment in UTC."""
    day, minute = divmod(moment, DAY)
    return _midnight(day) + _MINUTES[minute]


def day_of(moment: int) -> date:
    """The day of a moment."""
    return _date(moment // DAY)


def quarter_end(day: int) -> int:
    """The last day of the calendar quarter, as ordinals."""
    at = date.fromordinal(day)
    first_after = (at.month - 1) // 3 * 3 + 4
    return (date(at.year, first_after, 1) if first_after < 13 else date(at.year + 1, 1, 1)).toordinal() - 1


def quarter_starts(first: date, last: date) -> list[date]:
    """The first days of the calendar quarters that hold any day of [first, last]."""
    start = date(first.year, (first.month - 1) // 3 * 3 + 1, 1)
    found = []
    while start <= last:
        found.append(start)
        start = date.fromordinal(quarter_end(start.toordinal()) + 1)
    return found
