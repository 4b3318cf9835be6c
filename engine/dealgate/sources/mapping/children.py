"""Child records: rows of their own tables, or columns of the record itself, by the id of the record they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from dealgate.model.diagnostics import Severity
from dealgate.model.fields import Collection
from dealgate.model.values import Unfit

from .columns import Rows, Run, link_of
from .model import Proof, Records
from .problems import literal


class Child(NamedTuple):
    """One child record and what of its raw values did not fit."""

    fields: Mapping[str, Any]
    unfit: Mapping[str, Unfit]


ById = dict[str, list[Child]]


def children(run: Run, name: str, section: Records, target: Collection, ids: Mapping[str, int]) -> ById | None:
    """The children by their record's id; None where the collection's optional table is not there.

    ``ids`` are the records there are; a row of none of them is counted.
    """
    rows = run.rows(section, target.fields)
    if rows is None:
        return None
    run.stop_if_refused()
    found: ById = {}
    links = links_of(run, rows, section, ids)
    columns = [
        (field, run.typed(rows, value, target.fields[field]))
        for field, value in section.fields.items()
        if field in target.fields
    ]
    for at in rows.kept:
        link = links[at]
        if link is not None:
            found.setdefault(link, []).append(_child((field, column[at]) for field, column in columns))
    return found


def links_of(run: Run, rows: Rows, section: Records, ids: Mapping[str, int]) -> list[str | None]:
    """Row by row the id of the record it belongs to; None, and counted, where there is no such record."""
    links = link_of(rows, section.link) if section.link else _by_parent(run, rows)
    kind, file = run.mapping.kind, literal(rows.table.name)
    nameless = run.problems.of(
        "DG680", Severity.WARNING, f"{{n}} row{{s}} of {file} name{{v}} no {kind} and belong{{v}} to none", rows.table
    )
    orphans = run.problems.of(
        "DG681",
        Severity.WARNING,
        f"{{n}} row{{s}} of {file} name{{v}} a {kind} that is not among the {kind}s ({{values}})",
        rows.table,
        f"Export the {kind}s and {rows.table.name} at the same time.",
    )
    numbers = rows.numbers
    answer: list[str | None] = list(links)
    for at in rows.kept:
        link = links[at]
        if link in ids:
            continue
        answer[at] = None
        if link:
            run.problems.add(orphans, numbers[at], link)
        else:
            run.problems.add(nameless, numbers[at])
    return answer


def _by_parent(run: Run, rows: Rows) -> list[str]:
    """For lists inside the records' own rows: the id of the row that each stands in."""
    return [run.ids_by_row.get(number, "") for number in rows.numbers]


def proofs(run: Run, rows: Rows, items: tuple[Proof, ...], target: Collection) -> dict[int, list[Child]]:
    """Evidence read from columns of the record: by the row's place.

    An item stands only where its level is filled (else its answer, else its date: the first of them that is mapped).
    """
    found: dict[int, list[Child]] = {}
    for item in items:
        columns = {
            field: run.typed(rows, value, target.fields[field], f"evidence.{field}")
            for field, value in item.fields.items()
        }
        lead = next((field for field in ("level", "answer", "dated") if field in columns), None)
        fixed = dict(item.fixed)
        for at in rows.kept:
            if lead is not None and columns[lead][at] is None:
                continue
            if lead is not None and type(columns[lead][at]) is Unfit:
                found.setdefault(at, []).append(Child({}, {lead: columns[lead][at]}))
                continue
            child = _child((field, column[at]) for field, column in columns.items())
            found.setdefault(at, []).append(Child({**fixed, **child.fields}, child.unfit))
    return found


def _child(pairs: Iterable[tuple[str, Any]]) -> Child:
    fields: dict[str, Any] = {}
    unfit: dict[str, Unfit] = {}
    for field, value in pairs:
        if type(value) is Unfit:
            unfit[field] = value
        elif value is not None:
            fields[field] = value
    return Child(fields, unfit)
