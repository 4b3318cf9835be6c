"""A deal's past as one JSON object."""

from __future__ import annotations

from typing import Any

from ....decide.plain import plain_playbook
from ....history.story import Step
from ....model.values import plain
from ...past import Past
from ..clean import dumps


def render(steps: list[Step], ident: str, past: Past) -> str:
    """The deal, as of when, by what was known when, and every step."""
    history = past.history
    found = {
        "deal": ident,
        "as_of": history.as_of.isoformat(),
        "known_at": history.known_at.isoformat() if history.known_at else None,
        "playbook": plain_playbook(past.playbook),
        "reconstructed": history.reconstructed,
        "steps": [_step(step) for step in steps],
    }
    return dumps(found, 1)


def _step(step: Step) -> dict[str, Any]:
    return {
        "at": step.at.isoformat() if step.at else None,
        "kind": step.kind,
        "field": step.field.id if step.field else None,
        "before": plain(step.before),
        "after": plain(step.after),
        "by": step.by,
        "channel": step.channel,
        "origin": step.origin,
        "days": step.days,
        "back": step.back,
        "skipped": list(step.skipped),
    }
