"""Reading a SOURCE for a command: the playbook that judges it, its deals, and what is told of it on stderr."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..decide.playbook import Playbook
    from ..sources.open import Source


@dataclass(frozen=True, slots=True)
class Read:
    """A playbook and the source it judges."""

    playbook: Playbook
    source: Source


def read(source: Path, mapping: str | None, process: str | None, *, quiet: bool = False) -> Read:
    """Opens a source: a file or folder, or the name of one in ``dealgate.yaml``. Tells on stderr what did not fit."""
    from ..sources.open import open_source
    from .options import playbook_of
    from .render.diagnostics.text import render

    named = _configured(source)
    if named is not None:
        source, mapping, process = named[0], mapping or named[1], process or named[2]
    playbook = playbook_of(process, default_for(source, mapping))
    opened = open_source(source, mapping=mapping, process=playbook.process)
    if not quiet:
        if opened.mapping_id and not mapping:
            click.echo(f"Read with the mapping {opened.mapping_id}, which fits the columns.", err=True)
        if opened.diagnostics:
            click.echo(render(opened.diagnostics, {}), err=True)
    return Read(playbook, opened)


def default_for(source: Path, mapping: str | None) -> str:
    """The process where none is named: the one for leads if the mapping that fits reads leads, else practical."""
    from ..sources.open import record_of

    return "leads" if record_of(source, mapping) == "lead" else "practical"


def _configured(source: Path) -> tuple[Path, str | None, str | None] | None:
    from ..documents.library import Library
    from ..documents.workspace import find_workspace

    if source.exists():
        return None
    folder = find_workspace(Path.cwd())
    if folder is None:
        return None
    found = Library(folder).workspace.sources.get(str(source))
    return (found.path or source, found.mapping, found.process) if found is not None else None
