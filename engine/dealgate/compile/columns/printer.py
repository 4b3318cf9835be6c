"""Every node of the algebra as a Polars expression over the table at hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from fractions import Fraction
from operator import and_, or_
from typing import Any

import polars as pl

from ..plan import nodes as n
from . import choices, numbers, texts
from .cells import MOMENT, Cell, Number, constant_truth, halved, is_nothing, nothing, truth
from .loose import of_float
from .scope import Scope

_FIRST, _LAST = date.min, date.max
_YEARS = 3_652_059
"""Days of the calendar, years 1 to 9999, seen from 1970 either way: no day's number is larger."""


class Printer:
    """Prints values over one table. ``zone`` is the process's."""

    def __init__(self, scope: Scope, zone: tzinfo = UTC) -> None:
        self.scope, self.zone = scope, zone
        self._known: dict[int, tuple[n.Value, Cell]] = {}
        """By identity: as Python compares, what is 1 in one place equals what is true in another."""

    def cell(self, node: n.Value) -> Cell:
        """A value printed."""
        found = self._known.get(id(node))
        if found is None:
            printed = self._printed(node)
            found = self._known[id(node)] = node, settled(printed) if self._is_fixed(node) else printed
        return found[1]

    def _is_fixed(self, node: n.Value) -> bool:
        """Whether a value is made of constants alone."""
        parts = [self._known.get(id(part)) for part in n.inside(node)]
        return bool(parts) and all(p is not None and _is_constant(p[1]) for p in parts)

    def truth(self, node: n.Value) -> Cell:
        """A three-valued truth printed."""
        found = self.cell(node)
        return constant_truth(None) if is_nothing(found) else found

    # ------------------------------------------------ dispatch

    def _printed(self, node: n.Value) -> Cell:
        match node:
            case n.Column(name, kind):
                return self.scope.column(name, kind)
            case n.Shared(name):
                return self.scope.shared[name]
            case n.Outer(value):
                return self.scope.outer[value]
            case n.Constant(value) | n.Param(_, value):
                return constant(value)
            case n.And(parts):
                return self._all([self.truth(p) for p in parts], False)
            case n.Or(parts):
                return self._all([self.truth(p) for p in parts], True)
            case n.Not(part):
                return inverted(self.truth(part))
            case n.Is(part, answer):
                return exactly(self.truth(part), answer)
            case n.IsNull(part):
                return missing(self.cell(part))
            case n.Empty(part):
                return self._empty(self.cell(part))
            case n.Placeholder(field):
                return self._placeholder(f"{field}.unfit")
            case n.Compare(sign, left, right):
                return compare(sign, self.cell(left), self.cell(right))
            case n.Case(branches, otherwise):
                return self._case([(self.truth(c), self.cell(v)) for c, v in branches], self.cell(otherwise))
            case n.Coalesce(parts):
                return self._coalesce([self.cell(p) for p in parts])
        return self._word(node) or self._time(node) or self._number(node)

    def _word(self, node: n.Value) -> Cell | None:
        match node:
            case n.Among(part, values):
                return self._among(self.cell(part), values)
            case n.Holds(how, text, part):
                return self._holds(how, self.cell(text), self.cell(part))
            case n.Matches(text, pattern):
                found = self.cell(text)
                if is_nothing(found):
                    return constant_truth(None)
                return truth(texts.matches(choices.as_text(found), pattern), whole=found.whole)
            case n.Has(how, part, options):
                found = self.cell(part)
                return constant_truth(None) if is_nothing(found) else choices.has(how, found, sorted(options))
            case n.Folded(part):
                return self._folded(self.cell(part))
            case n.Rank(part, options):
                found = self.cell(part)
                if is_nothing(found):
                    return found
                if found.constant is not None:
                    at = found.constant in options
                    return numbers.constant(options.index(found.constant)) if at else nothing()
                return choices.rank(found, options)
        return None

    def _number(self, node: n.Value) -> Cell:
        match node:
            case n.Sum(parts):
                found = [self.cell(p) for p in parts]
                return nothing() if any(map(is_nothing, found)) else numbers.added(_numbers(found))
            case n.Scaled(part, ratio):
                one = self.cell(part)
                return one if is_nothing(one) else numbers.scaled(_numbers([one])[0], ratio)
            case n.Product(left, right):
                found = [self.cell(left), self.cell(right)]
                return nothing() if any(map(is_nothing, found)) else numbers.product(*_numbers(found))
            case n.Absolute(part):
                one = self.cell(part)
                return one if is_nothing(one) else numbers.absolute(_numbers([one])[0])
            case n.Least(parts):
                found = [self.cell(p) for p in parts]
                return nothing() if any(map(is_nothing, found)) else numbers.least(_numbers(found))
            case n.IntDiv(part, by):
                one = self.cell(part)
                return one if is_nothing(one) else numbers.divided(_numbers([one])[0], by)
        raise TypeError(f"{type(node).__name__} is no value of a table")

    def _time(self, node: n.Value) -> Cell | None:
        if not isinstance(node, (n.DayOf, n.DayNumber, n.Year, n.Month, n.AddDays, n.AddTime)):
            return None
        found = self.cell(node.part)
        if is_nothing(found):
            return found
        expr, whole = found.expr, found.whole
        match node:
            case n.DayOf():
                return Cell("day", day_of(expr, self.zone), whole, None, pl.Date())
            case n.DayNumber():
                return Number("number", expr.to_physical(), whole, bound=_YEARS)
            case n.Year():
                return Number("number", expr.dt.year(), whole, bound=9999)
            case n.Month():
                return Number("number", expr.dt.month().cast(pl.Int32), whole, bound=12)
            case n.AddDays(_, days):
                moved = expr.to_physical() + pl.lit(days, dtype=pl.Int32)
                return Cell("day", moved.cast(pl.Date), whole, None, pl.Date())
        moved = expr.to_physical() + pl.lit(node.microseconds, dtype=pl.Int64)
        return Cell("instant", moved.cast(MOMENT), whole, None, MOMENT)

    # ------------------------------------------------ truths

    def _all(self, parts: Sequence[Cell], final: bool) -> Cell:
        """Kleene's and (``final`` is False) or or (True)."""
        kept = [p for p in parts if p.constant is not (not final)]
        if any(p.constant is final for p in kept):
            return constant_truth(final)
        if not kept:
            return constant_truth(not final)
        if len(kept) == 1:
            return kept[0]
        joined = halved([p.expr for p in kept], or_ if final else and_)
        return truth(joined, whole=all(p.whole for p in kept))

    def _empty(self, cell: Cell) -> Cell:
        if is_nothing(cell):
            return constant_truth(True)
        none = cell.expr.list.len() == 0
        return truth(none if cell.whole else none.fill_null(True), whole=True)

    def _placeholder(self, name: str) -> Cell:
        dtype = self.scope.schema.get(name)
        if dtype is None or dtype == pl.Null:
            return constant_truth(False)
        why = self.scope.at(name).struct.field("why")
        return truth((why == "placeholder").fill_null(False), whole=True)

    # ------------------------------------------------ choices between values

    def _case(self, branches: Sequence[tuple[Cell, Cell]], otherwise: Cell) -> Cell:
        kept = []
        for condition, value in branches:
            if condition.constant is True:
                otherwise = value
                break
            if condition.constant is None and not _never(condition):
                kept.append((condition.expr, value))
        values = [v for v in (*(v for _, v in kept), otherwise) if not is_nothing(v)]
        if not kept or not values:
            return otherwise
        if values[0].kind == "truth":
            return truth(
                numbers.pick(kept, otherwise, [v.expr for v in values], pl.Boolean),
                whole=all(v.whole for v in (*(v for _, v in kept), otherwise)),
            )
        return numbers.chosen(kept, otherwise) if values[0].kind == "number" else choices.joined(kept, otherwise)

    def _coalesce(self, parts: Sequence[Cell]) -> Cell:
        kept: list[Cell] = []
        for part in parts:
            if not is_nothing(part):
                kept.append(part)
                if part.whole:
                    break
        if len(kept) < 2:
            return kept[0] if kept else nothing()
        if kept[0].kind == "number":
            return numbers.coalesced(_numbers(kept))
        if kept[0].kind == "truth":
            return truth(pl.coalesce([p.expr for p in kept]), whole=any(p.whole for p in kept))
        exprs, kind = choices.alike(kept)
        return Cell(kept[0].kind, pl.coalesce(exprs), any(p.whole for p in kept), None, kind)

    # ------------------------------------------------ words

    def _among(self, part: Cell, values: Sequence[Any]) -> Cell:
        if is_nothing(part):
            return constant_truth(None)
        if isinstance(part, Number):
            return self._all([numbers.compare("==", part, numbers.constant(v)) for v in values], True)
        return choices.among(part, values)

    def _holds(self, how: str, text: Cell, part: Cell) -> Cell:
        if is_nothing(text) or is_nothing(part):
            return constant_truth(None)
        whole = text.whole and part.whole
        held, wanted = choices.as_text(text), choices.as_text(part)
        if how == "contains":
            return truth(held.str.contains(wanted, literal=True), whole=whole)
        return truth(held.str.starts_with(wanted), whole=whole)

    def _folded(self, part: Cell) -> Cell:
        if is_nothing(part):
            return part
        if part.constant is not None:
            return choices.constant(part.constant.strip().casefold())
        return Cell("text", texts.folded(choices.as_text(part)), part.whole, None, pl.String())


def constant(value: n.Scalar) -> Cell:
    """A constant printed; None is nothing."""
    if value is None:
        return nothing()
    if isinstance(value, bool):
        return constant_truth(value)
    if isinstance(value, (int, Decimal, Fraction)):
        return numbers.constant(value)
    return choices.constant(value)


def _is_constant(cell: Cell) -> bool:
    return cell.constant is not None or is_nothing(cell) or _never(cell)


def settled(cell: Cell) -> Cell:
    """What is made of constants alone, worked out: for Polars an expression without a column is one row long."""
    if _is_constant(cell):
        return cell
    if isinstance(cell, Number) and cell.loose is not None:
        return constant(cell.loose.exact(()))
    value = pl.select(cell.expr).item()
    if value is None:
        return constant_truth(None) if cell.kind == "truth" else nothing()
    if isinstance(cell, Number):
        return constant(of_float(value) if cell.floating else value * cell.ratio)
    if isinstance(value, datetime):
        return constant(value.astimezone(UTC))
    return constant(frozenset(value) if isinstance(value, (list, pl.Series)) else value)


def compare(sign: str, left: Cell, right: Cell) -> Cell:
    """Two values of one type compared; null where one is."""
    if is_nothing(left) or is_nothing(right):
        return constant_truth(None)
    if isinstance(left, Number) and isinstance(right, Number):
        return numbers.compare(sign, left, right)
    if left.kind == "truth" and isinstance(right.constant, bool):
        return left if right.constant is (sign == "==") else inverted(left)
    return choices.compare(sign, left, right)


def inverted(cell: Cell) -> Cell:
    """Kleene's not."""
    if cell.constant is not None or _never(cell):
        return constant_truth(None if cell.constant is None else not cell.constant)
    return truth(~cell.expr, whole=cell.whole)


def _never(cell: Cell) -> bool:
    """Whether a truth is the constant null."""
    return cell.kind == "truth" and isinstance(cell.dtype, pl.Null)


def exactly(cell: Cell, answer: bool | None) -> Cell:
    """Whether a truth is exactly this; never null."""
    if cell.constant is not None:
        return constant_truth(cell.constant is answer)
    if answer is None:
        return constant_truth(False) if cell.whole else truth(cell.expr.is_null(), whole=True)
    expr = cell.expr if answer else ~cell.expr
    return truth(expr if cell.whole else expr.fill_null(False), whole=True)


def missing(cell: Cell) -> Cell:
    """Whether there is no value; never null."""
    if is_nothing(cell):
        return constant_truth(True)
    if cell.whole:
        return constant_truth(False)
    there = numbers.present(cell) if isinstance(cell, Number) else cell.expr.is_not_null()
    return truth(~there if isinstance(cell, Number) else cell.expr.is_null(), whole=True)


def day_of(expr: pl.Expr, zone: tzinfo) -> pl.Expr:
    """The local day of instants, within years 1 to 9999."""
    name = getattr(zone, "key", None)
    if zone is UTC or name in ("UTC", "Etc/UTC"):
        return expr.dt.date()
    if name is None:
        offset = zone.utcoffset(datetime(2000, 1, 1))
        assert offset is not None
        local = expr.dt.offset_by(f"{int(offset.total_seconds())}s").dt.date()
    else:
        local = expr.dt.convert_time_zone(name).dt.date()
    return local.clip(pl.lit(_FIRST), pl.lit(_LAST))


def _numbers(cells: Sequence[Cell]) -> list[Number]:
    found = []
    for cell in cells:
        if not isinstance(cell, Number):
            raise TypeError(f"a {cell.kind} stands where a number is wanted")
        found.append(cell)
    return found


__all__ = ["Printer", "compare", "constant", "day_of", "exactly", "inverted", "missing"]
