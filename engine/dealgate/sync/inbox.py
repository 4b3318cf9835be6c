"""What CRMs have told us by webhook and we have not looked at yet, in a file beside the mirrors.

A delivery is on disk before it is answered, so that a process that dies loses nothing that a CRM believes was taken.
One that comes again is known by its id. Several that speak of one record wait as one. What waits is forgotten only
after it was worked off, and not if it came again meanwhile.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dealgate.model.struct import Struct
from dealgate.ports import Reference, Webhook

FILE = "inbox.db"
WINDOW = timedelta(days=1)
"""How old, or how far ahead, a moment may be that a CRM has signed. What an adapter asks for is far less."""
REMEMBERED = timedelta(days=3)
"""How long an id is known: what is older is outside the window, however far the CRM's clock and ours are apart."""
CAP = 20_000
"""How many records of a source may wait."""
KEPT, REPEATED, OLD, FULL = "kept", "repeated", "old", "full"
"""What becomes of a delivery: it is on disk · it was before · its moment is outside the window · too many wait."""
_TABLES = """
CREATE TABLE IF NOT EXISTS delivery (source TEXT NOT NULL, id TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (source, id)) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS delivery_at ON delivery (at);
CREATE TABLE IF NOT EXISTS waiting (number INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL,
    stream TEXT NOT NULL, id TEXT NOT NULL, delivery TEXT NOT NULL, at TEXT NOT NULL, tries INTEGER NOT NULL,
    UNIQUE (source, stream, id)) STRICT;
"""


class Waiting(Struct):
    """A record to look at. ``number`` is another where it was told of again; ``tries``: how often it was looked for."""

    number: int
    ref: Reference
    tries: int


class Inbox:
    """The inbox of a workspace. Several threads and processes may each hold one on the same file."""

    def __init__(self, path: Path, *, cap: int = CAP) -> None:
        """Opens the file. Raises sqlite3.Error where that cannot be done. It may be made in another thread than the
        one that uses it."""
        self.path, self.cap = path, cap
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=5, check_same_thread=False)
        # FULL: what was answered with 200 outlives a power cut
        for word in ("journal_mode = WAL", "synchronous = FULL"):
            self._db.execute(f"PRAGMA {word}")
        for statement in _TABLES.split(";"):
            self._db.execute(statement)

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def keep(self, source: str, said: Webhook, now: datetime) -> str:
        """What became of a delivery, as one of the words above. Once this returns ``kept``, it is on disk."""
        if said.sent_at is not None and abs(now - said.sent_at) > WINDOW:
            return OLD
        at, digest = _text(now), hashlib.sha256(said.id.encode()).hexdigest() if said.id else ""
        with self._writing():
            if digest and self._known(source, digest):
                return REPEATED
            refs = list(dict.fromkeys((ref.stream, ref.id) for ref in said.refs))
            held = self.count(source)
            if held and held + len(refs) > self.cap:  # one that is larger than the cap gets in when nothing waits
                return FULL
            if digest:
                self._db.execute("INSERT INTO delivery VALUES (?, ?, ?)", (source, digest, at))
            for stream, ident in refs:
                # a new number: whoever is looking at it has not seen what this one tells
                row = (source, stream, ident, digest, at)
                self._db.execute("INSERT OR REPLACE INTO waiting VALUES (NULL, ?, ?, ?, ?, ?, 0)", row)
        return KEPT

    def _known(self, source: str, digest: str) -> bool:
        asked = "SELECT 1 FROM delivery WHERE source = ? AND id = ?"
        return self._db.execute(asked, (source, digest)).fetchone() is not None

    def count(self, source: str) -> int:
        """How many records of a source wait."""
        return int(self._db.execute("SELECT count(*) FROM waiting WHERE source = ?", (source,)).fetchone()[0])

    def waiting(self, source: str, limit: int) -> list[Waiting]:
        """Records that wait, the one that has waited longest first."""
        rows = self._db.execute(
            "SELECT number, stream, id, tries FROM waiting WHERE source = ? ORDER BY number LIMIT ?", (source, limit)
        )
        return [Waiting(number, Reference(stream, ident), tries) for number, stream, ident, tries in rows]

    def done(self, looked_at: Sequence[Waiting]) -> None:
        """These were worked off; one that was told of again since has another number, and stays."""
        self._each("DELETE FROM waiting WHERE number IN (SELECT value FROM json_each(?))", looked_at)

    def again(self, looked_at: Sequence[Waiting]) -> None:
        """The CRM did not show yet what it told of these: they were tried once more, and stay."""
        self._each("UPDATE waiting SET tries = tries + 1 WHERE number IN (SELECT value FROM json_each(?))", looked_at)

    def _each(self, statement: str, looked_at: Sequence[Waiting]) -> None:
        if looked_at:
            with self._writing():
                self._db.execute(statement, (json.dumps([one.number for one in looked_at]),))

    def forget(self, now: datetime) -> int:
        """Ids that can be told from new ones by their moment are not kept any longer; how many were let go."""
        with self._writing():
            return self._db.execute("DELETE FROM delivery WHERE at < ?", (_text(now - REMEMBERED),)).rowcount


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
