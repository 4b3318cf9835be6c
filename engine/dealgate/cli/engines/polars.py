"""Polars: all deals at once, in columns; of a file that is too large to be held, as they stream by."""

from __future__ import annotations

from ...decide.batch import check_frames
from ...decide.report import Report
from . import Asked


def check(asked: Asked) -> Report:
    """Judges every deal of a file."""
    if asked.scanned is not None:
        return _streamed(asked)
    assert asked.source is not None
    return check_frames(asked.playbook, asked.source.frames, asked.as_of)


def _streamed(asked: Asked) -> Report:
    import tempfile
    from pathlib import Path

    import click

    from ...decide.stream import Scanned, check_scanned
    from ...model.diagnostics import Diagnostic
    from ..render.diagnostics.text import render
    from ..render.write import say

    assert asked.scanned is not None
    told: list[Diagnostic] = []
    # the verdicts are read until the report is written, so they stay as long as the command runs
    folder = click.get_current_context().with_resource(tempfile.TemporaryDirectory(prefix="dealgate-"))
    report = check_scanned(asked.playbook, Scanned(*asked.scanned), asked.as_of, Path(folder), told.append)
    if told:
        say(render(told, {}), err=True)
    return report
