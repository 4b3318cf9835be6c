"""The algebra that many deals are judged in: values over columns, three-valued truths, sums over child rows.

Every value may be null, and null is unknown. ``And``, ``Or`` and ``Not`` are Kleene's, comparisons with null are null:
SQL's own logic and Polars'. Only ``Is``, ``IsNull``, ``Empty`` and ``Placeholder`` never give null; in ``Case`` a null
condition counts as not true. Numbers are exact: whole numbers, decimals and products with exact ratios.

Types of values: truth, number (integers, decimals, percents as fractions, levels, money in minor units, durations in
microseconds), text, day, instant, choice, choices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, TypeVar, dataclass_transform

Sign = Literal["==", "!=", "<", "<=", ">", ">="]
Scalar = bool | int | Decimal | Fraction | str | date | datetime | frozenset[str] | None


class _Node:
    """The base: a hash worked out once, since trees are compared a lot while they are lowered."""

    __slots__ = ("_hash",)


_T = TypeVar("_T", bound=type)


@dataclass_transform(frozen_default=True)
def _node(cls: _T) -> _T:
    """A frozen value class."""
    made: Any = dataclass(frozen=True, slots=True)(cls)
    work_out = made.__hash__

    def __hash__(self: Any) -> int:
        try:
            return self._hash  # type: ignore[no-any-return]
        except AttributeError:
            object.__setattr__(self, "_hash", work_out(self))
            return self._hash  # type: ignore[no-any-return]

    made.__hash__ = __hash__
    return made  # type: ignore[no-any-return]


@_node
class Column(_Node):
    """A column of the table at hand. ``type`` is the field's; a money column holds minor units."""

    name: str
    type: str


@_node
class Shared(_Node):
    """A value of the deal that the plan works out once, by name (see ``Plan.steps``)."""

    name: str


@_node
class Outer(_Node):
    """Inside a child row: a value of its deal."""

    value: Value


@_node
class Constant(_Node):
    """A constant; None is null. A truth is no number: True and 1 are equal in Python, and are not here."""

    value: Scalar

    def __eq__(self, other: object) -> bool:
        alike = isinstance(other, Constant) and isinstance(self.value, bool) is isinstance(other.value, bool)
        return alike and self.value == other.value  # type: ignore[attr-defined]


@_node
class Param(_Node):
    """A constant of the moment (a clock word), by a name that says which: SQL may keep it in a one-row relation."""

    name: str
    value: Scalar


@_node
class And(_Node):
    """Kleene's and of truths."""

    parts: tuple[Value, ...]


@_node
class Or(_Node):
    """Kleene's or of truths."""

    parts: tuple[Value, ...]


@_node
class Not(_Node):
    """Kleene's not."""

    part: Value


@_node
class Is(_Node):
    """Whether a truth is exactly True, False or (None) unknown; never null."""

    part: Value
    answer: bool | None


@_node
class IsNull(_Node):
    """Whether there is no value; never null."""

    part: Value


@_node
class Empty(_Node):
    """Whether choices are none at all or an empty set; never null."""

    part: Value


@_node
class Placeholder(_Node):
    """Whether the raw text of a field of the table at hand only held a place; never null."""

    field: str


@_node
class Compare(_Node):
    """Two values of one type; null where one is."""

    sign: Sign
    left: Value
    right: Value


@_node
class Among(_Node):
    """Whether a value is one of some constants (not null); null where it is null."""

    part: Value
    values: tuple[Scalar, ...]


@_node
class Holds(_Node):
    """Whether a text contains (or starts with) another; null where one is. Both folded."""

    how: Literal["contains", "starts_with"]
    text: Value
    part: Value


@_node
class Matches(_Node):
    """Whether the safe pattern of ``model.regex`` is found in a text (stripped, not folded)."""

    text: Value
    pattern: str


@_node
class Has(_Node):
    """Whether choices hold any, all or none of some; null where they are null."""

    how: Literal["any", "all", "none"]
    part: Value
    options: frozenset[str]


@_node
class Folded(_Node):
    """A text stripped and case-folded as Python's ``str.casefold`` does."""

    part: Value


@_node
class Rank(_Node):
    """The place of a choice among its options, null outside them. A number."""

    part: Value
    options: tuple[str, ...]


@_node
class Case(_Node):
    """The value of the first condition that is true, else ``otherwise``. All values are of one type."""

    branches: tuple[tuple[Value, Value], ...]
    otherwise: Value


@_node
class Coalesce(_Node):
    """The first that is not null."""

    parts: tuple[Value, ...]


@_node
class Sum(_Node):
    """The numbers added; null where one is."""

    parts: tuple[Value, ...]


@_node
class Scaled(_Node):
    """A number times an exact ratio (which may be negative); its denominator is a product of twos and fives."""

    part: Value
    ratio: Fraction


@_node
class Product(_Node):
    """Two numbers multiplied."""

    left: Value
    right: Value


@_node
class Absolute(_Node):
    """A number without its sign."""

    part: Value


@_node
class Least(_Node):
    """The smallest of some numbers; null where one is."""

    parts: tuple[Value, ...]


@_node
class IntDiv(_Node):
    """A number (it may be a fraction) that is not negative, divided and cut to a whole number."""

    part: Value
    by: int


@_node
class DayOf(_Node):
    """The local day of an instant, in the process's zone (at the calendar's ends clamped to years 1 to 9999)."""

    part: Value


@_node
class DayNumber(_Node):
    """Days since 1970-01-01. A number."""

    part: Value


@_node
class Year(_Node):
    """A day's year."""

    part: Value


@_node
class Month(_Node):
    """A day's month, 1 to 12."""

    part: Value


@_node
class AddDays(_Node):
    """A day some days on; the plan sees to it that it stays within years 1 to 9999."""

    part: Value
    days: int


@_node
class AddTime(_Node):
    """An instant some microseconds on; the plan sees to it that it stays within years 1 to 9999."""

    part: Value
    microseconds: int


@_node
class Table(_Node):
    """The rows of a collection."""

    name: str


@_node
class Grouped(_Node):
    """The rows of a collection that ``where`` holds true for, put together by deal and ``key`` (not null).

    One row each, with the columns ``key``; ``firsts`` and ``lasts``: the value (null too) of the first or last row, in
    the order of ``order`` and then ``position``, for which ``picked`` is true; ``flags``: whether it is true of any.
    """

    table: str
    where: Value
    key: Value
    key_type: str
    order: Value
    picked: Value
    firsts: tuple[tuple[str, str, Value], ...] = ()
    """(name, type, value)."""
    lasts: tuple[tuple[str, str, Value], ...] = ()
    flags: tuple[tuple[str, Value], ...] = ()


Rows = Table | Grouped


@_node
class Aggregate(_Node):
    """Over the deal's child rows that ``where`` is true for: ``count`` them; ``sum``, ``max`` or ``distinct`` values.

    ``count``, ``sum`` and ``distinct`` (how many different ones, null not counted) of nothing are 0, ``max`` is null.
    ``type`` is what ``max`` gives: number, day or instant.
    """

    how: Literal["count", "sum", "max", "distinct"]
    rows: Rows
    where: Value
    value: Value | None = None
    type: str = "number"


Value = (
    Column | Shared | Outer | Constant | Param | And | Or | Not | Is | IsNull | Empty | Placeholder | Compare | Among
    | Holds | Matches | Has | Folded | Rank | Case | Coalesce | Sum | Scaled | Product | Absolute | Least | IntDiv
    | DayOf | DayNumber | Year | Month | AddDays | AddTime | Aggregate
)  # fmt: skip


def inside(node: Any) -> Iterator[Value]:
    """The values directly inside a value (of an aggregate its rows' values too)."""
    kind = type(node)
    if kind not in _HELD:
        names = (f.name for f in fields(kind) if "Value" in f.type or f.name in ("parts", "branches", "rows"))
        _HELD[kind] = tuple(names)
    for name in _HELD[kind]:
        yield from _values(getattr(node, name))


_HELD: dict[type, tuple[str, ...]] = {}
"""The attributes in which values may stand, by kind of node."""


def _values(held: object) -> Iterator[Value]:
    if isinstance(held, tuple):
        for item in held:
            yield from _values(item)
    elif isinstance(held, Grouped):
        yield from inside(held)
    elif isinstance(held, _Node) and not isinstance(held, Table):
        yield held  # type: ignore[misc]
