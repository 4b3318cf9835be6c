"""The rows a section of a mapping speaks of: its table, what is joined to it, and which rows count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import polars as pl

from dealgate.documents.suggest import nearest
from dealgate.model.diagnostics import Diagnostic, Severity, SourceFailed, Where, error, info
from dealgate.model.fields import Field, Reading
from dealgate.model.values import Unfit
from dealgate.sources.shape import named
from dealgate.sources.table import ITEM, ROW, Table
from dealgate.sources.tables import Folder

from .cells import AMBIGUOUS, NO_DATE, UNLISTED, CellReader, spelled_in
from .coded import Coded, absent, coded, listed, texts_of
from .column import Column, column_of, none_of, stack
from .model import Keep, Layout, Records, SourceMapping, Value, fold
from .problems import Problems, literal
from .quick import read_all

_SUGGESTED = {
    "DG670": "List the value under `values` in the mapping (null: there is none).",
    "DG672": "Declare `date_format`, such as DD/MM/YYYY, in the mapping.",
}


@dataclass(slots=True)
class Joined:
    """A joined table: for each row here the place of its row there, or null."""

    alias: str
    table: Table
    places: pl.Series


class Part(NamedTuple):
    """Distinct cells of a value's source, and the currency beside them where the row says it."""

    cells: pl.Series
    code: str | None = None


class Inputs(NamedTuple):
    """What a value is read from: every row's place among the cells of the parts, one below the other."""

    parts: tuple[Part, ...]
    places: pl.Series


@dataclass(slots=True)
class Rows:
    """The rows of one table with what is joined to them. ``kept`` is whether each counts (None: all do)."""

    table: Table
    layout: Layout
    joined: dict[str, Joined] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    """Aliases of joins whose optional file is not there."""
    kept: pl.Series | None = None
    _coded: dict[str, Coded] = field(default_factory=dict)

    @property
    def numbers(self) -> pl.Series:
        """Where each row stands in its file."""
        return self.table.frame[ROW]

    def keeps(self, mask: pl.Series) -> pl.Series:
        """The rows of the mask that count."""
        return mask if self.kept is None else mask & self.kept

    def series(self, name: str) -> pl.Series | None:
        """A column by name: one of the table, or ``alias.Column`` of a joined one; None where there is none."""
        own = named(name, self.table.columns)
        if own is not None:
            return self.table.frame[own]
        join, there = self._joined(name)
        return join.table.frame[there].gather(join.places) if join is not None else None

    def _joined(self, name: str) -> tuple[Joined | None, str]:
        alias, _, column = name.partition(".")
        join = self.joined.get(alias)
        there = named(column, join.table.columns) if join else None
        return (None, "") if there is None else (join, there)

    def coded(self, name: str) -> Coded:
        """A column by its distinct cells; every one is none where an optional column is not there."""
        if name not in self._coded:
            own = named(name, self.table.columns)
            join, there = (None, "") if own is not None else self._joined(name)
            if own is not None:
                found = coded(self.table.frame[own])
            elif join is not None:
                found = coded(join.table.frame[there]).at(join.places)
            else:
                found = absent(len(self.table))
            self._coded[name] = found
        return self._coded[name]

    def texts(self, name: str) -> pl.Series:
        """A column as trimmed text, empty for none."""
        series = self.series(name)
        if series is not None and series.dtype == pl.String:
            return texts_of(series)
        found = self.coded(name)
        return found.rows(found.texts())

    def inputs(self, value: Value) -> Inputs:
        """Row by row the first filled cell of the value's columns, with its currency where a column says it."""
        found = [self.coded(name) for name in value.columns]
        places, before = found[0].places, len(found[0].cells)
        filled = found[0].rows(found[0].texts() != "") if len(found) > 1 else None
        for one in found[1:]:
            other = one.rows(one.texts() != "")
            places = places.zip_with(filled | ~other, one.places + before)
            filled, before = filled | other, before + len(one.cells)
        parts = tuple(Part(one.cells) for one in found)
        if value.currency_column is None:
            return Inputs(parts, places)
        return _by_currency(parts, places, self.coded(value.currency_column))

    def known(self) -> list[str]:
        """Every column that a mapping may name here."""
        return [*self.table.columns, *(f"{a}.{c}" for a, j in self.joined.items() for c in j.table.columns)]

    def holds(self, keep: Keep) -> pl.Series | None:
        """Row by row whether the columns have the values asked for; None where nothing is asked."""
        answer: pl.Series | None = None
        for name, wanted in keep.items():
            if isinstance(wanted, bool):
                mine = self.coded(name).where(lambda text, wanted=wanted: bool(text) is wanted)  # type: ignore[misc]
            else:
                mine = self.coded(name).where(lambda text, wanted=wanted: fold(text) in wanted)  # type: ignore[misc]
            answer = mine if answer is None else answer & mine
        return answer


def _by_currency(parts: tuple[Part, ...], places: pl.Series, codes: Coded) -> Inputs:
    """The cells once for each currency that stands beside them."""
    names = codes.texts().str.to_uppercase()
    beside = codes.rows(names).alias("code")
    pairs = pl.DataFrame([places.alias("place"), beside])
    known = pairs.unique().sort("code", "place").with_row_index("pair")
    found = []
    for (code,), mine in known.group_by("code", maintain_order=True):
        begin = 0
        for part in parts:  # cells of one type stay together
            inside = mine["place"].filter(mine["place"].is_between(begin, begin + len(part.cells), closed="left"))
            found.append(Part(part.cells.gather(inside - begin), str(code) or None))
            begin += len(part.cells)
    index = pairs.join(known, on=["place", "code"], how="left", maintain_order="left")["pair"]
    # of a table without rows, the parts as they were: somebody asks for their type
    return Inputs(tuple(part for part in found if len(part.cells)) or parts, index)


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
    records: pl.DataFrame | None = None
    """The ``row`` of each record in the records' table and its ``deal``, for lists inside them."""
    at: pl.Series | None = None
    """The places of the records' rows in their table (None: every row is one)."""

    @property
    def currency(self) -> str:
        """The process's."""
        return self.reading.currency

    def table(self, name: str) -> Table | None:
        """A table of the folder, its own diagnostics told once. ``file.jsonl#contacts`` is a list inside its rows."""
        file, mark, part = name.partition("#")
        nested = bool(mark) and Path(file).suffix.lower() in (".json", ".jsonl", ".ndjson", ".parquet", ".pq")
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
        rows.kept = rows.holds(section.where)
        if rows.kept is not None:
            out = self.problems.of(
                "DG679", Severity.INFO, "{n} row{s} of " + literal(table.name) + " left out as `where` declares", table
            )
            out.add(rows.numbers.filter(~rows.kept))
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

    def typed(self, rows: Rows, value: Value, target: Field, what: str = "", at: pl.Series | None = None) -> Column:
        """The field's value in every row, or those at some places; misfits in the rows that count are counted."""
        reader = CellReader(value, target, rows.layout, self.reading)
        inputs, answers = self._inputs(rows, value), []
        if inputs is None:
            answers.append(column_of([reader.constant], target, self.currency))
        else:
            # a table without rows has no parts: the deals of this batch have none of it
            parts = [read_all(reader, part.cells, part.code) for part in inputs.parts]
            answers += parts or [none_of(target, 0)]
        places = _otherwise(rows, value, inputs)
        if value.when:
            answers.append(column_of([reader.otherwise], target, self.currency))
        # of a table without rows nothing is read, whose currency would stand in another column
        found = stack(answers, self.currency) if answers else none_of(target, 0)
        if found.unfit is not None:
            wrong = rows.keeps(found.misfits().gather(places)).arg_true()
            self.count(
                rows.table, rows.numbers.gather(wrong), found.unfit.gather(places.gather(wrong)), value, target, what
            )
        return found.gather(places if at is None else places.gather(at))

    def spelled(self, rows: Rows, value: Value, target: Field) -> pl.Series:
        """Row by row the value as history keeps it: its text, or the raw one that does not fit."""
        reader = CellReader(value, target, rows.layout, self.reading)
        inputs = self._inputs(rows, value)
        if inputs is None:
            read = [reader.constant]
        else:
            read = [reader.read(cell, part.code) for part in inputs.parts for cell in listed(part.cells)]
        texts = pl.Series([spelled_in(one, target) for one in (*read, reader.otherwise)], dtype=pl.String)
        return texts.gather(_otherwise(rows, value, inputs))

    @staticmethod
    def _inputs(rows: Rows, value: Value) -> Inputs | None:
        return rows.inputs(value) if value.columns else None

    def count(
        self, table: Table, numbers: pl.Series, unfit: pl.Series, value: Value, target: Field, what: str = ""
    ) -> None:
        """Counts the misfits, each with the row it stands in."""
        if not len(numbers):
            return
        names = " or ".join(f"`{name}`" for name in value.columns) or f"`{what or target.id}`"
        shown = target.type not in ("text", "person", "reference")
        frame = pl.DataFrame([numbers.alias("row"), unfit.struct.field("raw"), unfit.struct.field("why")])
        kinds: dict[tuple[str, Severity, str, bool], list[str]] = {}
        for why in frame["why"].unique(maintain_order=True).to_list():
            one = Unfit("", why)
            hidden = not shown and not one.placeholder
            kinds.setdefault((*_said(one, names, target, table.name), hidden), []).append(why)
        for (code, severity, text, hidden), whys in kinds.items():
            mine = frame.filter(pl.col("why").is_in(whys)) if len(kinds) > 1 else frame
            problem = self.problems.of(code, severity, text, table, _SUGGESTED.get(code), hidden)
            problem.add(mine["row"], mine["raw"])


def _otherwise(rows: Rows, value: Value, inputs: Inputs | None) -> pl.Series:
    """Row by row the place of its answer; the last is what holds where the value's ``when`` does not."""
    last = 1 if inputs is None else sum(len(part.cells) for part in inputs.parts)
    places = pl.repeat(0, len(rows.table), dtype=pl.UInt32, eager=True) if inputs is None else inputs.places
    mask = rows.holds(value.when)
    if mask is None:
        return places
    return places.zip_with(mask, pl.repeat(last, len(places), dtype=places.dtype, eager=True))


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


def private_columns(section: Records, targets: Mapping[str, Field]) -> frozenset[str]:
    """Columns that hold a person, whose values are not shown."""
    people = [
        value
        for name, value in section.fields.items()
        if name in ("owner.id", "email") or (name in targets and targets[name].type == "person")
    ]
    return frozenset(fold(column) for value in people for column in value.columns)


def link_of(rows: Rows, columns: Sequence[str]) -> pl.Series:
    """Row by row the id that several columns make up, trimmed; empty where one of them is."""
    texts = [rows.texts(name) for name in columns]
    if len(texts) == 1:
        missing = rows.layout.missing
        return _without(texts[0], missing) if missing else texts[0]
    frame = pl.DataFrame([text.alias(str(n)) for n, text in enumerate(texts)])
    whole = pl.all_horizontal(pl.all() != "")
    return frame.select(pl.when(whole).then(pl.concat_str(pl.all(), separator="-")).otherwise(pl.lit(""))).to_series()


def _without(texts: pl.Series, missing: frozenset[str]) -> pl.Series:
    """The texts, empty where one is a declared word for none."""
    short = (texts.str.len_chars() <= max(map(len, missing))).arg_true()
    held = pl.Series([fold(text) in missing for text in texts.gather(short).to_list()], dtype=pl.Boolean)
    return texts.scatter(short.filter(held), "")


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
