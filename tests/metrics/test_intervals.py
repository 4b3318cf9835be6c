"""Intervals of shares and rates drawn towards their parent's. Others' figures are in test_oracles."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealgate.metrics.beta import beta_cdf, beta_quantile
from dealgate.metrics.figure import NoValue
from dealgate.metrics.intervals import Interval, Shrunken, jeffreys, prior_weight, shrunken, wilson

COUNTS = st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_the_golden_wilson_interval_of_three_in_six_is_0_188_to_0_812() -> None:
    found = wilson(3, 6)
    assert isinstance(found, Interval)
    assert (round(found.low, 3), round(found.high, 3)) == (0.188, 0.812)


def test_the_golden_rate_is_drawn_from_one_half_to_0_3077() -> None:
    found = shrunken(3, 6, 0.25)
    assert isinstance(found, Shrunken)
    assert found.value == Fraction(3 + 5, 6 + 20)
    # Beta(8, 18), from tables
    assert (round(found.interval.low, 3), round(found.interval.high, 3)) == (0.149, 0.494)


def test_nothing_counted_has_no_interval_and_no_rate() -> None:
    assert wilson(0, 0) == jeffreys(0, 0) == shrunken(0, 0, 0.25) == NoValue("nothing to count")


@given(COUNTS, st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_an_interval_holds_its_share_and_mirrors_when_won_and_lost_are_swapped(
    counts: tuple[int, int], level: float
) -> None:
    w, n = counts
    for method in (wilson, jeffreys):
        found, mirrored = method(w, n, level), method(n - w, n, level)
        assert isinstance(found, Interval) and isinstance(mirrored, Interval)
        assert 0 <= found.low <= w / n <= found.high <= 1
        assert found.low < found.high
        assert found.low == pytest.approx(1 - mirrored.high, abs=1e-12)


@given(COUNTS, st.fractions(0, 1, max_denominator=100), st.integers(1, 200))
def test_a_shrunken_rate_lies_between_the_raw_one_and_its_parent(
    counts: tuple[int, int], prior: Fraction, weight: int
) -> None:
    w, n = counts
    found = shrunken(w, n, prior, weight)
    assert isinstance(found, Shrunken)
    assert min(Fraction(w, n), prior) <= found.value <= max(Fraction(w, n), prior)
    assert 0 <= found.interval.low <= found.interval.high <= 1


def test_a_parent_that_never_or_always_wins_has_an_interval_all_the_same() -> None:
    never, always = shrunken(0, 5, 0), shrunken(5, 5, 1)
    assert isinstance(never, Shrunken) and isinstance(always, Shrunken)
    assert (never.interval.low, never.interval.high) == (0, 0)
    assert (always.interval.low, always.interval.high) == (1, 1)


@given(st.floats(1e-4, 1 - 1e-4), st.floats(0.5, 1e4), st.floats(0.5, 1e4))
def test_a_beta_quantile_gives_back_its_probability(p: float, a: float, b: float) -> None:
    assert beta_cdf(beta_quantile(p, a, b), a, b) == pytest.approx(p, abs=1e-9)


def test_a_beta_distribution_with_whole_parameters_is_a_polynomial() -> None:
    for x in (0.0, 0.1, 0.5, 0.85, 1.0):
        assert beta_cdf(x, 1, 1) == pytest.approx(x, abs=1e-15)
        assert beta_cdf(x, 2, 3) == pytest.approx(6 * x**2 - 8 * x**3 + 3 * x**4, abs=1e-14)
    assert beta_quantile(0.5, 40, 40) == pytest.approx(0.5, abs=1e-14)


@pytest.mark.parametrize(("w", "n"), [(-1, 4), (5, 4), (0, -1)])
def test_more_than_all_is_refused(w: int, n: int) -> None:
    for method in (wilson, jeffreys):
        with pytest.raises(ValueError, match="w counts some of n"):
            method(w, n)


def test_a_level_or_a_prior_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="level"):
        wilson(1, 2, 1)
    with pytest.raises(ValueError, match="prior"):
        shrunken(1, 2, 1.5)
    with pytest.raises(ValueError, match="weight"):
        shrunken(1, 2, 0.5, 0)


def test_the_weight_of_a_parent_is_the_moment_estimate_worked_out_by_hand() -> None:
    # p = 1/2; Σ n(w/n - p)² / p(1-p) = 7.2; r = (7.2 - 2) / (30 - 10 - 2) = 13/45
    found = prior_weight([(2, 10), (5, 10), (8, 10), (0, 0)])
    assert found.m == Fraction(45, 13) - 1
    assert found.why == "empirical Bayes over 3 groups"


def test_the_weight_of_a_parent_stays_within_bounds() -> None:
    alike = prior_weight([(5, 10), (5, 10), (5, 10)])
    assert alike.m == 1000 and "no more than by chance" in alike.why
    assert prior_weight([(0, 10), (5, 10), (10, 10)]).m == 1


def test_the_weight_of_a_parent_is_twenty_where_nothing_tells() -> None:
    for groups in ([], [(1, 4), (3, 4)], [(0, 5), (0, 5), (0, 5)], [(1, 1), (0, 1), (1, 1)]):
        found = prior_weight(groups)
        assert found.m == 20 and found.why.startswith("default")


@pytest.mark.parametrize("true", [8, 40])
def test_the_weight_that_made_the_groups_is_found_again(true: int) -> None:
    rng = random.Random(true)
    groups = []
    for _ in range(4_000):
        rate, n = rng.betavariate(0.3 * true, 0.7 * true), rng.randint(5, 60)
        groups.append((sum(rng.random() < rate for _ in range(n)), n))
    assert float(prior_weight(groups).m) == pytest.approx(true, rel=0.1)
