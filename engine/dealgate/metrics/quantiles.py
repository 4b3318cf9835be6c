"""Medians and other quantiles of what has ended, by one convention.

Linear interpolation between order statistics, at place (n - 1)·q counted from 0: type 7 of Hyndman and Fan (1996,
The American Statistician 50:361), as numpy, Excel's PERCENTILE.INC and PostgreSQL's percentile_cont have it. Times
that may still be running are not for this: see ``survival``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from .figure import NoValue, Number, exact


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, 75th and 90th percentile of n values."""

    n: int
    median: Fraction
    p75: Fraction
    p90: Fraction


def quantile(values: Iterable[Number | None], q: Number) -> Fraction | NoValue:
    """The q-quantile, q in 0..1, exactly; None is left out. Without a value there is none of it either."""
    return _at(_known(values), q)


def spread(values: Iterable[Number | None]) -> Spread | NoValue:
    """Median, p75 and p90 of the values; None is left out."""
    known = _known(values)
    median, p75, p90 = (_at(known, q) for q in (0.5, 0.75, 0.9))
    if isinstance(median, NoValue) or isinstance(p75, NoValue) or isinstance(p90, NoValue):
        return NoValue("no values")
    return Spread(len(known), median, p75, p90)


def quantile_of(column: str | pl.Expr, q: float) -> pl.Expr:
    """The same quantile as a Polars expression, Float64: null without a value; nulls are left out."""
    expression = pl.col(column) if isinstance(column, str) else column
    return expression.cast(pl.Float64).quantile(q, interpolation="linear")


def _known(values: Iterable[Number | None]) -> list[Fraction]:
    known = [value for value in values if value is not None]
    if all(type(value) is int for value in known):
        # exact as they are, and much quicker to sort
        return [exact(value) for value in sorted(known)]
    return sorted(map(exact, known))


def _at(ordered: list[Fraction], q: Number) -> Fraction | NoValue:
    part = exact(q)
    if not 0 <= part <= 1:
        raise ValueError("a quantile lies in 0..1")
    if not ordered:
        return NoValue("no values")
    place = (len(ordered) - 1) * part
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
