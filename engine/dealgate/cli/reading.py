"""Reading a SOURCE for a command: the playbook that judges it, its deals, and what is told of it on stderr."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ..model.diagnostics import DealgateError, Diagnostic, Severity, WrongUsage, error, in_order
from .past import in_store

if TYPE_CHECKING:
    import polars as pl

    from ..compile.becomes import Passage
    from ..decide.playbook import Playbook
    from ..decide.routing import Answers
    from ..model.deal import Deal
    from ..sources.open import Source
    from ..sources.scan import Scanned

T = TypeVar("T")

OTHER_RECORDS = ("DG654", "DG662")
"""Refusals that say the columns, or the mapping, are of records that another process judges."""


@dataclass(frozen=True, slots=True)
class Read:
    """A playbook and the source it judges."""

    playbook: Playbook
    opened: Source | None
    scanned: Scanned | None = None
    """Deals of a file too large to be held, their children, and how many deals there are; nothing is opened then."""
    passages: Sequence[Passage] = ()
    """Of the store: the deals whose stage the process has no more."""

    @property
    def source(self) -> Source:
        """The source, opened."""
        assert self.opened is not None
        return self.opened


def read_deal(
    source: Path | str, mapping: str | None, process: str | None, deal: str, as_of: date | datetime
) -> tuple[Read, Deal, Answers | None]:
    """One deal by id or name, with the process that judges it. Where several could and none surely does, what they say.

    Raises WrongUsage where there is no such deal.
    """
    from .options import chosen
    from .shared import chosen_of, shared

    several = shared(source, mapping, process, as_of, quiet=True)
    if several is None:
        found = read(source, mapping, process, quiet=True, as_of=as_of)
        return found, chosen(found.source.deals, deal), None
    found, ident = chosen_of(several, deal)
    left = several.left_of(ident)
    return found, next(d for d in found.source.deals if d.id == ident), left.answers if left is not None else None


def judged_by(process: str | None, attempt: Callable[[Playbook], T]) -> tuple[Playbook, T]:
    """What ``attempt`` gives with the process named, or else with the first that judges such records.

    Raises what the first attempt raised where none does.
    """
    from .options import playbook_of

    first: DealgateError | None = None
    for name in [process] if process else candidates():
        playbook = playbook_of(name)
        try:
            return playbook, attempt(playbook)
        except DealgateError as refusal:
            first = first or refusal
            if not any(d.code in OTHER_RECORDS for d in refusal.diagnostics):
                raise
    assert first is not None
    raise first from None


def read(
    source: Path | str,
    mapping: str | None,
    process: str | None,
    *,
    quiet: bool = False,
    notes: bool = False,
    scanning: bool = False,
    as_of: date | datetime | None = None,
) -> Read:
    """Opens a source: a file or folder, or the name of one in ``dealgate.yaml``. Tells on stderr what did not fit.

    With ``as_of`` it may be the store, as of that moment.

    With ``scanning`` a file of our own columns that is too large to be held is only looked at.
    """
    if isinstance(source, str):
        message = "One deal of a database cannot be read: `check` judges all of them there."
        raise WrongUsage(error("DG908", message, suggestion="export the deals to a file, and name that"))
    if as_of is not None and in_store(source) is not None:
        return stored(source, process, as_of)
    named = configured(source)
    if named is not None:
        source, mapping, process = named[0], mapping or named[1], process or named[2]
    found = opened(source, mapping, process, scanning=scanning and named is None and mapping is None)
    if found.opened is not None:
        tell(found.opened.diagnostics, quiet=quiet, notes=notes)
    return found


def opened(place: Path, mapping: str | None, process: str | None, *, scanning: bool = False) -> Read:
    """Opens a file or folder, and tells nothing."""
    from ..documents.library import Library
    from ..documents.workspace import find_workspace
    from ..sources.open import open_source
    from ..sources.scan import scan

    library = Library(find_workspace(Path.cwd()))

    def attempt(playbook: Playbook) -> Source | Scanned:
        scanned = scan(place, playbook.process) if scanning else None
        return scanned or open_source(place, mapping=mapping, process=playbook.process, library=library)

    playbook, found = judged_by(process, attempt)
    return Read(playbook, None, found) if isinstance(found, tuple) else Read(playbook, found)


@dataclass(frozen=True, slots=True)
class Told:
    """What a file tells of its deals as of a moment: EVENTS, and child records by collection."""

    playbook: Playbook
    source: Source
    moment: datetime
    events: pl.DataFrame
    children: dict[str, pl.DataFrame]


def told_by(found: Read, as_of: date | datetime) -> Told:
    """What an opened source tells of the past of its deals, read as it stood at ``as_of``."""
    from ..history import events_of, records_of

    playbook, frames = found.playbook, found.source.frames
    moment = playbook.judge.moment(as_of).as_of
    return Told(playbook, found.source, moment, events_of(frames, playbook.process, moment), records_of(frames))


def tell(diagnostics: Sequence[Diagnostic], *, quiet: bool = False, notes: bool = False) -> None:
    """Tells on stderr what did not fit: every warning, and the notes folded; if ``quiet`` how many warnings."""
    from .render.diagnostics.text import render
    from .render.write import say

    if quiet:
        warnings = sum(d.severity > Severity.INFO for d in diagnostics)
        if warnings:
            say(f"{warnings} warning{'' if warnings == 1 else 's'} on the source: `dealgate check` tells.", err=True)
    elif diagnostics:
        shown, folded = (diagnostics, {}) if notes else fold(diagnostics)
        say(render(shown, {}), err=True)
        if folded:
            told = ", ".join(f"{n} more {code}" for code, n in folded.items())
            say(f"and {told} (--notes shows all).", err=True)


def tell_stages(found: Read, as_of: date | datetime, *, notes: bool = False) -> None:
    """Tells on stderr of deals in stages that the process has no more, or never had."""
    from ..decide.passage import astray, counted, passages, told
    from .render.diagnostics.text import render
    from .render.write import say

    process = found.playbook.process
    if found.scanned is not None:
        said = counted(found.scanned[0], process)
    elif found.source.found_by == "store":
        said = told(found.passages, astray(found.source.frames, process), process, every=notes)
    else:
        frames = found.source.frames
        said = told(passages(frames, found.playbook, as_of), astray(frames, process), process, every=notes)
    if said:
        say(render(said, {}), err=True)


def stored(source: Path, process: str | Playbook | None, as_of: date | datetime) -> Read:
    """The store, as a process reads it."""
    from ..sources.open import Source
    from .past import past

    found = past(source, None, process, as_of, quiet=True)
    frames = found.history.frames()
    opened = Source(frames, found.playbook.process, found_by="store", rows=len(frames))
    return Read(found.playbook, opened, passages=found.history.passages)


def fold(diagnostics: Sequence[Diagnostic]) -> tuple[list[Diagnostic], dict[str, int]]:
    """Warnings all, of the notes with one code only the first; how many more there are by code."""
    shown: list[Diagnostic] = []
    folded: Counter[str] = Counter()
    for d in in_order(diagnostics):
        if d.severity is Severity.INFO and any(other.code == d.code for other in shown):
            folded[d.code] += 1
        else:
            shown.append(d)
    return shown, dict(folded)


def candidates() -> list[str]:
    """The processes to try where none is named: the workspace's, else the bundled one for deals, then for leads."""
    from ..documents.library import Library
    from ..documents.workspace import find_workspace

    folder = find_workspace(Path.cwd())
    names = list(Library(folder).workspace.processes) if folder is not None else []
    return [*names, *(name for name in ("practical", "leads") if name not in names)]


def configured(source: Path) -> tuple[Path, str | None, str | None] | None:
    """Path, mapping and process of a source that ``dealgate.yaml`` names; None of all else."""
    from ..documents.library import Library
    from ..documents.workspace import find_workspace

    if source.exists():
        return None
    folder = find_workspace(Path.cwd())
    if folder is None:
        return None
    found = Library(folder).workspace.sources.get(str(source))
    return (found.path or source, found.mapping, found.process) if found is not None else None
