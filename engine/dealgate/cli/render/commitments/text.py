"""Commitments for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ....compile.words import value
from ....model.commitment import Commitment
from ....sources.table import counted
from ...agreed import Agreed
from ..clean import one_line
from ..explain import wrapped
from ..width import width


def render(found: Agreed) -> str:
    """Each with its id, and how many there are."""
    if not found.commitments:
        return "There is no such commitment."
    lines = [line for one in found.commitments for line in _one(one, found.today)]
    if len(found.commitments) > 1:
        states = [f"{n} {state}" for state in ("open", "done", "missed") if (n := _count(found, state))]
        overdue = sum(one.overdue(found.today) for one in found.commitments)
        late = f", {overdue} overdue" if overdue else ""
        lines += ["", f"{counted(len(found.commitments), 'commitment')}: {', '.join(states)}{late}."]
    return "\n".join(lines)


def _count(found: Agreed, state: str) -> int:
    return sum(one.state == state for one in found.commitments)


def _one(one: Commitment, today: date) -> Iterator[str]:
    deal = f" ({one.deal})" if one.deal else ""
    lines = [f"{one.action}{deal}", f"agreed with {one.by} on {value(one.agreed)}"]
    if one.result:
        lines.append(f"{one.state} on {value(one.ended)}: {one.result}")
    yield from wrapped(one_line(f"{one.id}: {one.who}, {state(one, today)}"), width(), "  ")
    for line in lines:
        yield from wrapped(f"  {one_line(line)}", width(), "    ")


def state(one: Commitment, today: date) -> str:
    """Its state with the day it is due."""
    if one.state != "open":
        return one.state
    return f"overdue since {value(one.due)}" if one.overdue(today) else f"by {value(one.due)}"
