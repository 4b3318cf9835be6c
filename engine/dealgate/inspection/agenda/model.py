"""An agenda as values: sections with minutes, and points with a deal, an amount, why, and what to ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ...model.deal import Deal
from ...model.inspection import Review
from ...model.values import Money


@dataclass(frozen=True, slots=True)
class Point:
    """One thing to talk about. ``deal`` is empty where it is about no single deal; ``name`` is then what it is about.

    ``amount`` None: not known, or none of its own. ``why``: why it is here, in words. ``ask``: the question; empty for
    a line of a table, of which the section asks once.
    """

    deal: str
    name: str
    amount: Money | None
    why: str
    ask: str
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One item of the review. ``total``: how many points there are, of which ``points`` are shown.

    ``note`` says how they were chosen, or why there are none. ``question`` is for all of them.
    """

    title: str
    minutes: int | None
    points: tuple[Point, ...]
    total: int
    note: str = ""
    question: str = ""


@dataclass(frozen=True, slots=True)
class Audience:
    """Whose deals an agenda is about. ``name`` is empty for the whole pipeline; ``people`` are the owners in it."""

    name: str
    deals: tuple[Deal, ...]
    people: frozenset[str]


@dataclass(frozen=True, slots=True)
class Agenda:
    """What a review puts before the people, as of a moment.

    ``since``: the day of the last one, by its rhythm. ``minutes``: how long it takes. ``begins``: the next time it is
    held, in the process's zone; None where the review does not say when. ``deals``: open deals of the audience.
    ``new``, ``gone``: findings since then, None where nobody
    kept them. ``unknown``: what could not be told, a sentence each.
    """

    review: Review
    audience: str
    as_of: datetime
    today: date
    since: date
    minutes: int | None
    begins: datetime | None
    deals: int
    sections: tuple[Section, ...]
    new: int | None = None
    gone: int | None = None
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filled:
    """What a kind of item comes to: all its points, the most important first."""

    points: Sequence[Point]
    note: str = ""
    unknown: Sequence[str] = ()
