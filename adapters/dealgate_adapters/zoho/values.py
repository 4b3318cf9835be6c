"""Values as Zoho's fields take them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from .._values import Unfit, as_day, as_flag, as_json_number, as_moment, as_text, as_whole, fitted
from . import coql


def typed(name: str, kind: str, value: Any) -> Any:
    """A value for a field of this type; None empties it. Raises Unfit."""
    make = _TYPES.get(kind)
    if make is None:
        raise Unfit("type", f"The field `{name}` is of type {kind}, which dealgate does not write.")
    return fitted(make, value, name, kind)


def _moment(value: Any) -> str:
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError
    return f"{as_moment(found):%Y-%m-%dT%H:%M:%S}+00:00"


def _pointer(value: Any) -> Mapping[str, str]:
    if not isinstance(value, str) or not coql.is_id(value):
        raise TypeError
    return {"id": value}


def _several(value: Any) -> list[str]:
    parts = value if isinstance(value, (list, tuple)) else re.split(r"\s*;\s*", as_text(value))
    return [as_text(one) for one in parts if one]


_TYPES: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("text", "textarea", "picklist", "email", "phone", "website"), as_text),
    "boolean": as_flag, "integer": as_whole, "bigint": as_whole,
    **dict.fromkeys(("double", "currency", "percent"), as_json_number),
    "date": lambda value: as_day(value).isoformat(), "datetime": _moment,
    "lookup": _pointer, "ownerlookup": _pointer, "userlookup": _pointer,
    "multiselectpicklist": _several,
}  # fmt: skip
