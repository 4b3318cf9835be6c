"""A sync of a file for a command: has it changed, was it whole while it was read, and what of it is new."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..model.diagnostics import DealgateError, SourceFailed, Where, WrongUsage, error

if TYPE_CHECKING:
    from ..decide.playbook import Playbook
    from ..documents.workspace import ConfiguredSource
    from ..model.process import Process
    from ..sources.mapping.model import SourceMapping
    from ..store import Ingested, Store
    from ..sync.exports import Export
    from ..sync.one import Patience
    from .reading import Told
    from .syncing import Step, Synced

OPTIONS = ("whole",)
NO_STORE = "DG936"
_OWN = "own-columns"


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read last. ``files``: their digests by name; ``rules``: by what they were read."""

    at: datetime
    files: Mapping[str, str]
    mapping: str
    process: str
    rules: str


def taken_in(store: Store, name: str, found: Told, now: datetime) -> Ingested:
    """Takes into the store what an opened file tells, as of its moment."""
    from ..sync.exports import take_in

    return take_in(store, name, found.playbook.process, _export(found), max(now, found.moment), _judged(found)).done


def synced_file(
    source: ConfiguredSource, *, full: bool, since: datetime | None, dry_run: bool, accept_gone: bool, step: Step,
    patience: Patience,
) -> Synced:  # fmt: skip
    """Reads the file of a source and takes over what differs. One that is as it was is not read again.

    Raises WrongUsage for what a file cannot do, SourceFailed where it cannot be read, changes meanwhile, or would take
    too many deals away; then nothing was kept.
    """
    from ..sync.exports import Whole, take_in
    from ..sync.one import alone
    from .options import now
    from .reading import opened as opened_file
    from .reading import told_by
    from .syncing import FOLDER

    place, whole = _place(source), _whole(source)
    if since is not None:
        message = f"The source `{source.name}` is a file, which does not say what changed since."
        hint = "leave out --since: only what differs from the last reading is kept"
        raise WrongUsage(error("DG878", message, source.at, hint))
    state = source.folder / FOLDER / f"{source.name}.file.json"
    with ExitStack() as held:
        store = _store(held, needed=not dry_run)
        held.enter_context(alone(source.folder / FOLDER / f"{source.name}.lock", source.name, patience))
        last, known = _last(state), _known(store, source.name)
        if known is not None and last is not None and not full and _as_it_was(source, place, last):
            return _unchanged(source, place, last, dry_run=dry_run, store=store)
        before = _stats(place)
        found = opened_file(place, source.mapping, source.process)
        step("deals", found.source.rows, found.source.rows)
        mapping = source.mapping or found.source.mapping_id
        files = _digests(place, _named(place, mapping, found.playbook.process))
        _still_whole(place, before, files)
        told = told_by(found, now() if known is None else max(now(), known + timedelta(microseconds=1)))
        seen = Seen(told.moment, files, mapping, found.playbook.process.id, _rules(found.playbook, mapping))
        if store is None:
            return _nothing_held(source, place, told)
        took = take_in(
            store, source.name, told.playbook.process, _export(told), max(now(), told.moment), _judged(told),
            whole=Whole(accept_gone) if whole else None, keep=not dry_run,
            afresh=last is not None and last.rules != seen.rules,
        )  # fmt: skip
        made = _synced(source, place, told, took.done, took.gone, dry_run=dry_run)
        if made.taken is not None:
            made.taken.diagnostics = [*told.source.diagnostics, *took.noticed]
            made.kept_in = store.shown
            _keep(state, seen)
        step("", took.done.deals, took.done.deals)
        return made


# ------------------------------------------------ what is asked


def _place(source: ConfiguredSource) -> Path:
    path = source.path
    if path is None:
        message = f"The source `{source.name}` names no file."
        hint = "add `path`: a file, a folder, or a pattern such as exports/deals-*.csv"
        raise WrongUsage(error("DG878", message, source.at, hint))
    return path


def _whole(source: ConfiguredSource) -> bool:
    """Whether the file has every deal there is. Raises WrongUsage for an option that there is not."""
    options: Mapping[str, Any] = source.settings.get("options") or {}
    for name in options:
        if name not in OPTIONS:
            message = f"A file has no option `{name}`."
            raise WrongUsage(error("DG878", message, source.at, f"there is {', '.join(OPTIONS)}"))
    whole = options.get("whole", False)
    if not isinstance(whole, bool):
        raise WrongUsage(
            error("DG878", "The option `whole` is neither true nor false.", source.at, "write whole: true")
        )
    return whole


def _store(held: ExitStack, *, needed: bool) -> Store | None:
    """The store; for a dry run None where there is none yet."""
    from .stored import opened

    try:
        return held.enter_context(opened())
    except SourceFailed as failed:
        if needed or any(d.code != NO_STORE for d in failed.diagnostics):
            raise
        return None


def _known(store: Store | None, name: str) -> datetime | None:
    """When the source was last seen, by the store."""
    return None if store is None else store.outbox(name).mark().seen_at


# ------------------------------------------------ the file


def _parts(place: Path) -> tuple[Path, str | None]:
    """The folder, and the one file of it that is meant, a sheet after ``#``."""
    return (place, None) if place.is_dir() else (place.parent, place.name)


def _stats(place: Path) -> dict[str, tuple[int, ...]]:
    """Size and times of every table of the folder: what changes with a write."""
    from ..sources.tables import Folder

    top, _ = _parts(place)
    if not top.is_dir():
        return {}
    found: dict[str, tuple[int, ...]] = {}
    for name in Folder(top):
        with suppress(OSError):
            told = (top / name).stat()
            found[name] = (told.st_size, told.st_mtime_ns, told.st_ino)
    return found


def _named(place: Path, mapping: str, process: Process) -> list[str]:
    """The files that are read: all of a folder; a file, and those that its mapping joins to it."""
    from ..sources.tables import Folder

    top, single = _parts(place)
    folder = Folder(top)
    if single is None:
        return list(folder)
    wanted = {single}
    if mapping != _OWN:
        wanted |= _mapping(mapping, process).over(single).names
    found = {folder.find(name.partition("#")[0]) for name in wanted}
    return sorted(name for name in found if name is not None)


def _mapping(named: str, process: Process) -> SourceMapping:
    from ..documents.library import Library
    from ..documents.workspace import find_workspace
    from ..sources.mapping.load import load_mapping, reference_of

    return load_mapping(reference_of(named), process, Library(find_workspace(Path.cwd())))


def _digests(place: Path, names: list[str]) -> dict[str, str]:
    """By name a hash of each file. Raises SourceFailed where one cannot be read."""
    from ..sources.files import unopened

    top, single = _parts(place)
    found = {} if single is None else {"": single.partition("#")[2]}  # another sheet is another file
    for name in names:
        try:
            with (top / name).open("rb") as stream:
                found[name] = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as problem:
            raise unopened(top / name, problem) from None
    return found


def _still_whole(place: Path, before: Mapping[str, tuple[int, ...]], files: Mapping[str, str]) -> None:
    """Raises SourceFailed where a file that was read was written to meanwhile."""
    after = _stats(place)
    moved = [name for name in files if name and before.get(name) != after.get(name)]
    if moved:
        message = f"{moved[0]} was written while it was read: it may be half of a file. Nothing was taken over."
        hint = "run it again when the export is done; best is to write under another name, and rename it at the end"
        raise SourceFailed(error("DG877", message, Where(str(place)), hint))


# ------------------------------------------------ what was read last


def _last(state: Path) -> Seen | None:
    """None where nothing is known: then the file is read, and what is the same changes nothing."""
    try:
        told = json.loads(state.read_text("utf-8"))
        at = datetime.fromisoformat(told["at"])
        return Seen(at, told["files"], told["mapping"], told["process"], told["rules"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(state: Path, seen: Seen) -> None:
    from .render.clean import dumps
    from .render.write import put

    told = {
        "at": seen.at.isoformat(), "files": dict(seen.files), "mapping": seen.mapping, "process": seen.process,
        "rules": seen.rules,
    }  # fmt: skip
    put(dumps(told, 1), state, exact=True)


def _rules(playbook: Playbook, mapping: str) -> str:
    from .syncing import mapping_digest

    typed = mapping if mapping == _OWN else mapping_digest(_mapping(mapping, playbook.process))
    return f"{typed} {playbook.digest}"


def _as_it_was(source: ConfiguredSource, place: Path, last: Seen) -> bool:
    """Whether the same files would be read by the same rules. What cannot be told is read anew."""
    from .options import playbook_of

    with suppress(DealgateError):
        playbook = playbook_of(source.process or last.process)
        mapping = source.mapping or last.mapping
        files = _digests(place, _named(place, mapping, playbook.process))
        return files == dict(last.files) and _rules(playbook, mapping) == last.rules
    return False


# ------------------------------------------------ what is told


def _export(found: Told) -> Export:
    from ..sync.exports import Export

    return Export(found.source, found.events, found.children, found.moment)


def _judged(found: Told) -> tuple[str, str]:
    from ..documents.digest import canonical

    return found.playbook.digest, canonical(found.playbook.process)


def _title(source: ConfiguredSource, place: Path) -> str:
    return str(source.settings.get("title") or place.name)


def _synced(source: ConfiguredSource, place: Path, told: Told, done: Ingested, gone: int, *, dry_run: bool) -> Synced:
    from ..sync.project import Taken
    from ..sync.pull import Pulled, Run
    from .syncing import Synced

    changed = max(0, done.changed - gone)
    stream = Pulled(
        f"{told.playbook.process.record}s", read=told.source.rows, new=done.new_deals, changed=changed, gone=gone,
        pages=1, full=True,
    )  # fmt: skip
    made = Synced(source.name, _title(source, place), Run(0, [stream], told.moment), dry_run=dry_run)
    made.waiting = done.new_deals + changed + gone if dry_run else 0
    if not dry_run:
        made.taken = Taken(
            done.new_deals + changed, done.new_deals, done.new_events, done.new_children, gone, told.source.set_aside,
            counts=Counter(told.source.counts),
        )  # fmt: skip
    return made


def _unchanged(source: ConfiguredSource, place: Path, last: Seen, *, dry_run: bool, store: Store | None) -> Synced:
    from ..sync.project import Taken
    from ..sync.pull import Run
    from .syncing import Synced

    made = Synced(source.name, _title(source, place), Run(0, [], last.at), dry_run=dry_run)
    made.note = f"{place.name} is as it was when it was read at {last.at:%Y-%m-%d %H:%M} UTC."
    if not dry_run and store is not None:
        made.taken, made.kept_in = Taken(), store.shown
    return made


def _nothing_held(source: ConfiguredSource, place: Path, told: Told) -> Synced:
    """A dry run without a store: all that the file has is new."""
    from ..store import Ingested

    deals = told.source.frames.deals.height
    return _synced(source, place, told, Ingested(deals, deals, 0, 0, 0), 0, dry_run=True)
