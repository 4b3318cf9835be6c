"""Histories that tests of metrics are about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

import dealgate
from dealgate.compile.events import EVENTS, RECORD, THERE, in_order
from dealgate.history import History, history_of
from dealgate.metrics import Asked, Measured, measure
from dealgate.model.process import Process

DAY_0 = datetime(2026, 1, 1, tzinfo=UTC)
ONE, TWO, THREE, FOUR, FIVE = "prospecting", "qualification", "needs-assessment", "proposal", "close"

Told = tuple[str, str, str | None, float]
"""deal, field, value, day."""


@cache
def process(name: str = "practical") -> Process:
    """A shipped process."""
    rules = Path(__file__).resolve().parents[2] / "rules" / "processes"
    return dealgate.load(rules / f"{name}.yaml").process


def day(number: float) -> datetime:
    """A day of a fixture as a moment."""
    return DAY_0 + timedelta(days=number)


def events(told: Iterable[Told]) -> pl.DataFrame:
    """EVENTS of what is told, in order."""
    rows = [
        {
            "deal": deal,
            "field": field,
            "value": value,
            "at": day(when),
            "turn": turn,
            "origin": "told",
            "recorded_at": day(when),
            "backfilled": False,
        }
        for turn, (deal, field, value, when) in enumerate(told)
    ]
    return in_order(pl.DataFrame(rows, schema=dict(EVENTS)))


def deal(name: str, path: str, **fields: str) -> list[Told]:
    """A deal's events: ``1@0 2@10 3@25 W40``: stage 1 on day 0 … won on day 40; L lost, C cancelled; fields from day 0."""
    stages = {"1": ONE, "2": TWO, "3": THREE, "4": FOUR, "5": FIVE}
    found: list[Told] = []
    closed = True
    for step in path.split():
        if step[0] in "WLC":
            status = {"W": "won", "L": "lost", "C": "cancelled"}[step[0]]
            found.append((name, "status", status, float(step[1:])))
            closed = True
            continue
        stage, _, when = step.partition("@")
        if not found:
            found.append((name, RECORD, THERE, float(when)))
            found += [(name, field.replace("__", "."), value, float(when)) for field, value in fields.items()]
        found.append((name, "stage", stages[stage], float(when)))
        if closed:
            found.append((name, "status", "open", float(when)))
            closed = False
    return found


def history(
    told: Iterable[Told],
    as_of: float = 100,
    children: Mapping[str, pl.DataFrame] | None = None,
    name: str = "practical",
) -> History:
    """The history of what is told, as of a day."""
    return history_of(events(told), process(name), day(as_of), children=children)


GOLDEN: Mapping[str, str] = {
    "D1": "1@0 2@10 3@25 W40",
    "D2": "1@0 2@5 L20",
    "D3": "1@0 3@12 W30",
    "D4": "1@0 2@8 1@15 2@22 L50",
    "D5": "1@0",
    "D6": "1@0 2@14",
    "D7": "1@0 L3",
    "D8": "1@0 2@9 3@20 L33 3@41 W55",
}
"""The deals of DOMAIN.md B. D5 was last watched on day 7 and D6 on day 45."""


def golden() -> History:
    """The deals of DOMAIN.md B as of day 55; each begins so that day 55 is when it was last watched, D5 and D6 too."""
    late = {"D5": 48.0, "D6": 10.0}
    told = [
        (name, field, value, when + late.get(name, 0.0))
        for ident, path in GOLDEN.items()
        for name, field, value, when in deal(ident, path)
    ]
    return history(told, as_of=55)


def measured(past: History, *metrics: str, by: Iterable[str] = (), **policies: Any) -> Measured:
    """Metrics with nothing withheld."""
    return measure(past, metrics or None, Asked(by=tuple(by), policies={"min_n": 0, **policies}))
