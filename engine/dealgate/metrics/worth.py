"""Amounts of whole columns in the process's currency, exactly; what no rate leads to stays in its own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import polars as pl

from ..model.calendar import Rates
from ..model.currencies import MINOR_DIGITS
from ..model.values import times

WHOLE = pl.Int128()
"""The type of sums of minor units: no sum of amounts leaves it."""


class Exchange:
    """Changes amounts into ``currency`` by dated rates, on one or more days.

    A currency counts as known if a rate of it is known on every one of the days, so that an amount does not wander
    between known and unknown within one report. An amount is rounded to a whole minor unit, halves away from zero.
    """

    def __init__(self, currency: str, rates: Rates | None, days: Iterable[date]) -> None:
        self.currency, self.rates = currency, rates
        self.days = tuple(days)

    def known(self, currency: str) -> bool:
        """Whether amounts in a currency can be changed on each of the days."""
        return currency == self.currency or all(self._rate(currency, day) is not None for day in self.days)

    def into(self, minor: pl.Series, currency: pl.Series, on: date) -> tuple[pl.Series, pl.Series]:
        """Amounts (minor units) as of a day, and the currency each is in by then: ours, or its own if not known."""
        others = [code for code in currency.unique().drop_nulls().to_list() if code != self.currency]
        changed = {code: rate for code in others if self.known(code) and (rate := self._rate(code, on)) is not None}
        whole = minor.cast(WHOLE)
        if not changed:
            return whole, currency
        pairs = pl.DataFrame({"minor": whole, "currency": currency})
        foreign = pairs.unique().filter(pl.col("currency").is_in(list(changed)), pl.col("minor").is_not_null())
        made = [self._changed(m, code, changed[code]) for m, code in foreign.iter_rows()]
        places = foreign.with_columns(pl.Series("made", made, WHOLE))
        found = pairs.join(places, on=["minor", "currency"], how="left", maintain_order="left")
        ours = pl.col("currency").is_in(list(changed))
        both = found.select(
            pl.when(ours).then("made").otherwise("minor").alias("minor"),
            pl.when(ours).then(pl.lit(self.currency)).otherwise("currency").alias("currency"),
        )
        return both["minor"], both["currency"]

    def _rate(self, currency: str, on: date) -> Decimal | None:
        if self.rates is None or self.rates.of(self.currency, on) != 1 or currency not in MINOR_DIGITS:
            return None
        return self.rates.of(currency, on)

    def _changed(self, minor: int, currency: str, rate: Decimal) -> int:
        scale = Decimal(1).scaleb(MINOR_DIGITS[self.currency] - MINOR_DIGITS[currency])
        return int(times(times(minor, rate), scale).to_integral_value(ROUND_HALF_UP))
