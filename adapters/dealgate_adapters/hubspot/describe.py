"""What an account has: its pipelines and the properties of its objects.

What a stage asks for is not told: HubSpot's API has no list of the properties that are required in a stage (its rules
of pipelines, in beta, are about moving back, skipping and creating), so stages have no gates here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from dealgate.ports import Description, FieldInfo, PipelineInfo, StageInfo

from .objects import STREAMS
from .streams import Reader


def described(reader: Reader, streams: Collection[str]) -> Description:
    """The pipelines, and the fields of the objects of these streams. Raises Trouble."""
    server = reader.server
    rows = server.rows(server.read("GET", "/crm/v3/pipelines/deals"))
    pipelines = tuple(_pipeline(row) for row in sorted(rows, key=_place))
    fields = [
        _field(kind.name, one)
        for stream, kind in STREAMS.items()
        if stream in streams
        for one in reader.properties(kind)
    ]
    return Description(pipelines, tuple(fields), server.now)


def _place(row: Mapping[str, Any]) -> tuple[int, str]:
    return int(row.get("displayOrder") or 0), str(row.get("label"))


def _pipeline(row: Mapping[str, Any]) -> PipelineInfo:
    stages = sorted((one for one in row.get("stages") or () if not one.get("archived")), key=_place)
    return PipelineInfo(str(row["id"]), str(row.get("label")), tuple(map(_stage, range(len(stages)), stages)))


def _stage(order: int, row: Mapping[str, Any]) -> StageInfo:
    told = row.get("metadata") or {}
    chance, closed = _chance(told.get("probability")), str(told.get("isClosed")).lower() == "true"
    return StageInfo(
        str(row["id"]), str(row.get("label")), order, None if chance is None else format(chance, "f"),
        closed and chance == 1, closed and chance == 0,
    )  # fmt: skip


def _chance(said: object) -> Decimal | None:
    try:
        return None if said is None else Decimal(str(said))
    except InvalidOperation:
        return None


def _field(table: str, said: Mapping[str, Any]) -> FieldInfo:
    fixed = bool((said.get("modificationMetadata") or {}).get("readOnlyValue")) or bool(said.get("calculated"))
    options = {str(one["value"]): str(one.get("label")) for one in said.get("options") or () if "value" in one}
    return FieldInfo(
        table, str(said["name"]), str(said.get("label") or said["name"]), str(said.get("type")), options, not fixed,
        not said.get("hubspotDefined"),
    )  # fmt: skip
