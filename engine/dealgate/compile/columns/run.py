"""A plan carried out over frames: one lazy frame of verdicts, from whatever lazy frames the deals are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl

from ...model.process import Process
from ..plan import nodes as n
from ..plan.plan import Judged, Plan, Shape, Step
from .aggregates import DEAL, PLACE, Children, Summing, exploded, in_list
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
    """The columns that are asked for, beside ``id`` and a status a criterion."""

    state: bool = True
    group: bool = False
    readiness: bool = False
    frameworks: bool = False


ALL = Wanted(group=True, readiness=True, frameworks=True)


def judge_frames(plan: Plan, frames: Held, wanted: Wanted = ALL) -> pl.LazyFrame:
    """Verdicts, a row a deal in the order of the deals: ``id``, a column a criterion, and what is ``wanted``.

    ``group``: where the deal stands; ``state``: how it stands in its stage, null where it is not judged there;
    ``readiness``: the share of what it needs to leave; ``framework.<id>``: a framework's status.
    """
    return _Run(plan, frames).frame(wanted)


def shape_of(frames: Held) -> Shape:
    """What columns there are, of frames that are ``ready``. Only frames that are not lazy say which of them hold no null."""
    deals = _schema(frames.deals)
    columns, whole = set(deals), set(_whole(frames.deals))
    children = {name: frozenset(_schema(frame)) - {"deal"} for name, frame in frames.children.items()}
    for name, fields in _lists(deals).items():
        if name not in children:
            children[name] = frozenset(fields) | {"position"}
            columns.discard(name)
            if name not in whole:
                columns.add(f"{name}.synced")
                whole.add(f"{name}.synced")
    for name, frame in frames.children.items():
        whole |= {f"{name}.{column}" for column in _whole(frame)}
    return Shape(frozenset(columns), children, frozenset(whole))


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
        lazy = with_sides(held.lazy(), list(_schema(held)), process)
        children["changes"] = lazy.collect() if isinstance(held, pl.DataFrame) else lazy
    return Ready(frames.deals, children)


def _schema(frame: Table) -> Mapping[str, Any]:
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


class _Run:
    def __init__(self, plan: Plan, frames: Held) -> None:
        self.plan, self.zone = plan, plan.process.calendar.zone
        self.deals: pl.LazyFrame = frames.deals.lazy()
        schema = _schema(frames.deals)
        self.scope = Scope(schema, frozenset(_whole(frames.deals)))
        self.lists = _lists(schema)
        self._answers: list[pl.Expr] = []
        self.children: dict[str, Children] = {}
        for name, frame in frames.children.items():
            rows = frame.lazy().rename({"deal": DEAL})
            held = dict(_schema(frame))
            placed = "position" in held
            rows = rows.with_columns(pl.col("position").alias(PLACE)) if placed else rows.with_row_index(PLACE)
            self.children[name] = Children(rows, held, frozenset(_whole(frame)))

    # ------------------------------------------------ steps

    def frame(self, wanted: Wanted) -> pl.LazyFrame:
        """The verdicts."""
        for step in self.plan.steps:
            self._step(step)
        printer = Printer(self.scope, self.zone)
        answered = [self._answered(place, judged, printer) for place, judged in enumerate(self.plan.judged)]
        columns = [pl.col("id")]
        columns += [a.status().alias(a.judged.criterion.id) for a in answered]
        columns += self._standing(answered, printer, wanted)
        return self._with_answers().select(columns)

    def _step(self, step: Step) -> None:
        by_table: dict[str, dict[str, n.Aggregate]] = {}
        counts: list[pl.Expr] = []
        for name, aggregate in step.aggregates.items():
            table = aggregate.rows.name if isinstance(aggregate.rows, n.Table) else aggregate.rows.table
            found = self._in_list(table, aggregate)
            if found is None:
                by_table.setdefault(table, {})[name] = aggregate
            else:
                counts.append(found.alias(f"@{name}"))
                self.scope.shared[name] = Number("number", pl.col(f"@{name}"), True, bound=10**8)
        before = self.deals
        if counts:
            self.deals = self.deals.with_columns(counts)
        for table, mine in by_table.items():
            self._sum(table, mine, before)
        printer = Printer(self.scope, self.zone)
        columns: list[pl.Expr] = []
        cells: dict[str, Cell] = {}
        for name, value in step.values.items():
            cells[name], made = _kept(name, printer.cell(value))
            columns += made
        if columns:
            self.deals = self.deals.with_columns(columns)
        self.scope.shared.update(cells)

    def _in_list(self, table: str, aggregate: n.Aggregate) -> pl.Expr | None:
        alone = aggregate.how == "count" and isinstance(aggregate.rows, n.Table) and table not in self.children
        if not alone or table not in self.lists:
            return None
        return in_list(table, self.lists[table], aggregate.where, self.zone)

    def _sum(self, table: str, aggregates: Mapping[str, n.Aggregate], before: pl.LazyFrame) -> None:
        children = self.children.get(table)
        if children is None:
            children = exploded(before, "id", table, self.lists.get(table, {}))
        summing = Summing(children, aggregates, self.zone)
        printer = Printer(self.scope, self.zone)
        summing.see(self.deals, "id", {value: printer.cell(value) for value in summing.wanted()})
        for found in summing.run():
            if found.frame is not None:
                self.deals = self.deals.join(
                    found.frame, left_on="id", right_on=DEAL, how="left", maintain_order="left"
                )
                if found.fills:
                    filled = [pl.col(name).fill_null(value) for name, value in found.fills.items()]
                    self.deals = self.deals.with_columns(filled)
            self.scope.shared.update(found.cells)

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

    def _with_answers(self) -> pl.LazyFrame:
        return self.deals.with_columns(self._answers) if self._answers else self.deals

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
