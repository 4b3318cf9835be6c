"""Rows of Zoho as records: flat, with every digit, and what each belongs to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from dealgate.ports import Trouble


def flat(row: Mapping[str, Any], head: str = "") -> dict[str, Any]:
    """A row without nesting: what it points to is ``Owner.id`` and ``Owner.name``; a list of such, their names."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            found.update(flat(value, f"{head}{name}."))
        else:
            found[head + name] = plain(value)
    return found


def plain(value: Any) -> Any:
    """A value as JSON can hold it: decimals as text, every digit kept."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [_named(one) for one in value]
    return value


def _named(value: Any) -> Any:
    if isinstance(value, dict):
        for name in ("name", "display_value", "id"):
            if isinstance(value.get(name), str):
                return value[name]
        return json.dumps(value, sort_keys=True, default=str)
    return plain(value) if not isinstance(value, (list, tuple)) else json.dumps(value, default=str)


def moment(value: Any) -> datetime | None:
    """A moment with its zone, in UTC; None where there is none."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo is not None else None


def changed_at(row: Mapping[str, Any]) -> datetime:
    """When a row was last changed. Raises Trouble where it does not say."""
    found = moment(row.get("Modified_Time"))
    if found is None:
        raise Trouble(
            "odd", "Zoho gives a record without the moment of its last change.",
            "look whether the user of this source may see the field Modified_Time",
        )  # fmt: skip
    return found


def pointed(data: Mapping[str, Any], name: str) -> str | None:
    """The id of the record that a field points to."""
    found = data.get(f"{name}.id", data.get(name))
    return str(found) if found is not None and str(found).isdecimal() else None


def version_of(data: Mapping[str, Any], judged: Sequence[str]) -> str:
    """What a deal is like, finer than its moment, which Zoho tells in whole seconds: moment and digest.

    ``judged``: the fields that somebody can write; what Zoho reckons itself is no change of a deal. Of a record that
    it points to the id counts alone.
    """
    held = {name: data[f"{name}.id"] if f"{name}.id" in data else data.get(name) for name in judged}
    text = json.dumps(held, sort_keys=True, ensure_ascii=False, default=str)
    return f"{data.get('Modified_Time')}/{hashlib.sha256(text.encode()).hexdigest()[:16]}"
