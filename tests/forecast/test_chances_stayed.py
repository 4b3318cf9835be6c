"""A deal that stays in its stage is promised no more than those that stayed as long."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dealgate.forecast.chances import MIN_N, WEIGHT, _drawn
from dealgate.forecast.draws.factor import table_of


def one(*, stayed: float | None, n: int, every: float = 0.3, stage: float = 0.4, here: int = 0) -> dict[str, object]:
    """The chance of a deal in a stage of which ``here`` visits stayed as long, and of all stages' visits ``n``."""
    row = {
        "id": "D-1", "stage": "proposal", "age": 70.0, "@all": every, "@all.n": 500, "@stage": stage, "@stage.n": 200,
        "@age": 0.0, "@age.n": here, "@segment": None, "@segment.n": None, "@stayed": stayed, "@stayed.n": n,
    }  # fmt: skip
    schema = {"@segment": pl.Float64, "@segment.n": pl.Int64, "@stayed": pl.Float64}
    return _drawn(pl.DataFrame([row], schema_overrides=schema)).row(0, named=True)


def odds(chance: float) -> float:
    return chance / (1 - chance)


def test_where_few_of_the_stage_stayed_as_long_its_odds_move_as_those_of_all_stages() -> None:
    found = one(stayed=0.06, n=200)
    drawn = (0.06 * 200 + 0.3 * WEIGHT) / (200 + WEIGHT)
    stage = (0.4 * 200 + 0.3 * WEIGHT) / (200 + WEIGHT)
    moved = odds(stage) * odds(drawn) / odds(0.3)
    assert found["level"] == "stage"
    assert found["chance"] == pytest.approx(moved / (1 + moved))
    assert "moved to this age" in str(found["reason"])


def test_where_all_stages_tell_nothing_of_so_long_the_rate_stays() -> None:
    assert one(stayed=None, n=0)["chance"] == pytest.approx((0.4 * 200 + 0.3 * WEIGHT) / (200 + WEIGHT))


def test_where_enough_of_the_stage_stayed_they_count() -> None:
    found = one(stayed=0.06, n=200, here=MIN_N)
    assert found["level"] == "age"
    assert found["chance"] < one(stayed=0.06, n=200)["chance"]  # type: ignore[operator]


@pytest.mark.parametrize("every", [0.0, 1.0])
def test_where_all_or_none_were_won_there_are_no_odds_to_move_by(every: float) -> None:
    found = one(stayed=0.5, n=100, every=every)
    assert found["chance"] == pytest.approx((0.4 * 200 + every * WEIGHT) / (200 + WEIGHT))


def test_a_chance_of_almost_nothing_that_rests_on_thousands_draws_without_an_overflow() -> None:
    table = table_of(np.array([1e-6]), np.array([20_000.0]), np.linspace(-2, 2, 5), 0.05)
    assert np.isfinite(table).all()
    assert table.max() < 1e-3
