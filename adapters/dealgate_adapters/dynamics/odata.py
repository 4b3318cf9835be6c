"""What goes into a request of OData, each in one way: names, ids, texts, lists of ids, values. Nothing else does, so no
value of a record or an action ever becomes part of a query, a path or a batch.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

_NAME = re.compile(r"[a-z][a-z0-9_]{0,127}")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OURS = uuid.UUID("7d6f5c1e-3f0a-5b8e-9d52-6d65616c6761")
"""What ids are derived with that we choose ourselves."""
SAFE = "()',$=/:-."


def name(text: object) -> str | None:
    """The logical name of a table or column; None where it cannot be one."""
    return text if isinstance(text, str) and _NAME.fullmatch(text) else None


def guid(text: object) -> str | None:
    """The id of a record; None where it cannot be one."""
    found = text.strip().lower() if isinstance(text, str) else ""
    return found if _GUID.fullmatch(found) else None


def literal(text: str) -> str:
    """A text within a filter."""
    return "'" + text.replace("'", "''") + "'"


def among(column: str, ids: Sequence[str]) -> str:
    """A filter for the records whose column is one of these ids. Raises ValueError where one cannot be an id."""
    if not all(_GUID.fullmatch(one) for one in ids) or not _NAME.fullmatch(column):
        raise ValueError("no id")
    listed = ",".join(f"'{one}'" for one in ids)
    return f"Microsoft.Dynamics.CRM.In(PropertyName='{column}',PropertyValues=[{listed}])"


def moment(at: datetime) -> str:
    """A moment within a filter, in whole seconds as Dataverse keeps them."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def record(table_set: str, ident: str) -> str:
    """The path of one record. Raises ValueError where it cannot be one."""
    if not _GUID.fullmatch(ident) or not _NAME.fullmatch(table_set):
        raise ValueError("no id")
    return f"{table_set}({ident})"


def query(path: str, options: Mapping[str, str]) -> str:
    """A path with the query options that are given, by their names without the dollar sign."""
    given = "&".join(f"${key}={quote(value, safe=SAFE)}" for key, value in options.items() if value)
    return f"{path}?{given}" if given else path


def derived(kind: str, key: str) -> str:
    """The id that a record of ours has because of the key of its action: whoever asks finds it, and it is made once."""
    return str(uuid.uuid5(_OURS, f"{kind} {key}"))


def encoded(value: Any) -> str:
    """A body as JSON: a Decimal is a number with every digit, and all else than ASCII is escaped."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(str(key))}:{encoded(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(encoded(one) for one in value) + "]"
    return json.dumps(value, allow_nan=False)
