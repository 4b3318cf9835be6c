"""A call for a terminal."""

from __future__ import annotations

from ....compile.words import choice, value
from ....model.call import Call
from ....model.values import Money
from ...calling import Called
from ..clean import one_line
from ..figures import day
from ..width import hanging


def render(found: Called) -> str:
    """What is called, what stood before, by whom and why; and that nothing else is changed by it."""
    one = found.call
    lines = [f"Called for {found.period} ({day(one.first)} to {day(one.last)}): {_about(found)}.", "  " + _change(one)]
    lines.append(f"  {one.layer}, {one.author}, {_told(found)}: {one.reason}")
    if found.replaces is not None:
        earlier = found.replaces
        on = day(earlier.at.astimezone(found.zone).date())
        lines.append(f"  It stands in the place of {earlier.id} of {on}, which is kept.")
    lines.append(f"  Kept as {one.id}. The CRM is as it was: a call lies beside it.")
    first, *more = lines
    return "\n".join([*hanging(first), *(part for line in more for part in hanging(line.strip(), "  "))])


def _about(found: Called) -> str:
    one = found.call
    if one.scope == "company":
        return "all deals"
    if one.scope != "deal":
        return f"{one.scope} {one.about}"
    owner = f", {one.owner}" if one.owner else ""
    return f"deal {one_line(found.name)} ({one.deal}){owner}" if found.name else f"deal {one.deal}{owner}"


def _change(one: Call) -> str:
    said = []
    if one.after is not None:
        said.append(_amount(one.after, one.before))
    if one.category is not None:
        before = choice(one.category_before) if one.category_before is not None else "not known"
        said.append(f"{choice(one.category)} (before: {before})")
    return ", ".join(said)


def _amount(after: Money, before: Money | None) -> str:
    if before is None:
        return f"{value(after)} (before: not known)"
    if before.currency != after.currency or before.minor == after.minor:
        return f"{value(after)} (before: {value(before)})"
    by = Money(abs(after.minor - before.minor), after.currency)
    return f"{value(after)} (before: {value(before)}, {'+' if after.minor > before.minor else '−'}{value(by)})"


def _told(found: Called) -> str:
    """The day it was made, and the day it was entered where that was later."""
    at, entered = (moment.astimezone(found.zone).date() for moment in (found.call.at, found.call.recorded_at))
    return day(at) if entered <= at else f"{day(at)} (entered on {day(entered)})"
