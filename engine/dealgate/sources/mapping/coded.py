"""A column by its distinct cells: each is read once, and every row points at one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from dealgate.sources.forms.text import SPACES

from .cells import cell_text

_SAMPLE = 5_000


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """``cells`` are the distinct ones, the last of them null; ``places`` is for each row the place of its cell."""

    cells: pl.Series
    places: pl.Series

    def rows(self, answers: pl.Series) -> pl.Series:
        """For every row the answer for its cell."""
        return answers.gather(self.places)

    def texts(self) -> pl.Series:
        """The distinct cells as trimmed text; empty for none."""
        return texts_of(self.cells)

    def where(self, test: Callable[[str], bool]) -> pl.Series:
        """Row by row whether the cell's text passes."""
        answers = [test(text) for text in self.texts().to_list()]
        return self.rows(pl.Series(answers, dtype=pl.Boolean))

    def at(self, rows: pl.Series) -> Coded:
        """The same of other rows: ``rows`` are places among these, null for none."""
        return Coded(self.cells, self.places.gather(rows).fill_null(len(self.cells) - 1))


def coded(series: pl.Series) -> Coded:
    """A column by its distinct cells. Each row has its own where they cannot be compared or hardly any repeats."""
    series = series.alias("cell")
    kind = pl.UInt32
    if series.dtype.is_nested() or series.dtype in (pl.Object, pl.Binary, pl.Null) or _various(series):
        return Coded(series.extend_constant(None, 1), pl.int_range(len(series), dtype=kind, eager=True))
    cells = series.drop_nulls().unique()
    known = pl.DataFrame([cells, pl.int_range(len(cells), dtype=kind, eager=True).alias("place")])
    found = series.to_frame().join(known, on="cell", how="left", maintain_order="left")["place"]
    return Coded(cells.extend_constant(None, 1), found.fill_null(len(cells)))


def _various(series: pl.Series) -> bool:
    return len(series) > _SAMPLE and series.head(_SAMPLE).n_unique() * 5 > _SAMPLE * 4


def absent(height: int) -> Coded:
    """A column that is not there: every cell is none."""
    return Coded(pl.Series([None], dtype=pl.String), pl.repeat(0, height, dtype=pl.UInt32, eager=True))


def texts_of(series: pl.Series) -> pl.Series:
    """Cells as trimmed text, empty for none."""
    if series.dtype == pl.String:
        return series.str.strip_chars(SPACES).fill_null("")
    if series.dtype.is_integer():
        return series.cast(pl.String).fill_null("")
    return pl.Series(series.name, [cell_text(cell) for cell in listed(series)], dtype=pl.String)


def listed(series: pl.Series) -> Sequence[Any]:
    """The cells as Python values; dates beyond Python's calendar as text."""
    try:
        return series.to_list()
    except (ValueError, OverflowError):
        return series.cast(pl.String).to_list()
