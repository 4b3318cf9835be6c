"""How right forecasts were, and what a few deals may bring: the field's figures, worked out by hand there."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealgate.metrics.accuracy import bias, brier, log_loss, mape, skill, wape
from dealgate.metrics.figure import NoValue
from dealgate.metrics.outcomes import outcomes

P, Y = (0.9, 0.7, 0.7, 0.4, 0.2, 0.1), (True, True, False, True, False, False)
F, A = (100, 120, 80), (110, 100, 100)
DEALS = ((100, 0.5), (50, 0.8), (20, 0.3), (30, 0.6))


def rounded(value: object, digits: int) -> float:
    assert not isinstance(value, NoValue)
    return round(float(value), digits)  # type: ignore[arg-type]


def test_chances_are_scored_as_the_field_scores_them() -> None:
    assert (rounded(brier(P, Y), 4), rounded(skill(P, Y), 3)) == (0.1667, 0.333)
    assert rounded(log_loss(P, Y), 4) == 0.4851


def test_amounts_are_scored_as_the_field_scores_them() -> None:
    assert (rounded(wape(F, A), 4), rounded(bias(F, A), 4), rounded(mape(F, A), 4)) == (0.1613, -0.0323, 0.1636)


def test_four_deals_bring_what_the_field_says() -> None:
    found = outcomes(DEALS)
    assert (found.mean, round(found.deviation, 2)) == (114, 56.57)
    assert [found.quantile(q) for q in (0.1, 0.5, 0.9)] == [50, 100, 180]
    assert float(found.at_least(100)) == 0.572


def test_where_there_is_nothing_there_is_no_score() -> None:
    assert all(isinstance(score([], []), NoValue) for score in (wape, bias, mape, brier, skill, log_loss))
    assert isinstance(mape([1], [0]), NoValue) and isinstance(wape([1], [0]), NoValue)
    assert isinstance(skill([0.5, 0.5], [True, True]), NoValue)
    with pytest.raises(ValueError, match="what came"):
        wape([1], [])


def test_a_sure_thing_that_fails_costs_much_and_not_everything() -> None:
    assert 13 < float(log_loss([1.0], [False])) < 14  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 10)), max_size=8))
def test_all_outcomes_add_up(deals: list[tuple[int, int]]) -> None:
    chances = [(amount, Fraction(tenths, 10)) for amount, tenths in deals]
    found = outcomes(chances)
    assert sum(found.chances) == 1
    assert found.mean == sum((a * p for a, p in chances), Fraction(0))
    assert found.variance == sum((a * a * p * (1 - p) for a, p in chances), Fraction(0))
    assert list(found.sums) == sorted(found.sums) and found.at_least(0) == 1
    assert found.quantile(0.1) <= found.quantile(0.5) <= found.quantile(0.9)
