"""zen-engine: the forty criteria as the expressions of one JDM decision graph (input, expression node, output)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ..criteria import Contacts
from ..spelled import Dialect
from ..workload import Row

NAME = "zen-engine, decision graph"
NEEDS = "zen"


def prepare() -> Callable[[Row], list[bool]]:
    """The graph, loaded once."""
    import zen

    decision = zen.ZenEngine().create_decision(json.dumps(graph()))
    keys = [f"c{n}" for n in range(len(ZEN.criteria()))]

    def judge(row: Row) -> list[bool]:
        result = decision.evaluate(row)["result"]
        return [result[key] for key in keys]

    return judge


def graph() -> dict[str, Any]:
    """The decision graph as zen's JSON has it."""
    here = {"x": 0, "y": 0}
    expressions = [{"id": f"x{n}", "key": f"c{n}", "value": spelled} for n, spelled in enumerate(ZEN.criteria())]
    nodes = [
        {"id": "i", "type": "inputNode", "name": "in", "position": here},
        {"id": "e", "type": "expressionNode", "name": "ex", "position": here, "content": {"expressions": expressions}},
        {"id": "o", "type": "outputNode", "name": "out", "position": here},
    ]
    edges = [
        {"id": "a", "sourceId": "i", "targetId": "e", "type": "edge"},
        {"id": "b", "sourceId": "e", "targetId": "o", "type": "edge"},
    ]
    return {"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges}


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}'" if isinstance(value, str) else repr(value)


def _count(count: Contacts) -> str:
    return f"count(contacts, {' and '.join(f'#.{k} == {_literal(v)}' for k, v in count.match)})"


ZEN = Dialect("and", "or", _count, not_in="({name} not in {words})", literal=_literal)
