"""What an action is to write, as a field of a CRM takes it: the checks that adapters share.

A value that is none of its kind raises one of ``NONE``, and ``fitted`` says then which field it was for. Nothing is
turned into something else, but a text that is a number, a day or a moment.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

T = TypeVar("T")

NONE = (TypeError, ValueError, InvalidOperation, OverflowError)
"""What is raised for a value that is none."""


class Unfit(Exception):
    """What cannot be written so: by which ``rule``, and in words for a person."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(text)
        self.rule, self.text = rule, text


def fitted(make: Callable[[Any], T], value: Any, name: str, kind: object) -> T | None:
    """A value as ``make`` makes it for the field of this name, which is of a ``kind``; None where there is none.
    Raises Unfit."""
    try:
        return None if value is None else make(value)
    except NONE:
        raise Unfit("value", f"The value for `{name}` is no {kind}.") from None


def as_text(value: Any) -> str:
    """A text."""
    if not isinstance(value, str):
        raise TypeError
    return value


def as_flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise TypeError
    return value


def as_number(value: Any) -> Decimal:
    """A number with every digit."""
    found = Decimal(str(value))
    if isinstance(value, bool) or not found.is_finite():
        raise TypeError
    return found


def as_whole(value: Any) -> int:
    """A number without a fraction."""
    found = as_number(value)
    if found != found.to_integral_value():
        raise TypeError
    return int(found)


def as_json_number(value: Any) -> int | float:
    """A number that JSON carries with every digit, for who takes none as text."""
    found = as_number(value)
    if found == found.to_integral_value():
        return int(found)
    if Decimal(repr(float(found))) != found:
        raise ValueError
    return float(found)


def as_day(value: Any) -> date:
    """A day."""
    return value if isinstance(value, date) and not isinstance(value, datetime) else date.fromisoformat(value)


def as_moment(value: Any) -> datetime:
    """A moment in UTC; one without a zone is meant so."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
