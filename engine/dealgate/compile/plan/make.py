"""Nodes made with what is constant folded away, so that a plan holds only what has to be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from .nodes import (
    AddDays,
    AddTime,
    Among,
    And,
    Case,
    Coalesce,
    Column,
    Compare,
    Constant,
    DayNumber,
    DayOf,
    Empty,
    Has,
    IntDiv,
    Is,
    IsNull,
    Month,
    Not,
    Or,
    Outer,
    Param,
    Placeholder,
    Product,
    Scalar,
    Scaled,
    Sign,
    Sum,
    Value,
    Year,
)

TRUE, FALSE, NULL = Constant(True), Constant(False), Constant(None)
SIGNS: dict[str, Callable[[Any, Any], bool]] = {"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
_NEVER_NULL = (Is, IsNull, Empty, Placeholder)
_MICROSECOND = timedelta(microseconds=1)


def constant(value: Any) -> Constant:
    """A constant of the runtime forms; durations become microseconds."""
    return Constant(scalar(value))


def scalar(value: Any) -> Scalar:
    """A runtime value as a plan holds it."""
    return value // _MICROSECOND if isinstance(value, timedelta) else value


def conj(parts: Iterable[Value]) -> Value:
    """Kleene's and."""
    return _joined(parts, And, TRUE, FALSE)


def disj(parts: Iterable[Value]) -> Value:
    """Kleene's or."""
    return _joined(parts, Or, FALSE, TRUE)


def _joined(parts: Iterable[Value], kind: type[And] | type[Or], neutral: Constant, final: Constant) -> Value:
    found: dict[Value, None] = {}
    for part in parts:
        for one in part.parts if isinstance(part, kind) else (part,):
            if one == final:
                return final
            if one != neutral:
                found[one] = None
    kept = tuple(found)
    return kind(kept) if len(kept) > 1 else kept[0] if kept else neutral


def negate(part: Value) -> Value:
    """Kleene's not."""
    match part:
        case Constant(None):
            return part
        case Constant(value):
            return Constant(not value)
        case Not(inner):
            return inner
    return Not(part)


def is_(part: Value, answer: bool | None) -> Value:
    """Whether a truth is exactly this answer; never null."""
    if isinstance(part, Constant):
        return Constant(part.value is answer)
    if isinstance(part, _NEVER_NULL):
        return FALSE if answer is None else part if answer else negate(part)
    return Is(part, answer)


def is_null(part: Value) -> Value:
    """Whether there is no value."""
    if isinstance(part, Constant):
        return Constant(part.value is None)
    if isinstance(part, Outer):
        inner = is_null(part.value)
        return inner if isinstance(inner, Constant) else Outer(inner)
    return FALSE if isinstance(part, (Param, *_NEVER_NULL)) else IsNull(part)


def empty(part: Value) -> Value:
    """Whether choices are missing or an empty set."""
    return TRUE if part == NULL else Empty(part)


def compare(sign: Sign, left: Value, right: Value) -> Value:
    """Two values compared; null where one is."""
    if NULL in (left, right):
        return NULL
    if isinstance(left, Constant) and isinstance(right, Constant):
        return Constant(SIGNS[sign](_number(left.value), _number(right.value)))
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Constant) and isinstance(one.value, bool):
            return other if one.value is (sign == "==") else negate(other)
        if sign == "==" and isinstance(one, Constant) and isinstance(other, Coalesce):
            *first, last = other.parts
            if isinstance(last, Constant):
                # never null; and a truth is quicker to work out than the value that stands in
                alike = last.value == one.value
                found = is_(compare("==", coalesce(*first), one), not alike)
                return negate(found) if alike else found
    return Compare(sign, left, right)


def _number(value: Any) -> Any:
    return Fraction(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else value


def among(part: Value, values: Iterable[Any]) -> Value:
    """Whether a value is one of some constants."""
    kept = tuple(dict.fromkeys(scalar(v) for v in values))
    if isinstance(part, Constant):
        return NULL if part.value is None else Constant(part.value in kept)
    if not kept:
        return case([(is_null(part), NULL)], FALSE)
    return compare("==", part, Constant(kept[0])) if len(kept) == 1 else Among(part, kept)


def has(how: Any, part: Value, options: Iterable[str]) -> Value:
    """Whether choices hold any, all or none of some."""
    return NULL if part == NULL else Has(how, part, frozenset(options))


def case(branches: Iterable[tuple[Value, Value]], otherwise: Value) -> Value:
    """The value of the first true condition."""
    kept: list[tuple[Value, Value]] = []
    for condition, value in branches:
        if isinstance(condition, Constant):
            if condition.value:
                otherwise = value
                break
            continue
        kept.append((condition, value))
    while kept and kept[-1][1] == otherwise:
        kept.pop()
    return Case(tuple(kept), otherwise) if kept else otherwise


def coalesce(*parts: Value) -> Value:
    """The first that is not null."""
    kept: list[Value] = []
    for part in parts:
        if part == NULL:
            continue
        kept.append(part)
        if isinstance(part, (Constant, Param)):
            break
    return NULL if not kept else kept[0] if len(kept) == 1 else Coalesce(tuple(kept))


def add(*parts: Value) -> Value:
    """Numbers added; null where one is."""
    if NULL in parts:
        return NULL
    fixed = sum((_number(p.value) for p in parts if isinstance(p, Constant)), Fraction(0))
    rest: list[Value] = [p for p in parts if not isinstance(p, Constant)]
    if fixed or not rest:
        rest = [*rest, Constant(_plain(fixed))]
    return rest[0] if len(rest) == 1 else Sum(tuple(rest))


def _plain(value: Fraction) -> Scalar:
    return value.numerator if value.denominator == 1 else value


def scaled(part: Value, ratio: Any) -> Value:
    """A number times an exact ratio."""
    ratio = Fraction(ratio)
    if isinstance(part, Constant):
        return part if part.value is None else Constant(_plain(_number(part.value) * ratio))
    if isinstance(part, Scaled):
        ratio, part = ratio * part.ratio, part.part
    return part if ratio == 1 else Scaled(part, ratio)


def subtract(left: Value, right: Value) -> Value:
    """One number less another."""
    return add(left, scaled(right, -1))


def product(left: Value, right: Value) -> Value:
    """Two numbers multiplied."""
    if isinstance(left, Constant) and left.value is not None:
        return scaled(right, left.value)
    if isinstance(right, Constant) and right.value is not None:
        return scaled(left, right.value)
    return NULL if NULL in (left, right) else Product(left, right)


def floor(part: Value) -> Value:
    """A number cut to a whole one; all below 0 become -1, which is enough beside counts."""
    if isinstance(part, Constant):
        return part if part.value is None else Constant(_number(part.value) // 1)
    if isinstance(part, Column) and part.type in ("integer", "level", "money", "duration"):
        return part
    return case([(compare("<", part, Constant(0)), Constant(-1)), (is_null(part), NULL)], IntDiv(part, 1))


def day_of(part: Value) -> Value:
    """The local day of an instant."""
    return NULL if part == NULL else DayOf(part)


def day_number(part: Value) -> Value:
    """Days since 1970-01-01."""
    if isinstance(part, (Constant, Param)) and isinstance(part.value, date):
        number = (part.value - date(1970, 1, 1)).days
        return Constant(number) if isinstance(part, Constant) else Param(f"{part.name}_number", number)
    if part == NULL:
        return NULL
    return DayNumber(part)


def add_days(part: Value, count: int) -> Value:
    """A day some days on, stopping at the calendar's ends."""
    if part == NULL or count == 0:
        return part
    delta = timedelta(days=count)
    edge, stop = (date.max - delta, date.max) if count > 0 else (date.min - delta, date.min)
    beyond = compare(">" if count > 0 else "<", part, Constant(edge))
    return case([(beyond, Constant(stop))], AddDays(part, count))


def add_time(part: Value, by: timedelta) -> Value:
    """An instant some time on, stopping at the calendar's ends."""
    if part == NULL or not by:
        return part
    first, last = (m.replace(tzinfo=UTC) for m in (datetime.min, datetime.max))
    edge, stop = (last - by, last) if by > timedelta() else (first - by, first)
    beyond = compare(">" if by > timedelta() else "<", part, Constant(edge))
    return case([(beyond, Constant(stop))], AddTime(part, by // _MICROSECOND))


def period_index(day: Value, period: str, fiscal_month: int, months: dict[str, int]) -> Value:
    """A number that is the same for days of one week, month, or fiscal quarter, half or year."""
    if period == "week":
        return IntDiv(add(day_number(day), Constant(3 + 7 * 110_000)), 7)  # Monday begins it; never below 0
    length = months[period]
    index = add(scaled(Year(day), 12), Month(day), Constant(-fiscal_month))
    return index if length == 1 else IntDiv(index, length)


def guarded(operands: Sequence[Value], answer: Value) -> Value:
    """The answer, null where one of the operands is."""
    missing = [is_null(o) for o in operands]
    return case([(disj(missing), NULL)], answer)


def outer(value: Value) -> Value:
    """A value of the deal as a child row sees it."""
    return value if isinstance(value, (Constant, Param, Outer)) else Outer(value)
