"""Named steps of a query, and what can be read of the one that is at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..becomes import surely
from .exact import CannotSay, Printed
from .layout import DEALS, Form, Layout, Stored, column_of
from .printer import Printer, Scope

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.expressions import Expr

    from ...model.process import Process

PARAMS = "params"
_KINDS = {"date": "day", "datetime": "instant", "boolean": "truth", "choices": "choices", "text": "text",
          "choice": "text"}  # fmt: skip


def named(column: str, table: str = "") -> Expr:
    """A column, quoted."""
    from sqlglot import exp

    where = exp.to_identifier(table, quoted=True) if table else None
    return exp.Column(this=exp.to_identifier(column, quoted=True), table=where)


def aliased(value: Expr, name: str) -> Expr:
    """A value under a name."""
    from sqlglot import exp

    return exp.Alias(this=value, alias=exp.to_identifier(name, quoted=True))


def held(stored: Stored, column: str, alias: str) -> Printed:
    """A staging column as it is read."""
    kind = _KINDS.get(stored.kind, "number")
    if kind != "number":
        return Printed(named(column, alias), kind)
    return Printed(named(column, alias), kind, stored.scale, stored.bound, solid=True)


def staged(layout: Layout, table: str, alias: str, process: Process, deal: Scope | None = None) -> Scope:
    """What can be read of a staging table."""
    former = process.becomes and not layout.settled

    def column(name: str, form: Form) -> Printed:
        found = column_of(name, form)
        stored = layout.column(table, found)
        if stored is None:
            raise CannotSay(f"reads {table}.{found}, which staging does not hold")
        read = held(stored, found, alias)
        return in_stage_of_now(read, table, process) if former and (table, name) in STAGES else read

    def placeholder(name: str) -> Expr | None:
        found = column_of(name, "placeholder")
        return None if layout.column(table, found) is None else named(found, alias)

    return Scope(column, placeholder, None, deal)


STAGES = frozenset(((DEALS, "stage"), ("visits", "stage"), ("changes", "stage.from"), ("changes", "stage.to")))
"""Columns that hold stages."""


def in_stage_of_now(read: Printed, table: str, process: Process) -> Printed:
    """A column of stages with those that are no more as the stages they are now.

    Raises CannotSay where that rests on conditions, or on visits that would have to be put together.
    """
    from sqlglot import exp

    sure = surely(process)
    split = next((name for name in process.becomes if name not in sure), None)
    if split is not None:
        raise CannotSay(f"rests on the stage, and `{split}` was split by conditions")
    if table == "visits":
        raise CannotSay("reads visits, and visits to stages that are no more have to be put together with others")
    ifs = [exp.If(this=exp.Literal.string(old), true=exp.Literal.string(now)) for old, now in sure.items()]
    return replace(read, expr=exp.Case(this=read.expr, ifs=ifs, default=read.expr.copy()))


@dataclass(slots=True)
class Relation:
    """A step with one row a deal: its staging columns, and the shared values worked out so far."""

    steps: Steps
    name: str
    shared: dict[str, Printed | CannotSay] = field(default_factory=dict)
    """By the plan's name; the expressions name columns without their table."""

    def source(self, alias: str) -> Expr:
        """The step, as it is read from."""
        from sqlglot import exp

        return exp.alias_(self.steps.table(self.name), alias, table=True, quoted=True)

    def scope(self, alias: str) -> Scope:
        """What can be read of it."""
        scope = staged(self.steps.layout, DEALS, alias, self.steps.process)

        def shared(name: str) -> Printed:
            found = self.shared[name]
            if isinstance(found, CannotSay):
                raise found
            return found if found.kind == "nothing" else qualified(found, alias)

        scope.shared = shared
        return scope


def qualified(value: Printed, alias: str) -> Printed:
    """The same value, its columns read from one table."""
    from sqlglot import exp

    expr = value.expr.copy()
    for column in expr.find_all(exp.Column):
        if not column.args.get("table"):
            column.set("table", exp.to_identifier(alias, quoted=True))
    return Printed(expr, value.kind, value.scale, value.bound)


@dataclass(slots=True)
class Steps:
    """The named steps so far, in order."""

    say: Printer
    layout: Layout
    process: Process
    tables: Mapping[str, str]
    """What staging tables are called, where it is not by their own name: parts with dots between."""
    made: dict[str, exp.Select] = field(default_factory=dict)

    def table(self, name: str) -> Expr:
        """A staging table or a step."""
        from sqlglot import exp

        *before, last = [name] if name in self.made else self.tables.get(name, name).split(".")
        parts = [exp.to_identifier(p, quoted=True) for p in before]
        return exp.Table(
            this=exp.to_identifier(last, quoted=True),
            db=parts[-1] if parts else None,
            catalog=parts[-2] if len(parts) > 1 else None,
        )

    def add(self, name: str, select: exp.Select) -> None:
        """A step under a name that no other has."""
        assert name not in self.made
        self.made[name] = select

    def with_params(self, select: exp.Select) -> exp.Select:
        """The select, joined to the constants of the moment where it was printed with some."""
        from sqlglot import exp

        if not self.say.touched:
            return select
        self.say.touched = False
        return select.join(exp.to_table(PARAMS), join_type="cross", copy=False)

    def query(self, last: exp.Select) -> exp.Select:
        """The last select with all steps before it."""
        from sqlglot import exp

        named_ = dict(self.made)
        if self.say.params:
            named_ = {PARAMS: self._params(self.say.params), **named_}
        keep = True if self.say.dialect.materialized else None
        ctes = [
            exp.CTE(
                this=select,
                alias=exp.TableAlias(this=exp.to_identifier(name, quoted=True)),
                materialized=keep if name != PARAMS else None,
            )
            for name, select in named_.items()
        ]
        if ctes:
            last.set("with_", exp.With(expressions=ctes))
        return last

    def _params(self, params: Mapping[str, object]) -> exp.Select:
        from sqlglot import exp

        from .exact import typed

        columns = []
        for name, value in params.items():
            said = self.say.scalar(value)  # type: ignore[arg-type]
            expr = typed(self.say.dialect, said.expr, said.bound) if said.kind == "number" else said.expr
            columns.append(aliased(expr, name))
        return exp.Select(expressions=columns)


Maker = Callable[[Scope], "Expr"]
