"""What a CRM can hold of a process as one JSON object (``schemas/output/portability.schema.json``)."""

from __future__ import annotations

from ....sync.portability import Portability
from ..clean import dumps


def render(found: Portability) -> str:
    """Counts, then every criterion, field and move with its place."""
    holds = found.able.holds
    return dumps(
        {
            "crm": found.crm, "process": found.process.id, "version": found.process.version,
            "counts": dict(found.counts),
            "rule": holds.rule or None, "edition": holds.edition or None, "passed_by": list(holds.passed_by),
            "criteria": [
                {
                    "id": one.criterion.id, "title": one.criterion.title, "enforce": one.criterion.enforce,
                    "place": one.place, "why": list(one.why),
                }
                for one in found.criteria
            ],
            "fields": [
                {"id": one.id, "type": one.type, "place": one.place, "columns": list(one.by)} for one in found.fields
            ],
            "moves": [{"move": one.move, "enforce": one.enforce, "native": one.native} for one in found.moves],
            "dealgate": list(found.does),
        },
        1,
    )  # fmt: skip
