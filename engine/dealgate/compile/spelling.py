"""Values as events hold them: one text for one value, which the model reads back as the same value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from ..model.currencies import MINOR_DIGITS
from ..model.fields import Field, Reading, read
from ..model.values import EXACT, Money, Unfit
from .frames import unfits, values_of


def spelled(value: Any, field: Field) -> str | None:
    """A typed value's text; what did not fit its field stands as it was read."""
    if value is None:
        return None
    if isinstance(value, Unfit):
        return value.raw
    if isinstance(value, Money):
        return f"{value.major:f} {value.currency}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{_short(value.scaleb(2, EXACT))}%" if field.type == "percent" else _short(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value // timedelta(minutes=1)} minutes"
    if isinstance(value, (frozenset, set, list)):
        return "; ".join(sorted(value))
    return str(value)


def _short(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def spelled_again(texts: pl.Series, field: Field, reading: Reading) -> pl.Series:
    """Texts as sources have them, each as ``spelled`` writes what is read in it."""
    if field.type in ("text", "person", "reference"):
        return texts.str.strip_chars()
    return each_different(texts, lambda text: spelled(_read(text, field, reading), field), pl.String)


def column_spelled(frame: pl.DataFrame, name: str, field: Field, currency: str) -> pl.Series:
    """A column of ``Frames`` as texts, misfits as they were read; ``currency`` is that of amounts which name none."""
    texts = _spelled_column(frame, name, field, currency) if name in frame.columns else None
    if f"{name}.unfit" not in frame.columns:
        return pl.repeat(None, frame.height, dtype=pl.String, eager=True).alias(name) if texts is None else texts
    raw = frame[f"{name}.unfit"].struct.field("raw").alias(name)
    return raw if texts is None else texts.zip_with(texts.is_not_null(), raw)


def _spelled_column(frame: pl.DataFrame, name: str, field: Field, currency: str) -> pl.Series:
    column = frame[name]
    if field.type == "money":
        beside = f"{name}.currency"
        codes = (
            frame[beside].fill_null(currency)
            if beside in frame.columns
            else pl.repeat(currency, len(column), eager=True)
        )
        pairs = pl.DataFrame({"minor": column, "code": codes}).select(pl.struct("minor", "code")).to_series()
        made = lambda one: None if one["minor"] is None else spelled(Money(one["minor"], one["code"]), field)  # noqa: E731
        return each_different(pairs, made, pl.String).alias(name)
    if column.dtype == pl.String or isinstance(column.dtype, pl.Enum):
        return column.cast(pl.String)
    if column.dtype.is_float():
        return each_different(column, lambda value: spelled(Decimal(repr(value)), field), pl.String).alias(name)
    if column.dtype == pl.Date:
        return column.dt.to_string("iso")
    if column.dtype.is_integer() and field.type in ("integer", "level"):
        return column.cast(pl.String)
    return each_different(column, lambda value: spelled(value, field), pl.String).alias(name)


def typed_again(texts: pl.Series, field: Field, reading: Reading, currency: str) -> list[pl.Series]:
    """Texts as the columns that ``Frames`` have of a field: its values, its currencies, and what does not fit."""
    if field.type in ("text", "person", "reference"):
        if not texts.str.strip_chars().str.to_lowercase().is_in(list(reading.placeholders)).any():
            return [texts.alias(field.id)]
    if field.type == "money" and (amounts := _amounts(texts, field.id, currency)) is not None:
        return amounts
    different = texts.unique()
    known = [None if text is None else _read(text, field, reading) for text in different.to_list()]
    found = values_of(field.id, [None if isinstance(v, Unfit) else v for v in known], field, currency)
    if any(isinstance(value, Unfit) for value in known):
        found.append(unfits(f"{field.id}.unfit", [v if isinstance(v, Unfit) else None for v in known]))
    place = _places(texts, different)
    return [column.gather(place) for column in found]


_AMOUNT = r"^-?\d{1,15}(\.\d{1,4})? [A-Z]{3}$"


def _amounts(texts: pl.Series, name: str, currency: str) -> list[pl.Series] | None:
    """Amounts that all stand as ``spelled`` writes them, many at once; None where one does not."""
    if not texts.str.contains(_AMOUNT).all():
        return None
    parts = pl.DataFrame({"text": texts}).select(
        number=pl.col("text").str.split_exact(" ", 1).struct[0], code=pl.col("text").str.split_exact(" ", 1).struct[1]
    )
    parts = parts.with_columns(
        digits=pl.col("code").replace_strict(MINOR_DIGITS, default=None, return_dtype=pl.Int64),
        decimals=pl.col("number").str.extract(r"\.(\d+)$").str.len_chars().fill_null(0),
    )
    odd = pl.col("code").is_not_null() & (pl.col("digits").is_null() | (pl.col("decimals") > pl.col("digits")))
    if parts.select(odd.any()).item():
        return None
    minor = pl.col("number").cast(pl.Decimal(38, 4)) * pl.lit(10, pl.Int64).pow(pl.col("digits"))
    found = parts.select(minor.cast(pl.Int64).alias(name), pl.col("code").alias(f"{name}.currency"))
    alike = (found[f"{name}.currency"] == currency).all()
    return found.get_columns()[: 1 if alike else 2]


def _read(text: str, field: Field, reading: Reading) -> Any:
    # what stood in a record has been looked at for placeholders once, and several choices stand in one text here
    if field.type == "multi_choice":
        text_parts = [part.strip() for part in text.split(";") if part.strip()]
        return read(text_parts, field, reading)
    return read(text, field, reading)


def each_different(values: pl.Series, make: Callable[[Any], Any], kind: Any) -> pl.Series:
    """What is made of each different value that there is, in the values' places."""
    different = values.unique()
    made = pl.Series(values.name, [None if v is None else make(v) for v in different.to_list()], dtype=kind)
    return made.gather(_places(values, different))


def _places(values: pl.Series, different: pl.Series) -> pl.Series:
    """Where each value stands among the different ones."""
    known = pl.DataFrame({"value": different}).with_row_index("place")
    wanted = pl.DataFrame({"value": values})
    return wanted.join(known, on="value", how="left", nulls_equal=True, maintain_order="left")["place"]
