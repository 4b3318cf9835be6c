"""When a job is due: times of day on a wall clock, whatever happens to it, and rhythms in step with the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dealgate.cli.run.rhythm import MOST, Times
from dealgate.documents.cron import triggers
from dealgate.model.calendar import Calendar
from dealgate.model.schedule import Rhythm
from dealgate.model.values import Duration

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata", "Pacific/Apia", "UTC"]  # fmt: skip
MOMENTS = st.datetimes(datetime(2010, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))


def due(rhythm: Rhythm, start: str, count: int, calendar: Calendar | None = None) -> list[str]:
    """The next times, as a wall clock of the zone shows them."""
    times = Times(rhythm, calendar or Calendar(zone=BERLIN))
    at, found = datetime.fromisoformat(start).astimezone(UTC), []
    for _ in range(count):
        following = times.after(at)
        assert following is not None and following > at
        at = following
        found.append(f"{at.astimezone(times.zone):%a %d %H:%M %Z}")
    return found


def cron(expression: str, start: str, count: int) -> list[str]:
    return due(Rhythm(cron=expression), start, count)


def test_on_the_night_when_the_clock_jumps_a_time_it_leaves_out_comes_when_it_jumps() -> None:
    at = Rhythm(at=(2, 30))
    assert due(at, "2026-03-28T12:00+01:00", 2) == ["Sun 29 03:00 CEST", "Mon 30 02:30 CEST"]
    assert due(at, "2026-03-29T03:00+02:00", 1) == ["Mon 30 02:30 CEST"], "and no second time"


def test_on_the_night_when_the_clock_goes_back_a_time_it_shows_twice_comes_the_first_time_alone() -> None:
    at = Rhythm(at=(2, 30))
    assert due(at, "2026-10-24T12:00+02:00", 2) == ["Sun 25 02:30 CEST", "Mon 26 02:30 CET"]
    for start in ("2026-10-25T02:30+02:00", "2026-10-25T02:10+01:00", "2026-10-25T02:30+01:00"):
        assert due(at, start, 1) == ["Mon 26 02:30 CET"]


def test_a_cron_expression_keeps_to_the_same_rule() -> None:
    assert cron("*/30 2-3 * * *", "2026-03-29T00:00+01:00", 3) == [
        "Sun 29 03:00 CEST",
        "Sun 29 03:30 CEST",
        "Mon 30 02:00 CEST",
    ]
    assert cron("*/30 2-3 * * *", "2026-10-25T00:00+02:00", 5) == [
        "Sun 25 02:00 CEST", "Sun 25 02:30 CEST", "Sun 25 03:00 CET", "Sun 25 03:30 CET", "Mon 26 02:00 CET",
    ]  # fmt: skip


def test_a_length_of_time_passes_as_it_does_whatever_the_clock_shows() -> None:
    every = Rhythm(every=Duration(30, "minute"))
    assert due(every, "2026-10-25T02:00+02:00", 4) == [
        "Sun 25 02:30 CEST", "Sun 25 02:00 CET", "Sun 25 02:30 CET", "Sun 25 03:00 CET",
    ]  # fmt: skip
    assert due(every, "2026-03-29T01:30+01:00", 2) == ["Sun 29 03:00 CEST", "Sun 29 03:30 CEST"]


@given(st.sampled_from(ZONES), MOMENTS, st.integers(0, 23), st.integers(0, 59))
@example("Pacific/Apia", datetime(2011, 12, 20, tzinfo=UTC), 0, 1)  # it left out a day
@example("Australia/Lord_Howe", datetime(2026, 9, 20, tzinfo=UTC), 2, 10)  # half an hour
def test_a_time_of_day_comes_once_for_each_day_that_the_zone_has(
    zone: str, start: datetime, hour: int, minute: int
) -> None:
    times = Times(Rhythm(at=(hour, minute), zone=zone), Calendar())
    found = times.between(start, start + timedelta(days=40))
    assert found == sorted(set(found)) and all(start < at for at in found)
    assert 39 <= len(found) <= 41
    for at in found:
        local = at.astimezone(ZoneInfo(zone))
        jumped = (at - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).utcoffset() != local.utcoffset()
        assert (local.hour, local.minute) == (hour, minute) or jumped


@given(
    st.sampled_from(ZONES), MOMENTS, st.sampled_from(["*/20 * * * *", "30 2 * * *", "0 */6 * * 1-5", "15 1-3 * * 0"])
)
def test_what_is_due_between_two_moments_is_what_comes_one_after_the_other(
    zone: str, start: datetime, expression: str
) -> None:
    times = Times(Rhythm(cron=expression, zone=zone), Calendar())
    at, found = start, []
    while (following := times.after(at)) is not None and following <= start + timedelta(days=3):
        at = following
        found.append(at)
    assert times.between(start, start + timedelta(days=3)) == found


def test_days_of_the_week_are_counted_as_cron_does() -> None:
    assert cron("0 6 * * 1-5", "2026-11-06T12:00+01:00", 2) == ["Mon 09 06:00 CET", "Tue 10 06:00 CET"]
    for sunday in ("0", "7", "sun", "5-7/2,7"):
        assert "Sun 08 06:00 CET" in cron(f"0 6 * * {sunday}", "2026-11-05T12:00+01:00", 3)
    assert cron("0 6 * * */2", "2026-11-07T12:00+01:00", 4) == [
        "Sun 08 06:00 CET", "Tue 10 06:00 CET", "Thu 12 06:00 CET", "Sat 14 06:00 CET",
    ]  # fmt: skip
    assert cron("@weekly", "2026-11-06T12:00+01:00", 1) == ["Sun 08 00:00 CET"]


def test_of_two_rules_for_days_either_will_do() -> None:
    assert cron("0 6 13 * 5", "2026-10-01T00:00+02:00", 4) == [
        "Fri 02 06:00 CEST", "Fri 09 06:00 CEST", "Tue 13 06:00 CEST", "Fri 16 06:00 CEST",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wrong", ["0 6 * *", "0 6 * * 8", "0 6 * * 5-1", "0 6 * * mon/0", "0 25 * * *", "x 6 * * *", ""]
)
def test_what_cron_would_not_take_is_refused_in_words(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"\w+"):
        triggers(wrong)


def test_business_days_are_those_of_the_calendar_and_days_are_those_of_the_zone() -> None:
    calendar = Calendar(zone=BERLIN, holidays=frozenset({date(2026, 11, 9)}))
    assert due(Rhythm(at=(6, 30), business=True), "2026-11-06T12:00+01:00", 2, calendar) == [
        "Tue 10 06:30 CET", "Wed 11 06:30 CET",
    ]  # fmt: skip
    often = Rhythm(every=Duration(30, "minute"), on=frozenset({0}))
    assert due(often, "2026-11-06T12:00+01:00", 2, calendar) == ["Mon 09 00:00 CET", "Mon 09 00:30 CET"]


def test_a_long_holiday_is_gone_through_however_often_a_job_is_due() -> None:
    shut = frozenset(date(2026, 12, 1) + timedelta(days=n) for n in range(60))
    calendar = Calendar(zone=BERLIN, holidays=shut)
    for rhythm in (Rhythm(every=Duration(1, "minute"), business=True), Rhythm(at=(0, 0), business=True)):
        assert due(rhythm, "2026-11-30T23:59+01:00", 1, calendar) == ["Mon 01 00:00 CET"]  # of February


def test_a_rhythm_without_a_day_never_comes() -> None:
    none = Calendar(weekend=frozenset(range(7)))
    assert Times(Rhythm(at=(6, 30), business=True), none).after(datetime(2026, 1, 1, tzinfo=UTC)) is None
    assert (
        Times(Rhythm(every=Duration(1, "minute"), business=True), none).after(datetime(2026, 1, 1, tzinfo=UTC)) is None
    )


def test_a_zone_of_its_own_comes_before_that_of_the_calendar() -> None:
    assert due(Rhythm(at=(6, 30), zone="Asia/Kolkata"), "2026-11-06T12:00+01:00", 1) == ["Sat 07 06:30 IST"]


def test_a_rhythm_reads_as_it_was_written() -> None:
    assert [str(one) for one in (
        Rhythm(every=Duration(15, "minute"), business=True), Rhythm(at=(6, 5), on=frozenset({4, 0}), zone="UTC"),
        Rhythm(cron="0 6 * * 1"),
    )] == ["every 15 minutes on business days", "at 06:05 on Mon, Fri (UTC)", "cron 0 6 * * 1"]  # fmt: skip


def test_of_very_many_times_the_first_are_given_and_the_last() -> None:
    times = Times(Rhythm(every=Duration(1, "minute")), Calendar())
    start = datetime(2026, 1, 1, tzinfo=UTC)
    found = times.between(start, datetime(2026, 6, 1, 12, 0, 30, tzinfo=UTC))
    assert (len(found), found[0], found[-1]) == (
        MOST + 1, start + timedelta(minutes=1), datetime(2026, 6, 1, 12, tzinfo=UTC),
    )  # fmt: skip
