"""Applying a mapping to a folder: typed deals, and everything that was odd on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dealgate.model.deal import Deal
from dealgate.model.diagnostics import Diagnostic, Severity, SourceFailed, Where, error
from dealgate.model.fields import Collection, Field
from dealgate.model.process import Process
from dealgate.model.values import Unfit
from dealgate.sources.tables import Folder

from .children import ById, Child, children, proofs
from .columns import Rows, Run, link_of, told_absent
from .history import Past, past
from .model import Records, SourceMapping
from .problems import Problems, literal


@dataclass(slots=True)
class Source:
    """What a source held. ``rows`` = deals + ``set_aside``; ``counts`` is how many rows each diagnostic stands for.

    ``found_by`` is given, shape or own columns.
    """

    deals: list[Deal]
    diagnostics: list[Diagnostic] = field(default_factory=list)
    mapping_id: str = ""
    found_by: str = "given"
    rows: int = 0
    set_aside: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)


def apply(folder: Folder, mapping: SourceMapping, process: Process, found_by: str = "given") -> Source:
    """The deals (or leads) that a mapping finds in a folder's tables.

    Raises SourceFailed where mapping and files do not go together.
    """
    run = Run(folder, mapping, process.reading, Problems())
    catalogue = process.catalogue
    evidence = catalogue.collections.get("evidence")
    extra = [value for item in mapping.records.evidence for value in item.fields.values()]
    extra += [step.at for step in mapping.history.derive] if mapping.history else []
    rows = run.rows(mapping.records, catalogue.deal, extra)
    run.stop_if_refused()
    assert rows is not None  # an absent table of records is refused
    chosen = _chosen(run, rows, mapping.records)
    numbers = rows.numbers
    run.ids_by_row = {numbers[place]: ident for ident, place in chosen.items()}
    targets = {name: catalogue.deal[name] for name in mapping.records.fields if name in catalogue.deal}
    columns = [(name, run.typed(rows, mapping.records.fields[name], target)) for name, target in targets.items()]
    collections: dict[str, ById] = {}
    for name, section in mapping.children.items():
        found = children(run, name, section, catalogue.collections[name], chosen)
        if found is not None:
            collections[name] = found
    if mapping.records.evidence and evidence is not None:
        _add_proofs(run, rows, mapping, evidence, chosen, collections)
    pasts = past(run, mapping.history, rows, chosen, catalogue) if mapping.history else None
    users = _users(run, mapping.users, catalogue.deal) if mapping.users else None
    run.stop_if_refused()
    deals = [
        _deal(ident, place, columns, collections, pasts, mapping, process.record) for ident, place in chosen.items()
    ]
    if users is not None:
        deals = _with_users(run, rows, deals, chosen, users, mapping)
    told_absent(run)
    total = len(rows.table)
    return Source(deals, run.problems.told(), mapping.id, found_by, total, total - len(deals), run.problems.counts)


def _chosen(run: Run, rows: Rows, section: Records) -> dict[str, int]:
    """The records by id, each with the place of its row. Rows without an id and earlier ones of an id are told."""
    ids = link_of(rows, section.id)
    numbers, kind, file = rows.numbers, run.mapping.kind, literal(rows.table.name)
    nameless = run.problems.of(
        "DG676",
        Severity.WARNING,
        f"{{n}} row{{s}} of {file} {{have}} no id, so {{was}} not taken for a {kind}",
        rows.table,
        "Give each row its id, or declare such rows under `totals` or `skip_rows_where`.",
    )
    first_counts = rows.layout.duplicates == "first"
    places: dict[str, list[int]] = {}
    for at in rows.kept:
        if ids[at]:
            places.setdefault(ids[at], []).append(at)
        else:
            run.problems.add(nameless, numbers[at])
    same = run.problems.of(
        "DG677",
        Severity.WARNING,
        f"{{n}} row{{s}} of {file} repeat{{v}} the id of another row ({{values}}); "
        f"the {'first' if first_counts else 'last'} row of each id counts",
        rows.table,
        "Leave one row for each id, or say `duplicates: first` or `last` in the mapping.",
    )
    several = {ident: mine for ident, mine in places.items() if len(mine) > 1}
    if several and rows.layout.duplicates == "refuse":
        ident, mine = next(iter(several.items()))
        where = " and ".join(rows.table.place(numbers[at]) for at in mine[:3])
        message = f"{len(several):,} ids stand in several rows of {rows.table.name}, the first in {where}."
        raise SourceFailed(error("DG678", message, Where(rows.table.path), "Leave one row for each id."))
    for ident, mine in several.items():
        kept = mine[0] if first_counts else mine[-1]
        for at in mine:
            if at != kept:
                run.problems.add(same, numbers[at], f"{ident} in {rows.table.place(numbers[kept])}")
    return {ident: mine[0] if first_counts else mine[-1] for ident, mine in places.items()}


def _add_proofs(
    run: Run,
    rows: Rows,
    mapping: SourceMapping,
    target: Collection,
    chosen: Mapping[str, int],
    collections: dict[str, ById],
) -> None:
    found = proofs(run, rows, mapping.records.evidence, target)
    mine = collections.setdefault("evidence", {})
    for ident, place in chosen.items():
        if place in found:
            mine.setdefault(ident, []).extend(found[place])


def _deal(
    ident: str,
    place: int,
    columns: list[tuple[str, list[Any]]],
    collections: Mapping[str, ById],
    pasts: Mapping[str, Past] | None,
    mapping: SourceMapping,
    record: str,
) -> Deal:
    fields: dict[str, Any] = {}
    unfit: dict[str, Unfit] = {}
    for name, column in columns:
        value = column[place]
        if value is None:
            continue
        if type(value) is Unfit:
            unfit[name] = value
        else:
            fields[name] = value
    if "status" not in unfit:
        fields.setdefault("status", "open")
    synced: dict[str, tuple[Any, ...]] = {}
    for name, by_id in collections.items():
        synced[name] = _items(name, by_id.get(ident, ()), unfit)
    if pasts is not None and mapping.history is not None:
        mine = pasts.get(ident) or Past()
        synced["visits"] = tuple(mine.visits)
        if not mapping.history.derive:
            synced["changes"] = tuple(mine.changes)
            if mapping.history.covers is not None:
                fields["history_covers"] = mapping.history.covers
    return Deal(ident, fields, synced, unfit, record)


def _items(name: str, found: list[Child] | tuple[()], unfit: dict[str, Unfit]) -> tuple[Any, ...]:
    items: list[Any] = []
    for child in found:
        place = f"{name}[{len(items)}]"
        unfit.update({f"{place}.{key}": value for key, value in child.unfit.items()})
        if child.fields:
            items.append(child.fields)
    return tuple(items)


def _users(run: Run, section: Records, targets: Mapping[str, Field]) -> dict[str, dict[str, Any]] | None:
    rows = run.rows(section, {name: targets[f"owner.{name}"] for name in section.fields if f"owner.{name}" in targets})
    if rows is None:
        return None
    run.stop_if_refused()
    columns = [
        (f"owner.{name}", run.typed(rows, value, targets[f"owner.{name}"]))
        for name, value in section.fields.items()
        if f"owner.{name}" in targets
    ]
    ids = link_of(rows, section.id)
    found: dict[str, dict[str, Any]] = {}
    for at in rows.kept:
        if ids[at]:
            found[ids[at]] = {
                name: column[at] for name, column in columns if column[at] is not None and type(column[at]) is not Unfit
            }
    return found


def _with_users(
    run: Run,
    rows: Rows,
    deals: list[Deal],
    chosen: Mapping[str, int],
    users: Mapping[str, Mapping[str, Any]],
    mapping: SourceMapping,
) -> list[Deal]:
    """The deals with what the users' table knows of their owners; what the deal itself says goes first."""
    assert mapping.users is not None
    users_file = mapping.users.files[0]
    unknown = run.problems.of(
        "DG674",
        Severity.WARNING,
        f"{{n}} {mapping.kind}{{s}} name{{v}} an owner ({{values}}) that {literal(users_file)} does not have",
        rows.table,
        f"Export {users_file} anew, people who have left included.",
        private=True,
    )
    numbers = rows.numbers
    found: list[Deal] = []
    for deal in deals:
        owner = deal.fields.get("owner.id")
        known = users.get(owner) if owner else None
        if owner and known is None:
            run.problems.add(unknown, numbers[chosen[deal.id]], owner)
        fields = {**known, **deal.fields} if known else deal.fields
        found.append(Deal(deal.id, fields, deal.children, deal.unfit, deal.record))
    return found
