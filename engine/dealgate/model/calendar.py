"""Days, business time, fiscal periods and the words a rule uses for dates; and the moment all is judged at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal

from .currencies import MINOR_DIGITS
from .struct import Struct
from .struct import field as held
from .values import Duration, Money, later, local_date, times

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
PERIODS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
"""Periods and their length in months; a week is a period too."""

CLOCK_WORDS: dict[str, str] = {
    "today": "today",
    "yesterday": "yesterday",
    "tomorrow": "tomorrow",
    **{
        f"{edge}_of_{which}{period}": f"the {'first' if edge == 'start' else 'last'} day of "
        f"{ {'': 'this', 'next_': 'the next', 'last_': 'the last'}[which] } {period}"
        for edge in ("start", "end")
        for which in ("", "next_", "last_")
        for period in ("week", *PERIODS)
    },
}
"""The words of ``{date: …}`` and how they read. Quarters, halves and years are fiscal."""


class Calendar(Struct):
    """A process's days: zone, weekend and holidays, working hours, and the month its fiscal year starts in."""

    zone: tzinfo = UTC
    weekend: frozenset[int] = frozenset({5, 6})
    holidays: frozenset[date] = frozenset()
    opens: time = time(9)
    closes: time = time(17, 30)
    fiscal_month: int = 1

    def is_business_day(self, day: date) -> bool:
        """Neither weekend nor holiday."""
        return day.weekday() not in self.weekend and day not in self.holidays

    def add_business_days(self, day: date, count: int) -> date:
        """The business day ``count`` business days on (or back)."""
        if len(self.weekend) > 6:
            return day
        step = timedelta(days=1 if count >= 0 else -1)
        left = abs(count)
        end = date.max if count >= 0 else date.min
        while left and day != end:
            day += step
            if self.is_business_day(day):
                left -= 1
        return day

    def shift(self, day: date, by: Duration) -> date:
        """A day plus a duration in days or longer; months clamp to the month's end."""
        if by.business:
            return self.add_business_days(day, by.count)
        if by.unit in ("month", "quarter", "year"):
            return add_months(day, by.count * {"month": 1, "quarter": 3, "year": 12}[by.unit])
        delta = by.delta
        assert delta is not None
        return _days(day, delta.days)

    def period(self, day: date, period: str) -> tuple[date, date]:
        """First and last day of the week, month, or fiscal quarter, half or year that holds a day."""
        if period == "week":
            first = _days(day, -day.weekday())
            return first, _days(first, 6)
        months = PERIODS[period]
        offset = (day.month - self.fiscal_month) % 12 % months if months > 1 else 0
        first = add_months(day.replace(day=1), -offset)
        following = add_months(first, months)
        # at the calendar's end nothing follows
        return first, following if following == date.max else following - timedelta(days=1)

    def word(self, word: str, today: date) -> date:
        """The day a clock word names, seen from today. Raises KeyError on an unknown word."""
        if word in ("today", "yesterday", "tomorrow"):
            return _days(today, {"today": 0, "yesterday": -1, "tomorrow": 1}[word])
        if word not in CLOCK_WORDS:
            raise KeyError(word)
        edge, _, rest = word.partition("_of_")
        which, _, period = rest.rpartition("_")
        first, last = self.period(today, period)
        if which == "next":
            first, last = self.period(_days(last, 1), period)
        elif which == "last":
            first, last = self.period(_days(first, -1), period)
        return first if edge == "start" else last

    def add_business_time(self, moment: datetime, by: Duration) -> datetime:
        """A moment plus business minutes or hours, counted within working hours of business days."""
        left = timedelta(minutes=by.count * (60 if by.unit == "hour" else 1))
        local = moment.astimezone(self.zone)
        for _ in range(40000):
            opens = datetime.combine(local.date(), self.opens, self.zone)
            closes = datetime.combine(local.date(), self.closes, self.zone)
            if self.is_business_day(local.date()) and local < closes:
                local = max(local, opens)
                if local + left <= closes:
                    return local + left
                left -= closes - local
            local = datetime.combine(local.date() + timedelta(days=1), self.opens, self.zone)
        return local

    def within(self, start: date | datetime, end: date | datetime, limit: Duration) -> bool:
        """Whether ``end`` lies no later than ``start`` plus the limit."""
        if not limit.in_days and isinstance(start, datetime) and isinstance(end, datetime):
            if limit.business:
                return end <= self.add_business_time(start, limit)
            delta = limit.delta
            assert delta is not None
            return end.astimezone(UTC) <= later(start, delta)
        first, last = local_date(start, self.zone), local_date(end, self.zone)
        return last <= (self.shift(first, limit) if limit.in_days else first)


def _days(day: date, count: int) -> date:
    try:
        return day + timedelta(days=count)
    except OverflowError:
        return date.max if count > 0 else date.min


def add_months(day: date, months: int) -> date:
    """A day some months on, clamped to the month's end (and to the years 1 to 9999)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    if year < 1 or year > 9999:
        return date.max if months > 0 else date.min
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


class Rates(Struct):
    """Dated exchange rates: currency → (date, units of ``base`` for one unit) in date order.

    ``max_age``: how old a rate may be; None: any age. Its business days are those of a week from Monday to Friday.
    """

    base: str
    table: Mapping[str, tuple[tuple[date, Decimal], ...]] = held(default_factory=dict)
    max_age: Duration | None = None

    def of(self, currency: str, on: date) -> Decimal | None:
        """The latest rate on or before a day, or None where there is none or it is too old."""
        if currency == self.base:
            return Decimal(1)
        known = [(day, rate) for day, rate in self.table.get(currency, ()) if day <= on]
        if not known or (self.max_age is not None and Calendar().shift(known[-1][0], self.max_age) < on):
            return None
        return known[-1][1]


@dataclass(frozen=True, slots=True)
class Moment:
    """The moment everything is judged at: as_of in the process's calendar, currency and rates."""

    as_of: datetime
    calendar: Calendar
    currency: str = "USD"
    rates: Rates | None = None
    today: date = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "today", self.as_of.astimezone(self.calendar.zone).date())

    def minor(self, value: Money) -> int | Decimal | None:
        """An amount in minor units of the process's currency: exact, or None where no rate is known."""
        if value.currency == self.currency:
            return value.minor
        if self.rates is None:
            return None
        there, here = self.rates.of(value.currency, self.today), self.rates.of(self.currency, self.today)
        if there is None or here is None or here != 1:
            return None
        return times(
            times(value.minor, there), Decimal(1).scaleb(MINOR_DIGITS[self.currency] - MINOR_DIGITS[value.currency])
        )
