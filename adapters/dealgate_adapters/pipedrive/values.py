"""What Pipedrive writes, flat and with every digit; ids of records that several deals share; versions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

CUSTOM = "custom_fields"
_VERSIONED = (
    "title", "owner_id", "person_id", "org_id", "pipeline_id", "stage_id", "value", "currency", "status", "probability",
    "lost_reason", "close_time", "won_time", "lost_time", "expected_close_date", "label_ids", "is_deleted",
    "is_archived", "visible_to", "update_time",
)  # fmt: skip
"""What a person can change in a deal: in every answer that holds a deal, whichever the endpoint."""


def moment(text: object) -> datetime | None:
    """A moment of version 1 (``2026-11-01 08:00:00``, in UTC) or 2 (RFC 3339); None where it is none."""
    if not isinstance(text, str) or not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def stamp(at: datetime) -> str:
    """A moment as version 2 takes it: it keeps whole seconds, so a part of one is left away and nothing is missed."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def shared_id(table: str, ident: Any) -> str:
    """The id of a record that several deals share: Pipedrive counts persons, organizations and users each from 1."""
    return f"{table}:{ident}"


def number_of(ident: str | None) -> int | None:
    """The number in an id of ours; None where there is none."""
    text = (ident or "").rpartition(":")[2]
    return int(text) if text.isascii() and text.isdecimal() else None


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without nesting. A custom field stands under its key, with its parts (``KEY.currency``) beside it."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if name == CUSTOM and isinstance(value, dict):
            for key, held in value.items():
                _into(found, key, held, whole="value")
        else:
            _into(found, name, value)
    return found


def _into(found: dict[str, Any], name: str, value: Any, whole: str = "") -> None:
    if isinstance(value, dict):
        for part, held in value.items():
            _into(found, name if part == whole else f"{name}.{part}", held)
        if whole and whole not in value:
            found[name] = None
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        entries = [one for one in value if isinstance(one, dict)]
        for part in dict.fromkeys(key for one in entries for key in one if key != "primary"):
            found[f"{name}.{part}"] = [plain(one.get(part)) for one in entries]
        first = next((one for one in entries if one.get("primary") is True), entries[0])
        if "value" in first:
            found[f"{name}.primary"] = plain(first["value"])
    else:
        found[name] = plain(value)


def plain(value: Any) -> Any:
    """A value as JSON can hold it, a level deep."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list):
        return [plain(one) for one in value]
    return json.dumps(value, ensure_ascii=False, default=str, sort_keys=True) if isinstance(value, dict) else value


def version_of(row: Mapping[str, Any]) -> str:
    """The version of a deal: its last change, which Pipedrive tells by the second, and a digest of what it holds, so
    that a second change within that second is another version."""
    held = {name: plain(row.get(name)) for name in _VERSIONED}
    custom = row.get(CUSTOM)
    if isinstance(custom, dict):
        held[CUSTOM] = {key: value for key, value in sorted(custom.items()) if value is not None}
    text = json.dumps(held, ensure_ascii=False, sort_keys=True, default=str)
    return f"{row.get('update_time')}/{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
