"""Days, business time, fiscal periods, clock words and rates."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealgate.model.calendar import CLOCK_WORDS, PERIODS, Calendar, Moment, Rates, add_months
from dealgate.model.values import Duration, Money, later, local_date, parse_duration

BERLIN = ZoneInfo("Europe/Berlin")
DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))
ANY_DAY = st.dates()
WEEKENDS = st.sets(st.integers(0, 6), max_size=6).map(frozenset)


@given(DAYS, st.integers(-300, 300), WEEKENDS, st.sets(st.dates(date(2020, 1, 1), date(2030, 1, 1)), max_size=20))
def test_business_days_are_those_of_numpy(day: date, count: int, weekend: frozenset[int], free: set[date]) -> None:
    mask = [n not in weekend for n in range(7)]
    # counting on from a day off starts from the last business day before it, and counting back from the next after it
    roll: Any = "backward" if count > 0 else "forward"
    ours = Calendar(weekend=weekend, holidays=frozenset(free)).add_business_days(day, count)
    if count:
        theirs = np.busday_offset(day, count, roll=roll, weekmask=mask, holidays=sorted(free))
        assert ours == theirs.astype(date)
    else:
        assert ours == day


@given(ANY_DAY, st.integers(-2000, 2000))
def test_months_clamp_to_the_months_end(day: date, months: int) -> None:
    found = add_months(day, months)
    index = day.year * 12 + day.month - 1 + months
    if found not in (date.min, date.max):
        assert found.year * 12 + found.month - 1 == index
        assert found.day == day.day or (found.day < day.day and (found + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(
    ("day", "by", "expected"),
    [
        (date(2026, 1, 31), "1 month", date(2026, 2, 28)),
        (date(2028, 1, 31), "1 month", date(2028, 2, 29)),
        (date(2028, 2, 29), "1 year", date(2029, 2, 28)),
        (date(2026, 11, 30), "1 quarter", date(2027, 2, 28)),
        (date(2026, 11, 20), "2 business days", date(2026, 11, 24)),
        (date(2026, 11, 21), "1 business day", date(2026, 11, 23)),
        (date(2026, 11, 20), "2 weeks", date(2026, 12, 4)),
        (date(9999, 12, 30), "5 days", date.max),
        (date(9999, 12, 30), "5 business days", date.max),
    ],
)
def test_a_day_and_a_duration(day: date, by: str, expected: date) -> None:
    length = parse_duration(by)
    assert length is not None
    assert Calendar().shift(day, length) == expected


@given(ANY_DAY, st.sampled_from(["week", *PERIODS]), st.integers(1, 12))
def test_a_period_holds_its_day_and_follows_the_one_before(day: date, period: str, month: int) -> None:
    calendar = Calendar(fiscal_month=month)
    first, last = calendar.period(day, period)
    assert first <= day <= last
    assert calendar.period(first, period) == calendar.period(last, period) == (first, last)
    if last < date.max:
        assert calendar.period(last + timedelta(days=1), period)[0] == last + timedelta(days=1)
    if period == "year" and first > date.min:
        assert (first.month, first.day) == (month, 1)
    if period == "quarter" and first > date.min:
        assert (first.month - month) % 3 == 0


@pytest.mark.parametrize(
    ("month", "word", "expected"),
    [
        (1, "start_of_quarter", date(2026, 10, 1)),
        (2, "start_of_quarter", date(2026, 11, 1)),
        (2, "end_of_quarter", date(2027, 1, 31)),
        (4, "start_of_year", date(2026, 4, 1)),
        (12, "end_of_year", date(2026, 11, 30)),
        (7, "start_of_half", date(2026, 7, 1)),
        (1, "end_of_last_month", date(2026, 10, 31)),
        (1, "start_of_next_week", date(2026, 11, 30)),
        (1, "end_of_week", date(2026, 11, 29)),
        (1, "yesterday", date(2026, 11, 22)),
    ],
)
def test_a_clock_word_is_seen_from_today(month: int, word: str, expected: date) -> None:
    assert Calendar(fiscal_month=month).word(word, date(2026, 11, 23)) == expected


@given(ANY_DAY, st.sampled_from(sorted(CLOCK_WORDS)), st.integers(1, 12))
def test_every_clock_word_names_a_day_at_every_moment(day: date, word: str, month: int) -> None:
    assert isinstance(Calendar(fiscal_month=month).word(word, day), date)


def test_an_unknown_clock_word_is_refused() -> None:
    with pytest.raises(KeyError):
        Calendar().word("next_tuesday", date(2026, 1, 1))


@pytest.mark.parametrize(
    ("start", "by", "expected"),
    [
        ("2026-11-23T10:00", Duration(1, "hour", True), "2026-11-23T11:00"),
        ("2026-11-23T17:00", Duration(1, "hour", True), "2026-11-24T09:30"),
        ("2026-11-23T07:00", Duration(1, "hour", True), "2026-11-23T10:00"),
        ("2026-11-20T17:30", Duration(30, "minute", True), "2026-11-23T09:30"),
        ("2026-11-21T12:00", Duration(10, "hour", True), "2026-11-24T10:30"),
        ("2026-12-24T17:00", Duration(1, "hour", True), "2026-12-28T09:30"),
    ],
)
def test_business_hours_run_in_working_hours_of_business_days(start: str, by: Duration, expected: str) -> None:
    calendar = Calendar(zone=BERLIN, holidays=frozenset({date(2026, 12, 25)}))
    moment = datetime.fromisoformat(start).replace(tzinfo=BERLIN)
    assert calendar.add_business_time(moment, by) == datetime.fromisoformat(expected).replace(tzinfo=BERLIN)


def test_a_promise_in_hours_counts_the_hour_that_summer_time_takes() -> None:
    start = datetime(2026, 3, 29, 1, 0, tzinfo=BERLIN)
    calendar = Calendar(zone=BERLIN)
    assert calendar.within(start, datetime(2026, 3, 29, 4, 0, tzinfo=BERLIN), Duration(2, "hour"))
    assert not calendar.within(start, datetime(2026, 3, 29, 4, 1, tzinfo=BERLIN), Duration(2, "hour"))


def test_a_promise_in_days_counts_days() -> None:
    calendar = Calendar(zone=BERLIN)
    assert calendar.within(datetime(2026, 11, 20, 23, 0, tzinfo=BERLIN), date(2026, 11, 23), Duration(3, "day"))
    assert not calendar.within(date(2026, 11, 20), date(2026, 11, 24), Duration(3, "day"))
    assert calendar.within(date(2026, 11, 20), date(2026, 11, 23), Duration(1, "day", True))


def test_the_ends_of_the_calendar_do_not_fall_over() -> None:
    west, first, last = ZoneInfo("America/New_York"), datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert local_date(first, west) == date.min
    assert local_date(last, ZoneInfo("Asia/Tokyo")) == date.max
    assert later(last, timedelta(days=1)) == last
    assert later(first, -timedelta(days=1)) == first


def test_the_rate_of_the_day_counts_and_money_stays_exact() -> None:
    rates = Rates(
        "USD", {"JPY": ((date(2026, 1, 1), Decimal("0.0066")),), "KWD": ((date(2026, 1, 1), Decimal("3.25")),)}
    )
    moment = Moment(datetime(2026, 11, 23, tzinfo=UTC), Calendar(), "USD", rates)
    assert moment.minor(Money(1000, "JPY")) == Decimal("660")
    assert moment.minor(Money(1001, "KWD")) == Decimal("325.325")
    assert moment.minor(Money(5, "USD")) == 5
    assert moment.minor(Money(5, "EUR")) is None
    assert Moment(datetime(2025, 1, 1, tzinfo=UTC), Calendar(), "USD", rates).minor(Money(1, "JPY")) is None
    assert Moment(datetime(2026, 11, 23, tzinfo=UTC), Calendar(), "USD").minor(Money(1, "JPY")) is None


def test_today_is_the_processs_day() -> None:
    late = datetime.combine(date(2026, 11, 22), time(23, 30), UTC)
    assert Moment(late, Calendar(zone=BERLIN)).today == date(2026, 11, 23)
    assert Moment(late, Calendar()).today == date(2026, 11, 22)
