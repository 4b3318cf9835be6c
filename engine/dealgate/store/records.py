"""Child records as canonical JSON, and back as typed columns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from dealgate.compile.frames import MOMENT, UNFIT
from dealgate.model.fields import Field

from .people import People, is_personal
from .results import ERASED

_PERSON_KEY = ':person":'
Shape = dict[str, Any]
"""By column its kind: a word, ``["decimal", scale]`` or ``["enum", [options]]``."""

_PLAIN: tuple[tuple[Any, str], ...] = (
    (pl.String(), "text"),
    (pl.Date(), "date"),
    (MOMENT, "moment"),
    (pl.Duration("us"), "duration"),
    (pl.Boolean(), "boolean"),
    (pl.Float64(), "float"),
    (pl.List(pl.String), "texts"),
    (UNFIT, "unfit"),
)
_TYPES = {word: kind for kind, word in _PLAIN} | {"integer": pl.Int64(), "person": pl.String()}
_STORED: Mapping[str, Any] = {
    "integer": pl.Int64(),
    "moment": pl.Int64(),
    "duration": pl.Int64(),
    "person": pl.Int64(),
    "boolean": pl.Boolean(),
    "float": pl.Float64(),
    "texts": pl.List(pl.String),
    "unfit": UNFIT,
}
"""How a kind stands in JSON, where not as text."""


def written(
    name: str, frame: pl.DataFrame, fields: Mapping[str, Field], currency: str, people: People
) -> tuple[pl.Series, Shape]:
    """Each record's JSON (sorted keys, no nulls, persons by number), and the shape of all."""
    frame = _with_currencies(frame.drop("deal", "position"), fields, currency)
    shape: Shape = {}
    parts: list[pl.Series] = []
    for column in sorted(frame.columns):
        field = fields.get(column)
        series = frame[column]
        if field is not None and series.dtype == pl.String and is_personal(name, column, field.type):
            kind: Any = "person"
            series = people.numbers(_clean(series))
        else:
            kind, series = _stored(series)
        shape[column] = kind
        key = f"{column}:{_word(kind)}"
        text = pl.DataFrame([series.alias(key)]).select(
            pl.when(pl.col(key).is_not_null()).then(pl.struct(key).struct.json_encode().str.slice(1))
        )
        parts.append(text.to_series().str.head(-1).alias(key))
    if not parts:
        return pl.Series("record", ["{}"] * frame.height, pl.String), shape
    keys = sorted(part.name for part in parts)
    joined = pl.concat_str([pl.col(key) for key in keys], separator=",", ignore_nulls=True)
    return pl.DataFrame(parts).select(
        pl.concat_str(pl.lit("{"), joined, pl.lit("}")).alias("record")
    ).to_series(), shape


def _with_currencies(frame: pl.DataFrame, fields: Mapping[str, Field], currency: str) -> pl.DataFrame:
    """With the currency beside every amount, so that the same amount is the same record in every pull."""
    for column in frame.columns:
        field = fields.get(column)
        if field is not None and field.type == "money":
            beside = f"{column}.currency"
            code = pl.col(beside).fill_null(currency) if beside in frame.columns else pl.lit(currency)
            frame = frame.with_columns(pl.when(pl.col(column).is_not_null()).then(code).alias(beside))
    return frame


def _stored(series: pl.Series) -> tuple[Any, pl.Series]:
    kind = series.dtype
    if isinstance(kind, pl.Enum):
        return ["enum", kind.categories.to_list()], series.cast(pl.String)
    if isinstance(kind, pl.Decimal):
        text = series.cast(pl.String)
        if kind.scale:
            text = text.str.strip_chars_end("0").str.strip_chars_end(".")
        return ["decimal", kind.scale], text
    if kind.is_integer():
        return "integer", series.cast(pl.Int64)
    word = next((word for plain, word in _PLAIN if plain == kind), None)
    if word in ("moment", "duration"):
        return word, series.cast(pl.Int64)
    if word == "date":
        return word, series.cast(pl.String)
    if word == "text":
        return word, _clean(series)
    if word is None:
        return "text", _clean(series.cast(pl.String))
    return word, series


def _clean(series: pl.Series) -> pl.Series:
    """Without the character 0, which PostgreSQL's texts cannot hold."""
    return series.str.replace_all("\0", "\ufffd", literal=True)


def _word(kind: Any) -> str:
    return kind if isinstance(kind, str) else str(kind[0])


def merged(shapes: Sequence[Shape]) -> dict[str, list[Any]]:
    """By column the kinds it ever had, the last one last; of decimals the finest scale, of choices every option."""
    found: dict[str, dict[str, Any]] = {}
    for shape in shapes:
        for column, kind in shape.items():
            kinds = found.setdefault(column, {})
            word = _word(kind)
            before = kinds.pop(word, None)
            if word == "decimal" and before:
                kind = ["decimal", max(before[1], kind[1])]
            elif word == "enum" and before:
                kind = ["enum", [*kind[1], *(option for option in before[1] if option not in kind[1])]]
            kinds[word] = kind
    return {column: list(kinds.values()) for column, kinds in found.items()}


def read(records: pl.Series, shapes: Sequence[Shape], people: People) -> pl.DataFrame:
    """The records as typed columns; a column whose type changed has the last one."""
    columns = merged(shapes)
    keys = {f"{column}:{_word(kind)}": kind for column, kinds in columns.items() for kind in kinds}
    if not keys:
        return pl.DataFrame()
    schema = pl.Struct({key: _STORED.get(_word(kind), pl.String()) for key, kind in keys.items()})
    held = records.str.json_decode(schema).struct.unnest()
    made: list[pl.Series] = []
    for column, kinds in columns.items():
        parts = [_typed(held[f"{column}:{_word(kind)}"], kind, people) for kind in kinds]
        series = parts[-1]
        for older in reversed(parts[:-1]):
            if series.has_nulls() and older.null_count() < len(older):
                series = series.fill_null(older.cast(pl.String, strict=False).cast(series.dtype, strict=False))
        made.append(series.alias(column))
    return pl.DataFrame(made)


def _typed(series: pl.Series, kind: Any, people: People) -> pl.Series:
    word = _word(kind)
    if word == "person":
        return people.texts(series)
    if word == "enum":
        return series.cast(pl.Enum(kind[1]))
    if word == "decimal":
        return series.cast(pl.Decimal(38, kind[1]))
    if word == "date":
        return series.str.to_date("%Y-%m-%d")
    return series.cast(_TYPES[word])


def as_text(shape: Shape) -> str:
    """A shape as JSON."""
    return json.dumps(shape, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def resolved(texts: pl.Series, people: People) -> pl.Series:
    """The JSON with persons by what they are called."""
    if not texts.str.contains(_PERSON_KEY).any():
        return texts
    called = {number: value if value is not None else ERASED for number, value in people.held.iter_rows()}

    def named(text: str | None) -> str | None:
        if text is None:
            return None
        record = json.loads(text)
        for key, value in record.items():
            if key.endswith(":person"):
                record[key] = called.get(value)
        return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    return pl.Series(texts.name, [named(text) for text in texts.to_list()], pl.String)
