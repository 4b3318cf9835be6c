"""The methods of forecasting: one file each, found by its place, all on the same frozen snapshot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import polars as pl

from ...metrics.figure import NoValue
from ..snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Asked:
    """What a forecast is made with. ``weights``: whose stage probabilities. ``seed``: of what is drawn."""

    weights: str = "process"
    seed: int = 1
    quarters: int = 10_000


@dataclass(frozen=True)
class Outlook:
    """What a period brings by one method: ``total = won + Σ deals.expected + new``, in minor units of the snapshot.

    ``deals``: ``id, chance, expected, reason``, a row each open deal that counts. ``new``: deals not created yet.
    ``low, mid, high``: P10, P50 and P90, P10 being the low one. ``notes``: what has to be known of it.
    """

    method: str
    won: int
    deals: pl.DataFrame
    new: int = 0
    low: int | None = None
    mid: int | None = None
    high: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def open(self) -> int:
        """What the open deals are expected to bring."""
        return int(self.deals["expected"].sum()) if self.deals.height else 0

    @property
    def total(self) -> int:
        """What the period is expected to bring in all."""
        return self.won + self.open + self.new


@dataclass(frozen=True, slots=True)
class Method:
    """A method. ``order``: its place in tables. ``scored``: it says something of a period that a backtest can hold it
    to. ``make`` gives the outlook, or why there is none."""

    id: str
    title: str
    formula: str
    about: str
    order: int
    make: Callable[[Snapshot, Asked], Outlook | NoValue]
    scored: bool = True


@cache
def methods() -> Mapping[str, Method]:
    """All of them by id, in the order of tables."""
    found = [one for info in iter_modules(__path__) for one in import_module(f"{__name__}.{info.name}").METHODS]
    return {one.id: one for one in sorted(found, key=lambda one: one.order)}


def weighted(deals: pl.DataFrame, snapshot: Snapshot) -> pl.DataFrame:
    """``id, chance, expected, reason`` of ``id, amount, chance, reason``.

    Expected is amount × chance, each rounded to a minor unit, halves away from 0.

    A deal without an amount or a chance brings nothing, and says why.
    """
    factors = snapshot.what_if.factors
    if factors:
        factor = pl.col("id").replace_strict(dict(factors), default=1.0, return_dtype=pl.Float64)
        deals = deals.with_columns((pl.col("chance") * factor).clip(0, 1))
    reason = (
        pl.when(pl.col("amount").is_null())
        .then(pl.lit("no amount"))
        .when(pl.col("chance").is_null())
        .then(pl.col("reason").fill_null("no chance is known"))
        .otherwise("reason")
    )
    product = pl.col("amount") * pl.col("chance")
    rounded = (product.abs() + 0.5).floor().cast(pl.Int64) * product.sign().cast(pl.Int64)
    return deals.select("id", "chance", rounded.fill_null(0).alias("expected"), reason.alias("reason"))


def whole(amount: Fraction) -> int:
    """An amount to the nearest minor unit, halves away from zero."""
    return int((Decimal(amount.numerator) / Decimal(amount.denominator)).to_integral_value(ROUND_HALF_UP))


def dated(snapshot: Snapshot) -> pl.DataFrame:
    """The open deals that are to close by the period's end, those whose date is past too; all of them without one."""
    if snapshot.period is None:
        return snapshot.deals
    return snapshot.deals.filter(pl.col("day") <= snapshot.period.last)


def undated_notes(snapshot: Snapshot) -> tuple[str, ...]:
    """How many open deals have no close date, and how many one that is past."""
    if snapshot.period is None:
        return ()
    none = snapshot.deals["day"].null_count()
    past = snapshot.deals.filter(pl.col("day") <= snapshot.today).height
    found = []
    if none:
        found.append(f"{deals_said(none, 'open')} without a close date count in no period")
    if past:
        found.append(f"{deals_said(past, 'open')} past the close date count as of this period")
    return tuple(found)


def deals_said(number: int, kind: str) -> str:
    """``1 open deal``, ``12 open deals``."""
    return f"{number:,} {kind} deal{'' if number == 1 else 's'}"


def won_of(snapshot: Snapshot) -> int:
    """What is won already."""
    return int(snapshot.won["amount"].sum())
