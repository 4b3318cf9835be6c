"""A raw condition becomes a checked tree: dispatch by its lead key. A new kind of test is one row of the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from dealgate.model.condition import All, AnyOf, Condition, Not
from dealgate.model.diagnostics import Diagnostic

from ..nodes import Map, Node
from .children import children, count, total
from .frameworks import framework_test
from .groups import criteria, largest, share
from .raw import Wrong, did_you_mean, only, refuse, refuse_key, sequence
from .reuse import condition, criterion, evidence
from .scope import Check, Scope
from .tests import field_test

Run = Callable[[Map, Scope, list[Diagnostic], Check], Condition | None]


class Kind(NamedTuple):
    """One kind of test: its lead key, its check, and whether it may stand inside a ``where``."""

    lead: str
    run: Run
    inside: bool = False


def _several(key: str, made: type[All] | type[AnyOf]) -> Run:
    def run(node: Map, scope: Scope, wrong: list[Diagnostic], check: Check) -> Condition | None:
        only(node, (key,), f"a test of `{key}`")
        items = sequence(node.items[key], "a list of conditions", node)
        if not items:
            refuse("DG200", f"`{key}` is empty.", node.items[key], "name at least one condition")
        found = [check(item, scope, wrong) for item in items]
        parts = tuple(part for part in found if part is not None)
        return made(parts, node.where) if len(parts) == len(found) else None

    return run


def _negated(node: Map, scope: Scope, wrong: list[Diagnostic], check: Check) -> Condition | None:
    only(node, ("not",), "a test of `not`")
    part = check(node.items["not"], scope, wrong)
    return None if part is None else Not(part, node.where)


KINDS: dict[str, Kind] = {
    k.lead: k
    for k in (
        Kind("all", _several("all", All), inside=True),
        Kind("any", _several("any", AnyOf), inside=True),
        Kind("not", _negated, inside=True),
        Kind("field", field_test, inside=True),
        Kind("some", children("some")),
        Kind("every", children("every")),
        Kind("none", children("none")),
        Kind("count", count),
        Kind("sum", total),
        Kind("framework", framework_test),
        Kind("evidence", evidence),
        Kind("condition", condition),
        Kind("criterion", criterion),
        Kind("criteria", criteria),
        Kind("share", share),
        Kind("largest", largest),
    )
}

_NESTING = 100


def check_condition(node: Node, scope: Scope, diagnostics: list[Diagnostic]) -> Condition | None:
    """The checked tree of a raw condition; None where something in it does not hold, and ``diagnostics`` says what."""
    return _check(node, scope, diagnostics, 0)


def _check(node: Node, scope: Scope, wrong: list[Diagnostic], depth: int) -> Condition | None:
    try:
        return _dispatch(node, scope, wrong, depth)
    except Wrong as e:
        wrong += e.diagnostics
        return None


def _dispatch(node: Node, scope: Scope, wrong: list[Diagnostic], depth: int) -> Condition | None:
    if not isinstance(node, Map) or not node.items:
        refuse("DG200", "Here a condition is expected.", node, "write {field: …, is: …}, or all, any, not of several")
    if depth > _NESTING:
        refuse("DG200", f"Conditions are nested more than {_NESTING} deep.", node, "name parts under `conditions`")
    leads = [key for key in node.items if key in KINDS]
    if not leads:
        first = next(iter(node.items))
        message = "A condition starts with `field`, `some`, `all`, `framework` or another kind of test."
        refuse_key("DG200", message, node, first, did_you_mean(first, KINDS))
    if len(leads) > 1:
        message = f"`{leads[0]}` and `{leads[1]}` are two tests."
        refuse_key("DG200", message, node, leads[1], f"write all: [{{{leads[0]}: …}}, {{{leads[1]}: …}}]")
    kind = KINDS[leads[0]]
    if scope.collection is not None and not kind.inside:
        message = (
            f"Inside `where` only fields are tested: the {scope.collection.singular}'s own, and the deal's as `deal.x`."
        )
        refuse_key("DG222", message, node, kind.lead, f"put the test of `{kind.lead}` beside the `where`")
    return kind.run(node, scope, wrong, lambda inner, inside, found: _check(inner, inside, found, depth + 1))


def check_named(scope: Scope, diagnostics: list[Diagnostic]) -> dict[str, Condition]:
    """Every condition that the scope names, used or not; those that do not hold are left out."""
    for name, body in scope.conditions.items():
        if name not in scope.named:
            scope.opened.append(name)
            found = check_condition(body, scope.outside, diagnostics)
            scope.opened.pop()
            scope.named[name] = found
    known = {name: scope.named[name] for name in scope.conditions}
    return {name: found for name, found in known.items() if found is not None}
