"""Drafting a mapping for an export nobody has mapped: by names and contents, every guess marked and explained."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from dealgate.documents.nodes import surprise
from dealgate.model.diagnostics import Diagnostic, SourceFailed, Where, error
from dealgate.model.fields import Catalogue, Field
from dealgate.sources.forms import Ambiguous
from dealgate.sources.guess import Column, Match, look, match_columns, option_for
from dealgate.sources.table import Table
from dealgate.sources.tables import Folder
from dealgate.sources.words import CURRENCY, STATUS, folded, folded_words

_PLAIN = re.compile(r"[^\W\d_][\w ./()&+'-]*", re.UNICODE)
_MOST_VALUES = 40
_NUMBERS = ("money", "number", "integer", "percent", "level")


@dataclass(slots=True)
class Draft:
    """A drafted mapping: ``text`` is a mapping/v1 document. ``questions`` are what only a person can answer."""

    text: str
    id: str
    guesses: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)


def draft_mapping(path: str | Path, catalogue: Catalogue, *, record: str = "deal") -> Draft:
    """A mapping for a file, or for the folder whose most deal-like table is taken and the others joined to it.

    ``catalogue`` has the process's stages as the options of ``stage``. Raises SourceFailed where nothing can be read.
    """
    place = Path(path)
    folder = Folder(place)
    tables = {name: folder[name] for name in folder}
    if not tables:
        message = "The folder holds no table that can be read."
        raise SourceFailed(error("DG690", message, Where(str(place)), "Put a CSV, XLSX, JSON or Parquet file there."))
    looked = {name: [look(table, column) for column in table.columns] for name, table in tables.items()}
    matched = {name: match_columns(columns, catalogue) for name, columns in looked.items()}
    main = max(tables, key=lambda name: (_likeness(matched[name]), len(tables[name])))
    writer = _Writer(catalogue, tables[main], looked[main], matched[main], record, place.stem)
    others = {name: (tables[name], looked[name]) for name in tables if name != main}
    return writer.draft(others)


def _likeness(found: dict[str, Match]) -> int:
    weights = {"stage": 4, "amount": 3, "close_date": 3, "status": 2, "probability": 2, "id": 1, "owner.name": 1}
    return sum(weights.get(name, 0) for name in found)


@dataclass(slots=True)
class _JoinGuess:
    file: str
    here: str
    there: str
    alias: str
    share: int
    fields: dict[str, Match]
    columns: list[Column]


class _Writer:
    """Writes the document of one table, line by line."""

    def __init__(
        self, catalogue: Catalogue, table: Table, columns: list[Column], found: dict[str, Match], record: str, stem: str
    ) -> None:
        self.catalogue, self.table, self.columns, self.found, self.record = catalogue, table, columns, found, record
        slug = re.sub(r"[^a-z0-9]+", "-", folded_slug(stem)).strip("-")[:60] or "export"
        self.out = Draft("", slug, diagnostics=list(table.diagnostics))
        self.used: set[str] = set()
        self.mark = self._decimal_mark()

    def draft(self, others: dict[str, tuple[Table, list[Column]]]) -> Draft:
        joins = self._joins(others)
        lines = [
            "# Drafted from the columns and values of the file. Lines marked `guess` want a second look.",
            "kind: mapping/v1",
            f"id: {self.out.id}",
            f"title: {quoted(self.table.name)}",
            *self._source(),
            f"{self.record}s:",
            f"  from: {quoted(self.table.name)}",
            *self._id(),
            *self._join_lines(joins),
            *self._fields(joins),
            *self._rest(others, joins),
        ]
        self.out.text = "\n".join(lines) + "\n"
        return self.out

    # -- parts

    def _source(self) -> list[str]:
        read = self.table.found
        lines = []
        if read.delimiter and read.delimiter != ",":
            lines.append(f"  delimiter: {json.dumps(read.delimiter)}")
        if read.encoding and read.encoding not in ("utf-8", "utf-8-sig", "ascii"):
            lines.append(f"  encoding: {read.encoding}")
        if read.header_row and read.header_row != 1:
            lines.append(f"  header_row: {read.header_row}")
        if read.sheet:
            lines.append(f"  sheet: {quoted(read.sheet)}")
        if self.mark == ",":
            why = self.guess("decimal_mark", "the numbers are written like 1.234,56")
            lines.append(f'  decimal_mark: ","  {why}')
        elif isinstance(self.mark, Ambiguous):
            lines.append(
                "  " + self.ask("decimal_mark", "is 1,234 a thousand, or one and a bit? all rows fit both: say which")
            )
        return ["source:", "  time_zone: UTC  # the zone of times that name none; say yours", *lines]

    def _decimal_mark(self) -> str | Ambiguous | None:
        marks = [column.decimal_mark for column in self.columns if column.kind == "number"]
        marks = [one for one in marks if one is not None]
        if "," in marks:
            return ","
        sure = [one for one in marks if isinstance(one, str)]
        return sure[0] if sure else next(iter(marks), None)

    def _id(self) -> list[str]:
        named = self.found.get("id")
        column = named.column if named else None
        if column is None or not column.unique:
            unique = [c for c in self.columns if c.unique and c.kind in ("text", "number", "choice")]
            better = min(unique, key=lambda c: ("id" not in folded(c.name), self.columns.index(c)), default=None)
            column = better or column
        if column is None:
            if not self.columns:  # heads without a name, and nothing below them
                message = f"{self.table.name} has no column to draft a mapping of."
                raise SourceFailed(error("DG604", message, Where(self.table.path), "Export the records themselves."))
            column = self.columns[0]
        self.used.add(column.name)
        if column.unique:
            return [f"  id: {quoted(column.name)}  {self.guess('id', 'every row has a value, each of them once')}"]
        return [
            f"  id: {quoted(column.name)}",
            "  " + self.ask("id", "no column has each value once: which one tells the rows apart?"),
        ]

    def _fields(self, joins: list[_JoinGuess]) -> list[str]:
        lines = []
        for name, match in self.found.items():
            if name != "id" and match.column.name not in self.used:
                lines += self._field(name, self.catalogue.deal[name], match, match.column.name)
                self.used.add(match.column.name)
        if "status" not in self.found and "stage" in self.found:
            lines += self._status_of_stage(self.found["stage"].column)
        mine = set(self.found)
        for join in joins:
            for name, match in join.fields.items():
                if name not in mine:
                    mine.add(name)
                    lines += self._field(name, self.catalogue.deal[name], match, f"{join.alias}.{match.column.name}")
        filled = [line for line in lines if not line.lstrip().startswith("#")]
        return ["  fields:", *lines] if filled else [*lines, "  fields: {}"]

    def _field(self, name: str, target: Field, match: Match, source: str) -> list[str]:
        column, parts = match.column, [f"from: {quoted(source)}"]
        why = match.why
        if target.type in ("date", "datetime") and not column.typed:
            if isinstance(column.date_format, Ambiguous):
                choices = " or ".join(column.date_format.candidates)
                example = f"{name}: {{from: {quoted(source)}, format: {column.date_format.candidates[0]}}}"
                return ["    " + self.ask(name, f"{choices}? all rows fit both: say which", example)]
            if column.date_format != "ISO 8601" and not str(column.date_format).startswith("YYYY-MM-DD"):
                parts.append(f"format: {quoted(str(column.date_format))}")
        if target.type in _NUMBERS and isinstance(column.decimal_mark, Ambiguous):
            example = f"{name}: {{from: {quoted(source)}, decimal_mark: '.'}}"
            if self.mark != ",":
                return [
                    "    "
                    + self.ask(name, "is 1,234 a thousand, or one and a bit? all rows fit both: say which", example)
                ]
        elif target.type in _NUMBERS and column.decimal_mark == "." and self.mark == "," and column.fractions:
            parts.append('decimal_mark: "."')
        if target.type == "money":
            parts += self._currency(column)
        if target.type == "percent":
            if isinstance(column.scale, Ambiguous) or column.scale is None:
                example = f"{name}: {{from: {quoted(source)}, scale: 0..100}}"
                return ["    " + self.ask(name, "0..1 or 0..100? the values fit both: say which", example)]
            parts.append(f"scale: {column.scale}")
        if target.type == "multi_choice" and column.split:
            parts.append(f'split: "{column.split}"')
        comment = self.guess(name, why)
        if (target.type == "choice" and target.options) or name == "stage":
            return self._choice(name, target, column, source, comment)
        return [f"    {name}: {{{', '.join(parts)}}}  {comment}"]

    def _currency(self, column: Column) -> list[str]:
        if column.currency:
            return [f"currency: {column.currency}"]
        for other in self.columns:
            if folded(other.name) in _CURRENCY_WORDS:
                self.used.add(other.name)
                return [f"currency: {{from: {quoted(other.name)}}}"]
        return []

    def _choice(self, name: str, target: Field, column: Column, source: str, comment: str) -> list[str]:
        lines = [f"    {name}:  {comment}", f"      from: {quoted(source)}"]
        if target.options:
            lines.append(f"      # ours: {', '.join(target.options)}; null for none")
        pairs = [(value, option_for(name, value, target.options)) for value in column.values[:_MOST_VALUES]]
        known, open_questions = [], []
        for value, ours in pairs:
            ended = option_for("status", value, tuple(STATUS)) in ("won", "lost", "cancelled")
            if ours:
                known.append(f"        {quoted(value)}: {quoted(ours)}  {self.guess(f'{name} {value}', 'by its name')}")
            elif name == "stage" and ended:
                known.append(f"        {quoted(value)}: null  # closed: told by the status")
            else:
                # left out and not null, so that the value is told until somebody maps it
                asked = self.ask(f"{name} {quoted(value)}", f"{quoted(value)}: which of ours?", bare=True)
                open_questions.append(f"        {asked}")
        return [*lines, "      values:" if known else "      # values:", *known, *open_questions]

    def _status_of_stage(self, column: Column) -> list[str]:
        target = self.catalogue.deal.get("status")
        pairs = [(value, option_for("status", value, tuple(STATUS))) for value in column.values]
        closed = [(value, ours) for value, ours in pairs if ours in ("won", "lost", "cancelled")]
        if target is None or not closed:
            return []
        why = self.guess("status", f"`{column.name}` also tells how deals ended")
        lines = [f"    status:  {why}", f"      from: {quoted(column.name)}", "      values:"]
        lines += [f"        {quoted(value)}: {ours}" for value, ours in closed]
        return [*lines, "      otherwise: open"]

    # -- other tables of the folder

    def _joins(self, others: dict[str, tuple[Table, list[Column]]]) -> list[_JoinGuess]:
        found: list[_JoinGuess] = []
        for file, (_, columns) in others.items():
            best: _JoinGuess | None = None
            for there in columns:
                if not there.unique or there.kind not in ("text", "choice", "number"):
                    continue
                keys = set(there.values)
                for here in self.columns:
                    mine = set(here.values)
                    if len(mine) < 2 or here.kind not in ("text", "choice", "number") or here.unique:
                        continue
                    share = 100 * len(mine & keys) // len(mine)
                    if share >= 60 and (best is None or share > best.share):
                        best = _JoinGuess(file, here.name, there.name, _alias(file, found), share, {}, columns)
            if best is not None:
                best.fields = self._joined_fields(best)
                found.append(best)
        return found

    def _joined_fields(self, join: _JoinGuess) -> dict[str, Match]:
        """The fields of the owner, the account or the deal that the joined table can fill."""
        key = next((name for name, match in self.found.items() if match.column.name == join.here), "")
        prefix = key.partition(".")[0] + "." if "." in key else ""
        known = match_columns([c for c in join.columns if c.name != join.there], self.catalogue)
        return {
            name: match for name, match in known.items() if name != "id" and (not prefix or name.startswith(prefix))
        }

    def _join_lines(self, joins: list[_JoinGuess]) -> list[str]:
        if not joins:
            return []
        lines = ["  join:"]
        for join in joins:
            why = self.guess(f"join {join.file}", f"{join.share}% of the values of `{join.here}` stand there")
            match = f"{{{quoted(join.here)}: {quoted(join.there)}}}"
            lines.append(f"    - {{from: {quoted(join.file)}, as: {join.alias}, match: {match}}}  {why}")
        return lines

    def _rest(self, others: dict[str, tuple[Table, list[Column]]], joins: list[_JoinGuess]) -> list[str]:
        left = [column for column in self.columns if column.name not in self.used | {j.here for j in joins}]
        lines = []
        if left:
            lines.append("# Columns that are not mapped:")
            lines += [f"#   {quoted(column.name)}: {column.words}" for column in left]
            self.out.unmapped += [column.name for column in left]
        for name in self.table.children:
            lines.append(
                f"# A list inside the records: {quoted(name)}, to be mapped from {quoted(f'{self.table.name}#{name}')}"
            )
        joined = {join.file: join for join in joins}
        ids = set(next((c.values for c in self.columns if c.name in self.used and c.unique), ()))
        for file, (_, columns) in others.items():
            if file in joined:
                used = {m.column.name for m in joined[file].fields.values()} | {joined[file].there}
                rest = [c.name for c in columns if c.name not in used]
                if rest:
                    lines.append(f"# Columns of {quoted(file)} that are not mapped: {', '.join(map(quoted, rest))}")
                continue
            link = next(
                (c.name for c in columns if ids and len(set(c.values) & ids) * 2 > len(set(c.values)) > 0), None
            )
            what = (
                f"its {quoted(link)} names the {self.record}: contacts, activities or history?" if link else "not used"
            )
            lines.append(f"# {quoted(file)} ({', '.join(quoted(c.name) for c in columns[:12])}): {what}")
        return lines

    # -- marks

    def guess(self, what: str, why: str) -> str:
        """The comment of a guess."""
        self.out.guesses.append(f"{what}: {why}")
        return f"# guess: {_one_line(why)}"

    def ask(self, what: str, question: str, example: str = "", bare: bool = False) -> str:
        """The comment of what only a person can say."""
        self.out.questions.append(f"{what}: {question}")
        return f"# {_one_line(question if bare else f'{example or what}  # {question}')}"


def _alias(file: str, taken: list[_JoinGuess]) -> str:
    name = re.sub(r"[^A-Za-z0-9_]+", "_", Path(file).stem).strip("_")
    name = name if re.match(r"[A-Za-z]", name) else f"t_{name}"
    return name if name not in {join.alias for join in taken} else f"{name}_{len(taken)}"


_CURRENCY_WORDS = folded_words(CURRENCY)


def folded_slug(text: str) -> str:
    """Letters without accents, for an id."""
    import unicodedata

    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def quoted(text: str) -> str:
    """A text as YAML writes it: plain where it can be, else in double quotes."""
    if (
        _PLAIN.fullmatch(text)
        and text == text.strip()
        and surprise(text) is None
        and text not in ("true", "false", "null")
    ):
        return text
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7f").replace("\x85", "\\x85")
