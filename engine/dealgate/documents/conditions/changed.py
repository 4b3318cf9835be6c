"""``changed``: a test of a field's history."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from dealgate.model.calendar import PERIODS
from dealgate.model.condition import Changed, FieldOperand, Ref
from dealgate.model.diagnostics import Where
from dealgate.model.fields import TYPES, Field
from dealgate.model.operators import DATES, NUMBERS, OPERATORS, Operator
from dealgate.model.values import parse_percent

from ..nodes import Map, Node, Scalar
from . import operands
from .literals import Wanted
from .raw import did_you_mean, mapping, only, refuse, refuse_key, sequence, text
from .scope import Scope

_KEYS = ("direction", "across", "by", "since", "within_last", "ignore", "at_least")
_DIRECTIONS = {"later": "a date", "earlier": "a date", "up": "a number", "down": "a number", "any": ""}


def changed(node: Node, ref: Ref, scope: Scope, at: Where) -> Changed:
    """The test of a field's changes. Raises Wrong."""
    held = mapping(node, "{direction: …, at_least: …}", node)
    if ref.child or scope.collection is not None:
        refuse("DG222", "Only the deal's own fields have a history, so `changed` stands outside `where`.", held)
    only(held, _KEYS, "`changed`")
    given = held.items
    return Changed(
        ref,
        direction=_direction(given["direction"], ref) if "direction" in given else "any",
        across=_across(given["across"], ref) if "across" in given else None,
        by=_by(given["by"], ref, scope) if "by" in given else (),
        since=_since(given["since"], scope) if "since" in given else None,
        within_last=_window(given["within_last"], scope) if "within_last" in given else None,
        ignore=_ignored(given["ignore"]) if "ignore" in given else (),
        at_least=operands.whole(given["at_least"], scope, "at_least") if "at_least" in given else 1,
        at=at,
    )


def _direction(node: Node, ref: Ref) -> str:
    word = text(node, "a direction", node)
    if word not in _DIRECTIONS:
        refuse("DG224", f"`{word}` is no direction.", node, did_you_mean(word, _DIRECTIONS))
    is_date, is_number = ref.field.type in DATES, ref.field.type in NUMBERS or ref.field.ordered
    if (word in ("later", "earlier") and not is_date) or (word in ("up", "down") and not is_number):
        hint = "use later or earlier" if is_date else "use up or down" if is_number else "leave `direction` out"
        words = TYPES[ref.field.type].words
        refuse("DG224", f"`{word}` fits {_DIRECTIONS[word]}; `{ref.name}` holds {words}.", node, hint)
    return word


def _across(node: Node, ref: Ref) -> str:
    word = text(node, "a period, such as quarter", node)
    if word != "week" and word not in PERIODS:
        refuse("DG213", f"`{word}` is no period.", node, did_you_mean(word, ["week", *PERIODS]))
    if ref.field.type not in DATES:
        refuse("DG224", f"`across` fits a date; `{ref.name}` holds {TYPES[ref.field.type].words}.", node)
    return word


def _by(node: Node, ref: Ref, scope: Scope) -> tuple[tuple[Operator, Any, bool], ...]:
    held = mapping(node, "an operator with a threshold, such as {above: 20%},", node)
    found: list[tuple[Operator, Any, bool]] = []
    for key, value in held.items.items():
        operator = OPERATORS.get(key)
        if operator is None or operator.operand != "one" or operator.key in ("is", "is_not"):
            fitting = ("at_least", "at_most", "above", "below")
            refuse_key("DG224", f"`{key}` does not say by how much.", held, key, did_you_mean(key, fitting))
        found.append((operator, *_threshold(value, ref, scope)))
    if not found:
        refuse("DG200", "`by` compares nothing.", held, "write {above: 20%}")
    return tuple(found)


def _threshold(node: Node, ref: Ref, scope: Scope) -> tuple[Any, bool]:
    """A relative threshold as a Decimal, else an absolute one in the field's runtime form (dates: a timedelta)."""
    field = ref.field
    if field.type in DATES:
        length = operands.duration(node, scope)
        if length.delta is None:
            refuse("DG214", f"{length} has no fixed length.", node, "write it in days")
        return length.delta, False
    if field.type not in NUMBERS:
        refuse("DG224", f"`{ref.name}` holds {TYPES[field.type].words}, so it changes by no amount.", node)
    share = parse_percent(node.text) if isinstance(node, Scalar) else None
    if share is not None:
        return share, True
    if isinstance(node, Map) and "param" in node.items:
        param = scope.param(node)
        if param.type == "percent":
            relative = Wanted(Field(field.id, "percent", field.title), scope.currency)
            value = operands.constant(node, relative, scope).value
            assert isinstance(value, Decimal)
            return value, True
    return operands.constant(node, Wanted(field, scope.currency), scope).value, False


def _since(node: Node, scope: Scope) -> Any:
    found = operands.one(node, Wanted(Field("since", "date", "Since"), scope.currency), scope)
    if isinstance(found, FieldOperand) and found.times is not None:
        refuse("DG214", "A date cannot be multiplied.", node)
    return found


def _window(node: Node, scope: Scope) -> Any:
    length = operands.duration(node, scope)
    if length.business and not length.in_days:
        refuse("DG214", "Business hours are for promised times; a window counts plain ones.", node)
    return length


def _ignored(node: Node) -> tuple[str, ...]:
    return tuple(text(item, "a kind of change", node) for item in sequence(node, "a list of kinds of change", node))
