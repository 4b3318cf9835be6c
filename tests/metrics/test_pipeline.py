"""Pushes, slips and wins in a period, by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.metrics.streams import BEGIN, at, deal, history, streams

from dealgate.compile.events import RECORD, THERE
from dealgate.metrics.cases import Past
from dealgate.metrics.dated import INSTANT, opening, stretches
from dealgate.metrics.measure import Measured, measure
from dealgate.metrics.spec import Asked
from dealgate.metrics.specs.pushes import pushes
from dealgate.metrics.waterfall import waterfall

Rows = list[tuple[Any, ...]]
NO_MIN = {"min_n": 0}


def moved(name: str, day: str, to: str | None, hour: int = 12, channel: str = "person") -> tuple[Any, ...]:
    return (name, "close_date", to and f"2026-{to}", at(day, hour), None, channel)


def pushed(rows: Rows, every: str = "quarter") -> list[tuple[str, str, int, bool]]:
    found = pushes(Past(history(rows)), every)
    return [
        (str(d), f"{day:%m-%d}", days, auto)
        for d, day, days, auto in found.select("deal", "day", "days", "auto").rows()
    ]


def asked(
    rows: Rows, *metrics: str, by: tuple[str, ...] = (), until: datetime | None = None, **policies: Any
) -> Measured:
    made = history(rows, until) if until else history(rows)
    return measure(made, metrics, Asked(by=by, policies=NO_MIN | policies))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ([moved("a", "05-05", "07-01")], [("a", "05-05", 16, False)]),
        # within the quarter
        ([moved("a", "05-05", "06-30")], []),
        # earlier
        ([moved("a", "05-05", "03-30")], []),
        # out and back on one day
        ([moved("a", "05-05", "09-01", 9), moved("a", "05-05", "06-20", 10)], []),
        # twice on one day
        ([moved("a", "05-05", "09-01", 9), moved("a", "05-05", "12-01", 10)], [("a", "05-05", 169, False)]),
        ([moved("a", "05-05", "09-01"), moved("a", "05-06", "12-01")], [("a", "05-05", 78, False), ("a", "05-06", 91, False)]),
        # with a new owner
        ([("a", "owner.name", "Ada", at("01-05", 9)), ("a", "owner.name", "Eve", at("05-05", 17)), moved("a", "05-05", "09-01")], []),
        # the day after the new owner came
        ([("a", "owner.name", "Ada", at("01-05", 9)), ("a", "owner.name", "Eve", at("05-04", 17)), moved("a", "05-05", "09-01")],
         [("a", "05-05", 78, False)]),
        # after it was lost
        ([("a", "status", "lost", at("05-04")), moved("a", "05-05", "09-01")], []),
        ([moved("a", "05-05", "09-01", channel="workflow")], [("a", "05-05", 78, True)]),
        # to nothing and to a date again
        ([moved("a", "05-05", None), moved("a", "05-06", "09-01")], []),
    ],
)  # fmt: skip
def test_a_push_is_a_move_to_a_later_period_while_open(more: Rows, expected: list[tuple[str, str, int, bool]]) -> None:
    assert pushed([*deal("a", "01-05"), *more]) == expected


def test_what_is_a_push_by_month_may_be_none_by_quarter() -> None:
    rows = [*deal("a", "01-05", day="05-15"), moved("a", "04-05", "06-15")]
    assert pushed(rows) == []
    assert pushed(rows, "month") == [("a", "04-05", 31, False)]


SECOND = [
    *deal("won", "01-05"), ("won", "status", "won", at("05-05")),
    *deal("lost", "01-05", amount="300 USD"), ("lost", "status", "lost", at("05-05")),
    *deal("pushed", "01-05", amount="50 USD"), moved("pushed", "05-05", "09-01"),
    *deal("idle", "01-05", amount="50 USD"),
    *deal("other", "01-05", day="09-01"), ("other", "status", "won", at("05-05")),
    *deal("late", "05-05"), ("late", "status", "won", at("06-05")),
    *deal("bare", "01-05", amount=None), ("bare", "status", "won", at("06-30", 23)),
]  # fmt: skip
"""A second quarter: five deals are open and dated in it as it begins."""


def test_what_is_open_at_the_end_has_slipped_and_what_is_lost_has_not() -> None:
    made = asked(SECOND, "slip_rate", "win_in_period", "push_event_rate", by=("quarter",))
    slip = made.figure("slip_rate", quarter="2026-Q2")
    assert (slip.numerator, slip.n, slip.value) == (2, 5, Fraction(2, 5))
    value = made.figure("slip_rate", "value", quarter="2026-Q2")
    assert (value.value, value.n, value.flags) == (Fraction(100, 500), 4, ("some_without_amount",))
    won = made.figure("win_in_period", quarter="2026-Q2")
    assert (won.numerator, won.n) == (2, 5)
    assert made.figure("win_in_period", "value", quarter="2026-Q2").value == Fraction(100, 500)
    push = made.figure("push_event_rate", quarter="2026-Q2")
    assert (push.numerator, push.n) == (1, 5)
    # a later period begins with what was pushed into it and what it had
    assert made.figure("slip_rate", quarter="2026-Q3").value == Fraction(1)


def test_a_period_that_is_not_over_is_left_out_and_said() -> None:
    made = asked(SECOND, "slip_rate", until=at("06-15"))
    assert made.figure("slip_rate").value is None
    assert [one.reason for one in made.left_out["slip_rate"]] == ["the period is not over"]
    whole = asked(SECOND, "slip_rate", until=datetime(2026, 6, 30, 23, 59, 59, 999999, tzinfo=UTC))
    assert whole.figure("slip_rate").n == 5


def test_a_deal_that_nothing_places_in_time_is_in_no_period_and_is_said() -> None:
    rows = [*SECOND, ("seen", RECORD, THERE, None), ("seen", "status", "open", None)]
    rows.append(("seen", "close_date", "2026-06-15", at("12-30")))
    made = asked(rows, "slip_rate", by=("quarter",))
    assert made.figure("slip_rate", quarter="2026-Q2").n == 5
    assert ("nothing tells since when it is there", ("seen",)) in [
        (o.reason, o.examples) for o in made.left_out["slip_rate"]
    ]


def test_what_began_and_was_won_in_one_period_is_created_and_closed() -> None:
    found = asked(SECOND, "create_and_close_share").figure("create_and_close_share")
    assert (found.numerator, found.n) == (1, 4)


def test_pushes_are_counted_by_deal_and_period() -> None:
    found = asked(SECOND, "push_rate", by=("quarter",)).figure("push_rate", quarter="2026-Q2")
    assert (found.value, found.n) == (Fraction(1, 7), 7)


def test_pushes_have_a_length() -> None:
    rows = [*SECOND, *deal("far", "01-05"), moved("far", "05-05", "12-12")]
    found = asked(rows, "push_days", by=("quarter",))
    # 78 and 180 days
    assert found.figure("push_days", quarter="2026-Q2").value == 129


def test_dates_that_a_workflow_rolled_are_flagged_or_left_out() -> None:
    rows = [*deal("a", "01-05"), moved("a", "05-05", "09-01", channel="workflow")]
    both = asked(rows, "push_event_rate").figure("push_event_rate")
    assert both.flags == ("some_dates_were_rolled_by_a_workflow",)
    assert both.numerator == 1
    people = asked(rows, "push_event_rate", auto_rolled="exclude").figure("push_event_rate")
    assert (people.numerator, people.flags) == (0, ())


def test_a_date_that_was_told_later_is_flagged() -> None:
    rows = [*deal("a", "01-05", day=None), moved("a", "05-05", "06-15")]
    assert asked(rows, "slip_rate").figure("slip_rate").flags == ("some_close_dates_are_later_ones",)


def test_without_close_dates_there_is_a_reason_instead_of_a_figure() -> None:
    rows = deal("a", "01-05", day=None)
    for name in ("slip_rate", "win_in_period", "push_event_rate", "push_rate"):
        assert asked(rows, name).figure(name).reason == "no close dates are known"


def test_figures_are_grouped_by_what_was_so_as_the_period_began() -> None:
    rows = [*SECOND, ("idle", "owner.name", "Ada", at("01-05", 9)), ("idle", "owner.name", "Eve", at("05-05"))]
    made = asked(rows, "slip_rate", by=("owner", "quarter"))
    assert made.figure("slip_rate", owner="Ada", quarter="2026-Q2").n == 1


@pytest.mark.slow
@settings(deadline=None)
@given(streams(), st.sampled_from(["quarter", "half"]))
def test_the_base_of_a_period_is_what_its_waterfall_begins_with(rows: Rows, every: str) -> None:
    known = history(rows)
    past = Past(known)
    base = opening(past, every)
    for one in stretches(past, every):
        if one.first == BEGIN.date() or one.ends > known.as_of:
            continue
        whole = waterfall(known, one.opening, one.ends - INSTANT, (one.first, one.last))
        mine = base.filter(pl.col("first") == one.first)
        # metrics leave out what is deleted or merged by now, and a waterfall has it until then
        gone = set(known.gone["deal"])
        assert set(mine["deal"].cast(pl.String)) == set(whole.deals("begin")) - gone
        won = mine.filter(pl.col("outcome") == "won")["deal"].cast(pl.String)
        assert set(won) == (set(whole.deals("won")) & set(whole.deals("begin"))) - gone
        left = set(whole.deals("lost")) | set(whole.deals("cancelled")) | set(whole.deals("won"))
        slipped = mine.filter(~pl.col("outcome").is_in(["won", "lost", "cancelled"]))["deal"].cast(pl.String)
        assert set(slipped) == set(whole.deals("begin")) - left - gone


@pytest.mark.slow
@settings(deadline=None)
@given(streams(), st.sampled_from(["month", "quarter"]))
def test_a_push_is_one_a_deal_and_day_and_always_into_a_later_period(rows: Rows, every: str) -> None:
    past = Past(history(rows))
    found = pushes(past, every)
    assert found.height == found.select("deal", "day").n_unique()
    assert (found["days"] > 0).all()
    period = past.calendar.period
    for before, after in found.select("before", "after").iter_rows():
        assert period(before, every)[1] < after
