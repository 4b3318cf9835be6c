"""What the items of an agenda are filled from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from ...compile.facts import deal_value
from ...decide.playbook import Playbook
from ...history.past import History
from ...model.calendar import Moment, add_months
from ...model.commitment import Commitment
from ...model.deal import Deal
from ...model.finding import SEVERITIES, Finding
from ...model.inspection import Item, Review
from ...model.values import Money
from ...sources.table import counted
from ..inspect import Inspected
from ..measures import Ground as Measured
from ..measures import Measures
from ..walk import DealWalk
from .model import Audience, Point

ASK = "What happens next, who does it, and by when?"
"""Asked where neither a finding nor the review has a question."""
BACK: Mapping[str, int] = {"month": 1, "quarter": 3}


@dataclass(eq=False)
class Ground:
    """``findings`` are those that are open and not silenced, of the audience; ``since`` the day of the last review.

    All of that day is news: what happened after the review is.
    """

    playbook: Playbook
    history: History
    inspected: Inspected
    audience: Audience
    findings: Sequence[Finding]
    commitments: Sequence[Commitment]
    moment: Moment
    since: date

    @property
    def before(self) -> date:
        """The day whose end everything is compared with."""
        return self.since - timedelta(days=1)

    @cached_property
    def _measured(self) -> Measured:
        return Measured(self.playbook.judge, self.moment)

    def taken(self, item: Item) -> tuple[list[Deal], list[str]]:
        """The open deals that an item is about; and a sentence where it is not known of some whether it is."""
        open_ = [deal for deal in self.audience.deals if deal.status == "open"]
        if item.where is None:
            return open_, []
        said = [(deal, self._holds(item, deal)) for deal in open_]
        doubt = sum(answer is None for _, answer in said)
        told = [f"{item.title}: of {counted(doubt, 'deal')} it is not known whether they belong here."] if doubt else []
        return [deal for deal, answer in said if answer], told

    def _holds(self, item: Item, deal: Deal) -> bool | None:
        walk = DealWalk(self.playbook.process, deal, self.moment, measures=Measures(deal, self._measured))
        return True if item.where is None else walk.holds(item.where)

    def found(self, item: Item) -> list[Finding]:
        """The findings that an item asks for, the gravest first, then the largest."""
        least = SEVERITIES.index(item.severity)
        mine = [
            one
            for one in self.findings
            if (not item.findings or one.rule in item.findings) and SEVERITIES.index(one.severity) >= least
        ]
        return sorted(
            mine, key=lambda one: (-SEVERITIES.index(one.severity), -(one.amount or 0), one.rule, one.subject)
        )

    def by_deal(self, item: Item) -> dict[str, list[Finding]]:
        """The findings on single deals, by deal."""
        made: dict[str, list[Finding]] = {}
        for one in self.found(item):
            if one.scope == "deal":
                made.setdefault(one.subject, []).append(one)
        return made

    def category(self, deal: Deal) -> str | None:
        """Its forecast category: the CRM's, else the stage's."""
        said = deal_value(deal, "forecast_category", self.moment, self.playbook.process)
        if said is None and (stage := self.playbook.process.stage(deal.stage)) is not None:
            return stage.category
        return None if said is None else str(said)

    def stage_title(self, deal: Deal) -> str:
        """The stage it stands in, for a reader."""
        stage = self.playbook.process.stage(deal.stage)
        return stage.title if stage is not None else deal.stage or "no stage"

    def worth(self, deal: Deal) -> tuple[bool, int]:
        """What deals are put in order by: those with an amount first, then by how much, in the process's currency."""
        amount = amount_of(deal)
        minor = None if amount is None else self.moment.minor(amount)
        return (minor is not None, int(minor or 0))

    @cached_property
    def by_id(self) -> dict[str, Deal]:
        """The deals of the audience."""
        return {deal.id: deal for deal in self.audience.deals}


def amount_of(deal: Deal) -> Money | None:
    """Its amount, where it is known."""
    amount = deal.fields.get("amount")
    return amount if isinstance(amount, Money) else None


def point(deal: Deal, why: str, ask: str) -> Point:
    """A point about a deal."""
    owner = deal.fields.get("owner.name")
    return Point(deal.id, str(deal.fields.get("name") or deal.id), amount_of(deal), why, ask or ASK, owner)


def last_held(review: Review, today: date) -> date:
    """The day of the last review: one of its periods back."""
    if review.every in BACK:
        return add_months(today, -BACK[review.every])
    return today - timedelta(days=7 if review.every == "week" else 1)


def next_held(review: Review, as_of: datetime, moment: Moment) -> datetime | None:
    """The next time a review begins, in the process's zone; None where it does not say."""
    if review.held is None:
        return None
    weekday, hour = review.held
    zone = moment.calendar.zone
    days = (moment.today + timedelta(days=n) for n in range(8))
    starts = (datetime.combine(day, hour, zone) for day in days if day.weekday() == weekday)
    return next((start for start in starts if start >= as_of), None)
