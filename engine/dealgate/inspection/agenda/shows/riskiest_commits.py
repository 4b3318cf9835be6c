"""The riskiest commits: the amount at stake times how grave what was found on the deal is."""

from __future__ import annotations

from collections.abc import Mapping

from ....model.inspection import Item
from ....sources.table import counted
from ..ground import Ground, point
from ..model import Filled

WEIGHTS: Mapping[str, int] = {"info": 0, "warn": 1, "high": 2, "block": 4}
"""What a finding adds to a deal's gravity, by its severity: one block weighs as much as two high ones."""
MOST = 2
"""Findings that are told of one deal."""


def fill(ground: Ground, item: Item) -> Filled:
    """Open commits with findings, by amount × gravity; those whose amount is not known come last, by gravity.

    A commit on which nothing grave was found is no risk that anybody knows of, and is not here.
    """
    deals, told = ground.taken(item)
    commits = [deal for deal in deals if ground.category(deal) == "commit"]
    found = ground.by_deal(item)
    ranked = []
    unpriced = 0
    for deal in commits:
        mine = [one for one in found.get(deal.id, ()) if WEIGHTS[one.severity]]
        gravity = sum(WEIGHTS[one.severity] for one in mine)
        priced, minor = ground.worth(deal)
        unpriced += not priced
        if mine:
            titles = "; ".join(one.title for one in mine[:MOST])
            more = f"; and {len(mine) - MOST} more" if len(mine) > MOST else ""
            why = f"Gravity {gravity}: {titles}{more}."
            ranked.append(((not priced, -minor * gravity, -gravity, deal.id), point(deal, why, mine[0].coach)))
    ranked.sort(key=lambda one: one[0])
    if unpriced:
        told.append(
            f"{item.title}: {unpriced} of {counted(len(commits), 'commit')} without an amount that can be compared."
        )
    points = [one for _, one in ranked]
    if points:
        note = f"Of {counted(len(commits), 'commit')}, by amount × gravity (of findings: warn 1, high 2, block 4)."
    else:
        note = f"Nothing grave was found on {counted(len(commits), 'commit')}." if commits else "There are no commits."
    return Filled(points, note, told)
