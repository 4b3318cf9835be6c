"""Raw records of a mirror as the tables that a mapping reads: every value as text, as an export would have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from dealgate.sources.tables import ROW, Folder, Table


class RawTables(Folder):
    """The tables of some records. ``columns`` names every table and column known, those without rows here too."""

    def __init__(
        self, name: str, rows: Mapping[str, Sequence[Mapping[str, Any]]], columns: Mapping[str, Sequence[str]]
    ):
        """``name`` stands for the source in messages; ``rows`` by table, each flat."""
        self.path = Path(name)
        self._known = {table: list(named) for table, named in columns.items()}
        self._rows = rows
        self._made: dict[str, Table] = {}

    def __iter__(self) -> Iterator[str]:
        """The table names."""
        return iter(self._known)

    def __len__(self) -> int:
        """How many tables."""
        return len(self._known)

    def find(self, name: str) -> str | None:
        """The table that ``name`` stands for, compared case-folded."""
        folded = name.strip().casefold()
        return next((table for table in self._known if table.casefold() == folded), None)

    def __getitem__(self, name: str) -> Table:
        """The table of that name. Raises KeyError."""
        found = self.find(name)
        if found is None:
            raise KeyError(name)
        if found not in self._made:
            self._made[found] = self._table(found)
        return self._made[found]

    def columns(self, name: str) -> list[str]:
        """The column names of a table. Raises KeyError."""
        found = self.find(name)
        if found is None:
            raise KeyError(name)
        return self._known[found]

    def path_of(self, name: str) -> Path:
        """What stands for the table in messages."""
        return self.path / name

    def _table(self, name: str) -> Table:
        rows, columns = self._rows.get(name, ()), self._known[name]
        data = {column: [written(row.get(column)) for row in rows] for column in columns}
        frame = pl.DataFrame(data, schema=dict.fromkeys(columns, pl.String))
        frame.insert_column(0, pl.int_range(1, len(rows) + 1, dtype=pl.UInt32, eager=True).alias(ROW))
        return Table(name, f"{self.path}/{name}", tuple(columns), frame, row_word="record")


def written(value: Any) -> str | None:
    """A raw value as an export writes it; numbers keep every digit."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ";".join(text for item in value if (text := written(item)))
    return str(value)
