"""The algebra's meaning, as plainly as it can be said: an interpreter of plans over dicts, one deal at a time."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from dealgate.compile.plan import nodes as n
from dealgate.compile.plan.plan import Judged, Plan, Shape
from dealgate.model import regex
from dealgate.model.deal import Deal
from dealgate.model.fields import read
from dealgate.model.process import Process
from dealgate.model.values import Money, Unfit, local_date

Row = dict[str, Any]
SIGNS = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
MICROSECOND = timedelta(microseconds=1)


def flat(record: Mapping[str, Any], unfit: Mapping[str, Unfit]) -> Row:
    """A record as columns hold it: minor units beside their currency, microseconds."""
    row: Row = {f"{name}.unfit": value for name, value in unfit.items()}
    for name, value in record.items():
        if isinstance(value, Money):
            row[name], row[f"{name}.currency"] = value
        else:
            row[name] = value // MICROSECOND if isinstance(value, timedelta) else value
    return row


def rows_of(deal: Deal, process: Process) -> tuple[Row, dict[str, list[Row]]]:
    """A deal as a row, and its children as rows by collection."""
    row = flat(deal.fields, {k: v for k, v in deal.unfit.items() if "[" not in k}) | {"id": deal.id}
    children: dict[str, list[Row]] = {}
    for name in process.catalogue.collections:
        row[f"{name}.synced"] = name in deal.children
        children[name] = []
        for place, record in enumerate(deal.children.get(name, ())):
            start = f"{name}[{place}]."
            mine = flat(record, {k[len(start) :]: v for k, v in deal.unfit.items() if k.startswith(start)})
            if name == "changes":
                mine |= _sides(record, process)
            children[name].append(mine | {"position": place})
    return row, children


def _sides(change: Mapping[str, Any], process: Process) -> Row:
    """A change's values before and after, typed as its field."""
    field = process.catalogue.deal.get(change.get("field", ""))
    found: Row = {}
    for side in ("from", "to") if field is not None else ():
        value = read(change.get(side), field, process.reading)  # type: ignore[arg-type]
        if value is not None and not isinstance(value, Unfit):
            found |= flat({f"{field.id}.{side}": value}, {})  # type: ignore[union-attr]
    return found


def shape_of(data: Iterable[tuple[Row, dict[str, list[Row]]]]) -> Shape:
    """The columns that some rows have."""
    deals: set[str] = set()
    children: dict[str, set[str]] = {}
    for row, records in data:
        deals |= set(row)
        for name, mine in records.items():
            children.setdefault(name, {"position"}).update(*mine)
    return Shape(frozenset(deals), {name: frozenset(columns) for name, columns in children.items()})


class Interpreter:
    """A plan carried out for one deal."""

    def __init__(self, plan: Plan, row: Row, children: dict[str, list[Row]]) -> None:
        self.plan, self.row, self.children = plan, row, children
        self.zone = plan.process.calendar.zone
        self.names: dict[str, Any] = {}
        for step in plan.steps:
            self.names |= {name: self.aggregate(a) for name, a in step.aggregates.items()}
            self.names |= {name: self.value(v) for name, v in step.values.items()}

    def status(self, judged: Judged) -> str:
        """A criterion's status."""
        holds = self.value(judged.holds)
        if judged.applies is not None and self.value(judged.applies) is False:
            return "not_applicable"
        if holds is True:
            return "met"
        if judged.waived is not None and self.value(judged.waived) is True:
            return "waived"
        return "unmet" if holds is False else "unknown"

    # ------------------------------------------------ child rows

    def rows(self, rows: n.Rows) -> list[Row]:
        """The rows of a collection, or of its groups."""
        if isinstance(rows, n.Table):
            return self.children.get(rows.name, [])
        groups: dict[Any, list[Row]] = {}
        for row in self.children.get(rows.table, []):
            if self.value(rows.where, row) is True:
                groups.setdefault(self.value(rows.key, row), []).append(row)
        return [self.group(rows, key, mine) for key, mine in groups.items()]

    def group(self, rows: n.Grouped, key: Any, mine: list[Row]) -> Row:
        """One row of the groups."""
        mine = sorted(mine, key=lambda row: (self.value(rows.order, row), row["position"]))
        picked = [row for row in mine if self.value(rows.picked, row) is True]
        found: Row = {"key": key}
        for place, columns in ((0, rows.firsts), (-1, rows.lasts)):
            found |= {name: self.value(v, picked[place]) if picked else None for name, _, v in columns}
        return found | {name: any(self.value(v, row) is True for row in mine) for name, v in rows.flags}

    def aggregate(self, a: n.Aggregate) -> Any:
        """Over the rows that ``where`` is true for."""
        mine = [row for row in self.rows(a.rows) if self.value(a.where, row) is True]
        if a.how == "count":
            return len(mine)
        assert a.value is not None
        values = [v for row in mine if (v := self.value(a.value, row)) is not None]
        if a.how == "sum":
            return sum(map(Fraction, values), Fraction(0))
        return max(values, default=None) if a.how == "max" else len(set(values))

    # ------------------------------------------------ values

    def value(self, v: n.Value, row: Row | None = None) -> Any:
        """A value on a row; on the deal's own where none is given."""
        row = self.row if row is None else row
        match v:
            case n.Column(name, _):
                return row.get(name)
            case n.Shared(name):
                return self.names[name]
            case n.Outer(part):
                return self.value(part)
            case n.Constant(value) | n.Param(_, value):
                return value
            case n.Is(part, answer):
                return self.value(part, row) is answer
            case n.IsNull(part):
                return self.value(part, row) is None
            case n.Empty(part):
                return self.value(part, row) in (None, frozenset())
            case n.Placeholder(field):
                unfit = row.get(f"{field}.unfit")
                return unfit is not None and unfit.placeholder
            case n.And(parts):
                return self.joined([self.value(p, row) for p in parts], False)
            case n.Or(parts):
                return self.joined([self.value(p, row) for p in parts], True)
            case n.Case(branches, otherwise):
                for condition, value in branches:
                    if self.value(condition, row) is True:
                        return self.value(value, row)
                return self.value(otherwise, row)
            case n.Coalesce(parts):
                return next((x for p in parts if (x := self.value(p, row)) is not None), None)
        parts = [self.value(part, row) for part in n.inside(v)]
        return None if None in parts else self.known(v, *parts)

    @staticmethod
    def joined(answers: list[bool | None], final: bool) -> bool | None:
        """Kleene's and (final False) and or (final True)."""
        return final if final in answers else None if None in answers else not final

    def known(self, v: n.Value, a: Any, *more: Any) -> Any:
        """What is null where any part of it is, on parts that are not."""
        match v:
            case n.Not():
                return not a
            case n.Compare(sign, _, _):
                return SIGNS[sign](a, more[0])
            case n.Among(_, values):
                return a in values
            case n.Holds(how, _, _):
                return more[0] in a if how == "contains" else a.startswith(more[0])
            case n.Matches(_, pattern):
                return regex.search(pattern, a.strip())
            case n.Has(how, _, options):
                return {"any": bool(a & options), "all": a >= options, "none": not a & options}[how]
            case n.Folded():
                return a.strip().casefold()
            case n.Rank(_, options):
                return options.index(a) if a in options else None
            case n.Sum():
                return sum(map(Fraction, (a, *more)))
            case n.Scaled(_, ratio):
                return Fraction(a) * ratio
            case n.Product():
                return Fraction(a) * Fraction(more[0])
            case n.Absolute():
                return abs(a)
            case n.Least():
                return min(a, *more)
            case n.IntDiv(_, by):
                assert a >= 0, "IntDiv is of what is not negative"
                return Fraction(a) // by
            case n.DayOf():
                return local_date(a, self.zone)
            case n.DayNumber():
                return (a - date(1970, 1, 1)).days
            case n.Year():
                return a.year
            case n.Month():
                return a.month
            case n.AddDays(_, days):
                return a + timedelta(days=days)
            case n.AddTime(_, microseconds):
                return a + microseconds * MICROSECOND
        raise AssertionError(v)
