"""Coaching: facts of every kind that plays ask for, and what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..model.play import Plays
from ..plays.conclude import conclude
from ..plays.drawn import Concluded
from ..plays.facts import Fact, Facts
from ..plays.frames import Frame
from .ground import Ground, Wanted
from .kinds import makers


@dataclass(frozen=True, slots=True)
class Coached:
    """What plays conclude of a ground. ``unseen``: kinds of facts that plays ask for and nobody could look for."""

    ground: Ground
    concluded: Concluded
    facts: Facts
    unseen: tuple[str, ...]

    @property
    def deals(self) -> int:
        """Open deals."""
        return self.ground.deals.height

    @property
    def seen(self) -> int:
        """Facts that plays saw."""
        return len(self.facts.items) + sum(frame.rows.height for frame in self.facts.frames.values())


def coach(ground: Ground, documents: Sequence[Plays]) -> Coached:
    """Everything that follows from a ground by some documents of plays. Raises DealgateError where chaining fails."""
    wanted = Wanted(documents)
    items: list[Fact] = []
    frames: dict[str, Frame] = {}
    looked_at: list[str] = []
    unseen: list[str] = []
    for kind, make in makers().items():
        if not wanted.of(kind):
            continue
        found = make(ground, wanted)
        if found is None:
            unseen.append(kind)
        else:
            looked_at.append(kind)
            if isinstance(found, Frame):
                frames[kind] = found
            else:
                items += found
    facts = Facts(items, looked_at, ground.records, frames)
    concluded = conclude(documents, facts, ground.today, ground.past.calendar)
    return Coached(ground, concluded, facts, tuple(unseen))
