"""Tests that lean on what is named elsewhere: evidence types, named conditions, other criteria."""

from __future__ import annotations

from dealgate.model.condition import Condition, CriterionRef, Named, Proof
from dealgate.model.diagnostics import Diagnostic

from ..nodes import Map
from . import operands
from .literals import written_flag
from .raw import did_you_mean, only, refuse, text
from .scope import Check, Scope

ANY_EVIDENCE = "any"
"""Evidence of whatever type."""


def evidence(node: Map, scope: Scope, _wrong: list[Diagnostic], _check: Check) -> Condition | None:
    """``{evidence: written-selection, at_least: 2, from_buyer: true, within_last: 90 days}``."""
    only(node, ("evidence", "at_least", "from_buyer", "within_last"), "a test of evidence")
    at = node.items["evidence"]
    name = text(at, "a type of evidence", node)
    if name != ANY_EVIDENCE and name not in scope.evidence_types:
        hint = did_you_mean(name, [*scope.evidence_types, ANY_EVIDENCE]) or "declare it under `evidence_types`"
        refuse("DG221", f"There is no evidence type `{name}`.", at, hint)
    given = node.items
    window = operands.duration(given["within_last"], scope) if "within_last" in given else None
    if window is not None and not window.in_days:
        refuse("DG214", "Evidence is dated by the day.", given["within_last"], "write it in days")
    return Proof(
        name,
        at_least=operands.whole(given["at_least"], scope, "at_least") if "at_least" in given else 1,
        from_buyer=written_flag(given["from_buyer"]) if "from_buyer" in given else None,
        within_last=window,
        at=node.where,
    )


def condition(node: Map, scope: Scope, wrong: list[Diagnostic], check: Check) -> Condition | None:
    """``{condition: name}``: checked once, in the deal's own scope."""
    only(node, ("condition",), "a named condition")
    at = node.items["condition"]
    name = text(at, "the name of a condition", node)
    body = scope.conditions.get(name)
    if body is None:
        refuse("DG215", f"There is no condition `{name}`.", at, did_you_mean(name, scope.conditions))
    if name in scope.opened:
        loop = [*scope.opened[scope.opened.index(name) :], name]
        refuse("DG217", f"These conditions rest on each other: {' → '.join(loop)}.", at, "let one of them stand alone")
    if name not in scope.named:
        scope.opened.append(name)
        found = check(body, scope.outside, wrong)
        scope.opened.pop()
        scope.named[name] = found
    known = scope.named[name]
    return None if known is None else Named(name, known, node.where)


def criterion(node: Map, scope: Scope, _wrong: list[Diagnostic], _check: Check) -> Condition | None:
    """``{criterion: qualification.need-stated}``."""
    only(node, ("criterion",), "a test of a criterion")
    at = node.items["criterion"]
    name = text(at, "the id of a criterion", node)
    if name not in scope.criteria:
        same = [known for known in scope.criteria if known.partition(".")[2] == name]
        hint = f"write `{same[0]}`" if same else did_you_mean(name, scope.criteria)
        refuse("DG216", f"There is no criterion `{name}`.", at, hint)
    return CriterionRef(name, node.where)
