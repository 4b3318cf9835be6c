"""What every form of an agenda says in the same words."""

from __future__ import annotations

from ....compile.words import value
from ....inspection.agenda import Agenda, Point, Section
from ....sources.table import counted


def title(agenda: Agenda) -> str:
    """``Weekly one-to-one for Max Berg``."""
    return f"{agenda.review.title}{f' for {agenda.audience}' if agenda.audience else ''}"


def heading(agenda: Agenda) -> str:
    """Of which day, how long, over how many deals."""
    minutes = f", {agenda.minutes} minutes" if agenda.minutes is not None else ""
    return f"As of {value(agenda.today)}{minutes}, {counted(agenda.deals, 'open deal')}"


def since(agenda: Agenda) -> str:
    """Findings that are new and gone; empty where nobody kept them."""
    if agenda.new is None or agenda.gone is None:
        return ""
    return f"Findings since {value(agenda.since)}: {agenda.new:,} new, {agenda.gone:,} gone"


def item(section: Section) -> str:
    """``Commit changes (5 min), 3 of 7``."""
    minutes = f" ({section.minutes} min)" if section.minutes is not None else ""
    shown = len(section.points)
    return f"{section.title}{minutes}{f', {shown} of {section.total:,}' if section.total > shown else ''}"


def question(section: Section) -> str:
    """The question to all, where no point has asked it."""
    return "" if any(point.ask == section.question for point in section.points) else section.question


def amount(point: Point) -> str:
    """The amount as a person writes it."""
    if point.amount is not None:
        return value(point.amount)
    return "amount unknown" if point.deal else ""


def who(point: Point) -> str:
    """The deal's id and name, or what it is about."""
    return f"{point.deal} {point.name}" if point.deal and point.name != point.deal else point.name


def unknown(agenda: Agenda) -> str:
    """What could not be told, in one paragraph; empty where all was."""
    return f"Not told. {' '.join(agenda.unknown)}" if agenda.unknown else ""
