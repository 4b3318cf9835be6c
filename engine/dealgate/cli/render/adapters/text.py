"""The installed adapters as text: a line each."""

from __future__ import annotations

from collections.abc import Sequence

from ....sync.adapters import Known


def render(known: Sequence[Known]) -> str:
    """The name, then what it is."""
    if not known:
        return "No adapter is installed."
    wide = max(len(one.name) for one in known)
    return "\n".join(f"{one.name:<{wide}}  {one.title or one.origin}" for one in known)
