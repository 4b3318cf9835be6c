"""The pipeline of the next quarter: open deals that are dated in it, the largest first."""

from __future__ import annotations

from datetime import timedelta

from ....compile.words import value
from ....model.inspection import Item
from ..ground import Ground, point
from ..model import Filled


def fill(ground: Ground, item: Item) -> Filled:
    """Open deals whose close date lies in the fiscal quarter after this one."""
    deals, told = ground.taken(item)
    calendar, today = ground.moment.calendar, ground.moment.today
    first, last = calendar.period(calendar.period(today, "quarter")[1] + timedelta(days=1), "quarter")
    undated = [deal for deal in deals if deal.fields.get("close_date") is None]
    dated = [deal for deal in deals if (day := deal.fields.get("close_date")) is not None and first <= day <= last]
    found = ground.by_deal(Item(title=item.title))
    points = []
    for deal in sorted(dated, key=lambda one: (tuple(-n for n in ground.worth(one)), one.id)):
        mine = found.get(deal.id, [])
        why = f"Dated {value(deal.fields['close_date'])}, in {ground.stage_title(deal)}"
        why += f"; {mine[0].title[:1].lower()}{mine[0].title[1:]}." if mine else "."
        points.append(point(deal, why, (mine[0].coach if mine else "") or item.question))
    if undated:
        told.append(f"{item.title}: {len(undated)} open deals have no close date.")
    return Filled(points, "" if points else f"No open deal is dated from {value(first)} to {value(last)}.", told)
