"""One convention for medians and percentiles, in Python, in Polars and elsewhere."""

from __future__ import annotations

import statistics
from decimal import Decimal
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealgate.metrics.figure import NoValue
from dealgate.metrics.quantiles import Spread, quantile, quantile_of, spread


def test_a_place_between_two_values_is_interpolated() -> None:
    values = [10, 20, 30, 40]
    assert quantile(values, 0.5) == 25
    assert quantile(values, 0.75) == Fraction(65, 2)
    assert quantile(values, 0.9) == 37
    assert (quantile(values, 0), quantile(values, 1)) == (10, 40)
    assert spread(values) == Spread(4, Fraction(25), Fraction(65, 2), Fraction(37))


def test_nulls_are_left_out_and_without_values_there_is_no_quantile() -> None:
    assert quantile([None, 3, None, 1], 0.5) == 2
    assert quantile([], 0.5) == quantile([None], 0.5) == spread([]) == NoValue("no values")
    assert spread([7]) == Spread(1, Fraction(7), Fraction(7), Fraction(7))


def test_money_keeps_its_cents() -> None:
    assert quantile([Decimal("0.10"), Decimal("0.25")], 0.5) == Fraction(175, 1000)


def test_a_quantile_outside_nought_to_one_is_refused() -> None:
    for q in (-0.1, 1.1):
        with pytest.raises(ValueError, match="lies in"):
            quantile([1], q)


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1), st.sampled_from([0.1, 0.25, 0.5, 0.75, 0.9, 0.99]))
def test_python_polars_numpy_and_statistics_agree(values: list[int], q: float) -> None:
    ours = quantile(values, q)
    assert isinstance(ours, Fraction)
    theirs = pl.DataFrame({"days": [None, *values]}).select(quantile_of("days", q)).item()
    assert theirs == pytest.approx(float(ours), abs=1e-6)
    assert np.quantile(values, q) == pytest.approx(float(ours), abs=1e-6)
    if q == 0.5:
        assert ours == Fraction(statistics.median([Fraction(value) for value in values]))


def test_a_polars_quantile_of_nothing_is_null() -> None:
    assert pl.DataFrame({"days": [None]}).select(quantile_of(pl.col("days"), 0.5)).item() is None
