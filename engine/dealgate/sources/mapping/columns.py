"""The rows a section of a mapping speaks of: its table, what is joined to it, and which rows count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from dealgate.documents.suggest import nearest
from dealgate.model.diagnostics import Diagnostic, Severity, SourceFailed, Where, error, info
from dealgate.model.fields import Field, Reading
from dealgate.model.values import Unfit
from dealgate.sources.shape import named
from dealgate.sources.table import ITEM, ROW, Table
from dealgate.sources.tables import Folder

from .cells import AMBIGUOUS, NO_DATE, UNLISTED, CellReader, cell_text
from .model import Keep, Layout, Records, SourceMapping, Value, fold
from .problems import Problems, literal

_SUGGESTED = {
    "DG670": "List the value under `values` in the mapping (null: there is none).",
    "DG672": "Declare `date_format`, such as DD/MM/YYYY, in the mapping.",
}


@dataclass(slots=True)
class Joined:
    """A joined table: for each row here the place of its row there, or None."""

    alias: str
    table: Table
    index: pl.Series


@dataclass(slots=True)
class Rows:
    """The rows of one table with what is joined to them. ``kept`` are the places of those that count."""

    table: Table
    layout: Layout
    joined: dict[str, Joined] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    """Aliases of joins whose optional file is not there."""
    kept: Sequence[int] = ()
    _cells: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def numbers(self) -> list[int]:
        """Where each row stands in its file."""
        numbers: list[int] = self.table.frame[ROW].to_list()
        return numbers

    def series(self, name: str) -> pl.Series | None:
        """A column by name: one of the table, or ``alias.Column`` of a joined one; None where there is none."""
        own = named(name, self.table.columns)
        if own is not None:
            return self.table.frame[own]
        alias, _, column = name.partition(".")
        join = self.joined.get(alias)
        there = named(column, join.table.columns) if join else None
        if join is None or there is None:
            return None
        return join.table.frame[there].gather(join.index)

    def cells(self, name: str) -> list[Any]:
        """The column's cells; every one is None where an optional column is not there."""
        if name not in self._cells:
            series = self.series(name)
            self._cells[name] = [None] * len(self.table) if series is None else series.to_list()
        return self._cells[name]

    def first_filled(self, names: Sequence[str]) -> list[Any]:
        """Row by row the first filled cell of several columns."""
        if len(names) == 1:
            return self.cells(names[0])
        columns = [self.cells(name) for name in names]
        return [next((cell for cell in row if cell_text(cell)), None) for row in zip(*columns, strict=True)]

    def known(self) -> list[str]:
        """Every column that a mapping may name here."""
        return [*self.table.columns, *(f"{a}.{c}" for a, j in self.joined.items() for c in j.table.columns)]

    def holds(self, keep: Keep) -> list[bool] | None:
        """Row by row whether the columns have the values asked for; None where nothing is asked."""
        answer: list[bool] | None = None
        for name, wanted in keep.items():
            cells = self.cells(name)
            if isinstance(wanted, bool):
                mine = [filled is wanted for filled in by_distinct(cells, _filled)]
            else:
                mine = [text in wanted for text in by_distinct(cells, lambda cell: fold(cell_text(cell)))]
            answer = mine if answer is None else [a and b for a, b in zip(answer, mine, strict=True)]
        return answer


@dataclass(slots=True)
class Run:
    """What one application of a mapping shares: the folder, the mapping, how values are read and what went wrong."""

    folder: Folder
    mapping: SourceMapping
    reading: Reading
    problems: Problems
    refused: list[Diagnostic] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    absent: list[str] = field(default_factory=list)
    ids_by_row: dict[int, str] = field(default_factory=dict)
    """The record in each row of the records' table, for lists inside them."""

    def table(self, name: str) -> Table | None:
        """A table of the folder, its own diagnostics told once. ``file.jsonl#contacts`` is a list inside its rows."""
        file, mark, part = name.partition("#")
        nested = bool(mark) and Path(file).suffix.lower() in (".json", ".jsonl", ".ndjson", ".parquet")
        found = self.folder.find(file if nested else name)
        if found is None:
            return None
        table = self.folder[found]
        if found not in self.told:
            self.told.add(found)
            self.problems.said += table.diagnostics
        return table.children.get(part) if nested else table

    def tables(self, section: Records) -> Table | None:
        """The section's table, several of one shape put together; None where an optional one is not there."""
        found = [(name, self.table(name)) for name in section.files]
        missing = [name for name, table in found if table is None]
        if missing and section.optional:
            self.absent += missing
            return None
        for name in missing:
            near = nearest(name, self.folder)
            here = ", ".join(list(self.folder)[:8]) or "no table at all"
            hint = (
                f"Did you mean `{near}`?" if near else f"There is {here}. Mark it `optional: true` if it may be absent."
            )
            self.refused.append(
                error("DG660", f"The file `{name}` that the mapping names is not there.", section.at, hint)
            )
        tables = [table for _, table in found if table is not None]
        if missing or not tables:
            return None
        if len(tables) == 1:
            return tables[0]
        first = tables[0]
        frame = pl.concat([t.frame.with_columns(pl.exclude(ROW, ITEM).cast(pl.String)) for t in tables], how="diagonal")
        columns = tuple(name for name in frame.columns if name not in (ROW, ITEM))
        return Table(" and ".join(t.name for t in tables), first.path, columns, frame, row_word=first.row_word)

    def rows(self, section: Records, targets: Mapping[str, Field], more: Sequence[Value] = ()) -> Rows | None:
        """The section's rows: joined, columns checked, ``where`` applied. None where there is no table.

        ``targets`` are the fields it fills; ``more`` are values read besides its fields.
        """
        from .joins import join

        table = self.tables(section)
        if table is None:
            return None
        rows = Rows(table, self.mapping.layout_of(section.files[0]))
        private = private_columns(section, targets)
        for one in section.joins:
            join(rows, one, self, private)
        self._check(rows, section, [*section.fields.values(), *more])
        mask = rows.holds(section.where)
        if mask is None:
            rows.kept = range(len(table))
        else:
            rows.kept = [place for place, keep in enumerate(mask) if keep]
            out = self.problems.of(
                "DG679", Severity.INFO, "{n} row{s} of " + literal(table.name) + " left out as `where` declares", table
            )
            for number, keep in zip(rows.numbers, mask, strict=True):
                if not keep:
                    self.problems.add(out, number)
        return rows

    def _check(self, rows: Rows, section: Records, values: Sequence[Value]) -> None:
        """Refuses columns that are not there, unless they may be absent."""
        needed: dict[str, Where] = dict.fromkeys([*section.id, *section.link, *section.where], section.at)
        for value in values:
            names = [*value.columns, *value.when, *([value.currency_column] if value.currency_column else [])]
            if not value.optional:
                needed.update((name, value.at) for name in names)
        for name, where in needed.items():
            if name.partition(".")[0] in rows.absent or rows.series(name) is not None:
                continue
            near = nearest(name, rows.known())
            hint = f"Did you mean `{near}`?" if near else "Mark it `optional: true` if it may be absent."
            message = f"The column `{name}` that the mapping names is not in {rows.table.name}."
            self.refused.append(error("DG661", message, where, hint, max(1, len(name))))

    def stop_if_refused(self) -> None:
        """Raises SourceFailed with every mismatch between mapping and files found so far."""
        if self.refused:
            raise SourceFailed(*dict.fromkeys(self.refused))

    # -- values

    def typed(self, rows: Rows, value: Value, target: Field, what: str = "") -> list[Any]:
        """The field's value in every row; misfits in the rows that count are counted."""
        reader = CellReader(value, target, rows.layout, self.reading)
        if not value.columns:
            found = [reader.constant] * len(rows.table)
        elif value.currency_column:
            cells = rows.first_filled(value.columns)
            codes = [cell_text(code).upper() or None for code in rows.cells(value.currency_column)]
            found = [reader.read(cell, code) for cell, code in zip(cells, codes, strict=True)]
        else:
            found = by_distinct(rows.first_filled(value.columns), reader.read)
        mask = rows.holds(value.when)
        if mask is not None:
            found = [one if holds else reader.otherwise for one, holds in zip(found, mask, strict=True)]
        if Unfit in set(map(type, found)):
            numbers = rows.numbers
            self.count(rows.table, ((numbers[at], found[at]) for at in rows.kept), value, target, what)
        return found

    def count(
        self, table: Table, found: Iterable[tuple[int, Any]], value: Value, target: Field, what: str = ""
    ) -> None:
        """Counts the misfits among (row, value) pairs."""
        names = " or ".join(f"`{name}`" for name in value.columns) or f"`{what or target.id}`"
        shown = target.type not in ("text", "person", "reference")
        for row, one in found:
            if type(one) is not Unfit:
                continue
            code, severity, text = _said(one, names, target, table.name)
            hidden = not shown and not one.placeholder
            problem = self.problems.of(code, severity, text, table, _SUGGESTED.get(code), hidden)
            self.problems.add(problem, row, one.raw)


def _said(one: Unfit, names: str, target: Field, file: str) -> tuple[str, Severity, str]:
    title = target.title[:1].lower() + target.title[1:] if target.title[1:2].islower() else target.title
    title = literal(title)
    names, file = literal(names), literal(file)
    if one.placeholder:
        return "DG673", Severity.INFO, f"{{n}} value{{s}} of {names} in {file} only hold{{v}} a place: {{values}}"
    if one.why == UNLISTED:
        return (
            "DG670",
            Severity.WARNING,
            (f"{{n}} value{{s}} of {names} in {file} {{have}} no counterpart for {title} in the mapping: {{values}}"),
        )
    if one.why == AMBIGUOUS:
        said = f"{{n}} value{{s}} of {names} in {file} {{was}} not taken for a date, as no date format is declared"
        return "DG672", Severity.WARNING, said + ": {values}"
    why = "" if one.why == NO_DATE else f", for it {one.why}" if not one.why.startswith("does not") else ""
    return "DG671", Severity.WARNING, (f"{{n}} value{{s}} of {names} in {file} {{do}} not fit {title}{why}: {{values}}")


def by_distinct(cells: Sequence[Any], answer: Callable[[Any], Any]) -> list[Any]:
    """The answer for every cell, worked out once for each distinct one."""
    try:
        known = {cell: answer(cell) for cell in set(cells)}
    except TypeError:  # lists
        return list(map(answer, cells))
    return [known[cell] for cell in cells]


def _filled(cell: Any) -> bool:
    return bool(cell_text(cell))


def private_columns(section: Records, targets: Mapping[str, Field]) -> frozenset[str]:
    """Columns that hold a person, whose values are not shown."""
    people = [
        value
        for name, value in section.fields.items()
        if name in ("owner.id", "email") or (name in targets and targets[name].type == "person")
    ]
    return frozenset(fold(column) for value in people for column in value.columns)


def link_of(rows: Rows, columns: Sequence[str]) -> list[str]:
    """Row by row the id that several columns make up, trimmed; empty where one of them is."""
    if len(columns) == 1:
        missing = rows.layout.missing
        return ["" if fold(text) in missing else text for text in map(cell_text, rows.cells(columns[0]))]
    parts = [map(cell_text, rows.cells(name)) for name in columns]
    return ["-".join(row) if all(row) else "" for row in zip(*parts, strict=True)]


def told_absent(run: Run) -> None:
    """One note for all optional files that are not there."""
    if run.absent:
        names = ", ".join(dict.fromkeys(run.absent))
        run.problems.said.append(
            info(
                "DG664",
                f"The source has no {names}; what the mapping reads there stays unknown.",
                Where(str(run.folder.path)),
                f"Export {'it' if len(set(run.absent)) == 1 else 'them'} too if you have "
                f"{'it' if len(set(run.absent)) == 1 else 'them'}.",
            )
        )
