"""One curve of survival and cumulative incidence, exactly."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealgate.metrics.figure import NoValue
from dealgate.metrics.survival import Chance, Incidence, incidence_of

from .spells import CAUSES, DEALS, STAGE_ONE, Spell, columns, spells

F = Fraction


def curve(spells: list[Spell], **options: bool) -> Incidence:
    return incidence_of(*columns(spells), names=CAUSES, **options)


def golden(rows: tuple[tuple[int, str | None], ...]) -> Incidence:
    return incidence_of([days for days, _ in rows], [cause for _, cause in rows])


def by_definition(spells: list[Spell], t: float, cause: str | None = None) -> Fraction:
    """S(t), or the CIF of a cause at t, read off the formula: each risk set counted anew."""
    survival, cif = F(1), F(0)
    for u in sorted({days for days, ended, _ in spells if days is not None and ended and days <= t}):
        risk = sum(1 for days, _, entry in spells if days is not None and (entry or -1) < u <= days)
        gone = sum(1 for days, ended, _ in spells if days == u and ended)
        cif += survival * F(sum(1 for days, ended, _ in spells if days == u and ended == cause), risk)
        survival *= 1 - F(gone, risk)
    return survival if cause is None else cif


def test_the_golden_stage_advances_in_seven_of_eight() -> None:
    stage = golden(STAGE_ONE)
    assert stage.final("advanced") == F(7, 8)
    assert stage.final("lost") == F(1, 8)
    advanced = sum(cause == "advanced" for _, cause in STAGE_ONE)
    assert F(advanced, len(STAGE_ONE)) == F(3, 4)
    assert round(advanced / sum(cause is not None for _, cause in STAGE_ONE), 3) == 0.857


def test_one_minus_kaplan_meier_with_the_losses_censored_says_that_all_advance() -> None:
    wrong = incidence_of([d for d, _ in STAGE_ONE], [cause if cause == "advanced" else None for _, cause in STAGE_ONE])
    assert wrong.survival[-1] == 0
    right = golden(STAGE_ONE).final("advanced")
    assert right == F(7, 8) < 1


def test_the_golden_deals_are_won_with_0_5104_and_lost_with_0_4896() -> None:
    deals = golden(DEALS)
    won, lost = deals.final("won"), deals.final("lost")
    assert isinstance(won, Fraction) and isinstance(lost, Fraction)
    assert (round(float(won), 4), round(float(lost), 4)) == (0.5104, 0.4896)
    assert won + lost == 1


def test_a_hand_count_with_ties_gives_one_risk_set_to_all_that_happens_at_once() -> None:
    # six on day 0; day 2: one won, one lost, one censored, all three at risk; day 4: two of three won
    tied = incidence_of([2, 2, 2, 4, 4, 5], ["won", "lost", None, "won", "won", None])
    assert tied.times == (0, 2, 4, 5)
    assert tied.at_risk == (6, 6, 3, 1)
    assert tied.events == {"lost": (0, 1, 0, 0), "won": (0, 1, 2, 0)}
    assert tied.censored == (0, 1, 0, 1)
    assert tied.survival == (1, F(4, 6), F(4, 18), F(4, 18))
    assert tied.cif["won"] == (0, F(1, 6), F(1, 6) + F(4, 9), F(11, 18))
    assert tied.cif["lost"][-1] == F(1, 6)


def test_a_censoring_at_the_time_of_an_event_was_at_risk_of_it() -> None:
    assert incidence_of([3, 3], ["won", None]).final("won") == F(1, 2)


def test_a_spell_seen_late_is_at_risk_only_after_it_was_first_seen() -> None:
    late = incidence_of([2, 5, 6], ["won", "won", "lost"], [None, 2, 4])
    assert late.at_risk == (1, 1, 2, 1)
    assert late.survival == (1, 0, 0, 0)
    assert late.emptied == 2
    assert incidence_of([2, 5, 6], ["won", "won", "lost"], [0, 1, 4]).survival == (1, F(1, 2), F(1, 4), 0)


def test_what_ends_at_once_counts_at_time_zero() -> None:
    batch = incidence_of([0, 0, 4], ["won", None, "lost"])
    assert batch.survival == (F(2, 3), 0)
    assert batch.cif_at("won", 0) == F(1, 3)


def test_spells_that_cannot_be_used_are_counted() -> None:
    odd = incidence_of([None, -1, float("nan"), float("inf"), 3, 2, 3], ["won"] * 7, [None, None, None, None, 3, 5, 1])
    assert (odd.n, odd.unused) == (1, 6)


def test_a_cause_that_is_not_among_the_names_is_refused() -> None:
    with pytest.raises(ValueError, match="not among the names"):
        incidence_of([1], ["merged"], names=["won", "lost"])


def test_no_spells_have_no_figures() -> None:
    none = incidence_of([], [], names=["won"])
    assert none.times == (0,)
    for value in (
        none.final("won"),
        none.median(),
        none.survival_at(3),
        none.cif_at("won", 0),
        none.chance("won", 0, 5),
    ):
        assert value == NoValue("no spells to follow")


def test_beyond_what_was_followed_nothing_is_said_while_any_survive() -> None:
    open_end = incidence_of([5, 9], ["won", None])
    assert open_end.survival_at(9) == F(1, 2)
    assert isinstance(open_end.survival_at(9.5), NoValue)
    assert isinstance(open_end.cif_at("won", 10), NoValue)
    ended = incidence_of([5, 9], ["won", "lost"])
    assert ended.survival_at(400) == 0
    assert ended.cif_at("won", 400) == F(1, 2)


def test_medians_count_the_open_deals_and_are_none_where_not_reached() -> None:
    assert golden(DEALS).median() == 40
    assert incidence_of([5, 6, 7, 8], ["won", None, None, None]).median() == NoValue("not reached by what was followed")
    assert incidence_of([5, 6], ["won", "lost"]).median() == 5
    assert incidence_of([5, 6], ["won", "lost"]).quantile(0.5, "lost") == 6
    assert isinstance(incidence_of([5, 6], ["won", "lost"]).quantile(0.51, "won"), NoValue)


@pytest.mark.parametrize("exact", [True, False])
def test_a_quantile_means_the_number_as_written_and_is_reached_in_spite_of_rounding(exact: bool) -> None:
    # n deals, one a day: by day k exactly k/n have ended, though the floats may come out a little under
    for n in (10, 20, 50):
        daily = incidence_of(range(1, n + 1), ["won"] * n, exact=exact)
        for k in range(1, n + 1):
            assert daily.quantile(k / n) == daily.quantile(k / n, "won") == k


def test_the_chance_given_an_age_is_the_incidence_that_is_left_over_what_survives() -> None:
    deals = golden(DEALS)
    # after day 20 five are left, S = 7/8 · 5/6 = 35/48; by day 40: 30 and 40 won, of 5 and of 4
    assert deals.survival_at(20) == F(35, 48)
    assert deals.chance("won", 20, 20) == Chance(F(2, 5), 5, True)
    assert deals.chance("lost", 20, 20) == Chance(F(0), 5, True)
    assert deals.chance("won", 0, 1000) == Chance(deals.final("won"), 8, True)  # type: ignore[arg-type]


def test_a_chance_that_cannot_be_known_has_its_reason() -> None:
    deals = golden(DEALS)
    assert deals.chance("won", 55, 10) == NoValue("none was left at this age")
    open_end = incidence_of([5, 9], ["won", None])
    assert open_end.chance("won", 9, 10) == NoValue("none was followed beyond this age")
    assert open_end.chance("won", 8, 10) == Chance(F(0), 1, False)
    assert open_end.chance("won", 0, 9) == Chance(F(1, 2), 2, True)


@given(spells())
def test_each_value_is_that_of_the_formula(made: list[Spell]) -> None:
    result = curve(made)
    for place, t in enumerate(result.times):
        assert result.survival[place] == by_definition(made, t)
        for cause in CAUSES:
            assert result.cif[cause][place] == by_definition(made, t, cause)


@given(spells())
def test_survival_and_the_incidences_of_all_causes_add_up_to_one(made: list[Spell]) -> None:
    for exact, error in ((True, 0), (False, 1e-12)):
        result = curve(made, exact=exact)
        for place in range(len(result.times)):
            total = result.survival[place] + sum(result.cif[cause][place] for cause in CAUSES)
            assert abs(total - 1) <= error


@given(spells())
def test_survival_never_rises_and_no_incidence_falls(made: list[Spell]) -> None:
    result = curve(made)
    assert all(a >= b >= 0 for a, b in pairwise(result.survival))
    for cause in CAUSES:
        assert all(0 <= a <= b <= 1 for a, b in pairwise(result.cif[cause]))


@given(spells(least=1), st.randoms(use_true_random=False))
def test_the_order_of_the_spells_does_not_matter(made: list[Spell], random: object) -> None:
    shuffled = list(made)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for exact in (True, False):
        assert curve(shuffled, exact=exact) == curve(made, exact=exact)


@given(spells(least=1), st.integers(0, 12), st.integers(0, 12))
def test_a_chance_and_what_else_can_come_add_up_to_one(made: list[Spell], age: int, within: int) -> None:
    result = curve(made)
    chances = [result.chance(cause, age, within) for cause in CAUSES]
    if any(isinstance(chance, NoValue) for chance in chances):
        assert result.survival_at(age) == 0 or age >= result.followed
        return
    start, end = result.survival_at(age), result.survival_at(min(age + within, result.followed))
    assert sum(chance.value for chance in chances) + end / start == 1  # type: ignore[union-attr, operator]
