"""Distinct cells → typed columns: plain ones by Polars expressions, all others one by one by the careful reader.

A form stands here only where its answer is the careful reader's own; the tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import NamedTuple

import polars as pl

from dealgate.compile.columns.texts import ALL_SPACES
from dealgate.compile.frames import MOMENT
from dealgate.model.currencies import MINOR_DIGITS
from dealgate.model.values import LARGEST_MINOR
from dealgate.sources.forms.text import SPACES

from .cells import ISO, CellReader
from .coded import listed
from .column import Column, column_of, stack

_NUMERAL = r"^-?[0-9]{1,15}(?:\.[0-9]{1,12})?$"
_WHOLE = r"^-?[0-9]{1,18}$"
_DAY = r"^(?:1[6-9]|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$"
_CLOCK = r"^(?:1[6-9]|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-5][0-9]"
_ISO_MOMENT = _CLOCK + r"(?:\.[0-9]{1,9})?(?:Z|[+-](?:0[0-9]|1[0-8]):?[0-5][0-9])?$"
_LOCAL_MOMENT = _CLOCK.replace("[T ]", " ") + "$"
_SECOND_FORM = "YYYY-MM-DD HH:MM:SS"
_EXACT_FLOAT = 10**15


class _Told(NamedTuple):
    """Values, null where a cell is not plain or there is none, and where the answer is known."""

    value: pl.Series
    known: pl.Series


_Form = Callable[[CellReader, pl.Series, str], "_Told | None"]


def read_all(reader: CellReader, cells: pl.Series, code: str | None = None) -> Column:
    """The typed value of every cell; ``code`` is the currency that stands beside them."""
    currency = reader.reading.currency
    chosen = (reader.value.currency or code or reader.layout.currency or currency) if _money(reader) else currency
    told = _plain(reader, cells, chosen)
    if told is None:
        return column_of([reader.read(cell, code) for cell in listed(cells)], reader.field, currency)
    known = told.known
    codes = None
    if chosen != currency:
        codes = pl.repeat(chosen, len(cells), dtype=pl.String, eager=True)
        codes = codes.zip_with(told.value.is_not_null(), codes.clear(len(codes)))
    plain = Column(told.value, codes)
    if known.all():
        return plain
    rest = column_of([reader.read(cell, code) for cell in listed(cells.filter(~known))], reader.field, currency)
    both = stack([plain.filter(known), rest], currency)
    first = int(known.sum())
    places = (known.cum_sum() - 1).cast(pl.Int64).zip_with(known, (~known).cum_sum().cast(pl.Int64) + (first - 1))
    return both.gather(places)


def _money(reader: CellReader) -> bool:
    return reader.field.type == "money"


def _plain(reader: CellReader, cells: pl.Series, chosen: str) -> _Told | None:
    """What Polars can tell of the cells; None where each must be looked at."""
    value = reader.value
    if reader.values is not None or reader.otherwise is not None or value.times is not None or value.unit is not None:
        return None
    cells = cells.alias("value")
    if cells.dtype == pl.String:
        form = _TEXTS.get(reader.field.type)
        if form is None:
            return None
        texts = cells.str.strip_chars(SPACES).fill_null("")
        found = form(reader, texts, chosen)
        if found is None:
            return None
        empty = texts == ""
        usual = ~(_held_places(reader, texts) | empty)
        nothing = found.value.clear(len(texts))
        return _Told(found.value.zip_with(usual & found.known, nothing), (found.known & usual) | empty)
    if reader.missing - {""}:
        return None  # a declared word may be a number
    typed = _typed(reader, cells, chosen)
    return None if typed is None else _Told(typed.value, typed.known | cells.is_null())


def _held_places(reader: CellReader, texts: pl.Series) -> pl.Series:
    """Whether a text may be a declared word for none or a placeholder. Folding never shortens a text."""
    words = reader.missing | reader.reading.placeholders
    short = texts.str.len_chars() <= max(map(len, words), default=0)
    plain = texts.str.len_bytes() == texts.str.len_chars()  # of ASCII small letters are all there is to folding
    held = short & plain & texts.str.to_lowercase().is_in(list(words))
    other = short & ~plain
    if not other.any():
        return held
    found = [text.casefold() in words for text in texts.filter(other).to_list()]
    return held.scatter(other.arg_true(), pl.Series(found, dtype=pl.Boolean))


# -- text: (reader, trimmed texts, currency) → values


def _as_written(reader: CellReader, texts: pl.Series, _c: str) -> _Told | None:
    if reader.field.type == "choice" and reader.field.options:
        return None
    return _Told(texts, pl.repeat(True, len(texts), eager=True))


def _number(reader: CellReader, texts: pl.Series, _c: str) -> _Told | None:
    if reader.mark != ".":
        return None
    plain = texts.str.contains(_NUMERAL)
    numerals = texts.zip_with(plain, texts.clear(len(texts)))
    places = numerals.str.extract(r"\.([0-9]+)$").str.len_chars().max()
    return _Told(numerals.cast(pl.Decimal(38, places if isinstance(places, int) else 0)), plain)


def _integer(reader: CellReader, texts: pl.Series, _c: str) -> _Told | None:
    if reader.mark != ".":
        return None
    plain = texts.str.contains(_WHOLE)
    if reader.field.type == "level":
        plain &= ~texts.str.starts_with("-")
    return _Told(texts.zip_with(plain, texts.clear(len(texts))).cast(pl.Int64), plain)


def _amount(reader: CellReader, texts: pl.Series, chosen: str) -> _Told | None:
    digits = MINOR_DIGITS.get(chosen)
    if reader.mark != "." or digits is None:
        return None
    part = rf"(?:\.[0-9]{{1,{digits}}})?" if digits else ""
    plain = texts.str.contains(rf"^-?[0-9]{{1,14}}{part}$")
    numerals = texts.zip_with(plain, texts.clear(len(texts)))
    frame = (
        numerals.alias("value")
        .to_frame()
        .select(
            pl.col("value").str.starts_with("-").alias("below"),
            pl.col("value").str.extract("^-?([0-9]+)").cast(pl.Int64).alias("whole"),
            pl.col("value").str.extract(r"\.([0-9]+)$").fill_null("").str.pad_end(digits, "0").alias("part"),
        )
    )
    minor = pl.col("whole") * 10**digits + (pl.col("part").cast(pl.Int64) if digits else 0)
    return _Told(frame.select(pl.when("below").then(-minor).otherwise(minor).alias("value")).to_series(), plain)


def _day(reader: CellReader, texts: pl.Series, _c: str) -> _Told | None:
    if reader.formats[0] not in (ISO, "YYYY-MM-DD"):
        return None
    plain = texts.str.contains(_DAY)
    days = texts.zip_with(plain, texts.clear(len(texts))).str.to_date("%Y-%m-%d", strict=False)
    return _Told(days, days.is_not_null())


def _instant(reader: CellReader, texts: pl.Series, _c: str) -> _Told | None:
    form = reader.formats[0]
    if form not in (ISO, _SECOND_FORM):
        return None
    zoned = texts.str.contains(r"(?:Z|[+-][0-9]{2}:?[0-9]{2})$") & texts.str.contains(":")
    plain = texts.str.contains(_ISO_MOMENT if form == ISO else _LOCAL_MOMENT)
    if not _is_utc(reader):
        plain &= zoned  # what clocks of a zone show, Python tells
    frame = texts.zip_with(plain, texts.clear(len(texts))).alias("text").to_frame()
    text = pl.col("text")
    local = text.str.slice(0, 10) + " " + text.str.slice(11, 8)
    micro = text.str.extract(r"\.([0-9]+)").fill_null("0").str.pad_end(6, "0").str.slice(0, 6).cast(pl.Int64)
    sign = pl.when(text.str.contains(r"-[0-9]{2}:?[0-9]{2}$")).then(-1).otherwise(1)
    hours = text.str.extract(r":[0-9.]+[+-]([0-9]{2}):?[0-9]{2}$").fill_null("0").cast(pl.Int64)
    minutes = text.str.extract(r":[0-9.]+[+-][0-9]{2}:?([0-9]{2})$").fill_null("0").cast(pl.Int64)
    moment = local.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    shift = sign * (hours * 60 + minutes) * 60_000_000
    utc = (moment + (micro - shift).cast(pl.Duration("us"))).dt.replace_time_zone("UTC").alias("value")
    found = frame.select(utc).to_series()
    return _Told(found, found.is_not_null())


_TEXTS: Mapping[str, _Form] = {
    "text": _as_written,
    "person": _as_written,
    "reference": _as_written,
    "choice": _as_written,
    "number": _number,
    "integer": _integer,
    "level": _integer,
    "money": _amount,
    "date": _day,
    "datetime": _instant,
}


# -- typed cells


def _typed(reader: CellReader, cells: pl.Series, chosen: str) -> _Told | None:
    kind, target, ours = cells.dtype, reader.field.type, reader.value.ours
    if kind == pl.Boolean and target == "boolean":
        return _told(cells)
    if kind.is_integer() and kind not in (pl.Int128, pl.UInt128) and target in ("integer", "level", "number", "money"):
        return _from_integers(cells, target, chosen)
    if kind == pl.Float64 and target in ("integer", "money"):
        return _from_floats(cells, target, chosen)
    if kind == pl.Float64 and ours and target in ("number", "percent"):
        held = cells.is_finite() & (cells.abs() < 1e20)
        return _told(cells.zip_with(held, cells.clear(len(cells))))
    if kind == pl.Date and target in ("date", "datetime"):
        held = (cells.dt.year() > 1) & (cells.dt.year() < 9999)
        days = cells.zip_with(held, cells.clear(len(cells)))
        if target == "date":
            return _told(days)
        return _told(days.cast(MOMENT)) if _is_utc(reader) else None
    if isinstance(kind, pl.Datetime) and target in ("date", "datetime"):
        return _from_moments(reader, cells, kind)
    if kind == pl.List(pl.String) and target == "multi_choice" and ours:
        return _from_lists(reader, cells)
    return None


def _told(values: pl.Series) -> _Told:
    return _Told(values, values.is_not_null())


def _from_integers(cells: pl.Series, target: str, chosen: str) -> _Told | None:
    if target == "number":
        return _told(cells.cast(pl.Decimal(38, 0)))
    digits = MINOR_DIGITS.get(chosen, 0) if target == "money" else 0
    limit = LARGEST_MINOR // 10**digits
    wide = cells.cast(pl.Int64, strict=False)
    lowest = 0 if target == "level" else 1 - limit
    if target == "money" and chosen not in MINOR_DIGITS:
        return None
    held = wide.is_between(lowest, limit - 1).fill_null(False)
    return _told(wide.zip_with(held, wide.clear(len(wide))) * 10**digits)


def _from_floats(cells: pl.Series, target: str, chosen: str) -> _Told | None:
    """Floats that are a decimal of at most 15 digits with the places wanted: what both readers take them for."""
    digits = MINOR_DIGITS.get(chosen) if target == "money" else 0
    if digits is None:
        return None
    scaled = (cells * 10**digits).round()
    unit = pl.repeat(10.0**digits, len(cells), eager=True)  # by a single number Polars divides less than exactly
    held = (cells.is_finite() & (scaled.abs() < _EXACT_FLOAT) & (scaled / unit == cells)).fill_null(False)
    return _told(scaled.zip_with(held, scaled.clear(len(scaled))).cast(pl.Int64))


def _from_moments(reader: CellReader, cells: pl.Series, kind: pl.Datetime) -> _Told | None:
    if kind.time_zone is None and reader.field.type == "date":
        moments = cells
    elif kind.time_zone is None and _is_utc(reader):
        moments = cells.dt.replace_time_zone("UTC")
    elif kind.time_zone is not None and reader.field.type == "datetime":
        moments = cells.dt.convert_time_zone("UTC")
    else:
        return None
    held = ((moments.dt.year() > 1) & (moments.dt.year() < 9999)).fill_null(False)
    moments = moments.zip_with(held, moments.clear(len(moments)))
    return _told(moments.dt.date() if reader.field.type == "date" else moments.cast(MOMENT))


def _from_lists(reader: CellReader, cells: pl.Series) -> _Told | None:
    words = cells.list.eval(pl.element().str.strip_chars(ALL_SPACES))
    frame = pl.DataFrame([words.alias("value")])
    field = reader.field
    known = pl.element().is_not_null()
    if field.options and not field.open:
        known &= pl.element().is_in(field.readable)
    held = frame.select(pl.col("value").list.eval(known).list.all()).to_series().fill_null(False)
    found = words.list.unique().list.sort()
    return _Told(found.zip_with(held, found.clear(len(found))), held)


def _is_utc(reader: CellReader) -> bool:
    zone = reader.moment_zone
    return zone is UTC or getattr(zone, "key", None) == "UTC"
