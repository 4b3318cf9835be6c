"""Cron expressions, as cron itself reads them: 0 and 7 are Sunday, and a day that either rule names is meant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apscheduler.triggers.base import BaseTrigger

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PARTS = ("minute", "hour", "day", "month", "day_of_week")
ALIASES = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *"}


def triggers(text: str) -> list[BaseTrigger]:
    """What fires by an expression, on a wall clock that is never changed (it calls itself UTC).

    APScheduler's own reading of an expression is not used: it takes 0 for Monday, wants both of two day rules, and
    fires for ever in the hour that a clock repeats. Raises ValueError with words.
    """
    from apscheduler.triggers.cron import CronTrigger

    parts = ALIASES.get(text.strip(), text).lower().split()
    if len(parts) != len(_PARTS):
        raise ValueError(f"it has {len(parts)} parts, and five are wanted")
    rule = dict(zip(_PARTS, parts, strict=True))
    rule["day_of_week"] = _weekdays(rule["day_of_week"])
    # cron: where both days are limited, either will do
    both = rule["day"][0] != "*" and rule["day_of_week"] != "*"
    rules = [{**rule, "day_of_week": "*"}, {**rule, "day": "*"}] if both else [rule]
    try:
        return [CronTrigger(**one, second="0", timezone=UTC) for one in rules]
    except ValueError as wrong:
        raise ValueError(str(wrong).removeprefix("Error validating expression ")) from None


def never(found: list[BaseTrigger], now: datetime) -> bool:
    """Whether none of them comes within the eight years in which every date is."""
    soon = now + timedelta(days=8 * 366)
    comes = [trigger.get_next_fire_time(None, now) for trigger in found]
    return not any(moment is not None and moment < soon for moment in comes)


def _weekdays(text: str) -> str:
    """Names of days, for numbers and ranges of them as cron counts."""
    if text in ("*", "?"):
        return "*"
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, dash, last = ("0", "-", "6") if span == "*" else span.partition("-")
        low, high = _weekday(first), _weekday(last) if dash else _weekday(first)
        if step and not (step.isdecimal() and int(step)):
            raise ValueError(f"`{step}` is no step")
        if dash and last == "7":
            high = 7
        if high < low:
            raise ValueError(f"`{span}` runs backwards")
        found.update(day % 7 for day in range(low, high + 1, int(step or 1)))
    return ",".join(_DAYS[day] for day in sorted(found))


def _weekday(text: str) -> int:
    if text in _DAYS:
        return _DAYS.index(text)
    if text.isdecimal() and int(text) <= 7:
        return int(text) % 7
    raise ValueError(f"`{text}` is no day of the week")
