"""Taking in what a source told and showed: one transaction, of which all is kept or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dealgate.compile.events import EVENTS, SYNCED
from dealgate.model.process import Process

from . import audit, cover, records, registry, rows
from .bulk import next_id, table
from .people import People, is_personal
from .results import SEEN_TURN, Ingested
from .timeline import NOTHING, PLACE, PullAt, additions

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ORIGIN = {"told": 0, "dated": 1, "seen": 2}


def micros(moment: datetime) -> int:
    """Microseconds since 1970. Raises ValueError for a moment without a zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its zone")
    return (moment - _EPOCH) // timedelta(microseconds=1)


class Ingest:
    """One ingest, inside a transaction of the only writer."""

    def __init__(
        self, connection: Connection, source: str, process: Process, seen_at: datetime, recorded_at: datetime
    ) -> None:
        self.connection, self.source, self.process = connection, source, process
        self.seen_at, self.recorded_at = micros(seen_at), micros(recorded_at)
        self.people = People(connection)
        self.first_new: int | None = None
        self.void = False
        """Whether all was known of a pull that saw at the same moment, so that nothing of this one is worth keeping."""

    def run(
        self, events: pl.DataFrame, children: Mapping[str, pl.DataFrame], playbook: tuple[str, str] | None
    ) -> Ingested:
        """Writes what is new."""
        connection, record = self.connection, self.process.record
        events = events.select(pl.col(name).cast(kind) for name, kind in EVENTS.items())
        source = registry.source_of(connection, self.source)
        digest, new_playbook = registry.playbook_of(connection, playbook)
        pull, new_pull = registry.pull_of(connection, source, record, self.seen_at, self.recorded_at, digest)
        # The pull itself may be among the others: it may come in parts.
        others = [one for one in registry.pulls_of(connection, source, record) if not (new_pull and one.id == pull.id)]
        ids = pl.concat([events["deal"], *(frame["deal"].cast(pl.String) for frame in children.values())])
        keys, new_deals = registry.deals_of(connection, source, record, ids)
        names = registry.fields(connection, {*events["field"].unique().to_list(), *children})
        told = _keyed(events, keys, names)
        if new_deals:  # the last numbers
            self.first_new = int(keys["key"].max()) - new_deals + 1  # type: ignore[arg-type]
        only_new = new_deals == keys.height
        new_events, noted = self._events(told, keys, names, pull, others, only_new)
        new_children, noted_too, given = self._children(told, children, keys, names, pull, others, only_new)
        mine = (
            new_events.filter(pl.col("pull") == pull.id).height + new_children.filter(pl.col("pull") == pull.id).height
        )
        done = Ingested(
            keys.height,
            new_deals,
            new_events.height,
            new_children.height,
            max(0, events.height + given - mine),
            self._changed(new_events, new_children),
        )
        news = bool(new_playbook or new_deals or done.new_events or done.new_children)
        if new_pull and not news:
            twins = registry.twins(connection, pull)
            self.void = bool(twins) and all(
                cover.within(connection, pull.id, twins, kind) for kind in (cover.EVENTS, cover.CHILDREN)
            )
        if new_pull or news or noted or noted_too:
            self._note(done, digest)
        return done

    def _changed(self, *added: pl.DataFrame) -> int:
        """Of the deals that were there, how many have something new."""
        deals = pl.concat([frame["deal"].cast(pl.Int64) for frame in added if "deal" in frame.columns])
        return deals.filter(deals < self.first_new).n_unique() if self.first_new is not None else deals.n_unique()

    def _note(self, done: Ingested, digest: str) -> None:
        payload: dict[str, Any] = {
            "source": self.source,
            "record": self.process.record,
            "seen_at": self.seen_at,
            "recorded_at": self.recorded_at,
            "playbook": digest,
            "deals": done.deals,
            "new_deals": done.new_deals,
            "new_events": done.new_events,
            "new_children": done.new_children,
        }
        audit.append(self.connection, self.recorded_at, "store", "ingest", payload)

    # ------------------------------------------------ events

    def _events(
        self,
        told: pl.DataFrame,
        keys: pl.DataFrame,
        names: Mapping[str, int],
        pull: PullAt,
        others: list[PullAt],
        only_new: bool,
    ) -> tuple[pl.DataFrame, bool]:
        if not told.height:
            return told.clear().with_columns(pl.lit(0, pl.Int64).alias("pull")), False
        given = self._rows(told, names, pull)
        held = given.clear() if only_new else rows.held_events(self.connection, keys["key"], self.people)
        given = given.select(held.columns)
        seen = given.filter(pl.col("origin") == _ORIGIN["seen"])
        facts = given.filter(pl.col("origin") != _ORIGIN["seen"])
        added = additions(held, facts, seen, pull, others, self._saw(cover.EVENTS), None, self.first_new)
        added = rows.with_persons(added, self.people)
        rows.write_rows(self.connection, "field_event", added)
        return added, cover.add(self.connection, pull.id, cover.EVENTS, seen)

    def _rows(self, told: pl.DataFrame, names: Mapping[str, int], pull: PullAt) -> pl.DataFrame:
        catalogue = self.process.catalogue.deal
        personal = [
            number
            for name, number in names.items()
            if name in catalogue and is_personal("deal", name, catalogue[name].type)
        ]
        seen = pl.col("origin") == "seen"
        clean = [pl.col(name).str.replace_all("\0", "\ufffd", literal=True) for name in ("value", "by", "channel")]
        made = told.select(
            "deal",
            "field",
            *clean,
            pl.when(seen).then(pl.lit(pull.seen_at, pl.Int64)).otherwise(pl.col("at").cast(pl.Int64)).alias("at"),
            pl.when(seen).then(pl.lit(SEEN_TURN, pl.Int64)).otherwise(pl.col("turn").fill_null(0)).alias("turn"),
            pl.col("origin").cast(pl.String).replace_strict(_ORIGIN, return_dtype=pl.Int64),
            pl.lit(pull.rec, pl.Int64).alias("recorded_at"),
            pl.lit(pull.id, pl.Int64).alias("pull"),
        )
        return rows.told_events(made, made["field"].is_in(personal))

    def _saw(self, kind: str) -> Callable[[int], pl.DataFrame]:
        return lambda number: cover.seen(self.connection, number, kind)

    # ------------------------------------------------ child records

    def _children(
        self,
        told: pl.DataFrame,
        children: Mapping[str, pl.DataFrame],
        keys: pl.DataFrame,
        names: Mapping[str, int],
        pull: PullAt,
        others: list[PullAt],
        only_new: bool,
    ) -> tuple[pl.DataFrame, bool, int]:
        """The rows written, whether anything was noted, and how many records were given."""
        parts, covered = [], []
        for name in sorted(children):
            frame = children[name].with_columns(pl.col("deal").cast(pl.String))
            parts.append(self._records(name, frame, keys, names[name], pull))
            read = _read(told, names.get(f"@{name}"), keys, parts[-1]["deal"])
            covered.append(
                pl.DataFrame({"deal": read.unique()}).with_columns(pl.lit(names[name], pl.Int64).alias("field"))
            )
        if not parts:
            return pl.DataFrame(schema={"pull": pl.Int64}), False, 0
        given = rows.as_children(pl.concat(parts))
        pairs = pl.concat(covered)
        held = given.clear() if only_new else rows.held_children(self.connection, keys["key"]).select(given.columns)
        gone = (
            held.join(pairs, on=["deal", "field"], how="semi")
            .unique(PLACE)
            .join(given, on=PLACE, how="anti")
            .with_columns(
                pl.lit(None, pl.String).alias("record"),
                pl.lit(None, pl.String).alias("text"),
                pl.lit(NOTHING).alias("mark"),
                pl.lit(pull.seen_at, pl.Int64).alias("at"),
                pl.lit(pull.rec, pl.Int64).alias("rec"),
                pl.lit(pull.id, pl.Int64).alias("pull"),
            )
        )
        seen = pl.concat([given, gone])
        added = additions(held, held.clear(), seen, pull, others, self._saw(cover.CHILDREN), NOTHING, self.first_new)
        rows.write_rows(self.connection, "child_version", added)
        return added, cover.add(self.connection, pull.id, cover.CHILDREN, pairs), given.height

    def _records(self, name: str, frame: pl.DataFrame, keys: pl.DataFrame, number: int, pull: PullAt) -> pl.DataFrame:
        collection = self.process.catalogue.collections.get(name)
        fields = collection.fields if collection else {}
        texts, shape = records.written(name, frame, fields, self.process.currency, self.people)
        self._shape(records.as_text(shape), number, pull)
        keyed = frame.select(pl.col("deal").alias("external"), pl.col("position").cast(pl.Int64).alias("place"))
        joined = keyed.with_columns(texts.alias("record")).join(keys, on="external", maintain_order="left")
        return joined.select(
            pl.col("key").alias("deal"),
            pl.lit(number, pl.Int64).alias("field"),
            "place",
            "record",
            pl.lit(pull.seen_at, pl.Int64).alias("at"),
            pl.lit(pull.rec, pl.Int64).alias("recorded_at"),
            pl.lit(pull.id, pl.Int64).alias("pull"),
        )

    def _shape(self, text: str, number: int, pull: PullAt) -> None:
        of = table("child_shape")
        same = sa.select(of.c.id).where(of.c.pull == pull.id, of.c.field == number, of.c.columns == text)
        if self.connection.execute(same).first() is None:
            row = {"id": next_id(self.connection, "child_shape"), "pull": pull.id, "field": number, "columns": text}
            self.connection.execute(sa.insert(of), row)


def _keyed(events: pl.DataFrame, keys: pl.DataFrame, names: Mapping[str, int]) -> pl.DataFrame:
    """Events with numbers for deals and fields."""
    numbers = pl.DataFrame(
        {"name": list(names), "number": list(names.values())}, schema={"name": pl.String, "number": pl.Int64}
    )
    return (
        events.join(keys, left_on="deal", right_on="external", maintain_order="left")
        .join(numbers, left_on="field", right_on="name", maintain_order="left")
        .with_columns(pl.col("key").alias("deal"), pl.col("number").alias("field"))
        .drop("key", "number")
    )


def _read(told: pl.DataFrame, mark: int | None, keys: pl.DataFrame, with_records: pl.Series) -> pl.Series:
    """The deals of which a collection was read: those that an event says so of; where none does, all of the pull."""
    if mark is not None:
        said = told.filter((pl.col("field") == mark) & (pl.col("value") == SYNCED))["deal"]
        if len(said):
            return pl.concat([said, with_records])
    return keys["key"]
