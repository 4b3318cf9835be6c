"""What an environment has: the stages of its process, and the columns of every table that is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dealgate.ports import Description, FieldInfo, PipelineInfo, StageInfo

from . import odata
from .known import Known, Stage
from .server import Server
from .streams import STREAMS

WON, LOST = "won", "lost"
LOOKUPS = frozenset({"Lookup", "Owner", "Customer"})
UNTOLD = frozenset({"Virtual", "ManagedProperty", "EntityName", "CalendarRules", "PartyList"})
"""Kinds of column that no row has, or that say again what another says."""
CHOICES = ("PicklistAttributeMetadata", "StateAttributeMetadata", "StatusAttributeMetadata")
_ASKED = "LogicalName,AttributeType,AttributeOf,DisplayName,IsValidForRead,IsValidForUpdate,IsCustomAttribute"
OWN = (
    ("process.stage", "Stage", "String"), ("process.stageid", "Stage (id)", "Uniqueidentifier"),
    ("process.id", "Process instance (id)", "Uniqueidentifier"),
    ("process.stagestartedon", "Stage entered", "DateTime"), ("process.traversedpath", "Stages gone through", "String"),
    ("process.statecode", "Process state", "State"), ("process.completedon", "Process completed", "DateTime"),
    ("transactioncurrencyid.isocurrencycode", "Currency code", "String"),
)  # fmt: skip
"""What comes with an opportunity from other tables."""


def described(server: Server, known: Known) -> Description:
    """The pipeline and the fields. Raises Trouble."""
    tables = [spec.table for spec in STREAMS.values()]
    paths, what = [], []
    for table in tables:
        head = f"EntityDefinitions(LogicalName={odata.literal(table)})/Attributes"
        paths.append(odata.query(head, {"select": _ASKED}))
        paths += [
            odata.query(f"{head}/Microsoft.Dynamics.CRM.{kind}", {
                "select": "LogicalName", "expand": "OptionSet($select=Options)",
            })
            for kind in CHOICES
        ]  # fmt: skip
        what.append(table)
    answers = server.several(paths)
    fields: list[FieldInfo] = []
    for n, table in enumerate(what):
        mine = [
            server.listed(server.judged(a.status, a.json, f"columns of {table}")) for a in answers[n * 4 : n * 4 + 4]
        ]
        options = {str(row.get("LogicalName")): _options(row) for rows in mine[1:] for row in rows}
        fields += [_field(table, row, options) for row in mine[0] if _is_told(row)]
    fields += [FieldInfo("opportunity", name, title, kind, writable=False) for name, title, kind in OWN]
    # whose stages they are, any instance says; where there is none yet, it may be any process of opportunities
    asked = odata.query(known.process.set, {"select": "_processid_value", "top": "1"})
    one = server.listed(server.get(asked, what=known.process.set))
    return Description(
        pipelines(known, str(one[0].get("_processid_value") or "") if one else ""), tuple(fields), server.now
    )


def pipelines(known: Known, only: str) -> tuple[PipelineInfo, ...]:
    """A pipeline for the process (``only``, or each) that has stages of opportunities, in the order of their
    categories: the definitions of stages tell no other. Won and lost are no stages of a process, but a deal can be
    moved there."""
    by_process: dict[str, list[Stage]] = {}
    for stage in known.stages.values():
        if stage.table in ("", "opportunity") and only in ("", stage.process):
            by_process.setdefault(stage.process, []).append(stage)
    made = []
    for process, found in sorted(by_process.items()):
        found.sort(key=lambda one: (one.category, one.name, one.id))
        stages = [StageInfo(one.id, one.name, order) for order, one in enumerate(found)]
        stages.append(StageInfo(WON, "Won", len(found), "1", won=True))
        stages.append(StageInfo(LOST, "Lost", len(found) + 1, "0", lost=True))
        made.append(PipelineInfo(process, found[0].called, tuple(stages)))
    return tuple(made)


def columns(server: Server) -> dict[str, Mapping[str, Any]]:
    """The columns of an opportunity by their names. Raises Trouble."""
    said = server.get(odata.query("EntityDefinitions(LogicalName='opportunity')/Attributes", {"select": _ASKED}),
                      what="columns of opportunity")  # fmt: skip
    return {str(row.get("LogicalName")): row for row in server.listed(said)}


def _is_told(row: Mapping[str, Any]) -> bool:
    of_another = row.get("AttributeOf") and row.get("AttributeType") not in LOOKUPS
    return row.get("IsValidForRead") is not False and row.get("AttributeType") not in UNTOLD and not of_another


def _field(table: str, row: Mapping[str, Any], options: Mapping[str, Mapping[str, str]]) -> FieldInfo:
    name, kind = str(row.get("LogicalName")), str(row.get("AttributeType"))
    lookup = kind in LOOKUPS
    writable = bool(row.get("IsValidForUpdate")) and not lookup and kind not in ("State", "Status", "Uniqueidentifier")
    return FieldInfo(
        table, f"_{name}_value" if lookup else name, _label(row.get("DisplayName")) or name, kind,
        options.get(name, {}), writable, bool(row.get("IsCustomAttribute")),
    )  # fmt: skip


def _options(row: Mapping[str, Any]) -> dict[str, str]:
    held = row.get("OptionSet")
    found = held.get("Options") if isinstance(held, dict) else None
    return {str(one.get("Value")): _label(one.get("Label")) for one in found or []}


def _label(said: Any) -> str:
    held = said.get("UserLocalizedLabel") if isinstance(said, dict) else None
    return str(held.get("Label") or "") if isinstance(held, dict) else ""
