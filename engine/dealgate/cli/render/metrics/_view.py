"""Measured metrics arranged for reading: a block a metric, a line a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from ....compile.words import choice
from ....metrics.figure import Figure
from ....metrics.measure import Measured
from ....metrics.registry import metric
from ....metrics.spec import PERIODS, Row, Spec
from ...past import BACKFILLED, Past
from ..figures import day


@dataclass(frozen=True, slots=True)
class Line:
    """One group: its keys as a person reads them, its figures by measure, and those it is compared with."""

    keys: tuple[str, ...]
    figures: Mapping[str, Figure]
    before: Mapping[str, Figure] = field(default_factory=dict)

    def notes(self, measures: Sequence[str]) -> tuple[str, ...]:
        """Why figures have no value."""
        figures = (self.figures[m] for m in measures if m in self.figures)
        return tuple(dict.fromkeys(f.reason for f in figures if f.reason))


@dataclass(frozen=True, slots=True)
class Block:
    """One metric."""

    spec: Spec
    keys: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def title(self) -> str:
        """Its name as a heading: ``Win rate``."""
        return choice(self.spec.id).capitalize()

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures that any line has, the headline first."""
        there = {m for line in self.lines for m in line.figures}
        return tuple(m for m in self.spec.measures if m in there)


@dataclass(frozen=True, slots=True)
class View:
    """Everything to show. ``since``, ``until`` and ``before`` (what it is compared with) are days, both included."""

    past: Past
    measured: Measured
    blocks: tuple[Block, ...]
    since: date | None
    until: date | None
    before: tuple[date, date] | None = None

    @property
    def window(self) -> str:
        """The days in words."""
        if self.since is None and self.until is None:
            return "all that is known"
        if self.since is None or self.until is None:
            return f"since {day(self.since)}" if self.since else f"until {day(self.until or date.min)}"
        return f"{day(self.since)} to {day(self.until)}"

    @property
    def heading(self) -> str:
        """Whose figures they are, as of when."""
        history, playbook = self.past.history, self.past.playbook
        at = history.as_of.astimezone(playbook.process.calendar.zone)
        known = history.known_at.astimezone(playbook.process.calendar.zone) if history.known_at else None
        told = f", by what was known on {day(known)}" if known else ""
        return f"{playbook.process.title} {playbook.version}, as of {day(at)}{told}; {self.window}"

    @property
    def notes(self) -> list[str]:
        """What has to be known of all figures."""
        notes = []
        history = self.past.history
        if history.reconstructed:
            notes.append(BACKFILLED)
        undated = history.undated
        if undated.height:
            stages = {s.id: s.title for s in history.process.stages}
            where = [stages.get(s, str(s)) for s in undated["stage"].drop_nulls().unique(maintain_order=True).to_list()]
            told = f", in {' and '.join(where)}," if 0 < len(where) <= 2 else ""
            one = undated.height == 1
            notes.append(
                f"{undated.height:,} deal{'' if one else 's'}{told} {'has' if one else 'have'} no date of any kind, "
                "and cannot be placed in time: no figure counts them."
            )
        return notes


def view(
    past: Past,
    measured: Measured,
    since: date | None,
    until: date | None,
    compared: Measured | None = None,
    before: tuple[date, date] | None = None,
) -> View:
    """The rows of what was measured, arranged."""
    stages = {stage.id: stage.title for stage in past.playbook.process.stages}
    owners = _owners(past)
    earlier = {_key(row): row.figure for row in compared.rows} if compared else {}
    by_metric: dict[str, list[Row]] = {}
    for row in measured.rows:
        by_metric.setdefault(row.metric, []).append(row)
    blocks = []
    for name, rows in by_metric.items():
        lines: dict[tuple[str, ...], tuple[dict[str, Figure], dict[str, Figure]]] = {}
        for row in rows:
            keys = tuple(_named(key, value, stages, owners) for key, value in row.keys.items())
            now, then = lines.setdefault(keys, ({}, {}))
            now[row.measure] = row.figure
            if _key(row) in earlier:
                then[row.measure] = earlier[_key(row)]
        made = tuple(Line(keys, now, then) for keys, (now, then) in lines.items())
        blocks.append(Block(metric(name), tuple(rows[0].keys), made))
    return View(past, measured, tuple(blocks), since, until, before)


def _key(row: Row) -> tuple[object, ...]:
    return row.metric, row.measure, *row.keys.items()


def _owners(past: Past) -> Mapping[str, str]:
    """Owners' names by id, where a name is one owner's alone."""
    told = past.history.now("owner.id", "owner.name").select("owner.id", "owner.name").drop_nulls()
    known = told.unique("owner.id", keep="last", maintain_order=True)
    return dict(known.filter(pl.col("owner.name").is_unique()).iter_rows())


def _named(key: str, value: str | None, stages: Mapping[str, str], owners: Mapping[str, str]) -> str:
    if value is None:
        return "(not known)"
    if key == "owner":
        return owners.get(value, value)
    return stages.get(value, value) if key in ("stage", "from", "to") else value


def by_period(block: Block) -> tuple[list[str], dict[tuple[str, ...], dict[str, Line]]] | None:
    """The periods in order, and the lines by the other keys and then by period; None where no period is a key."""
    at = next((n for n, key in enumerate(block.keys) if key in PERIODS), None)
    if at is None:
        return None
    periods = sorted({line.keys[at] for line in block.lines})
    found: dict[tuple[str, ...], dict[str, Line]] = {}
    for line in block.lines:
        rest = (*line.keys[:at], *line.keys[at + 1 :])
        found.setdefault(rest, {})[line.keys[at]] = line
    return periods, found


def rest_keys(block: Block) -> list[str]:
    """The keys that are no period."""
    return [key for key in block.keys if key not in PERIODS]


def heads(keys: Sequence[str]) -> list[str]:
    """Keys as column heads."""
    return [choice(key.replace(".", " ")).capitalize() for key in keys]
