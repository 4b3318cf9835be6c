"""How the tests of staging load raw tables, run the queries, and what the mapping engine says to the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
from sqlglot import exp

from dealgate.compile.sql.layout import Need, choices_text, staging_name
from dealgate.documents.library import Library
from dealgate.model.deal import Deal
from dealgate.model.fields import Field, read
from dealgate.model.process import Process
from dealgate.model.values import Money, Unfit, local_date
from dealgate.sources.mapping.load import load_mapping
from dealgate.sources.mapping.model import SourceMapping
from dealgate.sources.open import open_source
from dealgate.sources.staging.cells import stored_for
from dealgate.sources.staging.raw import Raw
from dealgate.sources.staging.stage import Staging, everything, offered, stage
from dealgate.sources.tables import Folder

ORDER = "__row__"
Rows = list[dict[str, Any]]


def raw_tables(folder: Path, mapping: SourceMapping) -> dict[str, tuple[list[str], list[tuple[Any, ...]]]]:
    """Every table of a folder as text, with its rows' numbers."""
    found = {}
    files = Folder(folder, {name: mapping.layout_of(name).read for name in Folder(folder)})
    for name in files:
        table = files[name]
        columns = [ORDER, *table.columns]
        found[Path(name).stem] = (columns, table.frame.select(columns).rows())
    return found


def _connect(dialect: str, address: str) -> Any:
    if dialect == "duckdb":
        return duckdb.connect()
    if dialect == "sqlite":
        return sqlite3.connect(":memory:")
    import psycopg

    # no transaction is left open, for its locks would hold up the next test; each has a schema of its own
    connection = psycopg.connect(address.replace("+psycopg", ""), autocommit=True)
    schema = f"staging_{uuid4().hex}"
    connection.execute(f'CREATE SCHEMA "{schema}"')
    connection.execute(f'SET search_path TO "{schema}"')
    return connection


class Database:
    """Raw tables in DuckDB, SQLite or PostgreSQL (by its address), every value as text."""

    def __init__(
        self, dialect: str, tables: Mapping[str, tuple[list[str], list[tuple[Any, ...]]]], address: str = ""
    ) -> None:
        self.dialect, self.columns = dialect, {name: columns for name, (columns, _) in tables.items()}
        self.connection: Any = _connect(dialect, address)
        for name, (columns, rows) in tables.items():
            spelled = ", ".join(f'"{c}" {"INTEGER" if c == ORDER else "TEXT"}' for c in columns)
            self.connection.execute(f'CREATE TABLE "{name}" ({spelled})')
            marks = ", ".join(("%s" if dialect == "postgres" else "?") for _ in columns)
            if rows and dialect == "duckdb":
                import polars as pl

                frame = pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)
                self.connection.register("frame", frame.to_arrow())
                self.connection.execute(f'INSERT INTO "{name}" SELECT * FROM frame')
                self.connection.unregister("frame")
            elif rows:
                self.connection.cursor().executemany(f'INSERT INTO "{name}" VALUES ({marks})', rows)

    def close(self) -> None:
        self.connection.close()

    def run(self, staging: Staging, name: str) -> Rows:
        """One staging table, by its key."""
        select = exp.select("*").from_(exp.Table(this=exp.to_identifier(name, quoted=True)))
        cursor = self.connection.execute(staging.whole(select).sql(self.dialect))
        names = [one[0] for one in cursor.description]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return sorted(found, key=lambda r: (r.get("deal", r.get("id")), r.get("position", 0)))


def staged(
    folder: Path,
    mapping: SourceMapping,
    process: Process,
    dialect: str,
    *,
    order: str | None = ORDER,
    address: str = "",
) -> tuple[Database, Staging, list[Need]]:
    """A folder's files in a database, and the staging of everything the mapping tells."""
    database = Database(dialect, raw_tables(folder, mapping), address)
    raw = Raw(tables=database.columns, order=order)
    needs = everything(offered(mapping, process, raw), process)
    return database, stage(mapping, process, dialect, needs=needs, raw=raw), needs


def mapping_of(reference: str | Path, process: Process) -> SourceMapping:
    return load_mapping(reference, process, Library())


def expected(deals: Sequence[Deal], needs: Sequence[Need], process: Process, dialect: str) -> dict[str, Rows]:
    """What the mapping engine gives, in the columns of staging."""
    found: dict[str, Rows] = {need.table: [] for need in needs} | {"deals": []}
    by_table: dict[str, list[Need]] = {}
    for need in needs:
        by_table.setdefault(need.table, []).append(need)
    for deal in deals:
        row = {need.column: _column(need, deal.fields, deal.unfit, "", process, dialect) for need in by_table["deals"]}
        found["deals"].append({"id": deal.id, **row})
        for name, mine in by_table.items():
            for place, child in enumerate(deal.children.get(name, ()) if name != "deals" else ()):
                cells = {n.column: _column(n, child, deal.unfit, f"{name}[{place}].", process, dialect) for n in mine}
                found[name].append({"deal": deal.id, "position": place, **cells})
    return {
        name: sorted(rows, key=lambda r: (r.get("deal", r.get("id")), r.get("position", 0)))
        for name, rows in found.items()
    }


def _column(
    need: Need, fields: Mapping[str, Any], unfit: Mapping[str, Unfit], place: str, process: Process, dialect: str
) -> Any:
    if need.form == "placeholder":
        one = unfit.get(place + need.field)
        return _plain(one is not None and one.placeholder, None, dialect)
    if need.side:
        target = process.catalogue.deal[need.field]
        mine = fields.get("field") == need.field
        value = read(fields.get(need.side), target, process.reading) if mine else None
        value = None if isinstance(value, Unfit) else value
        return _told(value, target, need, process, dialect)
    base = need.field.removesuffix(".currency")
    targets = process.catalogue.deal if need.table == "deals" else process.catalogue.collections[need.table].fields
    return _told(fields.get(base), targets[base], need, process, dialect)


def _told(value: Any, target: Field, need: Need, process: Process, dialect: str) -> Any:
    if value is None:
        return None
    if need.column.endswith("__currency"):
        return value.currency
    if need.form == "day":
        value = local_date(value, process.calendar.zone)
    return _plain(value, target, dialect)


def _plain(value: Any, target: Field | None, dialect: str) -> Any:
    sqlite = dialect == "sqlite"
    if isinstance(value, bool):
        return int(value) if sqlite else value
    if isinstance(value, Money):
        return value.minor
    if isinstance(value, timedelta):
        return value // timedelta(microseconds=1)
    if isinstance(value, Decimal):
        assert target is not None
        return int(value.scaleb(stored_for(target.type, dialect).scale))
    if isinstance(value, datetime):
        at = value.astimezone(UTC).replace(tzinfo=None)
        return at.isoformat(" ", "microseconds") if sqlite else at
    if isinstance(value, date):
        return value.isoformat() if sqlite else value
    return choices_text(value) if isinstance(value, frozenset) else value


def differences(folder: Path, mapping: SourceMapping, process: Process, dialect: str, address: str = "") -> list[str]:
    """Where the two disagree: table, key, column, and both values. Columns that staging declares it lacks are left out."""
    database, staging, needs = staged(folder, mapping, process, dialect, address=address)
    source = open_source(
        folder, process=process, mapping=mapping.id if not mapping.file.endswith("mapping.yaml") else Path(mapping.file)
    )
    wanted = expected(source.deals, needs, process, dialect)
    found: list[str] = []
    for name in staging.tables:
        gone = {g.column for g in staging.gaps if g.hard and g.table == name}
        mine, theirs = database.run(staging, name), wanted[name]
        keys, others = ([(r.get("id") or r.get("deal"), r.get("position")) for r in rows] for rows in (mine, theirs))
        if keys != others:
            found.append(
                f"{name}: rows {len(mine)} and {len(theirs)}: {sorted(set(map(str, keys)) ^ set(map(str, others)))[:5]}"
            )
            continue
        for ours, right in zip(mine, theirs, strict=True):
            for column, value in right.items():
                if (
                    column not in gone
                    and not any(column.startswith(f"{one}__") for one in gone)
                    and ours.get(column) != value
                ):
                    found.append(
                        f"{name} {ours.get('id') or ours.get('deal')} {column}: {ours.get(column)!r} not {value!r}"
                    )
    database.close()
    return found


__all__ = ["Database", "differences", "expected", "mapping_of", "raw_tables", "staged", "staging_name"]
