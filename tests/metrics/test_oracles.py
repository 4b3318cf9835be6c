"""The same figures by others: lifelines where nothing ties (it moves ties apart at random), statsmodels, SciPy, numpy."""

from __future__ import annotations

import random
from importlib import import_module

import pytest

from dealgate.metrics.beta import beta_cdf, beta_quantile
from dealgate.metrics.bounds import bounds, variance
from dealgate.metrics.figure import NoValue
from dealgate.metrics.grouped import incidence
from dealgate.metrics.intervals import Interval, jeffreys, wilson
from dealgate.metrics.survival import Incidence, incidence_of

from .spells import CAUSES, Spell, columns, frame_of

pytestmark = pytest.mark.slow  # what it compares with takes seconds to import

SEEDS = range(6)


def distinct(seed: int, late: bool) -> list[Spell]:
    """Spells that all end at their own moment, and enter at their own where some are seen late."""
    rng = random.Random(seed)
    made: list[Spell] = []
    for _ in range(rng.randint(5, 120)):
        duration = rng.expovariate(1 / 40)
        entry = rng.uniform(0, duration) if late and rng.random() < 0.4 else None
        made.append((duration, rng.choice([None, *CAUSES]), entry))
    # the first is at risk from the beginning and ends last, so that no risk set is empty before the end
    return [*made, (max(spell[0] or 0 for spell in made) + 1, "won", None)]


def tied(seed: int) -> list[Spell]:
    rng = random.Random(seed)
    return [(rng.randint(1, 15), rng.choice([None, *CAUSES]), None) for _ in range(rng.randint(20, 200))]


def curve(spells: list[Spell]) -> Incidence:
    return incidence_of(*columns(spells), names=CAUSES)


def numbers(values: tuple[object, ...]) -> list[float]:
    return [float(value) for value in values]  # type: ignore[arg-type]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_survival_is_that_of_lifelines_where_nothing_ties(seed: int, late: bool) -> None:
    lifelines = import_module("lifelines")
    made = distinct(seed, late)
    durations, causes, entries = columns(made)
    fitted = lifelines.KaplanMeierFitter().fit(
        durations, [bool(cause) for cause in causes], entry=[entry or 0 for entry in entries]
    )
    ours = curve(made)
    theirs = fitted.survival_function_at_times(list(ours.times)).to_list()
    assert numbers(ours.survival) == pytest.approx(theirs, abs=1e-12)
    if not late:
        assert ours.median() == fitted.median_survival_time_


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_incidence_is_that_of_lifelines_where_nothing_ties(seed: int, late: bool) -> None:
    lifelines = import_module("lifelines")
    made = distinct(seed, late)
    durations, causes, entries = columns(made)
    coded = [1 + CAUSES.index(cause) if cause else 0 for cause in causes]
    ours = curve(made)
    floats = incidence(frame_of(made), entry="entry", causes=CAUSES)
    for number, cause in enumerate(CAUSES, start=1):
        fitted = lifelines.AalenJohansenFitter(calculate_variance=False).fit(
            durations, coded, event_of_interest=number, entry=[entry or 0 for entry in entries]
        )
        density = fitted.cumulative_density_.iloc[:, 0]
        theirs = [density[density.index <= t].iloc[-1] for t in ours.times]
        assert numbers(ours.cif[cause]) == pytest.approx(theirs, abs=1e-12)
        assert floats[f"cif.{cause}"].to_list() == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_survival_and_incidence_are_those_of_statsmodels_where_much_ties(seed: int) -> None:
    survfunc = import_module("statsmodels.duration.survfunc")
    made = tied(seed)
    durations, causes, _ = columns(made)
    ours = curve(made)
    survival = survfunc.SurvfuncRight(durations, [int(bool(cause)) for cause in causes])
    for t, value in zip(survival.surv_times, survival.surv_prob, strict=True):
        assert float(ours.survival_at(t)) == pytest.approx(value, abs=1e-12)  # type: ignore[arg-type]
    coded = [1 + CAUSES.index(cause) if cause else 0 for cause in causes]
    theirs = survfunc.CumIncidenceRight(durations, coded)
    for number, cause in enumerate(CAUSES):
        for t, value in zip(theirs.times, theirs.cinc[number], strict=True):
            assert float(ours.cif_at(cause, t)) == pytest.approx(value, abs=1e-12)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", SEEDS)
def test_variance_and_bounds_of_an_incidence_are_those_of_lifelines_where_nothing_ties(seed: int) -> None:
    lifelines = import_module("lifelines")
    # theirs divides by zero where all that is left ends at once: here one is always left
    made = [*distinct(seed, late=False), (10_000, None, None)]
    durations, causes, _ = columns(made)
    ours = curve(made)
    coded = [1 + CAUSES.index(cause) if cause else 0 for cause in causes]
    fitted = lifelines.AalenJohansenFitter().fit(durations, coded, event_of_interest=1)
    compared = 0
    for t, value in fitted.variance_.items():
        assert variance(ours, "won", t) == pytest.approx(value, abs=1e-12)
        found = bounds(ours, "won", t)
        if isinstance(found, Interval):
            compared += 1
            assert [found.low, found.high] == pytest.approx(fitted.confidence_interval_.loc[t].to_list(), abs=1e-9)
    assert compared > 2


@pytest.mark.parametrize("seed", SEEDS)
def test_the_variance_of_an_incidence_is_that_of_statsmodels_where_much_ties(seed: int) -> None:
    survfunc = import_module("statsmodels.duration.survfunc")
    # theirs divides by zero where all that is left ends at once: here one is always left
    made = [*tied(seed), (99, None, None)]
    durations, causes, _ = columns(made)
    ours = curve(made)
    theirs = survfunc.CumIncidenceRight(durations, [1 + CAUSES.index(cause) if cause else 0 for cause in causes])
    for number, cause in enumerate(CAUSES):
        for t, deviation in zip(theirs.times, theirs.cinc_se[number], strict=True):
            assert variance(ours, cause, t) == pytest.approx(deviation**2, abs=1e-12)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("n", [1, 2, 6, 40, 1_000, 250_000])
def test_intervals_are_those_of_statsmodels(n: int, level: float) -> None:
    proportion = import_module("statsmodels.stats.proportion")
    for w in sorted({0, 1, n // 3, n // 2, n - 1, n}):
        for ours, method in ((wilson(w, n, level), "wilson"), (jeffreys(w, n, level), "jeffreys")):
            low, high = proportion.proportion_confint(w, n, alpha=1 - level, method=method)
            assert isinstance(ours, Interval)
            # with none or all, Jeffreys' outer bound is the end itself by our convention
            if not (method == "jeffreys" and w == 0):
                assert ours.low == pytest.approx(low, rel=1e-9, abs=1e-12)
            if not (method == "jeffreys" and w == n):
                assert ours.high == pytest.approx(high, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("a", [0.02, 0.5, 1, 2.5, 9.9, 10, 300.5, 1e5, 2e6])
@pytest.mark.parametrize("b", [0.02, 0.5, 1, 3, 10, 77, 4e4, 1e6])
def test_the_beta_distribution_is_that_of_scipy(a: float, b: float) -> None:
    stats = import_module("scipy.stats")
    for p in (1e-6, 0.025, 0.3, 0.5, 0.9, 0.975):
        x = float(stats.beta.ppf(p, a, b))
        assert beta_quantile(p, a, b) == pytest.approx(x, rel=1e-9, abs=1e-14)
        # where a is small x lies so near 1 that p is not to be had from it
        if x < 1 - 1e-6:
            assert beta_cdf(x, a, b) == pytest.approx(float(stats.beta.cdf(x, a, b)), rel=1e-9, abs=1e-13)


def test_no_deals_have_no_interval_where_statsmodels_gives_nan() -> None:
    assert isinstance(wilson(0, 0), NoValue)
    assert isinstance(jeffreys(0, 0), NoValue)
