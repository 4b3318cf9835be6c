"""Child rows put together by deal: one named step for each collection, or for each way of grouping it first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..plan import nodes as n
from .exact import CannotSay, Printed, typed
from .layout import DEALS, Form, reads, table_of
from .names import Names
from .printer import Printer, Scope
from .steps import Relation, Steps, aliased, named, staged
from .words import apart, binary, whole

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.expressions import Expr

Found = Printed | CannotSay


@dataclass(slots=True)
class Gathered:
    """A step of sums by deal: its name, its columns, and what each comes to once it is joined to the deals."""

    relation: str
    columns: dict[str, Printed] = field(default_factory=dict)
    failed: dict[str, CannotSay] = field(default_factory=dict)


@dataclass(slots=True)
class Rows:
    """Makes the steps of aggregates. ``deals`` is where values of the deal are read."""

    say: Printer
    steps: Steps
    names: Names
    asked: Mapping[n.Grouped, set[tuple[str, Form]]]
    """What is read of each way of grouping."""
    _grouped: dict[n.Grouped, tuple[str, dict[tuple[str, Form], Printed]]] = field(default_factory=dict)

    def gather(self, aggregates: Mapping[str, n.Aggregate], deals: Relation) -> list[Gathered]:
        """The aggregates, those over the same rows together."""
        kinds: dict[tuple[n.Rows, str], list[str]] = {}
        for name, aggregate in aggregates.items():
            apart_ = name if self.say.dialect.distinct_apart and aggregate.how == "distinct" else ""
            kinds.setdefault((aggregate.rows, apart_), []).append(name)
        found = []
        for (rows, _), names in kinds.items():
            width = self.say.dialect.width
            for at in range(0, len(names), width):
                some = {name: aggregates[name] for name in names[at : at + width]}
                found.append(self._gather(rows, some, deals))
        return found

    def _gather(
        self,
        rows: n.Rows,
        some: Mapping[str, n.Aggregate],
        deals: Relation,
    ) -> Gathered:
        from sqlglot import exp

        made = Gathered(self.names.give(f"{table_of(rows)}_by_deal"))
        table = table_of(rows)
        deals = self._enough(some.values(), deals)
        try:
            if isinstance(rows, n.Grouped):
                source, scope = self._group(rows, deals)
            else:
                source, scope = (
                    self.steps.table(table),
                    staged(self.steps.layout, table, "t", self.steps.process, deals.scope("d")),
                )
        except CannotSay as why:
            made.failed = dict.fromkeys(some, why)
            return made
        selected: list[Expr] = [aliased(named("deal", "t"), "deal")]
        self.say.touched = False
        for name, aggregate in some.items():
            try:
                expr, printed = self._aggregate(aggregate, scope)
            except CannotSay as why:
                made.failed[name] = why
                continue
            if expr is None:
                made.columns[name] = printed
                continue
            column = self.names.give(name)
            selected.append(aliased(expr, column))
            made.columns[name] = Printed(_joined(column, aggregate), printed.kind, printed.scale, printed.bound)
        select = exp.Select(expressions=selected).from_(exp.alias_(source, "t", table=True, quoted=True), copy=False)
        if any(_reaches_out(v) for a in some.values() for v in _own(a)):
            select = self._with_deal(select, deals)
        self.steps.add(made.relation, self.steps.with_params(select).group_by(named("deal", "t"), copy=False))
        return made

    def _enough(self, some: Iterable[n.Aggregate], deals: Relation) -> Relation:
        """Staging itself, where rows read nothing of their deal that was worked out: some dialects repeat a step."""
        shared = any(not table for aggregate in some for table, _, _, _ in reads(aggregate))
        return deals if shared else Relation(self.steps, DEALS)

    def _with_deal(self, select: exp.Select, deals: Relation) -> exp.Select:
        same = binary("EQ", named("id", "d"), named("deal", "t"))
        return select.join(deals.source("d"), on=same, join_type="inner", copy=False)

    def _aggregate(self, node: n.Aggregate, scope: Scope) -> tuple[Expr | None, Printed]:
        from sqlglot import exp

        dialect, most = self.say.dialect, self.steps.layout.rows
        always = node.where == n.Constant(True)
        where = None if always else self.say.expr(node.where, scope)

        def chosen(value: Expr) -> Expr:
            return value if where is None else exp.Case(ifs=[exp.If(this=where, true=value)])

        if node.how == "count":
            counted = exp.Star() if always else chosen(whole(1))
            return exp.Count(this=counted), Printed(exp.Null(), "number", 0, most)
        assert node.value is not None
        value = self.say(node.value, scope)
        if node.how == "distinct":
            distinct = exp.Distinct(expressions=[chosen(value.expr)])
            return exp.Count(this=distinct), Printed(exp.Null(), "number", 0, most)
        if value.kind == "nothing":
            none = Printed(exp.Null(), "nothing") if node.how == "max" else Printed(whole(0), "number")
            return None, none
        if node.how == "max":
            return exp.Max(this=chosen(value.expr)), value
        bound = value.bound * most
        total = exp.Sum(this=chosen(typed(dialect, value.expr, bound)))
        # a sum beyond what the dialect holds is an error there, not another number
        return total, Printed(exp.Null(), "number", value.scale, min(bound, dialect.most))

    # ------------------------------------------------ rows grouped first

    def _group(self, rows: n.Grouped, deals: Relation) -> tuple[Expr, Scope]:
        if rows not in self._grouped:
            self._grouped[rows] = self._make_group(rows, self.asked[rows], deals)
        name, members = self._grouped[rows]

        def column(field_: str, form: Form) -> Printed:
            found = members.get((field_, form))
            if found is None:
                raise CannotSay(f"reads {field_} of grouped rows in a form they do not have")
            return found

        return self.steps.table(name), Scope(column, lambda _: None, None, deals.scope("d"))

    def _make_group(
        self, rows: n.Grouped, asked: set[tuple[str, Form]], deals: Relation
    ) -> tuple[str, dict[tuple[str, Form], Printed]]:
        from sqlglot import exp

        table = rows.table
        scope = staged(self.steps.layout, table, "t", self.steps.process, deals.scope("d"))
        ordered, name = self.names.give(f"{table}_in_order"), self.names.give(f"{table}_grouped")
        self.say.touched = False
        key = self.say(rows.key, scope)
        picked = _flag(self.say.expr(rows.picked, scope))
        order, position = self.say.expr(rows.order, scope), self.say.expr(n.Column("position", "integer"), scope)

        def place(*, last: bool) -> Expr:
            by = [exp.Ordered(this=e.copy(), desc=last, nulls_first=not last) for e in (order, position)]
            parts = [named("deal", "t"), key.expr.copy(), picked.copy()]
            return exp.Window(this=exp.RowNumber(), partition_by=parts, order=exp.Order(expressions=by))

        inner: list[Expr] = [aliased(named("deal", "t"), "deal"), aliased(key.expr, "key"), aliased(picked, "picked")]
        inner += [aliased(place(last=False), "first_place"), aliased(place(last=True), "last_place")]
        outer: list[Expr] = [aliased(named("deal", "o"), "deal"), aliased(named("key", "o"), "key")]
        own = Names(["deal", "key", "picked", "first_place", "last_place"])
        members: dict[tuple[str, Form], Printed] = {("key", "value"): Printed(named("key", "t"), key.kind)}
        for column, values in (("first_place", rows.firsts), ("last_place", rows.lasts)):
            for field_, _, value in values:
                for form in sorted(f for a, f in asked if a == field_):
                    printed = self.say(_formed(value, form), scope)
                    if printed.kind == "nothing":
                        members[field_, form] = printed
                        continue
                    alias = own.give(f"{field_.replace('.', '_')}{'' if form == 'value' else f'_{form}'}")
                    held = _bits(printed.expr) if printed.kind == "truth" else printed.expr
                    inner.append(aliased(held, alias))
                    here = [binary("EQ", named(column, "o"), whole(1)), binary("EQ", named("picked", "o"), whole(1))]
                    chosen = exp.Case(ifs=[exp.If(this=_both(here), true=named(alias, "o"))])
                    outer.append(aliased(exp.Max(this=chosen), alias))
                    members[field_, form] = _member(alias, printed)
        for field_, value in rows.flags:
            alias = own.give(field_)
            inner.append(aliased(_flag(self.say.expr(value, scope)), alias))
            outer.append(aliased(exp.Max(this=named(alias, "o")), alias))
            members[field_, "value"] = Printed(binary("EQ", named(alias, "t"), whole(1)), "truth")
        there = exp.Not(this=exp.Is(this=apart(key.expr.copy()), expression=exp.Null()))
        select = exp.Select(expressions=inner).from_(
            exp.alias_(self.steps.table(table), "t", table=True, quoted=True), copy=False
        )
        if any(_reaches_out(v) for v in n.inside(rows)):
            select = self._with_deal(select, deals)
        where = _both([self.say.expr(rows.where, scope), there])
        self.steps.add(ordered, self.steps.with_params(select).where(where, copy=False))
        grouped = exp.Select(expressions=outer).from_(
            exp.alias_(self.steps.table(ordered), "o", table=True, quoted=True), copy=False
        )
        self.steps.add(name, grouped.group_by(named("deal", "o"), named("key", "o"), copy=False))
        return name, members


def _own(aggregate: n.Aggregate) -> Iterable[n.Value]:
    return (aggregate.where,) if aggregate.value is None else (aggregate.where, aggregate.value)


def _reaches_out(node: n.Value) -> bool:
    return isinstance(node, n.Outer) or any(_reaches_out(part) for part in n.inside(node))


def _joined(column: str, node: n.Aggregate) -> Expr:
    """What stands in the joined row: of no rows at all a count or a sum is 0."""
    from sqlglot import exp

    found = named(column)
    return found if node.how == "max" else exp.Coalesce(this=found, expressions=[whole(0)])


def _formed(value: n.Value, form: Form) -> n.Value:
    return n.DayOf(value) if form == "day" else n.Folded(value) if form == "folded" else value


def _flag(truth: Expr) -> Expr:
    from sqlglot import exp

    return exp.Case(ifs=[exp.If(this=truth, true=whole(1))], default=whole(0))


def _bits(truth: Expr) -> Expr:
    from sqlglot import exp

    no = exp.Not(this=apart(truth.copy()))
    return exp.Case(ifs=[exp.If(this=truth, true=whole(1)), exp.If(this=no, true=whole(0))])


def _member(alias: str, printed: Printed) -> Printed:
    column = named(alias, "t")
    if printed.kind == "truth":
        return Printed(binary("EQ", column, whole(1)), "truth")
    return Printed(column, printed.kind, printed.scale, printed.bound)


def _both(parts: Sequence[Expr]) -> Expr:
    from .exact import balanced

    return balanced("And", list(parts))
