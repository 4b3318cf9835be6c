"""What an org has: its stages, by record type where there are such, and the fields of every object that is read.

Not among it are the org's own gates: a validation rule is a formula, which names no stage that could be read for sure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import quote

from dealgate.ports import Description, FieldInfo, PipelineInfo, StageInfo

from .._api import at_once
from .org import Org, Refused
from .soql import select
from .streams import DEAL, STREAMS

_STAGE = ("ApiName", "MasterLabel", "IsActive", "SortOrder", "IsClosed", "IsWon", "DefaultProbability")
_AT_ONCE = 5
"""Requests at a time: far from the 25 long ones that an org may have."""


def described(org: Org, streams: Sequence[str]) -> Description:
    """The pipelines, and the fields of these streams. Raises Trouble."""
    tables = [table.name for name in streams for table in STREAMS[name]]
    org.learn(tables)
    stages, pipelines = stages_of(org), []
    kinds = _record_types(org)
    offers = at_once([partial(_offered, org, str(kind["recordTypeId"])) for kind in kinds], _AT_ONCE)
    for kind, offered in zip(kinds, offers, strict=True):
        mine = tuple(stage for stage in stages if stage.id in offered)
        pipelines.append(PipelineInfo(str(kind["recordTypeId"]), str(kind["name"]), mine))
    used = {stage.id for pipeline in pipelines for stage in pipeline.stages}
    rest = tuple(stage for stage in stages if stage.id not in used)
    if rest:
        title = "Opportunities" if not pipelines else "Stages of no record type"
        pipelines.append(PipelineInfo(DEAL, title, rest))
    fields = [_field(name, said) for name in tables for said in org.described(name)["fields"]]
    return Description(tuple(pipelines), tuple(fields), org.now)


def stages_of(org: Org) -> tuple[StageInfo, ...]:
    """Every stage that opportunities may be in, or were. Raises Trouble."""
    try:
        rows = org.rows(select(_STAGE, "OpportunityStage", order=("SortOrder",)))
    except Refused as refused:
        raise org.unread(refused, "OpportunityStage") from None
    return tuple(
        StageInfo(
            str(row["ApiName"]), str(row["MasterLabel"]), number, _share(row.get("DefaultProbability")),
            bool(row["IsWon"]), bool(row["IsClosed"]) and not row["IsWon"],
        )
        for number, row in enumerate(rows)
    )  # fmt: skip


def _record_types(org: Org) -> list[Mapping[str, Any]]:
    """Those that a sales process hangs on. Of one that is not for our user, the stages are not told."""
    return [
        one for one in org.described(DEAL).get("recordTypeInfos") or ()
        if one.get("active") and one.get("available") and not one.get("master")
    ]  # fmt: skip


def _offered(org: Org, record_type: str) -> set[str]:
    """The stages of a record type's sales process."""
    path = f"/ui-api/object-info/{DEAL}/picklist-values/{quote(record_type, safe='')}/StageName"
    try:
        said = org.ask("GET", path, repeat=True).json
    except Refused as refused:
        raise org.unread(refused, "the sales processes") from None
    values = said.get("values") if isinstance(said, dict) else None
    if not isinstance(values, list):
        raise org.odd()
    return {str(one.get("value")) for one in values}


def _field(table: str, said: Mapping[str, Any]) -> FieldInfo:
    options = {
        str(one["value"]): str(one.get("label") or one["value"])
        for one in said.get("picklistValues") or () if one.get("active")
    }  # fmt: skip
    return FieldInfo(
        table, said["name"], str(said.get("label") or said["name"]), str(said.get("type")), options,
        bool(said.get("updateable")), bool(said.get("custom")),
    )  # fmt: skip


def _share(percent: Any) -> str | None:
    """A probability as a share of one, every digit kept."""
    return None if percent is None else f"{(Decimal(str(percent)) / 100).normalize():f}"
