"""The calls of a period as a command lists them, and what was frozen of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING

from ..model.call import LAYERS, MOMENTS, Call, Frozen, replaced, standing
from ..model.targets import EVERY, Span
from ..model.values import local_date

if TYPE_CHECKING:
    from ..model.calendar import Calendar


@dataclass(frozen=True, slots=True)
class Line:
    """A call. ``name``: of the deal it is about, where it is known. ``replaced_by``: the id of its author's later call
    about the same, which stands in its place; None: it stands."""

    call: Call
    name: str | None = None
    replaced_by: str | None = None


@dataclass(frozen=True, slots=True)
class Freeze:
    """What was frozen at once at a moment of the period, whose day is ``day``: how many ``forecasts``, and how many of
    them saw what was learned only later (``late``). ``by`` is None where it is not known who did it."""

    moment: str
    day: date
    taken_at: datetime
    by: str | None
    forecasts: int
    late: int


@dataclass(frozen=True, slots=True)
class Listed:
    """The calls of a period, by layer and then as they were made, and what was frozen of it. Days are those of
    ``zone``. ``every``: with those that were replaced. ``over``: whether the period is. ``elsewhere``: other periods
    that have calls."""

    period: str
    first: date
    last: date
    as_of: datetime
    known_at: datetime | None
    zone: tzinfo
    every: bool
    over: bool
    lines: tuple[Line, ...]
    frozen: tuple[Freeze, ...]
    elsewhere: tuple[str, ...]


def listed(
    period: str, as_of: date | datetime, known_at: datetime | None = None, *, every: bool = False,
    source: str | None = None, process: str | None = None,
) -> Listed:  # fmt: skip
    """The calls that stood for a period at a moment, by what had been entered by another (None: all); ``every``: those
    that were replaced by then too. ``source`` is the one in the store whose deals are named."""
    from .options import playbook_of, span_of
    from .overriding import names_of
    from .stored import opened

    span, playbook = span_of(period), playbook_of(process)
    moment = playbook.judge.moment(as_of)
    first, last = days = span.days(moment.calendar)
    with opened() as store:
        with store.calls() as kept:
            made = kept.all(moment.as_of, known_at)
            frozen = kept.frozen_by_whom(known_at)
        calls = [one for one in made if (one.first, one.last) == days]
        names = {}
        if any(one.deal is not None for one in calls):
            names = names_of(store.events(moment.as_of, known_at, ["name"], source, playbook.process.record))
    shown = calls if every else standing(calls)
    after = replaced(calls)
    lines = [Line(one, names.get(one.deal) if one.deal else None, after.get(one.id)) for one in shown]
    lines.sort(key=lambda one: (LAYERS.index(one.call.layer), one.call.at, one.call.recorded_at))
    zone = moment.calendar.zone
    mine = [
        (one, by) for one, by in frozen if (one.first, one.last) == days and local_date(one.as_of, zone) <= moment.today
    ]
    others = dict.fromkeys((one.first, one.last) for one in standing(made) if (one.first, one.last) != days)
    elsewhere = tuple(_name(each, moment.calendar) for each in sorted(others))
    return Listed(
        span.name, first, last, moment.as_of, known_at, zone, every, moment.today > last, tuple(lines),
        tuple(_freezes(mine, zone)), elsewhere,
    )  # fmt: skip


def _freezes(frozen: Sequence[tuple[Frozen, str | None]], zone: tzinfo) -> Iterable[Freeze]:
    """Those that one person froze at once, together; in the order of the moments and then as they were taken."""
    held: dict[tuple[str, datetime, str | None], list[Frozen]] = {}
    for one, by in frozen:
        held.setdefault((one.moment, one.taken_at, by), []).append(one)
    for (moment, taken_at, by), ones in sorted(held.items(), key=lambda item: (MOMENTS.index(item[0][0]), item[0][1])):
        late = sum(one.hindsight for one in ones)
        yield Freeze(moment, local_date(ones[0].as_of, zone), taken_at, by, len(ones), late)


def _name(days: tuple[date, date], calendar: Calendar) -> str:
    """What a period is called; of one that no name has, its days."""
    years = sorted({days[0].year, days[1].year})
    parts = {"year": (0,), "quarter": range(1, 5), "month": range(1, 13)}
    spans = (Span(every, year, part) for every in EVERY for year in years for part in parts[every])
    found = next((one for one in spans if one.days(calendar) == days), None)
    return found.name if found is not None else f"{days[0]} to {days[1]}"
