"""What a CRM has and what a mapping makes of it as one JSON object (``schemas/output/describe.schema.json``)."""

from __future__ import annotations

from ...describing import SeenCrm
from ..clean import dumps


def render(found: SeenCrm) -> str:
    """Pipelines, fields and what is lacking."""
    return dumps(
        {
            "source": found.source,
            "mapping": found.mapping,
            "pipelines": [
                {
                    "id": one.pipeline.id,
                    "title": one.pipeline.title,
                    "stages": [
                        {
                            "id": each.stage.id, "title": each.stage.title, "stage": each.ours, "mapped": each.known,
                            "won": each.stage.won, "lost": each.stage.lost, "gates": list(each.stage.gates),
                        }
                        for each in one.stages
                    ],
                }
                for one in found.seen.pipelines
            ],
            "fields": [
                {
                    "table": one.info.table, "id": one.info.id, "title": one.info.title, "type": one.info.type,
                    "custom": one.info.custom, "writable": one.info.writable, "read_as": list(one.ours),
                }
                for one in found.seen.fields
            ],
            "lacking": [
                {"table": one.table, "column": one.column, "read_as": one.ours, "optional": one.optional}
                for one in found.seen.lacking
            ],
        },
        1,
    )  # fmt: skip
