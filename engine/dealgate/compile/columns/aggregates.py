"""Sums over child rows: one pass over a collection for all that a step asks of it, joined to the deals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Any

import polars as pl

from ..plan import nodes as n
from . import numbers
from .cells import Cell, Number, is_nothing, nothing
from .printer import Printer
from .scope import Scope

DEAL, PLACE = "@deal", "@position"
COUNTS = 10**8
"""More child rows than any deal has."""


@dataclass(frozen=True, slots=True)
class Children:
    """What a collection's rows have: beside these columns the deal's id in ``@deal``, their order in ``@position``."""

    schema: Mapping[str, Any]
    whole: frozenset[str] = frozenset()


Pass = Callable[[pl.LazyFrame], pl.LazyFrame]


@dataclass(slots=True)
class Summed:
    """What a pass over rows gives: ``make``, a frame by ``@deal``; each aggregate's cell after joining it.

    ``fills`` says what stands where a deal has no rows.
    """

    make: Pass | None = None
    cells: dict[str, Cell] = field(default_factory=dict)
    fills: dict[str, Any] = field(default_factory=dict)


def outers(values: Sequence[n.Value | n.Rows]) -> Iterator[n.Value]:
    """The values of the deal that rows' values read."""
    for value in values:
        if isinstance(value, n.Outer):
            yield value.value
        else:
            yield from outers(list(n.inside(value)))


class Summing:
    """Aggregates of one step over one collection (``rows`` of each are a table or a grouping of the same table)."""

    def __init__(self, children: Children, aggregates: Mapping[str, n.Aggregate], zone: tzinfo) -> None:
        self.children, self.aggregates, self.zone = children, aggregates, zone
        self.outer: dict[Any, Cell] = {}
        self.seen: list[pl.Expr] = []
        """What the rows read of their deal, as the deals' frame has it."""
        self._outer_names: list[str] = []

    def wanted(self) -> list[n.Value]:
        """The values of the deal that are read."""
        return list(dict.fromkeys(outers(list(self.aggregates.values()))))

    def see(self, seen: Mapping[n.Value, Cell]) -> None:
        """The values of the deal that rows read, as columns that are to be joined to the rows."""
        for place, (value, cell) in enumerate(seen.items()):
            names = [f"@outer{place}_{m}" for m, _ in enumerate(cell.exprs())]
            if cell.constant is not None or is_nothing(cell):
                self.outer[value] = cell
                continue
            self.seen += [e.alias(name) for e, name in zip(cell.exprs(), names, strict=True)]
            self._outer_names += names
            self.outer[value] = cell.over(map(pl.col, names))

    def joined(self, rows: pl.LazyFrame, deals: pl.LazyFrame) -> pl.LazyFrame:
        """The rows beside what they read of their deal."""
        if not self.seen:
            return rows
        return rows.join(deals.select(pl.col("id").alias(DEAL), *self.seen), on=DEAL, how="left")

    def run(self) -> list[Summed]:
        """One pass for each kind of rows."""
        by_rows: dict[n.Rows, dict[str, n.Aggregate]] = {}
        for name, aggregate in self.aggregates.items():
            by_rows.setdefault(aggregate.rows, {})[name] = aggregate
        return [self._pass(rows, mine) for rows, mine in by_rows.items()]

    def _pass(self, rows: n.Rows, mine: Mapping[str, n.Aggregate]) -> Summed:
        scope = Scope(self.children.schema, self.children.whole)
        if "position" not in self.children.schema:
            scope.made["position"] = Number("number", pl.col(PLACE), True, bound=COUNTS)
        scope.outer = self.outer
        before: Pass | None = None
        if isinstance(rows, n.Grouped):
            before, scope = self._grouped(rows, scope)
        return summed(before, Printer(scope, self.zone), mine)

    # ------------------------------------------------ rows put together

    def _grouped(self, rows: n.Grouped, scope: Scope) -> tuple[Pass, Scope]:
        printer = Printer(scope, self.zone)
        key, order = printer.cell(rows.key), printer.cell(rows.order)
        inner: dict[str, Cell] = {}
        columns = [pl.col(DEAL), pl.col(PLACE), key.expr.alias("@key"), order.expr.alias("@order")]
        columns += [pl.col(name) for name in self._outer_names]
        columns += [printer.truth(rows.where).expr.alias("@where"), printer.truth(rows.picked).expr.alias("@picked")]
        made: dict[str, Cell] = {"key": key.over(iter([pl.col("@key")]))}
        ends = [("first", *part) for part in rows.firsts] + [("last", *part) for part in rows.lasts]
        summing: list[pl.Expr] = []
        in_time = [pl.col("@order"), pl.col(PLACE)]
        for which, name, _, value in ends:
            cell = printer.cell(value)
            if is_nothing(cell):
                made[name] = nothing()
                continue
            inner[name] = cell
            names = [f"@{name}_{m}" for m, _ in enumerate(cell.exprs())]
            columns += [e.alias(c) for e, c in zip(cell.exprs(), names, strict=True)]
            for column in names:
                taken = pl.col(column).filter(pl.col("@picked")).sort_by([e.filter(pl.col("@picked")) for e in in_time])
                summing.append(taken.first() if which == "first" else taken.last())
            made[name] = _maybe(cell, names)
        for name, value in rows.flags:
            columns.append(printer.truth(value).expr.alias(f"@{name}"))
            summing.append(pl.col(f"@{name}").fill_null(False).any())
            made[name] = Cell("truth", pl.col(f"@{name}"), True)
        summing += [pl.col(name).first() for name in self._outer_names]

        def put_together(frame: pl.LazyFrame) -> pl.LazyFrame:
            kept = frame.select(columns).filter(pl.col("@where"), pl.col("@key").is_not_null())
            return kept.group_by(DEAL, "@key").agg(summing)

        scope = Scope({}, made=made)
        scope.outer = self.outer
        return put_together, scope


def _maybe(cell: Cell, names: Sequence[str]) -> Cell:
    """The cell of the first or last row: null where no row was picked."""
    return replace(cell.over(map(pl.col, names)), whole=False, constant=None)


def summed(before: Pass | None, printer: Printer, aggregates: Mapping[str, n.Aggregate]) -> Summed:
    """The aggregates, by ``@deal``, of rows that ``before`` may have put together."""
    found = Summed()
    rows: list[pl.Expr] = [pl.col(DEAL)]
    totals: list[pl.Expr] = []
    wheres: dict[n.Value, str] = {}
    for name, aggregate in aggregates.items():
        if aggregate.where not in wheres:
            wheres[aggregate.where] = f"@where{len(wheres)}"
            rows.append(printer.truth(aggregate.where).expr.alias(wheres[aggregate.where]))
        where = pl.col(wheres[aggregate.where])
        one = _total(name, aggregate, where, printer, rows)
        if one is None:
            found.cells[name] = nothing() if aggregate.how == "max" else numbers.constant(0)
            continue
        expr, found.cells[name], fill = one
        totals.append(expr.alias(f"@{name}"))
        if fill is not None:
            found.fills[f"@{name}"] = fill
    if totals:
        found.make = lambda frame: (before(frame) if before else frame).select(rows).group_by(DEAL).agg(totals)
    return found


def _total(
    name: str, aggregate: n.Aggregate, where: pl.Expr, printer: Printer, rows: list[pl.Expr]
) -> tuple[pl.Expr, Cell, Any] | None:
    here = pl.col(f"@{name}")
    if aggregate.how == "count":
        return where.sum(), Number("number", here, True, bound=COUNTS), pl.lit(0, dtype=pl.UInt32)
    assert aggregate.value is not None
    cell = printer.cell(aggregate.value)
    if is_nothing(cell):
        return None
    if isinstance(cell, Number) and (aggregate.how == "sum" or cell.loose is not None):
        cell = numbers.for_sum(cell)
    column = pl.col(f"@{name}_of")
    rows.append(cell.expr.alias(f"@{name}_of"))
    taken = pl.when(where).then(column)
    if aggregate.how == "sum":
        assert isinstance(cell, Number)
        kind = pl.Int64 if cell.bound * numbers.ROWS <= 2**63 - 1 else pl.Int128
        return taken.sum(), numbers.of_sum(here, cell), pl.lit(0, dtype=kind)
    if aggregate.how == "distinct":
        many = column.filter(where & column.is_not_null()).n_unique()
        return many, Number("number", here, True, bound=COUNTS), pl.lit(0, dtype=pl.UInt32)
    return taken.max(), _maybe(cell, [f"@{name}"]), None


# ------------------------------------------------ collections that stand as lists


class Listed:
    """Counts over a collection that stands as a list in the deal's row: each condition is worked out once.

    How many rows it holds for, and for how many it is unknown, are then two sums over one list of truths.
    """

    def __init__(self, name: str, fields: Mapping[str, Any], whole: frozenset[str], zone: tzinfo) -> None:
        known = frozenset(f for f in fields if f"{name}.{f}" in whole)
        self.name = name
        self._printer = Printer(Scope(fields, known, at=lambda column: pl.element().struct.field(column)), zone)
        self._truths: dict[n.Value, pl.Expr] = {}

    def count(self, where: n.Value) -> pl.Expr | None:
        """How many rows a condition holds for; None where it asks more than the list's columns."""
        if any(True for _ in outers([where])) or _reads_place(where):
            return None
        held = self._printer.truth(where)
        if held.constant is True:
            return _count(pl.col(self.name).list.len())
        if held.constant is False or isinstance(held.dtype, pl.Null):
            return None
        if isinstance(where, n.Is) and where.answer is None:
            truths = self._kept(where.part).list.eval(pl.element().is_null())
        else:
            truths = self._kept(where)
        return _count(truths.list.sum())

    def _kept(self, where: n.Value) -> pl.Expr:
        if where not in self._truths:
            truths = pl.col(self.name).list.eval(self._printer.truth(where).expr)
            self._truths[where] = truths.alias(f"@{self.name}_{len(self._truths)}")
        return pl.col(self._truths[where].meta.output_name())

    def truths(self) -> list[pl.Expr]:
        """The lists of truths that the counts read, as columns to be made before them."""
        return list(self._truths.values())


def _count(counted: pl.Expr) -> pl.Expr:
    """A count, 0 of a list that is not there. Polars counts in UInt32; a cast to add them would look at each."""
    return counted.fill_null(0).reinterpret(dtype=pl.Int32)


def _reads_place(value: n.Value) -> bool:
    if isinstance(value, n.Column):
        return value.name == "position"
    return any(_reads_place(part) for part in n.inside(value))


def exploded(deals: pl.LazyFrame, name: str, fields: Sequence[str]) -> pl.LazyFrame:
    """The rows of a list column as a frame of their own."""
    at: Callable[[str], pl.Expr] = pl.col(name).struct.field
    rows = deals.select(pl.col("id").alias(DEAL), pl.col(name)).filter(pl.col(name).list.len() > 0).explode(name)
    return rows.with_row_index(PLACE).select(pl.col(DEAL, PLACE), *(at(f).alias(f) for f in fields))


def numbered(frame: pl.LazyFrame, columns: Sequence[str]) -> pl.LazyFrame:
    """A frame of child rows with ``@deal`` and ``@position``."""
    rows = frame.rename({"deal": DEAL})
    if "position" in columns:
        return rows.with_columns(pl.col("position").alias(PLACE))
    return rows.with_row_index(PLACE)
