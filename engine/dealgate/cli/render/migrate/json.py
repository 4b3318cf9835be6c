"""A preview as one JSON object (``schemas/output/migrate.schema.json``); every deal is named in it."""

from __future__ import annotations

from ....decide.migration import Migration
from ....decide.plain import plain_playbook
from ....model.values import plain
from ....model.verdict import State
from ..clean import dumps


def render(made: Migration, *, every: bool = False) -> str:
    """The object, indented."""
    found = {
        "as_of": made.as_of.isoformat(),
        "playbook": plain_playbook(made.playbook),
        "stays": made.stays,
        "moved": [
            {
                "from": m.was,
                "to": m.now,
                "why": m.why or None,
                "deals": len(m.ids),
                "closed": m.closed,
                "amounts": [plain(amount) for amount in m.amounts],
                "states": {state.value: m.states.get(state, 0) for state in State},
                "ids": list(m.ids),
            }
            for m in made.moved
        ],
        "nowhere": list(made.nowhere),
    }
    if made.before is not None:
        criterion, count = made.held_by or (None, 0)
        found["before"] = plain_playbook(made.before)
        found["turns"] = [
            {"before": b.value if b else None, "after": a.value if a else None, "deals": n}
            for (b, a), n in (made.turns or {}).items()
        ]
        found["newly_blocked"] = {
            "ids": list(made.newly_blocked),
            "most_often_by": criterion.id if criterion else None,
            "deals": count,
        }
    return dumps(found, 1)
