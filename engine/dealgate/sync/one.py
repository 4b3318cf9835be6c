"""One sync of one source at a time, whoever starts it: the second waits a little, then is refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dealgate.model.diagnostics import Diagnostic, SourceFailed, Where, error


@contextmanager
def alone(file: Path, source: str, wait: float = 2.0, busy: Diagnostic | None = None) -> Iterator[None]:
    """Holds a lock while the block runs; it falls away with the process, however that ends.

    Raises SourceFailed where another process holds it, with ``busy`` where that is given.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    held = sqlite3.connect(file, isolation_level=None, timeout=wait)
    try:
        try:
            held.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            message = "Another sync of this source is running."
            usual = error("DG979", message, Where(source), "Wait until it has ended.")
            raise SourceFailed(busy or usual) from None
        yield
    finally:
        held.close()
