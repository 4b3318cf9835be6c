"""Many rows at once, as columns: written by executemany or COPY, read as one array a column."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .tables import METADATA

_PART = 200_000
"""Rows a turn. SQLite's texts end at a billion bytes."""


def table(name: str) -> sa.Table:
    """A table of the store's."""
    return METADATA.tables[name]


def read(
    connection: Connection,
    name: str,
    columns: Sequence[str],
    *where: sa.ColumnElement[bool],
    wide: bool = False,
    whole: bool = False,
) -> pl.DataFrame:
    """Columns of a table, in no order; ``wide`` where single values are long, ``whole`` where rows are few."""
    of = table(name)
    chosen = [of.c[column] for column in columns]
    part = None if whole else _PART // 20 if wide else _PART
    arrays = _json_arrays if connection.dialect.name == "sqlite" else _binary_arrays
    parts = [found for query in _spans(connection, of, part, where) if (found := arrays(connection, chosen, query))]
    if not parts:
        return pl.DataFrame(schema={column.name: _type(column) for column in chosen})
    return pl.concat([pl.DataFrame(columns) for columns in parts])


def _spans(
    connection: Connection, of: sa.Table, part: int | None, where: Sequence[sa.ColumnElement[bool]]
) -> Iterator[sa.Select[Any]]:
    """Queries of nothing yet, each over some of the rows."""
    counted = sa.select(sa.func.count()).select_from(of).where(*where)
    if part is None:
        yield counted
        return
    first, last = connection.execute(sa.select(sa.func.min(of.c.id), sa.func.max(of.c.id))).one()
    if first is None:
        return
    if last - first > 1 << 40:  # a person's number is random: no parts by it
        yield counted
        return
    for start in range(first, last + 1, part):
        yield counted.where(of.c.id >= start, of.c.id < start + part)


def _json_arrays(connection: Connection, chosen: Sequence[sa.Column[Any]], query: sa.Select[Any]) -> list[pl.Series]:
    """One JSON array a column: a value at a time, the driver would take four times as long."""
    count, *texts = connection.execute(query.add_columns(*(sa.func.json_group_array(one) for one in chosen))).one()
    if not count:
        return []
    names = [column.name for column in chosen]
    decoded = [pl.col(column.name).str.json_decode(pl.List(_type(column))) for column in chosen]
    made = pl.DataFrame(dict(zip(names, ([text] for text in texts), strict=True))).lazy().select(decoded).collect()
    return [made[name].explode() for name in names]


def _binary_arrays(connection: Connection, chosen: Sequence[sa.Column[Any]], query: sa.Select[Any]) -> list[pl.Series]:
    """One array a column, in the driver's binary form: COPY would come a row at a time."""
    words = str(
        query.add_columns(*(sa.func.array_agg(one) for one in chosen)).compile(
            dialect=connection.dialect, compile_kwargs={"literal_binds": True}
        )
    )
    raw = connection.connection.driver_connection
    assert raw is not None
    count, *arrays = raw.execute(words.replace("%%", "%"), binary=True).fetchone()
    if not count:
        return []
    return [pl.Series(one.name, array, _type(one)) for one, array in zip(chosen, arrays, strict=True)]


def write(connection: Connection, name: str, rows: pl.DataFrame) -> None:
    """Rows into a table; the frame has the table's columns, ``id`` too."""
    of = table(name)
    names = [column.name for column in of.columns]
    rows = rows.select(names)
    if not rows.height:
        return
    quote = connection.dialect.identifier_preparer.quote
    cursor = connection.connection.cursor()
    try:
        if connection.dialect.name == "sqlite":
            insert = str(sa.insert(of).compile(dialect=connection.dialect, column_keys=names))
            cursor.executemany(insert, rows.iter_rows())  # type: ignore[arg-type]
            return
        listed = ", ".join(quote(column) for column in names)
        with cursor.copy(f"COPY {quote(name)} ({listed}) FROM STDIN (FORMAT csv)") as copy:
            for part in rows.iter_slices(_PART):
                copy.write(part.write_csv(include_header=False).encode())
    finally:
        cursor.close()


def next_id(connection: Connection, name: str) -> int:
    """The first number that is free; the caller is the only writer."""
    last = connection.execute(sa.select(sa.func.max(table(name).c.id))).scalar()
    return 1 if last is None else int(last) + 1


_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Of an id: none that is read as another."""
_LONG = 8


def fresh_ident(connection: Connection, name: str) -> str:
    """A random ``ident`` that no row of a table has: it is no number that can be counted up."""
    of = table(name)
    while True:
        ident = "".join(secrets.choice(_LETTERS) for _ in range(_LONG))
        if connection.execute(sa.select(of.c.id).where(of.c.ident == ident)).scalar() is None:
            return ident


def numbered(connection: Connection, name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with their ``id``."""
    start = next_id(connection, name)
    return rows.with_columns(pl.int_range(start, start + rows.height, dtype=pl.Int64).alias("id"))


def any_of(connection: Connection, column: sa.Column[Any], numbers: Sequence[int]) -> sa.ColumnElement[bool]:
    """Whether a column is one of many whole numbers."""
    listed = ",".join(str(int(number)) for number in numbers)
    if connection.dialect.name == "sqlite":
        each = sa.func.json_each(sa.literal_column(f"'[{listed}]'")).table_valued("value")
        return column.in_(sa.select(each.c.value))
    # `'{…}'::bigint[]`, without a name for the driver to fill in
    return column == sa.func.any(sa.cast(sa.literal_column(f"'{{{listed}}}'"), sa.ARRAY(sa.BigInteger)))


def one_of(connection: Connection, column: sa.Column[Any], texts: Sequence[str]) -> sa.ColumnElement[bool]:
    """Whether a column is one of some texts."""
    if connection.dialect.name == "sqlite":
        each = sa.func.json_each(sa.bindparam(None, json.dumps(texts))).table_valued("value")
        return column.in_(sa.select(each.c.value))
    return column == sa.func.any(sa.bindparam(None, list(texts), sa.ARRAY(sa.Text)))


def _type(column: sa.Column[Any]) -> pl.DataType:
    return pl.String() if isinstance(column.type, sa.Text) else pl.Int64()
