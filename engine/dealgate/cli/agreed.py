"""Placeholder."""

from datetime import datetime
from pathlib import Path

from ..model.commitment import Commitment


def commitments_of(source: Path | str, as_of: datetime) -> tuple[Commitment, ...]:
    return ()
