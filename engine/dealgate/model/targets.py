"""Targets: what is to be won, and what a metric is to reach, by owner or team and period."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from .calendar import PERIODS, Calendar, add_months
from .diagnostics import NOWHERE, Where
from .struct import Struct, field
from .values import Duration, Money, money

_NAME = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?", re.ASCII)
EVERY = ("month", "quarter", "year")
"""The periods that a target can be for."""


class Span(Struct):
    """A period as a target names it: a fiscal year (2026), a fiscal quarter (2026-Q4), a month (2026-11); or the
    month, quarter or year that holds a day.

    A fiscal year is named by the calendar year it ends in.
    """

    every: str
    year: int = 0
    part: int = 0
    day: date | None = None

    @staticmethod
    def of(name: str) -> Span | None:
        """The period of a name, or None where it is none."""
        found = _NAME.fullmatch(name.strip())
        if found is None or not 1 < int(found[1]) < 9999:
            return None
        year = int(found[1])
        if found[2]:
            return Span("quarter", year, int(found[2]))
        return Span("month", year, int(found[3])) if found[3] else Span("year", year)

    @property
    def name(self) -> str:
        """As it was written."""
        if self.day is not None:
            return f"the {self.every} of {self.day.isoformat()}"
        return f"{self.year:04}" + {"month": f"-{self.part:02}", "quarter": f"-Q{self.part}", "year": ""}[self.every]

    def days(self, calendar: Calendar) -> tuple[date, date]:
        """Its first and last day."""
        if self.day is not None:
            return calendar.period(self.day, self.every)
        if self.every == "month":
            return calendar.period(date(self.year, self.part, 1), "month")
        begins = self.year if calendar.fiscal_month == 1 else self.year - 1
        first = date(begins, calendar.fiscal_month, 1)
        return calendar.period(add_months(first, PERIODS["quarter"] * max(0, self.part - 1)), self.every)


class Quota(Struct):
    """What an owner or a team (neither: all) is to win in a period. ``amount``: major units of ``currency``, or of
    the process's where that is None.
    """

    span: Span
    amount: Decimal
    currency: str | None = None
    owner: str | None = None
    team: str | None = None
    title: str = ""
    note: str = ""
    at: Where = field(default=NOWHERE, compare=False)

    def money(self, currency: str) -> Money | None:
        """The amount; ``currency`` is that of amounts that name none. None where it has more decimals than that has."""
        return money(self.amount, self.currency or currency)


class Target(Struct):
    """What a metric is to reach. ``span`` None: always. ``direction``: whether higher or lower figures are better."""

    metric: str
    value: Decimal | Money | Duration
    percent: bool = False
    """The value was written as a percentage, and is a fraction."""
    measure: str | None = None
    """Which of the metric's figures; None: the one its name alone means."""
    stage: str | None = None
    owner: str | None = None
    team: str | None = None
    span: Span | None = None
    direction: str = "higher"
    title: str = ""
    note: str = ""
    at: Where = field(default=NOWHERE, compare=False)


class Targets(Struct):
    """One checked document of targets, with the quotas of its table."""

    id: str
    title: str
    version: str = ""
    currency: str | None = None
    quotas: tuple[Quota, ...] = ()
    targets: tuple[Target, ...] = ()
    at: Where = field(default=NOWHERE, compare=False)
