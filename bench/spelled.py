"""Lowered conditions spelled in the infix languages of other engines, which differ in a few words."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .criteria import CRITERIA, Arithmetic, Compare, Const, Contacts, Day, Field, Term
from .lowered import And, IsNull, Lowered, Member, Or, is_true
from .workload import AS_OF


def quoted(value: Any) -> str:
    """A literal, texts in double quotes."""
    return json.dumps(value)


@dataclass(frozen=True, slots=True)
class Dialect:
    """The words of a language, and how it counts the contacts that match."""

    both: str
    either: str
    count: Callable[[Contacts], str]
    not_in: str = "!({name} in {words})"
    literal: Callable[[Any], str] = quoted

    def criteria(self) -> list[str]:
        """Each of the forty: an expression that holds where the criterion is true."""
        return [self.spell(is_true(condition)) for condition in CRITERIA.values()]

    def term(self, term: Term) -> str:
        """A term."""
        match term:
            case Field(name):
                return name
            case Const(value):
                return self.literal(value)
            case Day(offset):
                return str(AS_OF + offset)
            case Arithmetic(sign, left, right):
                return f"({self.term(left)} {sign} {self.term(right)})"

    def spell(self, node: Lowered) -> str:
        """A lowered condition."""
        match node:
            case IsNull(name, null):
                return f"{name} {'==' if null else '!='} null"
            case Compare(sign, left, right):
                return f"{self.term(left)} {sign} {self.term(right)}"
            case Member(name, words, inside):
                listed = f"[{', '.join(map(self.literal, words))}]"
                return f"{name} in {listed}" if inside else self.not_in.format(name=name, words=listed)
            case And(parts):
                return f"({f' {self.both} '.join(map(self.spell, parts))})"
            case Or(parts):
                return f"({f' {self.either} '.join(map(self.spell, parts))})"
        return f"{self.count(node.count)} {'>=' if node.reached else '<'} {node.count.at_least}"


def cel_count(count: Contacts) -> str:
    """How CEL counts contacts."""
    return f"size(contacts.filter(c_, {' && '.join(f'c_.{k} == {quoted(v)}' for k, v in count.match)}))"


CEL = Dialect("&&", "||", cel_count)
