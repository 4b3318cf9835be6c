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
"""How many of the latest periods an average is taken of, where nothing tells how the company grows."""
A_YEAR = {"month": 12, "quarter": 4, "half": 2, "year": 1}
"""How many periods of a kind are a year."""
DAYS_A_YEAR = 365.2425
STEADY = 20
"""A company is taken to stand still as though so many more deals had been created in each of two years."""
SLOWEST, FASTEST = Fraction(2, 3), Fraction(3, 2)
"""Growth a year that is believed; beyond it more likely a source began or ceased to be read."""
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

    ``mean``: how many deals. ``amounts``: what such deals were worth. ``periods``: how many periods it rests on.
    """

    mean: Fraction
    amounts: tuple[int, ...]
    periods: int

    @property
    def amount(self) -> Fraction:
        """What they bring: as many deals, each worth what such deals were worth in the mean."""
        return self.mean * Fraction(sum(self.amounts), len(self.amounts)) if self.amounts else Fraction(0)


def coming(snapshot: Snapshot) -> Coming | NoValue:
    """Created after the same day of each of the latest periods, and won within it; grown as the company grows."""
    held = recent(snapshot)
    if not held:
        return NO_EARLIER
    parts = [
        snapshot.won_by_day.filter(one.holds("on"), pl.col("begun") > same_day(snapshot, one))["amount"]
        for one, _ in held
    ]
    number = sum((len(part) * factor for part, (_, factor) in zip(parts, held, strict=True)), Fraction(0))
    return Coming(number / len(held), tuple(amount for part in parts for amount in part), len(held))


def rest(snapshot: Snapshot) -> Fraction | NoValue:
    """What the latest periods won after the same day of each, in the mean; grown as the company grows."""
    held = recent(snapshot)
    if not held:
        return NO_EARLIER
    won = [factor * _sum(snapshot, one.holds("on") & (pl.col("on") > same_day(snapshot, one))) for one, factor in held]
    return sum(won, Fraction(0)) / len(held)


def recent(snapshot: Snapshot) -> list[tuple[Period, Fraction]]:
    """The periods an average is taken of, the latest first, each with how much more a period of today brings.

    Of whole fiscal periods of which two years are known, those; else the latest RECENT as they were.
    """
    return snapshot.once(recent, lambda: _recent(snapshot))


def _recent(snapshot: Snapshot) -> list[tuple[Period, Fraction]]:
    held = earlier(snapshot)
    year = A_YEAR.get(kind_of(snapshot) or "", 0)
    if not year or len(held) < 2 * year:
        return [(one, Fraction(1)) for one in held[:RECENT]]
    past = snapshot.past
    begun = past.begun.filter(pl.col("at").is_not_null())
    days = begun.select(past.day(begun["at"]).alias("on"))
    this, before = (
        days.filter(Period(held[last].first, held[first].last).holds("on")).height
        for first, last in ((0, year - 1), (year, 2 * year - 1))
    )
    rate = growth(this, before)
    assert snapshot.period is not None
    # the period may lie ahead of one that is not over
    ahead = round((snapshot.period.first - held[0].first).days * year / DAYS_A_YEAR)
    return [(one, compounded(rate, n, year)) for n, one in enumerate(held[: 2 * year], ahead)]


def growth(this: int, before: int) -> Fraction:
    """How a year compares with the one before it, by the deals created in each."""
    return min(max(Fraction(this + STEADY, before + STEADY), SLOWEST), FASTEST)


def compounded(rate: Fraction, periods: int, year: int) -> Fraction:
    """What growth a year makes of so many periods: of each whole year the rate, of the rest of one its share."""
    whole, part = divmod(periods, year)
    return rate**whole * (1 + (rate - 1) * Fraction(part, year))


def same_day(snapshot: Snapshot, period: Period) -> date:
    """As many days into a period as today is into ours; the day before it where ours has not begun."""
    assert snapshot.period is not None
    into = max(-1, (snapshot.today - snapshot.period.first).days)
    return min(period.first + timedelta(days=into), period.last)


def _sum(snapshot: Snapshot, which: pl.Expr) -> int:
    return int(snapshot.won_by_day.filter(which)["amount"].sum())
