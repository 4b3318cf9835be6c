"""Earlier periods of the same kind, as far as they are known: what each won by which day, and of which deals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import polars as pl

from ..metrics.figure import NoValue
from ..metrics.standing import Period
from ..model.calendar import PERIODS
from .snapshot import Snapshot

KINDS = tuple(PERIODS)
RECENT = 4
"""How many of the latest periods an average is taken of."""
NO_EARLIER = NoValue("no earlier period is known as a whole")


def kind_of(snapshot: Snapshot) -> str | None:
    """What kind of fiscal period it is for; None of other days."""
    period = snapshot.period
    if period is None:
        return None
    calendar = snapshot.past.calendar
    return next((kind for kind in KINDS if calendar.period(period.first, kind) == (period.first, period.last)), None)


def earlier(snapshot: Snapshot) -> list[Period]:
    """The periods before this one that history covers as a whole and that are over, the latest first.

    Of days that are no fiscal period, stretches of as many days.
    """
    period, begins = snapshot.period, snapshot.begins
    if period is None or begins is None:
        return []
    kind, calendar = kind_of(snapshot), snapshot.past.calendar
    length = period.last - period.first
    found: list[Period] = []
    last = period.first - timedelta(days=1)
    while last >= begins and len(found) < 400:
        first = calendar.period(last, kind)[0] if kind else last - length
        if first < begins:
            break
        if last <= snapshot.today:
            found.append(Period(first, last))
        last = first - timedelta(days=1)
    return found


def unpriced(snapshot: Snapshot) -> NoValue | None:
    """Why no amount can be expected: none of what was won had one by then."""
    won = snapshot.won_by_day
    if won.height and not won["priced"].any():
        return NoValue("no won deal has an amount that was known by then")
    return None


def won_in(snapshot: Snapshot, period: Period) -> int:
    """What was won in some days, by deals of any age."""
    return _sum(snapshot, period.holds("on"))


@dataclass(frozen=True, slots=True)
class Coming:
    """Deals that are not there yet and will be created and won by the period's end, by what earlier periods had.

    ``amount``: the mean of the latest periods. ``mean``: how many deals. ``amounts``: what such deals were worth.
    ``periods``: how many periods it rests on.
    """

    amount: Fraction
    mean: Fraction
    amounts: tuple[int, ...]
    periods: int


def coming(snapshot: Snapshot) -> Coming | NoValue:
    """Created after the same day of each of the latest periods, and won within it."""
    held = earlier(snapshot)[:RECENT]
    if not held:
        return NO_EARLIER
    parts = [
        snapshot.won_by_day.filter(one.holds("on"), pl.col("begun") > same_day(snapshot, one))["amount"] for one in held
    ]
    amounts = tuple(amount for part in parts for amount in part)
    return Coming(Fraction(sum(amounts), len(held)), Fraction(len(amounts), len(held)), amounts, len(held))


def rest(snapshot: Snapshot) -> Fraction | NoValue:
    """What the latest periods won after the same day of each, in the mean."""
    held = earlier(snapshot)[:RECENT]
    if not held:
        return NO_EARLIER
    won = [_sum(snapshot, one.holds("on") & (pl.col("on") > same_day(snapshot, one))) for one in held]
    return Fraction(sum(won), len(held))


def same_day(snapshot: Snapshot, period: Period) -> date:
    """As many days into a period as today is into ours; the day before it where ours has not begun."""
    assert snapshot.period is not None
    into = max(-1, (snapshot.today - snapshot.period.first).days)
    return min(period.first + timedelta(days=into), period.last)


def _sum(snapshot: Snapshot, which: pl.Expr) -> int:
    return int(snapshot.won_by_day.filter(which)["amount"].sum())
