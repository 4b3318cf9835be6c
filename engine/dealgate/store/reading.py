"""What the store holds, as of a moment and as it was known at another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dealgate.compile.events import EVENTS, ORIGIN, RECORD, THERE, no_events
from dealgate.compile.frames import MOMENT
from dealgate.model.diagnostics import WrongUsage, error

from . import records, rows
from .bulk import any_of, read, table
from .ingest import micros
from .people import People
from .registry import known_deals
from .timeline import NOTHING, PLACE, in_order, once

SEVERAL = "DG946"
_SEEN = 2


class Reading:
    """One transaction's view; ``source`` and ``record`` narrow it (None: all)."""

    def __init__(self, connection: Connection, source: str | None = None, record: str | None = None) -> None:
        self.connection = connection
        self.people = People(connection)
        sources = read(connection, "source", ["id", "name"]).rename({"id": "source", "name": "source_name"})
        self.deals = (
            read(connection, "deal", ["id", "source", "record", "external"])
            .join(sources, on="source")
            .sort("external", "source_name", "record")
            .with_row_index("rank")
            .rename({"id": "deal"})
        )
        if source is not None:
            self.deals = self.deals.filter(pl.col("source_name") == source)
        if record is not None:
            self.deals = self.deals.filter(pl.col("record") == record)
        self.every = source is None and record is None
        pulls = read(connection, "pull", ["id", "source", "record", "recorded_at"]).rename({"id": "pull"})
        # What the first load brought of the past is taken as if it had been learned when it happened.
        self.pulls = pulls.with_columns(
            (pl.col("recorded_at") == pl.col("recorded_at").min().over("source", "record")).alias("first")
        ).select("pull", "first", "recorded_at")

    def one_namespace(self) -> None:
        """Raises WrongUsage where an id stands for several deals."""
        if self.deals["external"].n_unique() < self.deals.height:
            message = "Several sources, or leads and deals, have records of one id."
            raise WrongUsage(error(SEVERAL, message, suggestion="name the source, and deal or lead"))

    # ------------------------------------------------ events

    def events(self, as_of: datetime | None, known_at: datetime | None, fields: Sequence[str] | None) -> pl.DataFrame:
        """EVENTS, in order."""
        self.one_namespace()
        names = read(self.connection, "field", ["id", "name"])
        held = self._events(as_of, names, fields)
        if not held.height:
            return no_events()
        if known_at is not None:
            held = held.filter(pl.col("learned") <= micros(known_at))
        named = self._named(held, names)
        return named.select(
            pl.col("external").alias("deal"),
            pl.col("name").alias("field"),
            "value",
            pl.col("at").cast(MOMENT),
            "turn",
            "by",
            "channel",
            pl.col("origin").replace_strict([0, 1, 2], ORIGIN.categories, return_dtype=ORIGIN),
            pl.col("learned").cast(MOMENT).alias("recorded_at"),
            "backfilled",
        ).cast(pl.Schema(EVENTS))

    def _events(self, as_of: datetime | None, names: pl.DataFrame, fields: Sequence[str] | None) -> pl.DataFrame:
        """The rows of ``field_event``, each once, with ``learned`` and ``backfilled``."""
        of = table("field_event")
        where: list[sa.ColumnElement[bool]] = []
        if as_of is not None:
            where.append(sa.or_(of.c.at.is_(None), of.c.at <= micros(as_of)))
        if fields is not None:
            where.append(of.c.field.in_(names.filter(pl.col("name").is_in(list(fields)))["id"].to_list()))
        held = read(self.connection, "field_event", [*rows.EVENT, "again"], *where)
        if not self.every:
            held = held.filter(pl.col("deal").is_in(self.deals["deal"].implode()))
        held = held.join(self.pulls, on="pull", how="left", maintain_order="left")
        if (held["again"] == 1).any():
            held = once(rows.as_events(held, self.people)).rename({"rec": "recorded_at"})
        dated = (pl.col("origin") != _SEEN) & pl.col("at").is_not_null()
        return held.with_columns((pl.col("first") & dated).alias("backfilled")).with_columns(
            pl.when("backfilled").then(pl.min_horizontal("at", "recorded_at")).otherwise("recorded_at").alias("learned")
        )

    def _named(self, held: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
        """In order, with names for numbers."""
        ranked = names.sort("name").with_row_index("field_rank").rename({"id": "field"})
        deals = self.deals.select("deal", "rank", "external")
        joined = held.join(deals, on="deal", maintain_order="left").join(ranked, on="field", maintain_order="left")
        texts = self.people.texts(joined["person"])
        joined = joined.with_columns(
            pl.coalesce(texts, "value").alias("value"), self.people.texts(joined["by_person"]).alias("by")
        )
        numbers = ["rank", "field_rank", "at", "turn", "learned"]
        ordered = joined.sort(numbers, nulls_last=False)
        same = pl.all_horizontal([pl.col(name).eq_missing(pl.col(name).shift(1)) for name in numbers])
        if ordered.select(same.slice(1).any()).item():
            ordered = joined.sort([*numbers, "value"], nulls_last=False)
        return ordered

    # ------------------------------------------------ child records

    def children(self, as_of: datetime | None, known_at: datetime | None) -> dict[str, pl.DataFrame]:
        """By collection ``deal``, ``position`` and its fields, as ``Frames.children`` has them; as of the moment."""
        self.one_namespace()
        held = self.child_rows(as_of, known_at)
        last = held.group_by(PLACE, maintain_order=True).last().filter(pl.col("mark") != NOTHING)
        shapes = self._shapes(known_at)
        names = read(self.connection, "field", ["id", "name"])
        found: dict[str, pl.DataFrame] = {}
        for number, name in names.sort("name").iter_rows():
            if number in shapes:
                mine = last.filter(pl.col("field") == number).join(
                    self.deals.select("deal", "external", "rank"), on="deal"
                )
                mine = mine.sort("rank", "place")
                columns = records.read(mine["record"], shapes[number], self.people)
                place = mine.select(pl.col("external").alias("deal"), pl.col("place").alias("position"))
                found[name] = pl.concat([place, columns], how="horizontal") if columns.width else place
        return found

    def child_rows(self, as_of: datetime | None, known_at: datetime | None) -> pl.DataFrame:
        """The rows of ``child_version``, each once, in order."""
        of = table("child_version")
        where: list[sa.ColumnElement[bool]] = []
        if as_of is not None:
            where.append(of.c.at <= micros(as_of))
        if known_at is not None:
            where.append(of.c.recorded_at <= micros(known_at))
        held = read(self.connection, "child_version", rows.CHILD, *where, wide=True)
        if not self.every:
            held = held.filter(pl.col("deal").is_in(self.deals["deal"].implode()))
        return in_order(once(rows.as_children(held.join(self.pulls, on="pull", how="left"))))

    def _shapes(self, known_at: datetime | None) -> dict[int, list[records.Shape]]:
        """By collection the shapes it had, the last one last."""
        of, pull = table("child_shape"), table("pull")
        query = sa.select(of.c.field, of.c.columns).join(pull, pull.c.id == of.c.pull)
        if known_at is not None:
            query = query.where(pull.c.recorded_at <= micros(known_at))
        query = query.order_by(pull.c.seen_at, pull.c.recorded_at, of.c.columns)
        found: dict[int, list[records.Shape]] = {}
        for field, columns in self.connection.execute(query):
            found.setdefault(field, []).append(json.loads(columns))
        return found


def filled(connection: Connection, source: str, record: str, deals: Sequence[str]) -> pl.DataFrame:
    """``deal``, ``field``, ``last``, ``latest``: of some deals of a source, the fields that ever had a value, when they
    last got one, and when anything was last told or seen of them (null where nothing dates it). RECORD among them tells
    when the deal was last there; where ``latest`` is later, it is gone."""
    where, of, by, name = table("source"), table("deal"), table("field_event"), table("field")
    number = connection.execute(sa.select(where.c.id).where(where.c.name == source)).scalar()
    moments = [pl.col("last").cast(MOMENT), pl.col("latest").cast(MOMENT)]
    schema = {"deal": pl.String, "field": pl.String, "last": pl.Int64, "latest": pl.Int64}
    none = pl.DataFrame(schema=schema).with_columns(moments)
    if number is None:
        return none
    ids = known_deals(connection, number, record, pl.Series(deals, dtype=pl.String))["key"].to_list()
    if not ids:
        return none
    valued = sa.and_(
        sa.or_(by.c.value.is_not(None), by.c.person.is_not(None)), sa.or_(name.c.name != RECORD, by.c.value == THERE)
    )
    asked = (
        sa.select(of.c.external, name.c.name, sa.func.max(sa.case((valued, by.c.at))), sa.func.max(by.c.at))
        .join(by, by.c.deal == of.c.id)
        .join(name, name.c.id == by.c.field)
        .where(any_of(connection, by.c.deal, ids))
        .group_by(of.c.external, name.c.name)
        .having(sa.func.max(sa.case((valued, 1), else_=0)) == 1)
    )
    found = pl.DataFrame([tuple(row) for row in connection.execute(asked)], schema=schema, orient="row")
    return found.with_columns(moments)


def standing(connection: Connection, source: str, record: str, deals: Sequence[str] | None) -> pl.DataFrame:
    """``deal``, ``value``, ``last``: of some deals of a source (None: all), whether they are there, and since when."""
    where, of, by, name = table("source"), table("deal"), table("field_event"), table("field")
    schema = {"deal": pl.String, "value": pl.String, "last": pl.Int64, "turn": pl.Int64, "learned": pl.Int64}
    asked = (
        sa.select(of.c.external, by.c.value, by.c.at, by.c.turn, by.c.recorded_at)
        .join(by, by.c.deal == of.c.id)
        .join(name, name.c.id == by.c.field)
        .join(where, where.c.id == of.c.source)
        .where(name.c.name == RECORD, where.c.name == source, of.c.record == record)
    )
    if deals is not None:
        number = connection.execute(sa.select(where.c.id).where(where.c.name == source)).scalar()
        ids = pl.Series(deals, dtype=pl.String)
        keys = [] if number is None else known_deals(connection, number, record, ids)["key"].to_list()
        asked = asked.where(any_of(connection, by.c.deal, keys))
    rows = [tuple(row) for row in connection.execute(asked)]
    held = pl.DataFrame(rows, schema=schema, orient="row").sort("deal", "last", "turn", "learned", nulls_last=False)
    last = held.unique("deal", keep="last", maintain_order=True)
    return last.select("deal", "value", pl.col("last").cast(MOMENT))
