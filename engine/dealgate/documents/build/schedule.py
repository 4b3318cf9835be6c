"""The schedule and the notifications of ``dealgate.yaml`` become jobs and notices."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime

from dealgate.model.calendar import WEEKDAYS
from dealgate.model.diagnostics import Diagnostic
from dealgate.model.schedule import AN_HOUR, EVENTS, Job, Notice, Rhythm, Schedule

from ..conditions.raw import did_you_mean, listed
from ..nodes import Map, Node
from .calendar import zone_of
from .reader import Reader
from .unique import Ids

CODE = "DG860"
RHYTHMS = ("every", "at", "cron")
BUSINESS = "business days"
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_A_DAY = datetime(2024, 1, 1, tzinfo=UTC)
"""Any day will do: whether an expression ever comes does not hang on when it is asked."""


def build_schedule(root: Map, wrong: list[Diagnostic]) -> Schedule:
    """The jobs and notices of a workspace; what does not fit is reported and left out."""
    jobs, notices = [], []
    reader = Reader(root, wrong)
    sources = [name for name, _ in reader.entries("sources")]
    ids = Ids("scheduled run", wrong)
    for item in reader.items("schedule"):
        new = ids.new(item)
        job = _job(Reader(item, wrong), item, sources)
        if new and job is not None:
            jobs.append(job)
    ids = Ids("notification", wrong)
    for item in reader.items("notifications"):
        if ids.new(item):
            one = Reader(item, wrong)
            events = frozenset(word for word in one.texts("events") if word in EVENTS)
            limit = one.number("at_most")
            most = AN_HOUR if limit is None else int(limit)
            notices.append(Notice(one.text("id"), one.text("to"), events, most, item.where))
    return Schedule(tuple(jobs), tuple(notices))


def _job(reader: Reader, item: Node, sources: Collection[str]) -> Job | None:
    words = reader.text("run").split()
    at = reader.get("run") or item
    if not words:
        return None
    flags = tuple(word.removeprefix("--") for word in words[1:] if word.startswith("--"))
    named = [word for word in words[1:] if not word.startswith("--")]
    if named and named[0] not in sources:
        hint = did_you_mean(named[0], sources) or f"there are {listed(sources)}"
        reader.report("DG861", f"There is no source `{named[0]}`.", at, hint)
        return None
    rhythm = _rhythm(reader, item)
    if rhythm is None:
        return None
    source = named[0] if named else ""
    return Job(reader.text("id"), words[0], rhythm, source, flags, reader.flag("apply"), at.where)


def _rhythm(reader: Reader, item: Node) -> Rhythm | None:
    given = [key for key in RHYTHMS if reader.get(key) is not None]
    if len(given) != 1:
        said = f"{listed(given)} are two rhythms." if given else "It is not said when this runs."
        reader.report(CODE, said, item, "give one of `every`, `at` and `cron`")
        return None
    key, node = given[0], reader.get(given[0]) or item
    days = reader.texts("on")
    on = frozenset(WEEKDAYS.index(day) for day in days if day in WEEKDAYS)
    business, zone = BUSINESS in days, reader.text("time_zone") or None
    zone_of(reader)  # tells where there is none of that name
    if key == "every":
        every = reader.duration(key)
        if every is None:
            return None
        if every.business or every.unit not in ("minute", "hour") or not every.count:
            reader.report(CODE, f"`{every}` is no rhythm.", node, "write minutes or hours; for days, `at` and `on`")
            return None
        return Rhythm(every=every, on=on, business=business, zone=zone)
    if key == "at":
        found = _TIME.fullmatch(reader.text(key))
        if found is None:
            reader.report(CODE, f"`{reader.text(key)}` is no time of day.", node, 'write hours and minutes: "06:30"')
            return None
        return Rhythm(at=(int(found[1]), int(found[2])), on=on, business=business, zone=zone)
    return _cron(reader, node, Rhythm(cron=" ".join(reader.text(key).split()), zone=zone))


def _cron(reader: Reader, node: Node, rhythm: Rhythm) -> Rhythm | None:
    days = reader.get("on")
    if days is not None:
        reader.report(CODE, "A cron expression says its days itself.", days, "leave out `on`")
        return None
    from ..cron import never, triggers

    try:
        if not never(triggers(rhythm.cron), _A_DAY):
            return rhythm
        said = "such a day never comes"
    except ValueError as wrong:
        said = str(wrong)
    hint = 'write minute, hour, day, month and day of the week: "30 6 * * 1-5"'
    reader.report(CODE, f"The cron expression cannot be kept: {said}.", node, hint)
    return None
