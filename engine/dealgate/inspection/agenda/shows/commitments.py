"""What was agreed before, and what came of it: overdue, open, and what ended since the last review."""

from __future__ import annotations

from ....compile.words import value
from ....model.commitment import Commitment
from ....model.inspection import Item
from ..ground import Ground, point
from ..model import Filled, Point

_ASKS = {
    "overdue": "What came of it, and what is in the way?",
    "missed": "What got in the way, and what do we agree on now?",
    "open": "Is it on its way, and what would stop it?",
    "done": "What did it change?",
}
"""Of each state, in the order they are told, the question."""


def fill(ground: Ground, item: Item) -> Filled:
    """Overdue first, then missed, open and done."""
    today = ground.moment.today
    told = []
    for one in ground.commitments:
        state = "overdue" if one.overdue(today) else one.state
        if one.agreed <= today and (
            state in ("overdue", "open") or (one.ended is not None and one.ended >= ground.since)
        ):
            told.append(((list(_ASKS).index(state), one.due, one.id), _point(ground, one, state)))
    told.sort(key=lambda one: one[0])
    points = [one for _, one in told]
    return Filled(points, "" if points else f"Nothing is open, and nothing ended since {value(ground.since)}.")


def _point(ground: Ground, one: Commitment, state: str) -> Point:
    when = {
        "overdue": f"Overdue since {value(one.due)}", "open": f"Open until {value(one.due)}",
    }.get(state) or f"{state.capitalize()} on {value(one.ended)}"  # fmt: skip
    result = f" {one.result.rstrip('.')}." if one.result else ""
    deal = ground.by_id.get(one.deal or "")
    if deal is not None:
        return point(deal, f"{when}: {one.who}, {one.action.rstrip('.')}.{result}", _ASKS[state])
    return Point("", one.who, None, f"{when}: {one.action.rstrip('.')}.{result}", _ASKS[state], one.who)
