"""Tests of one field: each operand form of the operator table is one row here."""

from __future__ import annotations

from collections.abc import Callable

from dealgate.model.calendar import PERIODS
from dealgate.model.condition import All, ByField, Clock, Condition, Literal, Operand, Ref, Test
from dealgate.model.diagnostics import Diagnostic, Edit, Where
from dealgate.model.fields import TYPES, Field
from dealgate.model.operators import DATES, OPERATORS, Operator
from dealgate.model.regex import BadPattern, compiled
from dealgate.model.values import Duration

from ..nodes import Map, Node, Scalar, in_place
from . import operands
from .changed import changed
from .literals import Wanted
from .raw import Wrong, did_you_mean, key_where, listed, only, refuse, refuse_key, shape, text
from .scope import Check, Scope


def fits(operator: Operator, field: Field) -> bool:
    """Whether an operator may stand on a field."""
    return field.type in operator.applies_to or (operator.ranks and field.type == "choice" and field.ordered)


def field_test(node: Map, scope: Scope, wrong: list[Diagnostic], _check: Check) -> Condition | None:
    """``{field: x, OPERATOR: OPERAND …}``: several operators must all hold."""
    ref = scope.ref(node.items["field"], node)

    def build(operator: Operator, at: Where) -> Condition:
        return _FORMS[operator.operand](node.items[operator.key], ref, operator, scope, at)

    return compared(node, "field", ref.field, OPERATORS, build, wrong)


def compared(
    node: Map,
    lead: str,
    field: Field,
    allowed: dict[str, Operator],
    build: Callable[[Operator, Where], Condition],
    wrong: list[Diagnostic],
    beside: tuple[str, ...] = (),
) -> Condition | None:
    """Every operator of a test, each built at its place; all must hold. Reports each that does not fit."""
    keys = [key for key in node.items if key != lead and key not in beside]
    if not keys:
        fitting = [o.key for o in allowed.values() if fits(o, field)]
        refuse_key("DG200", f"This test of `{field.id}` compares nothing.", node, lead, f"add one of {listed(fitting)}")
    built: list[Condition] = []
    for key in keys:
        at = key_where(node, key) if len(keys) > 1 else node.where
        try:
            operator = allowed.get(key)
            if operator is None:
                near = did_you_mean(key, [*allowed, *beside])
                refuse_key("DG200", f"`{key}` does not belong in a test of `{lead}`.", node, key, near)
            if not fits(operator, field):
                _misfit(node, operator, field, allowed)
            built.append(build(operator, at))
        except Wrong as e:
            wrong += [d.replace(mend=_filled(node, key)) if d.code == "DG207" else d for d in e.diagnostics]
    if len(built) < len(keys):
        return None
    return built[0] if len(built) == 1 else All(tuple(built), node.where)


def _filled(node: Map, key: str) -> tuple[Edit, ...]:
    """The mend of `is: null`, which asks whether something is there."""
    value, new = node.items[key], {"is": "false", "is_not": "true"}.get(key)
    if new is None or "filled" in node.items or not (isinstance(value, Scalar) and value.text):
        return ()
    at = key_where(node, key)
    return (Edit(at.line, at.column, key, "filled"), *in_place(value, new))


def _misfit(node: Map, operator: Operator, field: Field, allowed: dict[str, Operator]) -> None:
    hint = f"these fit: {listed(o.key for o in allowed.values() if fits(o, field))}"
    if operator.ranks and field.type == "choice":
        hint = f"declare `{field.id}` with `ordered: true`, or use `in`"
    message = f"`{operator.key}` does not fit `{field.id}`, which holds {TYPES[field.type].words}."
    refuse_key("DG203", message, node, operator.key, hint)


def wanted(field: Field, operator: Operator, scope: Scope) -> Wanted:
    """What an operand of this operator must be."""
    return Wanted(field, scope.currency, rank=operator.ranks and field.type == "choice")


def values(node: Node, field: Field, operator: Operator, scope: Scope) -> tuple[Operand, ...]:
    """The operands of a comparison: one, a list as one, or a pair. Raises Wrong."""
    want = wanted(field, operator, scope)
    if operator.operand == "list":
        return (operands.many(node, want, scope),)
    return operands.pair(node, want, scope) if operator.operand == "pair" else (operands.one(node, want, scope),)


def _by_day(field: Field, found: tuple[Operand, ...]) -> bool:
    """Whether days are compared: unless both sides are moments, and nothing in days is added."""
    if field.type not in DATES:
        return False
    if field.type == "date":
        return True
    for operand in found:
        if isinstance(operand, (Literal, Clock, ByField)):
            return True
        if operand.ref.field.type == "date" or (operand.plus is not None and operand.plus.in_days):
            return True
    return False


def _comparison(node: Node, ref: Ref, operator: Operator, scope: Scope, at: Where) -> Condition:
    found = values(node, ref.field, operator, scope)
    return Test(ref, operator, found, day=_by_day(ref.field, found), at=at)


def _span(node: Node, ref: Ref, operator: Operator, scope: Scope, at: Where) -> Condition:
    length = operands.duration(node, scope)
    if not length.in_days:
        if length.business:
            refuse("DG214", "Business hours are for promised times; a window counts plain ones.", node)
        if ref.field.type == "date":
            message = f"`{ref.name}` is a day, so hours and minutes do not fit."
            refuse("DG214", message, node, "write it in days")
        return Test(ref, operator, (), span=length, at=at)
    return Test(ref, operator, _BOUNDS[operator.key](length), span=length, day=True, at=at)


_BOUNDS: dict[str, Callable[[Duration], tuple[Operand, ...]]] = {
    "within_last": lambda n: (Clock("today", -n), Clock("today")),
    "within_next": lambda n: (Clock("today"), Clock("today", n)),
    "older_than": lambda n: (Clock("today", -n),),
}


def _last_days(node: Node, ref: Ref, operator: Operator, scope: Scope, at: Where) -> Condition:
    if not isinstance(node, Map):
        shape(node, "{days: 3, of: quarter}")
    only(node, ("days", "of"), "`in_last`")
    if "days" not in node.items:
        shape(node, "{days: 3, of: quarter}")
    days = operands.whole(node.items["days"], scope, "days")
    return Test(ref, operator, (), last_days=(days, period(node.items.get("of"), node)), day=True, at=at)


def period(node: Node | None, at: Node) -> str:
    """The name of a period. Raises Wrong."""
    word = text(node, "a period, such as quarter", at)
    if word != "week" and word not in PERIODS:
        refuse("DG213", f"`{word}` is no period.", node or at, did_you_mean(word, ["week", *PERIODS]))
    return word


def _flag(node: Node, ref: Ref, operator: Operator, _scope: Scope, at: Where) -> Condition:
    return Test(ref, operator, (operands.flag(node),), at=at)


def _pattern(node: Node, ref: Ref, operator: Operator, scope: Scope, at: Where) -> Condition:
    found = operands.constant(node, Wanted(ref.field, scope.currency), scope)
    pattern = str(found.shown)
    try:
        compiled(pattern)
    except BadPattern as e:
        refuse("DG212", f"The pattern is outside the safe subset: {e}.", node)
    return Test(ref, operator, (Literal(pattern, pattern, found.said),), at=at)


def _options(node: Node, ref: Ref, operator: Operator, scope: Scope, at: Where) -> Condition:
    return Test(ref, operator, (operands.many(node, Wanted(ref.field, scope.currency), scope, as_set=True),), at=at)


def _changed(node: Node, ref: Ref, _operator: Operator, scope: Scope, at: Where) -> Condition:
    return changed(node, ref, scope, at)


_FORMS: dict[str, Callable[[Node, Ref, Operator, Scope, Where], Condition]] = {
    "one": _comparison, "list": _comparison, "pair": _comparison, "date": _comparison, "words": _comparison,
    "span": _span, "last_days": _last_days, "flag": _flag, "pattern": _pattern, "options": _options,
    "changed": _changed,
}  # fmt: skip
