"""What changes in a text, as a unified diff."""

from __future__ import annotations

import difflib

NO_END = "\\ No newline at end of file"


def unified(before: str, after: str, name: str) -> str:
    """The lines that differ, with three around them; empty where none does."""
    lines: list[str] = []
    for line in difflib.unified_diff(before.splitlines(True), after.splitlines(True), name, name):
        lines.append(line.rstrip("\r\n"))
        if not line.endswith(("\n", "\r")):
            lines.append(NO_END)
    return "\n".join(lines)
