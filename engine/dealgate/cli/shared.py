"""A SOURCE whose deals several processes of the workspace share: each reads it, and judges those that are its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.diagnostics import DealgateError, Diagnostic
from .past import in_store
from .reading import OTHER_RECORDS, Read, configured, stored, tell

if TYPE_CHECKING:
    from ..compile.becomes import Passage
    from ..decide.playbook import Playbook
    from ..decide.routing import Left, Routes
    from ..documents.library import Library
    from ..model.process import Process
    from ..sources.open import Source

TO_ALL = ("DG684",)
"""Diagnostics that count only where every process says them: what one does not know another may."""


@dataclass(frozen=True, slots=True)
class Shared:
    """``reads``: by process the deals that are its own; ``whole``: all deals, as each process reads them."""

    reads: tuple[Read, ...]
    whole: tuple[Read, ...]
    routes: Routes

    @property
    def processes(self) -> list[Process]:
        """The processes."""
        return [one.playbook.process for one in self.whole]

    def left_of(self, deal: str) -> Left | None:
        """Why no process judges a deal; None where one does."""
        return next((left for left in self.routes.left if deal in left.ids), None)


def processes_of(record: str | None = None) -> list[list[Playbook]]:
    """The workspace's processes that judge the same kind of records, where there are several; those of ``record``."""
    from ..documents.library import Library, may_share
    from ..documents.workspace import find_workspace
    from .options import playbook_of

    folder = find_workspace(Path.cwd())
    if folder is None:
        return []
    library = Library(folder)
    names = list(dict.fromkeys(library.workspace.processes))
    if not may_share(library, names):
        return []
    by_record: dict[str, list[Playbook]] = {}
    for name in names:
        book = playbook_of(name)
        by_record.setdefault(book.process.record, []).append(book)
    return [books for kind, books in by_record.items() if len(books) > 1 and record in (None, kind)]


def shared(
    source: Path | str,
    mapping: str | None,
    process: str | None,
    as_of: date | datetime,
    *,
    quiet: bool = False,
    notes: bool = False,
) -> Shared | None:
    """The source by every process that judges such records. None where one is named, or only one reads the source.

    Tells on stderr what did not fit, and which deals no process judges.
    """
    if process is not None or isinstance(source, str):
        return None
    named = configured(source)
    if named is not None:
        source, mapping = named[0], mapping or named[1]
        if named[2] is not None:
            return None
    for books in processes_of():
        whole = _read(source, mapping, books, as_of)
        if len(whole) > 1:
            return _routed(whole, as_of, quiet=quiet, notes=notes)
    return None


def _read(source: Path, mapping: str | None, books: Sequence[Playbook], as_of: date | datetime) -> list[Read]:
    """The source as each process reads it; one that does not judge such records is left out."""
    from ..documents.library import Library
    from ..documents.workspace import find_workspace

    if in_store(source) is not None:
        return [stored(source, book, as_of) for book in books]
    library = Library(find_workspace(Path.cwd()))
    found = []
    refused: list[str] = []
    for book in books:
        try:
            found.append(Read(book, _opened(source, mapping, book, books, library)))
        except DealgateError as refusal:
            if not any(d.code in OTHER_RECORDS for d in refusal.diagnostics):
                raise
            refused.append(book.id)
    if len(found) > 1 and refused:
        from .render.write import say

        does = "does" if len(refused) == 1 else "do"
        say(
            f"{', '.join(refused)} {does} not read this source, and so take{'s' * (does == 'does')} none of it.",
            err=True,
        )
    return found


def _opened(source: Path, mapping: str | None, book: Playbook, books: Sequence[Playbook], library: Library) -> Source:
    """Opens it so that stages of the other processes are no misfits: whose they are is not known yet."""
    from ..sources.open import open_source

    process = book.process
    own = [s.id for s in process.stages]
    known = [*own, *process.becomes]
    others = [name for other in books for name in (*(s.id for s in other.process.stages), *other.process.becomes)]
    former = tuple(dict.fromkeys(name for name in (*process.becomes, *others) if name not in own))
    if set(former) <= set(known):
        return open_source(source, mapping=mapping, process=process, library=library)
    wide = process.replace(catalogue=process.catalogue.with_options("stages", tuple(own), former))
    opened = open_source(source, mapping=mapping, process=wide, library=library)
    return replace(opened, process=process)


def _routed(whole: Sequence[Read], as_of: date | datetime, *, quiet: bool, notes: bool) -> Shared:
    from ..decide.routing import only, route
    from .reading import tell_stages

    routes = route([(one.playbook, one.source.frames) for one in whole], as_of)
    reads = []
    for one in whole:
        ids = routes.taken[one.playbook.id]
        passages = [replace_ids(p, ids) for p in one.passages]
        frames = only(one.source.frames, ids)
        mine = replace(one.source, frames=frames, rows=len(frames), _deals=None)
        reads.append(Read(one.playbook, mine, passages=[p for p in passages if p.ids]))
    tell(_said(whole), quiet=quiet, notes=notes)
    made = Shared(tuple(reads), tuple(whole), routes)
    if not quiet:
        for read in reads:
            tell_stages(read, as_of, notes=notes)
        tell_left(made, notes=notes)
    return made


def tell_left(found: Shared, *, notes: bool = False) -> None:
    """Tells on stderr of the deals that no process judges."""
    from ..decide.routing import told
    from .render.diagnostics.text import render
    from .render.write import say

    left = told(found.routes.left, found.processes, every=notes)
    if left:
        say(render(left, {}), err=True)


def replace_ids(passage: Passage, ids: Sequence[str]) -> Passage:
    """A passage of some of its deals."""
    wanted = set(ids)
    return passage._replace(ids=tuple(i for i in passage.ids if i in wanted))


def _said(whole: Sequence[Read]) -> list[Diagnostic]:
    """What the readings have to tell, each once; what one process does not know counts where none does."""
    every = [set(one.source.diagnostics) for one in whole]
    found = [d for one in whole for d in one.source.diagnostics]
    return [d for d in dict.fromkeys(found) if d.code not in TO_ALL or all(_same(d, said) for said in every)]


def _same(one: Diagnostic, said: set[Diagnostic]) -> bool:
    return any(d.code == one.code and d.message == one.message for d in said)


def chosen_of(found: Shared, deal: str) -> tuple[Read, str]:
    """The reading of the process that judges a deal (the first, where none does), and the deal's id.

    Raises WrongUsage where there is no such deal.
    """
    from .options import place_of

    frames = found.whole[0].source.frames.deals
    names = frames["name"].to_list() if "name" in frames.columns else [""] * frames.height
    ids = frames["id"].to_list()
    ident = ids[place_of(deal, list(zip(ids, (str(n or "") for n in names), strict=True)))]
    for read in found.reads:
        if ident in found.routes.taken[read.playbook.id]:
            return read, ident
    return found.whole[0], ident
