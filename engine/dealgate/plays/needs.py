"""Whether a need holds of the facts about one record: true, false or unknown (None).

Decided here, before the forward chainer, is all that it cannot express soundly: absence, counts and distinct counts,
windows, figures and their types, and what is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from ..model.calendar import Calendar
from ..model.play import Bound, Need
from .facts import PLACE, Fact
from .frames import Rows

Truth = bool | None


def fits_shape(need: Need, shape: Sequence[str | None]) -> Truth:
    """Whether a fact of this shape is what is asked for, as far as its shape tells."""
    if shape[0] != need.fact:
        return False
    unknown = False
    for attribute, allowed in need.tests:
        held = shape[PLACE[attribute]]
        if held is None:
            unknown = True
        elif held not in allowed:
            return False
    return None if unknown else True


def fits_figures(need: Need, fact: Fact, since: date | None) -> Truth:
    """Whether a fact's figures and day are what is asked for; ``since`` is the first day of the need's window."""
    unknown = False
    for bounds, figure in ((need.value, fact.value), (need.change, fact.change)):
        if bounds and figure is None:
            unknown = True
        elif figure is not None and not all(bound.takes(figure) for bound in bounds):
            return False
    if since is not None:
        if fact.on is None:
            unknown = True
        elif fact.on < since:
            return False
    return None if unknown else True


def window(need: Need, today: date, calendar: Calendar) -> date | None:
    """The first day of a need's window, both ends included; None where it has none."""
    return None if need.within is None else calendar.shift(today, -need.within)


def holds(need: Need, sure: Sequence[Fact], possible: Sequence[Fact], *, looked_at: bool) -> Truth:
    """Whether a need holds, of the facts that surely are what it asks for and those that may be."""
    if not (need.count or need.absent):
        return True if sure else (None if possible or not looked_at else False)
    low, high = counted(need, sure, possible, looked_at=looked_at)
    if need.absent:
        return False if low else (True if high == 0 else None)
    return _all(_bound(bound, low, high) for bound in need.count)


def counted(need: Need, sure: Sequence[Fact], possible: Sequence[Fact], *, looked_at: bool) -> tuple[int, int | None]:
    """The least and most such facts there can be; None: no end is known. The same fact given twice is one."""
    if isinstance(sure, Rows):
        low = len(sure) if need.distinct is None else sure.named or int(bool(sure))
        high = len(sure) + len(possible) if need.distinct is None else sure.most
        return low, high if looked_at else None
    certain, more = set(sure), set(possible)
    if need.distinct is None:
        low, high = len(certain), len(certain | more)
    else:
        place = PLACE[need.distinct]
        named = {fact[place] for fact in certain if fact[place] is not None}
        maybe = {fact[place] for fact in more if fact[place] is not None}
        nameless = sum(fact[place] is None for fact in certain | more)
        low = len(named) or int(bool(certain))
        high = len(named | maybe) + nameless
    return low, high if looked_at else None


def _bound(bound: Bound, low: int, high: int | None) -> Truth:
    """Whether every figure of a range passes (True), none does (False), or some do."""
    figure, op = bound.figure, bound.op
    if op in ("is", "is_not"):
        outside = figure < low or (high is not None and figure > high) or figure != int(figure)
        same = False if outside else (True if low == high else None)
        return same if op == "is" or same is None else not same
    if op in ("at_least", "above"):
        return True if bound.takes(low) else (False if high is not None and not bound.takes(high) else None)
    return False if not bound.takes(low) else (True if high is not None and bound.takes(high) else None)


def _all(parts: Iterable[Truth]) -> Truth:
    found = list(parts)
    return False if False in found else (None if None in found else True)
