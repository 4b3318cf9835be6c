"""History for columns: the two sides of a change, which stand as text, typed as the field that changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from ...model.condition import Changed
from ...model.fields import Field, Reading, read
from ...model.process import Process
from ...model.struct import Struct
from ...model.values import PLACES, Money, Unfit
from .cells import MOMENT

_AMOUNT = pl.Struct({"minor": pl.Int64, "currency": pl.String})
_TYPES: Mapping[str, Any] = {
    "integer": pl.Int64,
    "level": pl.Int64,
    "number": pl.Decimal(38, PLACES),
    "percent": pl.Decimal(38, PLACES),
    "money": _AMOUNT,
    "date": pl.Date,
    "datetime": MOMENT,
    "duration": pl.Duration("us"),
    "boolean": pl.Boolean,
    "multi_choice": pl.List(pl.String),
}


def asked(process: Process) -> list[Field]:
    """The deal's fields whose changes a process counts."""
    found = {spec.ref.name: spec.ref.field for spec in _changes(process)}
    if "close_date" in process.catalogue.deal:  # `pushes` counts them where the source does not
        found.setdefault("close_date", process.catalogue.deal["close_date"])
    return list(found.values())


def _changes(held: object) -> Iterator[Changed]:
    if isinstance(held, Changed):
        yield held
    elif isinstance(held, Struct) and not isinstance(held, Field):
        for name in held._names:
            yield from _changes(getattr(held, name))
    elif isinstance(held, Mapping):
        for value in held.values():
            yield from _changes(value)
    elif isinstance(held, (tuple, list)):
        for value in held:
            yield from _changes(value)


def with_sides(changes: pl.LazyFrame, columns: Sequence[str], process: Process) -> pl.LazyFrame:
    """The changes with ``<field>.from``, ``<field>.to`` (and their ``.currency``) for the fields that are asked for.

    ``columns`` are those it has. A side that does not fit its field is missing, as it is where one deal is judged.
    """
    if "field" not in columns:
        return changes
    made: list[pl.Expr] = []
    for field in asked(process):
        for side in ("from", "to"):
            name = f"{field.id}.{side}"
            if side not in columns or name in columns:
                continue
            typed = _typed(field, side, process.reading)
            if field.type == "money":
                made.append(typed.struct.field("minor").alias(name))
                made.append(typed.struct.field("currency").alias(f"{name}.currency"))
            else:
                made.append(typed.alias(name))
    return changes.with_columns(made) if made else changes


def _typed(field: Field, side: str, reading: Reading) -> pl.Expr:
    kind = _TYPES.get(field.type, pl.String)

    def typed(column: pl.Series) -> pl.Series:
        known: dict[Any, Any] = {}
        found: list[Any] = []
        for raw in column.to_list():
            if raw not in known:
                known[raw] = _held(read(raw, field, reading))
            found.append(known[raw])
        return pl.Series(column.name, found, dtype=kind)

    mine = pl.when(pl.col("field").cast(pl.String) == field.id).then(pl.col(side))
    return mine.map_batches(typed, return_dtype=kind, is_elementwise=True)


def _held(value: Any) -> Any:
    if isinstance(value, Unfit):
        return None
    if isinstance(value, Money):
        return {"minor": value.minor, "currency": value.currency}
    return sorted(value) if isinstance(value, frozenset) else value
