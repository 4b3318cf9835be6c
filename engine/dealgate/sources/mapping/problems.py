"""Problems of a run, counted: each kind once, with how often it stands and example rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from dealgate.model.diagnostics import Diagnostic, Severity, Where
from dealgate.sources.table import Table, counted, examples

_SHOWN = 3
_LONGEST = 40


@dataclass(slots=True)
class Problem:
    """One kind of problem in one column of one table."""

    code: str
    severity: Severity
    text: str
    table: Table
    suggestion: str | None = None
    private: bool = False
    """Whether the values are a person's, and not for showing."""
    n: int = 0
    first: list[int] = field(default_factory=list)
    """The first rows of it."""
    values: Counter[str] = field(default_factory=Counter)

    def add(self, rows: pl.Series, values: pl.Series | None = None) -> None:
        """More rows of it, in order; a value that is not empty stands in its row."""
        self.n += len(rows)
        self.first += rows.head(_SHOWN - len(self.first)).to_list()
        if values is not None:
            counts = values.alias("value").to_frame().filter(pl.col("value") != "")
            for value, count in counts.group_by("value", maintain_order=True).len().iter_rows():
                self.values[value] += count

    def told(self) -> Diagnostic:
        """The diagnostic: ``{n} {values}`` in its text filled in, then the example rows."""
        n = self.n
        said = self.text.format(
            n=f"{n:,}",
            s="" if n == 1 else "s",
            was="was" if n == 1 else "were",
            have="has" if n == 1 else "have",
            do="does" if n == 1 else "do",
            v="s" if n == 1 else "",
            values=self._values(),
        )
        word = self.table.row_word
        if self.first:
            rows = examples(self.first, word, n)
            said += f" ({rows})" if self.text.endswith("{values}") else f": {rows}"
        where = Where(self.table.path, self.first[0] if word == "line" and self.first else 0)
        return Diagnostic(self.code, self.severity, said + ".", where, self.suggestion)

    def _values(self) -> str:
        if not self.values:
            return "a value"
        if self.private:
            return counted(len(self.values), "different value")
        shown = [
            f"`{short(value)}`" + (f" ({count:,})" if len(self.values) > 1 else "")
            for value, count in self.values.most_common(_SHOWN)
        ]
        if len(self.values) > _SHOWN:
            return f"{', '.join(shown)} and {len(self.values) - _SHOWN:,} more"
        return " and ".join((", ".join(shown[:-1]), shown[-1])) if len(shown) > 1 else shown[0]


class Problems:
    """All problems of a run. ``counts`` is how many rows each code stands for."""

    def __init__(self) -> None:
        """None yet."""
        self._known: dict[tuple[str, str, str], Problem] = {}
        self.said: list[Diagnostic] = []

    def of(
        self,
        code: str,
        severity: Severity,
        text: str,
        table: Table,
        suggestion: str | None = None,
        private: bool = False,
    ) -> Problem:
        """The problem of this kind, to add rows and values to."""
        key = (code, text, table.path)
        if key not in self._known:
            self._known[key] = Problem(code, severity, text, table, suggestion, private)
        return self._known[key]

    def told(self) -> list[Diagnostic]:
        """Every problem that stands anywhere, after what was said on the way."""
        return [*self.said, *(problem.told() for problem in self._known.values() if problem.n)]

    @property
    def counts(self) -> dict[str, int]:
        """Rows by code."""
        found: Counter[str] = Counter()
        for problem in self._known.values():
            if problem.n:
                found[problem.code] += problem.n
        return dict(found)


def literal(text: str) -> str:
    """A name for use in a problem's text, its braces kept as they are."""
    return text.replace("{", "{{").replace("}", "}}")


def short(value: str) -> str:
    """A value for showing: one line, not long, and no address of a person."""
    if "@" in value:
        return "…@…"
    flat = " ".join(value.split()).replace("`", "'")
    return flat if len(flat) <= _LONGEST else flat[:_LONGEST] + "…"
