"""Opening a database by its URL: SQLite, PostgreSQL or DuckDB. What is told of it never holds a password."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from dealgate.compile.sql.run import Place, on_database, on_duckdb
from dealgate.model.diagnostics import SourceFailed, Where, WrongUsage, error

from .address import Address
from .kinds import Kind, kind_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from sqlalchemy import Connection, Engine

_WHERE = {
    "duckdb": "SELECT table_name, column_name, data_type FROM information_schema.columns"
    " WHERE table_catalog = current_database() AND table_schema = {schema} ORDER BY ordinal_position",
    "postgres": "SELECT c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)"
    " FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = {schema}"
    " AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v', 'm', 'f', 'p') ORDER BY a.attnum",
    "sqlite": "SELECT m.name, p.name, p.type FROM {schema}.sqlite_master m, pragma_table_info(m.name, {text}) p"
    " WHERE m.type IN ('table', 'view') ORDER BY p.cid",
}
_NO_DRIVER = {"postgres": "psycopg[binary]", "duckdb": "duckdb", "spark": "dealgate[spark]"}


@dataclass(frozen=True, slots=True)
class Database:
    """An open database. ``shown`` is how people are told of it; ``tables``: the columns of each by name.

    ``schema`` is what stands before its tables' names. ``write`` runs what changes something; ``kept`` makes it last.
    """

    shown: str
    dialect: str
    place: Place
    schema: tuple[str, ...]
    tables: Mapping[str, Mapping[str, Kind]]
    write: Callable[[str], None]
    kept: Callable[[], None]


@contextmanager
def database(at: Address, *, writing: bool = False) -> Iterator[Database]:
    """The database at an address, opened to read alone unless ``writing``; all is read as of one moment.

    Raises SourceFailed where it cannot be opened.
    """
    opened = _duckdb if at.scheme == "duckdb" else _sqlite if at.scheme == "sqlite" else _postgres
    with opened(at, writing) as found:
        yield found


# ---------------------------------------------------------------- refusals


def no_driver(engine: str, package: str) -> SourceFailed:
    """What an engine needs is not installed."""
    message = f"The {engine} engine needs {package}, which is not installed."
    return SourceFailed(error("DG920", message, suggestion=f"pip install '{_NO_DRIVER[engine]}'"))


def unreachable(shown: str, why: str, hint: str) -> SourceFailed:
    """The database does not answer, or is none."""
    return SourceFailed(error("DG921", f"The database cannot be opened: {why}.", Where(shown), hint))


def _refused(shown: str, trouble: Exception) -> SourceFailed:
    """Why a server let nobody in, by its own code or words; those may quote a value, so they are not repeated."""
    said = str(trouble).lower()
    state = getattr(getattr(trouble, "orig", trouble), "sqlstate", None) or ""
    nobody = 'role "' in said and "does not exist" in said
    if nobody or state.startswith("28") or "authentication failed" in said or "no password supplied" in said:
        message = "The server did not take the user or the password."
        hint = "write the password as ${env:NAME}, and check what NAME holds"
        return SourceFailed(error("DG922", message, Where(shown), hint))
    if state == "3D000" or ("database" in said and "does not exist" in said):
        return unreachable(shown, "the server has no database of this name", "check the name after the last /")
    return unreachable(shown, "the server does not answer there", "check host, port and whether the server runs")


def not_written(shown: str, trouble: Exception) -> SourceFailed:
    """The table of verdicts was not made."""
    said = str(trouble).lower()
    state = getattr(getattr(trouble, "orig", trouble), "sqlstate", None) or ""
    if state == "42P07" or "already exists" in said:
        message, hint = "The table that --into names is there already.", "name a table that is not there, or drop it"
        return SourceFailed(error("DG927", message, Where(shown), hint))
    lacking = state in ("42501", "25006") or "permission" in said or "readonly" in said or "read-only" in said
    why = "the user may not create tables there" if lacking else f"the database refused ({_kind(trouble)})"
    hint = "name a schema that may be written to, as --into SCHEMA.TABLE"
    return SourceFailed(error("DG928", f"The verdicts cannot be written: {why}.", Where(shown), hint))


def _kind(trouble: Exception) -> str:
    return type(getattr(trouble, "orig", None) or trouble).__name__


# ---------------------------------------------------------------- files


def _file(at: Address, kind: str) -> Path | None:
    """The file of a database; None for one in memory. One that is not there is not made."""
    path = unquote(at.path)
    if path in ("", ":memory:"):
        return None
    file = Path(path)
    if not file.is_file():
        raise unreachable(at.shown, "there is no such file", f"write {kind}:///FILE, or {kind}:////FILE from the root")
    return file


@contextmanager
def _duckdb(at: Address, writing: bool) -> Iterator[Database]:
    try:
        import duckdb
    except ModuleNotFoundError:
        raise no_driver("duckdb", "duckdb") from None
    file = _file(at, "duckdb")
    try:
        connection = duckdb.connect(
            ":memory:" if file is None else str(file), read_only=file is not None and not writing
        )
    except duckdb.Error as trouble:
        held = "lock" in str(trouble).lower()
        why = "another process has it open" if held else "it is not a file that this DuckDB can read"
        raise unreachable(at.shown, why, "close the other process" if held else "check the file") from None
    try:
        connection.begin()
        yield duckdb_database(connection, at.shown, at.schema)
    finally:
        connection.close()


def duckdb_database(connection: DuckDBPyConnection, shown: str, schema: str | None = None) -> Database:
    """An open DuckDB."""
    import duckdb

    place = on_duckdb(connection)
    name = schema or "main"

    def write(sql: str) -> None:
        try:
            connection.execute(sql)
        except duckdb.Error as trouble:
            raise not_written(shown, trouble) from None

    tables = _columns(place, _WHERE["duckdb"].format(schema=_text(name)))
    return Database(shown, "duckdb", place, (name,), tables, write, lambda: _commit(connection))


def _commit(connection: DuckDBPyConnection) -> None:
    connection.commit()


@contextmanager
def _sqlite(at: Address, writing: bool) -> Iterator[Database]:
    import sqlite3

    import sqlalchemy as sa

    file = _file(at, "sqlite")
    mode = "rw" if writing else "ro"
    name = ":memory:" if file is None else f"file:{quote(str(file.resolve()))}?mode={mode}"
    engine = sa.create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(name, uri=file is not None), hide_parameters=True
    )
    with _connected(engine, at) as connection:
        try:
            connection.exec_driver_sql("BEGIN")
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").close()
        except sa.exc.DatabaseError:
            why = "it is not an SQLite file, or another process holds it"
            raise unreachable(at.shown, why, "check the file") from None
        schema = at.schema or "main"
        sql = _WHERE["sqlite"].format(schema=_quoted(schema), text=_text(schema))
        yield _by_sqlalchemy(connection, at.shown, sql, schema)


# ---------------------------------------------------------------- servers


@contextmanager
def _postgres(at: Address, writing: bool) -> Iterator[Database]:
    import sqlalchemy as sa

    try:
        url = sa.make_url(at.url)
        if url.drivername in ("postgres", "postgresql"):
            url = url.set(drivername="postgresql+psycopg")
        engine = sa.create_engine(
            url, hide_parameters=True, isolation_level="REPEATABLE READ", connect_args={"connect_timeout": 15}
        )
    except ModuleNotFoundError:
        raise no_driver("postgres", "psycopg") from None
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ValueError):
        hint = "write postgresql://USER@HOST/DATABASE, sqlite:///FILE, duckdb:///FILE or a Spark master"
        raise WrongUsage(
            error("DG923", "This is no URL of a database that can be read.", Where(at.shown), hint)
        ) from None
    if engine.dialect.name != "postgresql":
        hint = "read from PostgreSQL, SQLite, DuckDB or Spark, or print the query with `dealgate sql --dialect`"
        message = f"Checks are not run on {engine.dialect.name}."
        raise WrongUsage(error("DG923", message, Where(at.shown), hint))
    with _connected(engine, at) as plain:
        connection = plain if writing else plain.execution_options(postgresql_readonly=True)
        schema = at.schema or connection.exec_driver_sql("SELECT current_schema()").scalar()
        yield _by_sqlalchemy(connection, at.shown, _WHERE["postgres"].format(schema=_text(schema or "")), schema or "")


@contextmanager
def _connected(engine: Engine, at: Address) -> Iterator[Connection]:
    import sqlalchemy as sa

    try:
        connection = engine.connect()
    except sa.exc.DBAPIError as trouble:
        engine.dispose()
        if engine.dialect.name == "sqlite":
            raise unreachable(at.shown, "the file cannot be opened", "check path and rights") from None
        raise _refused(at.shown, trouble) from None
    try:
        yield connection
    finally:
        connection.close()
        engine.dispose()


def _by_sqlalchemy(connection: Connection, shown: str, columns: str, schema: str) -> Database:
    import sqlalchemy as sa

    place = on_database(connection)

    def write(sql: str) -> None:
        try:
            connection.execution_options(no_parameters=True).exec_driver_sql(sql)
        except sa.exc.DBAPIError as trouble:
            raise not_written(shown, trouble) from None

    tables = _columns(place, columns)
    return Database(shown, place.dialect, place, (schema,) if schema else (), tables, write, connection.commit)


def _columns(place: Place, sql: str) -> dict[str, dict[str, Kind]]:
    found: dict[str, dict[str, Kind]] = {}
    for table, column, told in place.fetch(sql):
        found.setdefault(str(table), {})[str(column)] = kind_of(str(told), place.dialect)
    return found


def _text(word: Any) -> str:
    return "'" + str(word).replace("'", "''") + "'"


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'
