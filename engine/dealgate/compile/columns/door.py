"""Frames as users hand them in, taken as deals: each column as its field, what does not fit missing and counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import polars as pl

from ...model.diagnostics import Diagnostic, WrongUsage, error, info, warning
from ...model.fields import TYPES, Field
from ...model.process import Process
from .run import Layout, Ready, layout_of, ready, schema_of
from .taking import Taken, take
from .texts import stripped

_OF_A_FIELD = (".currency", ".unfit")


@dataclass(frozen=True, slots=True, eq=False)
class Door:
    """Frames taken: ``frames`` for ``Columns.over``, their ``layout``, and what was odd about them."""

    frames: Ready
    layout: Layout
    diagnostics: tuple[Diagnostic, ...]


def open_door(
    deals: pl.DataFrame | pl.LazyFrame,
    children: Mapping[str, pl.DataFrame | pl.LazyFrame] | None,
    process: Process,
    *,
    clean: bool = False,
) -> Door:
    """Frames whose columns are field ids and whose values are raw or typed, as a plan reads them.

    Money is in major units, as it is of single deals; naive times are in the process's zone. A column that
    holds what its field may hold is not touched or copied. Of lazy frames nothing is counted.
    ``clean``: texts are known to have no outer spaces and to hold no placeholders, and are not looked at.
    Raises WrongUsage where deals have no id, or children no ``deal``.
    """
    catalogue = process.catalogue
    told: list[Diagnostic] = []
    _has_ids(deals)
    taken = _Taking(process, catalogue.deal, "", told, clean)
    result, later = taken.frame(deals, lists=True)
    if "status" in catalogue.deal and schema_of(result).get("status", pl.Null) == pl.Null:
        result = result.with_columns(status=_open(catalogue.deal["status"]))
    held: dict[str, Any] = {}
    changed: dict[str, dict[str, pl.Expr]] = {}
    for name, frame in (children or {}).items():
        if name not in catalogue.collections:
            told.append(_unknown(name, [*catalogue.collections], "collection of child records"))
            continue
        if "deal" not in schema_of(frame):
            raise WrongUsage(error("DG641", f"The child records `{name}` have no column `deal`.", suggestion=_DEAL))
        mine = _Taking(process, catalogue.collections[name].fields, f"{name}.", told, clean)
        held[name], changed[name] = mine.frame(frame, lists=False)
    at_hand = Ready(result, held)
    frames = ready(_late(at_hand, later, changed), process)
    mended = set(later) | {f"{name}.{column}" for name, columns in changed.items() for column in columns}
    layout = Layout(
        dict(schema_of(frames.deals)),
        {name: dict(schema_of(frame)) for name, frame in frames.children.items()},
        frozenset(n for n in layout_of(at_hand).whole if n not in mended and n.partition(".")[0] not in later),
    )
    return Door(frames, layout, tuple(told))


_DEAL = "Add the id of the deal that each record belongs to."
_ID = "Add a column `id` with a different text or number for each deal."


def _has_ids(deals: pl.DataFrame | pl.LazyFrame) -> None:
    schema = schema_of(deals)
    if "id" not in schema:
        raise WrongUsage(error("DG640", "The deals have no column `id`.", suggestion=_ID))
    kind = schema["id"]
    if not (kind == pl.String or kind.is_integer() or isinstance(kind, (pl.Categorical, pl.Enum)) or kind == pl.Null):
        raise WrongUsage(error("DG640", "The deals' `id` is neither text nor a whole number.", suggestion=_ID))
    if isinstance(deals, pl.DataFrame) and deals["id"].null_count():
        raise WrongUsage(error("DG640", f"{deals['id'].null_count()} deals have no `id`.", suggestion=_ID))


def _unknown(name: str, known: list[str], what: str) -> Diagnostic:
    near = get_close_matches(name, known, n=1)
    hint = f"Did you mean `{near[0]}`?" if near else "Declare it under `fields`, or leave it out."
    return info("DG642", f"`{name}` is no {what} that this process knows; it was not read.", suggestion=hint)


@dataclass(slots=True)
class _Taking:
    """Takes one frame's columns; ``place`` stands before their names in messages."""

    process: Process
    fields: Mapping[str, Field]
    place: str
    told: list[Diagnostic]
    clean: bool
    later: dict[str, pl.Expr] = field(default_factory=dict)
    """Columns that are worked out when they are read."""

    def frame(self, frame: Any, *, lists: bool) -> tuple[Any, dict[str, pl.Expr]]:
        """The frame with what had to be changed at once, and the columns to be made when they are read."""
        schema = dict(schema_of(frame))
        eager = isinstance(frame, pl.DataFrame)
        ids = [name for name in ("id", "deal") if name in schema and (lists or name == "deal")]
        at_once: dict[str, pl.Expr] = {n: pl.col(n).cast(pl.String) for n in ids if schema[n] != pl.String}
        counted: dict[str, pl.Expr] = {}
        dropped: list[str] = []
        found = {name: self._taken(name, schema, lists=lists) for name in schema if name not in ids}
        sound = self._sound(frame, found) if eager else set()
        for name, one in found.items():
            if one is None or one.value is None:
                dropped += [name] if one is not None or self._is_strange(name, schema) else []
                continue
            if one.same or name in sound:
                continue
            if one.currency is not None and f"{name}.currency" not in schema:
                at_once[f"{name}.currency"] = one.currency
            if one.lossy and eager:
                counted[name] = _lost(name, schema[name], one.value, self.process)
                at_once[name] = one.value
            else:
                self.later[name] = one.value
                if one.unfit is not None and f"{name}.unfit" not in schema:
                    self.later[f"{name}.unfit"] = one.unfit
        if counted:
            lost = frame.select(**counted).row(0, named=True)
            self.told += [self._lossy(name, many) for name, many in lost.items() if many]
        if at_once:
            frame = frame.with_columns(**at_once)
        return (frame.drop(dropped) if dropped else frame), dict(self.later)

    def _taken(self, name: str, schema: Mapping[str, Any], *, lists: bool) -> Taken | None:
        known = self.fields.get(name)
        if known is not None:
            column, kind = pl.col(name), schema[name]
            if known.type == "money" and kind.is_numeric() and f"{name}.currency" in schema:
                # an amount's minor units are those of its own currency
                both = pl.struct(
                    pl.col(name).alias("amount"), pl.col(f"{name}.currency").cast(pl.String).alias("currency")
                )
                column, kind = pl.when(column.is_not_null()).then(both), pl.Struct({"amount": kind})
            found = take(column, kind, known, self.process.reading)
            if self.clean and found.text:
                return Taken(pl.col(name), same=True)
            if found.value is None:
                self.told.append(self._wrong(name, schema[name], known))
            elif name == "status" and lists and schema[name] != pl.Null:
                return _with_open(found, schema[name], known)
            return found
        if not self._is_strange(name, schema):
            return None
        collection = self.process.catalogue.collections.get(name) if lists else None
        if collection is not None:
            rows = _taken_list(name, schema[name], collection.fields, self.process, clean=self.clean)
            if rows is not None:
                return rows
            if schema[name] == pl.Null:  # it holds nothing, so no deal's was synced
                return Taken(None)
        names = [*self.fields, *(self.process.catalogue.collections if lists else ())]
        self.told.append(_unknown(name, names, "field"))
        return None

    def _is_strange(self, name: str, schema: Mapping[str, Any]) -> bool:
        """Whether a column is neither a field nor says more of one."""
        if name in self.fields or name in ("position", "id", "deal"):
            return False
        base, dot, end = name.rpartition(".")
        if end == "synced":
            return base not in self.process.catalogue.collections or schema[name] != pl.Boolean
        return f"{dot}{end}" not in _OF_A_FIELD or base not in self.fields

    def _sound(self, frame: pl.DataFrame, found: Mapping[str, Taken | None]) -> set[str]:
        """The columns that a look at all values shows to be as they should."""
        asked = {n: t.sound for n, t in found.items() if t is not None and t.sound is not None and not t.same}
        if not asked:
            return set()
        return {name for name, answer in frame.select(**asked).row(0, named=True).items() if answer is not False}

    def _wrong(self, name: str, dtype: Any, known: Field) -> Diagnostic:
        said = f"`{self.place}{name}` holds {dtype.base_type().__name__}, which is never {TYPES[known.type].words}: "
        return warning("DG643", said + "all its values are missing.", suggestion=f"Hand in {TYPES[known.type].words}.")

    def _lossy(self, name: str, many: int) -> Diagnostic:
        words = TYPES[self.fields[name].type].words if name in self.fields else "what its fields hold"
        where = f"of `{self.place}{name}`"
        said = f"1 value {where} does not fit and counts as missing."
        if many > 1:
            said = f"{many} values {where} do not fit and count as missing."
        return warning("DG644", said, suggestion=f"Each must be {words}.")


def _lost(name: str, dtype: Any, value: pl.Expr, process: Process) -> pl.Expr:
    """How many values are lost: blanks and placeholders, which are no values, are not counted."""
    there = pl.col(name).is_not_null()
    if dtype == pl.String:
        plain = stripped(pl.col(name))
        nothing = plain.str.to_lowercase().is_in(list(process.reading.placeholders))
        there = there & (plain != "") & ~nothing
    return (there & value.is_null()).sum().alias(name)


def _taken_list(name: str, dtype: Any, fields: Mapping[str, Field], process: Process, *, clean: bool) -> Taken | None:
    """A list of structs as a collection's records, field by field; None where it is none."""
    if not isinstance(dtype, pl.List) or not isinstance(dtype.inner, pl.Struct):
        return None
    kept: list[pl.Expr] = []
    same = True
    for inner in dtype.inner.fields:
        known = fields.get(inner.name)
        if known is None:
            same = False
            continue
        one = take(pl.element().struct.field(inner.name), inner.dtype, known, process.reading)
        if clean and one.text:
            one = Taken(pl.element().struct.field(inner.name), same=True)
        if one.value is None:
            same = False
            continue
        same = same and one.same
        kept.append(one.value.alias(inner.name))
        if one.currency is not None:
            kept.append(one.currency.alias(f"{inner.name}.currency"))
    if same:
        return Taken(pl.col(name), same=True)
    return Taken(pl.col(name).list.eval(pl.struct(kept)) if kept else pl.col(name).list.eval(pl.struct(pl.lit(0))))


def _open(known: Field) -> pl.Expr:
    return pl.lit("open", dtype=pl.Enum(known.readable) if known.options and not known.open else pl.String())


def _with_open(taken: Taken, dtype: Any, known: Field) -> Taken:
    """A deal that says nothing of its status is open; one whose status is none of those known is not."""
    raw = pl.col("status")
    nothing = raw.is_null() | (stripped(raw) == "") if dtype == pl.String else raw.is_null()
    value = pl.when(nothing).then(_open(known)).otherwise(taken.value)
    sound = raw.is_not_null().all() if taken.same else None
    return Taken(value, sound=sound, lossy=taken.lossy)


def _late(frames: Ready, later: Mapping[str, pl.Expr], changed: Mapping[str, Mapping[str, pl.Expr]]) -> Ready:
    """The frames with their columns that are made when they are read."""
    deals = frames.deals.lazy().with_columns(**later) if later else frames.deals
    children = {
        name: frame.lazy().with_columns(**changed[name]) if changed.get(name) else frame
        for name, frame in frames.children.items()
    }
    return Ready(deals, children)


__all__ = ["Door", "open_door"]
