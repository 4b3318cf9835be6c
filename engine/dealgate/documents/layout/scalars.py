"""Texts over several lines, indented anew and otherwise left as they are."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .pieces import STEP

_HEADER = re.compile(r"([|>])([-+0-9]*)[ \t]*(#.*)?")


def refolded(source: str, indent: int) -> list[str]:
    """A plain or quoted text as lines: the first as it goes on, the others indented. White space at a fold means
    nothing, so it goes; the number of lines means something, so it stays."""
    lines = source.split("\n")
    if len(lines) == 1:
        return lines
    double = source.startswith('"')
    first, *middle, last = lines
    kept = [_trimmed(first, double), *(_trimmed(line.lstrip(" \t"), double) for line in middle), last.lstrip(" \t")]
    return [kept[0], *(" " * indent + line if line else "" for line in kept[1:])]


def _trimmed(line: str, double: bool) -> str:
    """Without white space at its end, save what a `\\` in double quotes makes part of the text."""
    short = line.rstrip(" \t")
    escaped = double and len(short) < len(line) and (len(short) - len(short.rstrip("\\"))) % 2
    return line[: len(short) + 1] if escaped else short


@dataclass(frozen=True, slots=True)
class BlockText:
    """A text after `|` or `>`: its first line, the comment there with its column, the lines below, and where in the
    document it ends (at the line's end, which is not part of it)."""

    header: str
    comment: str
    column: int
    lines: list[str]
    end: int
    open: bool
    """The document ends within it, without a line's end, and one added would change what it says."""


def block_text(text: str, start: int, column: int, end: int, parent: int, indent: int) -> BlockText:
    """The block text from ``start`` (at ``column``) to the scanner's ``end``. ``parent``: the column of the map or
    list around it; ``indent``: the indent its lines get."""
    stop = text.find("\n", start)
    stop = len(text) if stop < 0 else stop
    found = _HEADER.match(text, start, stop)
    assert found is not None
    sign, marks, comment = found[1], found[2], (found[3] or "").rstrip()
    written = re.search("[1-9]", marks)
    if end < len(text):
        end = text.rfind("\n", 0, end) + 1  # the scanner may have gone into the line that comes next
    whole = text[stop + 1 : end]
    lines = whole.split("\n") if whole else []
    unended = bool(lines) and lines[-1] != ""
    if lines and not unended:
        lines.pop()
    base = max(parent, 0) + int(written[0]) if written else _indent_of(lines, parent + 1)
    if unended and not lines[-1].strip(" ") and len(lines[-1]) <= base:
        lines.pop()
        unended = False
    size = sum(len(line) + 1 for line in lines)
    shown = [line[base:] for line in lines]
    if "+" not in marks:
        while shown and not shown[-1]:
            size -= len(lines[len(shown) - 1]) + 1
            shown.pop()
    header = sign + re.sub("[1-9]", str(STEP), marks)
    ended = min(len(text), stop + size)
    set_anew = [" " * indent + line if line else "" for line in shown]
    place = column + found.start(3) - start if comment else 0
    return BlockText(header, comment, place, set_anew, ended, unended and "-" not in marks)


def _indent_of(lines: list[str], least: int) -> int:
    """The indent that a block text has by its looks: of its first line with anything on it, or of deeper ones above."""
    most = max(least, 1)
    for line in lines:
        held = len(line) - len(line.lstrip(" "))
        most = max(most, held)
        if held < len(line):
            break
    return most
