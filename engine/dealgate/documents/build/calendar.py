"""A process's ``calendar:`` becomes days, hours and periods."""

from __future__ import annotations

from datetime import UTC, time, tzinfo

from dealgate.model.calendar import MONTHS, WEEKDAYS, Calendar
from dealgate.model.diagnostics import Diagnostic

from ..conditions.raw import did_you_mean, refuse, text
from ..nodes import Node
from .reader import Reader, written_date


def build_calendar(node: Node | None, diagnostics: list[Diagnostic]) -> Calendar:
    """The calendar; what is left out keeps its default (UTC, weekend on Saturday and Sunday, 9:00 to 17:30)."""
    reader = Reader(node, diagnostics)
    plain = Calendar()
    hours = reader.inner("working_hours")
    opens, closes = _time(hours, "from", plain.opens), _time(hours, "to", plain.closes)
    if opens >= closes and hours.node is not None:
        at = hours.node
        reader.report("DG235", "Working hours end before they begin.", at)
        opens, closes = plain.opens, plain.closes
    days = reader.get("weekend")
    weekend = frozenset(_weekday(item, reader) for item in reader.items("weekend")) - {-1}
    if len(weekend) == len(WEEKDAYS) and days is not None:
        reader.report("DG235", "A week needs at least one business day.", days)
        weekend = plain.weekend
    holidays = (reader.take(None, written_date, item) for item in reader.items("holidays"))
    month = reader.word("fiscal_year_starts", MONTHS, MONTHS[0])
    return Calendar(
        zone=zone_of(reader),
        weekend=plain.weekend if days is None else weekend,
        holidays=frozenset(day for day in holidays if day is not None),
        opens=opens,
        closes=closes,
        fiscal_month=MONTHS.index(month) + 1,
    )


def zone_of(reader: Reader) -> tzinfo:
    """The time zone under ``time_zone``; UTC where none stands there, or one that there is not, which is reported."""
    node = reader.get("time_zone")
    name = reader.text("time_zone", "UTC")
    if node is None or name == "UTC":
        return UTC
    # only a process in another zone pays for loading the zones
    from zoneinfo import ZoneInfo, available_timezones

    def read() -> tzinfo | None:
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            refuse("DG235", f"There is no time zone `{name}`.", node, did_you_mean(name, sorted(available_timezones())))

    return reader.take(None, read) or UTC


def _weekday(node: Node, reader: Reader) -> int:
    def read() -> int:
        word = text(node, "a day of the week", node)
        if word not in WEEKDAYS:
            refuse("DG235", f"`{word}` is no day of the week.", node, did_you_mean(word, WEEKDAYS))
        return WEEKDAYS.index(word)

    return reader.take(-1, read)


def _time(reader: Reader, key: str, default: time) -> time:
    node = reader.get(key)

    def read(node: Node) -> time:
        word = text(node, 'a time of day, such as "09:00"', node)
        try:
            return time.fromisoformat(word).replace(tzinfo=None)
        except ValueError:
            refuse("DG235", f"`{word}` is no time of day.", node, 'write it as "09:00"')

    return default if node is None else reader.take(default, read, node)
