"""Findings of an inspection that are open and not silenced."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from ...model.finding import Finding
from ...plays.facts import Fact
from ..ground import Ground, Wanted

KIND = "finding"


def facts(ground: Ground, wanted: Wanted) -> list[Fact]:
    """A fact a finding, of the day since when it is open. One about a group that rests on one deal names it too; one
    about the pipeline that rests on more is a fact of each team with open deals among them, its figure their number.
    """
    return [fact for one in ground.findings if one.snoozed is None for fact in _told(one, ground)]


def _told(one: Finding, ground: Ground) -> list[Fact]:
    if one.scope != "pipeline" or len(one.deals) == 1:
        return [_fact(one, ground)]
    held = (ground.records.get(("deal", deal)) for deal in one.deals)
    teams = Counter(record.team for record in held if record is not None and record.team is not None)
    facts = [_fact(one, ground)._replace(team=team, value=Decimal(count)) for team, count in sorted(teams.items())]
    return facts or [_fact(one, ground)]


def _fact(one: Finding, ground: Ground) -> Fact:
    deal = one.deals[0] if one.scope == "deal" or len(one.deals) == 1 else None
    return Fact(
        KIND, rule=one.rule, stage=one.stage, severity=one.severity, deal=deal, account=one.account, owner=one.owner,
        team=one.team, value=Decimal(len(one.deals)), on=one.since or ground.today, where=one.at,
        says=f"{one.title}{f': {one.reason}' if one.reason else ''}",
    )  # fmt: skip
