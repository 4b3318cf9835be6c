"""What earlier periods had counts as much as the company has grown since, where two years tell how it grows."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

import polars as pl
import pytest

import dealgate
from dealgate.compile.frames import frames_of
from dealgate.forecast.earlier import Coming, coming, compounded, earlier, growth, recent, rest
from dealgate.forecast.snapshot import Snapshot
from dealgate.history import events_of, history_of
from dealgate.metrics.standing import Period
from dealgate.simulate import company as companies
from dealgate.simulate import reps, simulate

from .given import Q4, ended, snapshot

EVE = date(2026, 9, 30)
QUARTERS = [
    Period(
        date(year, month, 1), date(year + (month == 10), month % 12 + 3 if month != 10 else 1, 1) - timedelta(days=1)
    )
    for year, month in ((2026, 7), (2026, 4), (2026, 1), (2025, 10), (2025, 7), (2025, 4), (2025, 1), (2024, 10))
]
"""The eight before Q4 2026, the latest first."""


def sold(quarters: list[int], **more: Any) -> list[dict[str, Any]]:
    """So many deals of 1,000 created and won in each quarter, the latest first, and one that was lost before them."""
    made = [
        ended(10 * at + n, "won", QUARTERS[at].first + timedelta(days=40 + n), **more)
        for at, count in enumerate(quarters)
        for n in range(count)
    ]
    return [*made, ended(900, "lost", QUARTERS[len(quarters) - 1].first)]


def test_growth_is_that_of_deals_created_and_drawn_towards_none_and_not_believed_beyond_its_bounds() -> None:
    assert growth(100, 80) == Fraction(120, 100)
    assert growth(0, 0) == 1
    assert growth(1000, 100) == Fraction(3, 2)
    assert growth(10, 1000) == Fraction(2, 3)


def test_growth_compounds_over_whole_years_and_is_shared_out_within_one() -> None:
    assert compounded(Fraction(6, 5), 4, 4) == Fraction(6, 5)
    assert compounded(Fraction(6, 5), 2, 4) == Fraction(11, 10)
    assert compounded(Fraction(6, 5), 5, 4) == Fraction(6, 5) * Fraction(21, 20)
    assert compounded(Fraction(2, 3), 8, 4) == Fraction(4, 9)


def test_of_two_years_each_quarter_counts_as_the_company_has_grown_since() -> None:
    grown = snapshot(*sold([2, 2, 2, 2, 1, 1, 1, 1]), as_of=EVE)
    # 8 deals created after 4: (8 + 20) / (4 + 20)
    rate = Fraction(7, 6)
    quarter = [1 + Fraction(1, 6) * Fraction(n, 4) for n in (1, 2, 3)]
    factors = [*quarter, rate, *(rate * one for one in quarter), rate * rate]
    assert recent(grown) == list(zip(QUARTERS, factors, strict=True))
    mean = (2 * sum(factors[:4]) + sum(factors[4:])) / 8
    found = coming(grown)
    assert isinstance(found, Coming)
    assert (found.mean, found.periods, found.amounts) == (mean, 8, (100_000,) * 12)
    assert found.amount == 100_000 * mean == rest(grown)


def test_a_company_that_does_not_grow_is_the_plain_mean_of_two_years() -> None:
    steady = snapshot(*sold([1, 3, 1, 1, 2, 1, 1, 2]), as_of=EVE)
    assert {factor for _, factor in recent(steady)} == {Fraction(1)}
    assert rest(steady) == Fraction(12 * 100_000, 8)


def test_where_less_than_two_years_are_known_the_latest_four_count_as_they_were() -> None:
    short = snapshot(*sold([4, 3, 2, 2, 1, 1, 1]), as_of=EVE)
    assert len(earlier(short)) == 7
    assert recent(short) == [(one, Fraction(1)) for one in QUARTERS[:4]]
    assert rest(short) == Fraction(11 * 100_000, 4)


def test_a_quarter_after_the_next_lies_one_further_from_what_is_known() -> None:
    ahead = snapshot(*sold([2, 2, 2, 2, 1, 1, 1, 1]), as_of=EVE, period=Period(date(2027, 1, 1), date(2027, 3, 31)))
    assert recent(ahead)[0] == (QUARTERS[0], 1 + Fraction(1, 6) * Fraction(2, 4))


def test_days_that_are_no_fiscal_period_are_not_grown() -> None:
    odd = snapshot(*sold([2, 2, 2, 2, 1, 1, 1, 1]), as_of=EVE, period=Period(date(2026, 10, 3), date(2026, 11, 9)))
    assert [factor for _, factor in recent(odd)] == [1, 1, 1, 1]


def factor(seed: int) -> float:
    """How much more the recent quarters of a simulated company count than they were, in the mean."""
    playbook = dealgate.load("practical")
    made = simulate(seed=seed, years=3, deals=900, leads=0, as_of=EVE)
    frames = frames_of([playbook.deal(record) for record in made.deals], playbook.process)
    seen = datetime.combine(EVE, time.max, playbook.process.calendar.zone)
    events = events_of(frames, playbook.process, seen).with_columns(backfilled=pl.col("origin") != "seen")
    of = Snapshot(playbook, history_of(events, playbook.process, EVE, children=frames.children), Q4)
    held = recent(of)
    assert len(held) == 8
    return float(sum(one for _, one in held) / len(held))


def test_a_company_that_grows_is_grown_and_one_that_does_not_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = range(951, 957)
    growing = [factor(seed) for seed in seeds]
    for module in (companies, reps):
        monkeypatch.setattr(module, "GROWTH", 1.0)
    still = [factor(seed) for seed in seeds]
    # 22 % a year, nine eighths of a year ago in the mean; what 600 deals tell of it errs by 0.05
    assert 1.15 < sum(growing) / len(growing) < 1.35
    assert abs(sum(still) / len(still) - 1) < 0.10
