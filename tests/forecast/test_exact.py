"""The exact distribution of independent deals."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.forecast.books import enumerated, plain

from dealgate.forecast.draws import Noise, exact, simulate

GOLDEN = plain([0.5, 0.8, 0.3, 0.6], [100, 50, 20, 30])
FEW = st.lists(
    st.tuples(st.sampled_from([0.0, 1.0]) | st.floats(0.001, 0.999), st.integers(-5, 5) | st.integers(-(10**9), 10**9)),
    max_size=8,
)


def test_the_golden_deals_have_the_published_figures() -> None:
    found = exact(GOLDEN)
    assert found is not None
    assert found.mean == pytest.approx(114, abs=1e-12)
    assert found.sd == pytest.approx(3200**0.5, abs=1e-12)
    assert (found.p10, found.p50, found.p90) == (50, 100, 180)
    assert found.at_least(100) == pytest.approx(0.572, abs=1e-12)
    assert found.share_below(100) == pytest.approx(0.428, abs=1e-12)
    assert (found.method, found.quarters, found.standard_error(0.5)) == ("exact", None, 0)


def test_few_deals_without_noise_are_not_drawn_but_computed() -> None:
    found = simulate(GOLDEN, seed=1, won=1_000)
    assert found.method == "exact"
    assert found.how == "the exact distribution of 4 independent deals"
    assert (found.p10, found.p50, found.p90) == (1_050, 1_100, 1_180)


@given(FEW)
def test_it_is_what_going_through_every_outcome_gives(deals: list[tuple[float, int]]) -> None:
    book = plain([chance for chance, _ in deals], [amount for _, amount in deals])
    found, want = exact(book), enumerated(book)
    assert found is not None
    assert found.values.tolist() == list(want)
    np.testing.assert_allclose(found.chances, list(want.values()), rtol=1e-12)


def test_equal_deals_are_binomial() -> None:
    found = exact(plain([0.3] * 2_000, [700] * 2_000))
    assert found is not None
    np.testing.assert_allclose(found.chances, stats.binom.pmf(found.values // 700, 2_000, 0.3), rtol=1e-9, atol=1e-300)


def test_chances_of_equal_amounts_are_poisson_binomial() -> None:
    chance = np.linspace(0.01, 0.99, 300)
    found = exact(plain(chance.tolist(), [5] * 300))
    want = stats.poisson_binom(chance).pmf(np.arange(301))
    assert found is not None
    table = np.zeros(301)
    table[found.values // 5] = found.chances
    np.testing.assert_allclose(table, want, atol=1e-13)


def test_a_quantile_is_the_smallest_value_whose_share_reaches_it() -> None:
    found = exact(plain([0.9], [10]))
    assert found is not None
    # 1 - 0.9 is a little less than a tenth in floats
    assert [found.quantile(q) for q in (0, 0.1, 0.1001, 1)] == [0, 0, 10, 10]
    assert found.quantile(Fraction(1, 10)) == 0


def test_too_many_different_totals_are_not_computed() -> None:
    random = np.random.default_rng(1)
    many = plain([0.5] * 300, random.integers(1, 10**9, 300).tolist())
    assert exact(many) is None
    assert simulate(many, seed=1).method == "brute"
    with pytest.raises(ValueError, match=r"^exact: only for independent deals"):
        simulate(many, seed=1, method="exact")


def test_dates_without_noise_decide_by_the_day() -> None:
    book = plain([1.0, 1.0, 1.0, 1.0], [1, 10, 100, 1000])
    dated = type(book)(book.chance, book.amount, days=np.array([-1.0, 0.0, 5.0, np.nan]))
    assert simulate(dated, seed=1).values.tolist() == [1_110]


def test_a_date_as_likely_after_the_end_as_before_halves_the_chance() -> None:
    dated = type(GOLDEN)(np.array([0.5]), np.array([100]), days=np.array([0.0]))
    found = simulate(dated, Noise(date_sd=10), seed=1)
    assert found.method == "exact"
    assert found.mean == pytest.approx(25)


def test_a_weight_of_its_own_leaves_independent_deals_as_they_are() -> None:
    vague = type(GOLDEN)(GOLDEN.chance, GOLDEN.amount, weight=np.full(4, 3.0))
    assert simulate(vague, seed=1).chances.tolist() == simulate(GOLDEN, seed=1).chances.tolist()
    together = type(GOLDEN)(
        np.full(4, 0.5), GOLDEN.amount, weight=np.full(4, 3.0), estimate=np.zeros(4, dtype=np.int64)
    )
    assert simulate(together, seed=1).method == "brute"
