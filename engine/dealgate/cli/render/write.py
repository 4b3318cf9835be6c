"""Where output goes: standard output, or a file that is whole or not there."""

from __future__ import annotations

from pathlib import Path

import click

from ...model.diagnostics import SourceFailed, Where, error


def put(text: str, out: Path | None) -> None:
    """Writes text and a line's end. Raises SourceFailed where the file cannot be written."""
    if out is None:
        click.echo(text)
        return
    part = out.with_name(out.name + ".part")
    try:
        part.write_text(text + "\n", encoding="utf-8")
        part.replace(out)
    except OSError as trouble:
        reason = trouble.strerror or "unknown reason"
        raise SourceFailed(error("DG903", f"The file cannot be written: {reason}.", Where(str(out)))) from None
