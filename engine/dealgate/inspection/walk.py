"""The language's own walker, over what inspections add to it: measures, criteria by verdict, groups of deals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from ..compile import facts
from ..compile.reference import Walk, fractions
from ..model import condition as c
from ..model.deal import Record
from ..model.inspection import DEAL_MEASURES
from ..model.operators import over_range
from ..model.verdict import Status
from .measures import Measures


@dataclass(slots=True, eq=False)
class DealWalk(Walk):
    """One deal, with its measures."""

    measures: Measures | None = None
    _named: dict[int, bool | None] = field(default_factory=dict)
    """What named conditions came to, by their identity: many rules ask the same."""

    def value(self, ref: c.Ref, child: Record | None) -> Any:
        """A field's or measure's typed value, None where missing."""
        if not ref.child and ref.name in DEAL_MEASURES and ref.name not in self.process.catalogue.deal:
            assert self.measures is not None
            return self.measures.get(ref.name)
        # explicit, for a slotted dataclass is made anew and super() of no arguments would name the first one
        return Walk.value(self, ref, child)

    def holds(self, node: c.Condition, child: Record | None = None) -> bool | None:
        """True, false or None (unknown)."""
        if isinstance(node, c.CriteriaCount):
            assert self.measures is not None
            found = [v.status for v in self.measures.criteria(node.criteria)]
            sure = sum(status.value in node.statuses for status in found)
            # a verdict that is unknown may be met or unmet when it is known
            doubt = 0 if "unknown" in node.statuses else sum(status is Status.UNKNOWN for status in found)
            operands = [self.operand(o, None, day=False) for o in node.operands]
            return None if None in operands else over_range(node.operator, sure, sure + doubt, tuple(operands))
        # a deal's conditions change nothing, so what cannot change the answer is not asked
        if isinstance(node, c.All):
            return self._until(False, node.parts, child)
        if isinstance(node, c.AnyOf):
            return self._until(True, node.parts, child)
        if isinstance(node, c.Named) and child is None:
            if id(node) not in self._named:
                self._named[id(node)] = self.holds(node.body)
            return self._named[id(node)]
        return Walk.holds(self, node, child)

    def _until(self, end: bool, parts: Sequence[c.Condition], child: Record | None) -> bool | None:
        """``end`` where a part is; else unknown where one is; else not ``end``."""
        found: bool | None = not end
        for part in parts:
            answer = self.holds(part, child)
            if answer is end:
                return end
            if answer is None:
                found = None
        return found


@dataclass(slots=True, eq=False)
class GroupWalk(Walk):
    """A group of deals: its own record holds the group's measures."""

    members: Sequence[DealWalk] = ()
    seen: dict[str, Any] = field(default_factory=dict)
    """What tests of deals came to, by the words for it."""
    deals: dict[str, None] = field(default_factory=dict)
    """The deals that they rest on, in order."""

    def holds(self, node: c.Condition, child: Record | None = None) -> bool | None:
        """True, false or None (unknown)."""
        match node:
            case c.GroupCount():
                return self._count(node)
            case c.Share():
                return self._share(node)
            case c.Largest():
                return self._largest(node)
        return Walk.holds(self, node, child)

    def _asked(self, condition: c.Condition | None) -> list[tuple[DealWalk, bool | None]]:
        asked = self.members if condition is None else may_hold(condition, self.members)
        found = [(one, True if condition is None else one.holds(condition)) for one in asked]
        return [(one, answer) for one, answer in found if answer is not False]

    def _count(self, node: c.GroupCount) -> bool | None:
        found = self._asked(node.where)
        sure = [one for one, answer in found if answer]
        operands = [self.operand(o, None, day=False) for o in node.operands]
        self._tell("deals", len(sure), sure)
        return None if None in operands else over_range(node.operator, len(sure), len(found), tuple(operands))

    def _share(self, node: c.Share) -> bool | None:
        among = [
            (one, answer, one.holds(node.where), self._weight(one, node.of)) for one, answer in self._asked(node.among)
        ]
        if any(weight is None for *_, weight in among):
            return None

        def total(inside: tuple[bool | None, ...], where: tuple[bool | None, ...]) -> Fraction:
            weights = (w for _, a, b, w in among if a in inside and b in where)
            # whole numbers, as weights mostly are, add up much quicker
            return Fraction(sum(w if type(w) is int else Fraction(w) for w in weights))

        every, doubt = (True, None, False), (None,)
        sure, may = total((True,), every), total(doubt, (True, None))
        if sure + may <= 0 or (sure <= 0 and among and all(a is None for _, a, *_ in among)):
            return None
        least = total((True,), (True,)) / max(sure + total(doubt, (None, False)), Fraction(1, 10**9))
        most = min(Fraction(1), (total((True,), (True, None)) + may) / (sure + may))
        operands = [self.operand(o, None, day=False) for o in node.operands]
        self._tell("share", least, [one for one, a, b, _ in among if a and b])
        if node.of is None:
            told = [b for _, a, b, _ in among if a]
            self.seen["counted"] = (told.count(True), len(told) - told.count(None), told.count(None))
        return None if None in operands else over_range(node.operator, least, most, fractions(operands))

    def _largest(self, node: c.Largest) -> bool | None:
        found = [(one, answer, self._weight(one, node.of)) for one, answer in self._asked(node.among)]
        if any(answer is None or weight is None for _, answer, weight in found):
            return None
        weights = [(Fraction(weight), one) for one, _, weight in found if weight is not None]
        total = sum((weight for weight, _ in weights), Fraction(0))
        if total <= 0:
            return None
        most, top = max(weights, key=lambda pair: (pair[0], pair[1].deal.id))
        operands = [self.operand(o, None, day=False) for o in node.operands]
        self._tell("largest", most / total, [top])
        return None if None in operands else node.operator.test(most / total, *fractions(operands))

    def _weight(self, one: DealWalk, of: c.Ref | None) -> Any:
        return 1 if of is None else facts.comparable(one.value(of, None), of.field, self.moment)

    def _tell(self, word: str, figure: Any, rests_on: Sequence[DealWalk]) -> None:
        self.seen[word] = figure
        self.deals.update(dict.fromkeys(one.deal.id for one in rests_on))


def may_hold(condition: c.Condition, walks: Sequence[DealWalk]) -> Sequence[DealWalk]:
    """The deals that a condition may hold of, by their status alone: of the others it is false."""
    wanted = statuses(condition)
    if wanted is None:
        return walks
    # where the status is not known, nor is the answer
    return [one for one in walks if (status := one.deal.fields.get("status")) is None or status in wanted]


def statuses(condition: c.Condition) -> frozenset[str] | None:
    """The statuses with which a condition is not false whatever else is; None: any."""
    match condition:
        case c.Named():
            return statuses(condition.body)
        case c.All():
            asked = [found for part in condition.parts if (found := statuses(part)) is not None]
            return frozenset.intersection(*asked) if asked else None
        case c.AnyOf():
            each = [statuses(part) for part in condition.parts]
            return None if None in each else frozenset().union(*(one for one in each if one is not None))
        case c.Test() if condition.ref.name == "status" and not condition.ref.child:
            said = [one.value for one in condition.operands if isinstance(one, c.Literal)]
            if len(said) < len(condition.operands):
                return None
            if condition.operator.key == "is":
                return frozenset(said)
            if condition.operator.key == "in":
                return frozenset(said[0] if len(said) == 1 and not isinstance(said[0], str) else said)
    return None
