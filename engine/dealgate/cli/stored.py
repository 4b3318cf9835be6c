"""The store of the workspace for a command: where it is, opened, and its past."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.diagnostics import SourceFailed, Where, error
from .past import Past

if TYPE_CHECKING:
    from ..decide.playbook import Playbook
    from ..store import Store

DEFAULT = "dealgate.db"
"""The file a workspace keeps its store in where it names none."""


def store_url(given: str | None = None) -> str:
    """The address of the store: the one given, else the workspace's. Secrets in it are filled in: never print it.

    Raises SourceFailed where there is no workspace and none is given.
    """
    from ..documents.library import Library
    from ..documents.workspace import find_workspace, reveal, seen_from

    if given is not None:
        return reveal(given, Path.cwd())
    folder = find_workspace(Path.cwd())
    if folder is None:
        message = "There is no workspace here, and so no store."
        hint = "name a file of deals as SOURCE, or make a workspace with `dealgate init`"
        raise SourceFailed(error("DG952", message, Where(str(Path.cwd().name)), hint))
    workspace = Library(folder).workspace
    if workspace.store is None:
        return f"sqlite:///{folder / DEFAULT}"
    return seen_from(reveal(workspace.store, folder, workspace.at), folder)


@contextmanager
def opened(given: str | None = None, *, ready: bool = True) -> Iterator[Store]:
    """The store, open while it is used."""
    from ..store import open_store

    with open_store(store_url(given), ready=ready) as store:
        yield store


def past_of_store(
    process: str | Playbook | None, as_of: date | datetime, known_at: datetime | None, source: str | None = None
) -> Past:
    """History as the store has it, of all sources or of one, with the overrides that were approved by then."""
    from ..history import history_of
    from ..history.overridden import with_overrides
    from ..model.override import known
    from .options import playbook_of

    playbook = playbook_of(process) if process is None or isinstance(process, str) else process
    moment = playbook.judge.moment(as_of).as_of
    with opened() as store:
        record = playbook.process.record
        events = store.events(as_of=moment, known_at=known_at, source=source, record=record)
        children = store.children(as_of=moment, known_at=known_at, source=source, record=record)
        asked = store.overrides(source=source, record=record)
        versions = tuple((since, _label(canonical)) for since, canonical in store.playbooks(source, record))
    calendar = playbook.process.calendar
    events, children = with_overrides(events, children, known(asked, moment, known_at), calendar)
    return Past(playbook, history_of(events, playbook.process, moment, known_at, children), "the store", versions)


def _label(canonical: str) -> str:
    """``practical@1.2.0`` of a process's canonical form."""
    (process,) = json.loads(canonical).values()
    return f"{process['id']}@{process['version']}"
