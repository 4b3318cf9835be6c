"""The connection: how a store's database is opened, in which version it is, and transactions on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url

from dealgate.model.diagnostics import Diagnostic, SourceFailed, Where, WrongUsage, error

from . import failures
from .tables import REVISIONS, VERSION_TABLE

NOT_A_STORE_URL = "DG945"
_LOCK = 0x6465616C67617465
"""The advisory lock of those who write to a store on PostgreSQL."""
_VERSION = sa.table(VERSION_TABLE, sa.column("version_num"))


class Database:
    """An engine and how it is spoken to; opens nothing until it is used."""

    def __init__(self, url: str, wait: float) -> None:
        self.url = _read(url)
        self.shown = self.url.render_as_string(hide_password=True).split("?")[0]
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _engine(self.url, wait)
        self._prepare(wait)

    @property
    def file(self) -> Path | None:
        """The file of a SQLite store; None for one in memory, or on a server."""
        name = self.url.database if self.sqlite else None
        return Path(name.removeprefix("file:")) if name and name != ":memory:" else None

    def _prepare(self, wait: float) -> None:
        patience = max(1, int(wait * 1000))

        @event.listens_for(self.engine, "connect")
        def connected(raw: Any, _record: Any) -> None:
            if not self.sqlite:
                with raw.cursor() as cursor:
                    cursor.execute(f"SET lock_timeout = {patience}")
                    cursor.execute("SET client_min_messages = warning")
                raw.commit()
                return
            raw.isolation_level = None  # transactions are begun below, by their own words
            for word in (
                f"busy_timeout = {patience}",
                "foreign_keys = ON",
                "synchronous = NORMAL",
                "secure_delete = ON",  # what is erased is overwritten
                "temp_store = MEMORY",
                "cache_size = -65536",
            ):
                raw.execute(f"PRAGMA {word}")

        if self.sqlite:

            @event.listens_for(self.engine, "begin")
            def begun(connection: Connection) -> None:
                writing = connection.get_execution_options().get("writing")
                connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one moment."""
        with failures.told(self.shown), self.engine.connect() as connection:
            if not self.sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction by the only writer: all of it is kept, or nothing."""
        with failures.told(self.shown), self.engine.connect() as opened:
            connection = opened.execution_options(writing=True)
            with connection.begin():
                if not self.sqlite:
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
                yield connection

    def outside(self) -> Any:
        """The driver's own connection, checked out of the pool; close it."""
        return self.engine.raw_connection()

    def kept_in_wal(self) -> None:
        """Makes a SQLite file one that is read while it is written."""
        if self.sqlite and self.file is not None:
            with failures.told(self.shown):
                raw = self.outside()
                try:
                    raw.cursor().execute("PRAGMA journal_mode = WAL")
                finally:
                    raw.close()

    def settled(self) -> None:
        """Moves what the log of a SQLite file holds into the file, and empties the log."""
        if self.sqlite and self.file is not None:
            with failures.told(self.shown):
                raw = self.outside()
                try:
                    raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                finally:
                    raw.close()

    def version(self) -> str | None:
        """The version of the tables; None where there is no store."""
        if self.file is not None and not self.file.is_file():
            return None
        with self.reading() as connection:
            if not sa.inspect(connection).has_table(VERSION_TABLE):
                return None
            found = connection.execute(sa.select(_VERSION.c.version_num)).scalar()
            return None if found is None else str(found)

    def not_ready(self) -> Diagnostic | None:
        """Why it cannot be used as it stands."""
        where, present = Where(self.shown), REVISIONS[-1]
        version = self.version()
        if version is None:
            return failures.no_store(where)
        if version not in REVISIONS:
            return failures.newer(where, present)
        return None if version == present else failures.older(where, version, present)

    def check(self) -> None:
        """Raises SourceFailed unless it is a store of the present version."""
        if trouble := self.not_ready():
            raise SourceFailed(trouble)


def _read(url: str) -> URL:
    """The URL; the text itself, which may hold a password, is in no message."""
    try:
        read = make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise _not_ours() from None
    if read.drivername in ("postgres", "postgresql"):
        read = read.set(drivername="postgresql+psycopg")
    if read.drivername in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        return read
    raise _not_ours()


def _not_ours() -> WrongUsage:
    hint = "write sqlite:///FILE, or postgresql://USER@HOST/DATABASE"
    return WrongUsage(error(NOT_A_STORE_URL, "This is no address of a store.", suggestion=hint))


def _engine(url: URL, wait: float) -> Engine:
    if url.get_backend_name() == "sqlite":
        return sa.create_engine(url, hide_parameters=True, connect_args={"timeout": wait})
    return sa.create_engine(url, hide_parameters=True, connect_args={"connect_timeout": max(2, int(wait))})
