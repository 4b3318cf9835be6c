"""Tests of a framework: an element's level or answer, the status, the score, a band."""

from __future__ import annotations

from collections.abc import Callable

from dealgate.model.condition import (
    Condition,
    ElementAnswer,
    ElementLevel,
    FrameworkBand,
    FrameworkIs,
    FrameworkScore,
    Literal,
    Not,
    Operand,
)
from dealgate.model.diagnostics import Diagnostic, Where
from dealgate.model.fields import Field
from dealgate.model.framework import METHODS, STATUSES, Element, Framework
from dealgate.model.operators import OPERATORS, Operator
from dealgate.model.values import parse_decimal

from ..nodes import Map, Node, Scalar
from . import operands
from .children import COMPARISONS
from .literals import written_flag
from .raw import did_you_mean, listed, only, refuse, refuse_key, sequence, text
from .scope import Check, Scope
from .tests import compared, values

ANSWERS = ("yes", "no", "not_applicable")
_LEVELS = {**COMPARISONS, "filled": OPERATORS["filled"]}


def framework_test(node: Map, scope: Scope, wrong: list[Diagnostic], _check: Check) -> Condition | None:
    """``{framework: bant, …}``; what stands beside it says which test it is."""
    framework = _framework(node, scope)
    for key, run in _BESIDE.items():
        if key in node.items:
            return run(node, framework, scope, wrong)
    return _status(node, framework)


def _framework(node: Map, scope: Scope) -> Framework:
    at = node.items["framework"]
    name = text(at, "the id of a framework", node)
    if name == "self":
        if scope.self_framework is None:
            refuse("DG218", "`self` stands only inside a framework's own document.", at)
        return scope.self_framework
    found = scope.frameworks.get(name)
    if found is None:
        hint = did_you_mean(name, scope.frameworks)
        if name in scope.unused_frameworks:
            hint = f"add {name} to `use: {{frameworks: […]}}`"
        refuse("DG218", f"No framework `{name}` is in use here.", at, hint or _instead(node, scope))
    return found


def _instead(node: Map, scope: Scope) -> str:
    """What the frameworks in use have to offer in place of one that is not."""
    known = scope.frameworks.values()
    if not known:
        return "none is; name some under `use: {frameworks: […]}`"
    at = node.items.get("element")
    if not isinstance(at, Scalar):
        return f"in use: {listed(f.id for f in known)}"
    same = [f.id for f in known if f.element(at.text) is not None]
    if same:
        return f"{listed(same)} {'has' if len(same) == 1 else 'have'} an element `{at.text}` too"
    return "; ".join(f"`{f.id}` has {listed(e.id for e in f.elements)}" for f in known)


def _element(node: Map, framework: Framework) -> Element:
    at = node.items["element"]
    name = text(at, "the id of an element", node)
    found = framework.element(name)
    if found is None:
        hint = did_you_mean(name, [e.id for e in framework.elements])
        refuse("DG219", f"{framework.title} has no element `{name}`.", at, hint)
    return found


def _element_test(node: Map, framework: Framework, scope: Scope, wrong: list[Diagnostic]) -> Condition | None:
    element = _element(node, framework)
    if "answer" in node.items:
        only(node, ("framework", "element", "answer"), "a test of an answer")
        at = node.items["answer"]
        answer = text(at, "an answer", node)
        if answer not in ANSWERS:
            refuse("DG220", f"`{answer}` is no answer of a buyer.", at, f"it is one of {listed(ANSWERS)}")
        return ElementAnswer(framework.id, element.id, answer, node.where)
    field = Field(f"{framework.id}.{element.id}", "level", element.title)

    def build(operator: Operator, at: Where) -> Condition:
        value = node.items[operator.key]
        if operator.operand == "flag":
            return ElementLevel(framework.id, element.id, operator, (operands.flag(value),), at)
        found = values(value, field, operator, scope)
        _levels(framework, found, value)
        return ElementLevel(framework.id, element.id, operator, found, at)

    return compared(node, "framework", field, _LEVELS, build, wrong, ("element",))


def _levels(framework: Framework, found: tuple[Operand, ...], at: Node) -> None:
    for operand in found:
        if not isinstance(operand, Literal):
            continue
        for level in operand.value if isinstance(operand.value, tuple) else (operand.value,):
            if not framework.lowest <= level <= framework.highest:
                message = f"{framework.title} has levels {framework.lowest} to {framework.highest}, and not {level}."
                refuse("DG220", message, at)


def _score(node: Map, framework: Framework, scope: Scope, wrong: list[Diagnostic]) -> Condition | None:
    at = node.items["score"]
    method = text(at, "`total` or a method", node)
    if method not in ("total", *METHODS):
        hint = did_you_mean(method, METHODS) or "write `score: total`"
        refuse("DG220", f"`{method}` is no way to score a framework.", at, hint)
    if method == "total" and framework.score is None:
        refuse("DG220", f"{framework.title} has no score.", at)
    level = _counted(node, framework, method)
    field = Field(f"{framework.id} score", "number", f"Score of {framework.title}")

    def build(operator: Operator, place: Where) -> Condition:
        found = values(node.items[operator.key], field, operator, scope)
        return FrameworkScore(framework.id, operator, found, place, method, level)

    return compared(node, "framework", field, COMPARISONS, build, wrong, ("score", "level"))


def _counted(node: Map, framework: Framework, method: str) -> int | None:
    """The level that elements have to reach to be counted; None for any other method."""
    if method != "count_at_least":
        if "level" in node.items:
            refuse_key("DG200", f"`level` does not belong beside `score: {method}`.", node, "level")
        return None
    if "level" not in node.items:
        refuse_key("DG220", "It is not said which level counts.", node, "score", "add `level: 2`")
    at = node.items["level"]
    level = parse_decimal(text(at, "a level", node))
    if level is None or level % 1:
        refuse("DG220", "A level is a whole number.", at)
    _levels(framework, (Literal(level),), at)
    return int(level)


def _band(node: Map, framework: Framework, _scope: Scope, _wrong: list[Diagnostic]) -> Condition | None:
    only(node, ("framework", "band", "or_better"), "a test of a band")
    at = node.items["band"]
    name = text(at, "the id of a band", node)
    bands = [b.id for b in framework.score.bands] if framework.score else []
    if name not in bands:
        hint = did_you_mean(name, bands) or (f"it has {listed(bands)}" if bands else None)
        refuse("DG220", f"{framework.title} has no band `{name}`.", at, hint)
    better = node.items.get("or_better")
    return FrameworkBand(framework.id, name, better is not None and written_flag(better), node.where)


def _status(node: Map, framework: Framework) -> Condition:
    keys = [key for key in node.items if key != "framework"]
    if not keys:
        refuse_key("DG200", "This test of a framework asks nothing.", node, "framework", "add `is: qualified`")
    only(node, ("framework", "is", "in", "is_not", "not_in"), "a test of a framework's status")
    if len(keys) > 1:
        refuse_key("DG200", "One operator says all about a status.", node, keys[1])
    key = keys[0]
    value = node.items[key]
    items = sequence(value, "a list of statuses", node) if key in ("in", "not_in") else (value,)
    if not items:
        refuse("DG200", "The list is empty.", value, f"name some of {listed(STATUSES)}")
    statuses = []
    for item in items:
        word = text(item, "a status", value)
        if word not in STATUSES:
            hint = did_you_mean(word, STATUSES) or f"it is one of {listed(STATUSES)}"
            refuse("DG220", f"`{word}` is no status of a framework.", item, hint)
        statuses.append(word)
    found = FrameworkIs(framework.id, tuple(statuses), node.where)
    return Not(found, node.where) if key in ("is_not", "not_in") else found


_BESIDE: dict[str, Callable[[Map, Framework, Scope, list[Diagnostic]], Condition | None]] = {
    "element": _element_test,
    "score": _score,
    "band": _band,
}
