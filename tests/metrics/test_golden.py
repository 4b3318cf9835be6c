"""The golden fixture of the definitions: every figure that stages, wins and time give."""

from __future__ import annotations

from fractions import Fraction

import pytest

from dealgate.metrics import Past
from dealgate.metrics.specs.conversion import moves_between

from .given import FIVE, FOUR, ONE, THREE, TWO, deal, golden, history, measured


@pytest.mark.parametrize(
    ("measure", "value"), [("cohort", 0.75), ("closed_only", 6 / 7), ("incidence", 0.875), ("maturity", 7 / 8)]
)
def test_conversion_from_the_first_stage(measure: str, value: float) -> None:
    found = measured(golden(), "conversion").figure("conversion", measure, stage=ONE)
    assert found.value == pytest.approx(value, abs=1e-12)


def test_one_minus_kaplan_and_meier_with_losses_censored_would_say_that_all_convert() -> None:
    from dealgate.metrics.specs.conversion import conversion_cases
    from dealgate.metrics.survival import incidence_of

    cases = conversion_cases(Past(golden()))[0]
    first = [row for row in cases.iter_rows(named=True) if row["stage"] == ONE]
    wrong = incidence_of(
        [row["duration"] for row in first], ["advanced" if row["cause"] == "advanced" else None for row in first]
    )
    assert wrong.final("advanced") == 1


@pytest.mark.parametrize(
    ("policy", "value"),
    [("final_outcome", Fraction(3, 6)), ("first_outcome", Fraction(2, 6)), ("per_closure", Fraction(3, 7))],
)
def test_the_win_rate_follows_what_is_asked_of_reopened_deals(policy: str, value: Fraction) -> None:
    assert measured(golden(), "win_rate", reopen_policy=policy).figure("win_rate").value == value


def test_the_win_rate_has_wilsons_interval() -> None:
    found = measured(golden(), "win_rate").figure("win_rate")
    assert (found.low, found.high) == (pytest.approx(0.188, abs=5e-4), pytest.approx(0.812, abs=5e-4))


def test_won_and_lost_incidence_from_the_beginning() -> None:
    found = measured(golden(), "win_incidence")
    assert found.figure("win_incidence", "won").value == pytest.approx(0.5104, abs=5e-5)
    assert found.figure("win_incidence", "lost").value == pytest.approx(0.4896, abs=5e-5)


@pytest.mark.parametrize(("visits", "days"), [("first", 7), ("latest", 28), ("cumulative", 35)])
def test_time_in_the_second_stage_of_a_deal_that_went_back(visits: str, days: int) -> None:
    found = measured(golden(), "time_in_stage", by=["deal"], visits=visits)
    assert found.figure("time_in_stage", stage=TWO, deal="D4").value == days


@pytest.mark.parametrize(
    ("skip", "second", "first"),
    [
        # D3 jumps over stage 2: it passed it at day 12 on the way to 3; or it is no move to 2; or it is left out
        ("imputed", (3, 6), (6, 8)),
        ("strict", (2, 5), (5, 8)),
        ("exclude", (2, 5), (5, 7)),
    ],
)
def test_deals_that_jump_over_a_stage_count_as_the_policy_says(
    skip: str, second: tuple[int, int], first: tuple[int, int]
) -> None:
    found = measured(golden(), "conversion", skip_policy=skip)
    for stage, counts in ((TWO, second), (ONE, first)):
        figure = found.figure("conversion", "cohort", stage=stage)
        assert (figure.numerator, figure.n) == counts


def test_a_horizon_counts_those_that_were_watched_so_long_or_are_decided() -> None:
    found = measured(golden(), "conversion", within=10)
    cohort, mature = (found.figure("conversion", m, stage=ONE) for m in ("cohort", "maturity"))
    # by day 10: D1, D2, D4, D8; D5 was watched for 7 days only
    assert (cohort.numerator, cohort.n) == (4, 8)
    assert (mature.numerator, mature.n) == (7, 8)


def test_conversion_to_won_from_each_stage() -> None:
    found = measured(golden(), "conversion", to="won")
    shares = {stage: found.figure("conversion", "cohort", stage=stage) for stage in (ONE, TWO, THREE)}
    assert {stage: (f.numerator, f.n) for stage, f in shares.items()} == {ONE: (3, 8), TWO: (3, 6), THREE: (3, 3)}


def test_moves_are_counted_as_by_hand() -> None:
    moves = moves_between(Past(golden()), "final_outcome")
    counts = {(a, b): n for a, b, n in moves.group_by("from", "to").len().iter_rows()}
    assert counts == {
        (ONE, TWO): 6,  # D1 D2 D4 twice D6 D8
        (ONE, THREE): 1,  # D3
        (ONE, "lost"): 1,  # D7
        (ONE, None): 1,  # D5
        (TWO, ONE): 1,  # D4
        (TWO, THREE): 2,  # D1 D8
        (TWO, "lost"): 2,  # D2 D4
        (TWO, None): 1,  # D6
        (THREE, "won"): 3,  # D1 D3 D8, whose loss was reopened
    }


def test_each_closing_is_an_end_where_that_is_asked() -> None:
    moves = moves_between(Past(golden()), "per_closure")
    counts = {(a, b): n for a, b, n in moves.group_by("from", "to").len().iter_rows()}
    assert (counts[THREE, "won"], counts[THREE, "lost"]) == (3, 1)


def test_the_chance_of_a_win_is_that_of_the_absorbing_chain() -> None:
    found = measured(golden(), "win_chance")
    # w1 = 6/8 w2 + 1/8, w2 = 1/5 w1 + 2/5
    assert found.figure("win_chance", stage=ONE).value == Fraction(1, 2)
    assert found.figure("win_chance", stage=TWO).value == Fraction(1, 2)
    assert found.figure("win_chance", stage=THREE).value == 1
    assert found.figure("win_chance", "moves", stage=THREE).value == 1


def test_flow_back_and_skipped() -> None:
    found = measured(golden(), "flow_conversion", "regression_rate", "skip_share")
    flow = found.figure("flow_conversion", stage=TWO)
    assert (flow.numerator, flow.n) == (2, 5)
    back = found.figure("regression_rate", stage=TWO)
    assert (back.numerator, back.n) == (1, 4)
    skipped = {stage: found.figure("skip_share", stage=stage) for stage in (ONE, TWO, THREE, FOUR, FIVE)}
    assert {s: (f.numerator, f.n) for s, f in skipped.items()} == {
        ONE: (0, 6),
        TWO: (1, 3),
        THREE: (0, 3),
        FOUR: (3, 3),
        FIVE: (3, 3),
    }


def test_cycles_of_won_and_lost_deals_stand_apart() -> None:
    found = measured(golden(), "cycle_time")
    assert [found.figure("cycle_time", m).value for m in ("median", "lost_median")] == [40, 20]


def test_what_a_stage_allows_is_kept_or_not() -> None:
    found = measured(golden(), "on_time_share").figure("on_time_share", stage=TWO)
    # 14 days: D4 and D8 in time, D1, D2 and, still there, D6 not
    assert (found.numerator, found.n) == (2, 5)


def test_incidence_has_bounds_of_its_own() -> None:
    found = measured(golden(), "win_incidence").figure("win_incidence")
    assert found.value is not None and found.low is not None and found.high is not None
    assert 0.1 < found.low < found.value < found.high < 0.9


def test_a_win_that_was_undone_is_no_conversion() -> None:
    past = history([*deal("a", "1@0 2@5 W9 2@20 L30"), *deal("b", "1@0 2@5 W9")])
    found = measured(past, "conversion", "win_rate", to="won")
    assert (found.figure("conversion", "cohort", stage=TWO).numerator, found.figure("win_rate").numerator) == (1, 1)


def test_a_target_that_is_no_stage_gives_a_reason() -> None:
    found = measured(golden(), "conversion", to="somewhere").rows
    assert [row.figure.reason for row in found] == ["the process has no open stage somewhere"]
