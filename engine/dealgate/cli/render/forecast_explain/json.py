"""Why a deal counts as it does, as one JSON object (``schemas/output/forecast_explain.schema.json``)."""

from __future__ import annotations

from ....decide.plain import plain_playbook
from ...explaining import Explained
from ...forecasting import major
from ..clean import dumps


def render(found: Explained) -> str:
    """The deal, every method, what history and evidence say, and what is not proven."""
    deal, unit, past = found.deal, found.snapshot.unit, found.history
    unproven = found.unproven
    told = {
        "as_of": found.snapshot.history.as_of.isoformat(),
        "playbook": plain_playbook(found.past.playbook),
        "deal": deal["id"],
        "name": deal["name"],
        "stage": deal["stage"],
        "category": deal["category"],
        "amount": None if deal["amount"] is None else major(deal["amount"], unit),
        "unit": unit,
        "close_date": deal["day"].isoformat() if deal["day"] else None,
        "age": deal["age"],
        "methods": [
            {"id": method.id, "chance": None, "expected": None, "reason": said}
            if isinstance(said, str)
            else {
                "id": method.id,
                "chance": said["chance"],
                "expected": major(said["expected"], unit),
                "reason": said["reason"],
            }
            for method, said in found.outlooks
        ],
        "history": {name: past[name] for name in ("chance", "low", "high", "n", "level", "reason")},
        "evidence": [{"what": what, "met": met, "odds": factor} for what, met, factor in found.moved],
        "weighed_by": found.weighed_by,
        "unmet": [k.id for k in unproven.unmet] if unproven else [],
        "unknown": [k.id for k in unproven.unknown] if unproven else [],
    }
    return dumps(told, 1)
