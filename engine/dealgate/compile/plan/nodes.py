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
from typing import Literal

Sign = Literal["==", "!=", "<", "<=", ">", ">="]
Scalar = bool | int | Decimal | Fraction | str | date | datetime | frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table at hand. ``type`` is the field's; a money column holds minor units."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Shared:
    """A value of the deal that the plan works out once, by name (see ``Plan.steps``)."""

    name: str


@dataclass(frozen=True, slots=True)
class Outer:
    """Inside a child row: a value of its deal."""

    value: Value


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant; None is null."""

    value: Scalar


@dataclass(frozen=True, slots=True)
class Param:
    """A constant of the moment (a clock word), by a name that says which: SQL may keep it in a one-row relation."""

    name: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class And:
    """Kleene's and of truths."""

    parts: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Kleene's or of truths."""

    parts: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Kleene's not."""

    part: Value


@dataclass(frozen=True, slots=True)
class Is:
    """Whether a truth is exactly True, False or (None) unknown; never null."""

    part: Value
    answer: bool | None


@dataclass(frozen=True, slots=True)
class IsNull:
    """Whether there is no value; never null."""

    part: Value


@dataclass(frozen=True, slots=True)
class Empty:
    """Whether choices are none at all or an empty set; never null."""

    part: Value


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Whether the raw text of a field of the table at hand only held a place; never null."""

    field: str


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values of one type; null where one is."""

    sign: Sign
    left: Value
    right: Value


@dataclass(frozen=True, slots=True)
class Among:
    """Whether a value is one of some constants (not null); null where it is null."""

    part: Value
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Holds:
    """Whether a text contains (or starts with) another; null where one is. Both folded."""

    how: Literal["contains", "starts_with"]
    text: Value
    part: Value


@dataclass(frozen=True, slots=True)
class Matches:
    """Whether the safe pattern of ``model.regex`` is found in a text (stripped, not folded)."""

    text: Value
    pattern: str


@dataclass(frozen=True, slots=True)
class Has:
    """Whether choices hold any, all or none of some; null where they are null."""

    how: Literal["any", "all", "none"]
    part: Value
    options: frozenset[str]


@dataclass(frozen=True, slots=True)
class Folded:
    """A text stripped and case-folded as Python's ``str.casefold`` does."""

    part: Value


@dataclass(frozen=True, slots=True)
class Rank:
    """The place of a choice among its options, null outside them. A number."""

    part: Value
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """The value of the first condition that is true, else ``otherwise``. All values are of one type."""

    branches: tuple[tuple[Value, Value], ...]
    otherwise: Value


@dataclass(frozen=True, slots=True)
class Coalesce:
    """The first that is not null."""

    parts: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Sum:
    """The numbers added; null where one is."""

    parts: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Scaled:
    """A number times an exact ratio (which may be negative); its denominator is a product of twos and fives."""

    part: Value
    ratio: Fraction


@dataclass(frozen=True, slots=True)
class Product:
    """Two numbers multiplied."""

    left: Value
    right: Value


@dataclass(frozen=True, slots=True)
class Absolute:
    """A number without its sign."""

    part: Value


@dataclass(frozen=True, slots=True)
class Least:
    """The smallest of some numbers; null where one is."""

    parts: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class IntDiv:
    """A number (it may be a fraction) that is not negative, divided and cut to a whole number."""

    part: Value
    by: int


@dataclass(frozen=True, slots=True)
class DayOf:
    """The local day of an instant, in the process's zone (at the calendar's ends clamped to years 1 to 9999)."""

    part: Value


@dataclass(frozen=True, slots=True)
class DayNumber:
    """Days since 1970-01-01. A number."""

    part: Value


@dataclass(frozen=True, slots=True)
class Year:
    """A day's year."""

    part: Value


@dataclass(frozen=True, slots=True)
class Month:
    """A day's month, 1 to 12."""

    part: Value


@dataclass(frozen=True, slots=True)
class AddDays:
    """A day some days on; the plan sees to it that it stays within years 1 to 9999."""

    part: Value
    days: int


@dataclass(frozen=True, slots=True)
class AddTime:
    """An instant some microseconds on; the plan sees to it that it stays within years 1 to 9999."""

    part: Value
    microseconds: int


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a collection."""

    name: str


@dataclass(frozen=True, slots=True)
class Grouped:
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


@dataclass(frozen=True, slots=True)
class Aggregate:
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


def inside(node: object) -> Iterator[Value]:
    """The values directly inside a value (of an aggregate its rows' values too)."""
    if isinstance(node, Constant | Param):
        return
    for f in fields(node):  # type: ignore[arg-type]
        yield from _values(getattr(node, f.name))


def _values(held: object) -> Iterator[Value]:
    if isinstance(held, tuple):
        for item in held:
            yield from _values(item)
    elif isinstance(held, Grouped):
        yield from inside(held)
    elif isinstance(held, Value):
        yield held
