"""How far deals are won together is told by how far earlier periods were off."""

from __future__ import annotations

import numpy as np
import pytest

from dealgate.forecast.draws.factor import chances_at
from dealgate.forecast.together import DEFAULT, LEAST, MOST, PRIOR, learned

Period = dict[str, tuple[int, int]]
DEALS = {"qualification": (150, 0.15), "proposal": (80, 0.4), "close": (40, 0.7)}


def periods(seed: int, count: int, correlation: float) -> list[Period]:
    """Periods in which a factor moves the deals of all stages."""
    random = np.random.default_rng(seed)
    made: list[Period] = []
    for _ in range(count):
        factor = random.standard_normal(1)
        made.append(
            {
                stage: (n, int(random.binomial(n, chances_at(np.array([chance]), factor, correlation)[0])))
                for stage, (n, chance) in DEALS.items()
            }
        )
    return made


@pytest.mark.parametrize("true", [0.0, 0.05, 0.2])
def test_of_many_periods_the_correlation_they_were_drawn_with_is_found(true: float) -> None:
    assert learned(periods(3, 2000, true)) == pytest.approx(true, abs=0.02)


def test_of_periods_that_were_off_no_more_than_chance_the_default_is_left_in_part() -> None:
    steady: list[Period] = [{"close": (40, 20)}] * 8
    assert learned(steady) == pytest.approx(DEFAULT * PRIOR / (8 + PRIOR))


def test_of_too_few_periods_the_default_stands() -> None:
    assert learned(periods(3, LEAST - 1, 0.4)) == DEFAULT
    assert learned([]) == DEFAULT


def test_periods_that_won_all_or_nothing_are_not_believed_beyond_the_most() -> None:
    wild: list[Period] = [{"close": (100, 100 * (k % 2))} for k in range(8)]
    assert learned(wild) == pytest.approx((MOST * 8 + DEFAULT * PRIOR) / (8 + PRIOR))


def test_where_every_deal_was_won_or_none_was_nothing_is_told() -> None:
    assert learned([{"close": (10, 10), "proposal": (5, 0)}] * 6) == DEFAULT
    assert learned([{}] * 6) == DEFAULT
