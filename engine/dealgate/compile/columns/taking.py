"""A column as a user has it, taken as a field: what ``model.fields.read`` makes of each value, by the column."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from ...model.currencies import MINOR_DIGITS
from ...model.fields import Field, Reading, read
from ...model.values import LARGEST_MINOR, PLACES, Money, Unfit
from .cells import MOMENT
from .printer import day_of
from .texts import ALL_SPACES

TEXTS = ("text", "person", "reference")
UNFIT = pl.Struct({"raw": pl.String, "why": pl.String})
_TAKEN = pl.Struct({"value": pl.Int64, "currency": pl.String})


@dataclass(frozen=True, slots=True)
class Taken:
    """A field's column. ``value`` None: no value of this type is one of the field's. ``same``: it is taken as it is.

    ``sound`` says of the whole column that it may be taken as it is. ``lossy``: values may be lost on the way, and are
    to be counted. ``unfit`` says of text what was no value.
    """

    value: pl.Expr | None
    same: bool = False
    sound: pl.Expr | None = None
    lossy: bool = False
    currency: pl.Expr | None = None
    unfit: pl.Expr | None = None
    text: bool = False
    """Text taken as text."""


def take(column: pl.Expr, dtype: Any, field: Field, reading: Reading) -> Taken:
    """The column as the field's, by its type."""
    if dtype == pl.Null:
        return Taken(column, same=True)
    if isinstance(dtype, pl.Categorical) or (isinstance(dtype, pl.Enum) and field.type != "choice"):
        column, dtype = column.cast(pl.String), pl.String()
    own = _OWN.get(field.type, _text)(column, dtype, field, reading)
    if own is not None:
        return own
    if dtype == pl.String or _read_at_all(dtype, field):
        return _one_by_one(column, field, reading)
    return Taken(None)


def _read_at_all(dtype: Any, field: Field) -> bool:
    """Whether values of the type can be the field's, if they must be looked at one by one."""
    if field.type in TEXTS:
        return not (dtype.is_nested() or dtype.is_temporal() or dtype == pl.Boolean) or isinstance(
            dtype, (pl.Date, pl.Boolean, pl.Datetime)
        )
    if field.type in ("integer", "number", "money"):
        return bool(dtype.is_numeric()) or (field.type == "money" and isinstance(dtype, pl.Struct))
    if field.type == "percent":
        return bool(dtype.is_float() or dtype.is_decimal())
    return field.type == "multi_choice" and isinstance(dtype, pl.List)


# ------------------------------------------------ types that columns have


def _text(column: pl.Expr, dtype: Any, field: Field, reading: Reading) -> Taken | None:
    if dtype != pl.String:
        return None
    cleaned = column.map_batches(_cleaner(field, reading), return_dtype=pl.String, is_elementwise=True)
    why = column.map_batches(_reasons(field, reading), return_dtype=UNFIT, is_elementwise=True)
    return Taken(cleaned, unfit=why if field.type in TEXTS else None, text=True)


def _holds_nothing(field: Field, reading: Reading) -> Callable[[pl.Series], pl.Series]:
    """Which of some stripped texts are blank or only hold a place; a text that is there but is none is neither."""
    words = sorted(w for w in reading.placeholders if w.isascii())
    lengths = sorted({len(w) for w in words} | {0})
    declared = list(field.readable)
    pattern = f"(?i)\\A(?:{'|'.join(map(re.escape, words))})?\\z"

    def holds_nothing(column: pl.Series) -> pl.Series:
        size = column.str.len_bytes()
        found = size.is_in(lengths).fill_null(False)
        places = found.arg_true()
        if len(places):
            found = found.scatter(places, column.gather(places).str.contains(pattern))
        strange = (size != column.str.len_chars()).fill_null(False).arg_true()
        if len(strange):
            answers = [text.casefold() in reading.placeholders for text in column.gather(strange)]
            found = found.scatter(strange, pl.Series(answers, dtype=pl.Boolean))
        return found & ~column.is_in(declared).fill_null(False) if declared else found

    return holds_nothing


def _cleaner(field: Field, reading: Reading) -> Callable[[pl.Series], pl.Series]:
    """Texts stripped, without placeholders and blanks."""
    nothing = _holds_nothing(field, reading)

    def clean(column: pl.Series) -> pl.Series:
        plain = column.str.strip_chars(ALL_SPACES)
        empty = nothing(plain)
        return plain.scatter(empty.arg_true(), None) if empty.any() else plain

    return clean


def _reasons(field: Field, reading: Reading) -> Callable[[pl.Series], pl.Series]:
    """What was read of texts that hold no value but a place's, and that this is why."""
    nothing = _holds_nothing(field, reading)

    def reasons(column: pl.Series) -> pl.Series:
        plain = column.str.strip_chars(ALL_SPACES)
        places = (nothing(plain) & (plain != "")).fill_null(False)
        held = pl.DataFrame({"raw": column, "at": places})
        shown = pl.struct("raw", why=pl.lit("placeholder"))
        return held.select(pl.when("at").then(shown).alias(column.name)).to_series()

    return reasons


def _integer(column: pl.Expr, dtype: Any, field: Field, reading: Reading) -> Taken | None:
    if not dtype.is_integer():
        return None
    level = field.type == "level"
    if dtype == pl.Int64 and not level:
        return Taken(column, same=True)
    value = column if dtype == pl.Int64 else column.cast(pl.Int64, strict=False)
    if not level:
        return Taken(value, lossy=dtype in (pl.UInt64, pl.Int128))
    return Taken(pl.when(value >= 0).then(value), sound=_all(column >= 0) if dtype == pl.Int64 else None, lossy=True)


def _all(answers: pl.Expr) -> pl.Expr:
    """Whether it is so of every value there is."""
    return answers.all(ignore_nulls=True)


def _number(column: pl.Expr, dtype: Any, field: Field, reading: Reading) -> Taken | None:
    if dtype.is_float():
        exact = column if dtype == pl.Float64 else column.cast(pl.Float64)
        fits = exact.is_not_nan() & (exact.abs() < 1e20)
        return Taken(pl.when(fits).then(exact), sound=_plain(column) if dtype == pl.Float64 else None, lossy=True)
    if dtype.is_decimal() and dtype.scale <= PLACES:
        fits = dtype.precision - dtype.scale <= 20
        return Taken(column, same=True) if fits else Taken(_within(column, 10 ** (20 + dtype.scale)), lossy=True)
    if field.type == "number" and dtype.is_integer():
        return Taken(column, same=True) if dtype != pl.Int128 else None
    return None


def _plain(column: pl.Expr) -> pl.Expr:
    """Whether all floats are numbers that fit: a sum is finite only where all are."""
    return column.sum().is_finite() & (column.max() < 1e20) & (column.min() > -1e20)


def _within(column: pl.Expr, end: int) -> pl.Expr:
    """Decimals whose digits stay below an end that Int128 cannot pass."""
    if end > 10**38 - 1:
        return column
    digits = column.reinterpret(dtype=pl.Int128)
    last = pl.lit(end - 1, dtype=pl.Int128)
    return pl.when((digits <= last) & (digits >= -(end - 1))).then(column)


def _money(column: pl.Expr, dtype: Any, field: Field, reading: Reading) -> Taken | None:
    if dtype.is_integer():
        factor = 10 ** MINOR_DIGITS.get(reading.currency, 2)
        major = column if dtype == pl.Int64 else column.cast(pl.Int64, strict=False)
        if dtype in (pl.Int8, pl.UInt8, pl.Int16, pl.UInt16, pl.Int32, pl.UInt32):
            return Taken(major * factor)
        most = (LARGEST_MINOR - 1) // factor
        return Taken(pl.when((major <= most) & (major >= -most)).then(major * factor), lossy=True)
    if dtype.is_float() or dtype.is_decimal():
        digits = MINOR_DIGITS.get(reading.currency, 2)
        return Taken(column.map_batches(_minor(field, reading, digits), return_dtype=pl.Int64), lossy=True)
    return None


def _minor(field: Field, reading: Reading, digits: int) -> Callable[[pl.Series], pl.Series]:
    """Major units as whole minor ones: fast where all are plain, else one by one."""

    def minor(column: pl.Series) -> pl.Series:
        if column.dtype.is_float():
            major = column.cast(pl.Float64)
            whole = (major * 10.0**digits).round()
            plain = ((whole / 10.0**digits) == major) & (whole.abs() < 1e15)
            if plain.all():
                return whole.cast(pl.Int64)
        known: dict[Any, int | None] = {}
        for raw in column.unique().to_list():
            value = read(raw, field, reading)
            known[repr(raw)] = value.minor if isinstance(value, Money) else None
        return pl.Series(column.name, [known[repr(raw)] for raw in column.to_list()], dtype=pl.Int64)

    return minor


def _percent(column: pl.Expr, dtype: Any, field: Field, reading: Reading) -> Taken | None:
    return None if dtype.is_integer() else _number(column, dtype, field, reading)


def _date(column: pl.Expr, dtype: Any, field: Field, reading: Reading) -> Taken | None:
    if dtype == pl.Date:
        return Taken(column, same=True)
    if isinstance(dtype, pl.Datetime):
        if dtype.time_zone is None:
            return Taken(column.dt.date())
        return Taken(day_of(column.dt.convert_time_zone("UTC").cast(MOMENT), reading.zone))
    return None


def _datetime(column: pl.Expr, dtype: Any, field: Field, reading: Reading) -> Taken | None:
    if dtype == MOMENT:
        return Taken(column, same=True)
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
        return Taken(column.dt.convert_time_zone("UTC").cast(MOMENT))
    if dtype == pl.Date or isinstance(dtype, pl.Datetime):
        return Taken(
            column.cast(pl.Datetime("us")).map_batches(_placed(field, reading), return_dtype=MOMENT), lossy=True
        )
    return None


def _placed(field: Field, reading: Reading) -> Callable[[pl.Series], pl.Series]:
    """Wall clocks of the process's zone as instants; an hour that the clocks skip is read by Python's own rule."""
    zone = reading.zone
    name = "UTC" if zone is UTC else getattr(zone, "key", None)

    def placed(column: pl.Series) -> pl.Series:
        if name is not None:
            local = column.dt.replace_time_zone(name, ambiguous="earliest", non_existent="null")
            found = local.dt.convert_time_zone("UTC")
            if found.null_count() == column.null_count():
                return found
        held = [None if raw is None else read(raw, field, reading) for raw in column.to_list()]
        known = [None if v is None or isinstance(v, Unfit) else v.astimezone(UTC).replace(tzinfo=None) for v in held]
        return pl.Series(column.name, known, dtype=pl.Datetime("us")).dt.replace_time_zone("UTC")

    return placed


def _duration(column: pl.Expr, dtype: Any, field: Field, reading: Reading) -> Taken | None:
    if not isinstance(dtype, pl.Duration):
        return None
    return Taken(column, same=True) if dtype.time_unit == "us" else Taken(column.cast(pl.Duration("us")))


def _boolean(column: pl.Expr, dtype: Any, field: Field, reading: Reading) -> Taken | None:
    return Taken(column, same=True) if dtype == pl.Boolean else None


def _choice(column: pl.Expr, dtype: Any, field: Field, reading: Reading) -> Taken | None:
    closed = bool(field.options) and not field.open
    if isinstance(dtype, pl.Enum):
        return _other_enum(column, dtype, field, reading, closed=closed)
    if dtype != pl.String:
        return None
    if not closed:
        return _text(column, dtype, field, reading)
    kind = pl.Enum(field.readable)

    def chosen(words: pl.Series) -> pl.Series:
        found = words.cast(kind, strict=False)
        if found.null_count() == words.null_count():
            return found
        return words.str.strip_chars(ALL_SPACES).cast(kind, strict=False)

    return Taken(column.map_batches(chosen, return_dtype=kind, is_elementwise=True), lossy=True)


def _other_enum(column: pl.Expr, dtype: Any, field: Field, reading: Reading, *, closed: bool) -> Taken:
    """An Enum of other categories: each category is read once."""
    words = list(dtype.categories)
    if closed and words == list(field.readable):
        return Taken(column, same=True)
    values = [read(word, field, reading) for word in words]
    if not closed and values == words:
        return Taken(column, same=True)
    kind = pl.Enum(field.readable) if closed else pl.Enum(list(dict.fromkeys(v for v in values if isinstance(v, str))))
    known = pl.Series([v if isinstance(v, str) and not isinstance(v, Unfit) else None for v in values], dtype=kind)
    lossy = any(isinstance(v, Unfit) for v in values)
    if not words:
        return Taken(pl.lit(None, dtype=kind))
    return Taken(pl.lit(known).gather(column.to_physical().cast(pl.UInt32)), lossy=lossy)


def _choices(column: pl.Expr, dtype: Any, field: Field, reading: Reading) -> Taken | None:
    if not isinstance(dtype, pl.List) or dtype.inner not in (pl.String, pl.Categorical, pl.Enum):
        return None

    def checked(lists: pl.Series) -> pl.Series:
        held = lists.cast(pl.List(pl.String))
        words = held.explode().drop_nulls().unique().to_list()
        sound = all(
            word == word.strip() and (field.open or not field.options or word in field.readable) for word in words
        )
        if sound and not held.list.eval(pl.element().is_null()).list.any().any():
            return held
        values = [None if raw is None else read(raw, field, reading) for raw in held.to_list()]
        kept = [None if v is None or isinstance(v, Unfit) else sorted(v) for v in values]
        return pl.Series(lists.name, kept, dtype=pl.List(pl.String))

    return Taken(column.map_batches(checked, return_dtype=pl.List(pl.String), is_elementwise=True), lossy=True)


_OWN: dict[str, Callable[[pl.Expr, Any, Field, Reading], Taken | None]] = {
    "integer": _integer,
    "level": _integer,
    "number": _number,
    "money": _money,
    "percent": _percent,
    "date": _date,
    "datetime": _datetime,
    "duration": _duration,
    "boolean": _boolean,
    "choice": _choice,
    "multi_choice": _choices,
}

# ------------------------------------------------ one by one


def _one_by_one(column: pl.Expr, field: Field, reading: Reading) -> Taken:
    """Each different value once, by ``read`` itself."""
    kind = _TYPES.get(field.type, pl.String())
    if field.type == "choice" and field.options and not field.open:
        kind = pl.Enum(field.readable)

    def each(values: pl.Series) -> pl.Series:
        known: dict[str, Any] = {}
        found: list[Any] = []
        for raw in values.to_list():
            key = repr(raw)
            if key not in known:
                known[key] = _held(read(raw, field, reading))
            found.append(known[key])
        return pl.Series(values.name, found, dtype=kind)

    taken = column.map_batches(each, return_dtype=kind, is_elementwise=True)
    if field.type == "money":
        return Taken(taken.struct.field("value"), lossy=True, currency=taken.struct.field("currency"))
    why = column.cast(pl.String).map_batches(_reasons(field, reading), return_dtype=UNFIT, is_elementwise=True)
    return Taken(taken, lossy=True, unfit=why if field.type in TEXTS else None)


def _held(value: Any) -> Any:
    if isinstance(value, Unfit):
        return None
    if isinstance(value, Money):
        return {"value": value.minor, "currency": value.currency}
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return sorted(value) if isinstance(value, frozenset) else value


_TYPES: dict[str, Any] = {
    "integer": pl.Int64(),
    "level": pl.Int64(),
    "number": pl.Decimal(38, PLACES),
    "percent": pl.Decimal(38, PLACES),
    "money": _TAKEN,
    "date": pl.Date(),
    "datetime": MOMENT,
    "duration": pl.Duration("us"),
    "boolean": pl.Boolean(),
    "multi_choice": pl.List(pl.String),
}
__all__ = ["TEXTS", "UNFIT", "Taken", "take"]
