"""Puts the staging relation of typed deals into a database: temporary tables that end with the connection."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .layout import sql_type
from .load import Staged

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection
    from pyspark.sql import SparkSession
    from sqlalchemy import Connection

_BATCH = 50_000


def columns_of(staged: Staged, table: str) -> dict[str, str]:
    """The type of each column of a table in the dialect."""
    return {name: sql_type(stored, staged.dialect) for name, stored in staged.layout.tables[table].items()}


def to_duckdb(staged: Staged, connection: DuckDBPyConnection) -> None:
    """The tables as DuckDB's, by way of Parquet files, so that nothing but Polars and DuckDB is needed."""
    from sqlglot import exp

    from .steps import aliased, named
    from .words import cast, text

    with tempfile.TemporaryDirectory() as folder:
        for name, frame in staged.tables.items():
            file = Path(folder) / f"{name}.parquet"
            frame.write_parquet(file)
            columns = [aliased(cast(named(c), t, "duckdb"), c) for c, t in columns_of(staged, name).items()]
            read = exp.Anonymous(this="read_parquet", expressions=[text(str(file))])
            made = exp.Create(
                this=exp.to_table(name),
                kind="TABLE",
                replace=True,
                properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
                expression=exp.Select(expressions=columns).from_(exp.Table(this=read), copy=False),
            )
            connection.execute(made.sql(dialect="duckdb", identify=True))


def to_database(staged: Staged, connection: Connection) -> None:
    """The tables as temporary ones of SQLite (rows inserted) or PostgreSQL (rows copied)."""
    import sqlalchemy as sa

    copied = connection.dialect.name == "postgresql"
    for name, frame in staged.tables.items():
        columns = [sa.Column(c, _type(t)) for c, t in columns_of(staged, name).items()]
        table = sa.Table(name, sa.MetaData(), *columns, prefixes=["TEMPORARY"])
        table.drop(connection, checkfirst=True)
        table.create(connection)
        if copied:
            _copy(frame, table, connection)
            continue
        for part in frame.iter_slices(_BATCH):
            rows = part.to_dicts()
            if rows:
                connection.execute(table.insert(), rows)


def _type(name: str) -> Any:
    import sqlalchemy as sa

    types: Mapping[str, Any] = {
        "BIGINT": sa.BigInteger, "INTEGER": sa.BigInteger, "NUMERIC": sa.Numeric, "TEXT": sa.Text, "DATE": sa.Date,
        "BOOLEAN": sa.Boolean, "TIMESTAMP": sa.DateTime,
    }  # fmt: skip
    return types[name]()


def _copy(frame: pl.DataFrame, table: Any, connection: Connection) -> None:
    from psycopg import sql

    cursor = connection.connection.cursor()
    places = sql.SQL(", ").join(sql.Identifier(c) for c in frame.columns)
    order = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), places)
    with cursor.copy(order) as copy:
        for row in frame.iter_rows():
            copy.write_row(row)
    cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table.name)))
    cursor.close()


def to_spark(staged: Staged, session: SparkSession, folder: str | Path) -> None:
    """The tables as temporary views over Parquet files in a folder that the session can read."""
    for name, frame in staged.tables.items():
        file = Path(folder) / f"{name}.parquet"
        frame.write_parquet(file)
        types = columns_of(staged, name)
        read = session.read.parquet(str(file))
        read.selectExpr(*(f"CAST(`{c}` AS {t}) AS `{c}`" for c, t in types.items())).createOrReplaceTempView(name)


def rows_of(frame: pl.DataFrame) -> Iterator[Mapping[str, Any]]:
    """The rows with whole numbers as Python's."""
    for row in frame.iter_rows(named=True):
        yield {k: int(v) if isinstance(v, Decimal) else v for k, v in row.items()}
