"""An agenda as a calendar file: one event, at the next time that the review is held, with the agenda inside."""

from __future__ import annotations

from datetime import UTC, timedelta
from uuid import NAMESPACE_URL, uuid5

from ....inspection.agenda import Agenda
from ....model.diagnostics import WrongUsage, error
from . import _words as words
from .text import lines

WIDTH = 76
"""Columns of the agenda inside: calendars show it in a narrow pane."""
HOUR = 60
"""Minutes that a review takes which does not say how long."""


def render(agenda: Agenda) -> str:
    """The calendar. The same review of the same day has the same id, so that a second import updates the first.

    Raises WrongUsage where the review does not say when it is held.
    """
    from icalendar import Calendar, Event

    if agenda.begins is None:
        hint = 'say `held: {on: monday, at: "09:00"}` in an inspection document, or choose another --output'
        raise WrongUsage(
            error("DG833", f"The review `{agenda.review.id}` does not say when it is held.", suggestion=hint)
        )
    event = Event()
    start = agenda.begins
    event.add("uid", str(uuid5(NAMESPACE_URL, f"dealgate:{agenda.review.id}:{agenda.audience}:{start.isoformat()}")))
    event.add("dtstamp", agenda.as_of.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", start)
    event.add("duration", timedelta(minutes=agenda.minutes if agenda.minutes is not None else HOUR))
    event.add("summary", words.title(agenda))
    event.add("description", "\n".join(lines(agenda, WIDTH)))
    calendar = Calendar()
    calendar.add("prodid", "-//dealgate//agenda//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    calendar.add_missing_timezones()
    text: str = calendar.to_ical().decode()
    return text.removesuffix("\n")  # its end is written with the file's
