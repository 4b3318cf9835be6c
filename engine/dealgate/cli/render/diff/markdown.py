"""A difference as Markdown: for a merge request, or a note to a client."""

from __future__ import annotations

import re

from ....tailor.difference import GROUPS, Difference
from ._words import advice, named, reason


def render(found: Difference) -> str:
    """A heading for the whole, one for each group, a line for each change."""
    lines = [f"# From {_plain(named(found.old))} to {_plain(named(found.new))}", "", _plain(advice(found))]
    for group in GROUPS:
        changes = found.of(group)
        if changes:
            lines += ["", f"## {group.capitalize()}", ""]
        for change in changes:
            why = f" {_plain(reason(change))}" if change.why else ""
            lines.append(f"- **{_plain(change.subject)}**: {_plain(change.words)}{why} `{change.where}`")
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Text that Markdown leaves as it is."""
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", " ".join(text.split()))
