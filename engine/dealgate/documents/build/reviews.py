"""The reviews of an inspection document: when they are held, and what their agendas show."""

from __future__ import annotations

from datetime import time

from dealgate.model.calendar import WEEKDAYS
from dealgate.model.finding import SEVERITIES
from dealgate.model.inspection import SHOWS, Item, Review

from ..conditions import Scope, check_condition
from ..conditions.raw import did_you_mean, listed, refuse
from ..nodes import Node
from .reader import Reader

_READ = ("findings", "severity", "metrics", "where", "at_most")
"""Keys of an item that only some kinds of items read."""


def build_review(reader: Reader, deal: Scope) -> Review:
    """A review; what does not fit is reported."""
    held = reader.inner("held")
    when: tuple[int, time] | None = None
    if held.node is not None:
        day = held.word("on", WEEKDAYS, "monday")
        node = held.get("at")
        hour = held.take(None, _hour, node) if node is not None else None
        when = (WEEKDAYS.index(day), hour) if hour is not None else None
    return Review(
        id=reader.text("id"),
        title=reader.text("title", reader.text("id")),
        every=reader.word("every", ("day", "week", "month", "quarter"), "week"),
        held=when,
        who=reader.texts("who"),
        takes=reader.duration("takes"),
        agenda=tuple(_item(Reader(item, reader.wrong), deal) for item in reader.items("agenda")),
        at=reader.where,
    )


def _item(reader: Reader, deal: Scope) -> Item:
    node, show = reader.get("show"), reader.text("show")
    if node is not None and show not in SHOWS:
        hint = did_you_mean(show, list(SHOWS)) or f"it is one of {listed(list(SHOWS))}"
        reader.report("DG830", f"`{show}` is nothing that an agenda can show.", node, hint)
    else:
        reads = SHOWS.get(show, ())
        for key in _READ:
            at = reader.get(key)
            if at is not None and key not in reads:
                of = f"`show: {show}`" if show else "an item that shows nothing"
                reader.report("DG835", f"`{key}` is not read by {of}.", at, f"leave `{key}` out")
    where, most = reader.get("where"), reader.number("at_most")
    return Item(
        title=reader.text("title"),
        takes=reader.duration("takes"),
        show=show,
        findings=reader.texts("findings"),
        severity=reader.word("severity", SEVERITIES, SEVERITIES[0]),
        where=check_condition(where, deal, reader.wrong) if where is not None else None,
        at_most=None if most is None else int(most),
        question=reader.text("question"),
    )


def _hour(node: Node) -> time:
    word = getattr(node, "text", "")
    try:
        hours, minutes = word.split(":")
        return time(int(hours), int(minutes))
    except ValueError:
        refuse("DG806", f"`{word}` is no time of day.", node, 'write "09:00"')
