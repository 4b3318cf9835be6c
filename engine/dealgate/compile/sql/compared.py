"""Comparisons: with a constant as one whole number against a bound, of two numbers with the smallest factors."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING

from ..plan import nodes as n
from .exact import Printed, TooLarge, multiplied
from .words import binary, whole

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

    from .printer import Printer, Scope

_NAMES = {"==": "EQ", "!=": "NEQ", "<": "LT", "<=": "LTE", ">": "GT", ">=": "GTE"}
_TURNED: dict[n.Sign, n.Sign] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def compare(say: Printer, sign: n.Sign, left: n.Value, right: n.Value, scope: Scope) -> Expr:
    """Two values of one type compared; null where one is."""
    if _number(left) is not None and _number(right) is None:
        sign, left, right = _TURNED[sign], right, left
    bound = _number(right)
    if bound is not None:
        return _against(say, sign, left, bound, scope)
    if isinstance(left, n.Constant) and not isinstance(right, n.Constant):
        sign, left, right = _TURNED[sign], right, left
    try:
        return _both(say, sign, left, right, scope)
    except TooLarge:
        for one, other, turned in ((left, right, sign), (right, left, _TURNED[sign])):
            if isinstance(one, n.Case):  # branch by branch the factors are smaller
                return _by_branch(say, turned, one, other, scope)
        raise


def _number(node: n.Value) -> Fraction | None:
    held = node.value if isinstance(node, n.Constant) else None
    return Fraction(held) if isinstance(held, int | Decimal | Fraction) and not isinstance(held, bool) else None


def _by_branch(say: Printer, sign: n.Sign, node: n.Case, other: n.Value, scope: Scope) -> Expr:
    branches = tuple((c, _compared(sign, v, other)) for c, v in node.branches)
    return say.expr(n.Case(branches, _compared(sign, node.otherwise, other)), scope)


def _compared(sign: n.Sign, value: n.Value, other: n.Value) -> n.Value:
    return value if value == n.Constant(None) else n.Compare(sign, value, other)


def _against(say: Printer, sign: n.Sign, node: n.Value, bound: Fraction, scope: Scope) -> Expr:
    """A value against a constant number."""
    match node:
        case n.Scaled(part, ratio) if ratio:
            return _against(say, sign if ratio > 0 else _TURNED[sign], part, bound / ratio, scope)
        case n.Sum(parts):
            fixed = [f for p in parts if (f := _number(p)) is not None]
            rest = tuple(p for p in parts if _number(p) is None)
            if fixed and rest:
                return _against(say, sign, rest[0] if len(rest) == 1 else n.Sum(rest), bound - sum(fixed), scope)
        case n.Case(branches, otherwise) if any(
            isinstance(v, n.Scaled) for v in (otherwise, *(b for _, b in branches))
        ):
            limit = n.Constant(bound if bound.denominator > 1 else bound.numerator)
            return _by_branch(say, sign, node, limit, scope)
    found = say(node, scope)
    if found.kind == "nothing":
        return found.expr
    units = bound * 10**found.scale
    if sign in ("==", "!=") and units.denominator != 1:
        return say.known(found.expr, answer=sign == "!=")
    limit_ = ceil(units) if sign in (">=", "<") else floor(units)
    if abs(limit_) > found.bound:  # no value of the column reaches it
        above = limit_ > 0
        return say.known(found.expr, answer={"==": False, "!=": True}.get(sign, sign[0] == ("<" if above else ">")))
    return binary(_NAMES[sign], found.expr, whole(limit_))


def _both(say: Printer, sign: n.Sign, left: n.Value, right: n.Value, scope: Scope) -> Expr:
    sides, ratios = [], []
    for node in (left, right):
        plain, ratio = (node.part, node.ratio) if isinstance(node, n.Scaled) and node.ratio > 0 else (node, Fraction(1))
        sides.append(say(plain, scope))
        ratios.append(ratio)
    one, other = sides
    if "number" not in (one.kind, other.kind):
        return binary(_NAMES[sign], one.expr, other.expr)
    factor = ratios[0] / ratios[1] * Fraction(10) ** (other.scale - one.scale)
    first = _times(say, one, factor.numerator)
    second = _times(say, other, factor.denominator)
    return binary(_NAMES[sign], first, second)


def _times(say: Printer, side: Printed, factor: int) -> Expr:
    return side.expr if side.kind == "nothing" else multiplied(say.dialect, side, factor).expr
