"""Commitments as one JSON object."""

from __future__ import annotations

from typing import Any

from ....model.commitment import Commitment
from ...agreed import Agreed
from ..clean import dumps


def render(found: Agreed) -> str:
    """Each with all that is known of it."""
    commitments = [{**plain(one), "overdue": one.overdue(found.today)} for one in found.commitments]
    return dumps({"as_of": found.as_of.isoformat(), "commitments": commitments}, 1)


def plain(one: Commitment) -> dict[str, Any]:
    """A commitment as plain values."""
    return {
        "id": one.id, "who": one.who, "team": one.team, "deal": one.deal, "action": one.action,
        "theme": one.theme, "from": one.origin, "agreed": one.agreed.isoformat(), "due": one.due.isoformat(),
        "by": one.by, "state": one.state, "result": one.result,
        "ended": one.ended.isoformat() if one.ended is not None else None,
    }  # fmt: skip
