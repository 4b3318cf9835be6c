"""Overrides as JSON (``schemas/output/override.schema.json``, ``override-list`` and ``override-outcomes``)."""

from __future__ import annotations

from typing import Any

from ....decide.plain import plain_playbook
from ....metrics.figure import Figure
from ....metrics.overridden import Became, Outcomes
from ...overriding import Listed, Shown
from ...past import Past
from ..clean import dumps


def one(found: Shown) -> str:
    """One override."""
    return dumps(_override(found), 1)


def listed(found: Listed) -> str:
    """As of when, by what was known when, and each."""
    known_at = found.known_at.isoformat() if found.known_at is not None else None
    shown = [_override(item) for item in found.shown]
    return dumps({"as_of": found.as_of.isoformat(), "known_at": known_at, "overrides": shown}, 1)


def _override(found: Shown) -> dict[str, Any]:
    request = found.request
    return {
        "id": request.id,
        "state": found.state,
        "until": found.until.isoformat() if found.until is not None else None,
        "source": request.source,
        "record": request.record,
        "deal": request.deal,
        "name": found.name,
        "criterion": request.criterion,
        "playbook": request.playbook,
        "digest": request.digest,
        "reason": request.reason,
        "text": request.text,
        "requester": request.requester,
        "owner": request.owner or None,
        "at": request.at.isoformat(),
        "recorded_at": request.recorded_at.isoformat(),
        "steps": [
            {
                "what": step.what, "by": step.by, "at": step.at.isoformat(),
                "recorded_at": step.recorded_at.isoformat(),
                "expires": step.expires.isoformat() if step.expires is not None else None, "why": step.why or None,
            }
            for step in request.steps
        ],
    }  # fmt: skip


def outcomes(found: Outcomes, past: Past) -> str:
    """By stage the overridden deals and the others."""
    history = past.history
    stages = [
        {"stage": one.stage, "overridden": _became(one.overridden), "others": _became(one.others)}
        for one in found.stages
    ]
    made = {
        "as_of": history.as_of.isoformat(),
        "known_at": history.known_at.isoformat() if history.known_at is not None else None,
        "playbook": plain_playbook(past.playbook),
        "stages": stages,
        "gone": found.gone,
    }
    return dumps(made, 1)


def _became(found: Became) -> dict[str, Any]:
    return {
        "deals": found.deals, "open": found.open, "won": found.won, "lost": found.lost,
        "cancelled": found.cancelled, "win_rate": _rate(found.win_rate),
    }  # fmt: skip


def _rate(rate: Figure) -> dict[str, Any]:
    return {
        "value": None if rate.value is None else float(rate.value),
        "n": rate.n,
        "low": None if rate.low is None else float(rate.low),
        "high": None if rate.high is None else float(rate.high),
        "reason": rate.reason,
    }
