"""Any database that SQLAlchemy speaks to: tables of one's own, or those that Fivetran, Airbyte and dlt load.

The source's tables are read and never written; what is decided goes into ``dealgate_results``, a table of our own.
Options: ``shape`` (which tables there are, see ``_sql/shapes/``), ``schema``, ``time_zone`` of moments that name none,
``results_schema``; and for each stream ``STREAM_table``, ``STREAM_id``, ``STREAM_modified``, ``STREAM_deal``,
``STREAM_links`` and ``STREAM_deleted``, several columns with commas between them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dealgate.ports import (
    STREAMS,
    Action,
    BadSignature,
    Capabilities,
    Cursor,
    Description,
    Outcome,
    Page,
    PipelineInfo,
    Record,
    Reference,
    SetFields,
    Settings,
    Trouble,
    Webhook,
)  # fmt: skip

from ._sql import results, stages
from ._sql.place import Place
from ._sql.shape import Shape, Table, shape_named, shapes
from ._sql.table import SqlTable, find
from ._sql.trouble import near, speaking
from ._sql.values import aware

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

LAG = timedelta(hours=1)
"""A loader writes a row some time after it has read it: so far before the last one the next pull begins."""
OPTIONS = ("shape", "schema", "time_zone", "results_schema")
PARTS = ("table", "id", "modified", "deal", "links", "deleted")
_OF_THE_SOURCE = ("adapter", "title", "path", "url", "mapping", "process", "write_back")
_CLOCKS = {"mysql": "utc_timestamp", "mariadb": "utc_timestamp", "mssql": "sysutcdatetime"}
"""Where CURRENT_TIMESTAMP is the local time of the session."""


def connect(settings: Settings) -> SqlAdapter:
    """The database of the source's ``url``, or of its credential ``url``. Raises Trouble."""
    values = settings.values
    address = settings.secret("url") or values.get("url")
    if not address:
        raise Trouble("gone", "The source names no database.", "add `url`, or a credential `url` that holds it")
    known = [*OPTIONS, *(f"{stream}_{part}" for stream in STREAMS[:-1] for part in PARTS)]
    for name in values:
        if name not in known and name not in _OF_THE_SOURCE:
            raise Trouble("odd", f"The SQL adapter has no option `{name}`.", near(str(name), known, "it has"))
    return SqlAdapter(_url(str(address)), shape_named(str(values.get("shape") or "plain")), values)


def _url(address: str) -> URL:
    import sqlalchemy as sa

    try:
        url = sa.make_url(address)
    except (sa.exc.ArgumentError, ValueError):
        hint = "write it like postgresql+psycopg://USER:PASSWORD@HOST/DATABASE or sqlite:///FILE"
        raise Trouble("odd", "The address of the database cannot be read.", hint) from None
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    return url


class SqlAdapter:
    """One database in one shape."""

    def __init__(self, url: URL, shape: Shape, options: Mapping[str, Any]) -> None:
        """Looks which tables are there. Raises Trouble where the database or its table of deals is not."""
        self.shape, self.options, self._url = shape, options, url
        self.schema = str(options["schema"]) if options.get("schema") else None
        self.zone = _zone(str(options.get("time_zone") or "UTC"))
        file = url.database if url.get_backend_name() == "sqlite" else None
        self.place = f"the database {Path(file).name}" if file else f"the database at {url.host or 'this machine'}"
        if file and file != ":memory:" and not file.startswith("file:") and not Path(file).is_file():
            # SQLite would make an empty one
            raise Trouble("gone", f"There is no file `{Path(file).name}`.", "check the path in the address")
        self._totals: dict[str, int] = {}
        self._columns: dict[str, list[Any]] = {}
        try:
            with speaking("", self.place):
                self._there = self._all_tables()
            self._streams = self._bound()
        except BaseException:
            self.close()
            raise

    # ------------------------------------------------ what is there

    @cached_property
    def _engine(self) -> Engine:
        import sqlalchemy as sa

        waiting = {"connect_timeout": 10} if self._url.get_backend_name() == "postgresql" else {}
        return sa.create_engine(self._url, connect_args=waiting)

    @contextmanager
    def _reading(self, what: str = "") -> Iterator[Connection]:
        """A connection that cannot write, where the database knows of such."""
        with speaking(what, self.place), self._engine.connect() as connection:
            backend = self._engine.dialect.name
            if backend == "postgresql":
                connection = connection.execution_options(postgresql_readonly=True)
            elif backend == "sqlite":
                connection.exec_driver_sql("PRAGMA query_only = ON")
            try:
                yield connection
            finally:
                if backend == "sqlite":
                    connection.exec_driver_sql("PRAGMA query_only = OFF")

    def _all_tables(self) -> list[str]:
        import sqlalchemy as sa

        with self._reading() as connection:
            seen = sa.inspect(connection)
            if self.schema is not None:
                schemas = seen.get_schema_names()
                if self.schema not in schemas:
                    message = f"There is no schema `{self.schema}` in {self.place}."
                    raise Trouble("gone", message, near(self.schema, schemas, "there are"))
            found = [*seen.get_table_names(self.schema), *seen.get_view_names(self.schema)]
            with suppress(NotImplementedError):
                found += seen.get_materialized_view_names(self.schema)
            return sorted(set(found) - {results.NAME})

    def _columns_of(self, table: str) -> list[Any]:
        import sqlalchemy as sa

        if table not in self._columns:
            with self._reading(table) as connection:
                self._columns[table] = list(sa.inspect(connection).get_columns(table, self.schema))
        return self._columns[table]

    def _bound(self) -> dict[str, list[SqlTable]]:
        """Every stream with those of its tables that are there. Deals, and what is named by hand, must be."""
        found: dict[str, list[SqlTable]] = {}
        for stream in STREAMS:
            for table, asked in self._wanted(stream):
                actual = find(table.name, self._there)
                if actual is None and ((stream == "deals" and "leads" not in found) or "table" in asked):
                    message = f"There is no table `{table.name}` in {self.place}."
                    raise Trouble("gone", message, near(table.name, self._there, "there are"))
                if actual is None:
                    continue
                called = self.shape.streams[stream][0].name if self._is_renamed(stream) else table.name
                columns = self._columns_of(actual)
                dialect = self._engine.dialect.name
                bound = SqlTable(table, called, actual, self.schema, columns, dialect, self.zone, asked)
                found.setdefault(stream, []).append(bound)
        return found

    def _is_renamed(self, stream: str) -> bool:
        """Whether a table of the shape has another name here: a mapping still calls it by the shape's."""
        return f"{stream}_table" in self.options and self.shape.id != "plain" and stream in self.shape.streams

    def _wanted(self, stream: str) -> list[tuple[Table, frozenset[str]]]:
        """The tables of a stream as the shape has them, with what the options say, and which parts those name."""
        spec = list(self.shape.streams.get(stream, ()))
        given = {part: self.options[f"{stream}_{part}"] for part in PARTS if self.options.get(f"{stream}_{part}")}
        if not given:
            return [(table, frozenset()) for table in spec]
        base = spec[0] if spec else Table(str(given.get("table", stream)), deal="deal_id")
        change: dict[str, Any] = {}
        name = str(given.get("table", base.name))
        actual = find(name, self._there)
        known = [str(column["name"]) for column in self._columns_of(actual)] if actual else []
        for part, value in given.items():
            if part == "table":
                change["name"] = name
            elif part == "deal":
                change["deal"] = str(value)
            else:
                change[part] = _names(str(value), known)
        if "id" in change and base.deal and base.deal in base.id and "deal" not in change:
            change["deal"] = change["id"][0]
        rest = [] if "table" in given else spec[1:]
        return [(base.replace(**change), frozenset(given)), *((table, frozenset()) for table in rest)]

    # ------------------------------------------------ the contract

    def capabilities(self) -> Capabilities:
        """What the tables allow: by keyset where they say when a row changed, whole where they do not."""
        tables = [table for mine in self._streams.values() for table in mine]
        whole = tuple(name for name, mine in self._streams.items() if not all(table.dated for table in mine))
        return Capabilities(
            tuple(self._streams),
            history="native" if "stage_changes" in self._streams else "inferred",
            deletes="flag" if all(table.deleted for table in tables) else "none",
            cursor="keyset" if len(whole) < len(self._streams) else "full",
            compare_and_set="reread",
            actions=("set_fields", "create_task", "note"),
            custom_fields=True,
            whole=whole,
        )

    def describe(self) -> Description:
        """The tables that are read, with their columns; the stages, where the shape has a table of them."""
        called = {table.actual: table.called for mine in self._streams.values() for table in mine}
        tables = {name: self._columns_of(name) for name in called}
        spec = self.shape.stages
        found: tuple[PipelineInfo, ...] = ()
        with self._reading() as connection:
            now = self._now(connection)
        if spec is not None:
            for name in (spec.table, spec.pipelines):
                actual = find(name, self._there)
                if actual is not None:
                    tables[actual] = self._columns_of(actual)
            with self._reading(spec.table) as connection:
                found = stages.pipelines(connection, spec, tables, self.schema)
        return Description(found, stages.fields(tables, called), now)

    def pull(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        """A page of one table of the stream, oldest change first; rows without a moment come before all others."""
        tables = self._tables_of(stream)
        place = Place.of(cursor)
        table = tables[min(place.table or 0, len(tables) - 1)]
        with self._reading(table.actual) as connection:
            if not place.began:
                place.began = self._now(connection).isoformat()
            if place.table is None:
                place.table = 0
                self._begin(connection, stream, tables, place)
                table = tables[0]
            records, last, last_id, more = table.page(
                connection, limit, undated=place.undated, after=place.after, after_id=place.after_id,
                strict=table.strict and place.since is None,
            )  # fmt: skip
        if records and not place.undated:
            place.marks[table.called] = last
        place.after, place.after_id = last, last_id
        if not more:
            more = self._onward(table, tables, place)
        at = table.moment_of(last) if records else (cursor.at if cursor else None)
        if not more and self.shape.loaded:
            at = self._next_begins(tables, place)
        next_ = place.cursor(at) if more else place.end(at, self.shape.loaded)
        total = self._totals.get(stream)
        return Page(tuple(records), next_, more, datetime.fromisoformat(place.began), total=total)

    def fetch(self, refs: Sequence[Reference]) -> list[Record]:
        """The records as they are now; one that is gone, or flagged so, is not among them."""
        found = []
        for stream in dict.fromkeys(ref.stream for ref in refs):
            for table in self._tables_of(stream):
                with self._reading(table.actual) as connection:
                    wanted = list(dict.fromkeys(ref.id for ref in refs if ref.stream == stream))
                    found += [record for record in table.by_id(connection, wanted) if not record.gone]
        return found

    def apply(self, action: Action) -> Outcome:
        """One row in our own table, once for each key. A deal that is gone, or of another version, is a conflict."""
        refused = results.refusal(action)
        if refused is not None:
            return refused
        stream = "deals" if "deals" in self._streams else "leads"
        held = self.fetch([Reference(stream, action.deal)])
        if not held:
            return Outcome("conflict", text="The deal is gone.")
        version = held[0].modified.isoformat() if held[0].modified else None
        if isinstance(action, SetFields) and action.expect_version not in (None, version):
            return Outcome("conflict", text="The deal has changed.", version=version)
        schema = str(self.options["results_schema"]) if self.options.get("results_schema") else self.schema
        with speaking(results.NAME, self.place):
            return results.write(self._engine, schema, action).replace(version=version)

    def parse_webhook(self, headers: Mapping[str, str], raw_body: bytes, url: str, now: datetime) -> Webhook:
        """A database sends none."""
        raise BadSignature("a database sends no webhooks")

    def close(self) -> None:
        """Ends the connections."""
        if "_engine" in self.__dict__:
            self._engine.dispose()

    # ------------------------------------------------ a pull

    def _tables_of(self, stream: str) -> list[SqlTable]:
        found = self._streams.get(stream)
        if found is None:
            hint = f"there are {', '.join(self._streams)}"
            raise Trouble("gone", f"{self.place.capitalize()} has no table of {stream.replace('_', ' ')}.", hint)
        return found

    def _begin(self, connection: Connection, stream: str, tables: list[SqlTable], place: Place) -> None:
        """Counts what will come, and goes to the first row of the first table."""
        counts = [table.counted(connection, self._start(table, place)) for table in tables]
        self._totals[stream] = sum(count for count, _ in counts)
        place.unmarked = [undated > 0 for _, undated in counts]
        self._enter(tables[0], place)

    def _enter(self, table: SqlTable, place: Place) -> None:
        assert place.table is not None
        place.undated, place.after_id = place.unmarked[place.table], []
        place.after = None if place.undated else self._start(table, place)

    def _start(self, table: SqlTable, place: Place) -> str | None:
        """The moment from which a table is read, as its column has it; None for all of it."""
        if not table.dated:
            return None
        if place.since is not None:
            return table.raw(place.since)
        mark = place.known.get(table.called)
        if mark is None or table.strict:
            return mark if mark is None else str(mark)
        moment = table.moment_of(mark)
        return None if moment is None else table.raw(moment - LAG)

    def _next_begins(self, tables: list[SqlTable], place: Place) -> datetime | None:
        """The moment before which the next pull of a loader's tables reads nothing, as far as one can be told."""
        marks = {**place.known, **place.marks}
        moments = [table.moment_of(marks[table.called]) for table in tables if table.called in marks]
        return min((moment - LAG for moment in moments if moment is not None), default=None)

    def _onward(self, table: SqlTable, tables: list[SqlTable], place: Place) -> bool:
        """After the last row of a table, or of its rows without a moment: to what comes next, if anything does."""
        assert place.table is not None
        if place.undated:
            place.undated, place.after, place.after_id = False, self._start(table, place), []
            return True
        if place.table + 1 >= len(tables):
            return False
        place.table += 1
        self._enter(tables[place.table], place)
        return True

    def _now(self, connection: Connection) -> datetime:
        """The server's clock."""
        import sqlalchemy as sa

        word = _CLOCKS.get(self._engine.dialect.name)
        asked = getattr(sa.func, word)() if word else sa.func.current_timestamp()
        told = connection.execute(sa.select(asked)).scalar_one()
        return aware(datetime.fromisoformat(told) if isinstance(told, str) else told, UTC)


def _names(text: str, known: Sequence[str]) -> tuple[str, ...]:
    """One column, or several with commas between them; a column with a comma in its own name is one."""
    if find(text, known) is not None:
        return (text,)
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Trouble("odd", f"There is no time zone `{name}`.", "write it like Europe/Berlin, or UTC") from None


__all__ = ["SqlAdapter", "connect", "shapes"]
