"""The table at hand: its columns by name, as cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from .cells import MOMENT, Cell, Kind, constant_truth, nothing, truth
from .numbers import column as number_column

_KINDS: dict[str, Kind] = {
    "text": "text", "person": "text", "reference": "text", "choice": "choice", "multi_choice": "choices",
    "date": "day", "datetime": "instant", "boolean": "truth",
}  # fmt: skip


class Scope:
    """Columns of a frame with a schema; ``whole`` names those that hold no null.

    ``at`` makes the expression of a column. ``made`` are cells known by name that stand in place of columns: shared
    values, what a grouped table gives. ``outer`` are values of the deal, by name, as a child row sees them.
    """

    def __init__(
        self,
        schema: Mapping[str, Any],
        whole: frozenset[str] = frozenset(),
        at: Callable[[str], pl.Expr] = pl.col,
        made: Mapping[str, Cell] | None = None,
    ) -> None:
        self.schema, self.whole, self.at = schema, whole, at
        self.made = dict(made or {})
        self.shared: dict[str, Cell] = {}
        self.outer: dict[Any, Cell] = {}

    def column(self, name: str, kind: str) -> Cell:
        """A column as a cell; nothing where there is none of a type that can hold such values."""
        if name in self.made:
            return self.made[name]
        dtype = self.schema.get(name)
        if dtype is None or dtype == pl.Null:
            return self._absent(name)
        return cell_of(self.at(name), dtype, kind, whole=name in self.whole) or nothing()

    def _absent(self, name: str) -> Cell:
        """A collection that stands as a list in the deal's row was synced where the list is not null."""
        collection, _, what = name.rpartition(".")
        if what == "synced" and isinstance(self.schema.get(collection), pl.List):
            if collection in self.whole:
                return constant_truth(True)
            return truth(self.at(collection).is_not_null(), whole=True)
        return nothing()


def cell_of(expr: pl.Expr, dtype: Any, kind: str, *, whole: bool = False) -> Cell | None:
    """A column of a field's type, None where its Polars type holds no such values."""
    found = _KINDS.get(kind)
    if found is None:
        return number_column(expr, dtype, kind, whole=whole)
    if found == "truth":
        return truth(expr, whole=whole) if dtype == pl.Boolean else None
    if found in ("text", "choice"):
        return _words(found, expr, dtype, whole)
    if found == "day":
        return Cell("day", expr, whole, None, pl.Date()) if dtype == pl.Date else None
    if found == "instant":
        return _instant(expr, dtype, whole)
    if isinstance(dtype, pl.List):
        words = expr if dtype.inner == pl.String else expr.cast(pl.List(pl.String))
        return Cell("choices", words, whole, None, pl.List(pl.String))
    return None


def _words(kind: Kind, expr: pl.Expr, dtype: Any, whole: bool) -> Cell | None:
    if dtype == pl.String:
        return Cell(kind, expr, whole, None, pl.String())
    if isinstance(dtype, pl.Enum) and kind == "choice":
        return Cell(kind, expr, whole, None, dtype)
    if isinstance(dtype, (pl.Enum, pl.Categorical)):
        return Cell(kind, expr.cast(pl.String), whole, None, pl.String())
    return None


def _instant(expr: pl.Expr, dtype: Any, whole: bool) -> Cell | None:
    if not isinstance(dtype, pl.Datetime) or dtype.time_zone is None:
        return None
    return Cell("instant", expr if dtype == MOMENT else expr.cast(MOMENT), whole, None, MOMENT)
