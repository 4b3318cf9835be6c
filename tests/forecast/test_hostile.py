"""A forecast of what nobody hopes to meet: a defined answer, or a clear refusal with its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

import dealgate
from dealgate.decide.playbook import Playbook
from dealgate.forecast.backtest import backtest, lag_days, last_periods
from dealgate.forecast.gap import gap
from dealgate.forecast.methods import Asked, Outlook, methods
from dealgate.forecast.proven import evidence_of
from dealgate.forecast.rolled import rolled
from dealgate.forecast.snapshot import Snapshot
from dealgate.metrics.figure import NoValue
from dealgate.metrics.standing import Period
from dealgate.model.calendar import Rates
from dealgate.model.forecast import PARTS, RATES

from .given import Q4, TODAY, deal, ended, snapshot

Q3 = Period(date(2026, 7, 1), date(2026, 9, 30))

ASKED = Asked(quarters=200)


def said(of: Snapshot) -> dict[str, int | str]:
    """By method its total, or the reason why there is none."""
    found = {name: one.make(of, ASKED) for name, one in methods().items()}
    return {name: made.total if isinstance(made, Outlook) else made.reason for name, made in found.items()}


def held_together(of: Snapshot) -> None:
    """Whatever a method says, its parts add to it."""
    for one in methods().values():
        made = one.make(of, ASKED)
        if isinstance(made, Outlook):
            for by in PARTS:
                assert sum(part.total for part in rolled(of, made, [by])) == made.total
            if made.low is not None and made.mid is not None and made.high is not None:
                assert made.low <= made.mid <= made.high


def test_no_deal_at_all() -> None:
    nothing = snapshot()
    assert said(nothing)["pipeline"] == 0
    assert isinstance(said(nothing)["naive"], str)
    assert evidence_of(nothing).called == 0
    assert isinstance(gap(nothing, 1000).rate, NoValue)
    held_together(nothing)


def test_one_deal_and_no_history() -> None:
    one = snapshot(deal(1))
    assert said(one) == {
        "commit": 0,
        "best-case": 100_000,
        "pipeline": 100_000,
        "stage-weighted": 50_000,
        "historical": "0 deals have ended: fewer than 30",
        "evidence": "0 deals have ended: fewer than 30",
        "monte-carlo": "0 deals have ended: fewer than 30",
        "naive": "no earlier period is known as a whole",
        "run-rate": "no earlier period is known as a whole",
    }
    held_together(one)


def test_all_were_won() -> None:
    past = [ended(n, "won", date(2026, 1, 20) + timedelta(days=5 * n)) for n in range(50)]
    here = {"visits": [{"stage": "proposal", "entered": "2026-11-13T09:00:00+00:00"}]}
    all_won = snapshot(*past, deal(99, created_at="2026-11-13T09:00:00+00:00", **here))
    (chance,) = methods()["historical"].make(all_won, ASKED).deals["chance"]  # type: ignore[union-attr]
    assert chance == 1
    held_together(all_won)


def test_negative_and_zero_amounts_count_as_they_are() -> None:
    odd = snapshot(deal(1, amount="-250.00"), deal(2, amount="0"), deal(3, amount="400.00"), deal(4, amount=None))
    assert said(odd)["pipeline"] == 15_000
    made = methods()["pipeline"].make(odd, ASKED)
    assert isinstance(made, Outlook)
    assert dict(made.deals.select("id", "reason").iter_rows())["D-4"] == "no amount"
    held_together(odd)


def test_a_period_of_one_day() -> None:
    day = Period(TODAY, TODAY)
    past = [ended(n, "won" if n % 2 else "lost", date(2026, 1, 20) + timedelta(days=5 * n)) for n in range(50)]
    one_day = snapshot(*past, deal(99), period=day)
    assert one_day.left == 0
    assert methods()["historical"].make(one_day, ASKED).open == 0  # type: ignore[union-attr]
    assert list(lag_days(day)) == ["day1", "mid"]
    held_together(one_day)


@pytest.fixture
def april() -> Playbook:
    book = dealgate.load("practical")
    return Playbook(book.process.replace(calendar=book.process.calendar.replace(fiscal_month=4)), lambda: "")


def test_a_fiscal_year_that_starts_in_april(april: Playbook) -> None:
    past = [ended(n, "won", date(2025, 5, 5) + timedelta(days=10 * n)) for n in range(56)]
    now = snapshot(*past, period=None, playbook=april)
    periods = last_periods(now, "year", 3)
    assert [one.first for one in periods] == [date(2025, 4, 1)]
    tested = backtest(now, periods, ["day1"], ASKED)
    assert {one.actual for one in tested.trials} == {34 * 100_000}


def test_currencies_without_a_rate_are_told_and_not_added() -> None:
    mixed = snapshot(deal(1), deal(2, amount="500.00 EUR"))
    assert said(mixed)["pipeline"] == 100_000
    assert mixed.deals.filter(mixed.deals["id"] == "D-2")["foreign"].to_list() == ["500.00 EUR"]
    rated = Rates("USD", {"EUR": ((date(2026, 1, 1), Decimal("1.1")),)})
    assert said(snapshot(deal(1), deal(2, amount="500.00 EUR"), rates=rated))["pipeline"] == 155_000
    held_together(mixed)


def test_other_currencies_count_by_the_rates_of_the_day_that_is_asked_for() -> None:
    """1.1 as the quarter began, 1.2 as the deal was won, 1.3 today."""
    days = ((date(2026, 10, 1), "1.1"), (date(2026, 11, 2), "1.2"), (date(2026, 11, 20), "1.3"))
    rates = Rates("USD", {"EUR": tuple((day, Decimal(rate)) for day, rate in days)})
    seen = snapshot(deal(1, amount="100.00 EUR"), ended(2, "won", date(2026, 11, 5), amount="100.00 EUR"), rates=rates)
    told = {rated: said(replace(seen, rated=rated))["pipeline"] for rated in RATES}
    assert told == {"booking": 12_000 + 13_000, "current": 26_000, "period": 22_000}


def test_what_came_is_held_against_its_forecast_at_the_same_rates() -> None:
    rates = Rates("USD", {"EUR": ((date(2025, 1, 1), Decimal(1)), (date(2026, 8, 1), Decimal(2)))})
    won = [ended(n, "won", date(2026, 9, 1), amount="100.00 EUR") for n in range(3)]
    now = snapshot(*won, period=None, rates=rates)
    came = {}
    for rated in RATES:
        tested = backtest(replace(now, rated=rated), [Q3], ["mid"], ASKED)
        came[rated] = {one.actual for one in tested.trials}
    assert came == {"booking": {60_000}, "current": {60_000}, "period": {30_000}}


def test_a_past_period_sees_nothing_of_what_came_after_it() -> None:
    """A future win, a future amount and a future loss are planted: nothing that is said of Q3 moves."""
    past = [
        ended(n, "won" if n % 3 else "lost", date(2025, 7, 5) + timedelta(days=7 * n), owner__name="Rita Lind")
        for n in range(60)
    ]
    still = [deal(n, created_at="2026-06-01T09:00:00+00:00",
                  visits=[{"stage": "proposal", "entered": "2026-06-01T09:00:00+00:00"}]) for n in range(70, 80)]  # fmt: skip
    planted = [
        {**one, "status": "won", "closed_on": "2026-11-01", "amount": "999999.00",
         "changes": [{"field": "amount", "from": "1000.00", "to": "999999.00", "at": "2026-10-20T09:00:00+00:00"}]}
        for one in still[:5]
    ]  # fmt: skip
    # of both the history tells of amounts
    past.append(
        ended(99, "lost", date(2025, 9, 1), changes=[
            {"field": "amount", "from": "900.00", "to": "1000.00", "at": "2025-08-20T09:00:00+00:00"}
        ])
    )  # fmt: skip
    quarter, opening = Period(date(2026, 7, 1), date(2026, 9, 30)), date(2026, 6, 30)
    for basis in ("amount", "count"):
        plain = snapshot(*past, *still, basis=basis).at(opening, quarter)
        moved = snapshot(*past, *planted, *still[5:], basis=basis).at(opening, quarter)
        assert said(plain) == said(moved)
        assert isinstance(said(moved)["historical"], int)
        assert moved.deals["amount"].unique().to_list() == [100_000 if basis == "amount" else 1000]


def test_a_deal_without_a_date_counts_in_no_period_and_is_told() -> None:
    made = methods()["pipeline"].make(
        snapshot(deal(1), deal(2, close_date=None), deal(3, close_date="2026-11-01")), ASKED
    )
    assert isinstance(made, Outlook)
    assert made.total == 200_000
    assert made.notes == (
        "1 open deal without a close date count in no period",
        "1 open deal past the close date count as of this period",
    )
    assert Q4.last == date(2026, 12, 31)
