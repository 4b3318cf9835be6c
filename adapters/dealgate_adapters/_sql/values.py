"""Values of a database as a record holds them: every number to its last digit, every moment with its zone."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any

BINARY = object()
"""Stands for a value that no text can hold; it is left out."""


def shown(value: Any, zone: tzinfo, moment: bool = False) -> Any:
    """The value as text, number, flag, list of such, or None. ``moment``: a text that stands for one, in SQLite.

    A moment without a zone is one of ``zone``.
    """
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        found = parsed(value) if moment else None
        return value if found is None else aware(found, zone).isoformat()
    if isinstance(value, float):
        return _exact(Decimal(repr(value)))
    if isinstance(value, Decimal):
        return _exact(value)
    if isinstance(value, datetime):
        return aware(value, zone).isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value / timedelta(seconds=1)!r} seconds"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return BINARY
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [shown(item, zone) for item in value]
        if any(item is BINARY or isinstance(item, list) for item in items):
            return json.dumps(value, ensure_ascii=False, default=str)
        return items
    return str(value)


def _exact(number: Decimal) -> str:
    return format(number, "f") if number.is_finite() else str(number)


def parsed(text: str) -> datetime | None:
    """The moment that a text in ISO form stands for; a date alone is none."""
    if len(text.strip()) <= 10:
        return None
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return None


def aware(moment: datetime, zone: tzinfo) -> datetime:
    """In UTC; one without a zone is one of ``zone``."""
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)


def yes(value: Any) -> bool:
    """Whether a flag is set, in whatever type a database has it."""
    if isinstance(value, str):
        return value.strip().casefold() in ("1", "true", "t", "yes", "y")
    return bool(value)


def ids(value: Any) -> list[str]:
    """The ids in a column of links: one, a list, or a list as JSON text."""
    if value is None or value == "":
        return []
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            return [value]
    return [str(item) for item in value if item is not None] if isinstance(value, list) else [str(value)]
