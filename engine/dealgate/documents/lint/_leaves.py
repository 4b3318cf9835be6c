"""Single tests as the solver sees them: which quantities they read, and what they answer for each value.

A quantity is what a test depends on and what another test may share with it: a field's value, whether it is filled,
how many records match. What cannot be compared here is a quantity of its own that may be anything, so that the solver
never finds a contradiction that is none.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from datetime import date
from fractions import Fraction
from typing import Any

from dealgate.model import condition as c
from dealgate.model.fields import Field
from dealgate.model.framework import Framework
from dealgate.model.operators import DATES, TEXTS, Operator

Answer = bool | None
Key = Hashable
"""What a quantity is: two tests with equal keys read the same."""
OTHER = "\0other"
"""A word that no test names."""
PRESENT, MISSING, HELD = "present", "missing", "held"
"""A field's value is there; is not; or only placeholder text is there."""
NOT_APPLICABLE = "\0not applicable"
_BOTH = (True, False)
ANYTHING: frozenset[Answer] = frozenset({True, False, None})
_SURE: frozenset[Answer] = frozenset(_BOTH)


class Quantity:
    """Something that tests read. ``points`` are the values that matter to one test.

    ``kind``: words (the points are all there is), presence (so, and never unknown), whole (integers around the points),
    dense (any number around them) or subsets (of the points). ``low`` and ``high`` bound a number. ``bit`` is the
    solver's own, short name for the key.
    """

    __slots__ = ("bit", "high", "key", "kind", "low", "points")

    def __init__(self, key: Key, kind: str, points: tuple[Any, ...], low: Any = None, high: Any = None) -> None:
        self.key, self.kind, self.points, self.low, self.high = key, kind, points, low, high
        self.bit = 0


class Leaf:
    """A test: what it reads and, given those values in order, its answer.

    ``known`` are its answers by itself, where they need no trying.
    """

    __slots__ = ("answer", "known", "reads")

    def __init__(
        self, reads: tuple[Quantity, ...], answer: Callable[..., Answer], known: frozenset[Answer] | None = None
    ) -> None:
        self.reads, self.answer, self.known = reads, answer, known


def free(*key: Hashable) -> Leaf:
    """A test that may come to anything, and to the same wherever it stands again."""
    return Leaf((Quantity(("free", *key), "words", _BOTH),), lambda v: v, ANYTHING)


def stage_key(name: str) -> Key:
    """The quantity of a choice of the deal: for asking what holds in one stage or status."""
    return ("value", name, False, "")


def field_leaf(node: c.Test) -> Leaf:
    """A test of one field."""
    field, operator = node.ref.field, node.operator
    owner = (field.id, node.ref.child)
    wanted = _value(node)
    if operator.key == "placeholder":
        there = Quantity(("filled", owner), "presence", (PRESENT, MISSING, HELD))
        return Leaf((there,), lambda p: (p == HELD) is wanted)
    if operator.key == "filled":
        there = Quantity(("filled", owner), "presence", (PRESENT, MISSING))
        if field.type == "multi_choice":
            held = Quantity(("value", *owner, ""), "subsets", ())
            return Leaf((there, held), lambda p, v: (p == PRESENT and v != frozenset()) is wanted)
        return Leaf((there,), lambda p: (p == PRESENT) is wanted, _SURE)
    inner = _compared(node, field, operator, owner)
    there = Quantity(("filled", owner), "presence", (PRESENT,))

    def answer(p: str, *values: Any) -> Answer:
        return inner.answer(*values) if p == PRESENT and None not in values else None

    return Leaf((there, *inner.reads), answer, inner.known)


def _value(node: c.Test) -> Any:
    operand = node.operands[0] if node.operands else None
    return operand.value if isinstance(operand, c.Literal) else True


def _compared(node: c.Test, field: Field, operator: Operator, owner: tuple[str, bool]) -> Leaf:
    """A test of a value that is there."""
    alone = free(owner, operator.key, node.operands, node.span, node.last_days, node.day)
    if node.last_days is not None or (node.span is not None and not node.day) or operator.operand == "pattern":
        return alone
    constants = [o.value for o in node.operands if isinstance(o, c.Literal)]
    if len(constants) == len(node.operands):
        if field.type in DATES:
            days = [_ordinal(value) for value in constants]
            return _numeric(("value", *owner, ""), "whole", operator, days) if None not in days else alone
        return _constant(field, operator, owner, constants, alone)
    offsets = [_offset(o) for o in node.operands]
    if None not in offsets:
        return _numeric(("value", *owner, "from today"), "whole", operator, offsets)
    return _against(node, operator, owner) if len(node.operands) == 1 and operator.operand != "words" else alone


def _ordinal(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_ordinal(v) for v in value)
    return value.toordinal() if isinstance(value, date) else None


def _offset(operand: c.Operand) -> int | None:
    """Days from today, where an operand is that."""
    if not isinstance(operand, c.Clock) or operand.word != "today":
        return None
    if operand.plus is None:
        return 0
    delta = operand.plus.delta
    return delta.days if delta is not None and operand.plus.in_days else None


def _against(node: c.Test, operator: Operator, owner: tuple[str, bool]) -> Leaf:
    """Against another field, a day or a parameter that varies: below, equal or above."""
    operand = node.operands[0]
    same = isinstance(operand, c.FieldOperand) and operand == c.FieldOperand(node.ref)
    sides = Quantity(("against", owner, node.day, operand), "words", (0,) if same else (-1, 0, 1))
    return Leaf((sides,), lambda side: operator.test(side, 0), None if same else ANYTHING)


def _constant(field: Field, operator: Operator, owner: tuple[str, bool], values: list[Any], alone: Leaf) -> Leaf:
    key = ("value", *owner, "")
    if field.type == "choice":
        return _choice(field, operator, key, values)
    if field.type == "boolean":
        return Leaf((Quantity(key, "words", _BOTH),), lambda v: operator.test(v, *values))
    if field.type == "multi_choice":
        wanted = values[0]
        if not isinstance(wanted, frozenset):
            return alone
        return Leaf((Quantity(key, "subsets", tuple(wanted)),), lambda v: operator.test(v, wanted))
    if field.type in TEXTS:
        if operator.operand == "words":
            word = Quantity(key, "words", (OTHER,))
            return Leaf((word, *alone.reads), lambda v, other: other if v == OTHER else operator.test(v, *values))
        words = values[0] if isinstance(values[0], tuple) else values
        return Leaf((Quantity(key, "words", (*words, OTHER)),), lambda v: operator.test(v, *values))
    return _numeric(key, "whole" if field.type in ("integer", "level", "money") else "dense", operator, values)


def _choice(field: Field, operator: Operator, key: Key, values: list[Any]) -> Leaf:
    options = field.options
    named = () if operator.ranks else values[0] if isinstance(values[0], tuple) else tuple(values)
    beyond = (OTHER,) if field.open or not options else ()
    words = Quantity(key, "words", tuple(dict.fromkeys((*options, *named, *beyond))))
    if not operator.ranks:
        return Leaf((words,), lambda v: operator.test(v, *values))
    return Leaf((words,), lambda v: operator.test(options.index(v), *values) if v in options else None)


def _numeric(key: Key, kind: str, operator: Operator, values: Iterable[Any], low: Any = None, high: Any = None) -> Leaf:
    """A number against constants."""
    given = tuple(values)
    points = tuple(p for v in given for p in (v if isinstance(v, tuple) else (v,)))
    either = len(given) == 1 and low is None and high is None
    known = ANYTHING if either else None  # one constant leaves numbers on both sides
    return Leaf((Quantity(key, kind, points, low, high),), lambda v: operator.test(v, *given), known)


def number_leaf(key: Key, kind: str, node: c.Count | c.Sum, low: Any, high: Any) -> Leaf:
    """A count or a sum against its operands."""
    constants = [o.value for o in node.operands if isinstance(o, c.Literal)]
    if len(constants) < len(node.operands):
        return free(key, node.operator.key, node.operands)
    return _numeric(key, kind, node.operator, constants, low, high)


def level_leaf(node: c.ElementLevel, framework: Framework | None) -> Leaf:
    """An element's level; one that does not apply passes every test, and one that the buyer denied stands at 0."""
    constants = [o.value for o in node.operands if isinstance(o, c.Literal)]
    if framework is None or len(constants) < len(node.operands):
        return free("level", node.framework, node.element, node.operator.key, node.operands)
    levels = {0, *range(framework.lowest, framework.highest + 1)}
    beyond = (MISSING,) if node.operator.sees_missing else ()
    key = ("level", node.framework, node.element)
    words = Quantity(key, "words", (*sorted(levels), NOT_APPLICABLE, *beyond))

    def answer(level: Any) -> Answer:
        if level == NOT_APPLICABLE:
            return True
        if node.operator.sees_missing:
            return node.operator.test(None if level == MISSING else level, *constants)
        return None if level == MISSING else node.operator.test(level, *constants)

    return Leaf((words,), answer)


def status_leaf(node: c.FrameworkIs, framework: Framework | None) -> Leaf:
    """A framework's status, of those it can come to."""
    if framework is None:
        return free("status", node.framework, node.statuses)
    decides = framework.qualified_when is not None
    decides = decides or (framework.score is not None and framework.score.pass_mark is not None)
    own = ("qualified", "not_qualified") if decides else ()
    reachable = (*own, "unknown", *(d.then for d in framework.disqualify))

    def answer(status: str) -> Answer:
        return None if status == "unknown" and "unknown" not in node.statuses else status in node.statuses

    return Leaf((Quantity(("status", node.framework), "words", tuple(dict.fromkeys(reachable))),), answer)


def score_leaf(node: c.FrameworkScore, framework: Framework | None) -> Leaf:
    """A framework's score, within what its elements can add up to."""
    constants = [o.value for o in node.operands if isinstance(o, c.Literal)]
    key = ("score", node.framework, node.method, node.level)
    score = framework.scored(node.method, node.level) if framework is not None else None
    if framework is None or score is None or len(constants) < len(node.operands):
        return free(key, node.operator.key, node.operands)
    count, highest = len(framework.elements), framework.highest
    top = {"count_at_least": count, "sum": count * highest, "lowest": highest}.get(score.method, 100)
    kind = "dense" if score.method == "weighted" else "whole"
    exact = [tuple(map(Fraction, v)) if isinstance(v, tuple) else Fraction(v) for v in constants]
    return _numeric(key, kind, node.operator, exact, 0, top)
