"""Markdown as articles are written in it: title, text and links, each link with its place. CommonMark, no HTML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dealgate.model.diagnostics import Where

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


@dataclass(slots=True)
class Reference:
    """What a link or picture leads to, as written, with the words that are linked."""

    target: str
    words: str
    at: Where


@dataclass(slots=True)
class Marked:
    """A text as parsed. ``title`` is empty where it does not begin with one; ``refused`` are pictures and HTML."""

    title: str = ""
    body: str = ""
    links: list[Reference] = field(default_factory=list)
    refused: list[tuple[str, Where]] = field(default_factory=list)


def parser() -> MarkdownIt:
    """The parser of articles. HTML is seen, so that it can be refused; a link's target stays as it is written."""
    from markdown_it import MarkdownIt  # only articles need it

    made = MarkdownIt("commonmark", {"html": True})
    made.normalizeLink = lambda url: url  # type: ignore[method-assign]
    made.validateLink = lambda url: True  # type: ignore[method-assign]
    return made


def read_markdown(text: str, file: str) -> Marked:
    """A whole file: ``# Title`` first, then the text."""
    tokens = parser().parse(text)
    lines = text.split("\n")
    found = Marked(body=text.strip())
    if len(tokens) > 1 and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        found.title = _words(tokens[1].children or [])
        found.body = "\n".join(lines[(tokens[0].map or [0, 1])[1] :]).strip()
    for token in tokens:
        first, end = token.map or [0, 0]
        if token.type == "html_block":
            found.refused.append(("HTML", Where(file, first + 1, _indent(lines[first]) + 1)))
        elif token.type == "inline":
            _read(token.children or [], _Finder(lines[first:end], file, first + 1, 1), found)
    return found


def read_inline(text: str, raw: Sequence[str], at: Where) -> Marked:
    """One line or paragraph that stands in another document, whose lines from ``at`` on are ``raw``."""
    found = Marked(body=text)
    finder = _Finder(raw, at.file, at.line, at.column)
    for token in parser().parseInline(text):
        _read(token.children or [], finder, found)
    return found


def _read(children: Sequence[Token], finder: _Finder, found: Marked) -> None:
    for place, child in enumerate(children):
        if child.type == "link_open":
            target = str(child.attrs.get("href", ""))
            found.links.append(Reference(target, _words(_linked(children[place + 1 :])), finder.find(target)))
        elif child.type == "image":
            found.refused.append(("a picture", finder.find(str(child.attrs.get("src", "")))))
        elif child.type == "html_inline":
            found.refused.append(("HTML", finder.find(child.content, bare=True)))


def _linked(after: Sequence[Token]) -> Iterator[Token]:
    for child in after:
        if child.type == "link_close":
            return
        yield child


def _words(children: Sequence[Token] | Iterator[Token]) -> str:
    held = (" " if child.type in ("softbreak", "hardbreak") else child.content for child in children)
    return " ".join("".join(held).split())


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


class _Finder:
    """Finds what the parser saw, in its order, in the lines it was read from: the parser itself keeps no columns."""

    __slots__ = ("at", "file", "first", "line", "lines")

    def __init__(self, lines: Sequence[str], file: str, first: int, column: int) -> None:
        self.lines, self.file, self.first = lines, file, first
        self.line, self.at = 0, column - 1

    def find(self, target: str, *, bare: bool = False) -> Where:
        """Where a link's target (or, ``bare``, any text) stands next, else anywhere in the block.

        Of links in each other the outer comes first, and its target stands behind. The block's beginning where it
        cannot be told.
        """
        marks = ("",) if bare else ("(", "<", ": ") if target else ("(",)
        # what leads nowhere is nothing between brackets, and must not be found in every other
        wanted = target or ")"
        for first, at in ((self.line, self.at), (0, 0)):
            for line in range(first, len(self.lines)):
                start = at if line == first else 0
                places = [(self.lines[line].find(mark + wanted, start), len(mark)) for mark in marks]
                here = min((place + length for place, length in places if place >= 0), default=-1)
                if here >= 0:
                    if target:
                        self.line, self.at = line, here + len(target)
                    return Where(self.file, self.first + line, here + 1)
        return Where(self.file, self.first + self.line, _indent(self.lines[self.line]) + 1 if self.lines else 1)
