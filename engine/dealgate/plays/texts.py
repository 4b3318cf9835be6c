"""What a play recommends, in words: names and figures put into its texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from ..model.calendar import Calendar
from ..model.play import ABOVE, FIGURES, NAMES, SCOPES, Need, Play, filled
from .facts import PLACE, Fact, Facts


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
    names = _names(play, key, facts, seen)
    return Said(
        about.to,
        filled(about.title or play.title, names),
        about.theme,
        filled(about.question, names),
        filled(about.action, names),
        filled(about.behaviour, names),
        about.drill,
        calendar.shift(today, about.due) if about.due is not None and about.due.in_days else None,
        tuple((name, names.get(path, "unknown")) for name, path in about.data),
    )


def _names(play: Play, key: str, facts: Facts, seen: Sequence[tuple[Need, Sequence[Fact]]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for scope, held in zip(SCOPES, facts.above(play.scope, key), strict=True):
        if scope not in ABOVE[play.scope] or held is None:
            continue
        for word, name in zip(NAMES, (held, facts.name(scope, held)), strict=True):
            found[f"{scope}.{word}"] = name or held
    for need, mine in seen:
        for name in dict.fromkeys((need.name, need.fact)):
            if name and not need.absent:
                for figure, said in zip(FIGURES, _figures(need, mine), strict=True):
                    if said is not None:
                        found.setdefault(f"{name}.{figure}", said)
    return found


def _figures(need: Need, facts: Sequence[Fact]) -> tuple[str | None, str | None, str | None]:
    """Count, value and change; a figure on which the facts differ is none."""
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
    """A figure as it is read: 0.05 of ``%`` is 5%, 12 of ``days`` is 12 days."""
    number = figure * 100 if unit == "%" else figure
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text}%" if unit == "%" else f"{text} {unit}".strip()
