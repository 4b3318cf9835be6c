"""Plays in the steps they are chained in: within a step more facts only ever make more plays fire."""

from __future__ import annotations

from collections.abc import Sequence

from ..model.play import SCOPES, Need, Play
from ..model.struct import Struct

MOST = 63
"""With one rule more that ends a session, as many as may match at once in a ruleset of durable-rules."""


class Step(Struct):
    """Plays of one scope that are chained together; ``needs`` are the scope's, each once."""

    scope: str
    plays: tuple[Play, ...]


class Plan(Struct):
    """The steps in order, and by scope what its plays ask of facts, each need once."""

    steps: tuple[Step, ...]
    needs: dict[str, tuple[Need, ...]]


def plan(plays: Sequence[Play]) -> Plan:
    """The steps of a document's plays.

    Narrow scopes come first, since what is concluded of a deal counts for its owner. Within a scope a play comes after
    those whose conclusions it rests on. A new step begins where a play has to see the conclusions of this one all
    together, to count them or to miss one; and where a ruleset is full.
    """
    steps: list[Step] = []
    needs: dict[str, tuple[Need, ...]] = {}
    for scope in SCOPES:
        mine = _in_order([play for play in plays if play.scope == scope])
        needs[scope] = tuple(dict.fromkeys(need for play in mine for need in play.when))
        now: list[Play] = []
        for play in mine:
            made = {one.conclude for one in now if one.conclude}
            waits = any(not need.plain and made.intersection(need.patterns) for need in play.when)
            if waits or len(now) == MOST:
                steps.append(Step(scope, tuple(now)))
                now = []
            now.append(play)
        if now:
            steps.append(Step(scope, tuple(now)))
    return Plan(tuple(steps), needs)


def _in_order(plays: Sequence[Play]) -> list[Play]:
    """Each after those whose conclusions it rests on, else as written. The documents' check has refused circles."""
    makers: dict[str, list[Play]] = {}
    for play in plays:
        if play.conclude:
            makers.setdefault(play.conclude, []).append(play)
    depth: dict[str, int] = {}

    def deep(play: Play) -> int:
        if play.id not in depth:
            depth[play.id] = 0
            before = [one for need in play.when for pattern in need.patterns for one in makers.get(pattern, ())]
            depth[play.id] = max((deep(one) + 1 for one in before), default=0)
        return depth[play.id]

    return sorted(plays, key=deep)
