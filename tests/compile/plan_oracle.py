"""What the algebra of ``compile/plan/nodes.py`` means, spelled out over plain rows: the oracle of its back ends.

A row is a dict: missing keys are null. Numbers are exact (``Fraction``), durations microseconds, instants aware.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from typing import Any

from dealgate.compile.plan import nodes as n
from dealgate.compile.plan.make import SIGNS
from dealgate.model import regex
from dealgate.model.values import Unfit, local_date

Row = Mapping[str, Any]


@dataclass
class Oracle:
    """Values over one row; ``children`` are rows by collection, ``shared`` what earlier steps worked out."""

    row: Row
    zone: tzinfo = UTC
    children: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    shared: Mapping[str, Any] = field(default_factory=dict)
    deal: Oracle | None = None

    def value(self, node: n.Value) -> Any:
        """A value; None is null."""
        match node:
            case n.Column(name):
                return plain(self.row.get(name))
            case n.Shared(name):
                return self.shared[name]
            case n.Outer(value):
                assert self.deal is not None
                return self.deal.value(value)
            case n.Constant(value) | n.Param(_, value):
                return plain(value)
            case n.And(parts):
                return every([self.value(p) for p in parts])
            case n.Or(parts):
                return invert(every([invert(self.value(p)) for p in parts]))
            case n.Not(part):
                return invert(self.value(part))
            case n.Is(part, answer):
                return self.value(part) is answer
            case n.IsNull(part):
                return self.value(part) is None
            case n.Empty(part):
                return not self.value(part)
            case n.Placeholder(name):
                raw = self.row.get(f"{name}.unfit")
                return isinstance(raw, Unfit) and raw.placeholder
            case n.Case(branches, otherwise):
                return (
                    next((self.value(v) for c, v in branches if self.value(c) is True), None)
                    if any(self.value(c) is True for c, _ in branches)
                    else self.value(otherwise)
                )
            case n.Coalesce(parts):
                return next((v for p in parts if (v := self.value(p)) is not None), None)
            case n.Aggregate():
                return self.aggregate(node)
        inner = [self.value(part) for part in n.inside(node)]
        return None if None in inner else self.worked_out(node, inner)

    def worked_out(self, node: n.Value, inner: Sequence[Any]) -> Any:
        """What is null where a part is."""
        match node:
            case n.Compare(sign):
                return SIGNS[sign](*inner)
            case n.Among(_, values):
                return inner[0] in [plain(v) for v in values]
            case n.Holds(how):
                return inner[1] in inner[0] if how == "contains" else inner[0].startswith(inner[1])
            case n.Matches(_, pattern):
                return regex.search(pattern, inner[0])
            case n.Has(how, _, options):
                held = {"any": bool(inner[0] & options), "all": inner[0] >= options, "none": not inner[0] & options}
                return held[how]
            case n.Folded():
                return inner[0].strip().casefold()
            case n.Rank(_, options):
                return Fraction(options.index(inner[0])) if inner[0] in options else None
            case n.Sum():
                return sum(inner, Fraction(0))
            case n.Scaled(_, ratio):
                return inner[0] * ratio
            case n.Product():
                return inner[0] * inner[1]
            case n.Absolute():
                return abs(inner[0])
            case n.Least():
                return min(inner)
            case n.IntDiv(_, by):
                assert inner[0] >= 0, "IntDiv is of what is not negative"
                return Fraction(inner[0] // by)
            case n.DayOf():
                return local_date(inner[0], self.zone)
            case n.DayNumber():
                return Fraction((inner[0] - date(1970, 1, 1)).days)
            case n.Year():
                return Fraction(inner[0].year)
            case n.Month():
                return Fraction(inner[0].month)
            case n.AddDays(_, days):
                return inner[0] + timedelta(days=days)
            case n.AddTime(_, microseconds):
                return inner[0] + timedelta(microseconds=microseconds)
        raise TypeError(node)

    # ------------------------------------------------ child rows

    def aggregate(self, node: n.Aggregate) -> Any:
        """Over the rows that ``where`` is true for."""
        rows = [r for r in self.rows(node.rows) if r.value(node.where) is True]
        if node.how == "count":
            return Fraction(len(rows))
        assert node.value is not None
        values = [v for r in rows if (v := r.value(node.value)) is not None]
        if node.how == "max":
            return max(values, default=None)
        return sum(values, Fraction(0)) if node.how == "sum" else Fraction(len(set(values)))

    def rows(self, rows: n.Rows) -> list[Oracle]:
        """The rows of a collection, or what they come to when put together."""
        if isinstance(rows, n.Table):
            return [self.child(r) for r in self.children.get(rows.name, ())]
        kept = [r for r in self.rows(n.Table(rows.table)) if r.value(rows.where) is True]
        groups: dict[Any, list[Oracle]] = {}
        for one in kept:
            if (key := one.value(rows.key)) is not None:
                groups.setdefault(key, []).append(one)
        found = []
        for key, mine in groups.items():
            mine.sort(key=lambda r: (r.value(rows.order), r.row["position"]))
            picked = [r for r in mine if r.value(rows.picked) is True]
            row: dict[str, Any] = {"key": key}
            row.update({name: picked[0].value(v) if picked else None for name, _, v in rows.firsts})
            row.update({name: picked[-1].value(v) if picked else None for name, _, v in rows.lasts})
            row.update({name: any(r.value(v) is True for r in mine) for name, v in rows.flags})
            found.append(self.child(row))
        return found

    def child(self, row: Row) -> Oracle:
        """A row of this deal."""
        return Oracle(row, self.zone, deal=self)


def plain(value: Any) -> Any:
    """A value in the oracle's form."""
    if isinstance(value, float):
        return Fraction(repr(value))
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return Fraction(value)
    if isinstance(value, timedelta):
        return Fraction(value // timedelta(microseconds=1))
    if isinstance(value, (list, set)):
        return frozenset(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return value


def invert(answer: bool | None) -> bool | None:
    """Three-valued not."""
    return None if answer is None else not answer


def every(answers: Sequence[bool | None]) -> bool | None:
    """Three-valued and."""
    return False if False in answers else None if None in answers else True
