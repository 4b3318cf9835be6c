"""A sync for a command: the source of the workspace, its playbook and mapping, the mirror and the store."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.diagnostics import Diagnostic, SourceFailed, Where, WrongUsage, error
from ..sync.one import AT_A_TERMINAL, Patience

if TYPE_CHECKING:
    from ..decide.playbook import Playbook
    from ..documents.workspace import ConfiguredSource
    from ..ports import Reference
    from ..sources.mapping.model import SourceMapping
    from ..sync.mirror import Mirror
    from ..sync.project import Taken
    from ..sync.pull import Run

FOLDER = ".dealgate"
"""Where a workspace keeps its working copies; it may be deleted at any time."""
FILE = "file"
"""The adapter of files, which are loaded, and take no writes."""


@dataclass
class Synced:
    """What came of a sync. ``refused``: why it, or a part of it, failed."""

    source: str
    title: str
    run: Run
    taken: Taken | None = None
    kept_in: str = ""
    dry_run: bool = False
    waiting: int = 0
    """Deals that changed and are not in the store."""
    note: str = ""
    """A sentence on what was read, where that needs one."""
    refused: list[Diagnostic] = field(default_factory=list)
    behind: tuple[Reference, ...] = ()
    """Of what webhooks told of: what the CRM does not show in a pull yet. Such deals are not taken over: their history
    may be newer than they are."""


def source_named(name: str | None) -> ConfiguredSource:
    """The source of the workspace of that name, or its only one. Raises WrongUsage."""
    from ..documents.library import Library
    from ..documents.suggest import nearest
    from ..documents.workspace import find_workspace

    folder = find_workspace(Path.cwd())
    known = Library(folder).workspace.sources if folder is not None else {}
    if name is None and len(known) == 1:
        return next(iter(known.values()))
    if name is not None and name in known:
        return known[name]
    if folder is None:
        message, hint = "There is no workspace here, and so no source.", "make one with `dealgate init`"
    elif not known:
        message, hint = "This workspace names no source.", "add one under `sources` in dealgate.yaml"
    elif name is None:
        message, hint = f"There are {len(known)} sources.", f"name one: {', '.join(known)}"
    else:
        near = nearest(name, known)
        message, hint = (
            f"There is no source `{name}`.",
            f"did you mean `{near}`?" if near else f"there are {', '.join(known)}",
        )
    raise WrongUsage(error("DG978", message, suggestion=hint))


Step = Callable[[str, int, int | None], None]
"""Told after each step, when all that was done is kept: a stream with the records read, or "" with the deals taken
over, and how many there are if known. What it raises ends the sync there; the next one goes on."""


def synced(
    source: ConfiguredSource, *, full: bool = False, since: datetime | None = None, dry_run: bool = False,
    accept_gone: bool = False, heard: Sequence[Reference] = (), step: Step = lambda _stream, _done, _all: None,
    patience: Patience = AT_A_TERMINAL,
) -> Synced:  # fmt: skip
    """Pulls a source and takes over what changed; ``heard``: what webhooks told of, to be looked for. ``patience``:
    with another process that is at work on it.

    ``accept_gone``: of a file that has every deal, however many are gone. Raises SourceFailed where nobody is let in,
    or the store fails.
    """
    if source.adapter == FILE:
        from .filing import synced_file

        return synced_file(
            source, full=full, since=since, dry_run=dry_run, accept_gone=accept_gone, step=step, patience=patience
        )
    if accept_gone:
        message = f"The source `{source.name}` is a CRM, which says itself what is gone."
        raise WrongUsage(error("DG878", message, source.at, "leave out --accept-gone"))
    from ..documents.digest import canonical
    from ..ports import Trouble
    from ..sync.adapters import failed, open_adapter
    from ..sync.heard import behind
    from ..sync.one import alone
    from ..sync.project import Target, take_over
    from ..sync.pull import pull
    from .options import now
    from .stored import opened

    playbook, mapping = rules_of(source)
    place = source.folder / FOLDER
    with ExitStack() as held:
        # a store that cannot be opened is told before anything is read
        store = None if dry_run else held.enter_context(opened())
        held.enter_context(alone(place / f"{source.name}.lock", source.name, patience))
        mirror = held.enter_context(mirror_of(place, source.name, copy=dry_run))
        adapter = open_adapter(source, now)
        try:
            with _shown(f"Reading {source.name}") as shown:

                def progress(stream: str, read: int, total: int | None) -> None:
                    shown(stream, read, total)
                    step(stream, read, total)

                run = pull(adapter, mirror, full=full, since=since, progress=progress)
                late = behind(adapter, mirror, heard, run) if heard and run.watermark is not None else ()
        except Trouble as trouble:
            raise failed(source.name, trouble) from None
        finally:
            adapter.close()
        mirror.read_by(f"{mapping_digest(mapping)} {playbook.digest}")
        made = Synced(source.name, str(source.settings.get("title") or source.adapter), run, dry_run=dry_run)
        made.behind = late
        made.refused = [d for stream, trouble in run.troubles for d in failed(source.name, trouble, stream).diagnostics]
        if run.watermark is not None and store is not None:
            judged = (playbook.digest, canonical(playbook.process))
            target = Target(store, source.name, playbook.process, mapping, judged)
            late_deals = {one.id for one in late if one.stream in ("deals", "leads")}
            made.taken = take_over(
                mirror, target, run.watermark, max(now(), run.watermark), besides=late_deals,
                progress=lambda done, every: step("", done, every),
            )  # fmt: skip
            made.kept_in = store.shown
            made.refused += [*strange(source.name, made.taken), *untold(source.name, made.taken, mapping)]
        made.waiting = mirror.waiting()
        return made


def strange(name: str, taken: Taken) -> Iterator[Diagnostic]:
    """The stages of the CRM that the mapping does not know, with the deals in them."""
    by: dict[str, list[str]] = {}
    for deal, stage in taken.strange.items():
        by.setdefault(stage, []).append(deal)
    for stage, deals in sorted(by.items()):
        are = "deal is" if len(deals) == 1 else "deals are"
        shown = ", ".join(sorted(deals)[:3]) + (f" and {len(deals) - 3:,} more" if len(deals) > 3 else "")
        message = f"{len(deals):,} {are} in `{stage}`, a stage of the CRM that the mapping does not know: {shown}."
        hint = f"list it under `stage` in an overlay of the mapping; `dealgate describe {name}` shows every stage"
        yield error("DG966", message, Where(name), hint)


def untold(name: str, taken: Taken, mapping: SourceMapping) -> Iterator[Diagnostic]:
    """The fields that the CRM does not tell any more, with the deals that keep what they had."""
    for one, deals in sorted(taken.untold.items()):
        columns = " or ".join(f"`{column}`" for column in mapping.records.fields[one].columns)
        keep = "1 deal keeps the value it has" if len(deals) == 1 else f"{len(deals):,} deals keep the values they have"
        message = f"The CRM does not tell {columns} of deals any more: {keep}."
        hint = (
            "give the user of this source the right to read it again; if it was deleted, take it out of the mapping by "
            "an overlay"
        )
        yield error("DG870", message, Where(name), hint)


def rules_of(source: ConfiguredSource) -> tuple[Playbook, SourceMapping]:
    """The playbook that judges a source and the mapping that types it: those it names, else the defaults."""
    from ..documents.library import Library
    from ..sources.mapping.load import load_mapping
    from .options import playbook_of

    playbook = playbook_of(source.process)
    # tables in a known shape are mapped as that shape is
    shape = (source.settings.get("options") or {}).get("shape")
    named = source.mapping or str(shape or source.adapter.replace("_", "-"))
    return playbook, load_mapping(named, playbook.process, Library(source.folder))


def mapping_digest(mapping: SourceMapping) -> str:
    """A hash of what a mapping says, wherever it stands and in whatever process it is asked for."""
    import hashlib

    return hashlib.sha256(repr(_said(replace(mapping, file=""))).encode()).hexdigest()[:16]


def _said(value: object) -> object:
    """What a checked value says: without places, and sets in order, for theirs differs from process to process."""
    if is_dataclass(value) and not isinstance(value, type):
        told = ((one.name, getattr(value, one.name)) for one in fields(value))
        return [type(value).__name__, *((name, _said(held)) for name, held in told if not isinstance(held, Where))]
    if isinstance(value, Mapping):
        return sorted((str(key), _said(held)) for key, held in value.items())
    if isinstance(value, (set, frozenset)):
        return sorted(map(repr, value))
    if isinstance(value, (list, tuple)):
        return [_said(held) for held in value]
    return repr(value)


@contextmanager
def mirror_of(place: Path, name: str, *, copy: bool = False) -> Iterator[Mirror]:
    """The mirror of a source; with ``copy`` one that is thrown away. Raises SourceFailed where its file fails."""
    from ..sync.mirror import Mirror

    file = place / f"{name}.mirror.db"
    with tempfile.TemporaryDirectory() as folder:
        try:
            if copy:
                held = file
                file = Path(folder) / "mirror.db"
                if held.exists():
                    for part in held.parent.glob(f"{held.name}*"):
                        shutil.copy(part, file.with_name(part.name.replace(held.name, file.name)))
            with closing(Mirror(file)) as mirror:
                yield mirror
        except sqlite3.Error as why:
            hint = f"make room or give it its rights; a damaged file can be removed, then run `dealgate sync {name}`"
            where = Where(f"{place.name}/{name}.mirror.db")
            raise SourceFailed(error("DG869", f"The working copy cannot be used: {why}.", where, hint)) from None


@contextmanager
def _shown(label: str) -> Iterator[Callable[[str, int, int | None], None]]:
    """Progress on a terminal: how far each stream is, with a bar where the CRM says how much there is."""
    if not sys.stderr.isatty():
        yield lambda _stream, _read, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks = {}

        def step(stream: str, read: int, total: int | None) -> None:
            if stream not in tasks:
                tasks[stream] = bar.add_task(f"{label}: {stream.replace('_', ' ')}", total=total)
            bar.update(tasks[stream], completed=read, total=total)

        yield step
