"""The figures as one JSON object (``schemas/output/check-summary.schema.json``)."""

from __future__ import annotations

from pathlib import Path

from ....decide.plain import plain_playbook
from ....decide.pushed import Pushed
from ....model.verdict import State
from ..clean import dumps
from ..write import put


def render(report: Pushed, out: Path | None, limit: int) -> None:
    """Writes the figures."""
    stages = [
        {"stage": s.stage.id, "open": s.open, **{state.value: s.states.get(state, 0) for state in State}}
        for s in report.stages
    ]
    found = {
        "as_of": report.as_of.isoformat(),
        "playbook": plain_playbook(report.playbook),
        "engine": report.engine,
        "into": report.into,
        "summary": dict(report.summary),
        "stages": stages,
        "criteria": [{"id": c.criterion, **{s.value: n for s, n in c.statuses.items()}} for c in report.criteria],
        "cannot": [{"id": name, "why": why} for name, why in report.cannot],
    }
    put(dumps(found), out)
