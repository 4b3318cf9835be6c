"""What a play recommends, in words: names and figures put into its texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from ..model.calendar import Calendar
from ..model.play import ABOVE, FIGURES, NAMES, SCOPES, Need, Play, filled
from .facts import PLACE, Fact, Facts
from .frames import Rows


class Said(NamedTuple):
    """A recommendation on one record: who should act, what to ask and do, the behaviour to look for, the drill.

    ``due`` is the day by which; ``data`` are figures in words, by name.
    """

    to: str
    title: str
    theme: str
    question: str
    action: str
    behaviour: str
    drill: str
    due: date | None
    data: tuple[tuple[str, str], ...]


def say(
    play: Play,
    key: str,
    facts: Facts,
    seen: Sequence[tuple[Need, Sequence[Fact]]],
    today: date,
    calendar: Calendar,
) -> Said:
    """The recommendation of a play that fired on a record. What is not known reads ``unknown``."""
    about = play.recommend
    assert about is not None

    def word(path: str) -> str:
        return _word(path, play, key, facts, seen) or UNKNOWN

    return Said(
        about.to,
        filled(about.title or play.title, word),
        about.theme,
        filled(about.question, word),
        filled(about.action, word),
        filled(about.behaviour, word),
        about.drill,
        calendar.shift(today, about.due) if about.due is not None and about.due.in_days else None,
        tuple((name, word(path)) for name, path in about.data),
    )


UNKNOWN = "unknown"
"""What is not known, as a text says it."""


def _word(path: str, play: Play, key: str, facts: Facts, seen: Sequence[tuple[Need, Sequence[Fact]]]) -> str | None:
    """What stands for a name in a text: a record's id or name, or a figure of the facts of a need."""
    head, _, last = path.partition(".")
    if head in ABOVE[play.scope] and last in NAMES:
        held = facts.above(play.scope, key)[SCOPES.index(head)]
        return held if last == "id" else facts.name(head, held)
    own = next((pair for pair in seen if pair[0].name == head), None)
    of_kind = (pair for pair in seen if pair[0].fact == head and not pair[0].absent)
    found = own or next(of_kind, None)
    return _figures(*found)[FIGURES.index(last)] if found is not None and last in FIGURES else None


def _figures(need: Need, facts: Sequence[Fact]) -> tuple[str | None, str | None, str | None]:
    """Count, value and change; a figure on which the facts differ is none."""
    if isinstance(facts, Rows):
        return str(len(facts) if need.distinct is None else facts.named), None, None
    if need.distinct is None:
        number = len(facts)
    else:
        number = len({fact[PLACE[need.distinct]] for fact in facts} - {None})
    return str(number), _one(facts, (f.value for f in facts)), _one(facts, (f.change for f in facts))


def _one(facts: Sequence[Fact], figures: Iterable[Decimal | None]) -> str | None:
    found = {(figure, fact.unit) for figure, fact in zip(figures, facts, strict=True)}
    if len(found) != 1:
        return None
    figure, unit = next(iter(found))
    return None if figure is None else shown(figure, unit)


def shown(figure: Decimal, unit: str) -> str:
    """A figure as it is read, 0.05 of ``%`` is 5%, 12 of ``days`` is 12 days; all but money to one decimal."""
    number = figure * 100 if unit == "%" else figure
    if unit in ("%", "days", ""):
        number = round(number, 1)
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text}%" if unit == "%" else f"{text} {unit}".strip()
