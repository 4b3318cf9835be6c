"""What a company's Pipedrive has: its pipelines and fields, and the fields that it asks for itself, stage by stage.

Won and lost are a deal's status, no stages. They stand at the end of each pipeline all the same, for Pipedrive asks for
fields when a deal is won or lost as it does in a stage. It holds people to that in its own pages alone; a program may
leave the fields empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from dealgate.ports import Description, FieldInfo, PipelineInfo, StageInfo

from .rest import Server
from .values import plain

TABLES: Mapping[str, str] = {
    "deals": "dealFields", "persons": "personFields", "organizations": "organizationFields",
    "activities": "activityFields",
}  # fmt: skip
WRITABLE = frozenset(
    {
        "title", "value", "currency", "owner_id", "person_id", "org_id", "probability", "lost_reason",
        "expected_close_date", "label_ids", "visible_to", "close_time", "won_time", "lost_time",
    }
)  # fmt: skip
"""Of a deal's own fields, those that a program may set; stage, pipeline and status change by a move."""
CLOSED = ("won", "lost")


def described(server: Server) -> Description:
    """The pipelines and the fields. Raises Trouble."""
    fields: list[FieldInfo] = []
    gates: list[dict[str, Any]] = []
    for table, path in TABLES.items():
        more = {"include_fields": "required_fields,important_fields"} if table == "deals" else {}
        rows = server.all(f"fields of {table}", f"v2/{path}", more)
        fields += [field_of(table, row) for row in rows]
        gates = rows if table == "deals" else gates
    stages = server.all("stages", "v2/stages")
    pipelines = server.all("pipelines", "v2/pipelines")
    now = server.api.now
    made = [
        PipelineInfo(str(one["id"]), str(one.get("name")), _stages(one, stages, gates))
        for one in sorted(_there(pipelines), key=lambda row: (row.get("order_nr") or 0, row["id"]))
    ]
    return Description(tuple(made), tuple(fields), now)


def field_of(table: str, row: Mapping[str, Any]) -> FieldInfo:
    """A field; one of Pipedrive's own goes by its code, one of the company's by its 40 characters."""
    name, custom = str(row.get("field_code")), row.get("is_custom_field") is True
    listed = row.get("options")
    options = (
        {str(one["id"]): str(one.get("label")) for one in listed if "id" in one} if isinstance(listed, list) else {}
    )
    told = row.get("is_writable")
    writable = told if isinstance(told, bool) else table == "deals" and (custom or name in WRITABLE)
    return FieldInfo(
        table, name, str(row.get("field_name") or name), str(row.get("field_type")), options, writable, custom
    )


def _stages(
    pipeline: Mapping[str, Any], stages: Sequence[Mapping[str, Any]], fields: Sequence[Mapping[str, Any]]
) -> tuple[StageInfo, ...]:
    mine = [one for one in _there(stages) if one.get("pipeline_id") == pipeline["id"]]
    made: list[StageInfo] = []
    for one in sorted(mine, key=lambda row: (row.get("order_nr") or 0, row["id"])):
        asked = tuple(str(row.get("field_code")) for row in fields if in_stage(row, one["id"]))
        made.append(StageInfo(str(one["id"]), str(one.get("name")), len(made), _share(one, pipeline), gates=asked))
    for status in CLOSED:
        asked = tuple(str(row.get("field_code")) for row in fields if in_status(row, pipeline["id"], status))
        won = status == "won"
        made.append(StageInfo(status, status.title(), len(made), "1" if won else "0", won, not won, asked))
    return tuple(made)


def in_stage(row: Mapping[str, Any], stage: int) -> bool:
    """Whether Pipedrive asks for this field in a stage, as one that is required or important there."""
    required, important = row.get("required_fields"), row.get("important_fields")
    if isinstance(required, dict) and required.get("enabled") is True:
        # without any stage it is asked for everywhere, unless it is for winning or losing alone
        stages = required.get("stage_ids") or []
        if stage in stages or (not stages and not required.get("statuses")):
            return True
    return (
        isinstance(important, dict) and important.get("enabled") is True and stage in (important.get("stage_ids") or [])
    )


def in_status(row: Mapping[str, Any], pipeline: int, status: str) -> bool:
    """Whether Pipedrive asks for this field when a deal of the pipeline is won or lost."""
    required = row.get("required_fields")
    if not isinstance(required, dict) or required.get("enabled") is not True:
        return False
    statuses, stages = required.get("statuses") or {}, required.get("stage_ids") or []
    return status in (statuses.get(str(pipeline)) or []) or (not stages and not statuses)


def _there(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in rows if row.get("is_deleted") is not True]


def _share(stage: Mapping[str, Any], pipeline: Mapping[str, Any]) -> str | None:
    """A stage's probability, where its pipeline reckons with it."""
    percent = stage.get("deal_probability")
    if percent is None or pipeline.get("is_deal_probability_enabled") is False:
        return None
    return format(Decimal(str(plain(percent))) / 100, "f")
