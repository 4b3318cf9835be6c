"""The same forms over a column: plain values by Polars, the rest by the scalar reader, each distinct text once."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import polars as pl

from dealgate.sources.forms.dates import read_moment
from dealgate.sources.forms.flags import FALSE_WORDS, TRUE_WORDS, parse_boolean
from dealgate.sources.forms.numbers import DecimalMark, read_number

NUMBER = pl.Struct({"value": pl.String, "currency": pl.String, "percent": pl.Boolean})
MOMENT = pl.Struct({"local": pl.Datetime("us"), "offset": pl.Int32, "timed": pl.Boolean})

# The commonest formats: (the text's shape, Polars' own format, whether it has a time).
_PLAIN_DATES = {
    "YYYY-MM-DD": (r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "%Y-%m-%d", False),
    "YYYY-MM-DD HH:MM:SS": (r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-5][0-9]$", "%Y-%m-%d %H:%M:%S", True),
}


def numbers_column(column: pl.Expr, decimal_mark: DecimalMark = ".") -> pl.Expr:
    """A text column as ``NUMBER``: ``value`` a plain decimal numeral (exact; to be cast to Decimal), the currency
    beside it and whether a percent sign stood there. Null where ``read_number`` is None."""

    def read(text: str) -> dict[str, Any] | None:
        number = read_number(text, decimal_mark)
        if number is None:
            return None
        return {"value": f"{number.value:f}", "currency": number.currency, "percent": number.percent}

    def batch(series: pl.Series) -> pl.Series:
        if decimal_mark != ".":
            return _by_distinct(series, read, NUMBER)
        plain = series.str.contains(r"^-?[0-9]{1,15}(?:\.[0-9]{1,12})?$").fill_null(False)
        fast = pl.DataFrame({"value": series}).select(
            pl.struct(pl.col("value"), pl.lit(None, dtype=pl.String).alias("currency"), pl.lit(False).alias("percent"))
        )
        return _joined(series, plain, fast.to_series(), _by_distinct(series.set(plain, None), read, NUMBER))

    return column.map_batches(batch, return_dtype=NUMBER)


def dates_column(column: pl.Expr, form: str) -> pl.Expr:
    """A text column as ``MOMENT``, null where ``read_moment`` is None. Raises ValueError for an unknown format."""
    read_moment("", form)

    def read(text: str) -> dict[str, Any] | None:
        moment = read_moment(text, form)
        if moment is None:
            return None
        return {"local": moment.local, "offset": moment.offset, "timed": moment.timed}

    def batch(series: pl.Series) -> pl.Series:
        if form not in _PLAIN_DATES:
            return _by_distinct(series, read, MOMENT)
        shape, polars_format, timed = _PLAIN_DATES[form]
        plain = (series.str.contains(shape) & (series.str.slice(0, 4) != "0000")).fill_null(False)
        local = series.set(~plain, None).str.to_datetime(polars_format, time_unit="us", strict=False)
        fast = pl.DataFrame({"local": local}).select(
            pl.when(pl.col("local").is_not_null()).then(
                pl.struct(pl.col("local"), pl.lit(None, dtype=pl.Int32).alias("offset"), pl.lit(timed).alias("timed"))
            )
        )
        return _joined(series, plain, fast.to_series(), _by_distinct(series.set(plain, None), read, MOMENT))

    return column.map_batches(batch, return_dtype=MOMENT)


def flags_column(column: pl.Expr, true: Collection[str] = TRUE_WORDS, false: Collection[str] = FALSE_WORDS) -> pl.Expr:
    """A text column as booleans, null where ``parse_boolean`` is None."""
    return column.map_batches(
        lambda series: _by_distinct(series, lambda text: parse_boolean(text, true, false), pl.Boolean()),
        return_dtype=pl.Boolean,
    )


def _by_distinct(series: pl.Series, read: Callable[[str], Any], kind: pl.DataType | type[pl.DataType]) -> pl.Series:
    distinct = series.drop_nulls().unique()
    answers = pl.DataFrame([distinct.alias("text"), pl.Series("read", [read(text) for text in distinct], dtype=kind)])
    texts = pl.DataFrame([series.alias("text")])
    return texts.join(answers, on="text", how="left", maintain_order="left")["read"].alias(series.name)


def _joined(series: pl.Series, plain: pl.Series, fast: pl.Series, careful: pl.Series) -> pl.Series:
    frame = pl.DataFrame([plain.alias("plain"), fast.alias("fast"), careful.alias("careful")])
    return frame.select(pl.when("plain").then("fast").otherwise("careful")).to_series().alias(series.name)
