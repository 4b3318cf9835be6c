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
from .walk import DealWalk, GroupWalk

LOSSES, OVERRIDES = timedelta(days=180), timedelta(days=90)
"""How far back they are counted."""
_FIELD = {"owner": "owner.name", "team": "owner.team"}


def groups_of(walks: Sequence[DealWalk], scope: str) -> dict[str, GroupWalk]:
    """The groups of a scope by name; the pipeline's is empty. Deals without an owner (or team) are in none."""
    if not walks:
        return {}
    held: dict[str, list[DealWalk]] = {}
    for walk in walks:
        name = "" if scope == "pipeline" else walk.deal.fields.get(_FIELD[scope])
        if name is not None:
            held.setdefault(str(name), []).append(walk)
    process, moment = walks[0].process, walks[0].moment
    return {
        name: GroupWalk(process, Deal("", measured(mine)), moment, members=mine) for name, mine in sorted(held.items())
    }


def measured(walks: Sequence[DealWalk]) -> Mapping[str, Any]:
    """The measures of a group; what is not known is left out."""
    today = walks[0].moment.today
    found: dict[str, Any] = {}
    lost = [
        str(deal.fields["outcome_reason"])
        for deal in (walk.deal for walk in walks)
        if deal.status == "lost" and _within(deal.fields.get("closed_on"), today, LOSSES)
        and deal.fields.get("outcome_reason")
    ]  # fmt: skip
    found["losses"] = len(lost)
    variety = entropy(Counter(lost), len(walks[0].process.reasons))
    if variety is not None:
        found["reason_variety"] = variety
    known = [walk.deal for walk in walks if walk.deal.children.get("overrides") is not None]
    if known:
        granted = Counter(
            o.criterion for deal in known for o in overrides_of(deal) if _within(o.approved_on, today, OVERRIDES)
        )
        found["overrides_of_one_criterion"] = max(granted.values(), default=0)
    return found


def entropy(counts: Mapping[str, int], possible: int) -> Decimal | None:
    """Shannon's entropy over that of equal shares, 0 to 1, to 4 decimals; None where there is nothing to tell apart."""
    total = sum(counts.values())
    if total == 0 or possible < 2:
        return None
    bits = -sum(n / total * math.log(n / total) for n in counts.values() if n)
    return Decimal(round(abs(bits) / math.log(possible) * 10_000)).scaleb(-4)


def _within(day: Any, today: Any, span: timedelta) -> bool:
    return day is not None and today - span <= day <= today
