"""A difference as one JSON object (``schemas/output/diff.schema.json``)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ....tailor.difference import Change, Difference, Document
from ..clean import dumps


def render(found: Difference) -> str:
    """Both documents, the changes in order, the advice."""
    return dumps(
        {
            "old": _document(found.old),
            "new": _document(found.new),
            "advice": found.advice,
            "least_version": found.least,
            "version_too_low": found.too_low,
            "changes": [_change(change) for change in found.changes],
        },
        1,
    )


def _document(side: Document) -> dict[str, str]:
    return {
        "kind": side.kind, "id": side.id, "title": side.title, "version": side.version, "file": side.file,
        "digest": side.digest,
    }  # fmt: skip


def _change(change: Change) -> dict[str, Any]:
    return {
        "group": change.group,
        "place": ".".join(change.place),
        "subject": change.subject,
        "words": change.words,
        "old": _plain(change.old),
        "new": _plain(change.new),
        "why": change.why or None,
        "until": change.until.isoformat() if change.until else None,
        "where": str(change.where),
    }


def _plain(held: Any) -> Any:
    """Plain data of a document; decimals as they are written."""
    if isinstance(held, Decimal):
        return str(held)
    if isinstance(held, dict):
        return {key: _plain(one) for key, one in held.items()}
    return [_plain(one) for one in held] if isinstance(held, list) else held
