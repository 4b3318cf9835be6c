"""Runs a plan's query where the deals are, and brings back the statuses, or the counts alone."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...model.diagnostics import SourceFailed, error
from ..plan.plan import Plan
from .answers import WORDS
from .dialects import DIALECTS
from .layout import Layout
from .query import Query, query, summary

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection
    from pyspark.sql import SparkSession
    from sqlalchemy import Connection, Engine

Row = Sequence[Any]
STATUSES = WORDS
"""The words of a status."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts alone. ``groups``: deals by group; ``states``: by stage and state, of deals judged in their stage.

    ``criteria``: by stage and criterion, how many deals have each status. ``cannot``: what the dialect cannot work out,
    by criterion, and why; those are not counted.
    """

    groups: Mapping[str, int]
    states: Mapping[tuple[str, str | None], int]
    criteria: Mapping[tuple[str, str], Mapping[str, int]]
    cannot: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """Where queries run: the dialect, and what brings back rows (``fetch``) or a typed frame (``frame``)."""

    dialect: str
    fetch: Callable[[str], list[Row]]
    frame: Callable[[Query], pl.DataFrame]


def statuses(
    plan: Plan,
    place: Place,
    layout: Layout | None = None,
    *,
    frameworks: bool = False,
    tables: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """The columns of ``query``, statuses as Enum. Raises SourceFailed where the database refuses."""
    made = query(plan, place.dialect, layout, inline=True, frameworks=frameworks, tables=tables)
    return place.frame(made)


def counts(
    plan: Plan, place: Place, layout: Layout | None = None, *, tables: Mapping[str, str] | None = None
) -> Summary:
    """The counts alone: no deal leaves the database. Raises SourceFailed where it refuses."""
    groups: Counter[str] = Counter()
    states: Counter[tuple[str, str | None]] = Counter()
    criteria: dict[tuple[str, str], Counter[str]] = {}
    wanted = {(r.stage, plan.judged[p].criterion.id) for r in plan.required for p in r.places}
    cannot: dict[str, str] = {}
    for part, made in enumerate(summary(plan, place.dialect, layout, inline=True, tables=tables)):
        cannot.update(made.cannot)
        for group, stage, state, deals, *rest in place.fetch(made.sql(pretty=False)):
            if not part:
                groups[group] += deals
                if stage is not None:
                    states[stage, state] += deals
            for at, name in enumerate(made.columns.values()):
                if (stage, name) in wanted and name not in cannot:
                    found = criteria.setdefault((stage, name), Counter())
                    for word, number in zip(WORDS, rest[at * len(WORDS) :], strict=False):
                        found[word] += number
    return Summary(groups, states, criteria, cannot)


# ---------------------------------------------------------------- places


def on_duckdb(connection: DuckDBPyConnection) -> Place:
    """DuckDB in this process. Statuses come back by way of a Parquet file, as columns."""
    from .words import text

    def fetch(sql: str) -> list[Row]:
        with _refusals("DuckDB"):
            return list(connection.execute(sql).fetchall())

    def frame(made: Query) -> pl.DataFrame:
        import polars as pl

        with tempfile.TemporaryDirectory() as folder, _refusals("DuckDB"):
            file = Path(folder) / "statuses.parquet"
            target = text(str(file)).sql(dialect="duckdb")
            connection.execute(f"COPY ({made.sql(pretty=False)}) TO {target} (FORMAT parquet)")
            return _formed(pl.read_parquet(file), made)

    return Place("duckdb", fetch, frame)


def on_database(connection: Connection) -> Place:
    """SQLite or PostgreSQL by SQLAlchemy. Raises SourceFailed for another database."""
    name = {"postgresql": "postgres"}.get(connection.dialect.name, connection.dialect.name)
    if name not in DIALECTS:
        known = "DuckDB, SQLite, PostgreSQL and Spark"
        raise SourceFailed(error("DG721", f"Checks are not run on {name}: they are on {known}."))
    plain = connection.execution_options(no_parameters=True)

    def fetch(sql: str) -> list[Row]:
        with _refusals(name):
            return [tuple(row) for row in plain.exec_driver_sql(sql)]

    return Place(name, fetch, lambda made: _framed(fetch(made.sql(pretty=False)), made))


def on_spark(session: SparkSession) -> Place:
    """A Spark session, local, remote or Databricks Connect's."""

    def fetch(sql: str) -> list[Row]:
        with _refusals("Spark"):
            return [tuple(row) for row in session.sql(sql).collect()]

    return Place("spark", fetch, lambda made: _framed(fetch(made.sql(pretty=False)), made))


def engine(url: str) -> Engine:
    """An engine whose errors hold no values of deals. Raises SourceFailed where the URL is none."""
    import sqlalchemy as sa

    try:
        return sa.create_engine(url, hide_parameters=True)
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ImportError, ValueError):
        message = "This is not the URL of a database that can be read."
        raise SourceFailed(error("DG721", message, suggestion="Write postgresql+psycopg://… or sqlite:///….")) from None


@contextmanager
def _refusals(what: str) -> Iterator[None]:
    """What a database says may quote a deal's values or the way to it, so only the kind of the error is told."""
    try:
        yield
    except Exception as refused:
        if type(refused).__module__.partition(".")[0] not in ("duckdb", "_duckdb", "sqlalchemy", "psycopg", "pyspark"):
            raise
        kind = type(getattr(refused, "orig", None) or refused).__name__
        message = f"{what} did not run the checks ({kind})."
        advice = "Compare the staging tables with the columns that `dealgate sql` lists."
        raise SourceFailed(error("DG722", message, suggestion=advice)) from None


def _framed(rows: Sequence[Row], made: Query) -> pl.DataFrame:
    import polars as pl

    names = made.select.named_selects
    numbers = {"readiness_done": pl.Int64, "readiness_total": pl.Int64, "readiness": pl.Float64}
    schema = {name: numbers.get(name, pl.String) for name in names}
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    data = {
        n: [int(v) if v is not None and numbers.get(n) is pl.Int64 else v for v in c]
        for n, c in zip(names, columns, strict=True)
    }
    return _formed(pl.DataFrame(data, schema=schema), made)


def _formed(frame: pl.DataFrame, made: Query) -> pl.DataFrame:
    import polars as pl

    words = pl.Enum(STATUSES)
    numbers = [pl.col("readiness_done").cast(pl.Int64), pl.col("readiness_total").cast(pl.Int64)]
    return frame.with_columns(*(pl.col(c).cast(words) for c in made.columns), *numbers)
