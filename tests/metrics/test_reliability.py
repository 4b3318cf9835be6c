"""The reliability curve: whether what was given a chance came as often as was said."""

from __future__ import annotations

import random
from fractions import Fraction
from importlib import import_module
from itertools import pairwise
from math import nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dealgate.metrics.accuracy import brier, log_loss, skill, skill_of
from dealgate.metrics.reliability import Bin, reliability

CHANCES = st.sampled_from([0.0, 0.1, 0.3, 1.0]) | st.floats(0, 1)
PAIRS = st.lists(st.tuples(CHANCES, st.booleans()), max_size=60)
BINS = st.integers(1, 12)


def curve(pairs: list[tuple[float, bool]], bins: int = 10) -> tuple[Bin, ...]:
    return reliability([p for p, _ in pairs], [y for _, y in pairs], bins)


@given(PAIRS, BINS)
def test_the_counts_add_up_and_there_are_no_more_bins_than_asked_for(
    pairs: list[tuple[float, bool]], bins: int
) -> None:
    found = curve(pairs, bins)
    assert sum(one.n for one in found) == len(pairs)
    assert sum(one.came for one in found) == sum(y for _, y in pairs)
    assert len(found) <= min(bins, len({p for p, _ in pairs}))
    assert all(one.n > 0 for one in found)


@given(PAIRS, BINS)
def test_bins_rise_and_no_chance_lies_in_two(pairs: list[tuple[float, bool]], bins: int) -> None:
    found = curve(pairs, bins)
    assert all(one.least <= one.chance <= one.most for one in found)
    assert all(a.most < b.least for a, b in pairwise(found))
    for one in found:
        held = [(p, y) for p, y in pairs if one.least <= p <= one.most]
        assert (len(held), sum(y for _, y in held)) == (one.n, one.came)
        assert one.chance == pytest.approx(sum(p for p, _ in held) / one.n)


@given(PAIRS, BINS, st.randoms(use_true_random=False))
def test_the_order_of_what_is_given_changes_nothing(
    pairs: list[tuple[float, bool]], bins: int, rng: random.Random
) -> None:
    other = pairs.copy()
    rng.shuffle(other)
    assert curve(other, bins) == curve(pairs, bins)


@given(st.sets(st.floats(0, 1), max_size=60), BINS)
def test_without_ties_the_bins_are_equal_to_one(chances: set[float], bins: int) -> None:
    found = [one.n for one in curve([(p, False) for p in chances], bins)]
    assert len(found) == min(bins, len(chances))
    assert not found or max(found) - min(found) <= 1


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("bins", [1, 4, 10])
def test_it_is_what_arrays_cut_into_equal_parts_give(seed: int, bins: int) -> None:
    rng = np.random.default_rng(seed)
    chance = rng.permutation(np.unique(rng.random(37 * bins)))
    came = rng.random(len(chance)) < chance
    found = reliability(chance.tolist(), came.tolist(), bins)
    order = np.argsort(chance)
    parts = np.array_split(order, bins)
    assert [one.n for one in found] == [len(part) for part in parts]
    np.testing.assert_allclose([one.chance for one in found], [chance[part].mean() for part in parts], rtol=1e-13)
    np.testing.assert_allclose([float(one.share) for one in found], [came[part].mean() for part in parts], rtol=1e-13)


@given(st.lists(st.tuples(st.sampled_from([0.05, 0.1, 0.5, 0.9]), st.booleans()), min_size=1, max_size=60), BINS)
def test_ties_lie_where_their_middle_rank_falls(pairs: list[tuple[float, bool]], bins: int) -> None:
    chance = np.array([p for p, _ in pairs])
    place = np.floor(bins * (stats.rankdata(chance) - 0.5) / len(chance) + 1e-9)
    want = [np.sort(np.unique(chance[place == one])).tolist() for one in np.unique(place)]
    assert [[one.least, one.most] for one in curve(pairs, bins)] == [[held[0], held[-1]] for held in want]


@pytest.mark.slow
@pytest.mark.parametrize("bins", [1, 3, 10])
def test_the_intervals_are_those_of_statsmodels(bins: int) -> None:
    proportion = import_module("statsmodels.stats.proportion")
    rng = random.Random(bins)
    pairs = [(p, rng.random() < p) for p in (rng.choice([0, 0.01, rng.random(), 1]) for _ in range(500))]
    for one in curve(pairs, bins):
        want = proportion.proportion_confint(one.came, one.n, method="wilson")
        assert (one.low, one.high) == pytest.approx(want, abs=1e-12)


def test_a_chance_beside_the_interval_is_too_high_or_too_low() -> None:
    def off(chance: float, came: int) -> int:
        (one,) = curve([(chance, n < came) for n in range(100)])
        return one.off

    assert (off(0.5, 50), off(0.5, 30), off(0.5, 70)) == (0, 1, -1)
    assert (off(0.0, 0), off(1.0, 100), off(0.0, 100), off(1.0, 0)) == (0, 0, -1, 1)


def test_none_give_none_and_what_is_no_chance_is_refused() -> None:
    assert reliability([], []) == ()
    for wrong in (-0.01, 1.01, nan, float("inf")):
        with pytest.raises(ValueError, match="lies in"):
            reliability([0.5, wrong], [True, False])
    with pytest.raises(ValueError, match="what came"):
        reliability([0.5], [])
    with pytest.raises(ValueError, match="one bin"):
        reliability([0.5], [True], 0)


NUMBERS = st.floats(0, 1) | st.fractions(0, 1) | st.decimals(0, 1, allow_nan=False) | st.sampled_from([0, 1])


@given(st.lists(st.tuples(NUMBERS, st.booleans()), min_size=1, max_size=30))
def test_the_brier_score_is_exact_whatever_kind_of_number_a_chance_is(pairs: list[tuple[float, bool]]) -> None:
    written = [Fraction(repr(p)) if isinstance(p, float) else Fraction(p) for p, _ in pairs]
    want = sum(((p - y) ** 2 for p, (_, y) in zip(written, pairs, strict=True)), Fraction(0)) / len(pairs)
    chances, came = [p for p, _ in pairs], [y for _, y in pairs]
    found = brier(chances, came)
    assert found == want
    assert skill(chances, came) == skill_of(found, came)


def test_a_chance_that_is_no_number_has_no_score() -> None:
    for score in (brier, log_loss):
        for wrong in (nan, float("inf")):
            with pytest.raises(ValueError, match="finite"):
                score([wrong], [True])


def test_the_log_loss_is_that_of_scipy() -> None:
    rng = np.random.default_rng(1)
    chance = rng.random(500)
    came = rng.random(500) < chance
    want = -stats.bernoulli.logpmf(came, chance).mean()
    assert log_loss(chance.tolist(), came.tolist()) == pytest.approx(want, rel=1e-12)
