"""A plan (``schemas/output/plan.schema.json``), and what became of it (``enforced.schema.json``), as JSON."""

from __future__ import annotations

from collections import Counter

from ....sync.actions import Plan, plain_plan
from ....sync.apply import Applied
from ..clean import dumps


def plan(made: Plan) -> str:
    """The plan as its file has it."""
    return dumps(plain_plan(made), 1)


def applied(done: Applied) -> str:
    """What became of each action."""
    return dumps(
        {
            "source": done.plan.source,
            "plan": done.plan.hash,
            "playbook": dict(done.plan.playbook),
            "writes": done.writes,
            "counts": dict(sorted(Counter(one.outcome for one in done.results).items())),
            "stopped": done.stopped or None,
            "retry_at": done.retry_at.isoformat() if done.retry_at else None,
            "results": [
                {
                    "key": one.action.key, "deal": one.action.deal, "kind": one.action.kind,
                    "target": one.action.target, "outcome": one.outcome, "text": one.text or None,
                }
                for one in done.results
            ],
            "unsure": [
                {"key": row.item.key, "deal": row.item.deal, "kind": row.item.kind, "target": row.item.target}
                for row in done.unsure
            ],
        },
        1,
    )  # fmt: skip
