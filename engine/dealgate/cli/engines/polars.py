"""Polars: all deals at once, in columns."""

from __future__ import annotations

from ...decide.batch import check_frames
from ...decide.report import Report
from . import Asked


def check(asked: Asked) -> Report:
    """Judges every deal of a file."""
    assert asked.source is not None
    return check_frames(asked.playbook, asked.source.frames, asked.as_of)
