"""Commitments as facts for plays."""

from __future__ import annotations

from collections.abc import Iterable

from ..model.commitment import Commitment
from .facts import Fact


def facts_of(commitments: Iterable[Commitment]) -> list[Fact]:
    """A fact a commitment, of the day on which it came to its state: agreed, done or missed.

    So "none on this theme in the last 21 days" looks at what was agreed or ended lately, and an old promise that is
    still open does not count. One whose day has passed is open until somebody says what came of it.
    """
    return [
        Fact(
            "coaching_action", theme=one.theme or None, status=one.state, deal=one.deal, owner=one.who, team=one.team,
            on=one.ended or one.agreed, says=_says(one),
        )
        for one in commitments
    ]  # fmt: skip


def _says(one: Commitment) -> str:
    how = "agreed" if one.state == "open" else one.state
    return f"{one.action} ({how})"
