"""A difference as text, in groups."""

from __future__ import annotations

from ....tailor.difference import GROUPS, Change, Difference
from ..explain import wrapped
from ..width import width
from ._words import advice, named, reason


def render(found: Difference) -> str:
    """The two documents, each group with its changes, and what they mean."""
    lines = [*wrapped(f"From {named(found.old)} to {named(found.new)}", width()), ""]
    for group in GROUPS:
        changes = found.of(group)
        if changes:
            lines += [f"{group.capitalize()} ({len(changes)})"]
            lines += [line for change in changes for line in _lines(change)]
            lines += [""]
    return "\n".join([*lines, *wrapped(advice(found), width())])


def _lines(change: Change) -> list[str]:
    wide = width()
    lines = [*wrapped(f"  {change.subject}", wide, "  "), *wrapped(f"    {change.words}", wide, "    ")]
    if change.why:
        lines += wrapped(f"    {reason(change)}", wide, "    ")
    return [*lines, f"    {change.where}"]
