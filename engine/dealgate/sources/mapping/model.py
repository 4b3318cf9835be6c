"""A mapping as it was checked: what applies it reads these, never the document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from dealgate.model.diagnostics import NOWHERE, Where
from dealgate.sources.table import ReadOptions

Keep = Mapping[str, "frozenset[str] | bool"]
"""By column: the folded values that count, or whether the cell must be filled."""
DecimalMark = Literal[".", ","]


@dataclass(frozen=True, slots=True)
class Value:
    """Where one field's value comes from and how it is read.

    ``columns``: the first that is filled counts. ``values`` maps folded source values to ours (None for none).
    """

    columns: tuple[str, ...] = ()
    constant: Any = None
    values: Mapping[str, Any] | None = None
    otherwise: Any = None
    keep_unlisted: bool = False
    when: Keep = field(default_factory=dict)
    optional: bool = False
    currency: str | None = None
    currency_column: str | None = None
    scale: Literal["0..1", "0..100"] | None = None
    times: Decimal | None = None
    unit: str | None = None
    format: str | None = None
    zone: tzinfo | None = None
    decimal_mark: DecimalMark | None = None
    missing: frozenset[str] = frozenset()
    split: str | None = None
    empty_is_none: bool = False
    at: Where = field(default=NOWHERE, compare=False)
    ours: bool = False
    """Whether typed cells are in our own words, and read as the model reads them."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is read and its values are written. ``missing``, and the words, are folded."""

    read: ReadOptions = field(default_factory=ReadOptions)
    zone: tzinfo | None = None
    missing: frozenset[str] = frozenset()
    decimal_mark: DecimalMark = "."
    thousands_mark: str | None = None
    currency: str | None = None
    date_format: str | None = None
    datetime_format: str | None = None
    true_words: frozenset[str] | None = None
    false_words: frozenset[str] | None = None
    duplicates: str | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """Rows of another file, one at most for each row here. ``match`` is (column here, column there)."""

    file: str
    alias: str
    match: tuple[tuple[str, str], ...]
    optional: bool = False
    partial: bool = False
    at: Where = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Proof:
    """A piece of evidence read from the columns of a record; ``fixed`` is what every one has."""

    fixed: Mapping[str, str]
    fields: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Records:
    """A table of records, or of children of deals.

    ``files``: several of one shape are one table. ``link`` are the columns that name the deal of a child.
    ``null_is_unsynced``: of lists inside the records' own rows, one that is not there was never synced.
    """

    files: tuple[str, ...]
    id: tuple[str, ...] = ()
    link: tuple[str, ...] = ()
    joins: tuple[Join, ...] = ()
    where: Keep = field(default_factory=dict)
    fields: Mapping[str, Value] = field(default_factory=dict)
    evidence: tuple[Proof, ...] = ()
    optional: bool = False
    at: Where = field(default=NOWHERE, compare=False)
    null_is_unsynced: bool = False


@dataclass(frozen=True, slots=True)
class Derived:
    """A stage entered, or a status taken, on the date in a column of the record."""

    at: Value
    stage: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """Stage and field history: a table (snapshots or single changes), or dates of the record."""

    table: Records | None = None
    at: Value = Value()
    by: str | None = None
    channel: Value | None = None
    shape: str = "snapshots"
    field_column: str = ""
    old_column: str | None = None
    new_column: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    """In the shape changes: the source's field names, folded, each with ours."""
    derive: tuple[Derived, ...] = ()

    @property
    def covers(self) -> frozenset[str] | None:
        """The fields whose changes it tells; None where it may tell any. Dates of the record tell of none."""
        if self.derive or self.table is None:
            return frozenset()
        if self.shape == "changes":
            return frozenset(self.names.values()) or None
        return frozenset(self.table.fields)


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """A whole checked mapping for one kind of record (deal or lead)."""

    id: str
    title: str
    records: Records
    kind: str = "deal"
    layout: Layout = Layout()
    files: Mapping[str, Layout] = field(default_factory=dict)
    children: Mapping[str, Records] = field(default_factory=dict)
    history: History | None = None
    users: Records | None = None
    file: str = ""

    def layout_of(self, name: str) -> Layout:
        """The layout of a file, by its name or its name without the suffix, case-folded."""
        plain = name.partition("#")[0].casefold()
        for spelled in (plain, Path(plain).stem):
            if spelled in self.files:
                return self.files[spelled]
        return self.layout

    @property
    def options(self) -> Mapping[str, ReadOptions]:
        """How each file with a layout of its own is read."""
        return {name: layout.read for name, layout in self.files.items()}

    @property
    def names(self) -> frozenset[str]:
        """Every file that it reads, by the names that it has for them."""
        parts = [self.records, *self.children.values(), self.users, self.history.table if self.history else None]
        sections = [one for one in parts if one is not None]
        joined = {one.file for section in sections for one in section.joins}
        return frozenset(joined).union(*(section.files for section in sections))

    def over(self, name: str) -> SourceMapping:
        """The same, the records read from the file of that name instead of the one the mapping names."""
        layout = self.layout_of(self.records.files[0])
        records = replace(self.records, files=(name,))
        return replace(self, records=records, files={**self.files, name.casefold(): layout})


def fold(text: str) -> str:
    """How values of a source compare: trimmed and without regard to case."""
    return text.strip().casefold()
