"""The eight deals that the field's definitions are computed on by hand, as events: stages 1 to 3, days from 0."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import polars as pl

import dealgate
from dealgate.compile.events import EVENTS, RECORD, THERE
from dealgate.model.process import Process

START = datetime(2026, 1, 1, tzinfo=UTC)
STAGES = {1: "qualification", 2: "needs-assessment", 3: "proposal"}
"""The fixture's stages as those of the practical process."""

# (stage or status, day)
DEALS: dict[str, tuple[tuple[int | str, int], ...]] = {
    "D1": ((1, 0), (2, 10), (3, 25), ("won", 40)),
    "D2": ((1, 0), (2, 5), ("lost", 20)),
    "D3": ((1, 0), (3, 12), ("won", 30)),
    "D4": ((1, 0), (2, 8), (1, 15), (2, 22), ("lost", 50)),
    "D5": ((1, 0),),
    "D6": ((1, 0), (2, 14)),
    "D7": ((1, 0), ("lost", 3)),
    "D8": ((1, 0), (2, 9), (3, 20), ("lost", 33), ("open", 41), (3, 41), ("won", 55)),
}
CENSORED = {"D5": 7, "D6": 45}
"""The day on which a deal that is still open was looked at last."""


@cache
def process() -> Process:
    """The practical process."""
    return dealgate.load("practical").process


def on(day: float) -> datetime:
    return START + timedelta(days=day)


def event(deal: str, field: str, value: str | None, at: datetime | None, **more: Any) -> dict[str, Any]:
    """An event that was told as it happened."""
    made = {"deal": deal, "field": field, "value": value, "at": at, "turn": 0, "by": None, "channel": None}
    return {**made, "origin": "told", "recorded_at": at or START, "backfilled": False, **more}


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=EVENTS)


def deal_events(deal: str, steps: tuple[tuple[int | str, int], ...]) -> list[dict[str, Any]]:
    rows = [event(deal, RECORD, THERE, on(steps[0][1])), event(deal, "status", "open", on(steps[0][1]))]
    for turn, (what, day) in enumerate(steps):
        if isinstance(what, int):
            rows.append(event(deal, "stage", STAGES[what], on(day), turn=turn))
        else:
            rows.append(event(deal, "status", what, on(day), turn=turn))
    return rows


def golden_events(*names: str) -> pl.DataFrame:
    """The events of all deals, or of those named."""
    return frame([row for name in names or DEALS for row in deal_events(name, DEALS[name])])
