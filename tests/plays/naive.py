"""The plain meaning of plays, with nothing clever in it: everything is asked of everything until nothing changes."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dealgate.model.play import Need, Play
from dealgate.plays import Fact, Facts

WIDER = {
    "deal": ["account", "owner", "team"],
    "account": ["owner", "team"],
    "owner": ["team"],
    "team": [],
}
OPERATORS = {
    "at_least": operator.ge, "at_most": operator.le, "above": operator.gt, "below": operator.lt,
    "is": operator.eq, "is_not": operator.ne,
}  # fmt: skip
MANY = 60
"""More facts than any generated case has: where no end is known, the count may be anything up to here."""
Three = bool | None
Key = tuple[str, str]


def both(truths: Sequence[Three]) -> Three:
    if any(t is False for t in truths):
        return False
    return None if any(t is None for t in truths) else True


@dataclass(frozen=True)
class Seen:
    fact: Fact
    keys: dict[str, str | None]
    sure: Three


def place(keys: dict[str, str | None], facts: Facts) -> dict[str, str | None]:
    """Whom a fact is about: what it says itself, else what a narrower record says, the narrowest first."""
    found = dict(keys)
    for one, wider in WIDER.items():
        record = facts.records.get((one, str(found[one]))) if found[one] is not None else None
        for scope in wider:
            if record is not None and found[scope] is None:
                found[scope] = getattr(record, scope)
    return found


def whose(fact: Fact, facts: Facts) -> dict[str, str | None]:
    """A figure is of the first record it names; anything else also of whom that record belongs to."""
    named = {scope: getattr(fact, scope) for scope in WIDER}
    if fact.kind not in ("metric", "target"):
        return place(named, facts)
    first = next((scope for scope, key in named.items() if key is not None), None)
    return {scope: key if scope == first else None for scope, key in named.items()}


def matches(need: Need, seen: Seen, today: date) -> Three:
    fact = seen.fact
    if fact.kind != need.fact:
        return False
    truths: list[Three] = [seen.sure]
    for attribute, allowed in need.tests:
        held = getattr(fact, attribute)
        truths.append(None if held is None else held in allowed)
    for bounds, figure in [(need.value, fact.value), (need.change, fact.change)]:
        for bound in bounds:
            truths.append(None if figure is None else OPERATORS[bound.op](figure, bound.figure))
    if need.within is not None:
        first = today - timedelta(days=need.within.count * {"day": 1, "week": 7}[need.within.unit])
        truths.append(None if fact.on is None else first <= fact.on <= today)
    return both(truths)


def holds(need: Need, about: list[Seen], looked_at: frozenset[str], today: date) -> Three:
    unique = {(seen.fact, seen.sure): seen for seen in about}.values()
    told = [(seen.fact, matches(need, seen, today)) for seen in unique]
    sure = {fact for fact, truth in told if truth is True}
    maybe = {fact for fact, truth in told if truth is None} - sure
    if need.distinct is None:
        low, high = len(sure), len(sure) + len(maybe)
    else:
        words = [getattr(fact, need.distinct) for fact in sure]
        low = max(len({w for w in words if w is not None}), 1 if words else 0)
        every = [getattr(fact, need.distinct) for fact in sure | maybe]
        high = len({w for w in every if w is not None}) + every.count(None)
    if need.fact != "conclusion" and need.fact not in looked_at:
        high = MANY
    counts = range(low, high + 1)
    if need.absent:
        asked = [[count == 0 for count in counts]]
    elif need.count:
        asked = [[OPERATORS[bound.op](count, bound.figure) for count in counts] for bound in need.count]
    else:
        asked = [[count >= 1 for count in counts]]
    return both([True if all(one) else (None if any(one) else False) for one in asked])


def chain(plays: Sequence[Play], facts: Facts, today: date) -> tuple[set[Key], set[Key]]:
    """The (play, record) that fire, and those that may."""
    given = [Seen(f, whose(f, facts), True) for f in facts.items if f.on is None or f.on <= today]
    state: dict[Key, Three] = {}
    records: dict[str, set[str]] = {scope: {k for s, k in facts.records if s == scope} for scope in WIDER}
    while True:
        drawn = []
        for (name, key), truth in state.items():
            play = next(p for p in plays if p.id == name)
            if play.conclude is None or truth is False:
                continue
            mine = place({scope: key if scope == play.scope else None for scope in WIDER}, facts)
            drawn.append(Seen(Fact("conclusion", pattern=play.conclude, **mine), mine, truth))
        # the same conclusion by two plays is one, and sure where either is
        sure = {seen.fact for seen in drawn if seen.sure}
        drawn = [seen for seen in drawn if seen.sure or seen.fact not in sure]
        every = given + drawn
        for seen in every:
            for scope in WIDER:
                if seen.keys[scope] is not None:
                    records[scope].add(str(seen.keys[scope]))
        now: dict[Key, Three] = {}
        for play in plays:
            for key in records[play.scope]:
                about = [seen for seen in every if seen.keys[play.scope] == key]
                now[play.id, key] = both([holds(need, about, facts.looked_at, today) for need in play.when])
        if now == state:
            return {k for k, t in now.items() if t is True}, {k for k, t in now.items() if t is None}
        state = now
