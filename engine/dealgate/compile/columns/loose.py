"""Numbers too large for any column, and floats in arithmetic: compared exactly all the same.

Each carries an approximation and how far it may be off. Where that decides, it decides; the few rows that are too close
are worked out as fractions, once for each different row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isfinite
from typing import Any

import polars as pl

from ...model.values import parse_decimal

Row = Sequence[Any]
Exact = Callable[[Row], Fraction | None]
_OFF = 1e-9
"""How far an approximation may be off, as a share of the sizes that went into it. Generous."""


@dataclass(frozen=True, slots=True)
class Loose:
    """``near`` and ``size`` (the sum of magnitudes behind it) are Float64; ``exact`` is of a row of ``leaves``."""

    near: pl.Expr
    size: pl.Expr
    leaves: tuple[pl.Expr, ...]
    exact: Exact

    def exprs(self) -> Iterator[pl.Expr]:
        """The columns it is made of."""
        yield from (self.near, self.size, *self.leaves)

    def over(self, exprs: Iterator[pl.Expr]) -> Loose:
        """The same of other columns."""
        return replace(self, near=next(exprs), size=next(exprs), leaves=tuple(next(exprs) for _ in self.leaves))


def of_column(expr: pl.Expr, ratio: Fraction) -> Loose:
    """A column of whole numbers or floats, times a ratio."""
    near = expr.cast(pl.Float64) * float(ratio)

    def exact(row: Row) -> Fraction | None:
        value = row[0]
        if value is None:
            return None
        return of_float(value) if isinstance(value, float) else Fraction(value) * ratio

    return Loose(near, near.abs(), (expr,), exact)


def of_float(value: float) -> Fraction | None:
    """What a float stands for; a rule's own constants may lie beyond the numbers that a field may hold."""
    found = parse_decimal(value)
    if found is None:
        return Fraction(repr(value)) if isfinite(value) else None
    return Fraction(found)


def of_constant(value: Fraction) -> Loose:
    """The same number everywhere."""
    near = _near(value)
    return Loose(pl.lit(near), pl.lit(abs(near)), (), lambda row: value)


def _near(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return 1e308 if value > 0 else -1e308


def scaled(a: Loose, ratio: Fraction) -> Loose:
    """Times a ratio."""

    def exact(row: Row) -> Fraction | None:
        value = a.exact(row)
        return None if value is None else value * ratio

    factor = _near(ratio)
    return replace(a, near=a.near * factor, size=a.size * abs(factor), exact=exact)


def joined(
    parts: Sequence[Loose],
    near: Callable[[list[pl.Expr]], pl.Expr],
    size: Callable[[list[pl.Expr]], pl.Expr],
    exact: Callable[[list[Fraction]], Fraction],
) -> Loose:
    """A number made of others; null where one is."""

    def of_row(row: Row) -> Fraction | None:
        values = list(_values(parts, row))
        return None if None in values else exact([v for v in values if v is not None])

    leaves = tuple(leaf for p in parts for leaf in p.leaves)
    return Loose(near([p.near for p in parts]), size([p.size for p in parts]), leaves, of_row)


def _values(parts: Sequence[Loose], row: Row) -> Iterator[Fraction | None]:
    start = 0
    for part in parts:
        end = start + len(part.leaves)
        yield part.exact(row[start:end])
        start = end


def added(parts: Sequence[Loose]) -> Loose:
    """The sum."""
    return joined(parts, _sum, _sum, lambda values: sum(values, Fraction(0)))


def _sum(exprs: list[pl.Expr]) -> pl.Expr:
    total = exprs[0]
    for one in exprs[1:]:
        total = total + one
    return total


def product(a: Loose, b: Loose) -> Loose:
    """Two multiplied."""
    times: Callable[[list[pl.Expr]], pl.Expr] = lambda e: e[0] * e[1]  # noqa: E731
    return joined((a, b), times, times, lambda values: values[0] * values[1])


def absolute(a: Loose) -> Loose:
    """Without its sign."""
    return joined((a,), lambda e: e[0].abs(), lambda e: e[0], lambda values: abs(values[0]))


def least(parts: Sequence[Loose]) -> Loose:
    """The smallest; null where one is."""

    def near(exprs: list[pl.Expr]) -> pl.Expr:
        known = pl.all_horizontal([e.is_not_null() for e in exprs])
        return pl.when(known).then(pl.min_horizontal(exprs))

    return joined(parts, near, _sum, min)


def divided(a: Loose, by: int) -> Loose:
    """Divided and cut to a whole number: as large as 1 off by its approximation, which ``size`` allows for."""
    return joined(
        (a,),
        lambda e: (e[0] / by).floor(),
        lambda e: e[0].abs() / by + 1 / _OFF,
        lambda values: Fraction(values[0] // by),
    )


def chosen(conditions: Sequence[pl.Expr], parts: Sequence[Loose]) -> Loose:
    """The part of the first true condition, else the last part (there is one more than conditions)."""

    def pick(exprs: Sequence[pl.Expr]) -> pl.Expr:
        found = exprs[-1]
        for condition, value in zip(reversed(conditions), reversed(exprs[:-1]), strict=True):
            found = pl.when(condition).then(value).otherwise(found)
        return found

    def exact(row: Row) -> Fraction | None:
        place = row[0]
        return list(_values(parts, row[1:]))[place]

    place = pick([pl.lit(n, dtype=pl.Int32) for n in range(len(parts))])
    leaves = (place, *(leaf for p in parts for leaf in p.leaves))
    return Loose(pick([p.near for p in parts]), pick([p.size for p in parts]), leaves, exact)


_ABOVE: dict[str, Callable[[Any], Any]] = {
    "<": lambda d: d < 0,
    "<=": lambda d: d <= 0,
    ">": lambda d: d > 0,
    ">=": lambda d: d >= 0,
    "==": lambda d: d == 0,
    "!=": lambda d: d != 0,
}


def compare(sign: str, a: Loose, b: Loose) -> pl.Expr:
    """Two compared; null where one is."""
    decide = _ABOVE[sign]

    def judge(columns: Sequence[pl.Series]) -> pl.Series:
        height = max(len(c) for c in columns)
        frame = pl.DataFrame([_as_long(c, height).alias(str(n)) for n, c in enumerate(columns)])
        off, room = frame["0"], frame["1"]
        answer: pl.Series = decide(off)
        close = off.is_not_null() & ~(off.abs() > room * _OFF).fill_null(False)
        if close.any():
            rows = [tuple(row) for row in frame.filter(close).iter_rows()]
            known: dict[Row, bool | None] = {}
            for row in rows:
                if row not in known:
                    left = a.exact(row[2 : 2 + len(a.leaves)])
                    right = b.exact(row[2 + len(a.leaves) :])
                    known[row] = None if left is None or right is None else bool(decide(left - right))
            answer = answer.scatter(close.arg_true(), pl.Series([known[row] for row in rows], dtype=pl.Boolean))
        return answer

    return pl.map_batches(
        [a.near - b.near, a.size + b.size, *a.leaves, *b.leaves], judge, return_dtype=pl.Boolean, is_elementwise=True
    )


def _as_long(column: pl.Series, height: int) -> pl.Series:
    return column if len(column) == height else column.new_from_index(0, height)


def settled(a: Loose, decimals: int) -> pl.Expr:
    """As whole numbers of 10**-decimals (Int128), cut there and at the type's ends: for sums of very rare kinds."""
    scale, end = 10**decimals, 2**127 - 1

    def settle(columns: Sequence[pl.Series]) -> pl.Series:
        height = max(len(c) for c in columns)
        rows = zip(*(_as_long(c, height).to_list() for c in columns), strict=True)
        known: dict[Row, int | None] = {}
        found: list[int | None] = []
        for row in rows:
            if row not in known:
                value = a.exact(row[1:])
                known[row] = None if value is None else max(-end, min(end, int(value * scale)))
            found.append(known[row])
        return pl.Series(found, dtype=pl.Int128)

    return pl.map_batches([a.near, *a.leaves], settle, return_dtype=pl.Int128, is_elementwise=True)


def float_as_whole(column: pl.Series) -> pl.Series:
    """Floats as whole numbers of 10**-18: each is its shortest decimal, found fast where that is short."""
    for decimals in (0, 1, 2, 3, 4, 6):
        whole = (column * 10.0**decimals).round()
        fits = ((whole / 10.0**decimals) == column) & (whole.abs() < 1e15)
        if fits.all():
            wide = whole.cast(pl.Int64).cast(pl.Int128)
            return wide * pl.Series([10 ** (18 - decimals)], dtype=pl.Int128)
    different = [v for v in column.unique().to_list() if v is not None]
    exact = {v: int((of_float(v) or Fraction(0)) * 10**18) for v in different}
    return pl.Series([None if v is None else exact[v] for v in column.to_list()], dtype=pl.Int128)
