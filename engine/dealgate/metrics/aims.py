"""Which target a figure is held against, and in its unit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from ..model.calendar import Calendar
from ..model.targets import Target
from ..model.values import Duration, Money
from .figure import Number
from .quota import Quotas
from .registry import metric

SUMS = ("won_value", "activity_count")
"""Metrics that add up over a period, so that a day of it has its part of the target."""
_MINUTES = {"minute": 1, "hour": 60}


class Aims:
    """Targets of metrics in a period. ``used``: those that were held against any figure."""

    def __init__(self, targets: Iterable[Target], first: date, last: date, calendar: Calendar) -> None:
        self.first, self.last, self.calendar = first, last, calendar
        self.targets = tuple(target for target in targets if self._rank(target) is not None)
        self.used: set[Target] = set()

    @property
    def unused(self) -> tuple[Target, ...]:
        """Targets for this period that no figure was held against: of nobody there is, or of a stage there is not."""
        return tuple(target for target in self.targets if target not in self.used)

    def _rank(self, target: Target) -> int | None:
        """For this very period, for a longer one that holds it, for all times; None: not for it."""
        if target.span is None:
            return 2
        days = target.span.days(self.calendar)
        if days == (self.first, self.last):
            return 0
        # a year's sum is not a quarter's
        return 1 if days[0] <= self.first and self.last <= days[1] and target.metric not in SUMS else None

    def of(self, quotas: Quotas, kind: str, name: str | None, wanted: str) -> list[Target]:
        """The targets of a metric for an owner, a team or all, the nearest first."""
        ranked = []
        for place, target in enumerate(self.targets):
            if target.metric == wanted and (near := _near(target, quotas, kind, name)) is not None:
                ranked.append(((near, self._rank(target), place), target))
        return [target for _, target in sorted(ranked, key=lambda one: one[0])]

    def one(self, targets: Iterable[Target], measure: str, stage: str | None) -> Target | None:
        """The first that is for a measure and stage."""
        for target in targets:
            if (target.measure or metric(target.metric).headline) == measure and target.stage == stage:
                self.used.add(target)
                return target
        return None


def _near(target: Target, quotas: Quotas, kind: str, name: str | None) -> int | None:
    """0: it names this owner or team; 1: it names nobody, and counts for all; None: it is another's."""
    if target.owner is None and target.team is None:
        return None if kind != "company" and target.metric in SUMS else 1
    if name is None:
        return None
    if kind == "owner":
        return 0 if target.owner is not None and quotas.same_person(target.owner, name) else None
    return 0 if target.owner is None and target.team is not None and quotas.same_team(target.team, name) else None


def in_unit(target: Target, unit: str, currency: str) -> Number | None:
    """A target's value in a figure's unit; None where the two do not compare."""
    value = target.value
    if isinstance(value, Money):
        return value.major if unit.split("/")[0] == value.currency == currency else None
    if isinstance(value, Duration):
        if unit == "business minutes" and value.business and value.unit in _MINUTES:
            return value.count * _MINUTES[value.unit]
        if unit == "days" and value.delta is not None:
            return Fraction(value.delta.total_seconds()) / 86_400
        return None
    return None if target.percent and unit != "share" else value
