"""A plan carried out over frames: one lazy frame of verdicts, from whatever lazy frames the deals are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl

from ...model.process import Process
from ..plan import nodes as n
from ..plan.plan import Judged, Plan, Shape, Step
from .aggregates import COUNTS, DEAL, Children, Listed, Summing, exploded, numbered
from .cells import Cell, Number, constant_truth, is_nothing
from .changes import with_sides
from .choices import in_enum
from .printer import Printer, compare, constant, exactly
from .scope import Scope
from .verdicts import GROUP, Answered, Standing

FRAMEWORK = pl.Enum(["qualified", "not_qualified", "disqualified", "nurture", "unknown"])
Table = pl.DataFrame | pl.LazyFrame


class Held(Protocol):
    """Deals and their children in the canonical types of ``compile/frames.py``; the frames may be lazy."""

    @property
    def deals(self) -> Any:
        """A deal a row."""

    @property
    def children(self) -> Mapping[str, Any]:
        """A child record a row, by collection; a collection may also stand in ``deals`` as a list of structs."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The columns that are asked for, beside ``id`` and a status a criterion.

    ``group``: where the deal stands; ``state``: how it stands in its stage, null where it is not judged there;
    ``readiness``: the share of what it needs to leave; ``framework.<id>``: a framework's status.
    """

    state: bool = True
    group: bool = False
    readiness: bool = False
    frameworks: bool = False
    keep: tuple[str, ...] = ()
    """Columns of the deals, as they are, where there are such."""


ALL = Wanted(group=True, readiness=True, frameworks=True)


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of frames and their types; ``whole`` are those without a null (``collection.column`` of others)."""

    deals: Mapping[str, Any]
    children: Mapping[str, Mapping[str, Any]]
    whole: frozenset[str]

    def key(self) -> object:
        """What is equal for frames that the same expressions fit."""
        children = tuple((name, tuple(fields.items())) for name, fields in sorted(self.children.items()))
        return tuple(self.deals.items()), children, self.whole


def layout_of(frames: Held) -> Layout:
    """The columns there are, of frames that are ``ready``. Only frames that are not lazy say which hold no null."""
    deals = dict(schema_of(frames.deals))
    children = {name: dict(schema_of(frame)) for name, frame in frames.children.items()}
    whole = set(_whole(frames.deals))
    for name, frame in frames.children.items():
        whole |= {f"{name}.{column}" for column in _whole(frame)}
    if isinstance(frames.deals, pl.DataFrame):
        whole |= _whole_inside(frames.deals, {k: v for k, v in _lists(deals).items() if k not in children})
    return Layout(deals, children, frozenset(whole))


def shape_of(layout: Layout) -> Shape:
    """What a plan is made for."""
    columns, whole = set(layout.deals), set(layout.whole)
    children = {name: frozenset(fields) - {"deal"} for name, fields in layout.children.items()}
    for name, fields in _lists(layout.deals).items():
        if name not in children:
            children[name] = frozenset(fields) | {"position"}
            columns.discard(name)
            whole.discard(name)
            if name not in layout.whole:
                columns.add(f"{name}.synced")
                whole.add(f"{name}.synced")
    return Shape(frozenset(columns), children, frozenset(whole))


def _whole_inside(deals: pl.DataFrame, lists: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Fields of lists without a null. Where no bit is set Polars sums a list of truths in no time."""
    found: set[str] = set()
    for name, fields in lists.items():
        if fields:
            null = pl.any_horizontal([pl.element().struct.field(f).is_null() for f in fields])
            if not deals.select(pl.col(name).list.eval(null).list.sum().sum()).item():
                found |= {f"{name}.{f}" for f in fields}
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """Frames that a plan can read: the changes' sides are typed."""

    deals: Any
    children: Mapping[str, Any]


def ready(frames: Held, process: Process) -> Ready:
    """The frames as a plan reads them; what is lazy stays so."""
    children = dict(frames.children)
    held = children.get("changes")
    if held is not None:
        lazy = with_sides(held.lazy(), list(schema_of(held)), process)
        children["changes"] = lazy.collect() if isinstance(held, pl.DataFrame) else lazy
    return Ready(frames.deals, children)


def schema_of(frame: Table) -> Mapping[str, Any]:
    """A frame's columns and their types."""
    return frame.schema if isinstance(frame, pl.DataFrame) else frame.collect_schema()


def _whole(frame: Table) -> Iterator[str]:
    if isinstance(frame, pl.DataFrame):
        yield from (column.name for column in frame.iter_columns() if not column.null_count())


def _lists(schema: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Columns that are lists of structs: collections."""
    return {
        name: {f.name: f.dtype for f in dtype.inner.fields}
        for name, dtype in schema.items()
        if isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct) and not name.endswith(".unfit")
    }


@dataclass(slots=True)
class _State:
    """Frames as they are worked on; ``given`` are the deals as they came, ``before`` as they are before a step."""

    given: pl.LazyFrame
    before: pl.LazyFrame
    deals: pl.LazyFrame
    children: Mapping[str, Any]


_Work = Callable[[_State], None]


class Columns:
    """A plan printed for frames of certain columns; it may be carried out over any frames that have just these."""

    def __init__(self, plan: Plan, layout: Layout, wanted: Wanted = ALL) -> None:
        self.plan, self.layout, self.zone = plan, layout, plan.process.calendar.zone
        self.scope = Scope(layout.deals, layout.whole)
        self.lists = _lists(layout.deals)
        self._works: list[_Work] = []
        self._answers: list[pl.Expr] = []
        self._columns = self._printed(wanted)

    def over(self, frames: Held) -> pl.LazyFrame:
        """The verdicts, a row a deal in the order of the deals."""
        given = frames.deals.lazy()
        state = _State(given, given, given, frames.children)
        for work in self._works:
            work(state)
        return state.deals.select(self._columns)

    # ------------------------------------------------ steps

    def _printed(self, wanted: Wanted) -> list[pl.Expr]:
        for step in self.plan.steps:
            self._step(step)
        printer = Printer(self.scope, self.zone)
        answered = [self._answered(place, judged, printer) for place, judged in enumerate(self.plan.judged)]
        columns = [pl.col("id")]
        columns += [a.status().alias(a.judged.criterion.id) for a in answered]
        columns += self._standing(answered, printer, wanted)
        columns += [pl.col(name) for name in wanted.keep if name in self.layout.deals]
        self._with_columns(self._answers)
        return columns

    def _with_columns(self, columns: list[pl.Expr]) -> None:
        def work(state: _State) -> None:
            state.deals = state.deals.with_columns(columns)

        if columns:
            self._works.append(work)

    def _step(self, step: Step) -> None:
        def begin(state: _State) -> None:
            state.before = state.deals

        self._works.append(begin)
        by_table: dict[str, dict[str, n.Aggregate]] = {}
        counts: list[pl.Expr] = []
        listed: dict[str, Listed] = {}
        for name, aggregate in step.aggregates.items():
            table = aggregate.rows.name if isinstance(aggregate.rows, n.Table) else aggregate.rows.table
            found = self._in_list(table, aggregate, listed)
            if found is None:
                by_table.setdefault(table, {})[name] = aggregate
            else:
                counts.append(found.alias(f"@{name}"))
                self.scope.shared[name] = Number("number", pl.col(f"@{name}"), True, bound=COUNTS)
        for table, mine in by_table.items():
            self._sum(table, mine)
        self._with_columns([truth for one in listed.values() for truth in one.truths()])
        self._with_columns(counts)
        printer = Printer(self.scope, self.zone)
        columns: list[pl.Expr] = []
        cells: dict[str, Cell] = {}
        for name, value in step.values.items():
            cells[name], made = _kept(name, printer.cell(value))
            columns += made
        self._with_columns(columns)
        self.scope.shared.update(cells)

    def _in_list(self, table: str, aggregate: n.Aggregate, listed: dict[str, Listed]) -> pl.Expr | None:
        alone = aggregate.how == "count" and isinstance(aggregate.rows, n.Table) and table not in self.layout.children
        if not alone or table not in self.lists:
            return None
        if table not in listed:
            listed[table] = Listed(table, self.lists[table], self.layout.whole, self.zone)
        return listed[table].count(aggregate.where)

    def _sum(self, table: str, aggregates: Mapping[str, n.Aggregate]) -> None:
        mine = f"{table}."
        whole = frozenset(name.removeprefix(mine) for name in self.layout.whole if name.startswith(mine))
        own = self.layout.children.get(table)
        fields = own if own is not None else self.lists.get(table, {})
        summing = Summing(Children(fields, whole), aggregates, self.zone)
        printer = Printer(self.scope, self.zone)
        summing.see({value: printer.cell(value) for value in summing.wanted()})
        passes = summing.run()

        def work(state: _State) -> None:
            if own is None:
                rows = exploded(state.given, table, list(fields))
            else:
                rows = numbered(state.children[table].lazy(), list(own))
            rows = summing.joined(rows, state.before)
            for one in passes:
                if one.make is not None:
                    sums = one.make(rows)
                    state.deals = state.deals.join(sums, left_on="id", right_on=DEAL, how="left", maintain_order="left")
                if one.fills:
                    filled = [pl.col(name).fill_null(value) for name, value in one.fills.items()]
                    state.deals = state.deals.with_columns(filled)

        self._works.append(work)
        for one in passes:
            self.scope.shared.update(one.cells)

    # ------------------------------------------------ answers

    def _answered(self, place: int, judged: Judged, printer: Printer) -> Answered:
        """A criterion's answers, named so that each is worked out once."""
        cells: list[Cell | None] = []
        for which, value in (("holds", judged.holds), ("applies", judged.applies), ("waived", judged.waived)):
            if value is None:
                cells.append(None)
                continue
            cell, made = _kept(f"{which}{place}", printer.truth(value))
            self._answers += made
            cells.append(cell)
        holds, applies, waived = cells
        assert holds is not None
        return Answered(judged, holds, applies, waived)

    def _standing(self, answered: list[Answered], printer: Printer, wanted: Wanted) -> list[pl.Expr]:
        found: list[pl.Expr] = []
        plan = self.plan
        if wanted.group:
            found.append(in_enum(printer.cell(plan.group), GROUP).alias("group"))
        if wanted.state or wanted.readiness:
            counted, made = _kept("counted", exactly(printer.truth(plan.counted), True))
            self._answers += made
            stage = printer.cell(n.Column("stage", "choice"))
            here = []
            for place, required in enumerate(plan.required):
                cell, made = _kept(f"here{place}", exactly(self._is(stage, required.stage), True))
                self._answers += made
                here.append(cell.expr)
            standing = Standing(plan.required, here, answered)
            if wanted.state:
                found.append(standing.state(counted.expr).alias("state"))
            if wanted.readiness:
                found.append(standing.readiness(counted.expr).alias("readiness"))
        if wanted.frameworks:
            for name, value in plan.frameworks.items():
                found.append(in_enum(printer.cell(value), FRAMEWORK).alias(f"framework.{name}"))
        return found

    @staticmethod
    def _is(stage: Cell, name: str) -> Cell:
        return constant_truth(False) if is_nothing(stage) else compare("==", stage, constant(name))


def _kept(name: str, cell: Cell) -> tuple[Cell, list[pl.Expr]]:
    """A cell as columns of its own, which later expressions read; constants stay what they are."""
    if is_nothing(cell) or cell.constant is not None or isinstance(cell.dtype, pl.Null):
        return cell, []
    exprs = list(cell.exprs())
    if all(e.meta.is_column() for e in exprs):
        return cell, []
    names = [f"@{name}" if len(exprs) == 1 else f"@{name}_{place}" for place in range(len(exprs))]
    return cell.over(map(pl.col, names)), [e.alias(m) for e, m in zip(exprs, names, strict=True)]
