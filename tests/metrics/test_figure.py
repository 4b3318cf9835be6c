"""A figure has a value or a reason, and a share is exact."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealgate.metrics.figure import Figure, NoValue, exact, figure, nothing, ratio
from dealgate.metrics.shares import share


def test_a_zero_denominator_is_no_value_with_its_reason() -> None:
    for made in (
        share(0, 0, missing="no closed deals"),
        ratio(0, 0, n=0, missing="no closed deals"),
        ratio(5, Decimal(0), n=0, missing="no closed deals"),
        figure(None, unit="share", n=0, missing="no closed deals"),
        figure(NoValue("no closed deals"), unit="share", n=0),
        share(0, 0, missing="no closed deals", min_n=10),
    ):
        assert (made.value, made.numerator, made.low, made.reason, made.n) == (None, None, None, "no closed deals", 0)


def test_none_of_some_is_zero_and_not_no_value() -> None:
    assert share(0, 4).value == 0
    assert share(0, 4).reason is None
    assert figure(0, unit="deals", n=0).value == 0


def test_the_golden_win_rate_has_its_interval_and_its_shrunken_value() -> None:
    rate = share(3, 6, prior=0.25, weight=20)
    assert rate.low is not None and rate.high is not None and rate.shrunk is not None
    assert (rate.value, rate.numerator, rate.n) == (Fraction(1, 2), 3, 6)
    assert (round(rate.low, 3), round(rate.high, 3)) == (0.188, 0.812)
    assert rate.shrunk == Fraction(4, 13)
    assert round(float(rate.shrunk), 4) == 0.3077


def test_a_share_is_bounded_at_the_level_asked_for() -> None:
    narrow, wide = share(3, 6, level=0.5), share(3, 6, level=0.99)
    assert narrow.low is not None and wide.low is not None
    assert wide.low < 0.188 < narrow.low < 0.5


def test_a_withheld_figure_keeps_its_n_and_flags_and_nothing_to_work_the_value_out_from() -> None:
    withheld = share(3, 6, prior=0.25, min_n=10, flags=["reconstructed"])
    assert withheld == Figure(value=None, unit="share", n=6, reason="fewer than 10: withheld", flags=("reconstructed",))
    assert share(3, 10, min_n=10).value == Fraction(3, 10)
    assert figure(Fraction(5), unit="days", n=9, min_n=10).reason == "fewer than 10: withheld"
    assert ratio(5, 7, n=9, min_n=10).reason == "fewer than 10: withheld"
    assert nothing("no closed deals", unit="share", n=3).withheld_below(10).reason == "no closed deals"


def test_money_over_money_is_exact() -> None:
    assert ratio(Decimal("0.10"), Decimal("0.30"), n=2).value == Fraction(1, 3)
    assert ratio(10**20 + 1, 10**20, n=2).value == 1 + Fraction(1, 10**20)


def test_flags_are_sorted_and_there_once() -> None:
    assert nothing("none", unit="days", flags=["b", "a", "b"]).flagged("a", "c").flags == ("a", "b", "c")


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": None},
        {"value": 1, "reason": "no deals"},
        {"value": None, "reason": ""},
        {"value": None, "reason": "no deals", "numerator": 3},
        {"value": None, "reason": "no deals", "low": 0.1, "high": 0.2},
        {"value": 1, "low": 0.5},
        {"value": float("nan")},
        {"value": Decimal("NaN")},
        {"value": 1, "low": 0.0, "high": float("inf")},
        {"value": 1, "n": -1},
    ],
)
def test_a_figure_that_is_neither_a_value_nor_a_reason_cannot_be_made(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"figure|interval|n counts"):
        Figure(**{"unit": "share", "n": 3, **wrong})


@given(st.integers(0, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.integers(0, 50))
def test_a_share_is_there_exactly_when_it_rests_on_enough(counts: tuple[int, int], min_n: int) -> None:
    w, n = counts
    made = share(w, n, min_n=min_n)
    assert (made.value is not None) == (n > 0 and n >= min_n)
    assert made.n == n
    if made.value is not None and made.low is not None and made.high is not None:
        assert made.value == Fraction(w, n)
        assert 0 <= made.low <= w / n <= made.high <= 1


def test_a_float_means_the_number_as_written() -> None:
    assert exact(0.9) == Fraction(9, 10)
    assert exact(Decimal("0.1")) == Fraction(1, 10)
    with pytest.raises(ValueError, match="finite"):
        exact(float("nan"))
