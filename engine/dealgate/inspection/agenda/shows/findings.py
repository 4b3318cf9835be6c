"""Findings: the gravest first, then the largest deals; one point a deal, with all that was found on it."""

from __future__ import annotations

from ....model.inspection import Item
from ..ground import ASK, Ground, point
from ..model import Filled, Point


def fill(ground: Ground, item: Item) -> Filled:
    """A point for each deal, owner, team or pipeline that has one of the findings."""
    deals, told = ground.taken(item)
    wanted = {deal.id for deal in deals} if item.where is not None else set(ground.by_id)
    by_deal = ground.by_deal(item)
    points: list[Point] = []
    for one in ground.found(item):
        ask = item.question or one.coach or ASK
        if one.scope != "deal":
            name = one.subject or "The pipeline"
            points.append(Point("", name, None, f"{one.title}. {one.reason}".strip(), ask, one.owner))
        elif one.subject in wanted and (mine := by_deal.pop(one.subject, None)):
            titles = "; ".join(each.title for each in mine)
            reason = f" {one.reason}" if len(mine) == 1 and one.reason else ""
            points.append(point(ground.by_id[one.subject], f"{titles}.{reason}", ask))
    return Filled(points, "" if points else "Nothing was found.", told)
