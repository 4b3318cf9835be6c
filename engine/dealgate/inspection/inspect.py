"""Inspecting: every rule over every deal, owner, team and the pipeline, as of a moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from ..compile.frames import deals_of
from ..decide.playbook import Playbook
from ..history.past import History
from ..model import condition as c
from ..model.deal import Deal
from ..model.finding import Finding, Key
from ..model.inspection import Inspection, Review, Rule
from ..model.values import Money
from .groups import OF_ONE_STAGE, Groups
from .leaks import Leak, leaks_of, walks
from .measures import Ground, Measures, free_texts, texts_of
from .passing import passed
from .walk import DealWalk, GroupWalk, may_hold
from .walk import statuses as statuses_of
from .words import grounds, reason, seen

LEAKS = timedelta(days=30)
"""How far back moves are looked at."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a rule was asked where it applies, and what came out."""

    fired: int = 0
    clear: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Inspected:
    """What an inspection found. ``unknown``: what could not be told, by rule, scope and subject. ``cleared``: by rule
    the subjects that it applies to and did not fire on."""

    as_of: datetime
    findings: tuple[Finding, ...]
    unknown: frozenset[Key]
    tallies: Mapping[str, Tally]
    cleared: Mapping[str, tuple[str, ...]]
    rules: tuple[Rule, ...]
    deals: tuple[Deal, ...]
    leaks: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    """Moves past a gate, by stage left, stage entered and channel."""
    reviews: tuple[Review, ...] = ()


def inspect(
    playbook: Playbook, history: History, inspections: Sequence[Inspection], deals: Iterable[Deal] | None = None
) -> Inspected:
    """The findings of inspections (built for this playbook's process), deals in their order, the gravest first.

    ``deals`` are the history's own where they are left out. An unknown condition fires nothing
    and is counted; so does one that holds only for want of fields that no deal has.
    """
    judge = playbook.judge
    process, moment = playbook.process, judge.moment(history.as_of)
    every = [
        judge.moved(d, moment.as_of) for d in (deals if deals is not None else deals_of(history.frames(), process))
    ]
    mine = [deal for deal in every if judge.applies(deal, moment.as_of)]
    rules = tuple(rule for one in inspections for rule in one.rules)
    ground = Ground(
        judge,
        moment,
        dict(history.begun.drop_nulls().iter_rows()),
        [review for one in inspections for review in one.reviews],
        texts_of(mine, free_texts(judge)),
        _leaks(playbook, history, mine) if _asks(rules, "leaks") else None,
        passed(playbook, history, mine) if _asks(rules, *OF_ONE_STAGE) else None,
    )
    over = [DealWalk(process, deal, moment, measures=Measures(deal, ground)) for deal in mine]
    groups = Groups(over)
    held = frozenset(name for deal in every for name in (*deal.fields, *deal.unfit))
    found: list[Finding] = []
    unknown: set[Key] = set()
    tallies: dict[str, Tally] = {}
    cleared: dict[str, tuple[str, ...]] = {}
    asked: dict[frozenset[str] | None, list[tuple[str, DealWalk]]] = {}
    for rule in rules:
        clear: list[str] = []
        fired, doubtful = len(found), len(unknown)
        subjects: Iterable[tuple[str, DealWalk | GroupWalk]]
        if rule.scope == "deal":
            statuses = None if rule.applies_when is None else statuses_of(rule.applies_when)
            if statuses not in asked:
                open_to_it = over if rule.applies_when is None else may_hold(rule.applies_when, over)
                asked[statuses] = [(walk.deal.id, walk) for walk in open_to_it]
            subjects = asked[statuses]
        else:
            subjects = groups.of(rule.scope).items()
        for subject, walk in subjects:
            applies = True if rule.applies_when is None else walk.holds(rule.applies_when)
            if applies is False:
                continue
            answer = walk.holds(rule.when)
            answer = answer if applies or answer is False else None
            if answer and isinstance(walk, DealWalk) and _absent(rule.when, walk, held):
                answer = None
            if answer:
                found.append(_finding(rule, subject, walk))
            elif answer is None:
                unknown.add((rule.id, rule.scope, subject))
            else:
                clear.append(subject)
        cleared[rule.id] = tuple(clear)
        tallies[rule.id] = Tally(len(found) - fired, len(clear), len(unknown) - doubtful)
    return Inspected(
        moment.as_of,
        tuple(found),
        frozenset(unknown),
        tallies,
        cleared,
        rules,
        tuple(mine),
        _channels(ground.leaks or {}),
        tuple(ground.reviews),
    )


def _absent(when: c.Condition, walk: DealWalk, held: frozenset[str]) -> bool:
    """Whether a condition holds for the absence alone of fields that no deal has: then nobody brought them, and that
    tells nothing of one deal."""
    tests = list(grounds(when, walk))
    return all(
        isinstance(test, c.Test) and test.operator.key == "filled" and test.ref.name not in held for test in tests
    )


def _finding(rule: Rule, subject: str, walk: DealWalk | GroupWalk) -> Finding:
    severity = rule.severity
    if rule.escalate is not None and walk.holds(rule.escalate[1]):
        severity = rule.escalate[0]
    if isinstance(walk, GroupWalk):
        walk.deals.clear()
        walk.holds(rule.when)
    told = seen(rule.when, walk)
    common: dict[str, Any] = {
        "rule": rule.id, "inspection": rule.inspection, "scope": rule.scope, "subject": subject, "severity": severity,
        "title": rule.title, "why": rule.why, "coach": rule.coach, "action": rule.action, "reason": reason(told),
        "values": {name: shown for name, (shown, _) in told.items()}, "tags": rule.tags, "at": rule.at,
    }  # fmt: skip
    if isinstance(walk, GroupWalk):
        owner = subject if rule.scope == "owner" else None
        teams = {walk.deal.fields.get("owner.team") for walk in walk.members}
        team = subject if rule.scope == "team" else teams.pop() if owner and len(teams) == 1 else None
        return Finding(**common, owner=owner, team=team, stage=walk.seen.get("stage"), deals=tuple(walk.deals))
    fields = walk.deal.fields
    amount = fields.get("amount")
    minor = amount.minor if isinstance(amount, Money) else None
    return Finding(
        **common,
        owner=fields.get("owner.name"),
        team=fields.get("owner.team"),
        account=fields.get("account.id") or fields.get("account.name"),
        stage=walk.deal.stage,
        amount=minor,
        currency=amount.currency if isinstance(amount, Money) else None,
        deals=(subject,),
    )


def _asks(rules: Iterable[Rule], *measures: str) -> bool:
    conditions = (k for rule in rules for k in (rule.when, rule.applies_when) if k is not None)
    return any(ref.name in measures for condition in conditions for ref in c.refs(condition))


def _leaks(playbook: Playbook, history: History, deals: Sequence[Deal]) -> Mapping[str, list[Leak]]:
    now = {deal.id: deal for deal in deals if deal.status == "open"}
    since = history.as_of - LEAKS
    moved = history.events.filter(pl.col("field").is_in(["stage", "status"]), pl.col("at") > since)["deal"]
    ways = walks(history.events.filter(pl.col("deal").is_in(moved.implode())))
    return leaks_of(ways, now, history.events, history.children, playbook, history.as_of, since)


def _channels(leaks: Mapping[str, list[Leak]]) -> dict[tuple[str, str, str], int]:
    moves = [leak.move for mine in leaks.values() for leak in mine]
    return dict(Counter((move.origin, move.to, move.channel or "unknown") for move in moves).most_common())
