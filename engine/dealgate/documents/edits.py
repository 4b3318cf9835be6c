"""Edits made in a text: only their characters change, and only where what they replace stands there."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dealgate.model.diagnostics import Edit

_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_WORD = re.compile(r"[\w.-]")


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with edits made, from the last to the first. One that has no place there is left out."""
    lines = text.split("\n")
    for edit in sorted(set(edits), key=lambda e: (e.line, e.column), reverse=True):
        span = place(lines, edit)
        if span is not None:
            line = lines[edit.line - 1]
            lines[edit.line - 1] = line[: span[0]] + edit.new + line[span[1] :]
    return "\n".join(lines)


def place(lines: list[str], edit: Edit) -> tuple[int, int] | None:
    """From where to where the old characters stand in their line, within quotes if they have some; None where they do
    not stand there as a word of their own."""
    line = lines[edit.line - 1] if 0 < edit.line <= len(lines) else ""
    start = edit.column - 1
    if line[start : start + 1] in ("'", '"'):
        start += 1
    end = start + len(edit.old)
    glued = _WORD.match(edit.old[-1:]) and _WORD.match(line[end : end + 1])
    return None if line[start:end] != edit.old or glued else (start, end)


def as_in_file(raw: bytes, text: str) -> bytes:
    """A mended text with the line ends and the mark at its start that the file has."""
    before = raw.decode("utf-8")
    ends = [*_LINE_ENDS.findall(before), ""]
    mark = "\ufeff" if before.startswith("\ufeff") else ""
    lines = text.removeprefix("\ufeff").split("\n")
    return (mark + "".join(line + end for line, end in zip(lines, ends, strict=True))).encode("utf-8")
