"""Typed deals as the staging relation: what the plan reads, in the types and forms that the dialect's layout says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ...model.fields import Field, read
from ...model.process import Process
from ...model.values import Money, Unfit, local_date
from ..plan.plan import Plan
from .dialects import DIALECTS, Dialect
from .layout import DEALS, Layout, Need, Stored, choices_text, needs

if TYPE_CHECKING:
    import polars as pl

    from ..frames import Frames

_MICROSECOND = timedelta(microseconds=1)
_SURE_YEARS = (1971, 2036)
"""Years whose local days Polars knows as Python does; for others Python is asked."""
_MOST = {"whole": 19, "money": 18, "number": 38, "duration": 19}


@dataclass(frozen=True, slots=True)
class Staged:
    """The tables of the staging relation with the columns that are read, and how each is held."""

    tables: Mapping[str, pl.DataFrame]
    layout: Layout
    dialect: Dialect


def typed(plan: Plan, frames: Frames, dialect: Dialect | str) -> Staged:
    """The staging relation of some deals: scales and digits as the data has them.

    Whole numbers are Int64, or Decimal(38, 0) where they have more digits; a column that is not there is null.
    """
    import polars as pl

    kind = DIALECTS[dialect] if isinstance(dialect, str) else dialect
    columns: dict[str, list[pl.Series]] = {}
    stored: dict[str, dict[str, Stored]] = {}
    for need in needs(plan):
        frame = frames.deals if need.table == DEALS else frames.children[need.table]
        made, how = _column(need, frame, plan.process, kind)
        columns.setdefault(need.table, []).append(made.rename(need.column))
        stored.setdefault(need.table, {})[need.column] = how
    counted = (frames.children[name]["deal"].value_counts()["count"].max() for name in stored if name != DEALS)
    rows = max((int(n) for n in counted if isinstance(n, int)), default=1)
    tables = {name: pl.DataFrame(held) for name, held in columns.items()}
    return Staged(tables, Layout(stored, max(rows, 1)), kind)


def _column(need: Need, frame: pl.DataFrame, process: Process, dialect: Dialect) -> tuple[pl.Series, Stored]:
    import polars as pl

    field = _field(need, process)
    if need.side:
        source = _sides(need, frame, field, process)
    elif need.form == "placeholder":
        source = _placeholders(frame, need.field)
    elif need.field in frame.columns:
        source = frame[need.field]
    else:
        source = pl.Series(need.column, [None] * frame.height, _EMPTY[need.kind])
    if need.form == "folded":
        source = _by_text(source, lambda text: text.strip().casefold())
    elif need.form == "day":
        source = _days(source, process)
    return _as_stored(source, need.kind, dialect)


def _field(need: Need, process: Process) -> Field | None:
    if need.table == DEALS or need.side:
        return process.catalogue.deal.get(need.field)
    return process.catalogue.collections[need.table].fields.get(need.field)


# ---------------------------------------------------------------- forms of a column


def _placeholders(frame: pl.DataFrame, name: str) -> pl.Series:
    import polars as pl

    column = f"{name}.unfit"
    if column not in frame.columns:
        return pl.Series(name, [False] * frame.height, pl.Boolean)
    return (frame[column].struct.field("why") == "placeholder").fill_null(False)


def _by_text(source: pl.Series, change: Callable[[str], Any]) -> pl.Series:
    """Each distinct text changed once."""
    import polars as pl

    texts = source.cast(pl.String)
    known = texts.drop_nulls().unique().to_list()
    changed = {text: change(text) for text in known}
    return texts.replace_strict(list(changed), list(changed.values()), default=None, return_dtype=pl.String)


def _days(source: pl.Series, process: Process) -> pl.Series:
    """The local day of each instant."""
    import polars as pl

    zone = process.calendar.zone
    key = getattr(zone, "key", None) or ("UTC" if zone is UTC else None)
    first, last = _SURE_YEARS
    years = source.dt.year()
    sure = ((years >= first) & (years <= last)).fill_null(True)
    if key is not None and sure.all():
        return source.dt.convert_time_zone(key).dt.date()
    naive = source.dt.replace_time_zone(None).to_list()
    days = [None if m is None else local_date(m.replace(tzinfo=UTC), zone) for m in naive]
    return pl.Series(source.name, days, pl.Date)


def _sides(need: Need, frame: pl.DataFrame, field: Field | None, process: Process) -> pl.Series:
    """What a change's side says, typed as the field that changed; null on rows of other fields."""
    import polars as pl

    assert field is not None
    if need.side not in frame.columns or "field" not in frame.columns:
        return pl.Series(need.column, [None] * frame.height, _EMPTY[need.kind])
    texts = pl.select(pl.when(frame["field"].cast(pl.String) == need.field).then(frame[need.side])).to_series()
    currency = need.column.endswith("__currency")
    known: dict[Any, Any] = {}
    values = []
    for text in texts.to_list():
        if text not in known:
            known[text] = _side(text, field, process, currency=currency)
        values.append(known[text])
    return pl.Series(need.column, values, _EMPTY[_raw_kind(need)])


def _raw_kind(need: Need) -> str:
    return "datetime" if need.form == "day" else need.kind


def _side(text: Any, field: Field, process: Process, *, currency: bool) -> Any:
    value = read(text, field, process.reading) if text is not None else None
    if value is None or isinstance(value, Unfit):
        return None
    if isinstance(value, Money):
        return value.currency if currency else value.minor
    if isinstance(value, frozenset):
        return sorted(value)
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def _empty_types() -> Mapping[str, Any]:
    import polars as pl

    return {
        "whole": pl.Int64, "money": pl.Int64, "number": pl.Decimal(38, 18), "duration": pl.Duration("us"),
        "text": pl.String, "choice": pl.String, "choices": pl.List(pl.String), "boolean": pl.Boolean,
        "date": pl.Date, "datetime": pl.Datetime("us", "UTC"),
    }  # fmt: skip


class _Lazy(Mapping[str, Any]):
    """The types of empty columns, once polars is there."""

    def __getitem__(self, key: str) -> Any:
        return _empty_types()[key]

    def __iter__(self) -> Any:
        return iter(_empty_types())

    def __len__(self) -> int:
        return len(_empty_types())


_EMPTY = _Lazy()

# ---------------------------------------------------------------- types of a column


def _as_stored(source: pl.Series, kind: str, dialect: Dialect) -> tuple[pl.Series, Stored]:
    import polars as pl

    if kind in _MOST:
        return _whole(source, kind)
    if kind == "choices":
        lists = source.to_list()
        return pl.Series(source.name, [None if v is None else choices_text(v) for v in lists], pl.String), Stored(kind)
    if kind in ("text", "choice"):
        return source.cast(pl.String), Stored(kind)
    if kind == "boolean":
        return (source if dialect.dates else source.cast(pl.Int64)), Stored(kind)
    if kind == "datetime":
        source = source.dt.replace_time_zone(None)
    if dialect.dates:
        return source, Stored(kind)
    spelled = [None if v is None else _spelled(v) for v in source.to_list()]
    return pl.Series(source.name, spelled, pl.String), Stored(kind)


def _spelled(value: date | datetime) -> str:
    return value.isoformat(" ", "microseconds") if isinstance(value, datetime) else value.isoformat()


def _whole(source: pl.Series, kind: str) -> tuple[pl.Series, Stored]:
    """Numbers as whole ones: scaled by as many decimals as the data has."""
    import polars as pl

    if source.dtype == pl.Duration("us") or source.dtype.is_integer():
        found = source.cast(pl.Int64)
        return found, Stored(kind, 0, _digits(found.min(), found.max()))
    scale = source.dtype.scale if isinstance(source.dtype, pl.Decimal) else None
    if scale is None:
        numbers = [None if v is None else Decimal(repr(v)) for v in source.to_list()]
        scale = max((max(0, -int(n.as_tuple().exponent)) for n in numbers if n is not None), default=0)
    else:
        numbers = source.to_list()
        scale = max((_places(n) for n in numbers if n is not None), default=0)
    units = [None if n is None else int(Fraction(n) * 10**scale) for n in numbers]
    known = [u for u in units if u is not None]
    digits = _digits(min(known, default=0), max(known, default=0))
    if digits <= 18:
        return pl.Series(source.name, units, pl.Int64), Stored(kind, scale, digits)
    exact = [None if u is None else Decimal(u) for u in units]
    return pl.Series(source.name, exact, pl.Decimal(38, 0)), Stored(kind, scale, max(digits, 20))


def _places(number: Decimal) -> int:
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    while exponent < 0 and digits and digits[-1] == 0:
        digits, exponent = digits[:-1], exponent + 1
    return max(0, -exponent) if digits else 0


def _digits(low: Any, high: Any) -> int:
    return max(1, *(len(str(abs(int(v)))) for v in (low or 0, high or 0)))


def columns_of(staged: Staged, table: str) -> Iterable[tuple[str, str]]:
    """Each column of a table with its type in the dialect."""
    from .layout import sql_type

    for name, stored in staged.layout.tables[table].items():
        yield name, sql_type(stored, staged.dialect)
