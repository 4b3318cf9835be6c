"""What a database's refusals mean, by its own codes. Its words may quote values, so they are not repeated."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import exc

from dealgate.model.diagnostics import Diagnostic, SourceFailed, Where, error

NO_STORE, OLDER, NEWER, UNREACHABLE, NOBODY = "DG936", "DG937", "DG938", "DG939", "DG940"
LOCKED, FULL, GONE, NOT_WRITABLE, REFUSED = "DG941", "DG942", "DG943", "DG944", "DG947"


@contextmanager
def told(shown: str) -> Iterator[None]:
    """Turns what the drivers raise into SourceFailed; ``shown`` is how people are told of the database."""
    try:
        yield
    except (exc.SQLAlchemyError, sqlite3.Error, psycopg.Error) as trouble:
        # The driver's own words are not to be shown with it.
        raise SourceFailed(diagnosed(trouble, shown)) from None


def diagnosed(trouble: Exception, shown: str) -> Diagnostic:
    """What went wrong, and how to mend it."""
    where = Where(shown)
    orig = getattr(trouble, "orig", None) or trouble
    if isinstance(orig, sqlite3.Error):
        return _sqlite(orig, where)
    if isinstance(orig, psycopg.Error):
        return _postgres(orig, where)
    return _refused(where, type(orig).__name__)


def _sqlite(trouble: sqlite3.Error, where: Where) -> Diagnostic:
    name = getattr(trouble, "sqlite_errorname", None) or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return _locked(where)
    if name.startswith("SQLITE_FULL") or name in (
        "SQLITE_IOERR_WRITE",
        "SQLITE_IOERR_SHMSIZE",
        "SQLITE_IOERR_TRUNCATE",
    ):
        return _full(where)
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return unreachable(where, "it is not a SQLite file, or a damaged one", "check the path, or restore a copy")
    if name.startswith(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")):
        return _not_writable(where)
    if name.startswith("SQLITE_CANTOPEN"):
        return unreachable(where, "the file cannot be opened", "check the folder, and who may write there")
    return _refused(where, name or type(trouble).__name__)


def _postgres(trouble: psycopg.Error, where: Where) -> Diagnostic:
    state = trouble.sqlstate or ""
    said = str(trouble).lower()
    if state == "53100":
        return _full(where)
    if state in ("55P03", "40P01"):
        return _locked(where)
    if state.startswith(("57P0", "08")):
        return _gone(where)
    if state.startswith("28") or "authentication failed" in said or "no password supplied" in said:
        return _nobody(where)
    if 'role "' in said and "does not exist" in said:
        return _nobody(where)
    if state == "3D000" or ('database "' in said and "does not exist" in said):
        return unreachable(where, "the server has no database of this name", "check the name after the last /")
    if state in ("42501", "25006"):
        return _not_writable(where)
    if not state and isinstance(trouble, psycopg.OperationalError):
        if "connection failed" in said or "connection is bad" in said or "timeout" in said or "resolve" in said:
            return unreachable(
                where, "the server does not answer there", "check host, port and whether the server runs"
            )
        return _gone(where)
    return _refused(where, state or type(trouble).__name__)


def unreachable(where: Where, why: str, hint: str) -> Diagnostic:
    """It does not answer, or is none."""
    return error(UNREACHABLE, f"The store cannot be opened: {why}.", where, hint)


def no_store(where: Where) -> Diagnostic:
    """There is no store yet."""
    return error(NO_STORE, "There is no store in this database yet.", where, "run dealgate store init")


def older(where: Where, version: str, present: str) -> Diagnostic:
    """Its tables are of an older version."""
    message = f"The store is of version {version}, and this dealgate needs {present}."
    return error(OLDER, message, where, "run dealgate store upgrade")


def newer(where: Where, present: str) -> Diagnostic:
    """Its tables are of a version that is not known here."""
    message = f"The store is of a newer version than {present}, the newest that this dealgate knows."
    return error(NEWER, message, where, "upgrade dealgate, as in pip install --upgrade dealgate")


def _nobody(where: Where) -> Diagnostic:
    message = "The server of the store did not take the user or the password."
    return error(NOBODY, message, where, "write the password as ${env:NAME}, and check what NAME holds")


def _locked(where: Where) -> Diagnostic:
    message = "Another process is writing to the store, and did not end in time. Nothing was changed."
    return error(LOCKED, message, where, "wait until it ends, and run the command again")


def _full(where: Where) -> Diagnostic:
    message = "The disk of the store is full or does not take more. Nothing was changed."
    return error(FULL, message, where, "make room, and run the command again")


def _gone(where: Where) -> Diagnostic:
    message = "The server of the store went away in the middle. What was not finished left nothing behind."
    return error(GONE, message, where, "run the command again once the server is back")


def _not_writable(where: Where) -> Diagnostic:
    return error(NOT_WRITABLE, "The store may only be read.", where, "check the rights on the file or of the user")


def _refused(where: Where, name: str) -> Diagnostic:
    message = f"The database of the store refused ({name}). Nothing was changed."
    return error(REFUSED, message, where, "report it with the code in brackets, if it comes again")
