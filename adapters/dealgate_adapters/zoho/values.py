"""Values as Zoho's fields take them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from . import coql


class Unfit(Exception):
    """A value that a field cannot take."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(text)
        self.rule, self.text = rule, text


def typed(name: str, kind: str, value: Any) -> Any:
    """A value for a field of this type; None empties it. Raises Unfit."""
    make = _TYPES.get(kind)
    if make is None:
        raise Unfit("type", f"The field `{name}` is of type {kind}, which dealgate does not write.")
    if value is None:
        return None
    try:
        return make(value)
    except (TypeError, ValueError, InvalidOperation):
        raise Unfit("value", f"The value for `{name}` is no {kind}.") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _number(value: Any) -> int | float:
    """A number that JSON carries with every digit: Zoho takes none as text."""
    number = Decimal(str(value))
    if isinstance(value, bool) or not number.is_finite():
        raise TypeError
    if number == number.to_integral_value():
        return int(number)
    if Decimal(repr(float(number))) != number:
        raise ValueError
    return float(number)


def _whole(value: Any) -> int:
    number = _number(value)
    if isinstance(number, float):
        raise TypeError
    return number


def _day(value: Any) -> str:
    if isinstance(value, datetime):
        raise TypeError
    return value.isoformat() if isinstance(value, date) else date.fromisoformat(value).isoformat()


def _moment(value: Any) -> str:
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError
    return f"{found.astimezone(UTC):%Y-%m-%dT%H:%M:%S}+00:00"


def _pointer(value: Any) -> Mapping[str, str]:
    if not isinstance(value, str) or not coql.is_id(value):
        raise TypeError
    return {"id": value}


def _several(value: Any) -> list[str]:
    parts = value if isinstance(value, (list, tuple)) else re.split(r"\s*;\s*", _text(value))
    return [_text(one) for one in parts if one]


_TYPES: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("text", "textarea", "picklist", "email", "phone", "website"), _text),
    "boolean": _flag, "integer": _whole, "bigint": _whole, "double": _number, "currency": _number, "percent": _number,
    "date": _day, "datetime": _moment, "lookup": _pointer, "ownerlookup": _pointer, "userlookup": _pointer,
    "multiselectpicklist": _several,
}  # fmt: skip
