"""One process at work on a source at a time, whoever starts it: the second waits a little, then is refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dealgate.model.diagnostics import Diagnostic, SourceFailed, Where, error
from dealgate.model.struct import Struct

LOCKED = "DG979"
"""Another process has the lock of a source."""
_SLICE = 0.5
"""Seconds that are waited in one go: while SQLite waits, no signal is heard."""


class Patience(Struct):
    """How long to wait for a lock, in seconds; ``meanwhile`` is called now and then, and what it raises ends the
    wait."""

    seconds: float = 2.0
    meanwhile: Callable[[], None] = lambda: None


AT_A_TERMINAL = Patience()


@contextmanager
def alone(
    file: Path, source: str, patience: Patience = AT_A_TERMINAL, busy: Diagnostic | None = None
) -> Iterator[None]:
    """Holds a lock while the block runs; it falls away with the process, however that ends.

    Raises SourceFailed where another process holds it, with ``busy`` where that is given, or where there can be none.
    """
    usual = error(LOCKED, "Another process is at work on this source.", Where(source), "Wait until it has ended.")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        held = sqlite3.connect(file, isolation_level=None, timeout=min(_SLICE, patience.seconds))
    except (OSError, sqlite3.Error) as why:
        raise _never(file, why) from None
    try:
        left = patience.seconds
        while not _taken(held, file):
            left -= _SLICE
            if left <= 0:
                raise SourceFailed(busy or usual)
            patience.meanwhile()
        yield
    finally:
        held.close()


def _taken(held: sqlite3.Connection, file: Path) -> bool:
    """Whether the lock is ours; False where another has it."""
    try:
        held.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as why:
        if getattr(why, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return False
        raise _never(file, why) from None
    return True


def _never(file: Path, why: Exception) -> SourceFailed:
    reason = (why.strerror or "no reason given").lower() if isinstance(why, OSError) else str(why)
    hint = "see that the folder can be written and the disk is not full; a lock that is damaged can be removed"
    where = Where(str(Path(*file.parts[-2:])))
    return SourceFailed(error("DG868", f"The lock cannot be had: {reason}.", where, hint))
