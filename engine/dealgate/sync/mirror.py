"""A working copy of what a CRM has: raw records, and how far each stream was read.

It lies in a SQLite file of its own, beside the store and no part of it: it holds personal values as the CRM has them,
it changes in place, and it may be deleted at any time, for then the next sync reads all anew. A page of records and the
cursor that covers it are written in one transaction, so that a sync that dies goes on where it stood.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dealgate.ports import Cursor, Record

VERSION = 2
_TABLES = """
CREATE TABLE stream (name TEXT PRIMARY KEY, at TEXT, id TEXT NOT NULL, token TEXT NOT NULL, watermark TEXT,
    complete INTEGER NOT NULL, run INTEGER NOT NULL) STRICT;
CREATE TABLE record (stream TEXT NOT NULL, id TEXT NOT NULL, tbl TEXT NOT NULL, deal TEXT, modified TEXT,
    data TEXT NOT NULL, gone INTEGER NOT NULL, run INTEGER NOT NULL, version TEXT, PRIMARY KEY (stream, id))
    STRICT, WITHOUT ROWID;
CREATE INDEX record_deal ON record (deal);
CREATE INDEX record_id ON record (id);
CREATE TABLE link (target TEXT NOT NULL, deal TEXT NOT NULL, PRIMARY KEY (target, deal)) STRICT, WITHOUT ROWID;
CREATE TABLE dirty (deal TEXT PRIMARY KEY, mark INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE col (tbl TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (tbl, name)) STRICT, WITHOUT ROWID;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""


class Kept:
    """How many records of a page were new, changed, gone or the same."""

    __slots__ = ("changed", "gone", "new", "same")

    def __init__(self) -> None:
        self.new = self.changed = self.gone = self.same = 0


class Mirror:
    """The copy of one source. One process uses it at a time; another that comes waits, then is refused."""

    def __init__(self, path: Path) -> None:
        """Opens the file; one of another version is made anew, so that all is read again."""
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=5)
        for word in ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -65536", "secure_delete = ON"):
            self._db.execute(f"PRAGMA {word}")
        self._columns: set[tuple[str, str]] = set()
        if self._version() != VERSION:
            self.forget()

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def forget(self) -> None:
        """Empties the copy: the next sync reads all."""
        names = [row[0] for row in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        with self._writing():
            for name in names:
                self._db.execute(f'DROP TABLE "{name}"')
            for statement in _TABLES.split(";"):
                self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {VERSION}")

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._columns.clear()
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # ------------------------------------------------ streams

    def begin(self) -> int:
        """The number of a new run."""
        with self._writing():
            found = self._db.execute("SELECT value FROM meta WHERE name = 'run'").fetchone()
            number = int(found[0]) + 1 if found else 1
            self._db.execute("INSERT OR REPLACE INTO meta VALUES ('run', ?)", (str(number),))
        return number

    def cursor(self, stream: str) -> tuple[Cursor | None, bool]:
        """How far a stream was read, and whether to its end; None where it never was."""
        row = self._db.execute("SELECT at, id, token, complete FROM stream WHERE name = ?", (stream,)).fetchone()
        if row is None:
            return None, False
        return Cursor(_moment(row[0]), row[1], row[2]), bool(row[3])

    def watermark(self, stream: str) -> datetime | None:
        """The server's moment up to which a stream is complete."""
        row = self._db.execute("SELECT watermark FROM stream WHERE name = ?", (stream,)).fetchone()
        return _moment(row[0]) if row else None

    def keep(
        self, stream: str, records: Sequence[Record], cursor: Cursor, run: int, watermark: datetime | None,
        all_of: Sequence[str] = (),
    ) -> Kept:  # fmt: skip
        """A page and the cursor that covers it, in one transaction; ``watermark`` where the stream is at its end.

        ``all_of``: deals of which all records of the stream are among these; others that are held of them are gone.
        """
        kept = Kept()
        with self._writing():
            if stream == "deletions":
                for record in records:
                    self._deleted(record, run, kept)
            else:
                self._records(stream, records, run, kept)
            if all_of:
                self._others(stream, all_of, [record.id for record in records], run, kept)
            complete = watermark is not None
            before = self._db.execute("SELECT watermark FROM stream WHERE name = ?", (stream,)).fetchone()
            mark = _text(watermark) if complete else (before[0] if before else None)
            row = (stream, _text(cursor.at), cursor.id, cursor.token, mark, int(complete), run)
            self._db.execute("INSERT OR REPLACE INTO stream VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        return kept

    def _records(self, stream: str, records: Sequence[Record], run: int, kept: Kept) -> None:
        held: dict[str, tuple[str, int, str | None, str | None]] = {
            row[0]: row[1:]
            for row in self._db.execute(
                "SELECT id, data, gone, deal, modified FROM record WHERE stream = ? "
                "AND id IN (SELECT value FROM json_each(?))",
                (stream, json.dumps([record.id for record in records])),
            )
        }
        rows: dict[str, tuple[Any, ...]] = {}
        columns: set[tuple[str, str]] = set()
        touched: list[str | None] = []
        shared: list[str] = []
        links: list[tuple[str, str]] = []
        older: list[tuple[int, str, str]] = []
        for record in records:
            data, modified = _json(record.data), _text(record.modified)
            was = held.get(record.id)
            if (
                was is not None
                and was[3] is not None
                and modified is not None
                and modified < was[3]
                and not record.gone
            ):
                # a page from before what is held: it tells nothing new, but that the record is there
                older.append((run, stream, record.id))
                kept.same += 1
                continue
            columns.update((record.table, name) for name in record.data)
            gone = int(record.gone)
            rows[record.id] = (
                stream, record.id, record.table, record.deal, modified, data, gone, run, record.version
            )  # fmt: skip
            held[record.id] = (data, gone, record.deal, modified)
            if was is not None and was[0] == data and was[1] == gone:
                kept.same += 1
                continue
            if record.gone:
                kept.gone += 1
            elif was is None:
                kept.new += 1
            else:
                kept.changed += 1
            if record.deal is None:
                shared.append(record.id)
            else:
                links += [(target, record.deal) for target in record.links]
            touched += [record.deal, was[2] if was is not None else None]
        if fresh := columns - self._columns:
            self._columns |= fresh
            self._db.executemany("INSERT OR IGNORE INTO col VALUES (?, ?)", sorted(fresh))
        self._db.executemany("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows.values())
        self._db.executemany("UPDATE record SET run = ? WHERE stream = ? AND id = ?", older)
        self._db.executemany("INSERT OR IGNORE INTO link VALUES (?, ?)", links)
        self._mark({*touched, *self._linked(shared)})

    def _deleted(self, record: Record, run: int, kept: Kept) -> None:
        """The record of that table and id is gone, unless it was written after it was deleted: then it was brought
        back."""
        found = self._db.execute(
            "SELECT stream, deal FROM record WHERE tbl = ? AND id = ? AND gone = 0 AND coalesce(modified, '') <= ?",
            (record.table, record.id, _text(record.modified) or "9"),
        ).fetchall()
        for stream, deal in found:
            self._db.execute(
                "UPDATE record SET gone = 1, run = ? WHERE stream = ? AND id = ?", (run, stream, record.id)
            )
            self._mark({deal} if deal is not None else self._linked([record.id]))
        kept.gone += len(found)
        kept.same += not found

    def _others(self, stream: str, deals: Sequence[str], ids: Sequence[str], run: int, kept: Kept) -> None:
        """What is held of these deals besides these records is gone."""
        found = self._db.execute(
            "SELECT id, deal FROM record WHERE stream = ? AND gone = 0 AND deal IN (SELECT value FROM json_each(?)) "
            "AND id NOT IN (SELECT value FROM json_each(?))", (stream, json.dumps(list(deals)), json.dumps(list(ids))),
        ).fetchall()  # fmt: skip
        for ident, _ in found:
            self._db.execute("UPDATE record SET gone = 1, run = ? WHERE stream = ? AND id = ?", (run, stream, ident))
        self._mark({deal for _, deal in found})
        kept.gone += len(found)

    def _linked(self, targets: Sequence[str]) -> set[str | None]:
        """The deals that point to shared records."""
        asked = "SELECT DISTINCT deal FROM link WHERE target IN (SELECT value FROM json_each(?))"
        return {row[0] for row in self._db.execute(asked, (json.dumps(targets),))} if targets else set()

    def _mark(self, deals: Iterable[str | None]) -> None:
        self._db.executemany(
            "INSERT INTO dirty VALUES (?, 1) ON CONFLICT (deal) DO UPDATE SET mark = mark + 1",
            [(deal,) for deal in deals if deal is not None],
        )

    def absent(self, stream: str, run: int) -> int:
        """After a full pull: what was not seen in this run is gone. How many were."""
        with self._writing():
            found = self._db.execute(
                "SELECT id, deal FROM record WHERE stream = ? AND run < ? AND gone = 0", (stream, run)
            ).fetchall()
            self._db.execute(
                "UPDATE record SET gone = 1, run = ? WHERE stream = ? AND run < ? AND gone = 0", (run, stream, run)
            )
            for ident, deal in found:
                self._mark({deal} if deal is not None else self._linked([ident]))
        return len(found)

    def lost(self, stream: str, ids: Sequence[str], run: int) -> int:
        """These records of a stream are gone: the CRM was asked for them, and has them no more. How many stood here."""
        with self._writing():
            found = self._db.execute(
                "SELECT id, deal FROM record WHERE stream = ? AND gone = 0 AND id IN (SELECT value FROM json_each(?))",
                (stream, json.dumps(list(ids))),
            ).fetchall()
            for ident, deal in found:
                self._db.execute(
                    "UPDATE record SET gone = 1, run = ? WHERE stream = ? AND id = ?", (run, stream, ident)
                )
                self._mark({deal} if deal is not None else self._linked([ident]))
        return len(found)

    def restart(self, stream: str) -> None:
        """Forgets how far a stream was read, but not its records: the next pull reads it from the beginning."""
        with self._writing():
            self._db.execute("DELETE FROM stream WHERE name = ?", (stream,))

    # ------------------------------------------------ deals

    def waiting(self) -> int:
        """How many deals changed and were not taken over yet."""
        return int(self._db.execute("SELECT count(*) FROM dirty").fetchone()[0])

    def some_waiting(self, limit: int, besides: Iterable[str] = ()) -> list[tuple[str, int]]:
        """Some deals that changed, with a mark that says whether they changed again meanwhile; none of ``besides``."""
        asked = "SELECT deal, mark FROM dirty WHERE deal NOT IN (SELECT value FROM json_each(?)) ORDER BY deal LIMIT ?"
        return list(self._db.execute(asked, (json.dumps(list(besides)), limit)))

    def taken(self, deals: Sequence[tuple[str, int]]) -> None:
        """These were taken over; one that changed again since stays waiting."""
        with self._writing():
            self._db.executemany("DELETE FROM dirty WHERE deal = ? AND mark = ?", deals)

    def read_by(self, rules: str) -> None:
        """What deals are read by from now on. If it was something else, every deal is to be taken over again."""
        with self._writing():
            before = self.noted("rules")
            self._note("rules", rules)
            if before not in (None, rules):
                self._note("afresh", "yes")
                self._db.execute(
                    "INSERT INTO dirty SELECT DISTINCT deal, 1 FROM record WHERE deal IS NOT NULL "
                    "ON CONFLICT (deal) DO UPDATE SET mark = mark + 1"
                )

    @property
    def afresh(self) -> bool:
        """Whether deals wait that were last taken over by other rules."""
        return self.noted("afresh") == "yes"

    def taken_afresh(self) -> None:
        """All of them were."""
        with self._writing():
            self._note("afresh", "")

    def rows(self, deals: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        """The live rows that belong to these deals, and the shared ones they point to, by table."""
        found: dict[str, list[dict[str, Any]]] = {}
        listed = json.dumps(list(deals))
        own = self._db.execute(
            "SELECT tbl, data FROM record WHERE deal IN (SELECT value FROM json_each(?)) AND gone = 0 "
            "ORDER BY stream, id", (listed,),
        )  # fmt: skip
        shared = self._db.execute(
            "SELECT r.tbl, r.data FROM record r WHERE r.deal IS NULL AND r.gone = 0 AND r.id IN (SELECT target FROM "
            "link WHERE deal IN (SELECT value FROM json_each(?))) ORDER BY r.stream, r.id", (listed,),
        )  # fmt: skip
        for table, data in (*own, *shared):
            found.setdefault(table, []).append(json.loads(data))
        return found

    def records(self, stream: str, ids: Sequence[str]) -> list[Record]:
        """Records of a stream by their ids, as they were last read; those that are gone are left out."""
        rows = self._db.execute(
            "SELECT tbl, id, data, modified, deal, version FROM record WHERE stream = ? AND gone = 0 "
            "AND id IN (SELECT value FROM json_each(?)) ORDER BY id", (stream, json.dumps(list(ids))),
        )  # fmt: skip
        return [
            Record(table, ident, json.loads(data), _moment(modified), deal, version=version)
            for table, ident, data, modified, deal, version in rows
        ]

    def gone(self, deals: Sequence[str]) -> list[str]:
        """Which of these deals the CRM has no more."""
        rows = self._db.execute(
            "SELECT id FROM record WHERE stream IN ('deals', 'leads') AND gone = 1 "
            "AND id IN (SELECT value FROM json_each(?)) ORDER BY id", (json.dumps(list(deals)),),
        )  # fmt: skip
        return [row[0] for row in rows]

    def tables(self) -> dict[str, list[str]]:
        """Every table that was ever held, with the names of its columns."""
        found: dict[str, list[str]] = {}
        for table, name in self._db.execute("SELECT tbl, name FROM col ORDER BY tbl, name"):
            found.setdefault(table, []).append(name)
        return found

    def lacks(self, table: str, column: str) -> bool:
        """Whether a column is in no row that was read last, and in every one that was read before: the CRM does not
        tell it any more. A value that is empty is told, as null."""
        [last] = self._db.execute("SELECT max(run) FROM record WHERE tbl = ? AND gone = 0", (table,)).fetchone()
        path = f"$.{json.dumps(column, ensure_ascii=False)}"
        rows = "SELECT 1 FROM record WHERE tbl = ? AND gone = 0 AND"
        told = f"{rows} run = ? AND json_type(data, ?) IS NOT NULL LIMIT 1"
        never = f"{rows} run < ? AND json_type(data, ?) IS NULL LIMIT 1"
        return not any(self._db.execute(asked, (table, last, path)).fetchone() for asked in (told, never))

    def counts(self) -> dict[str, int]:
        """Live records by stream."""
        asked = "SELECT stream, count(*) FROM record WHERE gone = 0 GROUP BY stream ORDER BY stream"
        return dict(self._db.execute(asked).fetchall())

    def noted(self, name: str) -> str | None:
        """A word about the copy, as ``note`` keeps it."""
        found = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def note(self, name: str, value: str) -> None:
        """Keeps a word about the copy."""
        with self._writing():
            self._note(name, value)

    def _note(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def _json(data: Mapping[str, Any]) -> str:
    return _ENCODER.encode(data)


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(UTC).isoformat(timespec='microseconds')[:-6]}Z"


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
