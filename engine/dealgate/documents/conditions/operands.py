"""Operands: what a test compares with. Each lead key ({field: …}, {param: …}, {date: …}) is one row of a table."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial

from dealgate.model.calendar import CLOCK_WORDS
from dealgate.model.condition import ByField, Clock, FieldOperand, Literal, Operand, Ref
from dealgate.model.diagnostics import Diagnostic
from dealgate.model.fields import TYPES, Field
from dealgate.model.values import Duration, parse_date, parse_decimal

from ..nodes import Map, Node, Scalar, Seq
from .literals import FAMILIES, Wanted, literal, written_duration, written_flag
from .raw import Wrong, did_you_mean, only, refuse, refuse_key, sequence, shape, text
from .scope import Scope

Read = Callable[[Node, Wanted], Literal]


def one(node: Node, want: Wanted, scope: Scope) -> Operand:
    """A single operand. Raises Wrong."""
    if isinstance(node, Map):
        for lead, take in _TAKE.items():
            if lead in node.items:
                return take(node, want, scope)
    return literal(node, want)


def many(node: Node, want: Wanted, scope: Scope, *, as_set: bool = False) -> Operand:
    """A list of constants as one operand: a tuple in written order, or a frozenset. Raises Wrong."""
    read = partial(_constants, scope=scope, as_set=as_set)
    if isinstance(node, Map) and "param" in node.items:
        return _param(node, want, scope, read)
    return read(node, want)


def _constants(node: Node, want: Wanted, *, scope: Scope, as_set: bool) -> Literal:
    found: list[Literal] = []
    wrong: list[Diagnostic] = []
    items = sequence(node, "a list, such as [a, b],", node)
    if not items:
        refuse("DG200", "The list is empty.", node, "name at least one value")
    for item in items:
        try:
            value = one(item, want, scope)
        except Wrong as e:
            wrong += e.diagnostics
            continue
        if isinstance(value, Literal):
            found.append(value)
        else:
            try:
                refuse("DG200", "A list holds plain values: no fields, no days, no parameters that vary.", item)
            except Wrong as e:
                wrong += e.diagnostics
    if wrong:
        raise Wrong(*wrong)
    values = tuple(v.value for v in found)
    said = " and ".join(dict.fromkeys(v.said for v in found if v.said))
    return Literal(frozenset(values) if as_set else values, tuple(v.shown for v in found), said)


def constant(node: Node, want: Wanted, scope: Scope) -> Literal:
    """A literal or a parameter that does not vary. Raises Wrong."""
    found = one(node, want, scope)
    if not isinstance(found, Literal):
        shape(node, "a plain value or a parameter that does not vary by a field")
    return found


def duration(node: Node, scope: Scope) -> Duration:
    """A duration, or a parameter that holds one. Raises Wrong."""
    if not isinstance(node, Map):
        return written_duration(node)
    if "learned" in node.items:
        refuse_key("DG223", "A window is not learned.", node, "learned", "write a parameter")
    only(node, ("param",), "a duration")
    if "param" not in node.items:
        shape(node, "a duration, such as 14 days, or {param: …}")
    param = scope.param(node)
    if param.type not in (None, "duration"):
        refuse("DG206", f"`{param.name}` is {TYPES[param.type].words}, not a duration.", node.items["param"])
    if param.by is not None or param.default is None:
        message = f"A window cannot vary by a field, and `{param.name}` does."
        refuse("DG214", message, node.items["param"], "write one duration, or a test for each value")
    return written_duration(param.default)


def whole(node: Node, scope: Scope, what: str, least: int = 1) -> int:
    """A whole number, or a parameter that holds one. Raises Wrong."""
    found = constant(node, Wanted(Field(what, "integer", what), scope.currency), scope).value
    if not isinstance(found, int) or found < least:
        refuse("DG204", f"`{what}` is {least} or more.", node)
    return found


def _param(node: Map, want: Wanted, scope: Scope, read: Read = literal) -> Operand:
    only(node, ("param",), "a parameter")
    param = scope.param(node)
    at = node.items["param"]
    if param.type is not None and FAMILIES[param.type] != FAMILIES[want.field.type]:
        message = (
            f"`{param.name}` is {TYPES[param.type].words}; `{want.field.id}` holds {TYPES[want.field.type].words}."
        )
        refuse("DG206", message, at)
    said = param.title or param.name
    default = None if param.default is None else read(param.default, want).replace(said=said)
    if param.by is not None:
        values = tuple((key, read(value, want).replace(said=said)) for key, value in param.values)
        return ByField(Ref(param.by), values, said, default)
    if default is None:
        refuse("DG211", f"The parameter `{param.name}` has no value.", at, "give it a default")
    return default


def _field(node: Map, want: Wanted, scope: Scope) -> Operand:
    only(node, ("field", "plus", "minus", "times"), "a field's value")
    ref = scope.ref(node.items["field"], node)
    _comparable(ref.field, want, node.items["field"])
    family = FAMILIES[ref.field.type]
    ratio = _ratio(node, ref) if "times" in node.items else None
    shift = _shift(node, scope)
    if shift is not None:
        key = "plus" if "plus" in node.items else "minus"
        if family != "date":
            refuse_key("DG214", f"`{ref.name}` is no date, so no duration is added to it.", node, key)
        if shift.business or (shift.delta is None):
            message = "Business days and months are added to {date: …} only, not to a field."
            refuse("DG214", message, node.items[key], "write it in days")
        if not shift.in_days and "date" in (ref.field.type, want.field.type):
            message = "Hours and minutes are added only where both sides are moments; here one is a day."
            refuse("DG214", message, node.items[key], "write it in days")
    return FieldOperand(ref, ratio, shift)


def _comparable(other: Field, want: Wanted, at: Node) -> None:
    mine = want.field
    if FAMILIES[other.type] != FAMILIES[mine.type] or (other.type == "multi_choice") != (mine.type == "multi_choice"):
        message = f"`{mine.id}` holds {TYPES[mine.type].words}; `{other.id}` holds {TYPES[other.type].words}."
        refuse("DG206", message, at)
    if mine.type == "choice":
        apart = mine.options and other.options and mine.options != other.options
        if apart or (want.rank and not (mine.options and other.options)):
            refuse("DG206", f"`{mine.id}` and `{other.id}` are choices from different lists.", at)


def _ratio(node: Map, ref: Ref) -> Decimal:
    if ref.field.type not in ("integer", "number", "money", "percent", "duration"):
        refuse_key("DG214", f"`{ref.name}` is no number, so `times` does not fit.", node, "times")
    at = node.items["times"]
    number = parse_decimal(at.text) if isinstance(at, Scalar) and at.plain else None
    if number is None:
        refuse("DG204", "`times` is a number, such as 0.8.", at)
    return number


def _shift(node: Map, scope: Scope) -> Duration | None:
    if "plus" in node.items and "minus" in node.items:
        refuse_key("DG200", "Write `plus` or `minus`, not both.", node, "minus")
    if "plus" in node.items:
        return duration(node.items["plus"], scope)
    return -duration(node.items["minus"], scope) if "minus" in node.items else None


def _clock(node: Map, want: Wanted, scope: Scope) -> Operand:
    only(node, ("date", "plus", "minus"), "a day")
    at = node.items["date"]
    word = text(at, "a day, such as today or end_of_month", node)
    if word not in CLOCK_WORDS:
        hint = f"write {word} alone, without `date`" if parse_date(word) else did_you_mean(word, CLOCK_WORDS)
        refuse("DG213", f"`{word}` is no day that is known.", at, hint)
    if FAMILIES[want.field.type] != "date":
        refuse("DG206", f"`{want.field.id}` holds {TYPES[want.field.type].words}, and this is a date.", at)
    shift = _shift(node, scope)
    if shift is not None and not shift.in_days:
        message = "Hours and minutes are not added to a day."
        refuse("DG214", message, node.items.get("plus") or node.items["minus"], "write it in days")
    return Clock(word, shift)


def _learned(node: Map, want: Wanted, scope: Scope) -> Operand:
    from .groups import learned  # it is made of operands itself

    return learned(node, want, scope, one)


_TAKE: dict[str, Callable[[Map, Wanted, Scope], Operand]] = {
    "param": _param,
    "field": _field,
    "date": _clock,
    "learned": _learned,
}


def pair(node: Node, want: Wanted, scope: Scope) -> tuple[Operand, ...]:
    """The two ends of `between`. Raises Wrong."""
    if not isinstance(node, Seq) or len(node.items) != 2:
        shape(node, "a list of two values, such as [1000, 5000],")
    return tuple(one(item, want, scope) for item in node.items)


def flag(node: Node) -> Literal:
    """true or false. Raises Wrong."""
    value = written_flag(node)
    return Literal(value, value)
