"""Histories of a few deals, and snapshots of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import polars as pl

import dealgate
from dealgate.compile.frames import frames_of
from dealgate.decide.playbook import Playbook
from dealgate.forecast.snapshot import Snapshot
from dealgate.history import History, events_of, history_of, records_of
from dealgate.metrics.standing import Period
from dealgate.model.calendar import Rates

TODAY = date(2026, 11, 23)
Q4 = Period(date(2026, 10, 1), date(2026, 12, 31))


def history(records: Iterable[Mapping[str, Any]], as_of: date = TODAY, playbook: Playbook | None = None) -> History:
    """What some records tell, loaded as it stood at the end of a day."""
    book = playbook or dealgate.load("practical")
    frames = frames_of([book.deal(record) for record in records], book.process)
    seen = datetime.combine(as_of, time(23, 59), UTC)
    events = events_of(frames, book.process, seen).with_columns(backfilled=pl.col("origin") != "seen")
    return history_of(events, book.process, seen, children=records_of(frames))


def snapshot(
    *records: Mapping[str, Any], period: Period | None = Q4, as_of: date = TODAY, basis: str = "amount",
    rates: Rates | None = None, playbook: Playbook | None = None,
) -> Snapshot:  # fmt: skip
    """A snapshot of some records."""
    book = playbook or dealgate.load("practical")
    return Snapshot(book, history(records, as_of, book), period, rates, basis)


def deal(number: int, **more: Any) -> dict[str, Any]:
    """An open deal in the proposal stage, to close in Q4; ``__`` in a name is a dot."""
    made: dict[str, Any] = {
        "id": f"D-{number}",
        "name": f"Deal {number}",
        "stage": "proposal",
        "status": "open",
        "amount": "1000.00",
        "created_at": "2026-09-01T09:00:00+00:00",
        "close_date": "2026-12-15",
        "owner.name": "Rita Lind",
        "owner.team": "North",
        "visits": [{"stage": "proposal", "entered": "2026-09-01T09:00:00+00:00"}],
        "changes": [],
    }
    return {**made, **{key.replace("__", "."): value for key, value in more.items()}}


def ended(number: int, status: str, on: date, **more: Any) -> dict[str, Any]:
    """A deal that closed on a day, 30 days after it began."""
    begun = date.fromordinal(on.toordinal() - 30)
    visit = {"stage": "proposal", "entered": f"{begun}T09:00:00+00:00", "left": f"{on}T09:00:00+00:00"}
    return deal(
        number, status=status, created_at=f"{begun}T08:00:00+00:00", closed_on=on.isoformat(), visits=[visit],
        close_date=on.isoformat(), **more,
    )  # fmt: skip
