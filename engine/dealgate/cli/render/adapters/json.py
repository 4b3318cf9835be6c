"""The installed adapters as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from ....sync.adapters import Known
from ..clean import dumps


def render(known: Sequence[Known]) -> str:
    """An object each."""
    return dumps([{"name": one.name, "origin": one.origin, "title": one.title or None} for one in known], 1)
