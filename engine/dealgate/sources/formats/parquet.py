"""Parquet: its own types; structures flattened, lists of structures as child tables."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from dealgate.sources import shape
from dealgate.sources.files import contents, damaged, kind_of
from dealgate.sources.nested import flatten
from dealgate.sources.table import ROW, ReadOptions, Table

SUFFIXES = (".parquet", ".pq")


def read(path: Path, options: ReadOptions) -> Table:
    """The whole file. Raises SourceFailed."""
    file = str(path)
    _check(path)
    try:
        frame = pl.read_parquet(path, glob=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError):
        raise damaged(path, "Parquet file") from None
    names, found = shape.unique_names(frame.columns, file, 0)
    frame.columns = names
    rows = pl.int_range(1, frame.height + 1, dtype=pl.UInt32).alias(ROW)
    flat, children = flatten(frame.select(rows, pl.all()), path.name, file, "row")
    flat, noticed = shape.settle(flat, options, file, "row")
    columns = tuple(flat.columns[1:])
    return Table(path.name, file, columns, flat, (*found, *noticed), options, children)


def header(path: Path, options: ReadOptions) -> list[str]:
    """The column names from the file's footer, structures flattened."""
    _check(path)
    try:
        schema = pl.read_parquet_schema(path)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError):
        raise damaged(path, "Parquet file") from None
    empty = pl.DataFrame(schema={ROW: pl.UInt32, **schema})
    return flatten(empty, path.name, str(path), "row")[0].columns[1:]


def _check(path: Path) -> None:
    start = contents(path, 64)
    if not start.startswith(b"PAR1"):
        words = kind_of(start)
        raise damaged(path, "Parquet file", f"its contents are {words}" if words else "")
