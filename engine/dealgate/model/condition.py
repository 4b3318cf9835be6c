"""The checked condition tree: what a rule means, once types and names were checked. One for all back ends."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from .diagnostics import NOWHERE, Where
from .fields import Field
from .operators import Operator
from .struct import Struct, field
from .values import Duration


class Ref(Struct):
    """A field a test reads: of the deal, or (``child``) of the record inside a ``where``."""

    field: Field
    child: bool = False

    @property
    def name(self) -> str:
        """The field's id as a rule spells it."""
        return self.field.id


class Literal(Struct):
    """A constant of the runtime form the test compares; ``said`` is the parameter it came from, in words.

    ``value`` is already comparable: folded text, minor units, rank of an ordered choice. ``shown`` is for a reader.
    """

    value: Any
    shown: Any = None
    said: str = ""


class FieldOperand(Struct):
    """Another field's value, times an exact ratio or plus a duration."""

    ref: Ref
    times: Decimal | None = None
    plus: Duration | None = None


class Clock(Struct):
    """A day counted from the moment's own: ``{date: end_of_month, plus: 2 business days}``."""

    word: str
    plus: Duration | None = None


class ByField(Struct):
    """A parameter whose value varies by a choice field; unknown where the field is missing or has no value."""

    ref: Ref
    values: tuple[tuple[str, Literal], ...]
    said: str = ""
    otherwise: Literal | None = None


Operand = Literal | FieldOperand | Clock | ByField


class All(Struct):
    """Every part holds."""

    parts: tuple[Condition, ...]
    at: Where = field(default=NOWHERE, compare=False)


class AnyOf(Struct):
    """At least one part holds."""

    parts: tuple[Condition, ...]
    at: Where = field(default=NOWHERE, compare=False)


class Not(Struct):
    """The part does not hold."""

    part: Condition
    at: Where = field(default=NOWHERE, compare=False)


class Test(Struct):
    """One operator on one field. ``day`` compares a date or a moment by its local day."""

    ref: Ref
    operator: Operator
    operands: tuple[Operand, ...]
    span: Duration | None = None
    """The duration of within_last, within_next and older_than; operands are then its bounds."""
    last_days: tuple[int, str] | None = None
    day: bool = False
    at: Where = field(default=NOWHERE, compare=False)


class Children(Struct):
    """``kind`` (some, every, none) of a collection's records are such that ``where`` holds."""

    kind: str
    collection: str
    where: Condition | None
    at: Where = field(default=NOWHERE, compare=False)


class Count(Struct):
    """How many records (or distinct values of ``distinct``) match, tested by an operator."""

    collection: str
    where: Condition | None
    distinct: Ref | None
    operator: Operator
    operands: tuple[Operand, ...]
    at: Where = field(default=NOWHERE, compare=False)


class Sum(Struct):
    """The sum of a field over the matching records, tested by an operator."""

    collection: str
    of: Ref
    where: Condition | None
    operator: Operator
    operands: tuple[Operand, ...]
    at: Where = field(default=NOWHERE, compare=False)


class Changed(Struct):
    """The field changed at least so often, in the way the other keys say, while the deal was open.

    ``by`` is (operator, exact threshold, relative?): ``above: 20%`` is relative, ``above: 5000`` absolute.
    """

    ref: Ref
    direction: str = "any"
    across: str | None = None
    by: tuple[tuple[Operator, Any, bool], ...] = ()
    since: Operand | None = None
    within_last: Duration | None = None
    ignore: tuple[str, ...] = ()
    at_least: int = 1
    at: Where = field(default=NOWHERE, compare=False)


class ElementLevel(Struct):
    """A framework element's level, tested by an operator."""

    framework: str
    element: str
    operator: Operator
    operands: tuple[Operand, ...]
    at: Where = field(default=NOWHERE, compare=False)


class ElementAnswer(Struct):
    """The buyer's answer (yes, no, not_applicable) to a framework element."""

    framework: str
    element: str
    answer: str
    at: Where = field(default=NOWHERE, compare=False)


class FrameworkIs(Struct):
    """A framework's status is one of these."""

    framework: str
    statuses: tuple[str, ...]
    at: Where = field(default=NOWHERE, compare=False)


class FrameworkScore(Struct):
    """A framework's score, a range while elements are missing, tested by an operator.

    ``method``: total is the framework's own score; any other works its levels out anew, such as how many elements
    reach ``level`` (count_at_least).
    """

    framework: str
    operator: Operator
    operands: tuple[Operand, ...]
    at: Where = field(default=NOWHERE, compare=False)
    method: str = "total"
    level: int | None = None


class FrameworkBand(Struct):
    """A framework's score lies in a band, or a better one."""

    framework: str
    band: str
    or_better: bool
    at: Where = field(default=NOWHERE, compare=False)


class Proof(Struct):
    """There is valid evidence of a type (or of any): strong, from the buyer, recent enough."""

    type: str
    at_least: int = 1
    from_buyer: bool | None = None
    within_last: Duration | None = None
    at: Where = field(default=NOWHERE, compare=False)


class Named(Struct):
    """A condition the process defines by name."""

    name: str
    body: Condition
    at: Where = field(default=NOWHERE, compare=False)


class CriterionRef(Struct):
    """Another criterion's verdict before overrides; not applicable counts as true."""

    criterion: str
    at: Where = field(default=NOWHERE, compare=False)


class CriteriaCount(Struct):
    """How many criteria of a set (``current_exit``, ``commit``) have one of the statuses, tested by an operator."""

    criteria: str
    statuses: tuple[str, ...]
    operator: Operator
    operands: tuple[Operand, ...]
    at: Where = field(default=NOWHERE, compare=False)


class GroupCount(Struct):
    """How many deals of a group match, tested by an operator."""

    where: Condition | None
    operator: Operator
    operands: tuple[Operand, ...]
    at: Where = field(default=NOWHERE, compare=False)


class Share(Struct):
    """Which share of a group's deals (of those in ``among``) matches, by number or by the field ``of``."""

    where: Condition
    among: Condition | None
    of: Ref | None
    operator: Operator
    operands: tuple[Operand, ...]
    at: Where = field(default=NOWHERE, compare=False)


class Largest(Struct):
    """The largest deal's part of the sum of a field over a group's deals (of those in ``among``)."""

    among: Condition | None
    of: Ref
    operator: Operator
    operands: tuple[Operand, ...]
    at: Where = field(default=NOWHERE, compare=False)


Condition = (
    All | AnyOf | Not | Test | Children | Count | Sum | Changed | ElementLevel | ElementAnswer | FrameworkIs
    | FrameworkScore | FrameworkBand | Proof | Named | CriterionRef | CriteriaCount | GroupCount | Share | Largest
)  # fmt: skip


def amount_beside(test: Test) -> Ref | None:
    """The one other amount that a test compares an amount with, if it does."""
    operand = test.operands[0] if len(test.operands) == 1 else None
    both = isinstance(operand, FieldOperand) and test.ref.field.type == operand.ref.field.type == "money"
    return operand.ref if both and isinstance(operand, FieldOperand) else None


def parts(condition: Condition) -> tuple[Condition, ...]:
    """The conditions directly inside one."""
    if isinstance(condition, (All, AnyOf)):
        return condition.parts
    if isinstance(condition, Not):
        return (condition.part,)
    if isinstance(condition, Named):
        return (condition.body,)
    if isinstance(condition, (Children, Count, Sum, GroupCount)) and condition.where is not None:
        return (condition.where,)
    if isinstance(condition, (Share, Largest)):
        where = (condition.where,) if isinstance(condition, Share) else ()
        return where if condition.among is None else (*where, condition.among)
    return ()


def walk(condition: Condition) -> Iterator[Condition]:
    """The condition and all inside it, outermost first."""
    yield condition
    for part in parts(condition):
        yield from walk(part)


def operands(condition: Condition) -> tuple[Operand, ...]:
    """The operands one node compares with."""
    if isinstance(
        condition, (Test, Count, Sum, ElementLevel, FrameworkScore, CriteriaCount, GroupCount, Share, Largest)
    ):
        return condition.operands
    if isinstance(condition, Changed) and condition.since is not None:
        return (condition.since,)
    return ()


def refs(condition: Condition) -> Iterator[Ref]:
    """Every field the condition reads, its operands included."""
    for node in walk(condition):
        if isinstance(node, (Test, Changed)):
            yield node.ref
        if isinstance(node, Count) and node.distinct is not None:
            yield node.distinct
        if isinstance(node, Sum):
            yield node.of
        if isinstance(node, (Share, Largest)) and node.of is not None:
            yield node.of
        for operand in operands(node):
            if isinstance(operand, (FieldOperand, ByField)):
                yield operand.ref
