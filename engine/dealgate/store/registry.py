"""The small tables that others point to: sources, fields, deals, pulls and playbooks; each row written once."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .bulk import next_id, numbered, one_of, read, table, write
from .timeline import PullAt

_FEW = 20_000
"""Up to so many ids are asked for one by one; more are found by reading all."""
DEALS = ["id", "source", "record", "external"]


def source_of(connection: Connection, name: str) -> int:
    """The number of a source; a new one is written."""
    of = table("source")
    found = connection.execute(sa.select(of.c.id).where(of.c.name == name)).scalar()
    if found is not None:
        return int(found)
    number = next_id(connection, "source")
    connection.execute(sa.insert(of), {"id": number, "name": name})
    return number


def fields(connection: Connection, names: Iterable[str] = ()) -> dict[str, int]:
    """The number of every field and collection; ``names`` that are new are written."""
    of = table("field")
    held = {str(row.name): int(row.id) for row in connection.execute(sa.select(of.c.id, of.c.name))}
    fresh = sorted(set(names) - held.keys())
    if fresh:
        start = next_id(connection, "field")
        rows = [{"id": start + place, "name": name} for place, name in enumerate(fresh)]
        connection.execute(sa.insert(of), rows)
        held |= {str(row["name"]): int(str(row["id"])) for row in rows}
    return held


def deals_of(connection: Connection, source: int, record: str, ids: pl.Series) -> tuple[pl.DataFrame, int]:
    """``key`` and ``external`` of deals of a source, and how many of them are new and were written."""
    asked = pl.DataFrame({"external": ids.unique()}).sort("external")
    held = known_deals(connection, source, record, asked["external"])
    fresh = asked.join(held, on="external", how="anti")
    if fresh.height:
        columns = {"source": pl.lit(source, pl.Int64), "record": pl.lit(record)}
        rows = numbered(connection, "deal", fresh.with_columns(**columns))
        write(connection, "deal", rows)
        held = pl.concat([held, rows.select(pl.col("id").alias("key"), "external")])
    return held, fresh.height


def known_deals(connection: Connection, source: int, record: str, ids: pl.Series) -> pl.DataFrame:
    """``key`` and ``external`` of those deals of a source that are there."""
    of = table("deal")
    mine = (of.c.source == source, of.c.record == record)
    if len(ids) > _FEW:
        held = read(connection, "deal", ["id", "external"], *mine).rename({"id": "key"})
        return held.join(pl.DataFrame({"external": ids}), on="external", how="semi")
    asked = sa.select(of.c.id, of.c.external).where(*mine, one_of(connection, of.c.external, ids.to_list()))
    rows = [tuple(row) for row in connection.execute(asked)]
    return pl.DataFrame(rows, schema={"key": pl.Int64, "external": pl.String}, orient="row")


def playbook_of(connection: Connection, playbook: tuple[str, str] | None) -> tuple[str, bool]:
    """The digest of a playbook (empty: none), and whether it is new and was written."""
    if playbook is None:
        return "", False
    digest, canonical = playbook
    of = table("playbook_version")
    if connection.execute(sa.select(of.c.id).where(of.c.digest == digest)).scalar() is not None:
        return digest, False
    row = {"id": next_id(connection, "playbook_version"), "digest": digest, "canonical": canonical}
    connection.execute(sa.insert(of), row)
    return digest, True


def pull_of(
    connection: Connection, source: int, record: str, seen_at: int, recorded_at: int, playbook: str
) -> tuple[PullAt, bool]:
    """The pull, and whether it is new and was written."""
    of = table("pull")
    key = {"source": source, "record": record, "seen_at": seen_at, "recorded_at": recorded_at, "playbook": playbook}
    same = [of.c[name] == value for name, value in key.items()]
    found = connection.execute(sa.select(of.c.id).where(*same)).scalar()
    if found is not None:
        return PullAt(seen_at, recorded_at, int(found)), False
    number = next_id(connection, "pull")
    connection.execute(sa.insert(of), {"id": number, **key})
    return PullAt(seen_at, recorded_at, number), True


def pulls_of(connection: Connection, source: int, record: str) -> list[PullAt]:
    """All pulls of one kind of record of a source."""
    of = table("pull")
    query = sa.select(of.c.seen_at, of.c.recorded_at, of.c.id).where(of.c.source == source, of.c.record == record)
    return [PullAt(int(seen), int(rec), int(number)) for seen, rec, number in connection.execute(query)]


def twins(connection: Connection, pull: PullAt) -> list[int]:
    """The pulls that saw the same source at the same moment, and were learned before."""
    mine, other = table("pull").alias(), table("pull").alias()
    same = [mine.c[name] == other.c[name] for name in ("source", "record", "seen_at", "playbook")]
    query = sa.select(other.c.id).where(mine.c.id == pull.id, other.c.recorded_at < mine.c.recorded_at, *same)
    return [int(number) for number in connection.execute(query).scalars()]
