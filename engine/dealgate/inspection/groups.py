"""The groups that rules look at beside deals: each owner, each team, the pipeline; and their measures."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from ..decide.waivers import overrides_of
from ..model.deal import Deal
from .passing import Passed, Worst, worst
from .walk import DealWalk, GroupWalk

OF_ONE_STAGE = ("moves_of_one_stage", "unproven_moves_of_one_stage")
LOSSES, OVERRIDES = timedelta(days=180), timedelta(days=90)
"""How far back they are counted."""
_FIELD = {"owner": "owner.name", "team": "owner.team"}


class Groups:
    """The groups of some deals; what a group's rules share is worked out once for each scope."""

    def __init__(self, walks: Sequence[DealWalk]) -> None:
        self._walks = walks
        self._held: dict[str, dict[str, tuple[Deal, list[DealWalk]]]] = {}

    def of(self, scope: str) -> dict[str, GroupWalk]:
        """The groups of a scope by name, to be asked one rule; the pipeline's is empty. Deals without an owner (or
        team) are in none.
        """
        if scope not in self._held:
            self._held[scope] = _grouped(self._walks, scope)
        return {
            name: GroupWalk(mine[0].process, record, mine[0].moment, members=mine)
            for name, (record, mine) in self._held[scope].items()
        }


def _grouped(walks: Sequence[DealWalk], scope: str) -> dict[str, tuple[Deal, list[DealWalk]]]:
    """Each group's own record of measures, and its members."""
    held: dict[str, list[DealWalk]] = {}
    for walk in walks:
        name = "" if scope == "pipeline" else walk.deal.fields.get(_FIELD[scope])
        if name is not None:
            held.setdefault(str(name), []).append(walk)
    return {name: (Deal("", measured(mine)), mine) for name, mine in sorted(held.items())}


def measured(walks: Sequence[DealWalk]) -> Mapping[str, Any]:
    """The measures of a group; what is not known is left out."""
    found: dict[str, Any] = {}
    reasons = Counter(reason for _, reason in _lost(walks))
    undated = any(walk.deal.status == "lost" and walk.deal.fields.get("closed_on") is None for walk in walks)
    if not undated:
        found["losses"] = sum(reasons.values())
    variety = entropy(reasons, len(walks[0].process.reasons))
    if variety is not None and not undated:
        found["reason_variety"] = variety
    if any(walk.deal.children.get("overrides") is not None for walk in walks):
        granted = Counter(criterion for _, criterion in _overridden(walks))
        found["overrides_of_one_criterion"] = max(granted.values(), default=0)
        found["overriders_of_one_criterion"] = max(_overriders(walks).values(), default=0)
    seen = _passed(walks)
    if seen is not None:
        most, one = worst(seen)
        found["moves_of_one_stage"] = most if one is None else one.moves
        if one is not None:
            found["unproven_moves_of_one_stage"] = one.share
    return found


def leaking(walks: Sequence[DealWalk]) -> Worst | None:
    """The stage of a group with the greatest share of moves without its proof."""
    return worst(_passed(walks) or ())[1]


def rests_on(walks: Sequence[DealWalk], measure: str) -> tuple[list[str], str]:
    """The deals that a group's measure rests on, and what is most frequent among them, in words."""
    of_overrides = measure.endswith("_of_one_criterion")
    pairs = _overridden(walks) if of_overrides else _lost(walks)
    if not pairs:
        return [], ""
    counts = _overriders(walks) if measure.startswith("overriders") else Counter(what for _, what in pairs)
    (most, _), *_ = counts.most_common(1)
    kept = [ident for ident, what in pairs if what == most or not of_overrides]
    return list(dict.fromkeys(kept)), most


def _passed(walks: Sequence[DealWalk]) -> list[Passed] | None:
    """The latest moves on of some deals; None where nobody looked, or no deal's stays were read."""
    ground = walks[0].measures.ground if walks[0].measures is not None else None
    if ground is None or ground.passed is None:
        return None
    if not any(walk.measures is not None and walk.measures.visits() for walk in walks):
        return None
    return [one for walk in walks for one in ground.passed.get(walk.deal.id, ())]


def _lost(walks: Sequence[DealWalk]) -> list[tuple[str, str]]:
    """The deals lost of late, each with its reason."""
    deals = [walk.deal for walk in walks if walk.deal.status == "lost" and walk.deal.fields.get("outcome_reason")]
    today = walks[0].moment.today
    return [(d.id, str(d.fields["outcome_reason"])) for d in deals if _within(d.fields.get("closed_on"), today, LOSSES)]


def _overridden(walks: Sequence[DealWalk]) -> list[tuple[str, str]]:
    """The overrides approved of late, each as deal and criterion."""
    today = walks[0].moment.today
    return [
        (walk.deal.id, override.criterion)
        for walk in walks
        for override in overrides_of(walk.deal)
        if _within(override.approved_on, today, OVERRIDES)
    ]


def _overriders(walks: Sequence[DealWalk]) -> Counter[str]:
    """By criterion, on the deals of how many owners it was overridden of late."""
    owner = {walk.deal.id: str(walk.deal.fields.get("owner.name", "")) for walk in walks}
    pairs = {(criterion, owner[deal]) for deal, criterion in _overridden(walks) if owner[deal]}
    return Counter(criterion for criterion, _ in pairs)


def entropy(counts: Mapping[str, int], possible: int) -> Decimal | None:
    """Shannon's entropy over that of equal shares, 0 to 1, to 4 decimals; None where there is nothing to tell apart."""
    total = sum(counts.values())
    if total == 0 or possible < 2:
        return None
    bits = -sum(n / total * math.log(n / total) for n in counts.values() if n)
    return Decimal(round(abs(bits) / math.log(possible) * 10_000)).scaleb(-4)


def _within(day: Any, today: Any, span: timedelta) -> bool:
    return day is not None and today - span <= day <= today
