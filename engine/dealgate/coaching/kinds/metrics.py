"""Figures of owners, teams and accounts, over the days of a period up to today, and their change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from ...metrics.figure import Number
from ...metrics.measure import measure
from ...metrics.registry import registry
from ...metrics.spec import Asked
from ...model.values import Duration
from ...plays.facts import Fact
from ..ground import Ground, Wanted

KIND = "metric"
UNITS = {"share": "%", "days": "days"}


def facts(ground: Ground, wanted: Wanted) -> list[Fact]:
    """A fact a metric that plays ask for, an owner (team, account), and a stage where it is asked for by stage.

    A ``period`` is the last week, month, quarter or year up to and with today, so it is as full on its first day as on
    its last; ``change`` is against the one before. A figure that rests on too few cases is not known.
    """
    found: list[Fact] = []
    for (scope, name, measured, by_stage, period), changes in _asked(wanted).items():
        field = ground.keys.get(scope)
        if field is None or name not in registry():
            continue
        spec = registry()[name]
        keys = (field, "stage") if by_stage else (field,)
        first, last = _days(ground, ground.today, period)
        now = Asked(by=keys, since=first, until=last)
        rows = _rows(ground, name, measured, now)
        before: dict[tuple[str | None, ...], Number | None] = {}
        if changes and first is not None:
            start, end = _days(ground, first - timedelta(days=1), period)
            before = dict(_rows(ground, name, measured, replace(now, since=start, until=end)))
        for (key, *stage), value in rows:
            if key is None:
                continue
            earlier = before.get((key, *stage))
            change = None if value is None or earlier is None else _exact(value) - _exact(earlier)
            found.append(
                Fact(
                    KIND, id=name if measured is None else f"{name}.{measured}", stage=stage[0] if stage else None,
                    period=period, value=None if value is None else _exact(value), change=change,
                    unit=UNITS.get(spec.unit, spec.unit), on=ground.today, says=spec.question,
                    deal=key if scope == "deal" else None, account=key if scope == "account" else None,
                    owner=key if scope == "owner" else None, team=key if scope == "team" else None,
                )
            )  # fmt: skip
    return found


Question = tuple[str, str, str | None, bool, str | None]
"""Scope, metric, measure, whether by stage, period."""


def _asked(wanted: Wanted) -> dict[Question, bool]:
    """What is asked, each once, and whether anything asks for its change."""
    found: dict[Question, bool] = {}
    for scope, need in wanted.of(KIND):
        tests = dict(need.tests)
        for ident in tests.get("id", ()):
            name, _, measured = ident.partition(".")
            for period in tests.get("period", (None,)):
                question = (scope, name, measured or None, "stage" in tests, period)
                found[question] = found.get(question, False) or bool(need.change)
    return found


def _days(ground: Ground, last: date, period: str | None) -> tuple[date | None, date]:
    """The period that ends with a day; without one, all days up to it."""
    if period is None:
        return None, last
    back = Duration(-7, "day") if period == "week" else Duration(-1, period)
    return ground.past.calendar.shift(last, back) + timedelta(days=1), last


def _rows(
    ground: Ground, name: str, measured: str | None, asked: Asked
) -> Iterable[tuple[tuple[str | None, ...], Number | None]]:
    """Keys in the order asked for, and the figure."""
    spec = registry()[name]
    found = measure(ground.past, [name], asked)
    for row in found.rows:
        if row.measure == (measured or spec.headline) and set(asked.by) <= row.keys.keys():
            yield tuple(row.keys[key] for key in asked.by), row.figure.value


def _exact(value: Number) -> Decimal:
    """To 28 digits, more than any threshold has."""
    if isinstance(value, Fraction):
        return Decimal(value.numerator) / Decimal(value.denominator)
    return Decimal(str(value))
