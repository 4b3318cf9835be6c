"""Amounts that are read many at once are those that are read one by one."""

from __future__ import annotations

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dealgate.compile.spelling import spelled, typed_again
from dealgate.model.currencies import MINOR_DIGITS
from dealgate.model.fields import Field, Reading, read
from dealgate.model.values import Money, Unfit

AMOUNT = Field(id="amount", title="Amount", type="money")
_MONEY = st.builds(Money, st.integers(-(10**14), 10**14), st.sampled_from(sorted(MINOR_DIGITS)))
_ODD = st.sampled_from(["2500", "1e3 USD", "1.005 USD", "7 QQQ", "n/a", " 5 USD", "12.50 EUR", "5.5 JPY", "-0.10 USD"])


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), _MONEY.map(lambda one: spelled(one, AMOUNT)), _ODD), max_size=8))
@example(["5.5 JPY"])
@example(["1.00 USD", None, "2.00 EUR"])
def test_amounts_of_a_column_are_those_of_each_text(texts: list[str | None]) -> None:
    columns = {
        one.name: one.to_list() for one in typed_again(pl.Series("amount", texts, pl.String), AMOUNT, Reading(), "USD")
    }
    each = [None if text is None else read(text, AMOUNT, Reading()) for text in texts]
    held = [None if isinstance(one, Unfit) else one for one in each]
    assert columns["amount"] == [None if one is None else one.minor for one in held]
    codes = columns.get("amount.currency", ["USD"] * len(texts))
    assert [code for code, one in zip(codes, held, strict=True) if one] == [one.currency for one in held if one]
