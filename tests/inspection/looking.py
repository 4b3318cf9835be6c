"""Looking at a few deals by the shipped rules, over a plain process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from dealgate import load
from dealgate.compile.frames import frames_of
from dealgate.decide.playbook import Playbook
from dealgate.documents.load import load_inspections
from dealgate.history import History, events_of, history_of, records_of
from dealgate.inspection.inspect import Inspected, inspect
from dealgate.inspection.learned import Learner
from dealgate.model.finding import Finding

PLAIN = Path(__file__).parent / "plain.yaml"
TODAY = date(2026, 11, 23)
"""A Monday."""
DROP = object()
"""Of a field or collection: it is left out."""

BASE: Mapping[str, Any] = {
    "id": "D-1",
    "name": "Contoso",
    "stage": "proposal",
    "status": "open",
    "amount": "20000.00",
    "created_at": "2026-09-01T09:00:00+00:00",
    "close_date": "2026-12-15",
    "next_step": "They send the contract",
    "next_step_on": "2026-11-25",
    "next_step_by": "buyer",
    "forecast_category": "best_case",
    "pain_statement": "Late invoices",
    "impact_amount": "1000.00",
    "owner.name": "Rita Lind",
    "owner.team": "North",
    "account.id": "A-1",
    "account.status": "prospect",
    "visits": [
        {"stage": "discover", "entered": "2026-09-01T09:00:00+00:00", "left": "2026-09-20T09:00:00+00:00"},
        {"stage": "needs", "entered": "2026-09-20T09:00:00+00:00", "left": "2026-10-10T09:00:00+00:00"},
        {"stage": "trial", "entered": "2026-10-10T09:00:00+00:00", "left": "2026-11-10T09:00:00+00:00"},
        {"stage": "proposal", "entered": "2026-11-10T09:00:00+00:00"},
    ],
    "changes": [],
    "contacts": [
        {"name": "Ann", "role": "decision_owner", "two_way": True},
        {"name": "Bob", "role": "user", "two_way": True},
    ],
    "activities": [{"type": "meeting", "at": "2026-11-20T09:00:00+00:00", "two_way": True, "held": True}],
    "evidence": [],
    "overrides": [],
    "plan_steps": [],
}


def deal(**more: Any) -> dict[str, Any]:
    """The usual deal, which no rule minds, but for this; ``DROP`` leaves out, and `__` in a name is a dot."""
    changed = {key.replace("__", "."): value for key, value in more.items()}
    return {key: value for key, value in {**BASE, **changed}.items() if value is not DROP}


def past(records: Iterable[Mapping[str, Any]], as_of: date = TODAY) -> tuple[Playbook, History]:
    """The history of some records, as of the end of a day."""
    playbook = load(PLAIN)
    moment = datetime(as_of.year, as_of.month, as_of.day, 23, 59, tzinfo=UTC)
    frames = frames_of([playbook.deal(record) for record in records], playbook.process)
    events = events_of(frames, playbook.process, moment).with_columns(backfilled=pl.col("origin") != "seen")
    return playbook, history_of(events, playbook.process, moment, children=records_of(frames))


def look(*records: Mapping[str, Any], as_of: date = TODAY) -> Inspected:
    """What the shipped rules find."""
    playbook, history = past(records, as_of)
    loaded = load_inspections(
        playbook.process, ["hygiene", "risk", "forecast", "habits", "reviews"], learn=Learner(history)
    )
    inspections = [one.inspection for one in loaded if one.inspection is not None]
    assert len(inspections) == 5, [str(d) for one in loaded for d in one.diagnostics]
    return inspect(playbook, history, inspections)


def answer(found: Inspected, rule: str) -> str:
    """Whether a rule ``fires`` on anything, is ``unknown`` of anything, is ``clear``, or does not ``apply``."""
    tally = found.tallies[rule]
    return "fires" if tally.fired else "unknown" if tally.unknown else "clear" if tally.clear else "apply"


def the(found: Inspected, rule: str) -> Finding:
    """The one finding of a rule."""
    (one,) = [finding for finding in found.findings if finding.rule == rule]
    return one
