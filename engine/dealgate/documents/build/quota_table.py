"""The CSV table that a document of targets takes quotas from, read row by row, each with its line."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from dealgate.model.diagnostics import Diagnostic, Where, error
from dealgate.model.metrics import METRICS
from dealgate.model.targets import EVERY, Quota, Span, Target
from dealgate.model.values import money, parse_date, parse_decimal

from ..library import shown
from ..suggest import nearest
from ..yaml import read_text
from .reader import Reader

_COLUMNS = ("owner", "team", "period", "metric", "amount", "currency")
_MOST = 20
"""Rows that are reported one by one; of more the number is told."""


class _Row(NamedTuple):
    line: int
    cells: Mapping[str, str]


def quotas_of_table(
    reader: Reader, folder: Path, currency: str | None, goal: Callable[[str, str | None], Any]
) -> tuple[list[Quota], list[Target]]:
    """The quotas and, in rows that name a metric, the targets of the table ``from`` names.

    ``goal`` reads a target's value. What does not hold is reported at its line and left out.
    """
    path = folder / reader.text("file")
    file = shown(path)
    text, wrong = read_text(path, file)
    if text is None:
        reader.report(
            "DG245", "The table of quotas cannot be read.", reader.get("file") or _there(reader), "Check the path."
        )
        reader.wrong += wrong
        return [], []
    columns = _columns(reader, text)
    if columns is None:
        return [], []
    table = _Table(Where(file), columns, currency, reader.word("every", EVERY, ""), goal)
    for row in _rows(text, columns):
        table.take(row)
    reader.wrong += table.reported()
    return table.quotas, table.targets


def _there(reader: Reader) -> Any:
    return reader.node


def _columns(reader: Reader, text: str) -> dict[str, str] | None:
    """Which column holds what: those that are named, else those of the same name."""
    header = next(csv.reader(text.splitlines()[:1]), [])
    named = dict(reader.entries("columns"))
    found: dict[str, str] = {}
    for key in _COLUMNS:
        if key not in named:
            same = [name for name in header if name.strip().casefold() == key]
            found |= {key: same[0]} if same else {}
            continue
        word = reader.inner("columns").text(key)
        if word in header:
            found[key] = word
        else:
            near = nearest(word, header)
            hint = f"did you mean `{near}`?" if near else f"it has {', '.join(f'`{name}`' for name in header[:12])}"
            reader.report("DG245", f"The table has no column `{word}`.", named[key], hint)
    for key in ("period", "amount"):
        if key not in found and key not in named:
            reader.report(
                "DG245",
                f"The table has no column for the {key}.",
                _there(reader),
                f"name it under `columns: {{{key}: …}}`",
            )
    return found if {"period", "amount"} <= found.keys() else None


def _rows(text: str, columns: Mapping[str, str]) -> Iterator[_Row]:
    reader = csv.DictReader(text.splitlines(keepends=True))
    for row in reader:
        cells = {key: (row.get(name) or "").strip() for key, name in columns.items()}
        if any(cells.values()):
            yield _Row(reader.line_num, cells)


class _Table:
    """What rows come to, and what is wrong with them."""

    def __init__(
        self, at: Where, columns: Mapping[str, str], currency: str | None, every: str, goal: Callable[..., Any]
    ) -> None:
        self.at, self.columns, self.currency, self.every, self.goal = at, columns, currency, every, goal
        self.quotas: list[Quota] = []
        self.targets: list[Target] = []
        self.wrong: list[Diagnostic] = []

    def take(self, row: _Row) -> None:
        """A row as a quota or a target, or what is wrong with it."""
        at = self.at.replace(line=row.line)
        cells = row.cells
        owner, team = cells.get("owner") or None, cells.get("team") or None
        if owner is None and team is None and ("owner" in self.columns or "team" in self.columns):
            return self._no("DG245", "This row names neither an owner nor a team.", at, "Fill one of the two.")
        code = cells.get("currency") or self.currency
        metric = cells.get("metric")
        span = self._span(cells["period"], at, needed=not metric)
        if span is None and not (metric and not cells["period"]):
            return None
        if metric:
            return self._target(metric, span, owner, team, code, cells["amount"], at)
        assert span is not None
        amount = parse_decimal(cells["amount"])
        if amount is None or amount < 0 or (code is not None and money(amount, code) is None):
            message = f"`{cells['amount'][:40]}` is no amount{f' of {code}' if code else ''}."
            return self._no("DG209", message, at, "write it as 50000 or 50000.50")
        self.quotas.append(Quota(span, amount, code, owner=owner, team=team, at=at))
        return None

    def _target(
        self,
        metric: str,
        span: Span | None,
        owner: str | None,
        team: str | None,
        code: str | None,
        text: str,
        at: Where,
    ) -> None:
        if metric not in METRICS:
            near = nearest(metric, METRICS)
            return self._no(
                "DG241", f"There is no metric `{metric[:40]}`.", at, f"did you mean `{near}`?" if near else None
            )
        goal = self.goal(text, code)
        if goal is None:
            return self._no("DG204", f"`{text[:40]}` is no number, amount, percentage or duration.", at, None)
        self.targets.append(Target(metric, goal.value, goal.percent, owner=owner, team=team, span=span, at=at))
        return None

    def _span(self, word: str, at: Where, *, needed: bool) -> Span | None:
        found = Span.of(word)
        if found is not None or (not word and not needed):
            return found
        day = parse_date(word) or _day(word)
        if day is None:
            self._no("DG242", f"There is no period `{word[:40]}`.", at, "write it as 2026, 2026-Q4 or 2026-11")
            return None
        if not self.every:
            self._no(
                "DG242", "This period is a day.", at, "say under `from` which one holds it, such as `every: quarter`"
            )
            return None
        return Span(self.every, day=day)

    def _no(self, code: str, message: str, at: Where, hint: str | None) -> None:
        self.wrong.append(error(code, message, at, hint))

    def reported(self) -> list[Diagnostic]:
        """What is wrong, the first rows one by one."""
        rest = len(self.wrong) - _MOST
        more = [error("DG245", f"{rest} more rows of the table do not hold.", self.at)] if rest > 0 else []
        return [*self.wrong[:_MOST], *more]


def _day(word: str) -> Any:
    """The day of a moment as databases write it."""
    try:
        return datetime.fromisoformat(word).date()
    except ValueError:
        return None
