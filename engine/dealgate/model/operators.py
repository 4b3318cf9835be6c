"""The operator table: each row carries an operator's types, operand, words, documentation and meaning.

A row's ``test`` is the meaning, on present values of the runtime forms of ``values.py``; text arrives trimmed and
case-folded, money as minor units in the process's currency, an ordered choice as its rank. ``python`` is the same as
an expression template (``{v}`` the value, ``{a}``, ``{b}`` operands) for the compiler; without one it calls ``test``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from . import regex

TEXTS = frozenset({"text", "person", "reference"})
NUMBERS = frozenset({"integer", "number", "money", "percent", "level", "duration"})
DATES = frozenset({"date", "datetime"})
SINGLE = TEXTS | NUMBERS | DATES | {"boolean", "choice"}
ANY = SINGLE | {"multi_choice"}

Operand = Literal["one", "list", "pair", "date", "span", "flag", "words", "pattern", "options", "last_days", "changed"]


@dataclass(frozen=True, slots=True, eq=False)
class Operator:
    """One row of the table. ``words`` reads after the field's title, with the operands filled in."""

    key: str
    words: str
    doc: str
    applies_to: frozenset[str]
    operand: Operand
    example: Any
    test: Callable[..., bool]
    python: str = ""
    ranks: bool = False
    """Compares by order, so an ordered choice may stand here."""
    sees_missing: bool = False
    """Decides on a missing value too; every other operator is then unknown."""
    over: str = ""
    """How it decides on a range of values (see ``over_range``): rising, falling, inside, outside, or not at all."""


def _between(v: Any, a: Any, b: Any) -> bool:
    return bool(a <= v <= b)


OPERATORS: dict[str, Operator] = {
    o.key: o
    for o in (
        Operator(
            "is", "is {a}", "Equal to the operand; text without regard to case and outer spaces.",
            SINGLE, "one", "won", lambda v, a: bool(v == a), "{v} == {a}", over="inside",
        ),
        Operator(
            "is_not", "is not {a}", "Not equal to the operand.",
            SINGLE, "one", "lost", lambda v, a: bool(v != a), "{v} != {a}", over="outside",
        ),
        Operator(
            "in", "is one of {a}", "Equal to one of the list.",
            SINGLE, "list", ["new", "expansion"], lambda v, a: v in a, "{v} in {a}", over="inside",
        ),
        Operator(
            "not_in", "is none of {a}", "Equal to none of the list.",
            SINGLE, "list", ["renewal"], lambda v, a: v not in a, "{v} not in {a}", over="outside",
        ),
        Operator(
            "at_least", "is at least {a}", "The operand or more.",
            NUMBERS, "one", 50000, lambda v, a: bool(v >= a), "{v} >= {a}", ranks=True, over="rising",
        ),
        Operator(
            "at_most", "is at most {a}", "The operand or less.",
            NUMBERS, "one", "20%", lambda v, a: bool(v <= a), "{v} <= {a}", ranks=True, over="falling",
        ),
        Operator(
            "above", "is above {a}", "More than the operand.",
            NUMBERS, "one", 0, lambda v, a: bool(v > a), "{v} > {a}", ranks=True, over="rising",
        ),
        Operator(
            "below", "is below {a}", "Less than the operand.",
            NUMBERS, "one", "30 days", lambda v, a: bool(v < a), "{v} < {a}", ranks=True, over="falling",
        ),
        Operator(
            "between", "is between {a} and {b}", "Between the two operands, both ends included.",
            NUMBERS, "pair", [1000, 5000], _between, "{a} <= {v} <= {b}", ranks=True, over="inside",
        ),
        Operator(
            "before", "is before {a}", "Earlier than the date.",
            DATES, "date", {"date": "today"}, lambda v, a: bool(v < a), "{v} < {a}",
        ),
        Operator(
            "after", "is after {a}", "Later than the date.",
            DATES, "date", {"date": "today"}, lambda v, a: bool(v > a), "{v} > {a}",
        ),
        Operator(
            "on_or_before", "is on or before {a}", "The date or earlier.",
            DATES, "date", "2026-12-31", lambda v, a: bool(v <= a), "{v} <= {a}",
        ),
        Operator(
            "on_or_after", "is on or after {a}", "The date or later.",
            DATES, "date", {"date": "today"}, lambda v, a: bool(v >= a), "{v} >= {a}",
        ),
        Operator(
            "within_last", "is within the last {n}", "From today less the duration to today, both included.",
            DATES, "span", "14 days", _between, "{a} <= {v} <= {b}",
        ),
        Operator(
            "within_next", "is within the next {n}", "From today to today plus the duration, both included.",
            DATES, "span", "30 days", _between, "{a} <= {v} <= {b}",
        ),
        Operator(
            "older_than", "is more than {n} ago", "Strictly before today less the duration.",
            DATES, "span", "90 days", lambda v, a: bool(v < a), "{v} < {a}",
        ),
        Operator(
            "in_last", "is in the last {n} days of its {of}", "In the last days of the date's own period.",
            DATES, "last_days", {"days": 3, "of": "quarter"}, lambda v, a: bool(a(v)), "{a}({v})",
        ),
        Operator(
            "filled", "is filled", "There is a real value; never unknown. 0 is filled, an empty list is not.",
            ANY, "flag", True, lambda v, a: (v is not None and v != frozenset()) is a, "", sees_missing=True,
        ),
        Operator(
            "placeholder", "holds only placeholder text", "The raw text only held a place (tbd, n/a, ?).",
            frozenset({"text"}), "flag", True, lambda v, a: bool(v) is a, "", sees_missing=True,
        ),
        Operator(
            "contains", "contains {a}", "The text holds the operand.",
            TEXTS, "words", "budget", lambda v, a: a in v, "{a} in {v}",
        ),
        Operator(
            "starts_with", "starts with {a}", "The text begins with the operand.",
            TEXTS, "words", "ACME", lambda v, a: v.startswith(a), "{v}.startswith({a})",
        ),
        Operator(
            "matches", "matches the pattern {a}",
            "A safe subset of regular expressions, found anywhere in the text: literals, ., ASCII classes, "
            "* + ? {m,n}, groups, |, ^ and $; ASCII letters without regard to case.",
            TEXTS, "pattern", "^PO-[0-9]+$", lambda v, a: regex.search(a, v), "",
        ),
        Operator(
            "has_any", "has any of {a}", "Holds at least one of the list.",
            frozenset({"multi_choice"}), "options", ["crm"],
            lambda v, a: not v.isdisjoint(a), "not {v}.isdisjoint({a})",
        ),
        Operator(
            "has_all", "has all of {a}", "Holds every one of the list.",
            frozenset({"multi_choice"}), "options", ["crm", "erp"], lambda v, a: v >= a, "{v} >= {a}",
        ),
        Operator(
            "has_none", "has none of {a}", "Holds not one of the list.",
            frozenset({"multi_choice"}), "options", ["competitor"], lambda v, a: v.isdisjoint(a), "{v}.isdisjoint({a})",
        ),
        Operator(
            "changed", "changed",
            "Counts the field's changes while open: direction (later, earlier, up, down, any), across (a period's "
            "border), by (how much), since, within_last, ignore, at_least (default 1).",
            ANY, "changed", {"direction": "later", "across": "quarter", "at_least": 2}, lambda v, a: False, "",
            sees_missing=True,
        ),
    )
}  # fmt: skip


def over_range(operator: Operator, low: Any, high: Any, operands: tuple[Any, ...]) -> bool | None:
    """The operator on a value known only to lie in [low, high]: decided if the whole range agrees, else None."""
    first, last = operator.test(low, *operands), operator.test(high, *operands)
    if low == high:
        return first
    if isinstance(low, int) and isinstance(high, int) and high - low < 100:
        answers = {operator.test(n, *operands) for n in range(low, high + 1)}
        return answers.pop() if len(answers) == 1 else None
    if operator.over in ("rising", "falling"):
        return first if first == last else None
    if operator.key == "between":
        a, b = operands
        return True if first and last else False if high < a or low > b else None
    points = operands[0] if operator.operand == "list" else operands
    touched = any(low <= p <= high for p in points)
    if touched:
        return None
    return operator.over == "outside"
