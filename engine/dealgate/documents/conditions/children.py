"""Tests of a deal's records: some, every, none, count and sum."""

from __future__ import annotations

from collections.abc import Callable

from dealgate.model.condition import Children, Condition, Count, Ref, Sum
from dealgate.model.diagnostics import Diagnostic, Where
from dealgate.model.fields import TYPES, Collection, Field
from dealgate.model.operators import OPERATORS, Operator

from ..nodes import Map, Node
from .raw import did_you_mean, only, refuse, refuse_key, text
from .scope import Check, Scope
from .tests import compared, values

COMPARISONS = {
    key: o for key, o in OPERATORS.items() if "integer" in o.applies_to and o.operand in ("one", "list", "pair")
}
"""Operators on a count, a sum, a level or a score."""
_SUMMED = ("integer", "number", "money", "duration")


def _records(node: Map, lead: str, scope: Scope) -> Collection:
    name = text(node.items[lead], "the name of a collection", node)
    found = scope.catalogue.collections.get(name)
    if found is None:
        hint = did_you_mean(name, scope.catalogue.collections)
        refuse("DG202", f"A deal has no collection `{name}`.", node.items[lead], hint)
    return found


def _where(
    node: Map, records: Collection, scope: Scope, wrong: list[Diagnostic], check: Check
) -> tuple[Condition | None, bool]:
    """The condition of ``where`` and whether it holds up."""
    inner = node.items.get("where")
    if inner is None:
        return None, True
    found = check(inner, scope.inside(records), wrong)
    return found, found is not None


def children(kind: str) -> Callable[[Map, Scope, list[Diagnostic], Check], Condition | None]:
    """The check of ``{some: …}``, ``{every: …}`` or ``{none: …}``."""

    def run(node: Map, scope: Scope, wrong: list[Diagnostic], check: Check) -> Condition | None:
        only(node, (kind, "where"), f"a test of `{kind}`")
        records = _records(node, kind, scope)
        if kind == "every" and "where" not in node.items:
            refuse_key("DG200", "`every` says nothing without `where`.", node, kind, "add `where`, or use `some`")
        where, good = _where(node, records, scope, wrong, check)
        return Children(kind, records.id, where, node.where) if good else None

    return run


def count(node: Map, scope: Scope, wrong: list[Diagnostic], check: Check) -> Condition | None:
    """``{count: activities, where: C, distinct: type, at_least: 2}``; of a group, of its deals."""
    if scope.inspecting is not None and scope.inspecting.deal is not None:
        from .groups import count as of_group

        return of_group(node, scope, wrong, check)
    records = _records(node, "count", scope)
    where, good = _where(node, records, scope, wrong, check)
    distinct = _own(node, "distinct", records, scope) if "distinct" in node.items else None
    if distinct is not None and distinct.field.type == "multi_choice":
        refuse("DG203", f"`{distinct.name}` holds lists, so its values are not counted.", node.items["distinct"])
    field = Field(f"count of {records.id}", "integer", f"Number of {records.title.lower()}")

    def build(operator: Operator, at: Where) -> Condition:
        found = values(node.items[operator.key], field, operator, scope)
        return Count(records.id, where, distinct, operator, found, at)

    built = compared(node, "count", field, COMPARISONS, build, wrong, ("where", "distinct"))
    return built if good else None


def total(node: Map, scope: Scope, wrong: list[Diagnostic], check: Check) -> Condition | None:
    """``{sum: line_items, of: amount, where: C, above: 0}``."""
    records = _records(node, "sum", scope)
    where, good = _where(node, records, scope, wrong, check)
    of = _own(node, "of", records, scope)
    if of.field.type not in _SUMMED:
        words = TYPES[of.field.type].words
        near = did_you_mean(of.name, [f.id for f in records.fields.values() if f.type in _SUMMED])
        hint = f"{near}" if near else None  # a real field that does not fit is not a word mistyped
        refuse("DG203", f"`{of.name}` holds {words}, which cannot be summed.", node.items["of"], hint)

    def build(operator: Operator, at: Where) -> Condition:
        found = values(node.items[operator.key], of.field, operator, scope)
        return Sum(records.id, of, where, operator, found, at)

    built = compared(node, "sum", of.field, COMPARISONS, build, wrong, ("where", "of"))
    return built if good else None


def _own(node: Map, key: str, records: Collection, scope: Scope) -> Ref:
    named: Node | None = node.items.get(key)
    if named is None:
        refuse_key("DG200", f"This test needs `{key}`.", node, next(iter(node.items)), f"add `{key}: FIELD`")
    ref = scope.inside(records).ref(named, node)
    if not ref.child:
        refuse("DG201", f"`{key}` names a field of the records, not of the deal.", named)
    return ref
