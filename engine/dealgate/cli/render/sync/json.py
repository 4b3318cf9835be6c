"""A sync as one JSON object (``schemas/output/sync.schema.json``)."""

from __future__ import annotations

from ...syncing import Synced
from ..clean import dumps


def render(found: Synced) -> str:
    """The streams, what was taken over, what failed."""
    taken = found.taken
    return dumps(
        {
            "source": found.source,
            "dry_run": found.dry_run,
            "watermark": found.run.watermark.isoformat() if found.run.watermark else None,
            "streams": [
                {
                    "stream": one.stream, "read": one.read, "new": one.new, "changed": one.changed, "gone": one.gone,
                    "full": one.full, "complete": one.complete,
                }
                for one in found.run.streams
            ],
            "taken": None if taken is None else {
                "deals": taken.deals, "new_deals": taken.new_deals, "gone": taken.gone, "new_events": taken.new_events,
                "new_children": taken.new_children, "set_aside": taken.set_aside, "noticed": dict(taken.counts),
            },
            "waiting": found.waiting,
            "refused": [{"code": d.code, "message": d.message, "hint": d.suggestion} for d in found.refused],
        },
        1,
    )  # fmt: skip
