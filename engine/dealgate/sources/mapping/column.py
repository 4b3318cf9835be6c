"""A field's values of many rows as typed columns, before they stand in a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from dealgate.compile.frames import UNFIT, dtype_of, unfits, values_of
from dealgate.model.fields import Field
from dealgate.model.values import Unfit, parse_decimal


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """Typed values as ``Frames`` holds them: ``currency`` None is the process's throughout, ``unfit`` None: all fit."""

    value: pl.Series
    currency: pl.Series | None = None
    unfit: pl.Series | None = None

    def gather(self, places: pl.Series) -> Column:
        """The values at some places; null where the place is."""
        return self._each(lambda series: series.gather(places))

    def filter(self, mask: pl.Series) -> Column:
        """The values where the mask is true."""
        return self._each(lambda series: series.filter(mask))

    def only(self, mask: pl.Series) -> Column:
        """The values where the mask is true, null elsewhere."""
        return self._each(lambda series: series.zip_with(mask, series.clear(len(series))))

    def or_else(self, other: Column, currency: str) -> Column:
        """These values, or the other's where there is none; what did not fit is these rows' own."""
        mine = self.value.is_not_null()
        codes = None
        if self.currency is not None or other.currency is not None:
            codes = _codes(self, currency).zip_with(mine, _codes(other, currency))
        return Column(self.value.zip_with(mine, other.value), codes, self.unfit)

    def misfits(self) -> pl.Series:
        """Whether a value did not fit, row by row."""
        if self.unfit is None:
            return pl.repeat(False, len(self.value), dtype=pl.Boolean, eager=True)
        return self.unfit.is_not_null()

    def named(self, name: str, currency: str) -> list[pl.Series]:
        """The columns of a frame; those that hold nothing are left out."""
        found = [] if self.value.null_count() == len(self.value) else [self.value.alias(name)]
        if self.currency is not None and (self.currency != currency).any():
            found.append(self.currency.alias(f"{name}.currency"))
        if self.unfit is not None and self.unfit.null_count() < len(self.unfit):
            found.append(self.unfit.alias(f"{name}.unfit"))
        return found

    def _each(self, change: Any) -> Column:
        return Column(
            change(self.value),
            None if self.currency is None else change(self.currency),
            None if self.unfit is None else change(self.unfit),
        )


def column_of(values: Sequence[Any], field: Field, currency: str) -> Column:
    """Values read one by one (None: there is none) as columns; ``currency`` is the process's."""
    fits = [None if type(value) is Unfit else value for value in values]
    if field.type == "multi_choice":
        fits = [frozenset({value}) if isinstance(value, str) else value for value in fits]
    value, *codes = values_of("value", fits, field, currency)
    misfit = any(type(value) is Unfit for value in values)
    raws = unfits("unfit", [value if type(value) is Unfit else None for value in values]) if misfit else None
    return Column(value, codes[0] if codes else None, raws)


def none_of(field: Field, height: int) -> Column:
    """No value in any row."""
    return Column(pl.Series("value", [None], dtype_of(field)).new_from_index(0, height))


def stack(columns: Sequence[Column], currency: str) -> Column:
    """The rows of several columns of one field, one below the other."""
    if len(columns) == 1:
        return columns[0]
    codes = raws = None
    if any(column.currency is not None for column in columns):
        codes = pl.concat([_codes(column, currency) for column in columns])
    if any(column.unfit is not None for column in columns):
        empty = pl.Series("unfit", [], UNFIT)
        raws = pl.concat([empty.clear(len(c.value)) if c.unfit is None else c.unfit for c in columns])
    return Column(pl.concat(_alike([column.value.alias("value") for column in columns])), codes, raws)


def _codes(column: Column, currency: str) -> pl.Series:
    if column.currency is not None:
        return column.currency.alias("currency")
    codes = pl.repeat(currency, len(column.value), dtype=pl.String, eager=True).alias("currency")
    return codes.zip_with(column.value.is_not_null(), codes.clear(len(codes)))


def _alike(values: list[pl.Series]) -> list[pl.Series]:
    """Numbers in one type that holds them all: decimals of the most places, or floats where nothing else stands."""
    if not any(series.dtype.is_decimal() for series in values):
        return values
    floats = any(series.dtype == pl.Float64 for series in values)
    if floats and all(series.dtype == pl.Float64 or series.null_count() == len(series) for series in values):
        return [series.cast(pl.Float64) for series in values]
    exact = [_as_decimals(series) if series.dtype == pl.Float64 else series for series in values]
    kinds = [series.dtype for series in exact if isinstance(series.dtype, pl.Decimal)]
    scale = max(kind.scale for kind in kinds)
    return [series.cast(pl.Decimal(38, scale)) for series in exact]


def _as_decimals(floats: pl.Series) -> pl.Series:
    numbers = [None if value is None else parse_decimal(value) for value in floats.to_list()]
    return values_of("value", numbers, Field("value", "number", "Value"), "")[0]
