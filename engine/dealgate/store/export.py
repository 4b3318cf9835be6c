"""The store as canonical JSON lines: the same content is the same bytes, in whatever order it came in.

What the order of arrival does leave traces in is not content: numbers, the audit chain, rows that became needless.
Persons stand in it by name, so the files are as personal as the source.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy.engine import Connection

from dealgate.compile.frames import MOMENT
from dealgate.model.call import Call, Frozen
from dealgate.model.commitment import Commitment
from dealgate.model.override import OverrideRequest, Step
from dealgate.model.struct import Struct
from dealgate.model.values import Money

from . import records, rows
from .bulk import read
from .calls import Calls
from .commitments import Commitments
from .overrides import Overrides
from .reading import Reading
from .timeline import NOTHING, in_order, needed, once

_MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"
_OVERRIDE = (
    "id at what source record deal criterion playbook digest reason text requester owner until by expires why"
    " recorded_at"
).split()


def export(connection: Connection, folder: Path) -> list[Path]:
    """Writes ``deals``, ``events``, ``children``, ``overrides``, ``commitments``, ``calls``, ``frozen``, ``pulls`` and
    ``playbooks`` as ``.jsonl``."""
    view = Reading(connection)
    names = read(connection, "field", ["id", "name"])
    sources = read(connection, "source", ["id", "name"]).rename({"id": "source", "name": "source_name"})
    pulls = read(connection, "pull", ["source", "record", "seen_at", "recorded_at", "playbook"]).join(
        sources, on="source"
    )
    # What was seen at a moment may be learned again; when it was learned first is what counts.
    pulls = pulls.group_by("source_name", "record", "seen_at", "playbook").agg(pl.col("recorded_at").min())
    tables = {
        "children": _children(view, names),
        "deals": view.deals.select(pl.col("source_name").alias("source"), "record", pl.col("external").alias("id")),
        "events": _events(view, names),
        "playbooks": read(connection, "playbook_version", ["digest", "canonical"]),
        "overrides": _overrides(connection),
        "commitments": _commitments(connection),
        "calls": _plain(Call, Calls(connection).all()),
        "frozen": _plain(Frozen, Calls(connection).frozen()),
        "pulls": pulls.select(
            pl.col("source_name").alias("source"), "record", _iso("seen_at"), _iso("recorded_at"), "playbook"
        ),
    }
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, frame in tables.items():
        file = folder / f"{name}.jsonl"
        ordered = frame.sort(frame.columns, nulls_last=False)
        ordered.select(sorted(frame.columns)).write_ndjson(file)
        files.append(file)
    return files


def _events(view: Reading, names: pl.DataFrame) -> pl.DataFrame:
    held = view._events(None, names, None)
    told = rows.as_events(held.select(*rows.EVENT, "recorded_at", "backfilled", "learned"), view.people)
    kept = needed(in_order(once(told)))
    kept = kept.with_columns(view.people.texts(kept["by_person"]).alias("by"))
    return _named(kept, view, names).select(
        "source",
        "record",
        "id",
        pl.col("name").alias("field"),
        _iso("at"),
        "turn",
        _iso("learned").alias("recorded_at"),
        pl.col("text").alias("value"),
        "by",
        "channel",
        pl.col("origin").replace_strict({0: "told", 1: "dated", 2: "seen"}, return_dtype=pl.String),
        "backfilled",
    )


def _children(view: Reading, names: pl.DataFrame) -> pl.DataFrame:
    kept = needed(view.child_rows(None, None), NOTHING)
    texts = records.resolved(kept["record"], view.people)
    return _named(kept.drop("record").with_columns(texts.alias("text")), view, names).select(
        "source",
        "record",
        "id",
        pl.col("name").alias("collection"),
        pl.col("place").alias("position"),
        _iso("at").alias("seen_at"),
        _iso("rec").alias("recorded_at"),
        pl.col("text").alias("content"),
    )


def _overrides(connection: Connection) -> pl.DataFrame:
    rows = []
    for one in Overrides(connection).all():
        row: dict[str, Any] = {
            "id": one.id, "source": one.source, "record": one.record, "deal": one.deal, "criterion": one.criterion,
            "playbook": one.playbook, "digest": one.digest, "reason": one.reason, "text": one.text,
            "requester": one.requester, "owner": one.owner, "until": one.until and one.until.isoformat(),
        }  # fmt: skip
        rows.append(row | _moments(one) | {"what": "requested"})
        for step in one.steps:
            expires = step.expires and step.expires.isoformat()
            decided = {"id": one.id, "what": step.what, "by": step.by, "expires": expires, "why": step.why}
            rows.append(decided | _moments(step))
    return pl.DataFrame(rows, schema=dict.fromkeys(_OVERRIDE, pl.String))


def _commitments(connection: Connection) -> pl.DataFrame:
    return _plain(Commitment, Commitments(connection).all())


def _plain(kind: type[Struct], found: Iterable[Struct]) -> pl.DataFrame:
    """Values of a class, a column of text an attribute."""
    names = dict.fromkeys(kind._names, pl.String)
    return pl.DataFrame([{name: _text(getattr(one, name)) for name in names} for one in found], schema=names)


def _text(value: str | int | Money | date | None) -> str | None:
    if isinstance(value, Money):
        return f"{value.major:f} {value.currency}"
    if isinstance(value, datetime):
        return f"{value:{_MOMENT}}"
    return value.isoformat() if isinstance(value, date) else value if value is None else str(value)


def _moments(made: OverrideRequest | Step) -> dict[str, str]:
    return {name: f"{getattr(made, name):{_MOMENT}}" for name in ("at", "recorded_at")}


def _named(kept: pl.DataFrame, view: Reading, names: pl.DataFrame) -> pl.DataFrame:
    deals = view.deals.select("deal", pl.col("source_name").alias("source"), "record", pl.col("external").alias("id"))
    return kept.join(deals, on="deal").join(names.rename({"id": "field"}), on="field")


def _iso(column: str) -> pl.Expr:
    return pl.col(column).cast(MOMENT).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").alias(column)
