"""Exact arithmetic: every number is a whole number of known scale that is known not to go beyond a bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from .dialects import SMALL, Dialect
from .words import apart, binary, cast, whole

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

_SHORT = 2**31 - 1


class CannotSay(Exception):
    """The dialect cannot work this out and mean the same; the text says why, after "it"."""


class TooLarge(CannotSay):
    """A number may have more digits than the dialect holds exactly."""


@dataclass(slots=True)
class Printed:
    """An expression and what it gives: ``kind`` (truth, number, text, day, instant, choices, nothing).

    A number stands for ``expr / 10 ** scale``, and ``expr`` is a whole number no further from 0 than ``bound``;
    ``solid`` where it has the type that its bound asks for.
    """

    expr: Expr
    kind: str
    scale: int = 0
    bound: int = 0
    solid: bool = False


def scale_of(number: int | Decimal | Fraction) -> int:
    """How many decimals a number has. Raises CannotSay where no number of them is enough."""
    left, scale = Fraction(number).denominator, 0
    while left % 10 == 0:
        left, scale = left // 10, scale + 1
    for prime in (2, 5):
        while left % prime == 0:
            left, scale = left // prime, scale + 1
    if left != 1:
        raise CannotSay("holds a number with endless decimals")
    return scale


def literal(number: int | Decimal | Fraction, scale: int | None = None) -> Printed:
    """A constant number, of its own scale or a larger one."""
    scale = scale_of(number) if scale is None else scale
    units = int(Fraction(number) * 10**scale)
    return Printed(whole(units), "number", scale, abs(units))


def checked(dialect: Dialect, bound: int) -> None:
    """Raises TooLarge where the dialect does not hold such a number exactly."""
    if bound > dialect.most:
        raise TooLarge(f"works out numbers of up to {len(str(bound))} digits, more than the dialect holds exactly")


def widened(dialect: Dialect, value: Printed, bound: int) -> Expr:
    """An operand as a type that the result fits."""
    checked(dialect, bound)
    enough = bound <= _SHORT or (value.solid and (bound <= SMALL or value.bound > SMALL))
    return value.expr if enough else typed(dialect, value.expr, bound)


def typed(dialect: Dialect, value: Expr, bound: int) -> Expr:
    """A whole number as the type that holds all up to a bound."""
    if dialect.large is None:
        return value
    return cast(value, dialect.types["whole"] if bound <= SMALL else dialect.large, dialect.name)


def multiplied(dialect: Dialect, value: Printed, by: int) -> Printed:
    """A number times a whole number, of the same scale."""
    if by == 1:
        return value
    bound = value.bound * abs(by)
    left = widened(dialect, value, max(bound, value.bound, abs(by)))
    return Printed(binary("Mul", left, whole(by)), "number", value.scale, bound)


def rescaled(dialect: Dialect, value: Printed, scale: int) -> Printed:
    """The same number at a larger scale."""
    if value.scale == scale:
        return value
    from sqlglot import exp

    if isinstance(value.expr, exp.Literal):
        return literal(Fraction(int(value.expr.this), 10**value.scale), scale)
    found = multiplied(dialect, value, 10 ** (scale - value.scale))
    return Printed(found.expr, "number", scale, found.bound)


def aligned(dialect: Dialect, values: Sequence[Printed]) -> list[Printed]:
    """Numbers brought to one scale; what is nothing stays."""
    scale = max((v.scale for v in values if v.kind == "number"), default=0)
    return [rescaled(dialect, v, scale) if v.kind == "number" else v for v in values]


def added(dialect: Dialect, values: Sequence[Printed]) -> Printed:
    """Numbers added."""
    same = aligned(dialect, values)
    bound = sum(v.bound for v in same)
    first = widened(dialect, same[0], bound)
    total = balanced("Add", [first, *(v.expr for v in same[1:])])
    return Printed(total, "number", same[0].scale, bound)


def balanced(kind: str, parts: Sequence[Expr], many: int = 50) -> Expr:
    """Parts in a row, in brackets by the dozen where they are many: dialects bound how deep an expression is."""
    from sqlglot import exp

    while len(parts) > many:
        parts = [balanced(kind, parts[n : n + many], many) for n in range(0, len(parts), many)]
    if len(parts) == 1:
        return parts[0]
    join = kind in ("And", "Or")
    bare = [exp.Paren(this=p) if isinstance(p, exp.Connector) else p if join else apart(p) for p in parts]
    made = bare[0]
    for part in bare[1:]:
        made = getattr(exp, kind)(this=made, expression=part)
    return made
