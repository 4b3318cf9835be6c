"""What a database has: the states of its opportunities as a pipeline, its fields, and what each state asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dealgate.ports import Description, FieldInfo, PipelineInfo, StageInfo

from .rpc import Server
from .streams import DEAL, STREAMS

WON = frozenset({"won"})
LOST = frozenset({"lost", "cancelled"})
_OWN_MODULES = frozenset(
    {
        "ir",
        "res",
        "party",
        "company",
        "currency",
        "country",
        "product",
        "account",
        "account_product",
        "account_invoice",
        "account_invoice_stock",
        "stock",
        "sale",
        "sale_opportunity",
    }
)


def described(server: Server) -> Description:
    """The pipeline and the fields. Raises Trouble."""
    fields: list[FieldInfo] = []
    stages: tuple[StageInfo, ...] = ()
    for spec in STREAMS.values():
        known = server.ask(f"model.{spec.model}.fields_get", [])
        if not isinstance(known, dict):
            raise server.odd()
        brought = {
            row["name"]: row["module"]
            for row in server.read("ir.model.field", [["model", "=", spec.model]], ["name", "module"])
        }
        fields += [_field(spec.model, name, said, brought.get(name)) for name, said in sorted(known.items())]
        if spec.model == DEAL:
            stages = _stages(known)
    return Description((PipelineInfo(DEAL, "Opportunities", stages),), tuple(fields), server.now)


def _field(model: str, name: str, said: Mapping[str, Any], module: str | None) -> FieldInfo:
    options = said.get("selection")
    listed = {str(key): str(title) for key, title in options if key} if isinstance(options, list) else {}
    custom = module is not None and module not in _OWN_MODULES
    return FieldInfo(
        model, name, str(said.get("string") or name), str(said.get("type")), listed, not said.get("readonly"), custom
    )


def _stages(known: Mapping[str, Any]) -> tuple[StageInfo, ...]:
    made = []
    for order, (state, title) in enumerate(known["state"]["selection"]):
        gates = tuple(
            name for name, said in sorted(known.items())
            if not said.get("required") and holds(_states(said).get("required"), state)
        )  # fmt: skip
        # open opportunities have a probability each, not one by their state
        probability = "1" if state in WON else "0" if state in LOST else None
        made.append(StageInfo(state, str(title), order, probability, state in WON, state in LOST, gates))
    return tuple(made)


def _states(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """The conditions of a field, which come as JSON in a text."""
    try:
        found = json.loads(said.get("states") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def holds(node: Any, state: str) -> bool | None:
    """Whether a PYSON condition holds for every record in this state; None where it rests on something else."""
    value = _value(node, state)
    return value if isinstance(value, bool) else None


_UNKNOWN = object()


def _value(node: Any, state: str) -> Any:
    if not isinstance(node, dict) or "__class__" not in node:
        return node
    kind = node["__class__"]
    if kind == "Eval":
        return state if node.get("v") == "state" else _UNKNOWN
    if kind in ("And", "Or"):
        sides = [_value(one, state) for one in node["s"]]
        decisive = kind == "Or"
        if any(side is decisive for side in sides):
            return decisive
        return not decisive if all(side is (not decisive) for side in sides) else _UNKNOWN
    if kind == "Not":
        side = _value(node["v"], state)
        return not side if isinstance(side, bool) else _UNKNOWN
    if kind == "Bool":
        side = _value(node["v"], state)
        return _UNKNOWN if side is _UNKNOWN else bool(side)
    if kind == "Equal":
        sides = [_value(node["s1"], state), _value(node["s2"], state)]
        return _UNKNOWN if _UNKNOWN in sides else sides[0] == sides[1]
    if kind == "In":
        key, among = _value(node["k"], state), _value(node["v"], state)
        return _UNKNOWN if key is _UNKNOWN or not isinstance(among, list) else key in among
    return _UNKNOWN
