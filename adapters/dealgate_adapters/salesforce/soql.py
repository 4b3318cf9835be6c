"""SOQL: the one place where values become text of a query. What is no name or id of Salesforce's gets into none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

_ID = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}(?:\.[A-Za-z][A-Za-z0-9_]{0,79})?")
_ESCAPES = str.maketrans({
    "\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f",
})  # fmt: skip


def is_id(text: str) -> bool:
    """Whether a text can be the id of a record: 15 or 18 letters and digits."""
    return _ID.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Whether a text can be the name of an object or a field, or of a field of what it points to."""
    return _NAME.fullmatch(text) is not None


def literal(value: str | bool | datetime | Sequence[str]) -> str:
    """A value as SOQL writes it: a quoted text, a flag, a moment in UTC, or a list of texts."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, str):
        return f"'{value.translate(_ESCAPES)}'"
    return f"({', '.join(literal(one) for one in value)})"


def select(
    names: Sequence[str], table: str, where: Sequence[str] = (), order: Sequence[str] = (), limit: int | None = None
) -> str:
    """A query. ``where``: conditions, all of which hold, made with ``literal``. Raises ValueError for what is no
    name."""
    for name in (*names, table, *order):
        if not is_name(name):
            raise ValueError(name)
    text = f"SELECT {', '.join(names)} FROM {table}"  # noqa: S608 - of names alone, as was just seen
    if where:
        text += f" WHERE {' AND '.join(f'({one})' for one in where)}"
    if order:
        text += f" ORDER BY {', '.join(order)}"
    return text if limit is None else f"{text} LIMIT {limit}"
