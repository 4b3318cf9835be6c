"""The raw tables as the database has them: named as the mapping's files, without their suffix."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from sqlglot import exp

from dealgate.sources.shape import named

NESTED = (".json", ".jsonl", ".ndjson", ".parquet")


@dataclass(frozen=True, slots=True)
class Raw:
    """What is known of the raw tables.

    ``tables``: each with its columns, where they were looked at; None where nobody looked, and then optional tables and
    columns are there only if ``have`` names them (``Table``, ``Table.Column``; ``*`` is all). ``schema`` is what stands
    before their names, ``spelled`` what became of names when the tables were made. ``order`` is a column that numbers
    a table's rows, if there is one; without it rows have no order. ``reference`` makes of a name what stands in FROM.
    """

    tables: Mapping[str, Sequence[str]] | None = None
    have: frozenset[str] = frozenset()
    schema: tuple[str, ...] = ()
    spelled: Literal["keep", "upper", "lower"] = "keep"
    order: str | None = None
    reference: Callable[[str], exp.Table] | None = None

    def table(self, file: str, optional: bool) -> str | None:
        """The table of a file that a mapping names; None where it is not there."""
        name = table_name(file)
        if self.tables is None:
            return name if not optional or self._has(name) else None
        return named(name, self.tables)

    def column(self, table: str, name: str, optional: bool) -> str | None:
        """The column of a table; None where it is not there."""
        if self.tables is None:
            return name if not optional or self._has(f"{table}.{name}") else None
        return named(name, self.tables[table])

    def _has(self, name: str) -> bool:
        return "*" in self.have or name.casefold() in {one.casefold() for one in self.have}

    def source(self, table: str) -> exp.Table:
        """The table for a FROM."""
        if self.reference is not None:
            return self.reference(table)
        parts = [exp.to_identifier(part, quoted=True) for part in (*self.schema, self.spell(table))]
        catalogue, schema = [None, None, *parts[:-1]][-2:]
        return exp.Table(this=parts[-1], db=schema, catalog=catalogue)

    def spell(self, name: str) -> str:
        """A raw name as the database keeps it."""
        return {"upper": name.upper(), "lower": name.lower()}.get(self.spelled, name)


def table_name(file: str) -> str:
    """``sales_pipeline.csv`` is ``sales_pipeline``; a sheet, or a list inside rows, goes after ``__``."""
    plain, _, part = file.partition("#")
    stem = PurePath(plain).stem
    return f"{stem}__{part}" if part else stem


def nested(file: str) -> bool:
    """Whether a file's name means a list inside the rows of another."""
    plain, mark, _ = file.partition("#")
    return bool(mark) and PurePath(plain).suffix.lower() in NESTED
