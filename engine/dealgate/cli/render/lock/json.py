"""A lock as one JSON object (``schemas/output/lock.schema.json``)."""

from __future__ import annotations

from collections.abc import Sequence

from ....tailor.pinning import Pinned
from ..clean import dumps


def render(found: Sequence[Pinned], check: bool, update: bool) -> str:
    """Every document with its state."""
    listed = [
        {
            "kind": one.entry.kind,
            "id": one.entry.id,
            "version": one.entry.version or None,
            "installed": one.installed or None,
            "state": one.state,
            "file": one.entry.file,
        }
        for one in found
    ]
    return dumps({"written": not check, "documents": listed}, 1)
