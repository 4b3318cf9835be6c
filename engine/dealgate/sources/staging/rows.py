"""The rows that a section of a mapping speaks of: trimmed cells, what is joined to them, and which rows count."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from dealgate.model.diagnostics import Diagnostic, SourceFailed, Where, error
from dealgate.model.process import Process
from dealgate.sources.mapping.model import Join, Keep, Layout, Records, SourceMapping, Value

from .folds import folded_for, unsafe
from .layers import Layers, named, table
from .raw import Raw
from .speech import E, Speech, both, column, filled, is_null, number, text

_FILE = "__file__"
"""Of several tables that are read as one: which of them a row is of."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What SQL cannot do that the mapping asks for. ``column`` is the staging column, empty for the whole table.

    ``hard``: the column is left out, and what reads it cannot be judged; else some of its values are not read, and
    become NULL.
    """

    table: str
    column: str
    why: str
    at: Where
    hard: bool = True


@dataclass(slots=True)
class Context:
    """What one staging shares."""

    mapping: SourceMapping
    process: Process
    speech: Speech
    raw: Raw
    gaps: list[Gap] = field(default_factory=list)
    refused: list[Diagnostic] = field(default_factory=list)
    absent: dict[str, Where] = field(default_factory=dict)
    """Optional tables and columns that are taken not to be there."""
    read: set[str] = field(default_factory=set)
    """The raw tables that are read."""

    def stop_if_refused(self) -> None:
        """Raises SourceFailed with the tables and columns that are not there."""
        if self.refused:
            raise SourceFailed(*dict.fromkeys(self.refused))


class Rows:
    """One section's rows. Cells are named as they are asked for; ``layers`` works out what is made of them."""

    def __init__(self, context: Context, section: Records, name: str, tables: Sequence[str]) -> None:
        """``tables`` are those of the section's files."""
        self.context, self.section, self.name, self.tables = context, section, name, tables
        self.layout: Layout = context.mapping.layout_of(section.files[0])
        self.layers = Layers(name, self._base)
        self._own: dict[str, str] = {}
        self._joined: dict[str, dict[str, str]] = {}
        self._joins: dict[str, tuple[Join, str]] = {}
        self._aliases = {one.alias: one for one in section.joins}

    @property
    def speech(self) -> Speech:
        """How the dialect speaks."""
        return self.context.speech

    # -- cells

    def cell(self, name: str, value: Value) -> E:
        """A column's trimmed text; NULL where an optional column is not there."""
        alias, dot, there = name.partition(".")
        if dot and alias in self._aliases:
            return self._of_join(self._aliases[alias], there, value)
        found = self.context.raw.column(self.tables[0], name, value.optional)
        if found is None:
            return self._without(self.tables[0], name, value)
        if found not in self._own:
            self._own[found] = self.layers.cell(found)
        return column(self._own[found])

    def _of_join(self, one: Join, there: str, value: Value) -> E:
        raw = self.context.raw
        known = raw.table(one.file, one.optional)
        if known is None:
            if one.optional:
                self.context.absent[one.file] = one.at
            else:
                self.context.refused.append(
                    error("DG660", f"The file `{one.file}` that the mapping joins is not there.", one.at)
                )
            return exp.Null()
        if one.alias not in self._joins:
            self._joins[one.alias] = one, known
            self._joined[one.alias] = {}
            for here, key in one.match:
                self.cell(here, Value(at=one.at))
                if raw.column(known, key, False) is None:
                    self._without(known, key, Value(at=one.at))
        found = raw.column(known, there, value.optional)
        if found is None:
            return self._without(known, there, value)
        mine = self._joined[one.alias]
        if found not in mine:
            mine[found] = self.layers.cell(f"{one.alias}__{found}")
        return column(mine[found])

    def _without(self, table_name: str, name: str, value: Value) -> E:
        if value.optional:
            self.context.absent[f"{table_name}.{name}"] = value.at
        else:
            message = f"The column `{name}` that the mapping names is not in {table_name}."
            self.context.refused.append(error("DG661", message, value.at, width=max(1, len(name))))
        return exp.Null()

    def order(self) -> list[E]:
        """What numbers the rows, if they are numbered: of several tables first which it is."""
        name = self.context.raw.order
        if name is None:
            return []
        for one in (_FILE, name) if len(self.tables) > 1 else (name,):
            if one not in self._own:
                self._own[one] = self.layers.cell(one)
        return [column(self._own[one]) for one in (_FILE, name) if one in self._own]

    def cells(self) -> list[E]:
        """Every cell of the section's own table that was asked for so far."""
        return [column(name) for name in self._own.values()]

    # -- conditions

    def folded(self, cell: E, texts: Collection[str]) -> E:
        """A cell folded to be compared with these folded texts."""
        wrong = unsafe(texts)
        if wrong:
            why = "it compares with letters whose case SQL changes in another way"
            self.context.gaps.append(Gap(self.name, "", why, self.section.at, hard=False))
        if isinstance(cell, exp.Null):
            return cell
        return self.layers.let(f"{cell.name}__folded", folded_for(self.speech, cell, texts))

    def among(self, cell: E, texts: Collection[str]) -> E:
        """Whether a cell is one of the folded texts; null where it is empty."""
        folded = self.folded(cell, texts)
        words = [text(one) for one in sorted(texts)]
        if len(words) == 1:
            return exp.EQ(this=folded.copy(), expression=words[0])
        return exp.In(this=folded.copy(), expressions=words)

    def holds(self, keep: Keep, value: Value) -> E | None:
        """Whether the columns have the values asked for: true or false. None where nothing is asked."""
        parts: list[E] = []
        for name, wanted in keep.items():
            cell = self.cell(name, value)
            if isinstance(wanted, bool):
                parts.append(filled(cell) if wanted else is_null(cell))
                continue
            words = wanted - {""}
            test: E = exp.func("COALESCE", self.among(cell, words), exp.false()) if words else exp.false()
            if "" in wanted:
                test = exp.or_(is_null(cell), test)
            parts.append(test)
        return both(*parts) if parts else None

    # -- the first queries

    def _base(self) -> list[tuple[str, exp.Query]]:
        raw = self.context.raw
        plain = (
            exp.union(*(self._trimmed(one) for one in self.tables), distinct=False)
            if len(self.tables) > 1
            else (self._trimmed(self.tables[0]))
        )
        if not self._joins:
            return [(f"{self.name}_cells", plain)]
        found: list[tuple[str, exp.Query]] = [(f"{self.name}_raw", plain)]
        query = exp.select(*(named(column(n, self.name), n) for n in self._own.values()))
        query = query.from_(table(f"{self.name}_raw", self.name))
        for alias, (one, known) in self._joins.items():
            step = f"{self.name}_{alias}"
            keys = [raw.column(known, key, False) or key for _, key in one.match]
            found.append((step, self._single(one, known, keys)))
            for place, name in self._joined[alias].items():
                query = query.select(named(column(place, alias), name), copy=False)
            on = [
                exp.EQ(this=self._side(here), expression=column(f"key_{n}", alias))
                for n, (here, _) in enumerate(one.match, 1)
            ]
            query = query.join(table(step, alias), on=both(*on), join_type="left", copy=False)
        found.append((f"{self.name}_cells", query))
        return found

    def _side(self, here: str) -> E:
        alias, dot, there = here.partition(".")
        if dot and alias in self._joins:
            known = self._joins[alias][1]
            return column(self.context.raw.column(known, there, True) or there, alias)
        return column(self._own[self.context.raw.column(self.tables[0], here, False) or here], self.name)

    def _trimmed(self, source: str) -> exp.Select:
        raw = self.context.raw
        self.context.read.add(source)
        query = exp.select().from_(raw.source(source))
        for place, name in self._own.items():
            cell: E = column(raw.spell(place))
            if place == _FILE:
                query = query.select(named(number(self.tables.index(source)), name), copy=False)
                continue
            value = cell if place == raw.order else self.speech.trimmed(cell)
            there = raw.tables is None or raw.column(source, place, False) is not None
            query = query.select(named(value if there else exp.Null(), name), copy=False)
        return query

    def _single(self, one: Join, known: str, keys: list[str]) -> exp.Select:
        """The joined table's rows by key; of a key that stands twice none is taken."""
        self.context.read.add(known)
        raw, names = self.context.raw, [f"key_{n}" for n in range(1, len(keys) + 1)]
        inner = exp.select(
            *(named(self.speech.trimmed(column(raw.spell(k))), n) for k, n in zip(keys, names, strict=True))
        )
        for place in self._joined[one.alias]:
            inner = inner.select(named(self.speech.trimmed(column(raw.spell(place))), place), copy=False)
        inner = inner.from_(raw.source(known))
        query = exp.select(*(column(name) for name in names))
        for place in self._joined[one.alias]:
            query = query.select(named(exp.Min(this=column(place)), place), copy=False)
        query = query.from_(inner.subquery(exp.to_identifier(one.alias, quoted=True)))
        missing = self.layout.missing | self.context.mapping.layout_of(one.file).missing
        for name in names:
            query = query.where(filled(column(name)), copy=False)
            if missing:
                words = [text(word) for word in sorted(missing)]
                known_word = exp.In(this=folded_for(self.speech, column(name), missing), expressions=words)
                query = query.where(exp.Not(this=known_word), copy=False)
        query = query.group_by(*(column(name) for name in names), copy=False)
        return query.having(exp.EQ(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(1)), copy=False)


def rows_of(context: Context, section: Records, name: str) -> Rows | None:
    """The rows of a section; None where its optional table is not there, or its table is a list inside rows."""
    tables: list[str] = []
    for file in section.files:
        found = context.raw.table(file, section.optional)
        if found is None and section.optional:
            context.absent[file] = section.at
            return None
        if found is None:
            message = f"The file `{file}` that the mapping names is not there."
            context.refused.append(error("DG660", message, section.at))
        else:
            tables.append(found)
    return Rows(context, section, name, tables) if tables else None
