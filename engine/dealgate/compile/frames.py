"""Deals as typed columns, and back: the one form that every engine over many deals reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from typing import Any

import polars as pl

from dealgate.model.deal import Deal, Record
from dealgate.model.fields import Field
from dealgate.model.process import Process
from dealgate.model.values import Money, Unfit, parse_decimal

UNFIT = pl.Struct({"raw": pl.String, "why": pl.String})
STRAY = pl.Struct({"place": pl.Int64, "field": pl.String, "raw": pl.String, "why": pl.String})
MOMENT = pl.Datetime("us", "UTC")
_CHILD = re.compile(r"([^\[]+)\[(\d+)\]\.(.+)")
_BATCH = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Typed deals and their children; after this nothing is parsed.

    ``deals``: ``id`` (unique), then a column a known field, by its id; no column, or null, is missing. Text is String,
    integer and level Int64, number and percent Decimal(38, s) or Float64, money Int64 minor units (and
    ``<field>.currency`` where not all are in the process's), date, datetime, duration and boolean as Polars has them
    (microseconds, UTC), a closed choice Enum, an open one String, multi_choice a sorted List(String).
    ``<field>.unfit`` is what was read and why it is none. ``<collection>.synced`` is there where not all deals are
    alike; ``<collection>.unfit`` lists what was read for records that are none, with the place they would have had.

    ``children``: by collection ``deal`` (its id), ``position`` (0-based in the deal's collection), fields as above.
    """

    deals: pl.DataFrame
    children: Mapping[str, pl.DataFrame]

    def __len__(self) -> int:
        """How many deals."""
        return self.deals.height


def dtype_of(field: Field, scale: int = 0) -> pl.DataType:
    """The type of a field's column; ``scale`` is the number of decimals of numbers."""
    kind = field.type
    if kind == "choice" and field.options and not field.open:
        return pl.Enum(field.readable)
    if kind in ("number", "percent"):
        return pl.Decimal(38, scale)
    return _TYPES.get(kind, pl.String())


_TYPES: Mapping[str, pl.DataType] = {
    "integer": pl.Int64(),
    "level": pl.Int64(),
    "money": pl.Int64(),
    "date": pl.Date(),
    "datetime": MOMENT,
    "duration": pl.Duration("us"),
    "boolean": pl.Boolean(),
    "multi_choice": pl.List(pl.String),
}


# -- deals → columns


def frames_of(deals: Iterable[Deal], process: Process) -> Frames:
    """Deals as columns, exactly. Fields outside the catalogue, which no rule can name, are left out.

    Raises ValueError where two deals have one id.
    """
    held = list(deals)
    ids = [deal.id for deal in held]
    if len(set(ids)) < len(ids):
        raise ValueError("two deals have one id")
    catalogue = process.catalogue
    own, theirs, strays = _unfit(held)
    records = [deal.fields for deal in held]
    columns = [_texts("id", ids), *_columns(records, catalogue.deal, own, process.currency)]
    if not any(column.name == "status" for column in columns) and "status" in catalogue.deal and held:
        columns += values_of("status", [None] * len(held), catalogue.deal["status"], process.currency)
    children: dict[str, pl.DataFrame] = {}
    for name, collection in catalogue.collections.items():
        synced = [name in deal.children for deal in held]
        if any(synced):
            links: list[str] = []
            places: list[int] = []
            items: list[Record] = []
            for deal in held:
                mine = deal.children.get(name, ())
                links += [deal.id] * len(mine)
                places += range(len(mine))
                items += mine
            frame = [_texts("deal", links), pl.Series("position", places, pl.Int64)]
            inner = _columns(items, collection.fields, theirs.get(name, {}), process.currency)
            children[name] = pl.DataFrame([*frame, *inner])
            if not all(synced):
                columns.append(pl.Series(f"{name}.synced", synced, pl.Boolean))
        if name in strays:
            columns.append(_strays(name, strays[name], len(held)))
    frame_ = pl.DataFrame(columns)
    return Frames(_status_filled(frame_), children)


_Unfits = dict[str, dict[int, Unfit]]


def _unfit(deals: Sequence[Deal]) -> tuple[_Unfits, dict[str, _Unfits], dict[str, dict[int, list[dict[str, Any]]]]]:
    """What did not fit: by field and row; by collection, field and row; and what stands in no record, by row."""
    own: _Unfits = {}
    theirs: dict[str, _Unfits] = {}
    strays: dict[str, dict[int, list[dict[str, Any]]]] = {}
    before: dict[str, int] = {}
    with_children = any("[" in key for deal in deals for key in deal.unfit)
    for row, deal in enumerate(deals):
        for key, value in deal.unfit.items():
            inner = _CHILD.fullmatch(key)
            if inner is None:
                own.setdefault(key, {})[row] = value
                continue
            name, place, field = inner[1], int(inner[2]), inner[3]
            if place < len(deal.children.get(name, ())):
                theirs.setdefault(name, {}).setdefault(field, {})[before.get(name, 0) + place] = value
            else:
                one = {"place": place, "field": field, "raw": value.raw, "why": value.why}
                strays.setdefault(name, {}).setdefault(row, []).append(one)
        if with_children:
            for name, items in deal.children.items():
                before[name] = before.get(name, 0) + len(items)
    return own, theirs, strays


def _columns(records: Sequence[Record], known: Mapping[str, Field], unfit: _Unfits, currency: str) -> list[pl.Series]:
    held = {name for record in records for name in record}
    found: list[pl.Series] = []
    for name, field in known.items():
        if name in held:
            found += values_of(name, [record.get(name) for record in records], field, currency)
        if name in unfit:
            mine = unfit[name]
            found.append(unfits(f"{name}.unfit", [mine.get(row) for row in range(len(records))]))
    return found


def unfits(name: str, values: Sequence[Unfit | None]) -> pl.Series:
    """What did not fit as a column."""
    return _safe(name, [None if value is None else value._asdict() for value in values], UNFIT)


def values_of(name: str, values: list[Any], field: Field, currency: str) -> list[pl.Series]:
    """A field's typed values (None: missing) as its column, and the currencies' where not all are the process's."""
    if field.type == "money":
        minors = [None if value is None else value.minor for value in values]
        found = [pl.Series(name, minors, pl.Int64)]
        if any(value is not None and value.currency != currency for value in values):
            found.append(_texts(f"{name}.currency", [None if value is None else value.currency for value in values]))
        return found
    if field.type in ("number", "percent"):
        # Polars cuts further decimals off, so the scale must be that of the longest.
        scale = max((-value.as_tuple().exponent for value in values if value is not None), default=0)
        return [pl.Series(name, values, dtype_of(field, max(0, scale)))]
    if field.type == "multi_choice":
        values = [None if value is None else sorted(value) for value in values]
    if field.type == "datetime":
        values = [None if value is None else value.astimezone(UTC) for value in values]
    return [_safe(name, values, dtype_of(field))]


def _strays(name: str, rows: Mapping[int, list[dict[str, Any]]], height: int) -> pl.Series:
    return _safe(f"{name}.unfit", [rows.get(row) for row in range(height)], pl.List(STRAY))


def _texts(name: str, values: Sequence[str | None]) -> pl.Series:
    return _safe(name, values, pl.String())


def _safe(name: str, values: Sequence[Any], kind: pl.DataType | type[pl.DataType]) -> pl.Series:
    """The series; half a surrogate pair, which is no Unicode text and which JSON can hold, becomes U+FFFD."""
    try:
        return pl.Series(name, values, kind)
    except UnicodeEncodeError:
        return pl.Series(name, [_whole(value) for value in values], kind)


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in value)
    if isinstance(value, dict):
        return {key: _whole(one) for key, one in value.items()}
    return [_whole(one) for one in value] if isinstance(value, list) else value


def _status_filled(deals: pl.DataFrame) -> pl.DataFrame:
    if "status" not in deals.columns:
        return deals
    open_ = pl.col("status").fill_null("open")
    if "status.unfit" in deals.columns:
        open_ = pl.when(pl.col("status.unfit").is_null()).then(open_).otherwise("status")
    return deals.with_columns(open_)


# -- columns → deals


def deals_of(frames: Frames, process: Process, ids: Iterable[str] | None = None) -> Iterator[Deal]:
    """The deals that columns hold, in their order; ``ids`` are those wanted (None: all)."""
    deals = frames.deals
    if ids is not None:
        deals = deals.filter(pl.col("id").is_in(list(ids)))
    catalogue = process.catalogue
    row = "__deal__"
    numbered = deals.select(pl.col("id").alias("deal"), pl.int_range(deals.height, dtype=pl.UInt32).alias(row))
    children = {
        name: frames.children[name].join(numbered, on="deal").sort(row, "position")
        for name in catalogue.collections
        if name in frames.children
    }
    for start in range(0, deals.height, _BATCH):
        part = deals.slice(start, _BATCH)
        fields, unfit = _records(part, catalogue.deal, process.currency)
        for place, one in enumerate(fields):
            if "status" not in unfit[place]:
                one.setdefault("status", "open")
        synced: list[dict[str, tuple[Record, ...]]] = [{} for _ in fields]
        for name, collection in catalogue.collections.items():
            flag = f"{name}.synced"
            flags = part[flag].to_list() if flag in part.columns else [name in children] * part.height
            for place, holds in enumerate(flags):
                if holds:
                    synced[place][name] = ()
            if name in children:
                child = children[name]
                at = child[row]
                first, last = at.search_sorted(start), at.search_sorted(start + part.height)
                mine = child.slice(first, last - first)
                _place(mine, mine[row] - start, name, collection.fields, process.currency, synced, unfit)
            if f"{name}.unfit" in part.columns:
                for place, strays in enumerate(part[f"{name}.unfit"].to_list()):
                    for stray in strays or ():
                        unfit[place][f"{name}[{stray['place']}].{stray['field']}"] = Unfit(stray["raw"], stray["why"])
        for place, ident in enumerate(part["id"].to_list()):
            yield Deal(ident, fields[place], synced[place], unfit[place], process.record)


def _place(
    child: pl.DataFrame,
    rows: pl.Series,
    name: str,
    known: Mapping[str, Field],
    currency: str,
    synced: list[dict[str, tuple[Record, ...]]],
    unfit: list[dict[str, Unfit]],
) -> None:
    """Puts the records of a collection, in order, to their deals."""
    records, raws = _records(child, known, currency)
    gathered: dict[int, list[Record]] = {}
    for row, record, raw in zip(rows.to_list(), records, raws, strict=True):
        mine = gathered.setdefault(row, [])
        for field, value in raw.items():
            unfit[row][f"{name}[{len(mine)}].{field}"] = value
        mine.append(record)
    for row, found in gathered.items():
        synced[row][name] = tuple(found)


def _records(
    frame: pl.DataFrame, known: Mapping[str, Field], currency: str
) -> tuple[list[dict[str, Any]], list[dict[str, Unfit]]]:
    """Row by row what is known, and what did not fit."""
    fields: list[dict[str, Any]] = [{} for _ in range(frame.height)]
    unfit: list[dict[str, Unfit]] = [{} for _ in range(frame.height)]
    for name, field in known.items():
        if name in frame.columns:
            for one, value in zip(fields, _values(frame, name, field, currency), strict=True):
                if value is not None:
                    one[name] = value
        if f"{name}.unfit" in frame.columns:
            for raws, value in zip(unfit, frame[f"{name}.unfit"].to_list(), strict=True):
                if value is not None:
                    raws[name] = Unfit(value["raw"], value["why"])
    return fields, unfit


def _values(frame: pl.DataFrame, name: str, field: Field, currency: str) -> list[Any]:
    column = frame[name]
    if field.type == "money":
        beside = f"{name}.currency"
        codes = frame[beside].to_list() if beside in frame.columns else [None] * frame.height
        minors = column.to_list()
        return [None if m is None else Money(m, code or currency) for m, code in zip(minors, codes, strict=True)]
    if column.dtype == MOMENT:
        naive = column.dt.replace_time_zone(None).to_list()
        return [None if value is None else value.replace(tzinfo=UTC) for value in naive]
    values = column.to_list()
    change = _BACK.get(field.type) if not column.dtype.is_decimal() else None
    return values if change is None else [None if value is None else change(value) for value in values]


def _decimal(value: Any) -> Decimal | None:
    """The shortest decimal of a float."""
    return parse_decimal(value)


_BACK: Mapping[str, Callable[[Any], Any]] = {"number": _decimal, "percent": _decimal, "multi_choice": frozenset}

__all__ = ["MOMENT", "STRAY", "UNFIT", "Frames", "deals_of", "dtype_of", "frames_of", "unfits", "values_of"]
