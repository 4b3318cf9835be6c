"""A call for a terminal."""

from __future__ import annotations

from ....compile.words import value
from ....model.call import Call
from ....model.values import Money
from ...calling import Called
from ..figures import day
from ..width import hanging
from . import _words as words


def render(found: Called) -> str:
    """What is called, what stood before, by whom and why; and that nothing else is changed by it."""
    one = found.call
    about = words.about(one, found.name)
    lines = [f"Called for {found.period} ({day(one.first)} to {day(one.last)}): {about}.", "  " + _change(one)]
    lines.append(f"  {one.layer}, {one.author}, {_told(found)}: {one.reason}")
    if found.replaces is not None:
        earlier = found.replaces
        on = day(earlier.at.astimezone(found.zone).date())
        lines.append(f"  It stands in the place of {earlier.id} of {on}, which is kept.")
    if found.whole:
        said = ", ".join(f"{value(one.after)} by the {one.layer}" for one in found.whole)
        lines.append(f"  For all deals is called: {said}.")
    lines.append(f"  Kept as {one.id}. The CRM is as it was: a call lies beside it.")
    first, *more = lines
    return "\n".join([*hanging(first), *(part for line in more for part in hanging(line.strip(), "  "))])


def _change(one: Call) -> str:
    said = []
    if one.after is not None:
        said.append(_amount(one.after, one.before))
    if one.category is not None:
        said.append(f"{words.category(one.category)} (before: {words.category(one.category_before)})")
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
    at = day(found.call.at.astimezone(found.zone).date())
    entered = words.entered(found.call, found.zone)
    return f"{at} ({entered})" if entered else at
