"""An agenda for a terminal: short, so that it can lie on the table."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import replace

from ....inspection.agenda import Agenda, Point
from ..clean import one_line
from ..width import width
from . import _words as words

PAGE = 40
"""Lines of a page."""
MOST = 3
"""Lines that the reason and the question of one point take."""


def render(agenda: Agenda) -> str:
    """The whole of it, as wide as the terminal, at most 100 columns."""
    return "\n".join(lines(agenda, width(100)))


def lines(agenda: Agenda, columns: int) -> list[str]:
    """The lines at a width. What would not fit a page is left out from the longest sections, whose titles say so."""
    while len(found := list(_lines(agenda, columns))) > PAGE:
        longest = max(agenda.sections, key=lambda section: len(section.points), default=None)
        if longest is None or len(longest.points) < 2:
            break
        fewer = replace(longest, points=longest.points[:-1])
        agenda = replace(agenda, sections=tuple(fewer if one is longest else one for one in agenda.sections))
    return found


def _lines(agenda: Agenda, columns: int) -> Iterator[str]:
    yield _cut(words.title(agenda), columns)
    yield _cut(words.heading(agenda), columns)
    if said := words.since(agenda):
        yield _cut(said, columns)
    for number, section in enumerate(agenda.sections, 1):
        yield ""
        yield _cut(f"{number}. {words.item(section)}", columns)
        if section.note:
            yield from _wrapped(section.note, "   ", columns)
        for point in section.points:
            yield from _point(point, columns)
        if ask := words.question(section):
            yield from _wrapped(f"Ask: {ask}", "   ", columns)
    if said := words.unknown(agenda):
        yield ""
        yield from _wrapped(said, "", columns)


def _point(point: Point, columns: int) -> Iterator[str]:
    owner = f", {one_line(point.owner)}" if point.owner and point.deal else ""
    amount = f", {said}" if (said := words.amount(point)) else ""
    yield "   - " + _cut(words.who(point), columns - 5 - len(amount) - len(owner)) + amount + owner
    why, ask = one_line(point.why), f"Ask: {one_line(point.ask)}" if point.ask else ""
    both = _wrapped(f"{why} {ask}", "     ", columns)
    if len(both) > MOST:  # the reason gives way, never the question
        room = textwrap.shorten(why, (MOST - 1) * (columns - 9), placeholder=" …")
        asked = _wrapped(ask, "     ", columns)
        both = [*_wrapped(room, "     ", columns)[: max(1, MOST - len(asked))], *asked]
    yield from both


def _wrapped(text: str, indent: str, columns: int) -> list[str]:
    return textwrap.wrap(
        one_line(text), columns, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


def _cut(text: str, columns: int) -> str:
    text, room = one_line(text), max(8, columns)
    return text if len(text) <= room else text[: room - 1].rstrip() + "…"
