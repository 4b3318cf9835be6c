"""Placeholder until commitments are merged."""

from collections.abc import Sequence
from datetime import date

from ..model.commitment import Commitment
from .facts import Fact


def facts_of(commitments: Sequence[Commitment], today: date) -> list[Fact]:
    return []
