"""What an organisation has: its pipelines with their stages, its fields, and what a layout asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dealgate.ports import Description, FieldInfo, PipelineInfo, StageInfo

from .auth import Server
from .catalogue import Catalogue, writable

DEALS = "Deals"


def described(server: Server, catalogue: Catalogue, modules: Sequence[str]) -> Description:
    """The pipelines of every layout of deals, and the fields of the modules. Raises Trouble."""
    fields = tuple(_field(module, row) for module in modules for row in catalogue.fields(module))
    return Description(tuple(_pipelines(server, catalogue)), fields, server.now)


def _pipelines(server: Server, catalogue: Catalogue) -> Iterator[PipelineInfo]:
    """A pipeline of two layouts comes once, as the first has it. Where pipelines are not switched on, there is one."""
    chances = _chances(catalogue)
    seen: set[str] = set()
    gates: tuple[str, ...] = ()
    for layout in _rows(server.get("/settings/layouts", {"module": DEALS}, of="the layouts of deals"), "layouts"):
        asked = tuple(_required(layout))
        gates = gates or asked
        said = server.get("/settings/pipeline", {"layout_id": layout.get("id")}, of="the pipelines of deals")
        for row in _rows(said, "pipeline"):
            name = str(row.get("actual_value") or row.get("display_value") or "")
            if name and name not in seen:
                seen.add(name)
                stages = [_stage(one, chances, asked) for one in _rows(row, "maps")]
                yield PipelineInfo(name, str(row.get("display_value") or name), _ordered(stages))
    if not seen:
        listed = _rows(catalogue.field(DEALS, "Stage") or {}, "pick_list_values")
        stages = [_stage(one, chances, gates) for one in listed if str(one.get("type", "used")) != "unused"]
        yield PipelineInfo(DEALS, "Deals", _ordered([one for one in stages if one.id]))


def _ordered(stages: Sequence[StageInfo]) -> tuple[StageInfo, ...]:
    return tuple(sorted(stages, key=lambda one: one.order))


def _stage(row: Mapping[str, Any], chances: Mapping[str, str], gates: tuple[str, ...]) -> StageInfo:
    name = str(row.get("actual_value") or row.get("display_value") or "")
    kind = str(row.get("forecast_type") or "")
    return StageInfo(
        name, str(row.get("display_value") or name), int(row.get("sequence_number") or 0), chances.get(name),
        kind == "Closed Won", kind == "Closed Lost", gates,
    )  # fmt: skip


def _chances(catalogue: Catalogue) -> Mapping[str, str]:
    """By stage its probability in percent, where the picklist tells it."""
    listed = _rows(catalogue.field(DEALS, "Stage") or {}, "pick_list_values")
    return {
        str(one.get("actual_value")): str(one["probability"]) for one in listed if one.get("probability") is not None
    }


def _required(layout: Mapping[str, Any]) -> Iterator[str]:
    """Fields that a layout asks for, whatever the stage, besides those that no deal can be without."""
    for section in _rows(layout, "sections"):
        for row in _rows(section, "fields"):
            if row.get("required") and not row.get("system_mandatory") and row.get("api_name"):
                yield str(row["api_name"])


def _field(module: str, row: Mapping[str, Any]) -> FieldInfo:
    name = str(row["api_name"])
    options = {
        str(one["actual_value"]): str(one.get("display_value") or one["actual_value"])
        for one in _rows(row, "pick_list_values")
        if one.get("actual_value") is not None
    }
    return FieldInfo(
        module, name, str(row.get("field_label") or name), str(row.get("data_type") or ""), options, writable(row),
        bool(row.get("custom_field")),
    )  # fmt: skip


def _rows(said: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = said.get(name)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
