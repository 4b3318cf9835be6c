"""Edits made in a text: only their characters change, and only where what they replace stands there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import accumulate

from dealgate.model.diagnostics import Edit

from .nodes import Scalar

_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_WORD = re.compile(r"[\w.-]")


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with edits made, from the last to the first. One that has no place there is left out."""
    lines, begins = text.split("\n"), _begins(text)
    found: list[tuple[int, int, str]] = []
    for edit in sorted(set(edits), key=lambda e: (e.line, e.column), reverse=True):
        span = place(lines, edit)
        start, end = (begins[edit.line - 1] + at for at in span) if span else (0, 0)
        if span and (not found or end <= found[-1][0]):  # what was edited is not what it was
            found.append((start, end, edit.new))
    return _spliced(text, found)


def exactly(text: str, edits: Iterable[Edit]) -> str:
    """The text with each edit made at its very place; ``old`` may span lines.

    Raises ValueError where it does not stand there.
    """
    begins, found = _begins(text), []
    for edit in set(edits):
        at = begins[edit.line - 1] + edit.column - 1
        if not text.startswith(edit.old, at):
            raise ValueError(f"line {edit.line} does not hold what is to be changed")
        found.append((at, at + len(edit.old), edit.new))
    return _spliced(text, found)


def of_scalar(node: Scalar, new: str) -> Edit:
    """The edit that gives a value of one line another text, within its quotes if it has any."""
    return Edit(node.line, node.column + (0 if node.plain else 1), node.text, new)


def _begins(text: str) -> list[int]:
    """Where each line begins."""
    return [0, *accumulate(len(line) + 1 for line in text.split("\n"))]


def _spliced(text: str, spans: Iterable[tuple[int, int, str]]) -> str:
    """The text with spans (from, to, what stands there now) made from the last to the first."""
    for start, end, new in sorted(spans, reverse=True):
        text = text[:start] + new + text[end:]
    return text


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
