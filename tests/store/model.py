"""What the store must answer, worked out the long way: every row that was ever given is kept and looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import polars as pl

import dealgate
from dealgate.compile.events import EVENTS, reduced
from dealgate.model.override import OverrideRequest, Step
from dealgate.model.process import Process
from dealgate.store import Ingested, Store
from dealgate.store.results import SEEN_TURN

START = datetime(2024, 1, 1, tzinfo=UTC)


@cache
def process() -> Process:
    return dealgate.load("practical").process


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def events(rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    usual = {
        "value": None,
        "at": None,
        "turn": 0,
        "by": None,
        "channel": None,
        "recorded_at": None,
        "backfilled": False,
    }
    return pl.DataFrame([usual | row for row in rows], schema=EVENTS)


def told(deal: str, name: str, value: str | None, at: int | None, turn: int = 0, **more: Any) -> dict[str, Any]:
    moment = None if at is None else day(at)
    return {"deal": deal, "field": name, "value": value, "at": moment, "turn": turn, "origin": "told", **more}


def seen(deal: str, name: str, value: str | None) -> dict[str, Any]:
    return {"deal": deal, "field": name, "value": value, "origin": "seen"}


@dataclass(frozen=True)
class Pull:
    """What one reading of a source brought; moments in days."""

    seen_at: int
    recorded_at: int
    rows: tuple[dict[str, Any], ...] = ()
    contacts: dict[str, list[dict[str, Any]]] | None = None
    source: str = "crm"
    playbook: tuple[str, str] | None = field(default=None)

    def parts(self) -> list[Pull]:
        """The same pull in two."""
        half = len(self.rows) // 2
        first = Pull(self.seen_at, self.recorded_at, self.rows[:half], None, self.source)
        return [first, Pull(self.seen_at, self.recorded_at, self.rows[half:], self.contacts, self.source)]


def children_of(pull: Pull) -> dict[str, pl.DataFrame]:
    if pull.contacts is None:
        return {}
    flat = [
        {"deal": deal, "position": place, **one}
        for deal, many in pull.contacts.items()
        for place, one in enumerate(many)
    ]
    schema = {"deal": pl.String, "position": pl.Int64, "name": pl.String, "engaged": pl.Boolean}
    return {"contacts": pl.DataFrame(flat, schema=schema)}


def ingest(store: Store, pull: Pull) -> Ingested:
    return store.ingest(
        pull.source,
        process(),
        events(pull.rows),
        children_of(pull),
        seen_at=day(pull.seen_at),
        recorded_at=day(pull.recorded_at),
        playbook=pull.playbook,
    )


def asked(deal: str, at: int, criterion: str = "qualification.need-stated", **more: Any) -> OverrideRequest:
    """A request for an override on a deal of ``crm``, made and entered on a day."""
    usual: dict[str, Any] = {
        "id": "", "source": "crm", "record": "deal", "deal": deal, "criterion": criterion,
        "playbook": "practical@1.0.0", "digest": "sha256:1", "reason": "executive-request", "text": "The board asks.",
        "requester": "Rita Lind", "owner": "Rita Lind", "at": day(at), "recorded_at": day(at),
    }  # fmt: skip
    return OverrideRequest(**usual | more)


def decided(what: str, at: int, by: str = "Max Berg", **more: Any) -> Step:
    """A decision, made and entered on a day; an approval holds for two weeks."""
    usual: dict[str, Any] = {"what": what, "by": by, "at": day(at), "recorded_at": day(at)}
    usual |= {"expires": day(at + 14).date()} if what == "approved" else {"why": "It is met by now."}
    return Step(**usual | more)


def full_log(pulls: Sequence[Pull]) -> pl.DataFrame:
    """Every row that was told or seen, each once, as EVENTS; unreduced."""
    first = min((pull.recorded_at for pull in pulls), default=0)
    found: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for pull in pulls:
        rows = list(pull.rows)
        looked: dict[tuple[str, str], dict[str, Any]] = {}
        for row in rows:
            if row["origin"] == "seen":
                key = (row["deal"], row["field"])
                before = looked.get(key)
                if before is None or (row["value"] or "") >= (before["value"] or ""):
                    looked[key] = row
        for row in [row for row in rows if row["origin"] != "seen"] + list(looked.values()):
            is_seen = row["origin"] == "seen"
            at = day(pull.seen_at) if is_seen else row["at"]
            turn = SEEN_TURN if is_seen else row["turn"]
            same = (row["deal"], row["field"], at, turn, row["value"])
            told_by = (pull.recorded_at, row["origin"], row.get("channel") or "", row.get("by") or "")
            if same not in found or told_by < found[same]:
                found[same] = told_by
    rows = []
    for (deal, name, at, turn, value), (recorded, origin, channel, by) in found.items():
        learned, backfilled = day(recorded), False
        if recorded == first and origin != "seen" and at is not None:
            learned, backfilled = min(at, learned), True
        rows.append(
            {
                "deal": deal,
                "field": name,
                "value": value,
                "at": at,
                "turn": turn,
                "by": by or None,
                "channel": channel or None,
                "origin": origin,
                "recorded_at": learned,
                "backfilled": backfilled,
            }
        )
    return events(rows).sort("value", nulls_last=False)


def known(log: pl.DataFrame, known_at: datetime | None) -> pl.DataFrame:
    """The answer the long way."""
    return reduced(log if known_at is None else log.filter(pl.col("recorded_at") <= known_at))
