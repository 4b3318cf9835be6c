"""Applying a mapping to a folder: typed deals, and everything that was odd on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from dealgate.compile.frames import Frames, deals_of
from dealgate.model.deal import Deal
from dealgate.model.diagnostics import Diagnostic, Severity, SourceFailed, Where, error
from dealgate.model.fields import Field
from dealgate.model.process import Process
from dealgate.sources.shape import named
from dealgate.sources.tables import Folder

from .children import Kids, children, collected, proofs, synced
from .column import Column, column_of, none_of
from .columns import Rows, Run, link_of, told_absent
from .history import past
from .model import Records, SourceMapping
from .problems import Problems, literal


@dataclass(slots=True)
class Source:
    """What a source held. ``rows`` = deals + ``set_aside``; ``counts`` is how many rows each diagnostic stands for.

    ``found_by`` is given, shape or own columns. ``told``: the fields that it has columns for, empty ones too.
    """

    frames: Frames
    process: Process
    diagnostics: list[Diagnostic] = field(default_factory=list)
    mapping_id: str = ""
    found_by: str = "given"
    rows: int = 0
    set_aside: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    told: frozenset[str] = frozenset()
    _deals: list[Deal] | None = field(default=None, repr=False, compare=False)

    @property
    def deals(self) -> list[Deal]:
        """The deals one by one, made from the columns when they are first asked for."""
        if self._deals is None:
            self._deals = list(deals_of(self.frames, self.process))
        return self._deals


def apply(folder: Folder, mapping: SourceMapping, process: Process, found_by: str = "given") -> Source:
    """The deals (or leads) that a mapping finds in a folder's tables.

    Raises SourceFailed where mapping and files do not go together.
    """
    run = Run(folder, mapping, process.reading, Problems())
    catalogue = process.catalogue
    extra = [value for item in mapping.records.evidence for value in item.fields.values()]
    extra += [step.at for step in mapping.history.derive] if mapping.history else []
    rows = run.rows(mapping.records, catalogue.deal, extra)
    run.stop_if_refused()
    assert rows is not None  # an absent table of records is refused
    chosen = _chosen(run, rows, mapping.records)
    run.at = None if chosen.height == len(rows.table) else chosen["place"]
    run.records = chosen.select("deal", rows.numbers.gather(chosen["place"]).alias("row"))
    columns = {
        name: run.typed(rows, value, catalogue.deal[name], at=run.at)
        for name, value in mapping.records.fields.items()
        if name in catalogue.deal
    }
    pieces: dict[str, list[Kids]] = {}
    more: list[pl.Series] = []
    """Columns of the deals that tell of their collections."""
    for name, section in mapping.children.items():
        found = children(run, name, section, catalogue.collections[name], chosen)
        if found is not None:
            pieces[name] = [found]
            flags = synced(rows, section, chosen)
            more += [] if flags is None else [flags.alias(f"{name}.synced")]
    if mapping.records.evidence and "evidence" in catalogue.collections:
        read = proofs(run, rows, mapping.records.evidence, catalogue.collections["evidence"], chosen)
        pieces["evidence"] = [*pieces.get("evidence", ()), *read]
    frames: dict[str, pl.DataFrame] = {}
    for name, mine in pieces.items():
        frames[name], stray = collected(mine, catalogue.collections[name], chosen["deal"], run.currency)
        if stray is not None:
            more.append(stray.alias(f"{name}.unfit"))
    if mapping.history:
        told = past(run, mapping.history, rows, chosen, catalogue)
        if told is not None:
            frames["visits"] = told.visits
            if told.changes is not None:
                frames["changes"] = told.changes
                if mapping.history.covers is not None:
                    covers = column_of([mapping.history.covers], catalogue.deal["history_covers"], run.currency)
                    columns["history_covers"] = covers.gather(pl.zeros(chosen.height, dtype=pl.UInt32, eager=True))
    users = _users(run, mapping.users, catalogue.deal) if mapping.users else None
    run.stop_if_refused()
    if users is not None:
        columns = _with_users(run, rows, columns, chosen, users, catalogue.deal)
    told_absent(run)
    total = len(rows.table)
    deals = _deals(chosen["deal"], columns, catalogue.deal, more, run.currency)
    return Source(
        Frames(deals, frames),
        process,
        run.problems.told(),
        mapping.id,
        found_by,
        total,
        total - chosen.height,
        run.problems.counts,
        _told(rows, mapping.records, catalogue.deal) | frozenset(users[1] if users is not None else ()),
    )


def _told(rows: Rows, section: Records, targets: Mapping[str, Field]) -> frozenset[str]:
    """The fields of which a column is there, or whose value the mapping gives."""
    known = rows.known()
    there = (
        name
        for name, value in section.fields.items()
        if not value.columns or any(named(column, known) is not None for column in value.columns)
    )
    return frozenset(there) & frozenset(targets)


def _deals(
    ids: pl.Series, columns: Mapping[str, Column], known: Mapping[str, Field], more: list[pl.Series], currency: str
) -> pl.DataFrame:
    """The frame of deals; one whose source says nothing of its status is open."""
    found = [ids.alias("id")]
    for name, field_ in known.items():
        column = columns.get(name)
        if name == "status":
            open_ = column_of(["open"], field_, currency).gather(pl.zeros(len(ids), dtype=pl.UInt32, eager=True))
            column = column or none_of(field_, len(ids))
            column = column.or_else(open_.only(~column.misfits()), currency)
        if column is not None:
            found += column.named(name, currency)
    return pl.DataFrame([*found, *more])


def _chosen(run: Run, rows: Rows, section: Records) -> pl.DataFrame:
    """The records: ``deal`` (its id), the ``place`` of its row, its ``order``.

    Rows without an id and earlier ones of an id are told.
    """
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
    nameless.add(numbers.filter(rows.keeps(ids == "")))
    named = pl.DataFrame([ids.alias("deal"), numbers.alias("row")]).with_row_index("place")
    named = named.filter(rows.keeps(ids != ""))
    same = run.problems.of(
        "DG677",
        Severity.WARNING,
        f"{{n}} row{{s}} of {file} repeat{{v}} the id of another row ({{values}}); "
        f"the {'first' if first_counts else 'last'} row of each id counts",
        rows.table,
        "Leave one row for each id, or say `duplicates: first` or `last` in the mapping.",
    )
    if named["deal"].n_unique() == named.height:
        return named.select("deal", "place").with_row_index("order")
    counts = pl.col("row", "place").first() if first_counts else pl.col("row", "place").last()
    kept = named.group_by("deal", maintain_order=True).agg(counts, pl.len().alias("many")).with_row_index("order")
    several = kept.filter(pl.col("many") > 1)
    if rows.layout.duplicates == "refuse":
        mine = named.filter(pl.col("deal") == several["deal"][0])["row"].head(3).to_list()
        where = " and ".join(map(rows.table.place, mine))
        message = f"{several.height:,} ids stand in several rows of {rows.table.name}, the first in {where}."
        raise SourceFailed(error("DG678", message, Where(rows.table.path), "Leave one row for each id."))
    other = several.select("deal", "order", pl.col("row").alias("counts"))
    repeated = named.join(other, on="deal", maintain_order="left").filter(pl.col("row") != pl.col("counts"))
    repeated = repeated.sort("order", maintain_order=True)
    word = pl.lit(f" in {rows.table.row_word} ")
    same.add(repeated["row"], repeated.select(pl.concat_str("deal", word, "counts")).to_series())
    return kept.select("order", "deal", "place")


def _users(run: Run, section: Records, targets: Mapping[str, Field]) -> tuple[pl.Series, dict[str, Column]] | None:
    """The users' ids and what is known of them; of several rows of one id the last counts."""
    known = {name: targets[f"owner.{name}"] for name in section.fields if f"owner.{name}" in targets}
    rows = run.rows(section, known)
    if rows is None:
        return None
    run.stop_if_refused()
    columns = {f"owner.{name}": run.typed(rows, section.fields[name], target) for name, target in known.items()}
    ids = link_of(rows, section.id).alias("owner")
    found = ids.to_frame().with_row_index("place").filter(rows.keeps(ids != ""))
    found = found.unique("owner", keep="last", maintain_order=True)
    return found["owner"], {name: column.gather(found["place"]) for name, column in columns.items()}


def _with_users(
    run: Run,
    rows: Rows,
    columns: Mapping[str, Column],
    chosen: pl.DataFrame,
    users: tuple[pl.Series, dict[str, Column]],
    targets: Mapping[str, Field],
) -> dict[str, Column]:
    """The deals' columns with what the users' table knows of their owners; what the deal itself says goes first."""
    assert run.mapping.users is not None
    users_file = run.mapping.users.files[0]
    unknown = run.problems.of(
        "DG674",
        Severity.WARNING,
        f"{{n}} {run.mapping.kind}{{s}} name{{v}} an owner ({{values}}) that {literal(users_file)} does not have",
        rows.table,
        f"Export {users_file} anew, people who have left included.",
        private=True,
    )
    found = dict(columns)
    if "owner.id" not in columns:
        return found
    owners = columns["owner.id"].value.alias("owner").to_frame()
    known = users[0].to_frame().with_row_index("user")
    place = owners.join(known, on="owner", how="left", maintain_order="left")["user"]
    lost = place.is_null() & owners["owner"].is_not_null()
    unknown.add(rows.numbers.gather(chosen["place"].filter(lost)), owners["owner"].filter(lost))
    for name, column in users[1].items():
        theirs = Column(column.value, column.currency).gather(place)
        mine = columns.get(name) or none_of(targets[name], chosen.height)
        found[name] = mine.or_else(theirs, run.currency)
    return found
