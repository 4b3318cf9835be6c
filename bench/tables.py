"""The workload as columns: Arrow, Polars, Parquet and dicts; no value passes through Python on the way to a column.

Text is text unless ``enums`` says otherwise: ``Enum`` columns for choices. Dates are dates, contacts a list of struct.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from . import workload
from .workload import CHOICES, DATES, ROLES, TEXTS

ROW_GROUP = 100_000
"""Rows of a Parquet row group."""
BLOCK = 1_000_000
"""Deals drawn at a time; a larger file repeats the first block under other ids."""


class Deals:
    """So many deals in every form that somebody needs, each made when first asked for; files go into ``folder``."""

    def __init__(self, count: int, folder: Path, seed: int = 7) -> None:
        self.count, self.folder, self.seed = count, folder, seed

    @property
    def drawn(self) -> int:
        """How many are drawn, and held in memory, at most."""
        return min(self.count, BLOCK)

    @property
    def in_memory(self) -> bool:
        """Whether all of them are; else only a file has them all."""
        return self.count <= BLOCK

    def held(self, form: str, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """A frame as ``keep`` left it in the folder, where it did; else made."""
        path = self.path(form)
        return pl.read_ipc(path) if path.exists() else make()

    def keep(self, form: str, frame: pl.DataFrame) -> None:
        """Leaves a frame in the folder, so that another process has it without drawing it again."""
        frame.rechunk().write_ipc(self.path(form))

    def path(self, form: str, ending: str = "arrow") -> Path:
        """Where a form of these deals is kept."""
        return self.folder / f"{form}_{self.count}_{self.seed}.{ending}"

    @cached_property
    def columns(self) -> tuple[dict[str, workload.Column], tuple[Any, ...]]:
        """Fields as (values, present), and the contacts as (offsets, role numbers, engaged, present)."""
        return workload.columns(self.drawn, self.seed)

    @cached_property
    def ties(self) -> NDArray[np.bool_]:
        """Deals whose budget is four fifths of the amount to the cent, where floats may say that it is less.

        A float of 19,553.70 × 0.8 is more than 15,642.96. There is one among the first million.
        """
        fields, _ = self.columns
        amount, budget = (np.rint(fields[name][0] * 100).astype(np.int64) for name in ("amount", "budget_amount"))
        equal: NDArray[np.bool_] = budget * 10 == amount * 8
        return equal

    @cached_property
    def rows(self) -> list[workload.Row]:
        """Plain dicts."""
        return workload.rows(self.drawn, self.seed)

    @cached_property
    def arrow(self) -> pa.Table:
        """An Arrow table with text, dates and a list of contacts."""
        fields, (offsets, roles, engaged, synced) = self.columns
        out = {}
        for name, (values, there) in fields.items():
            words = CHOICES.get(name) or ([f"{name} text {i}" for i in range(1000)] if name in TEXTS else None)
            column = pa.array(values, mask=~there)
            if words is not None:
                column = pa.DictionaryArray.from_arrays(column, pa.array(words)).cast(pa.string())
            elif name in DATES:
                column = column.cast(pa.date32())
            out[name] = column
        role = pa.DictionaryArray.from_arrays(pa.array(roles), pa.array(ROLES)).cast(pa.string())
        people = pa.StructArray.from_arrays([role, pa.array(engaged)], names=["role", "engaged"])
        out["contacts"] = pa.ListArray.from_arrays(pa.array(offsets), people, mask=pa.array(~synced))
        return pa.table(out)

    @cached_property
    def text(self) -> pl.DataFrame:
        """Polars with choices as text."""
        return self.held("text", self._from_arrow)

    def _from_arrow(self) -> pl.DataFrame:
        frame = pl.from_arrow(self.arrow)
        assert isinstance(frame, pl.DataFrame)
        return frame

    @cached_property
    def enums(self) -> pl.DataFrame:
        """Polars with choices as Enum."""
        return self.held("enums", lambda: self.text.with_columns(enum_casts()))

    @cached_property
    def stages(self) -> pl.DataFrame:
        """Every deal's ``id`` and ``stage``."""
        return pl.scan_parquet(self.parquet).select("id", "stage").collect()

    @cached_property
    def parquet(self) -> Path:
        """A Parquet file with choices as text."""
        path = self.path("deals", "parquet")
        if not path.exists():
            self.write_parquet(self.arrow, path)
        return path

    def write_parquet(self, table: pa.Table, path: Path) -> None:
        """What was drawn into one file, again and again until all deals are there."""
        with pq.ParquetWriter(path, table.schema) as writer:
            for start in range(0, self.count, self.drawn):
                block = renumbered(table.slice(0, self.count - start), start)
                writer.write_table(block, row_group_size=ROW_GROUP)


def renumbered(table: pa.Table, start: int) -> pa.Table:
    """The same deals under ids from ``start`` on."""
    if not start:
        return table
    place = table.schema.get_field_index("id")
    ids = pa.array(np.arange(start, start + len(table), dtype=np.int64)).cast(table.schema.field("id").type)
    return table.set_column(place, "id", ids)


def enum_casts() -> list[pl.Expr]:
    """Choices as Enum columns."""
    return [pl.col(name).cast(pl.Enum(words)) for name, words in CHOICES.items()]
