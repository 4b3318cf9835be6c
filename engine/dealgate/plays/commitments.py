"""Commitments as facts for plays."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ..model.commitment import Commitment
from ..model.people import ERASED
from .facts import Fact


def facts_of(commitments: Iterable[Commitment], as_of: date) -> list[Fact]:
    """A fact of kind ``coaching_action`` for each that had been agreed by a day, in their order.

    ``on`` is the day it was agreed while it is open, and the day it ended once it is done or missed. So nothing of a
    theme ``within_last: 21 days`` means that in these days none was agreed (or it would be open since, or ended since)
    and none ended; ``status: [missed], within_last: 60 days`` counts those that were told missed in these days,
    whenever they were agreed. One that ended after the day is open on it. One past its day is open, and says so: only a
    person tells that it was missed. One without a theme is of none, which is known: it answers for no theme.
    """
    return [_fact(one, as_of) for one in commitments if one.agreed <= as_of]


def _fact(one: Commitment, today: date) -> Fact:
    ended = one.ended if one.ended is not None and one.ended <= today else None
    return Fact(
        "coaching_action",
        id=one.id,  # two that say the same are two
        theme=one.theme,
        status="open" if ended is None else one.state,
        deal=one.deal,
        owner=None if one.who == ERASED else one.who,
        team=one.team,
        on=one.agreed if ended is None else ended,
        says=_says(one, ended, today),
    )


def _says(one: Commitment, ended: date | None, today: date) -> str:
    agreed = f"{one.action}: agreed on {one.agreed}"
    if ended is not None:
        return f"{agreed}, {one.state} on {ended}"
    late = (today - one.due).days
    if late <= 0:
        return f"{agreed}, due on {one.due}"
    return f"{agreed}, {late} day{'' if late == 1 else 's'} overdue"
