"""Exact numbers as columns: whole numbers times a ratio that is known beforehand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import gcd
from typing import Any

import polars as pl

from . import loose
from .cells import INT32, INT64, INT128, Cell, Number, constant_truth, is_nothing, nothing, truth

ONE = Fraction(1)
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_SURE_FLOAT = 2**53
"""Whole numbers that a float holds exactly."""
LANGUAGE_DIGITS = 20
"""Digits before the point that a number may have (see ``model/values``)."""
ROWS = 10**8
"""More child rows than any deal has."""


def constant(value: int | Decimal | Fraction) -> Number:
    """The same number everywhere."""
    held = Fraction(value)
    bound = abs(held.numerator)
    if bound > INT128:
        return Number("number", pl.lit(0), True, held, bound=bound, loose=loose.of_constant(held))
    return Number("number", whole_literal(held.numerator), True, held, ratio=Fraction(1, held.denominator), bound=bound)


@lru_cache(maxsize=4096)
def whole_literal(value: int) -> pl.Expr:
    """A whole number of the narrowest type for arithmetic."""
    return pl.lit(value, dtype=_type(abs(value)))


def _type(bound: int) -> Any:
    return pl.Int32 if bound <= INT32 else pl.Int64 if bound <= INT64 else pl.Int128


def column(expr: pl.Expr, dtype: Any, kind: str, *, whole: bool) -> Number | None:
    """A column of numbers of a field's type, None where its type holds none."""
    if dtype.is_decimal():
        bound = min(10**dtype.precision, 10 ** (LANGUAGE_DIGITS + dtype.scale))
        found = expr.reinterpret(dtype=pl.Int128)
        return Number("number", found, whole, ratio=Fraction(1, 10**dtype.scale), bound=bound)
    if dtype.is_float():
        return Number("number", expr.cast(pl.Float64) if dtype != pl.Float64 else expr, whole, floating=True)
    if isinstance(dtype, pl.Duration):
        ratio = {"us": ONE, "ms": Fraction(1000), "ns": Fraction(1, 1000)}[dtype.time_unit or "us"]
        return Number("number", expr.to_physical(), whole, ratio=ratio, bound=INT64)
    if dtype.is_integer():
        bound = 10**18 if kind == "money" else _bound_of(dtype)
        return Number("number", expr, whole, bound=bound)
    return None


def _bound_of(dtype: Any) -> int:
    bits = {pl.Int8: 7, pl.UInt8: 8, pl.Int16: 15, pl.UInt16: 16, pl.Int32: 31, pl.UInt32: 32, pl.UInt64: 64}
    return 2 ** bits[dtype.base_type()] - 1 if dtype.base_type() in bits else INT64 if dtype == pl.Int64 else INT128


def floats(parts: Sequence[Number]) -> bool:
    """Whether all are floats, or constants that a float holds as its shortest decimal."""
    return any(p.floating for p in parts) and all(
        p.floating or (p.constant is not None and Fraction(repr(_nearest(p.constant))) == p.constant) for p in parts
    )


def as_loose(number: Number) -> loose.Loose:
    """A number as one that fits no column."""
    if number.loose is not None:
        return number.loose
    if number.constant is not None:
        return loose.of_constant(number.constant)
    return loose.of_column(number.expr, number.ratio)


def _loose(made: loose.Loose, *parts: Number) -> Number:
    return Number("number", pl.lit(0), all(p.whole for p in parts), loose=made)


def _wide(expr: pl.Expr, bound: int, factor: int = 1) -> pl.Expr:
    """An expression in a type that holds ``bound``, times a whole factor."""
    kind = _type(max(bound, abs(factor)))
    return expr.cast(kind) if factor == 1 else expr.cast(kind) * pl.lit(factor, dtype=kind)


def aligned(parts: Sequence[Number]) -> tuple[list[tuple[pl.Expr, int]], Fraction] | None:
    """Expressions of one ratio (and their bounds), None where one fits no column. None of them is a float."""
    ratio = parts[0].ratio
    for part in parts[1:]:
        ratio = _common(ratio, part.ratio)
    found = []
    for part in parts:
        factor = int(part.ratio / ratio)
        bound = part.bound * abs(factor)
        if part.loose is not None or part.floating or max(bound, abs(factor)) > INT128:
            return None
        if part.constant is not None:
            value = int(part.constant / ratio)
            found.append((whole_literal(value), abs(value)))
        else:
            found.append((part.expr if factor == 1 else _wide(part.expr, bound, factor), bound))
    return found, ratio


def _common(a: Fraction, b: Fraction) -> Fraction:
    """The greatest ratio that both are whole multiples of."""
    left, right = a.numerator * b.denominator, b.numerator * a.denominator
    return Fraction(gcd(left, right), a.denominator * b.denominator)


# ------------------------------------------------ comparing


def compare(sign: str, a: Number, b: Number) -> Cell:
    """Two numbers compared; null where one is."""
    if a.constant is not None and b.constant is not None:
        return constant_truth(_SIGNS[sign](a.constant, b.constant))
    whole = a.whole and b.whole
    if a.constant is not None:
        return compare(_TURNED[sign], b, a)
    if a.loose is None and b.constant is not None:
        return _with_constant(sign, a, b.constant)
    if a.loose is None and b.loose is None:
        if a.floating or b.floating:
            pair = _float_pair(a, b)
            if pair is not None:
                return truth(_SIGNS[sign](*pair), whole=whole)
        else:
            both = aligned([a, b])
            if both is not None:
                (left, low), (right, high) = both[0]
                bound = max(low, high)
                return truth(_SIGNS[sign](_same(left, low, bound), _same(right, high, bound)), whole=whole)
    return truth(loose.compare(sign, as_loose(a), as_loose(b)), whole=whole)


_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def _same(expr: pl.Expr, bound: int, wanted: int) -> pl.Expr:
    """Polars compares whole numbers of different types by way of a common one, which may be a float."""
    return expr.cast(_type(wanted)) if _type(bound) != _type(wanted) else expr


def _float_pair(a: Number, b: Number) -> tuple[pl.Expr, pl.Expr] | None:
    """Both as floats where that is exact: floats stand in the order of their decimals."""
    found = []
    for one in (a, b):
        if one.floating:
            found.append(one.expr)
        elif one.ratio.denominator == 1 and one.bound * one.ratio.numerator < _SURE_FLOAT:
            found.append(_wide(one.expr, one.bound * one.ratio.numerator, one.ratio.numerator).cast(pl.Float64))
        else:
            return None
    return found[0], found[1]


def _with_constant(sign: str, a: Number, value: Fraction) -> Cell:
    if a.floating:
        return _float_with_constant(sign, a, value)
    mark = value / a.ratio
    floor = mark.numerator // mark.denominator
    if mark.denominator != 1:
        if sign in ("==", "!="):
            return always(a, sign == "!=")
        sign = "<=" if sign in ("<", "<=") else ">"
    if abs(floor) > a.bound:
        above = floor > 0
        return always(a, {"==": False, "!=": True}.get(sign, (sign in ("<", "<=")) is above))
    return truth(_SIGNS[sign](a.expr, pl.lit(floor, dtype=_type(a.bound))), whole=a.whole)


def _nearest(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _float_with_constant(sign: str, a: Number, value: Fraction) -> Cell:
    nearest = _nearest(value)
    if nearest in (float("inf"), float("-inf")):
        return always(a, {"==": False, "!=": True}.get(sign, (sign in ("<", "<=")) is (nearest > 0)))
    stands_for = Fraction(repr(nearest))
    if stands_for != value:
        if sign in ("==", "!="):
            return always(a, sign == "!=")
        below = stands_for < value
        sign = ("<=" if below else "<") if sign in ("<", "<=") else (">" if below else ">=")
    return truth(_SIGNS[sign](a.expr, pl.lit(nearest)), whole=a.whole)


def always(cell: Cell, answer: bool) -> Cell:
    """The same answer wherever there is a value."""
    if cell.whole:
        return constant_truth(answer)
    if isinstance(cell, Number) and cell.loose is not None:
        there = cell.loose.near.is_not_null()
    else:
        there = cell.expr.is_not_null()
    return truth(pl.when(there).then(pl.lit(answer)))


# ------------------------------------------------ arithmetic


def scaled(a: Number, ratio: Fraction) -> Number:
    """A number times an exact ratio."""
    if a.constant is not None:
        return constant(a.constant * ratio)
    if ratio == 0:
        return constant(0) if a.whole else _chosen([(present(a), constant(0))], nothing())
    if a.loose is not None or a.floating:
        return _loose(loose.scaled(as_loose(a), ratio), a)
    expr = a.expr if ratio > 0 else pl.lit(0, dtype=_type(a.bound)) - _wide(a.expr, a.bound)
    return Number("number", expr, a.whole, ratio=a.ratio * abs(ratio), bound=a.bound)


def added(parts: Sequence[Number]) -> Number:
    """The sum; null where one is."""
    if all(p.constant is not None for p in parts):
        return constant(sum((p.constant for p in parts), Fraction(0)))
    both = aligned(parts)
    bound = sum(b for _, b in both[0]) if both is not None else INT128 + 1
    if both is None or bound > INT128:
        return _loose(loose.added([as_loose(p) for p in parts]), *parts)
    total = None
    for expr, _ in both[0]:
        one = _wide(expr, bound)
        total = one if total is None else total + one
    assert total is not None
    return Number("number", total, all(p.whole for p in parts), ratio=both[1], bound=bound)


def product(a: Number, b: Number) -> Number:
    """Two numbers multiplied."""
    if a.constant is not None:
        return scaled(b, a.constant)
    if b.constant is not None:
        return scaled(a, b.constant)
    bound = max(a.bound, 1) * max(b.bound, 1)
    if a.loose or b.loose or a.floating or b.floating or bound > INT128:
        return _loose(loose.product(as_loose(a), as_loose(b)), a, b)
    expr = _wide(a.expr, bound) * _wide(b.expr, bound)
    return Number("number", expr, a.whole and b.whole, ratio=a.ratio * b.ratio, bound=bound)


def absolute(a: Number) -> Number:
    """Without its sign."""
    if a.constant is not None:
        return constant(abs(a.constant))
    if a.loose is not None:
        return _loose(loose.absolute(a.loose), a)
    return a.over(iter([a.expr.abs()]))


def least(parts: Sequence[Number]) -> Number:
    """The smallest; null where one is."""
    both = aligned(parts)
    if both is None:
        return _loose(loose.least([as_loose(p) for p in parts]), *parts)
    bound = max(b for _, b in both[0])
    found = pl.min_horizontal([_wide(e, bound) for e, _ in both[0]])
    known = [e.is_not_null() for (e, _), p in zip(both[0], parts, strict=True) if not p.whole]
    if known:
        found = pl.when(pl.all_horizontal(known)).then(found)
    return Number("number", found, not known, ratio=both[1], bound=bound)


def divided(a: Number, by: int) -> Number:
    """A number that is not negative, divided and cut to a whole one."""
    if a.constant is not None:
        return constant(Fraction(a.constant // by))
    if a.loose is not None or a.floating:
        return _loose(loose.divided(as_loose(a), by), a)
    factor, divisor = a.ratio.numerator, a.ratio.denominator * by
    bound = a.bound * factor
    if bound > INT128 or divisor > INT128:
        return _loose(loose.divided(as_loose(a), by), a)
    kind = _type(max(bound, divisor))
    found = a.expr.cast(kind) if factor == 1 else a.expr.cast(kind) * pl.lit(factor, dtype=kind)
    found = found if divisor == 1 else found // pl.lit(divisor, dtype=kind)
    return Number("number", found, a.whole, bound=bound // divisor + 1)


def chosen(branches: Sequence[tuple[pl.Expr, Cell]], otherwise: Cell) -> Cell:
    """The number of the first true condition."""
    return _chosen(branches, otherwise)


def _chosen(branches: Sequence[tuple[pl.Expr, Cell]], otherwise: Cell) -> Number:
    values = [v for _, v in branches] + [otherwise]
    numbers = [v for v in values if isinstance(v, Number)]
    whole = all(v.whole for v in values)
    if floats(numbers):
        exprs = [pl.lit(_nearest(v.constant)) if v.constant is not None else v.expr for v in numbers]
        return Number("number", pick(branches, otherwise, exprs, pl.Float64), whole, floating=True)
    both = aligned(numbers)
    if both is None:
        conditions = [c for c, v in branches]
        parts = [as_loose(v) if isinstance(v, Number) else _missing() for v in values]
        return Number("number", pl.lit(0), whole, loose=loose.chosen(conditions, parts))
    bound = max(b for _, b in both[0])
    kind = _type(bound)
    exprs = [e.cast(kind) for e, _ in both[0]]
    return Number("number", pick(branches, otherwise, exprs, kind), whole, ratio=both[1], bound=bound)


def _missing() -> loose.Loose:
    gone = pl.lit(None, dtype=pl.Float64)
    return loose.Loose(gone, gone, (), lambda row: None)


def pick(branches: Sequence[tuple[pl.Expr, Cell]], otherwise: Cell, exprs: Sequence[pl.Expr], kind: Any) -> pl.Expr:
    """``when``: ``exprs`` are those of the values that are something, in their order."""
    waiting = list(exprs)
    end = pl.lit(None, dtype=kind)
    found = end if is_nothing(otherwise) else waiting.pop()
    for condition, value in reversed(branches):
        found = pl.when(condition).then(end if is_nothing(value) else waiting.pop()).otherwise(found)
    return found


def coalesced(parts: Sequence[Number]) -> Number:
    """The first that is not null."""
    branches = [(present(p), p) for p in parts[:-1]]
    found = _chosen(branches, parts[-1])
    whole = any(p.whole for p in parts)
    return Number(
        "number", found.expr, whole, None, None, found.ratio, found.bound, found.floating, found.loose
    )  # fmt: skip


def present(number: Number) -> pl.Expr:
    """Whether there is a number."""
    return (number.loose.near if number.loose is not None else number.expr).is_not_null()


# ------------------------------------------------ for sums over rows


def for_sum(number: Number) -> Number:
    """A number whose sum over the rows of a deal fits Int128."""
    if number.floating:
        whole = number.expr.map_batches(loose.float_as_whole, return_dtype=pl.Int128, is_elementwise=True)
        number = Number("number", whole, number.whole, ratio=Fraction(1, 10**18), bound=10 ** (LANGUAGE_DIGITS + 18))
    elif number.loose is not None:
        whole = loose.settled(number.loose, 18)
        number = Number("number", whole, number.whole, ratio=Fraction(1, 10**18), bound=INT128)
    kind = pl.Int64 if number.bound * ROWS <= INT64 else pl.Int128
    return Number("number", number.expr.cast(kind), number.whole, number.constant, None, number.ratio, number.bound)


def of_sum(expr: pl.Expr, part: Number) -> Number:
    """The sum of such numbers; nothing is 0."""
    bound = min(part.bound * ROWS, INT128)
    return Number("number", expr, True, ratio=part.ratio, bound=bound)
