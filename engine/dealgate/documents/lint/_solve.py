"""What conditions can come to, alone and together: exact where few quantities are shared, else anything.

Every answer errs to one side: what is called impossible is impossible. Tests that read the same quantity are tried on
each value that matters to one of them; tests that share nothing are independent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import chain, combinations, pairwise, product
from typing import Any

from dealgate.model import condition as c
from dealgate.model.answers import every_part, inverted
from dealgate.model.process import Criterion, Process

from ._leaves import (
    ANYTHING,
    OTHER,
    Answer,
    Key,
    Leaf,
    Quantity,
    field_leaf,
    free,
    level_leaf,
    number_leaf,
    score_leaf,
    status_leaf,
)

LIMIT = 20_000
"""More cases than this are not tried: then everything counts as possible."""
MOST_OPTIONS = 6
Given = Mapping[Key, Any]
"""Quantities whose value is known."""


class Formula:
    """A condition as the solver has it. ``kind``: all, any, not or leaf.

    ``keys`` are the quantities it reads, one bit each; ``alone`` that none is read by two of its tests.
    """

    __slots__ = ("alone", "keys", "kind", "leaf", "parts")

    def __init__(
        self, kind: str, parts: tuple[Formula, ...] = (), *, leaf: Leaf | None = None, keys: int = 0, alone: bool = True
    ) -> None:
        self.kind, self.parts, self.leaf, self.keys, self.alone = kind, parts, leaf, keys, alone


class TooMany(Exception):
    """More cases than can be tried."""


class Solver:
    """Answers about one process's conditions; remembers what it worked out."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._criteria = {k.id: k for k in process.criteria}
        self._bits: dict[Key, int] = {}
        self._opened: list[str] = []
        self._made: dict[tuple[str, str], Formula] = {}
        self._known: dict[Formula, frozenset[Answer]] = {}

    # ------------------------------------------------ asking

    def answers(self, formula: Formula, given: Given | None = None) -> frozenset[Answer]:
        """What a formula can come to."""
        bound = self._bound(given, formula.keys)
        if not bound and formula in self._known:
            return self._known[formula]
        if formula.alone:
            found = _composed(formula, bound)
        else:
            found = frozenset(answers[0] for answers in _outcomes([formula], bound))
        if not bound:
            self._known[formula] = found
        return found

    def together(self, first: Formula, second: Formula) -> frozenset[tuple[Answer, Answer]]:
        """The pairs of answers that two formulas can come to at once."""
        if not first.keys & second.keys:
            return frozenset(product(self.answers(first), self.answers(second)))
        return frozenset((a, b) for a, b in _outcomes([first, second], {}))

    def all_true(self, formulas: Sequence[Formula], given: Given | None = None) -> bool:
        """Whether all can be true at once."""
        for group in _groups(formulas):
            if len(group) == 1:
                if True not in self.answers(group[0], given):
                    return False
            elif not any(all(answers) for answers in _outcomes(group, self._bound(given))):
                return False
        return True

    def witness(self, wanted: Sequence[tuple[Formula, bool]]) -> dict[Key, Any] | None:
        """Values, each known, for which each formula comes to what is wanted; None where there are none or too many.

        Of a quantity that may be anything (``free``) the value says nothing: ask only where there is none.
        """
        formulas = [formula for formula, _ in wanted]
        try:
            domains = _domains(formulas, {})
        except TooMany:
            return None
        names = {bit: key for key, bit in self._bits.items()}
        known = [[v for v in values if v is not None] for values in domains.values()]
        for values in product(*known):
            case = dict(zip(domains, values, strict=True))
            if all(_answer(formula, case) is answer for formula, answer in wanted):
                return {names[bit]: value for bit, value in case.items()}
        return None

    def _bound(self, given: Given | None, keys: int = -1) -> dict[int, Any]:
        """What is known of the quantities that are read at all, by their bit."""
        known = ((self._bits.get(key, 0), value) for key, value in (given or {}).items())
        return {bit: value for bit, value in known if bit & keys}

    # ------------------------------------------------ making formulas

    def check(self, criterion: Criterion) -> Formula:
        """A criterion's check."""
        return self._once("check", criterion, criterion.check)

    def applies(self, criterion: Criterion) -> Formula | None:
        """When a criterion applies; None for always."""
        when = criterion.applies_when
        return None if when is None else self._once("applies", criterion, when)

    def passes(self, criterion: Criterion) -> Formula:
        """A criterion that does not hold a deal back: it does not apply, or is met."""
        key = ("passes", criterion.id)
        if key not in self._made:
            applies, check = self.applies(criterion), self.check(criterion)
            self._made[key] = check if applies is None else _several("any", (_negated(applies), check))
        return self._made[key]

    def _once(self, what: str, criterion: Criterion, node: c.Condition) -> Formula:
        key = (what, criterion.id)
        if key not in self._made:
            self._opened.append(criterion.id)
            self._made[key] = self.formula(node)
            self._opened.pop()
        return self._made[key]

    def formula(self, node: c.Condition) -> Formula:
        """A condition as a formula."""
        match node:
            case c.All() | c.AnyOf():
                return _several("all" if isinstance(node, c.All) else "any", tuple(map(self.formula, node.parts)))
            case c.Not():
                return _negated(self.formula(node.part))
            case c.Named():
                return self.formula(node.body)
            case c.Children(kind="every"):
                assert node.where is not None
                return _negated(self._some(node.collection, _opposite(node.where)))
            case c.Children():
                some = self._some(node.collection, node.where)
                return _negated(some) if node.kind == "none" else some
            case c.CriterionRef():
                referred = self._criteria.get(node.criterion)
                if referred is not None and referred.id not in self._opened:
                    return self.passes(referred)
        return self._formula(self._leaf(node))

    def _leaf(self, node: c.Condition) -> Leaf:
        frameworks = self._process.frameworks
        match node:
            case c.Test():
                return field_leaf(node)
            case c.Count():
                most = 0 if node.where is not None and not self._can_hold(node.where) else None
                key = ("count", node.collection, node.where, node.distinct)
                return number_leaf(key, "whole", node, 0, most)
            case c.Sum():
                return number_leaf(("sum", node.collection, node.of, node.where), "dense", node, None, None)
            case c.ElementLevel():
                return level_leaf(node, frameworks.get(node.framework))
            case c.ElementAnswer():
                answers = ("yes", "no", "not_applicable")
                quantity = Quantity(("answer", node.framework, node.element), "words", answers)
                return Leaf((quantity,), lambda v: v == node.answer)
            case c.FrameworkIs():
                return status_leaf(node, frameworks.get(node.framework))
            case c.FrameworkScore():
                return score_leaf(node, frameworks.get(node.framework))
        return free(node)

    def _some(self, collection: str, where: c.Condition | None) -> Formula:
        """At least one record is such: never, where none can be."""
        can = where is None or self._can_hold(where)
        quantity = Quantity(("some", collection, where), "words", (True, False) if can else (False,))
        return self._formula(Leaf((quantity,), lambda v: v, ANYTHING if can else None))

    def _formula(self, leaf: Leaf) -> Formula:
        keys = 0
        for quantity in dict.fromkeys(leaf.reads):
            quantity.bit = self._bits.setdefault(quantity.key, 1 << len(self._bits))
            keys |= quantity.bit
        return Formula("leaf", leaf=leaf, keys=keys)

    def _can_hold(self, where: c.Condition) -> bool:
        return True in self.answers(self.formula(where))


def _opposite(node: c.Condition) -> c.Condition:
    return node.part if isinstance(node, c.Not) else c.Not(node)


def _negated(part: Formula) -> Formula:
    return part.parts[0] if part.kind == "not" else Formula("not", (part,), keys=part.keys, alone=part.alone)


def _several(kind: str, parts: tuple[Formula, ...]) -> Formula:
    keys, alone = 0, True
    for part in parts:
        alone = alone and part.alone and not keys & part.keys
        keys |= part.keys
    return Formula(kind, parts, keys=keys, alone=alone)


# ---------------------------------------------------------------- answers


def _composed(formula: Formula, given: Mapping[int, Any]) -> frozenset[Answer]:
    """The answers of a formula whose tests share nothing."""
    if formula.leaf is not None:
        if formula.leaf.known is not None and not given:
            return formula.leaf.known
        return frozenset(answers[0] for answers in _outcomes([formula], given))
    parts = [_composed(part, given) for part in formula.parts]
    if formula.kind == "not":
        return inverted(parts[0])
    return inverted(every_part(list(map(inverted, parts)))) if formula.kind == "any" else every_part(parts)


def _outcomes(formulas: Sequence[Formula], given: Mapping[int, Any]) -> Iterator[tuple[Answer, ...]]:
    """What formulas come to together in every case; each combination there is, where the cases are too many."""
    try:
        domains = _domains(formulas, given)
    except TooMany:
        yield from product((True, False, None), repeat=len(formulas))
        return
    for values in product(*domains.values()):
        case = dict(zip(domains, values, strict=True))
        yield tuple(_answer(f, case) for f in formulas)


def _answer(formula: Formula, case: Mapping[int, Any]) -> Answer:
    if formula.leaf is not None:
        values = [case[q.bit] for q in formula.leaf.reads]
        return None if None in values else formula.leaf.answer(*values)
    if formula.kind == "not":
        answer = _answer(formula.parts[0], case)
        return None if answer is None else not answer
    decisive = formula.kind == "any"
    unknown = False
    for part in formula.parts:
        answer = _answer(part, case)
        if answer is decisive:
            return decisive
        unknown = unknown or answer is None
    return None if unknown else not decisive


def _leaves(formula: Formula) -> Iterator[Leaf]:
    if formula.leaf is not None:
        yield formula.leaf
    for part in formula.parts:
        yield from _leaves(part)


def _groups(formulas: Sequence[Formula]) -> list[list[Formula]]:
    """Formulas by what they share."""
    groups: list[tuple[int, list[Formula]]] = []
    for formula in formulas:
        keys, members = formula.keys, [formula]
        apart = []
        for group in groups:
            if group[0] & keys:
                keys |= group[0]
                members = [*group[1], *members]
            else:
                apart.append(group)
        groups = [*apart, (keys, members)]
    return [members for _, members in groups]


# ---------------------------------------------------------------- values


def _domains(formulas: Sequence[Formula], given: Mapping[int, Any]) -> dict[int, Sequence[Any]]:
    """For each quantity the values that make a difference, and None for one that is not known."""
    read: dict[int, list[Quantity]] = {}
    for formula in formulas:
        for leaf in _leaves(formula):
            for quantity in leaf.reads:
                read.setdefault(quantity.bit, []).append(quantity)
    found: dict[int, Sequence[Any]] = {}
    cases = 1
    for bit, quantities in read.items():
        values = (given[bit],) if bit in given else _values(quantities)
        cases *= len(values)
        if cases > LIMIT:
            raise TooMany
        found[bit] = values
    return found


def _values(quantities: list[Quantity]) -> Sequence[Any]:
    first = quantities[0]
    points = list(dict.fromkeys(chain.from_iterable(q.points for q in quantities)))
    if first.kind == "presence":
        return points
    if first.kind == "words":
        return [*points, None]
    if first.kind == "subsets":
        options = [*points, OTHER]
        if len(options) > MOST_OPTIONS:
            raise TooMany
        sizes = range(len(options) + 1)
        return [*map(frozenset, chain.from_iterable(combinations(options, n) for n in sizes)), None]
    points = sorted({*points, *(p for p in (first.low, first.high) if p is not None)})
    around = _around(points) if first.kind == "whole" else _between(points)
    inside = [v for v in around if (first.low is None or v >= first.low) and (first.high is None or v <= first.high)]
    return [*inside, None]


def _around(points: Iterable[Any]) -> list[Any]:
    return sorted({v for p in points for v in (p - 1, p, p + 1)})


def _between(points: list[Any]) -> list[Any]:
    if not points:
        return []
    step: Any = timedelta(days=1) if isinstance(points[0], timedelta) else 1
    middles = [(a + b) / 2 for a, b in pairwise(points)]
    return sorted([points[0] - step, *points, *middles, points[-1] + step])
