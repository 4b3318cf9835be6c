"""What a workspace runs by itself and whom it tells: jobs, each with its rhythm, and notifications."""

from __future__ import annotations

from .calendar import WEEKDAYS
from .diagnostics import NOWHERE, Where
from .struct import Struct, field
from .values import Duration

EVENTS = ("failed", "recovered", "missed", "plan_waiting", "conflicts", "findings")
"""What a notification can tell of."""
AN_HOUR = 10
"""How many notifications go to one place in an hour, where it is not said."""


class Rhythm(Struct):
    """When a job is due. One of ``every`` (of fixed length), ``at`` (hours and minutes) and ``cron`` is there.

    ``on``: weekdays, 0 is Monday; ``business``: on business days of the calendar. Both left out: on every day.
    ``zone``: the name of the time zone; None: that of the process's calendar.
    """

    every: Duration | None = None
    at: tuple[int, int] | None = None
    cron: str = ""
    on: frozenset[int] = frozenset()
    business: bool = False
    zone: str | None = None

    def __str__(self) -> str:
        if self.every is not None:
            said = f"every {self.every}"
        elif self.at is not None:
            said = f"at {self.at[0]:02}:{self.at[1]:02}"
        else:
            said = f"cron {self.cron}"
        days = [WEEKDAYS[day].capitalize()[:3] for day in sorted(self.on)] + (
            ["business days"] if self.business else []
        )
        on = f" on {', '.join(days)}" if days else ""
        return f"{said}{on}{f' ({self.zone})' if self.zone else ''}"


class Job(Struct):
    """A command that is run by itself. ``kind``: its first word; ``source``: what it is done with, "" where it names
    none; ``flags``: its options without dashes; ``apply``: of enforce, whether the plan is carried out."""

    id: str
    kind: str
    rhythm: Rhythm
    source: str = ""
    flags: tuple[str, ...] = ()
    apply: bool = False
    where: Where = field(default=NOWHERE, compare=False)

    @property
    def command(self) -> str:
        """As it is written."""
        return " ".join([self.kind, *([self.source] if self.source else []), *(f"--{flag}" for flag in self.flags)])


class Notice(Struct):
    """Whom to tell of what. ``to`` is a secret as written, never its value; ``at_most``: how many in an hour."""

    id: str
    to: str
    events: frozenset[str]
    at_most: int = AN_HOUR
    where: Where = field(default=NOWHERE, compare=False)


class Schedule(Struct):
    """All of a workspace."""

    jobs: tuple[Job, ...] = ()
    notices: tuple[Notice, ...] = ()
