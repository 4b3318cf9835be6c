"""An agenda as Markdown; what a name holds of its marks is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....inspection.agenda import Agenda, Point
from ..clean import one_line
from . import _words as words

_MARKS = re.compile(r"([\\`*_\[\]<>#|~&])")


def render(agenda: Agenda) -> str:
    """The whole of it."""
    return "\n".join(_lines(agenda)).rstrip()


def _lines(agenda: Agenda) -> Iterator[str]:
    yield from (f"# {_safe(words.title(agenda))}", "", f"{_safe(words.heading(agenda))}.", "")
    if said := words.since(agenda):
        yield from (f"{said}.", "")
    for number, section in enumerate(agenda.sections, 1):
        yield from (f"## {number}. {_safe(words.item(section))}", "")
        if section.note:
            yield from (_safe(section.note), "")
        for point in section.points:
            yield from _point(point)
        if section.points:
            yield ""
        if ask := words.question(section):
            yield from (f"*Ask: {_safe(ask)}*", "")
    if said := words.unknown(agenda):
        yield _safe(said)


def _point(point: Point) -> Iterator[str]:
    tail = [said for said in (words.amount(point), point.owner if point.deal else None) if said]
    yield f"- **{_safe(words.who(point))}**{''.join(f', {_safe(one)}' for one in tail)}"
    yield f"  {_safe(point.why)}"
    if point.ask:
        yield f"  *Ask: {_safe(point.ask)}*"


def _safe(text: str) -> str:
    return _MARKS.sub(r"\\\1", one_line(text))
