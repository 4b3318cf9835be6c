"""Child records: rows of their own tables, or columns of the record itself, by the id of the record they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from dealgate.compile.frames import STRAY
from dealgate.model.diagnostics import Severity
from dealgate.model.fields import Collection

from .column import Column, column_of, none_of, stack
from .columns import Rows, Run, link_of
from .model import Proof, Records
from .problems import literal

SAME = (pl.col("order") == pl.col("order").shift(1)).fill_null(False)
"""In rows sorted by their record's ``order``: whether the row above is of the same record."""
_TURN = pl.int_range(pl.len(), dtype=pl.Int64)
POSITION = _TURN - pl.when(~SAME).then(_TURN).forward_fill()
"""In such rows: the place among those of the same record."""


@dataclass(frozen=True, slots=True, eq=False)
class Kids:
    """Rows that tell of records: ``order`` is the record's place among all; columns by field.

    ``real``: a row in which something was read is a record, though nothing of it may fit.
    """

    order: pl.Series
    columns: Mapping[str, Column]
    real: bool = False


def children(run: Run, name: str, section: Records, target: Collection, chosen: pl.DataFrame) -> Kids | None:
    """The children in a table; None where the collection's optional one is not there.

    ``chosen`` are the records there are, by ``deal``; a row of none of them is counted.
    """
    rows = run.rows(section, target.fields)
    if rows is None:
        return None
    run.stop_if_refused()
    mine = links_of(run, rows, section, chosen)
    columns = {
        field: run.typed(rows, value, target.fields[field], at=mine["place"])
        for field, value in section.fields.items()
        if field in target.fields
    }
    return Kids(mine["order"], columns, real=True)


def links_of(run: Run, rows: Rows, section: Records, chosen: pl.DataFrame) -> pl.DataFrame:
    """The ``place`` of each row that belongs to a record, and the record's ``order``. Rows of none are counted."""
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
    frame = pl.DataFrame([links.alias("deal"), rows.numbers.alias("row")]).with_row_index("place")
    if rows.kept is not None:
        frame = frame.filter(rows.kept)
    found = frame.join(chosen.select("deal", "order"), on="deal", how="left", maintain_order="left")
    lost = found.filter(pl.col("order").is_null())
    if lost.height:
        nameless.add(lost.filter(pl.col("deal") == "")["row"])
        named = lost.filter(pl.col("deal") != "")
        orphans.add(named["row"], named["deal"])
        found = found.filter(pl.col("order").is_not_null())
    return found


def _by_parent(run: Run, rows: Rows) -> pl.Series:
    """For lists inside the records' own rows: the id of the row that each stands in."""
    assert run.records is not None
    numbers = rows.numbers.alias("row").to_frame()
    return numbers.join(run.records, on="row", how="left", maintain_order="left")["deal"].fill_null("")


def synced(rows: Rows, section: Records, chosen: pl.DataFrame) -> pl.Series | None:
    """Which records have a list inside their row, an empty one too, where that matters. None where all do."""
    if not section.null_is_unsynced:
        return None
    there = rows.table.frame[section.files[0].partition("#")[2]].gather(chosen["place"]).is_not_null()
    return None if there.all() else there


def proofs(run: Run, rows: Rows, items: tuple[Proof, ...], target: Collection, chosen: pl.DataFrame) -> list[Kids]:
    """Evidence read from columns of the record.

    An item stands only where its level is filled (else its answer, else its date: the first of them that is mapped).
    """
    found: list[Kids] = []
    for item in items:
        columns = {
            field: run.typed(rows, value, target.fields[field], f"evidence.{field}", run.at)
            for field, value in item.fields.items()
        }
        order = chosen["order"]
        always = pl.repeat(True, len(order), dtype=pl.Boolean, eager=True)
        sound = always
        lead = next((field for field in ("level", "answer", "dated") if field in columns), None)
        if lead is not None:
            sound = columns[lead].value.is_not_null()
            stands = sound | columns[lead].misfits()
            columns = {field: one if field == lead else one.only(sound) for field, one in columns.items()}
        else:
            stands = always
        for field, word in item.fixed.items():
            if field not in columns:
                fixed = column_of([word], target.fields[field], run.currency)
                columns[field] = fixed.gather(pl.zeros(len(order), dtype=pl.UInt32, eager=True)).only(sound)
        found.append(Kids(order.filter(stands), {field: one.filter(stands) for field, one in columns.items()}))
    return found


def collected(
    pieces: Sequence[Kids], target: Collection, ids: pl.Series, currency: str
) -> tuple[pl.DataFrame, pl.Series | None]:
    """The collection's frame; and, where any were, what was read for records that hold nothing, by deal."""
    order = pl.concat([piece.order for piece in pieces])
    fields = [field for field in target.fields if any(field in piece.columns for piece in pieces)]
    columns = {
        field: stack(
            [piece.columns.get(field) or none_of(target.fields[field], len(piece.order)) for piece in pieces], currency
        )
        for field in fields
    }
    held = pl.repeat(False, len(order), dtype=pl.Boolean, eager=True)
    real = pl.concat([pl.repeat(piece.real, len(piece.order), dtype=pl.Boolean, eager=True) for piece in pieces])
    for column in columns.values():
        held |= column.value.is_not_null() | (column.misfits() & real)
    kept = order.filter(held).alias("order")
    places = held.arg_true()
    if not kept.is_sorted():
        frame = pl.DataFrame([kept, places.alias("place")]).sort("order", maintain_order=True)
        kept, places = frame["order"], frame["place"]
    found = [ids.gather(kept).alias("deal"), kept.to_frame().select(POSITION.alias("position")).to_series()]
    for field, column in columns.items():
        found += column.gather(places).named(field, currency)
    return pl.DataFrame(found), _strays(columns, order, ~held, kept, len(ids))


def _strays(
    columns: Mapping[str, Column], order: pl.Series, empty: pl.Series, kept: pl.Series, height: int
) -> pl.Series | None:
    """By deal what did not fit in rows that hold nothing else; their places follow those of its records."""
    wrong = pl.repeat(False, len(order), dtype=pl.Boolean, eager=True)
    for column in columns.values():
        wrong |= column.misfits()
    wrong &= empty
    if not wrong.any():
        return None
    before = pl.DataFrame({"order": kept}).group_by("order").agg(pl.len().cast(pl.Int64).alias("before"))
    rows = (
        pl.DataFrame({"order": order.filter(wrong)})  # few, and in the order of their table
        .with_columns(_TURN.over("order").alias("place"))
        .join(before, on="order", how="left", maintain_order="left")
        .with_columns(pl.col("place") + pl.col("before").fill_null(0))
    )
    told = [
        rows.select(
            "order",
            "place",
            pl.lit(field).alias("field"),
            column.unfit.filter(wrong).struct.field("raw").alias("raw"),
            column.unfit.filter(wrong).struct.field("why").alias("why"),
        ).filter(pl.col("why").is_not_null())
        for field, column in columns.items()
        if column.unfit is not None
    ]
    whole = pl.concat(told).sort("order", "place", maintain_order=True)
    lists = whole.group_by("order").agg(pl.struct("place", "field", "raw", "why").cast(STRAY).alias("strays"))
    every = pl.DataFrame({"order": pl.int_range(height, dtype=pl.UInt32, eager=True)})
    return every.join(lists, on="order", how="left", maintain_order="left")["strays"]
