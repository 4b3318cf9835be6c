"""When a job is due: a rhythm on a calendar, in moments.

A time of day is that of a wall clock. On the night when the clock jumps forward, a time that it leaves out comes when
it jumps; on the night when it goes back, a time that it shows twice comes the first time. So each comes once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING

from ...model.calendar import Calendar
from ...model.schedule import Rhythm

if TYPE_CHECKING:
    from apscheduler.triggers.base import BaseTrigger

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST = 1_000
"""Moments that are counted one by one."""
_DAYS = 400
"""How many days in a row may be left out by their weekday or as holidays; a rhythm that leaves out more never comes."""
_A_DAY = timedelta(hours=26)
"""No clock is changed by more."""


@dataclass(frozen=True)
class Times:
    """A rhythm in its zone, with the calendar that knows business days."""

    rhythm: Rhythm
    calendar: Calendar

    @property
    def zone(self) -> tzinfo:
        """The zone of its times and days."""
        if self.rhythm.zone is None:
            return self.calendar.zone
        from zoneinfo import ZoneInfo

        return ZoneInfo(self.rhythm.zone)

    def after(self, moment: datetime) -> datetime | None:
        """The first time that it is due after a moment, in UTC; None where that never comes."""
        return next(self._from(moment), None)

    def between(self, since: datetime, until: datetime) -> list[datetime]:
        """Every time that it is due after ``since`` and up to ``until``; of very many, the first ones and the last."""
        found: list[datetime] = []
        for at in self._from(since):
            if at > until:
                break
            if len(found) == MOST:
                # the count ends here; what matters of the rest is whether something was due just now
                found += [last] if (last := self._last(until)) is not None and last > at else []
                break
            found.append(at)
        return found

    def _last(self, until: datetime) -> datetime | None:
        last = None
        for at in self._from(until - timedelta(days=1)):
            if at > until:
                break
            last = at
        return last

    def _from(self, moment: datetime) -> Iterator[datetime]:
        zone = self.zone
        return self._every(moment, zone) if self.rhythm.every is not None else self._at(moment, zone)

    def _at(self, moment: datetime, zone: tzinfo) -> Iterator[datetime]:
        left_out = 0
        for at in self._wall(moment, zone):
            left_out = 0 if self._on(at.astimezone(zone)) else left_out + 1
            if not left_out:
                yield at
            elif left_out > _DAYS:
                return

    def _on(self, local: datetime) -> bool:
        rule = self.rhythm
        if not rule.on and not rule.business:
            return True
        return local.weekday() in rule.on or (rule.business and self.calendar.is_business_day(local.date()))

    def _every(self, moment: datetime, zone: tzinfo) -> Iterator[datetime]:
        assert self.rhythm.every is not None
        length = self.rhythm.every.delta
        assert length is not None
        at, left_out = EPOCH + ((moment - EPOCH) // length + 1) * length, 0
        while left_out <= _DAYS:
            local = at.astimezone(zone)
            if self._on(local):
                left_out = 0
                yield at
                at += length
            else:
                left_out += 1
                day = real(datetime.combine(local.date() + timedelta(days=1), time()), zone)
                at = max(at + length, EPOCH - (EPOCH - day) // length * length)

    def _wall(self, moment: datetime, zone: tzinfo) -> Iterator[datetime]:
        from ...documents.cron import triggers

        rule = self.rhythm
        rules = triggers(rule.cron or f"{rule.at[1]} {rule.at[0]} * * *" if rule.at else rule.cron)
        changes = (moment - _A_DAY).astimezone(zone).utcoffset() != (moment + _A_DAY).astimezone(zone).utcoffset()
        # the wall clock as it stands, calling itself UTC
        wall = (moment - _A_DAY if changes else moment).astimezone(zone).replace(tzinfo=UTC)
        last = moment
        while (wall_next := _first(rules, wall)) is not None:
            at = real(wall_next.replace(tzinfo=None), zone)
            if at > last:
                last = at
                yield at
            wall = wall_next + timedelta(seconds=1)


def _first(rules: list[BaseTrigger], wall: datetime) -> datetime | None:
    found = [at for rule in rules if (at := rule.get_next_fire_time(None, wall)) is not None]
    return min(found, default=None)


def real(wall: datetime, zone: tzinfo) -> datetime:
    """The moment, in UTC, when a wall clock shows a time: the first one, or that of the jump that leaves it out."""
    at = wall.replace(tzinfo=zone).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == wall:
        return at
    low, high = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), at  # the jump lies between
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
