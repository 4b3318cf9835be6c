"""Quarters that are drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats
from tests.forecast.books import NOISE, book, literal, plain, vasicek

from dealgate.forecast.draws import Drawn, Noise, OpenDeals, exact, grouped, normal, simulate
from dealgate.forecast.draws import factor as by_factor
from dealgate.forecast.draws.book import book_of

BOOKS = ["whale", "heavy tails", "negative amounts", "one price", "ordinary"]
QUANTILES = (0.1, 0.5, 0.9)
DEALS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(-(10**6), 10**6), st.sampled_from([2.0, 50.0, math.inf])),
    min_size=1,
    max_size=40,
)
NOISES = st.builds(Noise, correlation=st.floats(0, 0.95), amount_sd=st.sampled_from([0.0, 0.3]))


def apart(one: Drawn, other: Drawn, q: float) -> float:
    """How many combined standard errors lie between two quantiles."""
    return abs(one.quantile(q) - other.quantile(q)) / math.hypot(one.standard_error(q), other.standard_error(q))


def made(deals: list[tuple[float, int, float]]) -> OpenDeals:
    chance, amount, weight = (np.array(column) for column in zip(*deals, strict=True))
    return OpenDeals(chance.astype(np.float64), amount.astype(np.int64), weight)


def test_the_normal_distribution_is_scipys() -> None:
    x = np.concatenate((np.linspace(-9, 9, 4_001), [-50, 50, -np.inf, np.inf]))
    np.testing.assert_allclose(normal.cdf(x), special.ndtr(x), atol=1e-15)
    p = np.concatenate((np.logspace(-300, -1, 500), np.linspace(0.01, 0.999_999, 500), [0, 1, 0.5]))
    np.testing.assert_allclose(normal.quantile(p), special.ndtri(p), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("correlation", [0.05, 0.3, 0.95])
@pytest.mark.parametrize(("chance", "weight"), [(0.3, 10), (0.01, 5), (0.5, 1), (0.9, 2_000), (0.001, 3), (0.2, 0.3)])
def test_a_vague_chance_given_the_factor_is_the_mean_over_its_beta_distribution(
    chance: float, weight: float, correlation: float
) -> None:
    factor = np.linspace(-4, 4, 9)
    ranks = (np.arange(20_000) + 0.5) / 20_000
    drawn = stats.beta.ppf(ranks, chance * weight, (1 - chance) * weight)
    want = [vasicek(drawn, correlation, one).mean() for one in factor]
    found = by_factor.table_of(np.array([chance]), np.array([float(weight)]), factor, correlation)[:, 0]
    np.testing.assert_allclose(found, want, atol=5e-5)


@pytest.mark.parametrize("correlation", [5e-324, 0.01, 0.2, 0.9, 0.999])
def test_the_chance_read_off_the_grid_is_that_of_the_quarters_factor(correlation: float) -> None:
    chance = np.array([0.0, 0.001, 0.3, 0.8, 1.0])
    factor = by_factor.factor_of(np.random.default_rng(1), 3_000, correlation)
    table = by_factor.table_of(chance, np.full(5, np.inf), factor.grid, correlation)
    want = vasicek(chance, correlation, factor.drawn[:, None])
    np.testing.assert_allclose(factor.read(table, 0, 3_000), want, atol=2e-5)


@pytest.mark.parametrize("kind", BOOKS)
def test_deals_drawn_one_by_one_are_as_a_simulator_that_takes_every_step(kind: str) -> None:
    deals = book(kind, 150, seed=3)
    found = simulate(deals, NOISE, seed=5, method="brute")
    want = literal(deals, NOISE, 6_000, seed=7)
    assert stats.ks_2samp(np.repeat(found.values, found.counts), want).pvalue > 0.01


@pytest.mark.parametrize(
    ("kind", "largest"),
    # a sum that one deal rules has no gamma distribution: that is why the largest are drawn
    [
        (kind, largest)
        for kind in BOOKS
        for largest in (0, 200, 1_000)
        if largest or kind not in ("whale", "heavy tails")
    ],
)
def test_2000_deals_drawn_together_agree_with_brute_force_within_monte_carlo_error(kind: str, largest: int) -> None:
    deals = book(kind, 2_000, seed=11)
    one_by_one = simulate(deals, NOISE, seed=1, method="brute")
    together = simulate(deals, NOISE, seed=2, method="grouped", largest=largest)
    assert (one_by_one.method, together.method) == ("brute", "grouped")
    assert f"{2_000 - largest:,} together by the mean, variance and skewness" in together.how
    for q in QUANTILES:
        assert apart(one_by_one, together, q) < 3
    assert abs(one_by_one.mean - together.mean) < 4 * math.hypot(one_by_one.sd, together.sd) / 100
    assert together.sd == pytest.approx(one_by_one.sd, rel=0.05)


@pytest.mark.parametrize("correlation", [0.0, 0.4])
def test_the_cumulants_of_a_sum_are_those_of_each_deals_moments(correlation: float) -> None:
    amount_sd = 0.6
    deals = book("negative amounts", 80, seed=5)
    fixed = OpenDeals(deals.chance, deals.amount, days=deals.days)
    prepared = book_of(fixed, Noise(correlation, date_sd=15))
    factor = by_factor.factor_of(np.random.default_rng(1), 20, correlation)
    found = grouped._cumulants(prepared, slice(0, None), factor, np.empty((20, 0)), amount_sd)
    noise = stats.lognorm(math.log1p(amount_sd**2) ** 0.5, scale=1 / math.sqrt(1 + amount_sd**2))
    assert deals.days is not None
    timely = special.ndtr(np.where(np.isnan(deals.days), np.inf, deals.days) / 15)
    chance = vasicek(deals.chance, correlation, factor.drawn[:, None]) * timely
    one, two, three = (chance * deals.amount.astype(np.float64) ** k * noise.moment(k) for k in (1, 2, 3))
    want = (one, two - one**2, three - 3 * one * two + 2 * one**3)
    for mine, theirs in zip(found, want, strict=True):
        np.testing.assert_allclose(mine, theirs.sum(axis=1), rtol=1e-4)


@pytest.mark.parametrize("correlation", [0.0, 0.3])
def test_groups_of_equal_deals_agree_with_brute_force(correlation: float) -> None:
    random = np.random.default_rng(4)
    deals = OpenDeals(
        random.choice([0.1, 0.4, 0.7], 2_000),
        random.choice([55_000, 300_000, -20_000], 2_000),
        days=random.choice([np.nan, 10.0], 2_000),
    )
    noise = Noise(correlation, date_sd=20)
    one_by_one = simulate(deals, noise, seed=1, method="brute")
    together = simulate(deals, noise, seed=2, method="grouped")
    assert together.how == "2,000 deals in 18 groups of equal chance and amount, nothing approximated"
    assert all(apart(one_by_one, together, q) < 3 for q in QUANTILES)
    assert (together.values % 5_000 == 0).all()


def test_many_kinds_of_chances_shared_out_among_knots_agree_with_brute_force() -> None:
    random = np.random.default_rng(9)
    deals = OpenDeals(random.uniform(0, 0.9, 4_000), random.integers(1, 10**6, 4_000), random.uniform(1, 300, 4_000))
    noise = Noise(0.4, amount_sd=0.2)
    one_by_one = simulate(deals, noise, seed=1, method="brute")
    together = simulate(deals, noise, seed=2, method="grouped", largest=100)
    assert all(apart(one_by_one, together, q) < 3 for q in QUANTILES)


@pytest.mark.slow
def test_100_000_deals_are_drawn_together_and_have_the_mean_that_they_must_have() -> None:
    deals = book("heavy tails", 100_000, seed=2)
    found = simulate(deals, NOISE, seed=3)
    assert found.how == (
        "the 1,000 largest deals one by one, 99,000 together by the mean, variance and skewness of their sum given the "
        "quarter; new business one by one"
    )
    assert deals.days is not None
    timely = special.ndtr(np.where(np.isnan(deals.days), np.inf, deals.days) / NOISE.date_sd)
    want = float((deals.chance * timely * deals.amount).sum()) + NOISE.new_mean * float(NOISE.new_amounts.mean())
    assert abs(found.mean - want) < 4 * found.sd / 100


def test_new_business_too_much_to_be_drawn_has_the_same_distribution() -> None:
    few = simulate(plain([], []), Noise(new_mean=400, new_amounts=np.array([5, 80, 900])), seed=1)
    many = simulate(plain([], []), Noise(new_mean=400, new_amounts=np.array([5, 80, 900])), seed=2, quarters=80_000)
    assert (few.how, many.how) == (
        "0 deals one by one, nothing approximated; new business one by one",
        "0 deals one by one, nothing approximated; new business by the mean, variance and skewness of its sum",
    )
    assert all(apart(few, many, q) < 3 for q in QUANTILES)
    assert few.mean == pytest.approx(400 * 985 / 3, rel=0.005)


def test_a_shared_estimate_widens_the_range_and_an_error_of_each_deals_own_does_not() -> None:
    chance, amount = np.full(400, 0.3), np.full(400, 1_000)
    own = OpenDeals(chance, amount, np.full(400, 20.0))
    shared = OpenDeals(chance, amount, np.full(400, 20.0), np.zeros(400, dtype=np.int64))
    assert simulate(own, seed=1, method="brute").sd == pytest.approx(1_000 * (400 * 0.21) ** 0.5, rel=0.03)
    # the variance of a beta-binomial number
    want = 1_000 * stats.betabinom(400, 6, 14).std()
    assert simulate(shared, seed=1).sd == pytest.approx(want, rel=0.03)


@given(DEALS, st.randoms(use_true_random=False))
def test_the_order_of_deals_changes_no_figure(deals: list[tuple[float, int, float]], random: object) -> None:
    other = list(deals)
    random.shuffle(other)  # type: ignore[attr-defined]
    noise = Noise(0.3, amount_sd=0.1)
    one, two = (simulate(made(some), noise, seed=4, quarters=50) for some in (deals, other))
    assert one.values.tolist() == two.values.tolist()
    assert one.chances.tolist() == two.chances.tolist()


@given(DEALS, NOISES, st.integers(-(10**9), 10**9))
@settings(max_examples=50)
def test_quantiles_rise_and_what_is_won_moves_them_all(
    deals: list[tuple[float, int, float]], noise: Noise, won: int
) -> None:
    found = simulate(made(deals), noise, seed=8, quarters=200)
    moved = simulate(made(deals), noise, seed=8, quarters=200, won=won)
    quantiles = [found.quantile(q) for q in (0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 1)]
    assert quantiles == sorted(quantiles)
    assert found.p10 <= found.p50 <= found.p90
    assert moved.values.tolist() == [value + won for value in found.values.tolist()]
    assert sum(one.share for one in found.histogram(7)) == pytest.approx(1)
    assert found.at_least(found.p50) + found.share_below(found.p50) == pytest.approx(1)


@given(DEALS, st.sampled_from([0.0, 0.5]))
@settings(max_examples=40, derandomize=True)
def test_the_mean_is_that_of_the_deals_within_its_error(deals: list[tuple[float, int, float]], rho: float) -> None:
    book = made(deals)
    found = simulate(book, Noise(rho), seed=6, quarters=4_000, method="brute")
    want = float(book.chance @ book.amount)
    # a few quarters may miss what happens once in a thousand
    spread = max(found.sd, float(np.abs(book.amount).max()) / 20)
    assert abs(found.mean - want) <= 5 * spread / 4_000**0.5


@given(st.integers(5, 200), st.floats(0.1, 0.9), st.sampled_from([0.1, 0.4, 0.8]))
@settings(max_examples=25, derandomize=True)
def test_correlation_widens_the_range_of_positive_amounts(count: int, chance: float, rho: float) -> None:
    deals = plain([chance] * count, list(range(100, 100 + count)))
    alone = exact(deals)
    together = simulate(deals, Noise(rho), seed=2, quarters=4_000)
    assert alone is not None
    assert together.sd > alone.sd


def test_the_standard_error_of_a_quantile_is_how_far_it_moves_from_seed_to_seed() -> None:
    deals = book("ordinary", 60, seed=1)
    runs = [simulate(deals, NOISE, seed=seed, quarters=1_000) for seed in range(60)]
    for q in QUANTILES:
        moves = float(np.std([run.quantile(q) for run in runs]))
        told = float(np.mean([run.standard_error(q) for run in runs]))
        assert told == pytest.approx(moves, rel=0.3)


def test_new_business_leaves_the_deals_of_each_quarter_as_they_were() -> None:
    deals = book("ordinary", 50, seed=1)
    without = simulate(deals, Noise(0.3), seed=1, quarters=1)
    with_it = simulate(deals, Noise(0.3, new_mean=5, new_amounts=np.array([1_000_000_000])), seed=1, quarters=1)
    assert (with_it.p50 - without.p50) % 1_000_000_000 == 0


def test_bins_of_a_histogram_hold_whole_minor_units_and_every_quarter() -> None:
    found = exact(plain([0.5, 0.5], [1, 8]))
    assert found is not None
    assert [(b.low, b.high, b.share) for b in found.histogram(3)] == [(0, 3, 0.5), (4, 7, 0.0), (8, 11, 0.5)]
    assert [(b.low, b.high) for b in found.histogram(100)] == [(n, n) for n in range(10)]


def test_money_beyond_what_a_float_can_count_keeps_every_unit() -> None:
    found = simulate(plain([1.0, 1.0], [2**53, 1]), Noise(0.5), seed=1)
    assert (found.method, found.values.tolist()) == ("brute", [2**53 + 1])


@pytest.mark.parametrize("noise", [Noise(), NOISE, Noise(0.5, amount_sd=0.2)], ids=["none", "all", "some"])
@pytest.mark.parametrize("method", ["brute", "grouped"])
def test_hostile_books_have_a_defined_answer(noise: Noise, method: str) -> None:
    books = {
        "none": plain([], []),
        "one": plain([0.4], [100]),
        "all won": plain([1.0] * 30, [7] * 30),
        "none won": plain([0.0] * 30, [7] * 30),
        "worth nothing": plain([0.5] * 30, [0] * 30),
        "negative": plain([0.5] * 30, [-100] * 30),
    }
    alone = Noise(noise.correlation, noise.amount_sd, noise.date_sd)
    for name, deals in books.items():
        found = simulate(deals, alone, seed=1, quarters=200, won=5, method=method, largest=3)  # type: ignore[arg-type]
        low, high = int(found.values[0]), int(found.values[-1])
        if name in ("none", "none won", "worth nothing"):
            assert (low, high) == (5, 5)
        elif name == "all won" and not noise.amount_sd:
            assert (low, high) == (215, 215)
        elif name == "negative":
            assert low < high <= 5
        assert found.quarters == 200
        assert simulate(deals, noise, seed=1, quarters=200, method=method).p10 is not None  # type: ignore[arg-type]


NAN = float("nan")
ONE = np.array([0.5])
SIXTY = np.array([60], dtype=np.int64)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"chance": np.array([0.5, NAN]), "amount": np.array([1, 2])}, "chance lies in 0..1; entry 1 is nan"),
        ({"chance": np.array([1.5]), "amount": SIXTY}, "chance lies in 0..1; entry 0 is 1.5"),
        ({"chance": np.array([1]), "amount": SIXTY}, "chance is a one-dimensional array of float64"),
        ({"chance": ONE, "amount": ONE}, "amount is a one-dimensional array of int64"),
        ({"chance": ONE, "amount": np.array([1, 2])}, "amount has 2 entries, chance 1"),
        ({"chance": ONE, "amount": SIXTY, "weight": np.array([0.0])}, "weight is more than 0; entry 0 is 0.0"),
        ({"chance": ONE, "amount": SIXTY, "weight": np.array([NAN])}, "weight is more than 0; entry 0 is nan"),
        ({"chance": ONE, "amount": SIXTY, "days": np.array([1.0, 2.0])}, "days has 2 entries, chance 1"),
        ({"chance": ONE, "amount": np.array([2**62])}, "amount: together they are more than 64 bits hold"),
        (
            {"chance": np.array([0.5, 0.6]), "amount": np.array([1, 2]), "estimate": np.array([3, 3])},
            "estimate 3 has more than one chance: 0.5 in entry 0, 0.6 in entry 1",
        ),
    ],
)
def test_a_column_that_means_nothing_is_refused_by_name(given: dict[str, np.ndarray], told: str) -> None:
    with pytest.raises(ValueError) as raised:
        OpenDeals(**given)
    assert str(raised.value) == told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"correlation": 1.0}, "correlation lies in [0, 1), not 1.0"),
        ({"correlation": NAN}, "correlation lies in [0, 1), not nan"),
        ({"amount_sd": -0.1}, "amount_sd is finite and not negative, not -0.1"),
        ({"date_sd": math.inf}, "date_sd is finite and not negative, not inf"),
        ({"new_mean": 2.0}, "new_mean asks for new business, and new_amounts is empty"),
    ],
)
def test_noise_that_means_nothing_is_refused_by_name(given: dict[str, float], told: str) -> None:
    with pytest.raises(ValueError) as raised:
        Noise(**given)  # type: ignore[arg-type]
    assert str(raised.value) == told


def test_no_quarters_and_a_negative_seed_are_refused() -> None:
    deals = plain([0.5], [1])
    with pytest.raises(ValueError, match=r"^quarters: at least one, not 0$"):
        simulate(deals, seed=1, quarters=0)
    with pytest.raises(ValueError, match=r"^seed: not negative, -1$"):
        simulate(deals, seed=-1)
    with pytest.raises(ValueError, match=r"^a quantile lies in 0..1$"):
        simulate(deals, seed=1).quantile(1.5)
