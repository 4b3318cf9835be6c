"""Overrides: those that hold, and those that ran out with the deal still open."""

from __future__ import annotations

from datetime import date

from ....compile.words import value
from ....decide.waivers import last_day, overrides_of
from ....model.inspection import Item
from ..ground import Ground, point
from ..model import Filled, Point


def fill(ground: Ground, item: Item) -> Filled:
    """Of open deals, the oldest first."""
    deals, told = ground.taken(item)
    process, moment = ground.playbook.process, ground.moment
    found: list[tuple[date, str, Point]] = []
    unsynced = 0
    for deal in deals:
        unsynced += deal.children.get("overrides") is None
        for one in overrides_of(deal):
            last = last_day(one, process, moment)
            if one.revoked_on is not None or one.approved_on > moment.today:
                continue
            until = "without an end" if last is None else f"until {value(last)}"
            over = last is not None and last < moment.today
            why = f"Override of {one.criterion} since {value(one.approved_on)}, {'ran out:' if over else ''} {until}"
            why = f"{' '.join(why.split())}: {one.reason.rstrip('.')}." if one.reason else f"{' '.join(why.split())}."
            ask = item.question or ("What was promised when it was granted?" if over else "What ends the exception?")
            found.append((one.approved_on, deal.id, point(deal, why, ask)))
    if unsynced:
        told.append(f"{item.title}: of {unsynced} of {len(deals)} open deals the overrides were not brought.")
    found.sort(key=lambda one: one[:2])
    points = [one for *_, one in found]
    return Filled(points, "" if points else "No override is known on an open deal.", told)
