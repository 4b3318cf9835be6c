"""A forecast for a command: the snapshot, every method's outlook, the evidence beside the calls, and the gap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.currencies import MINOR_DIGITS
from ..model.diagnostics import WrongUsage, error
from ..model.values import Money, money
from .past import Past

if TYPE_CHECKING:
    from ..forecast.backtest import Tested
    from ..forecast.gap import Gap
    from ..forecast.methods import Asked, Method, Outlook
    from ..forecast.proven import Evidence
    from ..forecast.rolled import Part
    from ..forecast.snapshot import Snapshot
    from ..metrics.figure import NoValue

ALL = "all"
"""The period that is none: whatever is open, whenever it closes."""
CHOICE = ("evidence", "historical", "stage-weighted", "run-rate")
"""Which method's parts are shown where none is named: the first that has anything to say."""


@dataclass(frozen=True)
class Shown:
    """What a forecast says. ``period``: in words. ``chosen``: the outlook whose parts are shown."""

    past: Past
    snapshot: Snapshot
    period: str
    outlooks: tuple[tuple[Method, Outlook | NoValue], ...]
    chosen: Outlook | None
    by: str | None
    parts: tuple[Part, ...]
    evidence: Evidence
    gap: Gap | None

    def told(self, minor: int) -> str:
        """An amount in whole units of what is forecast."""
        return amount(minor, self.snapshot.unit)


def amount(minor: int, unit: str) -> str:
    """``1,234,567 USD``; of deals with one decimal."""
    if unit == "deals":
        return f"{Decimal(minor) / 1000:,.1f} deals"
    return f"{Money(minor, unit).major:,.0f} {unit}"


def major(minor: int, unit: str) -> str:
    """Exactly, as data: every digit."""
    return f"{Decimal(minor) / 1000:f}" if unit == "deals" else f"{Money(minor, unit).major:f}"


def snapshot_of(
    source: Path | str, mapping: str | None, process: str | None, as_of: date | datetime, known_at: datetime | None,
    period: str | None, basis: str,
) -> tuple[Past, Snapshot, str]:  # fmt: skip
    """The past and what is forecast of it; ``period`` None: the quarter of ``as_of``."""
    from ..forecast.snapshot import Snapshot
    from ..metrics.standing import Period
    from ..model.targets import Span
    from .aims import aims
    from .options import span_of
    from .past import past

    found = past(source, mapping, process, as_of, known_at)
    judged = found.playbook.process
    rates = aims((), judged).rates
    if period == ALL:
        return found, Snapshot(found.playbook, found.history, None, rates, basis), "all that is open"
    today = found.history.as_of.astimezone(judged.calendar.zone).date()
    span = span_of(period) if period else Span("quarter", day=today)
    first, last = span.days(judged.calendar)
    words = f"{_day(first)} to {_day(last)}" if span.day is not None else f"{span.name}, {_day(first)} to {_day(last)}"
    return found, Snapshot(found.playbook, found.history, Period(first, last), rates, basis), words


def shown(
    past: Past, snapshot: Snapshot, words: str, wanted: Sequence[str], asked: Asked, by: str | None, target: str | None
) -> Shown:
    """Every method, or those wanted, on one snapshot. Raises WrongUsage for a method there is not."""
    from ..forecast.gap import gap
    from ..forecast.methods import Outlook, methods
    from ..forecast.proven import evidence_of
    from ..forecast.rolled import rolled

    known = methods()
    _known(wanted, list(known))
    outlooks = tuple((one, one.make(snapshot, asked)) for one in known.values() if not wanted or one.id in wanted)
    made = {one.id: outlook for one, outlook in outlooks if isinstance(outlook, Outlook)}
    order = [*wanted, *CHOICE] if wanted else CHOICE
    chosen = next((made[name] for name in order if name in made), None)
    parts = tuple(rolled(snapshot, chosen, by)) if by and chosen is not None else ()
    plan = gap(snapshot, _target(target, snapshot)) if target is not None else None
    return Shown(past, snapshot, words, outlooks, chosen, by, parts, evidence_of(snapshot), plan)


def tested(
    snapshot: Snapshot, every: str, count: int, lags: Sequence[str], wanted: Sequence[str], asked: Asked
) -> Tested:
    """The backtest of the latest periods. Raises WrongUsage for a method or a lag there is not, or without a period."""
    from ..forecast.backtest import backtest, lag_days, last_periods
    from ..forecast.methods import methods
    from ..metrics.standing import Period

    _known(wanted, list(methods()))
    known = list(lag_days(Period(date(2001, 1, 1), date(2001, 3, 31))))
    for lag in lags:
        if lag not in known:
            message = f"`{lag}` is no moment that forecasts are held at."
            raise WrongUsage(error("DG861", message, suggestion=f"write some of {','.join(known)}"))
    periods = last_periods(snapshot, every, count)
    if not periods:
        message = f"No {every} of this history is over."
        raise WrongUsage(error("DG862", message, suggestion="give a later --as-of, or a shorter --every"))
    return backtest(snapshot, periods, lags, asked, wanted or None)


def _known(wanted: Sequence[str], known: list[str]) -> None:
    from ..documents.suggest import nearest

    for name in wanted:
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean {near}?" if near else f"write one of {', '.join(known)}"
            raise WrongUsage(error("DG860", f"There is no method `{name}`.", suggestion=hint))


def _target(text: str, snapshot: Snapshot) -> int:
    """A target in major units as minor ones. Raises WrongUsage where it is no amount."""
    unit = snapshot.unit
    if unit == "deals" and text.isdecimal():
        return int(text) * 1000
    found = money(text, unit) if unit in MINOR_DIGITS else None
    if found is None:
        hint = f"write {unit} as a plain number, such as 410000"
        raise WrongUsage(error("DG863", "The target is no amount.", suggestion=hint))
    return found.minor


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
