"""Values as a field of a deal takes them. Version 2 turns nothing into something else: a number is no text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from .._values import NONE, Unfit, as_json_number, as_whole


def typed(field: Mapping[str, Any], name: str, value: Any, row: Mapping[str, Any]) -> Any:
    """A value for a field as ``dealFields`` describes it; ``row`` is the deal. Raises Unfit."""
    kind = str(field.get("field_type"))
    if value is None:
        return None
    try:
        if kind in ("enum", "set") and field.get("is_custom_field") is True:
            ids = [_option(field, one) for one in (value if isinstance(value, (list, tuple)) else [value])]
            if kind == "set":
                return ids or None  # an empty list is refused; none is written as null
            if len(ids) != 1:
                raise ValueError
            return ids[0]
        if kind == "monetary" and field.get("is_custom_field") is True:
            return _money(value, row)
        return _TYPES[kind](value)
    except KeyError:
        raise Unfit("type", f"The field `{name}` is of type {kind}, which dealgate does not write.") from None
    except NONE:
        raise Unfit("value", f"The value for `{name}` is none that a field of type {kind} takes.") from None


def same(held: Any, value: Any) -> bool:
    """Whether Pipedrive holds a value."""
    if isinstance(value, dict):
        return isinstance(held, dict) and all(same(held.get(part), wanted) for part, wanted in value.items())
    if isinstance(value, list):
        return isinstance(held, list) and sorted(map(str, held)) == sorted(map(str, value))
    if _is_number(held) and _is_number(value):
        return Decimal(str(held)) == Decimal(str(value))
    if isinstance(value, str):
        return (isinstance(held, str) and held.strip() == value.strip()) or (held is None and not value.strip())
    return bool(held == value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _money(value: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    """An amount, in its own currency (``1000.50 EUR``) or in the deal's."""
    text, _, currency = str(value).partition(" ")
    return {"value": as_json_number(text), "currency": currency or row.get("currency")}


def _option(field: Mapping[str, Any], value: Any) -> int:
    """The id of a choice that is given by its id or its title."""
    for one in field.get("options") or []:
        if str(value) in (str(one.get("id")), str(one.get("label"))):
            return int(one["id"])
    raise ValueError


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise TypeError
    return str(value)


def _line(value: Any) -> str:
    text = _text(value)
    if len(text) > 255:
        raise ValueError
    return text


def _day(value: Any) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else date.fromisoformat(str(value)[:10]).isoformat()


_TYPES: Mapping[str, Callable[[Any], Any]] = {
    "varchar": _line, "varchar_auto": _line, "text": _text, "phone": _line,
    "double": as_json_number, "monetary": as_json_number,
    "int": as_whole, "date": _day, "user": as_whole, "org": as_whole, "people": as_whole,
    "enum": _text, "varchar_options": _text,
}  # fmt: skip
"""By type of a field, how its values are made. ``enum``: of Pipedrive's own fields, such as the currency."""
