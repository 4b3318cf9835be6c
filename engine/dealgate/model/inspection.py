"""Inspections: their rules, and the measures that a rule may read beside the fields of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

from .condition import Condition
from .diagnostics import NOWHERE, Where
from .fields import Catalogue, Field
from .process import CATEGORIES
from .struct import Struct, field
from .values import Duration

_DEAL = (
    Field("age", "duration", "Age of the deal", description="From its beginning to today, or to its close."),
    Field("days_to_close", "duration", "Days to the close date", description="Negative where it has passed."),
    Field("stage_category", "choice", "Forecast category of the stage", options=CATEGORIES, ordered=True),
    Field("stage_probability", "percent", "Probability of the stage", description="The process's own, not the CRM's."),
    Field(
        "skipped_stages", "integer", "Stages skipped",
        description="Open stages before the one it is in that it never stood in, less those with an override.",
    ),
    Field(
        "first_close_date", "date", "First close date",
        description="The one it was given at first: by the history of the close date, else the present one.",
    ),
    Field(
        "own_words", "percent", "Evidence that is our own word",
        description="Of three pieces or more: those that no buyer gave and nothing supports (level 1 at most).",
    ),
    Field(
        "engaged_contacts", "integer", "Contacts who take part",
        description="They are engaged, or something went both ways. Not known where the deal's contacts were not read.",
    ),
    Field("reopenings", "integer", "Times it was lost and reopened"),
    Field("reopened_on", "date", "Reopened on", description="After it was lost."),
    Field("lost_for", "duration", "Time it was lost before it was reopened"),
    Field(
        "created_to_commit", "duration", "Time from its beginning to commit",
        description="To the first day in commit: by the category's history, else by a stage of that category.",
    ),
    Field(
        "stale_evidence", "integer", "Elements whose evidence has run out",
        description="Evidence was there, and none is valid any more.",
    ),
    Field("placeholders", "integer", "Fields filled with placeholders"),
    Field(
        "copied_texts", "integer", "Texts copied from other deals",
        description="Free texts of 20 characters or more that stand word for word on another deal of the owner.",
    ),
    Field(
        "filled_before_review", "integer", "Fields filled within the hour before a review",
        description="By a person, within one such hour of the last 30 days; reviews with `held` say when they are.",
    ),
    Field("expired_overrides", "integer", "Overrides that ran out with their criterion still unmet"),
    Field(
        "leaks", "integer", "Moves past a gate",
        description="Of the last 30 days: held by a criterion then and still today, and made all the same.",
    ),
)  # fmt: skip
_GROUP = (
    Field("losses", "integer", "Deals lost", description="In the last 180 days, with a reason."),
    Field(
        "reason_variety", "number", "Variety of loss reasons",
        description="Entropy of the reasons of those deals over that of equal shares: 1 is even, 0 is always the same.",
    ),
    Field(
        "overriders_of_one_criterion", "integer", "Owners with an override of one criterion",
        description="Approved in the last 90 days on deals of theirs: those of the criterion that has most owners.",
    ),
    Field(
        "overrides_of_one_criterion", "integer", "Overrides of one criterion",
        description="Approved in the last 90 days: those of the criterion that has the most.",
    ),
    Field(
        "moves_of_one_stage", "integer", "Moves on from one stage",
        description=(
            "Of the last 180 days, at most the latest 100: those of the stage whose share without proof is told, else "
            "the most of any stage."
        ),
    ),
    Field(
        "unproven_moves_of_one_stage", "percent", "Moves on from one stage without its proof",
        description=(
            "Share of those moves that lacked two thirds of what the stage's exit asks, then and still: the greatest "
            "of any stage with 20 moves. What no move ever met is not counted, nor a stage where that is half of it."
        ),
    ),
)  # fmt: skip
DEAL_MEASURES: Mapping[str, Field] = {f.id: f.replace(derived=True) for f in _DEAL}
"""What a rule on deals may read beside the fields of the catalogue."""
GROUP_MEASURES: Mapping[str, Field] = {f.id: f.replace(derived=True, scope="group") for f in _GROUP}
"""What a rule on an owner, a team or the pipeline may read; `deals` are the deals in it."""
CRITERIA_SETS = ("current_exit", "commit")
"""Sets of criteria that a rule may count by their verdicts."""


def with_measures(catalogue: Catalogue) -> Catalogue:
    """A catalogue with the measures of deals; a field of the same id is the catalogue's own."""
    return Catalogue({**DEAL_MEASURES, **catalogue.deal}, catalogue.collections)


GROUP_CATALOGUE = Catalogue(GROUP_MEASURES, {})


class Figure(Struct):
    """What was learned: a quantile of ``n`` values, None where there are fewer than asked for."""

    value: timedelta | None
    n: int


Learn = Callable[[str, Decimal, str | None, int], Mapping[str, Figure]]
"""(what, quantile, by field, least n) → figure by the field's value; without a field by the empty text."""
LEARNED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "won_days_in_stage": ("stays in the stage of won deals", ("stage",)),
    "won_days_to_close": ("times from entering the stage to winning", ("stage",)),
    "closed_cycle": ("cycles of won and lost deals", ()),
}
"""What can be learned of the past: in words, and the fields it can be told apart by."""


SHOWS: Mapping[str, tuple[str, ...]] = {
    "findings": ("findings", "severity", "where", "at_most", "question"),
    "riskiest-commits": ("findings", "where", "at_most", "question"),
    "commit-changes": ("where", "at_most", "question"),
    "next-pipeline": ("where", "at_most", "question"),
    "overrides": ("where", "at_most", "question"),
    "commitments": ("at_most", "question"),
    "waterfall": ("question",),
}
"""What an item of an agenda can put before the people, and the keys that each of them reads."""


class Item(Struct):
    """One item of an agenda. ``show`` is one of SHOWS, empty where there is only a question to talk about.

    ``findings`` are the rules whose findings count (none: all), ``severity`` the least of them, ``where`` holds for the
    deals that count.
    """

    title: str
    takes: Duration | None = None
    show: str = ""
    findings: tuple[str, ...] = ()
    severity: str = "info"
    where: Condition | None = None
    at_most: int | None = None
    question: str = ""


class Review(Struct):
    """A review: ``held`` is the weekday (0 is Monday) and the hour it begins, where it is told; ``every`` a day, week,
    month or quarter. ``who`` takes part, in words; it ``takes`` so long."""

    id: str
    title: str
    every: str
    held: tuple[int, time] | None = None
    who: tuple[str, ...] = ()
    takes: Duration | None = None
    agenda: tuple[Item, ...] = ()
    at: Where = field(default=NOWHERE, compare=False)


class Rule(Struct):
    """An inspection rule: it fires where ``applies_when`` and ``when`` hold; ``escalate`` makes it graver."""

    id: str
    inspection: str
    title: str
    scope: str
    severity: str
    when: Condition
    applies_when: Condition | None = None
    escalate: tuple[str, Condition] | None = None
    why: str = ""
    coach: str = ""
    action: str = ""
    docs: str = ""
    tags: tuple[str, ...] = ()
    at: Where = field(default=NOWHERE, compare=False)


class Inspection(Struct):
    """A checked inspection, built for one process."""

    id: str
    title: str
    version: str
    owner: str
    rules: tuple[Rule, ...] = ()
    reviews: tuple[Review, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""
    at: Where = field(default=NOWHERE, compare=False)
