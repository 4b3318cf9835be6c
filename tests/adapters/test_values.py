"""What adapters write is what was asked, or is refused: nothing is bent into a field."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealgate.ports import Outcome, Trouble
from dealgate_adapters._api import not_yet
from dealgate_adapters._http import OutcomeUnknown
from dealgate_adapters._values import NONE, as_day, as_flag, as_json_number, as_moment, as_number, as_text, as_whole

ALL = (as_text, as_flag, as_number, as_json_number, as_whole, as_day, as_moment)
BERLIN = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("make", "value"),
    [
        (as_text, 3), (as_text, None), (as_flag, 1), (as_flag, "true"), (as_number, True), (as_number, "much"),
        (as_json_number, Decimal("0.12345678901234567890")), (as_number, Decimal("NaN")), (as_number, float("inf")), (as_whole, Decimal("0.5")), (as_whole, "1e-3"),
        (as_whole, Decimal("Infinity")), (as_whole, float("-inf")), (as_whole, False), (as_day, "soon"),
        (as_day, datetime(2026, 1, 1, tzinfo=UTC)), (as_day, 20260101), (as_moment, "noon"), (as_moment, 0),
        (as_moment, datetime.max.replace(tzinfo=timezone(-timedelta(hours=5)))),
    ],
)  # fmt: skip
def test_what_is_none_of_its_kind_is_refused_in_a_way_that_adapters_catch(
    make: Callable[[Any], Any], value: object
) -> None:
    with pytest.raises(NONE):
        make(value)


@given(st.decimals(allow_nan=False, allow_infinity=False, max_value=10**30, min_value=-(10**30)))
def test_a_number_keeps_every_digit_as_a_number_and_as_a_text(exact: Decimal) -> None:
    assert as_number(exact) == as_number(str(exact)) == exact
    with suppress(ValueError):
        assert Decimal(json.dumps(as_json_number(exact))) == exact
    if exact == exact.to_integral_value():
        assert as_json_number(exact) == exact
        assert as_whole(exact) == as_whole(str(exact)) == exact


@given(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats()
    | st.text()
    | st.binary()
    | st.lists(st.none())
)
def test_whatever_comes_is_taken_or_refused(value: object) -> None:
    for make in ALL:
        try:
            make(value)
        except NONE:
            continue


def test_a_moment_is_told_in_utc_and_a_day_stays_the_day() -> None:
    at = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)
    assert as_moment(at) == at and as_moment(at).tzinfo is UTC
    assert as_moment("2026-10-25T02:30:00+02:00") == at
    assert as_moment("2026-10-25T00:30:00").isoformat() == "2026-10-25T00:30:00+00:00"
    assert as_day("2026-10-25") == as_day(date(2026, 10, 25)) == date(2026, 10, 25)


def test_an_action_that_comes_too_soon_is_throttled_and_all_else_stays_trouble() -> None:
    until = datetime(2026, 11, 26, tzinfo=UTC)
    assert not_yet(Trouble("throttled", "Too many.", "wait", until)) == Outcome(
        "throttled", "throttled", "Too many.", until
    )
    for trouble in (Trouble("exhausted", "Used up.", "wait"), OutcomeUnknown("throttled", "Too many.", "look first")):
        with pytest.raises(Trouble) as raised:
            not_yet(trouble)
        assert raised.value is trouble
