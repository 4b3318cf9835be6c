"""The algebra as SQL: every node becomes an expression of sqlglot's builder, every constant a literal of it.

Three-valued logic is SQL's own. Where a comparison with a constant can do without arithmetic it does: an amount times
a rate is held against the bound divided by the rate, rounded to the whole number that decides the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ..plan import nodes as n
from . import compared
from .dialects import Dialect
from .exact import (
    CannotSay,
    Printed,
    added,
    aligned,
    balanced,
    checked,
    literal,
    multiplied,
    scale_of,
    widened,
)
from .layout import Form, choices_text
from .patterns import Differs, always
from .words import apart, binary, cast, function, text, whole

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

_DAYS = 4_000_000
"""More days than the calendar has on either side of 1970."""


@dataclass(slots=True)
class Scope:
    """The table at hand: what its columns (``value``, ``folded`` or ``day`` of a name) and placeholders are called."""

    column: Callable[[str, Form], Printed]
    placeholder: Callable[[str], Expr | None]
    shared: Callable[[str], Printed] | None = None
    deal: Scope | None = None
    """Of a child row: its deal."""


@dataclass(slots=True)
class Printer:
    """Prints values for one dialect. ``params`` collects the constants of the moment; None prints them in place."""

    dialect: Dialect
    params: dict[str, n.Scalar] | None = None
    touched: bool = False
    """Whether a constant of the moment was printed as a column since this was last put down."""

    def __call__(self, node: n.Value, scope: Scope) -> Printed:
        """The value; raises CannotSay where the dialect has no words for it."""
        return _PRINT[type(node)](self, node, scope)

    def expr(self, node: n.Value, scope: Scope) -> Expr:
        """The value's expression alone."""
        return self(node, scope).expr

    # ------------------------------------------------ what is read

    def _column(self, node: n.Column, scope: Scope) -> Printed:
        return scope.column(node.name, "value")

    def _shared(self, node: n.Shared, scope: Scope) -> Printed:
        assert scope.shared is not None
        return scope.shared(node.name)

    def _outer(self, node: n.Outer, scope: Scope) -> Printed:
        assert scope.deal is not None
        return self(node.value, scope.deal)

    def _constant(self, node: n.Constant, scope: Scope) -> Printed:
        return self.scalar(node.value)

    def _param(self, node: n.Param, scope: Scope) -> Printed:
        found = self.scalar(node.value)
        if self.params is None:
            return found
        from sqlglot import exp

        self.params[node.name], self.touched = node.value, True
        column = exp.column(exp.to_identifier(node.name, quoted=True), table=exp.to_identifier("params", quoted=True))
        return Printed(column, found.kind, found.scale, found.bound, solid=True)

    def scalar(self, value: n.Scalar) -> Printed:
        """A constant as a literal."""
        from sqlglot import exp

        if value is None:
            return Printed(exp.Null(), "nothing")
        if isinstance(value, bool):
            return Printed(exp.Boolean(this=value), "truth")
        if isinstance(value, (int, Decimal, Fraction)):
            return literal(value)
        if isinstance(value, datetime):
            naive = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
            return Printed(self._dated(naive.isoformat(" ", "microseconds"), "datetime"), "instant")
        if isinstance(value, date):
            return Printed(self._dated(value.isoformat(), "date"), "day")
        if isinstance(value, str):
            return Printed(text(value), "text")
        return Printed(text(choices_text(value)), "choices")

    def _dated(self, said: str, kind: str) -> Expr:
        return cast(text(said), self.dialect.types[kind], self.dialect.name) if self.dialect.dates else text(said)

    # ------------------------------------------------ truths

    def _conj(self, node: n.And, scope: Scope) -> Printed:
        return Printed(balanced("And", [self.expr(p, scope) for p in node.parts]), "truth")

    def _disj(self, node: n.Or, scope: Scope) -> Printed:
        return Printed(balanced("Or", [self.expr(p, scope) for p in node.parts]), "truth")

    def _negated(self, node: n.Not, scope: Scope) -> Printed:
        from sqlglot import exp

        return Printed(exp.Not(this=apart(self.expr(node.part, scope))), "truth")

    def _is(self, node: n.Is, scope: Scope) -> Printed:
        from sqlglot import exp

        part = self.expr(node.part, scope)
        if node.answer is None:
            return Printed(exp.Is(this=apart(part), expression=exp.Null()), "truth")
        said = part if node.answer else exp.Not(this=apart(part))
        return Printed(exp.Coalesce(this=said, expressions=[exp.Boolean(this=False)]), "truth")

    def _is_null(self, node: n.IsNull, scope: Scope) -> Printed:
        from sqlglot import exp

        return Printed(exp.Is(this=apart(self.expr(node.part, scope)), expression=exp.Null()), "truth")

    def _empty(self, node: n.Empty, scope: Scope) -> Printed:
        from sqlglot import exp

        part = self.expr(node.part, scope)
        missing = exp.Is(this=apart(part), expression=exp.Null())
        return Printed(balanced("Or", [missing, binary("EQ", part.copy(), text("|"))]), "truth")

    def _placeholder(self, node: n.Placeholder, scope: Scope) -> Printed:
        from sqlglot import exp

        column = scope.placeholder(node.field)
        if column is None:
            return Printed(exp.Boolean(this=False), "truth")
        return Printed(exp.Coalesce(this=column, expressions=[exp.Boolean(this=False)]), "truth")

    # ------------------------------------------------ comparisons

    def _compare(self, node: n.Compare, scope: Scope) -> Printed:
        return Printed(compared.compare(self, node.sign, node.left, node.right, scope), "truth")

    def _among(self, node: n.Among, scope: Scope) -> Printed:
        from sqlglot import exp

        part = self(node.part, scope)
        values: Sequence[Any] = node.values
        if part.kind == "number":
            units = [Fraction(v) * 10**part.scale for v in values]
            said = [whole(int(u)) for u in units if u.denominator == 1 and abs(u) <= part.bound]
        else:
            said = [self.scalar(v).expr for v in values]
        if not said:
            return Printed(self.known(part.expr, answer=False), "truth")
        return Printed(exp.In(this=apart(part.expr), expressions=said), "truth")

    def known(self, part: Expr, *, answer: bool) -> Expr:
        """An answer that is sure wherever the part is not null."""
        from sqlglot import exp

        there = exp.Not(this=exp.Is(this=apart(part), expression=exp.Null()))
        return exp.Case(ifs=[exp.If(this=there, true=exp.Boolean(this=answer))])

    def _holds(self, node: n.Holds, scope: Scope) -> Printed:
        made = self.dialect.contains if node.how == "contains" else self.dialect.starts_with
        return Printed(made(self.expr(node.text, scope), self.expr(node.part, scope)), "truth")

    def _matches(self, node: n.Matches, scope: Scope) -> Printed:
        part = self.expr(node.text, scope)
        if always(node.pattern):
            return Printed(self.known(part, answer=True), "truth")
        if self.dialect.pattern is None:
            raise CannotSay("matches a pattern, and the dialect has none")
        try:
            pattern = self.dialect.pattern(node.pattern)
        except Differs as why:
            raise CannotSay(f"matches a pattern that the dialect would understand otherwise: {why}") from None
        return Printed(self.dialect.matches(part, text(pattern)), "truth")

    def _has(self, node: n.Has, scope: Scope) -> Printed:
        from sqlglot import exp

        part = self.expr(node.part, scope)
        if not node.options:
            return Printed(self.known(part, answer=node.how != "any"), "truth")
        found = [self.dialect.contains(part.copy(), text(choices_text([option]))) for option in sorted(node.options)]
        if node.how == "all":
            return Printed(balanced("And", found), "truth")
        either = balanced("Or", found)
        return Printed(exp.Not(this=apart(either)) if node.how == "none" else either, "truth")

    # ------------------------------------------------ texts, days, instants

    def _folded(self, node: n.Folded, scope: Scope) -> Printed:
        match node.part:
            case n.Column(name):
                return scope.column(name, "folded")
            case n.Constant(str() as word):
                return Printed(text(word.strip().casefold()), "text")
        return self._inside(node.part, n.Folded, scope)

    def _day_of(self, node: n.DayOf, scope: Scope) -> Printed:
        if isinstance(node.part, n.Column):
            return scope.column(node.part.name, "day")
        return self._inside(node.part, n.DayOf, scope)

    def _inside(self, part: n.Value, kind: type[n.Folded] | type[n.DayOf], scope: Scope) -> Printed:
        """Staging holds the form of a column; of what chooses among columns, the form of each."""
        match part:
            case n.Outer(value):
                return self(n.Outer(kind(value)), scope)
            case n.Case(branches, otherwise):
                return self(n.Case(tuple((c, kind(v)) for c, v in branches), kind(otherwise)), scope)
            case n.Coalesce(parts):
                return self(n.Coalesce(tuple(kind(p) for p in parts)), scope)
            case n.Constant(None):
                return self.scalar(None)
        what = "folds a text" if kind is n.Folded else "takes the local day of a moment"
        raise CannotSay(f"{what} that staging does not hold")

    def _day_number(self, node: n.DayNumber, scope: Scope) -> Printed:
        return Printed(self.dialect.day_number(self.expr(node.part, scope)), "number", 0, _DAYS)

    def _year(self, node: n.Year, scope: Scope) -> Printed:
        return Printed(self.dialect.year(self.expr(node.part, scope)), "number", 0, 9999)

    def _month(self, node: n.Month, scope: Scope) -> Printed:
        return Printed(self.dialect.month(self.expr(node.part, scope)), "number", 0, 12)

    def _add_days(self, node: n.AddDays, scope: Scope) -> Printed:
        return Printed(self.dialect.add_days(self.expr(node.part, scope), node.days), "day")

    def _add_time(self, node: n.AddTime, scope: Scope) -> Printed:
        return Printed(self.dialect.add_time(self.expr(node.part, scope), node.microseconds), "instant")

    # ------------------------------------------------ choosing

    def _rank(self, node: n.Rank, scope: Scope) -> Printed:
        from sqlglot import exp

        ifs = [exp.If(this=text(option), true=whole(place)) for place, option in enumerate(node.options)]
        if not ifs:
            return self.scalar(None)
        return Printed(exp.Case(this=apart(self.expr(node.part, scope)), ifs=ifs), "number", 0, len(ifs))

    def _case(self, node: n.Case, scope: Scope) -> Printed:
        from sqlglot import exp

        values = self._alike([*(self(v, scope) for _, v in node.branches), self(node.otherwise, scope)])
        ifs = [
            exp.If(this=self.expr(c, scope), true=v.expr) for (c, _), v in zip(node.branches, values[:-1], strict=True)
        ]
        default = None if values[-1].kind == "nothing" else values[-1].expr
        return self._joined(exp.Case(ifs=ifs, default=default), values)

    def _coalesce(self, node: n.Coalesce, scope: Scope) -> Printed:
        from sqlglot import exp

        values = self._alike([self(p, scope) for p in node.parts])
        first, *rest = (v.expr for v in values)
        return self._joined(exp.Coalesce(this=first, expressions=rest), values)

    def _alike(self, values: Sequence[Printed]) -> list[Printed]:
        return aligned(self.dialect, values)

    def _joined(self, made: Expr, values: Sequence[Printed]) -> Printed:
        kinds = [v.kind for v in values if v.kind != "nothing"]
        if not kinds:
            return self.scalar(None)
        return Printed(made, kinds[0], max(v.scale for v in values), max(v.bound for v in values))

    # ------------------------------------------------ numbers

    def _sum(self, node: n.Sum, scope: Scope) -> Printed:
        return added(self.dialect, [self(p, scope) for p in node.parts])

    def _scaled(self, node: n.Scaled, scope: Scope) -> Printed:
        part, places = self(node.part, scope), scale_of(node.ratio)
        found = multiplied(self.dialect, part, int(node.ratio * 10**places))
        return Printed(found.expr, "number", part.scale + places, found.bound)

    def _product(self, node: n.Product, scope: Scope) -> Printed:
        left, right = self(node.left, scope), self(node.right, scope)
        bound = left.bound * right.bound
        first = widened(self.dialect, left, bound)
        return Printed(binary("Mul", first, right.expr), "number", left.scale + right.scale, bound)

    def _absolute(self, node: n.Absolute, scope: Scope) -> Printed:
        part = self(node.part, scope)
        return Printed(function("ABS", part.expr), "number", part.scale, part.bound)

    def _least(self, node: n.Least, scope: Scope) -> Printed:
        from sqlglot import exp

        parts = aligned(self.dialect, [self(p, scope) for p in node.parts])
        least = function(self.dialect.least, *(p.expr for p in parts))
        there = [exp.Not(this=exp.Is(this=apart(p.expr.copy()), expression=exp.Null())) for p in parts]
        made = exp.Case(ifs=[exp.If(this=balanced("And", there), true=least)])
        return Printed(made, "number", parts[0].scale, max(p.bound for p in parts))

    def _int_div(self, node: n.IntDiv, scope: Scope) -> Printed:
        part = self(node.part, scope)
        by = node.by * 10**part.scale
        checked(self.dialect, max(by, part.bound))
        made = part.expr if by == 1 else self.dialect.int_div(part.expr, by)
        return Printed(made, "number", 0, part.bound // by)

    def _aggregate(self, node: n.Aggregate, scope: Scope) -> Printed:
        raise AssertionError("aggregates are worked out in steps of their own")


_PRINT: Mapping[type, Callable[[Printer, Any, Scope], Printed]] = {
    n.Column: Printer._column, n.Shared: Printer._shared, n.Outer: Printer._outer, n.Constant: Printer._constant,
    n.Param: Printer._param, n.And: Printer._conj, n.Or: Printer._disj, n.Not: Printer._negated, n.Is: Printer._is,
    n.IsNull: Printer._is_null, n.Empty: Printer._empty, n.Placeholder: Printer._placeholder,
    n.Compare: Printer._compare, n.Among: Printer._among, n.Holds: Printer._holds, n.Matches: Printer._matches,
    n.Has: Printer._has, n.Folded: Printer._folded, n.Rank: Printer._rank, n.Case: Printer._case,
    n.Coalesce: Printer._coalesce, n.Sum: Printer._sum, n.Scaled: Printer._scaled, n.Product: Printer._product,
    n.Absolute: Printer._absolute, n.Least: Printer._least, n.IntDiv: Printer._int_div, n.DayOf: Printer._day_of,
    n.DayNumber: Printer._day_number, n.Year: Printer._year, n.Month: Printer._month, n.AddDays: Printer._add_days,
    n.AddTime: Printer._add_time, n.Aggregate: Printer._aggregate,
}  # fmt: skip

__all__ = ["Printer", "Scope"]
