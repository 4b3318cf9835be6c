"""Tests that stand only in inspections: shares and counts of a group's deals, criteria by verdict, learned values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from dealgate.model.condition import (
    ByField,
    Condition,
    CriteriaCount,
    GroupCount,
    Largest,
    Literal,
    Operand,
    Ref,
    Share,
)
from dealgate.model.diagnostics import Diagnostic, Where
from dealgate.model.fields import Field
from dealgate.model.inspection import CRITERIA_SETS, LEARNED, Figure, Learn
from dealgate.model.operators import Operator
from dealgate.model.verdict import Status

from ..nodes import Map, Node
from .literals import Wanted, written_percent
from .raw import did_you_mean, listed, only, refuse, refuse_key, sequence, text
from .scope import Check, Scope
from .tests import compared, values

LEAST = 30
"""Values that something is learned from, where a rule does not say."""


@dataclass(frozen=True, slots=True, eq=False)
class Inspecting:
    """What an inspection's rules may speak of beside all else. ``deal``: the scope of a deal, inside a group's."""

    learn: Learn | None = None
    deal: Scope | None = None


def criteria(node: Map, scope: Scope, wrong: list[Diagnostic], _check: Check) -> Condition | None:
    """``{criteria: current_exit, status: [unmet], at_least: 1}``."""
    _only_here(node, "criteria", scope, group=False)
    at = node.items["criteria"]
    name = text(at, "a set of criteria", node)
    if name not in CRITERIA_SETS:
        refuse(
            "DG801", f"`{name}` is no set of criteria.", at, did_you_mean(name, CRITERIA_SETS) or listed(CRITERIA_SETS)
        )
    statuses = tuple(text(n, "a verdict", node) for n in sequence(node.items.get("status"), "a list of verdicts", node))
    for one, item in zip(statuses, sequence(node.items["status"], "a list of verdicts", node), strict=True):
        if one not in set(Status):
            refuse("DG801", f"`{one}` is no verdict.", item, did_you_mean(one, list(Status)))
    field = Field(f"criteria of {name}", "integer", "Number of criteria")
    return _built(
        node, "criteria", field, scope, wrong, ("status",), lambda o, v, at: CriteriaCount(name, statuses, o, v, at)
    )


def count(node: Map, scope: Scope, wrong: list[Diagnostic], check: Check) -> Condition | None:
    """``{count: deals, where: C, at_least: 5}`` over a group."""
    inner = _of_deals(node, "count", scope)
    where, good = _part(node, "where", inner, wrong, check)
    field = Field("count of deals", "integer", "Number of deals")
    found = _built(node, "count", field, scope, wrong, ("where",), lambda o, v, at: GroupCount(where, o, v, at))
    return found if good else None


def share(node: Map, scope: Scope, wrong: list[Diagnostic], check: Check) -> Condition | None:
    """``{share: deals, where: C, among: C, of: amount, above: 40%}``."""
    _only_here(node, "share", scope, group=True)
    inner = _of_deals(node, "share", scope)
    where, good = _part(node, "where", inner, wrong, check)
    among, fine = _part(node, "among", inner, wrong, check)
    if "where" not in node.items:
        refuse_key("DG200", "This test needs `where`.", node, "share", "say which deals are counted")
    of = _summed(node, inner) if "of" in node.items else None
    field = Field("share of deals", "percent", "Share of the deals")

    def make(operator: Operator, operands: tuple[Operand, ...], at: Where) -> Condition:
        assert where is not None
        return Share(where, among, of, operator, operands, at)

    if not (good and fine and where is not None):
        return None
    return _built(node, "share", field, scope, wrong, ("where", "among", "of"), make)


def largest(node: Map, scope: Scope, wrong: list[Diagnostic], check: Check) -> Condition | None:
    """``{largest: deals, of: amount, among: C, above: 30%}``."""
    _only_here(node, "largest", scope, group=True)
    inner = _of_deals(node, "largest", scope)
    among, good = _part(node, "among", inner, wrong, check)
    of = _summed(node, inner)
    field = Field("largest of deals", "percent", "Part of the largest deal")
    found = _built(node, "largest", field, scope, wrong, ("among", "of"), lambda o, v, at: Largest(among, of, o, v, at))
    return found if good else None


def _only_here(node: Map, lead: str, scope: Scope, *, group: bool) -> None:
    if scope.inspecting is None:
        refuse_key("DG223", f"`{lead}` stands only in inspections and plays.", node, lead)
    if group and scope.inspecting.deal is None:
        refuse_key("DG802", f"`{lead}` is asked of a group.", node, lead, "use it with scope: owner, team or pipeline")
    if not group and scope.inspecting.deal is not None:
        refuse_key("DG802", f"`{lead}` is asked of a deal.", node, lead, "put it into the `where` of a test of `deals`")


def _of_deals(node: Map, lead: str, scope: Scope) -> Scope:
    name = text(node.items[lead], "`deals`", node)
    if name != "deals":
        refuse("DG202", f"A group has no collection `{name}`.", node.items[lead], "write `deals`")
    assert scope.inspecting is not None and scope.inspecting.deal is not None
    return scope.inspecting.deal


def _part(node: Map, key: str, scope: Scope, wrong: list[Diagnostic], check: Check) -> tuple[Condition | None, bool]:
    inner = node.items.get(key)
    if inner is None:
        return None, True
    found = check(inner, scope, wrong)
    return found, found is not None


def _summed(node: Map, scope: Scope) -> Ref:
    if "of" not in node.items:
        refuse_key("DG200", "This test needs `of`.", node, next(iter(node.items)), "add `of: amount`")
    ref = scope.ref(node.items["of"], node)
    if ref.field.type not in ("money", "integer", "number"):
        refuse("DG203", f"`{ref.name}` cannot be summed.", node.items["of"], "name an amount or a number")
    return ref


def _built(
    node: Map,
    lead: str,
    field: Field,
    scope: Scope,
    wrong: list[Diagnostic],
    beside: tuple[str, ...],
    make: Callable[[Operator, tuple[Operand, ...], Where], Condition],
) -> Condition | None:
    from .children import COMPARISONS

    def build(operator: Operator, at: Where) -> Condition:
        return make(operator, values(node.items[operator.key], field, operator, scope), at)

    return compared(node, lead, field, COMPARISONS, build, wrong, beside)


# ---------------------------------------------------------------- learned values


def learned(node: Map, want: Wanted, scope: Scope, one: Callable[[Node, Wanted, Scope], Operand]) -> Operand:
    """``{learned: …}``: bound as a constant; where nothing is learned (yet), what ``otherwise`` says. Raises Wrong."""
    if scope.inspecting is None:
        refuse_key(
            "DG223", "A learned value stands only in inspections and plays.", node, "learned", "write a parameter"
        )
    only(node, ("learned", "quantile", "by", "min_n", "otherwise"), "a learned value")
    at = node.items["learned"]
    what = text(at, "what is learned", node)
    if what not in LEARNED:
        near = did_you_mean(what, LEARNED) or f"there are {listed(LEARNED)}"
        refuse("DG803", f"Nothing is learned as `{what}`.", at, near)
    if want.field.type != "duration":
        refuse("DG206", f"`{want.field.id}` is no length of time, and `{what}` is.", at)
    words, keys = LEARNED[what]
    if "quantile" not in node.items:
        refuse_key("DG200", "A learned value needs `quantile`.", node, "learned", "add `quantile: 75%`")
    if "otherwise" not in node.items:
        refuse_key(
            "DG804", "Nothing is said for a past too thin to learn from.", node, "learned", "add `otherwise: 30 days`"
        )
    quantile = written_percent(node.items["quantile"])
    if not 0 <= quantile <= 1:
        refuse("DG204", "A quantile lies between 0% and 100%.", node.items["quantile"])
    listed_by = node.items.get("by")
    keyed = () if listed_by is None else sequence(listed_by, "a list of fields", node)
    by = tuple(text(item, "a field", node) for item in keyed)
    if len(by) > 1 or any(key not in keys for key in by):
        hint = f"write by: [{keys[0]}]" if keys else "leave `by` out"
        refuse("DG803", f"`{what}` is not told apart by that.", node.items["by"], hint)
    least = _least(node)
    otherwise = one(node.items["otherwise"], want, scope)
    if not isinstance(otherwise, (Literal, ByField)):
        refuse("DG804", "`otherwise` is a plain value or a parameter.", node.items["otherwise"])
    inspecting = scope.inspecting
    found = inspecting.learn(what, quantile, by[0] if by else None, least) if inspecting.learn is not None else {}
    said = f"{_percent(quantile)} of {words}"
    return _bound(found, otherwise, said, scope, by, node)


def _bound(
    found: dict[str, Figure] | object,
    otherwise: Literal | ByField,
    said: str,
    scope: Scope,
    by: tuple[str, ...],
    node: Map,
) -> Operand:
    assert isinstance(found, dict)
    known = {key: _figure(figure, said) for key, figure in found.items() if figure.value is not None}
    if not by:
        return known.get("", _fixed(otherwise, said))
    ref = Ref(scope.catalogue.deal[by[0]])
    if isinstance(otherwise, ByField):
        if otherwise.ref.name != ref.name:
            refuse(
                "DG804", f"`otherwise` varies by `{otherwise.ref.name}`, not by `{ref.name}`.", node.items["otherwise"]
            )
        held = dict(otherwise.values) | known
        return ByField(ref, tuple(held.items()), said, otherwise.otherwise)
    fixed = _fixed(otherwise, said)
    return ByField(ref, tuple(known.items()), said, fixed if isinstance(fixed, Literal) else None)


def _figure(figure: Figure, said: str) -> Literal:
    assert figure.value is not None
    return Literal(figure.value, figure.value, f"{said}, n = {figure.n:,}")


def _fixed(otherwise: Literal | ByField, said: str) -> Literal | ByField:
    return otherwise.replace(said=f"fixed, for there are too few {said.partition(' of ')[2]}")


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f}%"


def _least(node: Map) -> int:
    if "min_n" not in node.items:
        return LEAST
    word = text(node.items["min_n"], "a whole number", node)
    if not word.isdigit() or int(word) < 1:
        refuse("DG204", "`min_n` is 1 or more.", node.items["min_n"])
    return int(word)


__all__ = ["Inspecting", "count", "criteria", "largest", "learned", "share"]
