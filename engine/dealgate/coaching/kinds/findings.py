"""Findings of an inspection that are open and not silenced."""

from __future__ import annotations

from decimal import Decimal

from ...model.finding import Finding
from ...plays.facts import Fact
from ..ground import Ground, Wanted

KIND = "finding"


def facts(ground: Ground, wanted: Wanted) -> list[Fact]:
    """A fact a finding, of the day since when it is open. One about a group that rests on one deal names it too."""
    return [_fact(one, ground) for one in ground.findings if one.snoozed is None]


def _fact(one: Finding, ground: Ground) -> Fact:
    deal = one.deals[0] if one.scope == "deal" or len(one.deals) == 1 else None
    return Fact(
        KIND, rule=one.rule, stage=one.stage, severity=one.severity, deal=deal, account=one.account, owner=one.owner,
        team=one.team, value=Decimal(len(one.deals)), on=one.since or ground.today, where=one.at,
        says=f"{one.title}{f': {one.reason}' if one.reason else ''}",
    )  # fmt: skip
