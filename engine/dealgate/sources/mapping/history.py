"""Stage visits and field changes: from snapshots, from single changes, or from dates of the record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from dealgate.model.diagnostics import Severity
from dealgate.model.fields import Catalogue, Field
from dealgate.model.values import Unfit

from .cells import CellReader, cell_text, spelled_in
from .children import links_of
from .columns import Rows, Run
from .model import History, Records, Value, fold
from .problems import literal


@dataclass(slots=True)
class Past:
    """What is known of one record's past. ``changes`` stays empty where only dates told it."""

    visits: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)

    def enter(self, stage: str | None, at: datetime) -> None:
        """A stage entered, and so the one before left; None: it is in no stage any more."""
        last = self.visits[-1] if self.visits else None
        if last is not None and "left" not in last:
            if last["stage"] == stage:
                return
            last["left"] = at
        if stage is not None:
            self.visits.append({"stage": stage, "entered": at})

    def change(self, name: str, old: str | None, new: str | None, row: _Row) -> None:
        """A field changed."""
        one: dict[str, Any] = {
            "field": name,
            "from": old,
            "to": new,
            "at": row.at,
            "by": row.by,
            "channel": row.channel,
        }
        self.changes.append({key: value for key, value in one.items() if value is not None})


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of history."""

    place: int
    link: str
    at: datetime
    by: str | None
    channel: str | None


def past(
    run: Run, history: History, records: Rows, ids: Mapping[str, int], catalogue: Catalogue
) -> dict[str, Past] | None:
    """Every record's past by its id; None where the optional table is not there."""
    if history.derive:
        return _derived(run, history, records, ids, catalogue)
    assert history.table is not None
    targets = {name: catalogue.deal[name] for name in history.table.fields if name in catalogue.deal}
    values = [history.at, *([history.channel] if history.channel else [])]
    names = [history.by, history.field_column, history.old_column, history.new_column]
    columns = Value(columns=tuple(name for name in names if name), at=history.table.at)
    if history.shape == "changes":
        section = replace(history.table, fields={})
        rows = run.rows(section, {}, [*values, columns])
    else:
        rows = run.rows(history.table, targets, [*values, columns])
    if rows is None:
        return None
    run.stop_if_refused()
    ordered = _ordered(run, rows, history, ids, catalogue)
    if history.shape == "changes":
        return _changes(run, rows, history, ordered, catalogue)
    return _snapshots(run, rows, history.table, ordered, targets)


def _ordered(run: Run, rows: Rows, history: History, ids: Mapping[str, int], catalogue: Catalogue) -> list[_Row]:
    """The rows that belong to a record and have a moment, oldest first; those of one moment as they stand."""
    assert history.table is not None
    moments = catalogue.collections["changes"].fields
    links = links_of(run, rows, history.table, ids)
    ats = run.typed(rows, history.at, moments["at"])
    by = run.typed(rows, Value(columns=(history.by,)), moments["by"]) if history.by else None
    channels = run.typed(rows, history.channel, moments["channel"]) if history.channel else None
    empty = run.problems.of(
        "DG682",
        Severity.WARNING,
        f"{{n}} row{{s}} of {literal(rows.table.name)} {{have}} no moment, and tell{{v}} nothing of when",
        rows.table,
    )
    numbers = rows.numbers
    found: list[_Row] = []
    for at in rows.kept:
        link, moment = links[at], ats[at]
        if link is None:
            continue
        if not isinstance(moment, datetime):
            run.problems.add(empty, numbers[at])
            continue
        found.append(_Row(at, link, moment, _known(by, at), _known(channels, at)))
    return sorted(found, key=lambda row: row.at)


def _known(column: list[Any] | None, at: int) -> str | None:
    value = column[at] if column else None
    return value if isinstance(value, str) else None


def _snapshots(
    run: Run, rows: Rows, table: Records, ordered: Iterable[_Row], targets: Mapping[str, Field]
) -> dict[str, Past]:
    columns = {name: run.typed(rows, table.fields[name], target) for name, target in targets.items()}
    pasts: dict[str, Past] = {}
    before: dict[str, dict[str, Any]] = {}
    for row in ordered:
        mine = pasts.setdefault(row.link, Past())
        old = before.setdefault(row.link, {})
        for name, column in columns.items():
            value = column[row.place]
            now = value.raw if type(value) is Unfit else None if value is None else spelled_in(value, targets[name])
            if now != old.get(name):
                mine.change(name, old.get(name), now, row)
                old[name] = now
        if "stage" in columns:
            stage = columns["stage"][row.place]
            mine.enter(stage if isinstance(stage, str) else None, row.at)
    return pasts


def _changes(run: Run, rows: Rows, history: History, ordered: Iterable[_Row], catalogue: Catalogue) -> dict[str, Past]:
    assert history.table is not None
    file = literal(rows.table.name)
    others = run.problems.of(
        "DG685",
        Severity.INFO,
        f"{{n}} row{{s}} of {file} tell{{v}} of fields that are not mapped: {{values}}",
        rows.table,
    )
    words = rows.cells(history.field_column)
    olds = rows.cells(history.old_column) if history.old_column else [None] * len(rows.table)
    news = rows.cells(history.new_column)
    numbers = rows.numbers
    readers: dict[str, CellReader] = {}
    misfits: dict[str, list[tuple[int, Any]]] = {}
    pasts: dict[str, Past] = {}
    for row in ordered:
        word = cell_text(words[row.place])
        name = history.names.get(fold(word)) if history.names else word
        target = catalogue.deal.get(name or "")
        if name is None or target is None:
            run.problems.add(others, numbers[row.place], word)
            continue
        if name not in readers:
            readers[name] = CellReader(history.table.fields.get(name, Value()), target, rows.layout, run.reading)
        old, new = readers[name].read(olds[row.place]), readers[name].read(news[row.place])
        misfits.setdefault(name, []).extend((numbers[row.place], one) for one in (old, new) if type(one) is Unfit)
        mine = pasts.setdefault(row.link, Past())
        spelled = [
            one.raw if isinstance(one, Unfit) else None if one is None else spelled_in(one, target)
            for one in (old, new)
        ]
        mine.change(name, spelled[0], spelled[1], row)
        if name == "stage":
            if not mine.visits and isinstance(old, str):
                mine.visits.append({"stage": old})  # when it was entered is not told
            mine.enter(new if isinstance(new, str) else None, row.at)
    column = Value(columns=(history.new_column,))
    for name, found in misfits.items():
        run.count(rows.table, found, column, catalogue.deal[name])
    return pasts


def _derived(run: Run, history: History, rows: Rows, ids: Mapping[str, int], catalogue: Catalogue) -> dict[str, Past]:
    """Visits by dates of the record. Dates tell nothing of other fields, so there are no changes."""
    moment = catalogue.collections["visits"].fields["entered"]
    columns = [run.typed(rows, step.at, moment) for step in history.derive]
    back = run.problems.of(
        "DG683",
        Severity.WARNING,
        f"{{n}} {run.mapping.kind}{{s}} of {literal(rows.table.name)} {{have}} stage dates that run backwards",
        rows.table,
        "Correct the dates; until then the stages stand in the order of their dates.",
    )
    numbers = rows.numbers
    pasts: dict[str, Past] = {}
    for link, place in ids.items():
        steps = [
            (column[place], order, step.stage)
            for order, (step, column) in enumerate(zip(history.derive, columns, strict=True))
            if isinstance(column[place], datetime)
        ]
        mine = pasts[link] = Past()
        in_order = sorted(steps, key=lambda step: step[:2])
        if [step[1] for step in in_order] != [step[1] for step in steps]:
            run.problems.add(back, numbers[place])
        for at, _, stage in in_order:
            mine.enter(stage, at)
    return pasts
