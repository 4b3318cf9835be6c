"""Which pairs of deal and field a pull saw, packed: what it saw and found unchanged has no row of its own."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .bulk import next_id, table

EVENTS, CHILDREN = "events", "children"


def add(connection: Connection, pull: int, kind: str, pairs: pl.DataFrame) -> bool:
    """Notes pairs (``deal``, ``field``) of a pull that are not noted yet; whether there were any."""
    fresh = pairs.select("deal", "field").unique().join(seen(connection, pull, kind), on=["deal", "field"], how="anti")
    if not fresh.height:
        return False
    row = {"id": next_id(connection, "pull_cover"), "pull": pull, "kind": kind, "pairs": _packed(fresh)}
    connection.execute(sa.insert(table("pull_cover")), row)
    return True


def seen(connection: Connection, pull: int, kind: str) -> pl.DataFrame:
    """The pairs that a pull saw."""
    of = table("pull_cover")
    rows = connection.execute(sa.select(of.c.pairs).where(of.c.pull == pull, of.c.kind == kind)).scalars()
    parts = [_unpacked(bytes(packed)) for packed in rows]
    return pl.concat(parts) if parts else pl.DataFrame(schema={"deal": pl.Int64, "field": pl.Int64})


def within(connection: Connection, pull: int, others: Sequence[int], kind: str) -> bool:
    """Whether others saw all that a pull saw."""
    theirs = pl.concat([seen(connection, other, kind) for other in others])
    return not seen(connection, pull, kind).join(theirs, on=["deal", "field"], how="anti").height


def _packed(pairs: pl.DataFrame) -> bytes:
    # Sorted, the deals of a field are steps of one, which press to almost nothing.
    ordered = pairs.sort("field", "deal").select(
        pl.col("field").cast(pl.Int64), pl.col("deal").diff().fill_null(pl.col("deal"))
    )
    target = BytesIO()
    ordered.write_ipc(target, compression="zstd")
    return target.getvalue()


def _unpacked(packed: bytes) -> pl.DataFrame:
    held = pl.read_ipc(BytesIO(packed))
    return held.select(pl.col("deal").cum_sum(), "field")
