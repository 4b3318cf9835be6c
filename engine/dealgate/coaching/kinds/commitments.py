"""Commitments, as far as they are kept here."""

from __future__ import annotations

from ...plays.commitments import facts_of
from ...plays.facts import Fact
from ..ground import Ground, Wanted

KIND = "coaching_action"


def facts(ground: Ground, wanted: Wanted) -> list[Fact] | None:
    """A fact a commitment; None where nobody keeps any."""
    return None if ground.commitments is None else facts_of(ground.commitments, ground.today)
