"""The page being set: lines, with the comments at their ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .pieces import GONE, STEP

BEFORE_A_COMMENT = " " * STEP


@dataclass(slots=True)
class Line:
    """One line. ``column``: where the comment at its end stood, from 0. ``within``: it belongs to a text's value."""

    text: str = ""
    comment: str = ""
    column: int = 0
    within: bool = False


@dataclass(slots=True)
class Page:
    """Lines so far; the last is the one being written."""

    lines: list[Line] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)

    def begin(self, indent: int, text: str) -> None:
        """A line of its own."""
        self.lines.append(Line(" " * indent + text))

    def add(self, text: str) -> None:
        """More on the line being written."""
        self.lines[-1].text += text

    def value(self, lines: list[str]) -> None:
        """Lines of a text, as they are."""
        self.lines += [Line(line, within=True) for line in lines]

    def remark(self, comment: str, column: int) -> None:
        """A comment at the end of the line being written."""
        self.comments.append(comment)
        self.lines[-1].comment, self.lines[-1].column = comment, column

    def note(self, indent: int, comment: str) -> None:
        """A comment on a line of its own."""
        self.comments.append(comment)
        self.begin(indent, comment)

    def space(self) -> None:
        """An empty line, unless there is one, or nothing stands above."""
        if self.lines and (self.lines[-1].text or self.lines[-1].within):
            self.lines.append(Line())

    def text(self, open_end: bool) -> str:
        """The page. ``open_end``: without a line's end after the last line."""
        while self.lines and not self.lines[-1].text and not self.lines[-1].within:
            self.lines.pop()
        whole = "\n".join(line for group in _groups(self.lines) for line in _aligned(group))
        return whole if open_end or not whole else whole + "\n"


def _groups(lines: list[Line]) -> Iterator[list[Line]]:
    """Lines next to each other whose comments stand in one column, together; every other line by itself."""
    group: list[Line] = []
    for line in lines:
        if group and not (line.comment and group[-1].comment and line.column == group[-1].column):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _aligned(group: list[Line]) -> Iterator[str]:
    width = max(len(line.text) for line in group)
    for line in group:
        yield line.text.ljust(width) + BEFORE_A_COMMENT + line.comment if line.comment else line.text


@dataclass(frozen=True, slots=True)
class Gap:
    """What stands between two pieces. ``remark``: the comment on the line of the first, with its column; ``rows``: the
    lines between, each a comment with its column, or empty."""

    breaks: bool
    remark: tuple[str, int] | None = None
    rows: tuple[tuple[str, int], ...] = ()


def gap(text: str, start: int, end: int) -> Gap | None:
    """The gap between two places; None where there is more in it than white space and comments."""
    between = text[start:end]
    if "\n" not in between and "#" not in between and GONE not in between:
        return Gap(False) if not between.strip(" \t") else None
    column = start - (text.rfind("\n", 0, start) + 1)
    remark = None
    rows: list[tuple[str, int]] = []
    parts = between.split("\n")
    for number, part in enumerate(parts):
        bare = part.replace(GONE, " ").strip(" \t")
        place = part.find("#") + (column if number == 0 else 0)
        if bare and not bare.startswith("#"):
            return None
        if number == 0 and start > 0:
            remark = (bare, place) if bare else None
        elif bare:
            rows.append((bare, place))
        elif number and number < len(parts) - 1 and GONE not in part:
            rows.append(("", 0))
    return Gap(len(parts) > 1 or GONE in between, remark, tuple(rows))
