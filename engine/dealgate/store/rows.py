"""The tables of events and child records as rows of a timeline, and rows as what the tables hold."""

from __future__ import annotations

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .bulk import any_of, numbered, read, table, write
from .people import People
from .results import SEEN_TURN
from .timeline import NOTHING, in_order, once

EVENT = ["deal", "field", "value", "person", "at", "turn", "by_person", "channel", "origin", "pull"]
CHILD = ["deal", "field", "place", "record", "at", "pull"]
"""Without ``recorded_at``, which is the pull's."""
_PERSON, _ERASED = "\0p", "\0e"
_FEW = 20_000
"""Deals up to which theirs alone are read, by the index."""


def held_events(connection: Connection, deals: pl.Series, people: People) -> pl.DataFrame:
    """All events of these deals as rows, each once, in order."""
    return in_order(once(as_events(_of_deals(connection, "field_event", EVENT, deals), people)))


def held_children(connection: Connection, deals: pl.Series) -> pl.DataFrame:
    """All child records of these deals as rows, each once, in order."""
    return in_order(once(as_children(_of_deals(connection, "child_version", CHILD, deals))))


def _of_deals(connection: Connection, name: str, columns: list[str], deals: pl.Series) -> pl.DataFrame:
    if len(deals) > _FEW:
        every = read(connection, name, columns, wide=name == "child_version")
        return with_recorded(connection, every.filter(pl.col("deal").is_in(deals.implode())))
    where: list[sa.ColumnElement[bool]] = [any_of(connection, table(name).c.deal, deals.to_list())]
    return with_recorded(connection, read(connection, name, columns, *where, whole=True))


def with_recorded(connection: Connection, held: pl.DataFrame) -> pl.DataFrame:
    """With ``recorded_at``, which is the pull's."""
    pulls = read(connection, "pull", ["id", "recorded_at"]).rename({"id": "pull"})
    return held.join(pulls, on="pull", how="left", maintain_order="left")


def as_events(held: pl.DataFrame, people: People) -> pl.DataFrame:
    """Columns of ``field_event`` (but id and again) as rows."""
    marked = held.with_columns(
        people.texts(held["person"]).alias("named"),
        people.living(held["person"]).alias("lives"),
        people.texts(held["by_person"]).alias("by"),
        people.living(held["by_person"]).alias("by.lives"),
    )
    return marked.select(
        pl.all().exclude("recorded_at", "named", "lives", "by", "by.lives"),
        # Told again after an erasure, it is not told by somebody else.
        pl.when("by.lives").then("by").alias("by"),
        pl.col("recorded_at").alias("rec"),
        pl.lit(0, pl.Int64).alias("place"),
        pl.coalesce("named", "value").alias("text"),
        # Two who were erased are not one.
        pl.when(pl.col("person").is_null())
        .then(pl.col("value").fill_null(NOTHING))
        .when("lives")
        .then(pl.concat_str(pl.lit(_PERSON), "named"))
        .otherwise(pl.concat_str(pl.lit(_ERASED), pl.col("person").cast(pl.String)))
        .alias("mark"),
    )


def told_events(given: pl.DataFrame, personal: pl.Series) -> pl.DataFrame:
    """What a source told (columns of ``field_event``, ``by`` as text) as rows; ``personal``: the value is a person's.

    Who they are is written once it is known which rows are: see ``with_persons``.
    """
    return given.with_columns(
        pl.lit(0, pl.Int64).alias("place"),
        pl.col("value").alias("text"),
        pl.when(personal & given["value"].is_not_null())
        .then(pl.concat_str(pl.lit(_PERSON), "value"))
        .otherwise(pl.col("value").fill_null(NOTHING))
        .alias("mark"),
        pl.when(~personal).then("value").alias("value"),
        pl.lit(None, pl.Int64).alias("person"),
        pl.lit(None, pl.Int64).alias("by_person"),
    ).rename({"recorded_at": "rec"})


def with_persons(added: pl.DataFrame, people: People) -> pl.DataFrame:
    """Rows with the numbers of the persons that they name."""
    unnamed = pl.col("person").is_null() & pl.col("mark").str.starts_with(_PERSON)
    names = added.select(pl.when(unnamed).then("text")).to_series()
    by = added.select(pl.when(pl.col("by_person").is_null()).then("by")).to_series()
    return added.with_columns(
        pl.col("person").fill_null(people.numbers(names)), pl.col("by_person").fill_null(people.numbers(by))
    )


def as_children(held: pl.DataFrame) -> pl.DataFrame:
    """Columns of ``child_version`` (but id and again) as rows."""
    return held.rename({"recorded_at": "rec"}).with_columns(
        pl.lit(SEEN_TURN, pl.Int64).alias("turn"),
        pl.col("record").alias("text"),
        pl.col("record").fill_null(NOTHING).alias("mark"),
    )


def write_rows(connection: Connection, name: str, rows: pl.DataFrame) -> None:
    """Rows into ``field_event`` or ``child_version``."""
    # By deal, so that what is read together lies together.
    made = rows.rename({"rec": "recorded_at"}).sort("deal", "field", "place", "at", "turn", "mark")
    write(connection, name, numbered(connection, name, made))
