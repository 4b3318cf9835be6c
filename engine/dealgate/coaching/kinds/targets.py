"""Targets of owners and teams: reached, missed, or still open."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from ...metrics.scorecard import Item, scorecard
from ...plays.facts import Fact
from ..ground import Ground, Wanted
from .metrics import UNITS

KIND = "target"


def facts(ground: Ground, wanted: Wanted) -> list[Fact] | None:
    """A fact a target of the running period and of the one before, for owners and teams; None where none are set.

    A period that is over was reached or missed. In a running one a target that adds up is open until it is reached.
    """
    if not ground.targets:
        return None
    asked = wanted.of(KIND)
    periods = {period for _, need in asked for period in dict(need.tests).get("period", ("quarter",))}
    found: list[Fact] = []
    calendar = ground.past.calendar
    for period in sorted(periods):
        first, last = calendar.period(ground.today, period)
        for start, end in (calendar.period(first - timedelta(days=1), period), (first, last)):
            made = scorecard(
                ground.history, ground.targets, ground.teams, first=start, last=end, every=period, metrics=(),
                rates=ground.rates,
            )  # fmt: skip
            for card in made.cards:
                if card.kind in ("owner", "team") and card.name is not None:
                    found += [
                        _fact(item, period, min(end, ground.today), over=end < ground.today, **{card.kind: card.title})
                        for item in card.items
                        if item.target is not None
                    ]
    return found


def _fact(item: Item, period: str, on: date, *, over: bool, owner: str | None = None, team: str | None = None) -> Fact:
    status = None if item.met is None else "reached" if item.met else "missed" if over else "open"
    value = item.actual.value
    return Fact(
        KIND, id=item.metric, stage=item.stage, status=status, period=period, owner=owner, team=team,
        value=None if value is None else Decimal(str(float(value))), unit=UNITS.get(item.actual.unit, item.actual.unit),
        on=on, says=item.title,
    )  # fmt: skip
