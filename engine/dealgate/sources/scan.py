"""Parquet files in our own columns that are too large to be held: looked at, not read."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from dealgate.model.process import Process
from dealgate.sources.files import damaged
from dealgate.sources.mapping.own import is_own
from dealgate.sources.tables import Folder, columns_of

MANY = 1_000_000
"""Deals from which a file is not held in memory."""
SUFFIXES = (".parquet", ".pq")
Scanned = tuple[pl.LazyFrame, dict[str, pl.LazyFrame], int]
"""The deals, their children by collection, and how many deals there are."""


def scan(path: Path, process: Process) -> Scanned | None:
    """The deals of a Parquet file, or of a folder of them.

    None where it is no such source, or has fewer deals than ``MANY``. Raises SourceFailed where a file is damaged.
    """
    folder = Folder(path) if path.exists() else None
    main = folder.find(path.name if path.is_file() else f"{process.record}s") if folder is not None else None
    if folder is None or main is None or Path(main).suffix.lower() not in SUFFIXES:
        return None
    file = folder.path_of(main)
    if not is_own(columns_of(file), process.catalogue):
        return None
    deals = pl.scan_parquet(file, glob=False)
    try:
        count: int = deals.select(pl.len()).collect().item()
    except pl.exceptions.PolarsError:
        raise damaged(file, "Parquet file") from None
    if count < MANY:
        return None
    children = {}
    for name in process.catalogue.collections:
        found = folder.find(name) if path.is_dir() else None
        if found is not None and Path(found).suffix.lower() in SUFFIXES:
            children[name] = pl.scan_parquet(folder.path_of(found), glob=False).rename(
                {process.record: "deal"}, strict=False
            )
    return deals, children, count
