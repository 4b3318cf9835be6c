"""Groups, windows, periods and amounts: what a case is counted under."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from dealgate.compile.frames import MOMENT
from dealgate.history import history_of
from dealgate.metrics import Asked, Past, measure
from dealgate.metrics.keys import period_name
from dealgate.model.calendar import Rates

from .given import Told, day, deal, events, history, measured, process


def won(name: str, at: float, amount: str, **fields: str) -> list[Told]:
    return deal(name, f"1@0 W{at}", amount=amount, **fields)


def test_a_deal_counts_for_who_owned_it_when_it_closed() -> None:
    told = won("a", 20, "100.00 USD", owner__id="ann")
    told += [("a", "owner.id", "ben", 10.0), ("a", "owner.id", "cyd", 30.0)]
    found = measured(history(told), "won_value", by=["owner"])
    assert [dict(row.keys) for row in found.rows] == [{"owner": "ben"}] * 2


def test_an_owner_told_only_later_stands_in_and_none_at_all_is_a_group_of_its_own() -> None:
    told = [*won("a", 20, "100.00 USD"), *won("b", 20, "50.00 USD"), ("a", "owner.id", "ann", 30.0)]
    found = measured(history(told), "won_value", by=["owner"])
    assert {row.keys["owner"]: row.figure.value for row in found.rows if row.measure == "value"} == {
        "ann": 100,
        None: 50,
    }


def test_won_amounts_are_those_at_the_close_and_lost_ones_those_just_before() -> None:
    told = [*won("a", 20, "100.00 USD"), *deal("b", "1@0 L20", amount="60.00 USD")]
    told += [
        ("a", "amount", "140.00 USD", 20.0),
        ("b", "amount", "0.00 USD", 20.0),
        ("a", "amount", "999.00 USD", 21.0),
    ]
    found = measured(history(told), "win_rate", "won_value")
    assert found.figure("win_rate", "value").value == Fraction(140, 200)
    assert found.figure("won_value").value == Decimal("140.00")


def test_amounts_in_other_currencies_need_a_rate() -> None:
    told = [*won("a", 20, "100.00 USD"), *won("b", 20, "10.00 EUR")]
    bare = measured(history(told), "won_value").figure("won_value")
    assert (bare.value, bare.n, bare.flags) == (Decimal("100.00"), 1, ("some_without_amount",))
    rates = Rates("USD", {"EUR": ((date(2026, 1, 1), Decimal("1.25")), (date(2026, 1, 22), Decimal("9")))})
    converted = measure(history(told), ["won_value"], Asked(rates=rates)).figure("won_value")
    assert (converted.value, converted.n) == (Decimal("112.50"), 2), "at the rate of the day it was won"


def test_velocity_is_money_a_day_from_one_cohort() -> None:
    told = [one for n in range(10) for one in won(f"w{n}", 60, "12000.00 USD")]
    told += [one for n in range(30) for one in deal(f"l{n}", "1@0 L9")]
    found = measured(history(told), "velocity")
    # 40 × 0.25 × 12,000 ÷ 60
    assert found.figure("velocity").value == 2000
    assert found.figure("velocity").unit == "USD/day"
    parts = [found.figure("velocity", part).value for part in ("deals", "win_rate", "average_won", "cycle")]
    assert parts == [40, Fraction(1, 4), 12000, 60]


def test_deals_that_closed_within_a_day_are_taken_for_imports_and_counted() -> None:
    told = [*won("a", 20, "1.00 USD"), *won("b", 0.5, "1.00 USD")]
    found = measured(history(told), "cycle_time")
    assert found.figure("cycle_time").n == 1
    assert [one.n for one in found.left_out["cycle_time"]] == [1]
    assert measured(history(told), "cycle_time", imports="keep").figure("cycle_time").value == pytest.approx(10.25)


@pytest.mark.parametrize(
    ("since", "until", "n"),
    [("2026-01-20", "2026-01-20", 1), ("2026-01-21", None, 1), (None, "2026-01-19", 0), (None, None, 2)],
)
def test_both_days_of_a_window_belong_to_it(since: str | None, until: str | None, n: int) -> None:
    told = [*won("a", 19.99, "1.00 USD"), *won("b", 20, "1.00 USD")]
    first, last = (date.fromisoformat(d) if d else None for d in (since, until))
    found = measure(history(told), ["won_value"], Asked(since=first, until=last))
    assert found.figure("won_value", "deals").value == n


@pytest.mark.parametrize(
    ("first", "period", "month", "name"),
    [
        (date(2026, 7, 1), "month", 4, "2026-07"),
        (date(2026, 7, 1), "quarter", 1, "2026-Q3"),
        (date(2026, 7, 1), "half", 1, "2026-H2"),
        (date(2026, 1, 1), "year", 1, "2026"),
        (date(2026, 4, 1), "quarter", 4, "FY2027-Q1"),
        (date(2026, 1, 1), "quarter", 4, "FY2026-Q4"),
        (date(2026, 4, 1), "year", 4, "FY2027"),
        (date(2025, 12, 29), "week", 1, "2026-W01"),
    ],
)
def test_periods_have_names(first: date, period: str, month: int, name: str) -> None:
    assert period_name(first, period, month) == name


def test_a_case_whose_moment_nobody_knows_is_left_out_where_days_matter() -> None:
    told = [*won("a", 20, "1.00 USD"), *won("b", 20, "1.00 USD")]
    frame = events(told).with_columns(
        pl.when((pl.col("deal") == "b") & (pl.col("field") == "status") & (pl.col("value") == "won"))
        .then(pl.lit(None, MOMENT))
        .otherwise("at")
        .alias("at")
    )
    frame = frame.filter(~((pl.col("deal") == "b") & (pl.col("value") == "open")))
    past = history_of(frame, process(), day(90))
    assert measured(past, "won_value").figure("won_value", "deals").value == 2
    by = measured(past, "won_value", by=["year"])
    assert by.figure("won_value", "deals", year="2026").value == 1
    assert [(one.reason, one.n, one.examples) for one in by.left_out["won_value"]] == [
        ("nothing tells when it was", 1, ("b",))
    ]


def test_deleted_deals_are_in_no_metric() -> None:
    told = [*won("a", 20, "1.00 USD"), *won("b", 20, "1.00 USD"), ("b", "@record", "deleted", 30.0)]
    assert measured(history(told), "won_value").figure("won_value", "deals").value == 1
    assert measured(history(told, as_of=25), "won_value").figure("won_value", "deals").value == 2


def test_days_are_counted_by_the_clock_on_the_wall() -> None:
    """From midnight to midnight over the change to summer time is a whole number of days."""
    berlin = process().calendar.replace(zone=ZoneInfo("Europe/Berlin"))
    past = Past(history_of(events(won("a", 1, "1.00 USD")), process().replace(calendar=berlin), day(90)))

    def days(start: datetime, end: datetime) -> Any:
        return past.days(*(pl.Series([at]).cast(MOMENT) for at in (start, end)))[0]

    spring = datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)
    assert days(*spring) == 1
    autumn = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert days(*autumn) == 0, "the clock went back an hour in between"


def test_business_days_leave_out_weekends() -> None:
    # Thursday 2026-01-01 to Thursday 2026-01-15
    found = measured(history(won("a", 14, "1.00 USD")), "cycle_time", calendar="business")
    assert found.figure("cycle_time").value == 10


def test_a_version_is_the_one_in_force_at_the_cases_moment() -> None:
    told = [*won("a", 20, "1.00 USD"), *won("b", 40, "2.00 USD")]
    versions = ((day(0), "practical@1.0.0"), (day(30), "practical@1.1.0"))
    found = measure(history(told), ["won_value"], Asked(by=("version",), versions=versions, policies={"min_n": 0}))
    assert {row.keys["version"]: row.figure.value for row in found.rows if row.measure == "value"} == {
        "practical@1.0.0": 1,
        "practical@1.1.0": 2,
    }


def test_by_stage_a_closed_deal_counts_in_each_stage_it_came_to() -> None:
    told = [*deal("a", "1@0 2@5 W9"), *deal("b", "1@0 L5")]
    found = measured(history(told), "win_rate", by=["stage"])
    shares = {row.keys["stage"]: (row.figure.numerator, row.figure.n) for row in found.rows if row.measure == "share"}
    assert shares == {"prospecting": (1, 2), "qualification": (1, 1)}


def test_a_small_group_is_drawn_towards_the_rate_of_all() -> None:
    told = [one for n in range(30) for one in deal(f"a{n}", f"1@0 {'W' if n < 15 else 'L'}9", owner__id=f"o{n % 3}")]
    told += deal("b", "1@0 W9", owner__id="new")
    figure = measured(history(told), "win_rate", by=["owner"]).figure("win_rate", owner="new")
    assert figure.value == 1
    assert figure.shrunk is not None
    assert Fraction(16, 31) < figure.shrunk < Fraction(3, 4)


def test_the_frame_of_figures_has_a_row_a_figure() -> None:
    found = measured(history(won("a", 20, "1.00 USD")), "won_value", "win_rate", by=["owner"])
    frame = found.frame()
    assert frame.height == len(found.rows)
    assert frame.columns[:3] == ["metric", "owner", "measure"]
    assert set(frame.filter(pl.col("measure") == "deals")["value"]) == {1.0}
