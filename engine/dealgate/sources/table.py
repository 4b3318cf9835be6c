"""A table as it stands in a file: its columns, its rows and what was noticed while reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from dealgate.model.diagnostics import Diagnostic

ROW = "__row__"
"""The frame's first column: where each row stands in its file, counted from 1."""
ITEM = "__item__"
"""In a child table: the place of the item in its parent's list, counted from 1."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What is declared about a file; what is left out is found by looking, never by changing values.

    ``header_row`` is the line (CSV) or row (workbook) of the column names, counted from 1.
    ``totals`` are words; a row whose first filled cell is one of them, or begins with one, is left out.
    ``skip_rows_where`` names columns and the values whose rows are left out. Both compare trimmed
    and case-folded, and both are counted and reported.
    """

    delimiter: str | None = None
    encoding: str | None = None
    header_row: int | None = None
    sheet: str | None = None
    totals: tuple[str, ...] = ()
    skip_rows_where: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """One table, its values as the file has them.

    ``frame`` holds ``ROW`` and then ``columns``. From CSV every column is text: an empty cell is
    the empty text, and null is a cell that its row lacks. Workbooks, JSON and Parquet keep
    their types and null is an empty cell; a column of mixed types is text.
    ``children`` are lists of objects inside the rows, by dotted name: their ``ROW`` is the parent's;
    the parent keeps their number in the column of that name, null where the row has no list at all.
    ``found`` is how the file was read, so that a mapping can declare it.
    """

    name: str
    path: str
    columns: tuple[str, ...]
    frame: pl.DataFrame
    diagnostics: tuple[Diagnostic, ...] = ()
    found: ReadOptions = ReadOptions()
    children: Mapping[str, Table] = field(default_factory=dict)
    row_word: str = "row"

    def __len__(self) -> int:
        """How many rows."""
        return self.frame.height

    def place(self, row: int) -> str:
        """A row in words, for messages: ``line 17`` of a text file, ``row 17`` of others."""
        return f"{self.row_word} {row}"


def examples(rows: Sequence[int], word: str, many: int | None = None, shown: int = 3) -> str:
    """``row 17``, or ``rows 17, 18, 19 and 40 more``; ``many`` where ``rows`` are only the first of so many."""
    many = len(rows) if many is None else many
    if many == 1:
        return f"{word} {rows[0]}"
    head = ", ".join(str(row) for row in rows[:shown])
    if many > shown:
        return f"{word}s {head} and {many - shown:,} more"
    return f"{word}s " + " and ".join(head.rsplit(", ", 1))


def counted(number: int, word: str, plural: str = "") -> str:
    """``1 row``, ``2,000 rows``."""
    return f"{number:,} {word if number == 1 else plural or word + 's'}"
