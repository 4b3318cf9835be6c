"""Pulling: every stream of a CRM into the mirror, page by page, from where the last pull stood.

A page and its cursor are kept together, so a pull that dies goes on there. The next pull begins a little before the
last one ended: what was being written while we read comes again, and what is the same changes nothing. Where a CRM
cannot say what is gone, a full pull finds it by its absence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dealgate.ports import STREAMS, Budget, CrmAdapter, Cursor, Page, Trouble

from .mirror import Mirror

OVERLAP = timedelta(minutes=5)
"""How far before the end of the last pull the next one begins."""
PAGE = 2_000


@dataclass(slots=True)
class Pulled:
    """What became of one stream."""

    stream: str
    read: int = 0
    new: int = 0
    changed: int = 0
    gone: int = 0
    pages: int = 0
    full: bool = False
    trouble: Trouble | None = None
    budget: Budget = field(default_factory=Budget)
    """What was left of the CRM's allowance after its last page."""

    @property
    def complete(self) -> bool:
        """Whether it was read to its end."""
        return self.trouble is None


@dataclass(slots=True)
class Run:
    """A pull. ``watermark``: the server's moment up to which all streams are complete; None where they are not."""

    number: int
    streams: list[Pulled] = field(default_factory=list)
    watermark: datetime | None = None

    @property
    def troubles(self) -> list[tuple[str, Trouble]]:
        """What kept a stream from its end."""
        return [(one.stream, one.trouble) for one in self.streams if one.trouble is not None]


Progress = Callable[[str, int, int | None], None]
"""(stream, records read, how many there are if known)."""


def pull(
    adapter: CrmAdapter,
    mirror: Mirror,
    *,
    full: bool = False,
    since: datetime | None = None,
    limit: int = PAGE,
    progress: Progress = lambda _stream, _read, _total: None,
    streams: Sequence[str] = (),
) -> Run:
    """Reads what changed. ``full``: everything, and what is not there any more is gone. ``since``: from this moment on,
    though it was read before; a stream that stood before it goes on there, so that nothing is left out.

    A stream that fails is told in the run, and the others go on, unless the CRM lets nobody in: then Trouble is raised.
    """
    able = adapter.capabilities()
    wanted = [name for name in STREAMS if name in able.streams and (not streams or name in streams)]
    run = Run(mirror.begin())
    for stream in wanted:
        whole = full or able.cursor == "full" or stream in able.whole
        one = Pulled(stream, full=whole or mirror.cursor(stream)[0] is None)
        run.streams.append(one)
        try:
            _stream(adapter, mirror, one, run.number, since, limit, progress, able.deletes != "stream")
        except Trouble as trouble:
            one.trouble = trouble
            if trouble.kind in ("unauthorised", "unreachable", "exhausted"):
                raise
    marks = [mirror.watermark(stream) for stream in wanted]
    if not run.troubles and all(mark is not None for mark in marks):
        run.watermark = min(mark for mark in marks if mark is not None)
    return run


def _stream(
    adapter: CrmAdapter, mirror: Mirror, one: Pulled, run: int, since: datetime | None, limit: int,
    progress: Progress, by_absence: bool,
) -> None:  # fmt: skip
    start, whole = _start(mirror, one, since)
    try:
        for page in _pages(adapter, one.stream, start, limit):
            _keep(mirror, one, page, run)
            progress(one.stream, one.read, page.total)
    except Trouble as trouble:
        if trouble.kind != "expired":
            raise
        # the CRM has forgotten the cursor: from the beginning, where what is the same changes nothing
        mirror.restart(one.stream)
        one.full, whole = True, True
        for page in _pages(adapter, one.stream, None, limit):
            _keep(mirror, one, page, run)
            progress(one.stream, one.read, page.total)
    if whole and by_absence and one.stream != "deletions":
        one.gone += mirror.absent(one.stream, run)


def _start(mirror: Mirror, one: Pulled, since: datetime | None) -> tuple[Cursor | None, bool]:
    """Where to begin, and whether all will be seen."""
    cursor, complete = mirror.cursor(one.stream)
    if one.full or cursor is None:
        return (Cursor(since), False) if since is not None else (None, True)
    mark = (mirror.watermark(one.stream) or cursor.at) if complete else cursor.at
    begin = mark - OVERLAP if mark is not None and complete else mark
    # where it stood is before that moment: what lies between would never be read
    if since is not None and begin is not None and since < begin:
        return Cursor(since), False
    if not complete or cursor.token:
        return cursor, False  # it goes on where it stood
    return (cursor.replace(at=begin, id="") if begin is not None else cursor), False


def _pages(adapter: CrmAdapter, stream: str, cursor: Cursor | None, limit: int) -> Iterator[Page]:
    while True:
        page = adapter.pull(stream, cursor, limit)
        yield page
        if not page.more:
            return
        if page.next == cursor:
            raise Trouble(
                "odd", f"The stream {stream} gives the same page for ever.", "report it to the adapter's author"
            )
        cursor = page.next


def _keep(mirror: Mirror, one: Pulled, page: Page, run: int) -> None:
    kept = mirror.keep(one.stream, page.records, page.next, run, None if page.more else page.watermark, page.all_of)
    one.pages += 1
    one.budget = page.budget
    one.read += len(page.records)
    one.new += kept.new
    one.changed += kept.changed
    one.gone += kept.gone
