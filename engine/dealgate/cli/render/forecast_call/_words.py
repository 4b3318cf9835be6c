"""A call in words: each is written once, for one call and for a list of them."""

from __future__ import annotations

from datetime import tzinfo

from ....compile.words import choice
from ....model.call import Call
from ..clean import one_line
from ..figures import day


def about(one: Call, name: str | None = None) -> str:
    """What it is about; ``name``: of the deal, where it is known."""
    if one.scope == "company":
        return "all deals"
    if one.scope != "deal":
        return f"{one.scope} {one.about}"
    owner = f", {one.owner}" if one.owner else ""
    return f"deal {one_line(name)} ({one.deal}){owner}" if name else f"deal {one.deal}{owner}"


def category(ident: str | None) -> str:
    """A category by its id."""
    return choice(ident) if ident is not None else "not known"


def entered(one: Call, zone: tzinfo) -> str:
    """The day it was entered, where that was later than the day it was made; else empty."""
    at, recorded = (moment.astimezone(zone).date() for moment in (one.at, one.recorded_at))
    return "" if recorded <= at else f"entered on {day(recorded)}"
