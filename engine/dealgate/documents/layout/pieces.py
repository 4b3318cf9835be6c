"""A document cut into what stands on the page: brackets, dashes, colons and values, each with the level it belongs to.

Between two pieces there is only white space and comments, so a printer that sets every piece once loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml as pyyaml
from yaml.tokens import (
    BlockEndToken,
    BlockEntryToken,
    BlockMappingStartToken,
    BlockSequenceStartToken,
    DocumentEndToken,
    DocumentStartToken,
    FlowEntryToken,
    FlowMappingEndToken,
    FlowMappingStartToken,
    FlowSequenceEndToken,
    FlowSequenceStartToken,
    KeyToken,
    ScalarToken,
    StreamEndToken,
    StreamStartToken,
    ValueToken,
)

STEP = 2
"""Spaces a level is indented by."""
GONE = "\0"
"""Stands where a document marker was. No document can hold it: control characters are refused."""

_FAST: type[Any] | None = getattr(pyyaml, "CSafeLoader", None)
_SIGNS: dict[type[Any], str] = {
    BlockEntryToken: "-",
    ValueToken: ":",
    FlowEntryToken: ",",
    FlowMappingStartToken: "{",
    FlowSequenceStartToken: "[",
    FlowMappingEndToken: "}",
    FlowSequenceEndToken: "]",
}


class Unsettled(Exception):
    """What has no place in the layout; says which, in words."""


@dataclass(frozen=True, slots=True)
class Level:
    """A map or list in block style: the column it has, and the one it gets, both from 0."""

    column: int
    indent: int
    is_list: bool
    bare: bool = False
    """A list that stands in the column of its key; the scanner does not tell its end."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One sign or value. ``kind``: the sign itself, ``text``, or ``block`` for a text after `|` or `>`.

    ``levels``: the block levels open around it, the outermost first. ``flow``: brackets open around it.
    """

    kind: str
    start: int
    end: int
    column: int
    levels: tuple[Level, ...]
    flow: int
    leads: bool = False
    """It begins an entry of its level: a key, a dash, a `?`, or the `:` of a key that began with `?`."""

    @property
    def inner(self) -> int:
        """The indent of what belongs to the entry it stands in, on lines of its own."""
        return self.levels[-1].indent + STEP if self.levels else 0


def cut(text: str, loader: type[Any] | None = None) -> tuple[str, list[Piece]]:
    """The text with its document markers blanked, and its pieces in order. The text must be one that parses.

    Raises Unsettled where a directive stands.
    """
    found: list[Piece] = []
    for piece in _pieces(text, (loader or _FAST or pyyaml.SafeLoader)(text)):
        if piece.kind == GONE:
            text = text[: piece.start] + GONE * (piece.end - piece.start) + text[piece.end :]
        else:
            found.append(piece)
    return text, found


def _pieces(text: str, loader: Any) -> Iterator[Piece]:
    levels: list[Level] = []
    flow = 0
    leads = False
    try:
        while loader.check_token():
            token = loader.get_token()
            kind = type(token)
            start, column = token.start_mark.index, token.start_mark.column
            if kind is BlockMappingStartToken or kind is BlockSequenceStartToken:
                levels.append(Level(column, _next(levels), kind is BlockSequenceStartToken))
            elif kind is BlockEndToken:
                if levels.pop().bare:
                    levels.pop()
            elif kind is KeyToken:
                if not flow and levels and levels[-1].bare:
                    levels.pop()
                leads = True
                if token.end_mark.index > start:
                    yield Piece("?", start, start + 1, column, tuple(levels), flow, True)
                    leads = False
            elif kind is ScalarToken:
                block = token.style in ("|", ">")
                end = token.end_mark.index
                yield Piece("block" if block else "text", start, end, column, tuple(levels), flow, leads)
                leads = False
            elif kind in (DocumentStartToken, DocumentEndToken):
                yield Piece(GONE, start, token.end_mark.index, column, (), 0)
            elif kind in _SIGNS:
                sign = _SIGNS[kind]
                if sign == "-" and not levels[-1].is_list:
                    levels.append(Level(column, _next(levels), True, bare=True))
                if sign == ":" and not flow and levels[-1].bare:
                    levels.pop()
                flow -= sign in "}]"
                yield Piece(sign, start, start + 1, column, tuple(levels), flow, sign in "-:" or leads)
                flow += sign in "{["
                leads = False
            elif kind not in (StreamStartToken, StreamEndToken):
                raise Unsettled("a directive")
    finally:
        loader.dispose()


def _next(levels: list[Level]) -> int:
    return levels[-1].indent + STEP if levels else 0
