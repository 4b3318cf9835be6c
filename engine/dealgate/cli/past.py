"""The past of a SOURCE for a command: a playbook, and history as of a moment, from files or from the store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.diagnostics import WrongUsage, error

if TYPE_CHECKING:
    from ..decide.playbook import Playbook
    from ..history import History
    from .reading import Read

BACKFILLED = "The history is backfilled: it was loaded when it was over, and is reconstructed, not watched."
"""What has to be said of every figure of a history that nobody watched."""


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of a source's past. ``told_from``: in words where it comes from. ``versions``: since when which
    version of a playbook was in force."""

    playbook: Playbook
    history: History
    told_from: str
    versions: tuple[tuple[datetime, str], ...] = ()


def in_store(source: Path | str) -> str | None:
    """Of ``store:crm`` the source's name, of ``store`` an empty one; None of all else, a file of that name too."""
    store, _, name = str(source).partition(":")
    return name if store == "store" and not Path(source).exists() else None


def past(
    source: Path | str,
    mapping: str | None,
    process: str | Playbook | None,
    as_of: date | datetime,
    known_at: datetime | None = None,
    *,
    quiet: bool = False,
) -> Past:
    """History of a file or folder, taken as it stood at ``as_of``; or of the store, as it was known by ``known_at``.

    ``store:crm`` is what the store has of one source.

    Raises WrongUsage where a file is asked what was known earlier: it tells of one moment only.
    """
    from .reading import read

    stored = in_store(source)
    if stored is not None:
        from .stored import past_of_store

        return _told(past_of_store(process, as_of, known_at, stored or None), quiet=quiet)
    if known_at is not None:
        message = "A file does not tell what was known earlier."
        hint = "leave out --known-at, or load the file into the store each time it is exported"
        raise WrongUsage(error("DG951", message, suggestion=hint))
    assert process is None or isinstance(process, str)  # of a file, the process is found by reading it
    return _told(of_file(read(source, mapping, process, quiet=True), as_of), quiet=quiet)


def of_file(found: Read, as_of: date | datetime) -> Past:
    """What a file that was read tells of the past of its deals."""
    import polars as pl

    from ..history import history_of
    from .reading import told_by

    told = told_by(found, as_of)
    # what a file tells of earlier days was learned when it was read: it is reconstructed, not watched
    events = told.events.with_columns(backfilled=pl.col("origin") != "seen")
    return Past(told.playbook, history_of(events, told.playbook.process, told.moment, children=told.children), "a file")


def _own(found: Past) -> Past:
    """Where several processes of the workspace share the records, those that this one is for; the others are told."""
    process = found.playbook.process
    if process.applies_to is None:
        return found
    from .shared import processes_of

    if not processes_of(process.record):
        return found
    import polars as pl

    from ..decide.routing import applies
    from .render.write import say

    held = found.history
    said = applies(found.playbook, held.frames(), held.as_of)
    mine = said.filter(pl.col("applies").fill_null(False))["id"]
    out = said.height - len(mine)
    if not out:
        return found
    deals = f"1 {process.record} is" if out == 1 else f"{out:,} {process.record}s are"
    say(f"{deals} left out, which the process {process.id} is not for; --process names another.", err=True)
    return replace(found, history=held.only(mine))


def _told(found: Past, *, quiet: bool) -> Past:
    """Tells on stderr of deals whose stage the process has no more, and of those that it is not for."""
    if quiet:
        return found
    found = _own(found)
    if found.history.passages:
        from ..decide.passage import told
        from .render.diagnostics.text import render
        from .render.write import say

        say(render(told(found.history.passages, (), found.playbook.process), {}), err=True)
    return found
