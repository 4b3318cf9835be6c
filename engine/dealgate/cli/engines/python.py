"""Generated Python, one deal after the other."""

from __future__ import annotations

from ...decide.report import Report
from ...decide.report import check as judged
from ..progress import progress
from . import Asked


def check(asked: Asked) -> Report:
    """Judges every deal of a file."""
    assert asked.source is not None
    with progress(asked.source.deals, "Judging") as deals:
        return judged(asked.playbook, deals, asked.as_of)
