"""What was frozen as one JSON object."""

from __future__ import annotations

from typing import Any

from ....model.call import Frozen
from ....model.values import Money
from ...calling import Froze
from ..clean import dumps


def render(found: Froze) -> str:
    """Every forecast that is frozen at this moment of the period, and how many of them are new."""
    of = found.freezing
    head = {
        "period": of.name, "first": of.period.first.isoformat(), "last": of.period.last.isoformat(),
        "moment": of.moment, "fresh": found.fresh,
    }  # fmt: skip
    return dumps({**head, "frozen": [plain(one) for one in found.frozen]}, 1)


def plain(one: Frozen) -> dict[str, Any]:
    """A frozen forecast as plain values."""

    def amount(minor: int | None) -> dict[str, str] | None:
        return Money(minor, one.currency).plain() if minor is not None else None

    return {
        "method": one.method, "view": one.view, "owner": one.owner, "team": one.team, "amount": amount(one.amount),
        "p10": amount(one.p10), "p50": amount(one.p50), "p90": amount(one.p90), "reason": one.reason,
        "digest": one.digest, "as_of": one.as_of.isoformat(), "known_at": one.known_at.isoformat(),
        "taken_at": one.taken_at.isoformat(), "hindsight": one.hindsight,
    }  # fmt: skip
