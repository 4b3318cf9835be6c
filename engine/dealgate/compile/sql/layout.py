"""The staging relation: which columns the compiled checks read, and of what type they are in each dialect.

Tables are ``deals`` and one per collection; a column is the field's id with ``__`` for every dot. Beside a field ``f``
stand, where they are read: ``f__folded`` (stripped and case-folded), ``f__day`` (the local day of an instant, in the
process's zone) and ``f__placeholder``. Numbers are whole: percents and decimals scaled by ``10 ** Stored.scale``,
money in minor units, durations in microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..plan.nodes import (
    Aggregate,
    Case,
    Coalesce,
    Column,
    DayOf,
    Folded,
    Grouped,
    Outer,
    Placeholder,
    Shared,
    Table,
    Value,
    inside,
)
from ..plan.plan import Plan
from .dialects import SMALL, Dialect

DEALS = "deals"
GROUPED = "(grouped)"
"""Stands for rows that are made, not read."""
Form = Literal["value", "folded", "day", "placeholder", "key"]
_KINDS = {"integer": "whole", "level": "whole", "number": "number", "percent": "number", "money": "money",
          "duration": "duration", "date": "date", "datetime": "datetime", "boolean": "boolean", "choice": "choice",
          "multi_choice": "choices"}  # fmt: skip
_DIGITS = {"whole": 19, "money": 18, "number": 20, "duration": 19}
"""Digits before the point that a value has at most."""
_SHORT = {"whole": 15, "money": 15, "number": 11, "duration": 18}
"""The same where whole numbers have 64 bits and no others: staging holds what is longer to be no value."""
_OF_TYPE = {"level": 9}
_POSITION = 6
_SCALE, _SHORT_SCALE = 9, 4


@dataclass(frozen=True, slots=True)
class Stored:
    """How a column is held: the kind of value, and of numbers the scale and how many digits the whole ones have."""

    kind: str
    scale: int = 0
    digits: int = 18

    @property
    def bound(self) -> int:
        """No whole number of the column is further from 0."""
        return SMALL if self.digits == 19 else 10**self.digits - 1


@dataclass(frozen=True, slots=True)
class Need:
    """A staging column that is read. ``field`` is the field's id (of a change's side: the field that changed)."""

    table: str
    column: str
    field: str
    form: Form
    type: str
    side: str = ""
    """``from`` or ``to`` of a change."""

    @property
    def kind(self) -> str:
        """The kind of its values."""
        return {"day": "date", "placeholder": "boolean", "folded": "text"}.get(self.form) or kind_of(self.type)


@dataclass(frozen=True, slots=True)
class Layout:
    """How each staging column is held. ``rows``: how many child rows of one kind a deal has at most.

    ``settled``: stages are those that the process has, none is one that it has no more.
    """

    tables: Mapping[str, Mapping[str, Stored]] = field(default_factory=dict)
    rows: int = 10**6
    settled: bool = False

    def column(self, table: str, name: str) -> Stored | None:
        """How a column is held, None where there is none."""
        return self.tables.get(table, {}).get(name)


def kind_of(field_type: str) -> str:
    """The kind of a field type's values."""
    return _KINDS.get(field_type, "text")


def sql_type(stored: Stored, dialect: Dialect) -> str:
    """The column type that holds it."""
    wide = stored.kind in _DIGITS and stored.bound > SMALL
    return dialect.large if wide and dialect.large is not None else dialect.types[stored.kind]


def staging_name(field_id: str) -> str:
    """The column of a field: ``account.employees`` is ``account__employees``."""
    return field_id.replace(".", "__")


def choices_text(options: Iterable[str]) -> str:
    """A set of choices as text: ``|a|b|``, sorted; the empty one is ``|``."""
    return "|" + "".join(f"{_escaped(o)}|" for o in sorted(options))


def _escaped(option: str) -> str:
    return option.replace("\\", "\\\\").replace("|", "\\p")


def declared(plan: Plan, dialect: Dialect) -> Layout:
    """The layout before any data is known: what the language admits.

    Staging makes no value of what has more digits or more places than this says.
    """
    short = dialect.large is None
    tables: dict[str, dict[str, Stored]] = {}
    for need in needs(plan):
        digits = _OF_TYPE.get(need.type) or (_SHORT if short else _DIGITS).get(need.kind, 0)
        digits = _POSITION if need.column == "position" else digits
        scale = (_SHORT_SCALE if short else _SCALE) if need.kind == "number" else 0
        tables.setdefault(need.table, {})[need.column] = Stored(need.kind, scale, digits + scale)
    return Layout(tables, 1000 if short else 10**6)


# ---------------------------------------------------------------- what is read


def needs(plan: Plan) -> tuple[Need, ...]:
    """Every staging column that the plan's SQL reads, keys first."""
    found: dict[tuple[str, str], Need] = {(DEALS, "id"): Need(DEALS, "id", "id", "key", "text")}
    stage = plan.process.catalogue.deal.get("stage")
    read = [r for value in values_of(plan) for r in reads(value)]
    if any(table == DEALS and name == "stage" for table, name, _, _ in read) and stage is not None:
        found[DEALS, "stage"] = Need(DEALS, "stage", "stage", "value", stage.type)
    for table, name, type_, form in sorted(read, key=lambda r: r[3] != "key"):
        if table not in ("", GROUPED):
            need = _need(table, name, type_, form, plan)
            found.setdefault((table, need.column), need)
    return tuple(found.values())


def values_of(plan: Plan) -> Iterator[Value]:
    """All values of a plan, in the order they are worked out."""
    for step in plan.steps:
        yield from step.aggregates.values()
        yield from step.values.values()
    for judged in plan.judged:
        yield from (v for v in (judged.holds, judged.applies, judged.waived) if v is not None)
    yield plan.group
    yield plan.counted
    yield from plan.frameworks.values()


Reading = tuple[str, str, str, Form]
"""Table (of a shared value: empty), name, type and form."""


def reads(node: Value, table: str = DEALS, form: Form = "value") -> Iterator[Reading]:
    """What a value reads of which table; a form asked of a choice among columns is asked of each."""
    match node:
        case Column(name, type_):
            yield table, name, type_, form
        case Placeholder(name):
            yield table, name, "boolean", "placeholder"
        case Shared(name):
            yield "", name, "", "value"
        case DayOf(part):
            yield from reads(part, table, "day")
        case Folded(part):
            yield from reads(part, table, "folded")
        case Outer(value):
            yield from reads(value, DEALS, form)
        case Case(branches, otherwise):
            for condition, value in branches:
                yield from reads(condition, table)
                yield from reads(value, table, form)
            yield from reads(otherwise, table, form)
        case Coalesce(parts):
            for part in parts:
                yield from reads(part, table, form)
        case Aggregate(rows=rows, where=where, value=value):
            own = table_of(rows)
            yield own, "deal", "reference", "key"
            yield own, "position", "integer", "key"
            asked = [where] if value is None else [where, value]
            if isinstance(rows, Grouped):
                made = [r for part in asked for r in reads(part, GROUPED)]
                yield from (r for r in made if r[0] != GROUPED)
                yield from _of_groups(rows, {(r[1], r[3]) for r in made if r[0] == GROUPED})
                return
            for part in asked:
                yield from reads(part, own)
        case _:
            for part in inside(node):
                yield from reads(part, table)


def _of_groups(rows: Grouped, asked: set[tuple[str, Form]]) -> Iterator[Reading]:
    for part in (rows.where, rows.key, rows.order, rows.picked, *(value for _, value in rows.flags)):
        yield from reads(part, rows.table)
    for name, _, value in (*rows.firsts, *rows.lasts):
        for form in sorted(f for n, f in asked if n == name):
            yield from reads(value, rows.table, form)


def asked_of_groups(plan: Plan) -> dict[Grouped, set[tuple[str, Form]]]:
    """What is read of each way of grouping rows: names and forms."""
    found: dict[Grouped, set[tuple[str, Form]]] = {}
    for step in plan.steps:
        for aggregate in step.aggregates.values():
            if isinstance(aggregate.rows, Grouped):
                parts = [aggregate.where] if aggregate.value is None else [aggregate.where, aggregate.value]
                made = (r for part in parts for r in reads(part, GROUPED) if r[0] == GROUPED)
                found.setdefault(aggregate.rows, set()).update((r[1], r[3]) for r in made)
    return found


def table_of(rows: Table | Grouped) -> str:
    """The staging table that rows are of."""
    return rows.name if isinstance(rows, Table) else rows.table


def _need(table: str, name: str, type_: str, form: Form, plan: Plan) -> Need:
    column = column_of(name, form)
    base, _, side = name.partition(".from") if ".from" in name else name.partition(".to")
    if table == "changes" and side in ("", ".currency") and name != base and base in plan.process.catalogue.deal:
        return Need(table, column, base, form, type_, name[len(base) + 1 :].partition(".")[0])
    return Need(table, column, name, form, type_)


def column_of(name: str, form: Form) -> str:
    """The staging column of a field in one of its forms."""
    return staging_name(name) + ("" if form in ("value", "key") else f"__{form}")
