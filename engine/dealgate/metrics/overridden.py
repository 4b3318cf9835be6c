"""What became of deals that were overridden, beside those that were in the same stage and were not.

That the two differ does not say that the override made them differ: who gets one is no chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from ..history import History
from ..model.override import OverrideRequest
from .cases import CLOSED, Past
from .figure import Figure
from .shares import share

LEAST = 10
"""Closed deals below which a win rate is withheld."""
_NONE_CLOSED = "none is won or lost yet"


@dataclass(frozen=True, slots=True)
class Became:
    """How many deals there are, how they stand now, and won ÷ (won + lost) of them with Wilson's interval."""

    deals: int
    open: int
    won: int
    lost: int
    cancelled: int
    win_rate: Figure


@dataclass(frozen=True, slots=True)
class StageOutcomes:
    """Of one stage (None: of all that any override was in, each deal once): the overridden deals and the others."""

    stage: str | None
    overridden: Became
    others: Became


@dataclass(frozen=True, slots=True)
class Outcomes:
    """By stage in the process's order, and all together first. ``gone``: overridden deals that are no more."""

    stages: tuple[StageOutcomes, ...]
    gone: int


def outcomes(history: History, requests: Sequence[OverrideRequest], min_n: int = LEAST) -> Outcomes:
    """Of overrides that were approved, whatever became of the approval; ``requests`` are as they are known.

    A deal was overridden in the stage that it stood in when the override was approved, or else in the criterion's.
    """
    past = Past(history)
    there = set(past.deals.to_list())
    visits: dict[str, list[tuple[str | None, datetime | None, datetime | None]]] = {}
    for deal, stage, entered, left in past.visits.select("deal", "stage", "entered", "left").iter_rows():
        visits.setdefault(deal, []).append((stage, entered, left))
    in_stage: dict[str, set[str]] = {}
    overridden: set[str] = set()
    for request in requests:
        approval = request.approval
        if approval is None:
            continue
        overridden.add(request.deal)
        criterion = past.process.criterion(request.criterion)
        stood = _stood(visits.get(request.deal, ()), approval.at.astimezone(UTC))
        stage = stood or (criterion.stage if criterion is not None else None)
        if stage is not None:
            in_stage.setdefault(stage, set()).add(request.deal)
    ends = dict(past.ends.select("deal", "status").cast(pl.String).iter_rows())
    ever: dict[str, set[str]] = {stage: set() for stage in in_stage}
    for deal, stays in visits.items():
        for stage, _, _ in stays:
            if stage in ever:
                ever[stage].add(deal)

    def both(stage: str | None, mine: set[str], all_of_it: set[str]) -> StageOutcomes:
        others = all_of_it - overridden
        return StageOutcomes(stage, _became(mine & there, ends, min_n), _became(others & there, ends, min_n))

    found = [both(None, overridden, set().union(*ever.values()))]
    found += [both(s.id, in_stage[s.id], ever[s.id]) for s in past.process.stages if s.id in in_stage]
    return Outcomes(tuple(found) if overridden else (), len(overridden - there))


def _stood(stays: Iterable[tuple[str | None, datetime | None, datetime | None]], at: datetime) -> str | None:
    """The stage of the visit that a moment lies in."""
    for stage, entered, left in stays:
        if entered is not None and entered <= at and (left is None or at < left):
            return stage
    return None


def _became(deals: set[str], ends: dict[str, str], min_n: int) -> Became:
    counted = {status: sum(ends.get(deal) == status for deal in deals) for status in CLOSED}
    won, lost = counted["won"], counted["lost"]
    rate = share(won, won + lost, missing=_NONE_CLOSED, min_n=min_n)
    return Became(len(deals), len(deals) - sum(counted.values()), won, lost, counted["cancelled"], rate)
