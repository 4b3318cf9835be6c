"""A call as one JSON object."""

from __future__ import annotations

from typing import Any

from ....model.call import Call
from ....model.values import plain as value
from ...calling import Called
from ..clean import dumps


def render(found: Called) -> str:
    """It with all that is known of it, and what it replaces."""
    replaces = plain(found.replaces) if found.replaces is not None else None
    return dumps({"period": found.period, **plain(found.call), "name": found.name, "replaces": replaces}, 1)


def plain(one: Call) -> dict[str, Any]:
    """A call as plain values."""
    return {
        "id": one.id, "first": one.first.isoformat(), "last": one.last.isoformat(), "layer": one.layer,
        "scope": one.scope, "owner": one.owner, "team": one.team, "deal": one.deal, "author": one.author,
        "reason": one.reason, "at": one.at.isoformat(), "recorded_at": one.recorded_at.isoformat(),
        "before": {"amount": value(one.before), "category": one.category_before},
        "after": {"amount": value(one.after), "category": one.category},
    }  # fmt: skip
