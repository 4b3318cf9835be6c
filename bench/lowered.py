"""Two-valued lowering: "is true" and "is false" of a three-valued condition, for engines without a third value."""

from __future__ import annotations

from dataclasses import dataclass

from .criteria import Compare, Condition, Contacts, Every, Not, OneOf, Present, Some, fields_of

_OPPOSITE = {">=": "<", "<=": ">", ">": "<=", "<": ">=", "==": "!=", "!=": "=="}


@dataclass(frozen=True, slots=True)
class IsNull:
    """The field is missing, or is not."""

    name: str
    null: bool


@dataclass(frozen=True, slots=True)
class Member:
    """The field is one of some words, or is none of them."""

    name: str
    words: tuple[str, ...]
    inside: bool


@dataclass(frozen=True, slots=True)
class Number:
    """The number of matching contacts is at least, or below, a mark."""

    count: Contacts
    reached: bool


@dataclass(frozen=True, slots=True)
class And:
    """All parts."""

    parts: tuple[Lowered, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any part."""

    parts: tuple[Lowered, ...]


Lowered = IsNull | Compare | Member | Number | And | Or


def is_true(condition: Condition) -> Lowered:
    """An expression that holds where the condition is true."""
    return _lower(condition, True)


def is_false(condition: Condition) -> Lowered:
    """An expression that holds where the condition is false."""
    return _lower(condition, False)


def _lower(condition: Condition, wanted: bool) -> Lowered:
    match condition:
        case Not(part):
            return _lower(part, not wanted)
        case Every(parts) | Some(parts):
            lowered = tuple(_lower(p, wanted) for p in parts)
            return And(lowered) if isinstance(condition, Every) is wanted else Or(lowered)
        case Present(name):
            return IsNull(name, not wanted)
        case Compare(sign, left, right):
            known = tuple(IsNull(name, False) for name in dict.fromkeys(fields_of(condition)))
            return And((*known, condition if wanted else Compare(_OPPOSITE[sign], left, right)))
        case OneOf(name, words):
            return And((IsNull(name, False), Member(name, words, wanted)))
        case Contacts():
            return And((IsNull("contacts", False), Number(condition, wanted)))


def without_needless_guards(node: Lowered) -> Lowered:
    """The same without null tests that an equality or a membership makes by itself."""
    if isinstance(node, Or):
        return Or(tuple(without_needless_guards(p) for p in node.parts))
    if not isinstance(node, And):
        return node
    parts = [without_needless_guards(p) for p in node.parts]
    guarded = set()
    for part in parts:
        if isinstance(part, Member) and part.inside:
            guarded.add(part.name)
        elif isinstance(part, Compare) and part.sign == "==":
            guarded.update(fields_of(part.left))
    parts = [p for p in parts if not (isinstance(p, IsNull) and not p.null and p.name in guarded)]
    return parts[0] if len(parts) == 1 else And(tuple(parts))
