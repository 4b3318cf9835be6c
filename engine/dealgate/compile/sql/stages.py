"""Values of the deal worked out step by step: each step passes on what later ones read, and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from ..plan import nodes as n
from .exact import CannotSay, Printed
from .layout import DEALS, Form, column_of, reads
from .names import Names
from .printer import Printer, Scope
from .rows import Gathered
from .steps import Relation, Steps, aliased, named, qualified
from .words import binary

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

T = TypeVar("T")
Read = tuple[str, str]
"""(``""``, name) of a shared value, or (``deals``, column) of staging."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something to work out of a deal: under which name, what it reads, and how it is printed in a scope."""

    key: str
    wish: str
    reads: frozenset[Read]
    make: Callable[[Scope], Printed]


def item(key: str, value: n.Value, say: Printer, wish: str = "") -> Item:
    """A value of the plan as an item."""
    return Item(key, wish or key, read_by([value]), lambda scope: say(value, scope))


def read_by(values: Iterable[n.Value]) -> frozenset[Read]:
    """What values read of the deal."""
    found = set()
    for value in values:
        for table, name, _, form in reads(value):
            if table == DEALS:
                found.add((DEALS, column_of(name, form)))
            elif not table:
                found.add(("", name))
    return frozenset(found)


@dataclass(slots=True)
class Stages:
    """Makes one relation of deals after another."""

    say: Printer
    steps: Steps
    names: Names
    columns: Names
    _count: int = 0

    def extend(
        self, deals: Relation, gathered: Sequence[Gathered], items: Sequence[Item], later: frozenset[Read]
    ) -> Relation:
        """The deals with sums joined and items worked out; ``later`` is what still reads them."""
        joins = _some([g for g in gathered if g.columns], self.say.dialect.joins)
        for g in gathered:
            for name, why in g.failed.items():
                deals.shared[name] = why
        parts = _some(items, self.say.dialect.width)
        joins, parts = joins or [[]], parts or [[]]
        rounds: list[tuple[list[Gathered], list[Item]]] = [(j, []) for j in joins[:-1]]
        rounds += [(joins[-1], parts[0]), *(([], p) for p in parts[1:])]
        for at, (some, work) in enumerate(rounds):
            waiting = {r for _, w in rounds[at + 1 :] for i in w for r in i.reads}
            deals = self._round(deals, some, work, later | waiting)
        return deals

    def _round(
        self, deals: Relation, gathered: Sequence[Gathered], items: Sequence[Item], later: frozenset[Read]
    ) -> Relation:
        from sqlglot import exp

        self._count += 1
        made = Relation(self.steps, self.names.give(f"deals_{self._count}"), dict(deals.shared))
        scope = deals.scope("d")
        joined: dict[str, Printed] = {}
        select = exp.Select().from_(deals.source("d"), copy=False)
        for place, g in enumerate(gathered):
            alias = f"g{place}"
            source = exp.alias_(self.steps.table(g.relation), alias, table=True, quoted=True)
            same = binary("EQ", named("deal", alias), named("id", "d"))
            select = select.join(source, on=same, join_type="left", copy=False)
            joined.update({name: qualified(p, alias) for name, p in g.columns.items()})
        scope.shared = _shared(joined, scope.shared)
        columns: list[Expr] = [aliased(named("id", "d"), "id")]
        columns += [
            aliased(named(column, "d"), column)
            for table, column in sorted(later)
            if table == DEALS and column != "id" and self.steps.layout.column(DEALS, column) is not None
        ]
        for name in sorted(name for table, name in later if not table):
            if name in joined or isinstance(deals.shared.get(name), Printed):
                held = scope.shared(name)
                wish = name if name in joined else _column(deals.shared[name])
                self._keep(made, columns, name, held, wish, fresh=name in joined)
        self.say.touched = False
        for one in items:
            try:
                printed = one.make(scope)
            except CannotSay as why:
                made.shared[one.key] = why
                continue
            if ("", one.key) in later:
                self._keep(made, columns, one.key, printed, one.wish, fresh=True)
        select.set("expressions", columns)
        self.steps.add(made.name, self.steps.with_params(select))
        return made

    def _keep(self, made: Relation, columns: list[Expr], key: str, value: Printed, wish: str, *, fresh: bool) -> None:
        if value.kind == "nothing":
            made.shared[key] = value
            return
        column = self.columns.give(wish) if fresh else wish
        columns.append(aliased(value.expr, column))
        made.shared[key] = Printed(named(column), value.kind, value.scale, value.bound)


def _some(of: Sequence[T], many: int) -> list[list[T]]:
    return [list(of[at : at + many]) for at in range(0, len(of), many)]


def _column(value: object) -> str:
    """The column that a kept value has; nothing has none."""
    from sqlglot import exp

    assert isinstance(value, Printed)
    return value.expr.name if isinstance(value.expr, exp.Column) else ""


def _shared(joined: Mapping[str, Printed], before: Callable[[str], Printed] | None) -> Callable[[str], Printed]:
    def found(name: str) -> Printed:
        if name in joined:
            return Printed(joined[name].expr.copy(), joined[name].kind, joined[name].scale, joined[name].bound)
        assert before is not None
        return before(name)

    return found


__all__ = ["Form", "Item", "Read", "Stages", "item", "read_by"]
