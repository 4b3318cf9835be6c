"""zen-engine: the forty criteria as the expressions of one JDM decision graph (input, expression node, output)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ..criteria import CRITERIA, Arithmetic, Compare, Const, Contacts, Day, Field, Term
from ..lowered import And, IsNull, Lowered, Member, Or, is_true
from ..workload import AS_OF, Row

NAME = "zen-engine, decision graph"
NEEDS = "zen"


def prepare() -> Callable[[Row], list[bool]]:
    """The graph, loaded once."""
    import zen

    decision = zen.ZenEngine().create_decision(json.dumps(graph()))
    keys = [f"c{n}" for n in range(len(CRITERIA))]

    def judge(row: Row) -> list[bool]:
        result = decision.evaluate(row)["result"]
        return [result[key] for key in keys]

    return judge


def graph() -> dict[str, Any]:
    """The decision graph as zen's JSON has it."""
    here = {"x": 0, "y": 0}
    expressions = [
        {"id": f"x{n}", "key": f"c{n}", "value": _code(is_true(condition))}
        for n, condition in enumerate(CRITERIA.values())
    ]
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


def _term(term: Term) -> str:
    match term:
        case Field(name):
            return name
        case Const(value):
            return _literal(value)
        case Day(offset):
            return str(AS_OF + offset)
        case Arithmetic(sign, left, right):
            return f"({_term(left)} {sign} {_term(right)})"


def _count(count: Contacts) -> str:
    return f"count(contacts, {' and '.join(f'#.{k} == {_literal(v)}' for k, v in count.match)})"


def _code(node: Lowered) -> str:
    match node:
        case IsNull(name, null):
            return f"{name} {'==' if null else '!='} null"
        case Compare(sign, left, right):
            return f"{_term(left)} {sign} {_term(right)}"
        case Member(name, words, inside):
            listed = f"[{', '.join(map(_literal, words))}]"
            return f"{name} in {listed}" if inside else f"({name} not in {listed})"
        case And(parts):
            return f"({' and '.join(map(_code, parts))})"
        case Or(parts):
            return f"({' or '.join(map(_code, parts))})"
    return f"{_count(node.count)} {'>=' if node.reached else '<'} {node.count.at_least}"
