"""Opening Spark: a local master, a cluster, or a Spark Connect server (Databricks Connect by the same path)."""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dealgate.compile.sql.run import on_spark
from dealgate.model.diagnostics import SourceFailed

from .address import Address
from .database import Database, no_driver, not_written, unreachable
from .kinds import Kind, kind_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LOCAL = "local[*]"
_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
}
"""What decides what SQL means: moments in UTC, and overflow that says so."""
_OWN = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "8",
    "spark.driver.host": "localhost",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.log.level": "OFF",
}
"""What a session on this machine takes besides."""


@contextmanager
def session(at: Address) -> Iterator[SparkSession]:
    """A session at a master, stopped at the end if it was started here. Raises SourceFailed where there is none."""
    try:
        from pyspark.sql import SparkSession
    except ModuleNotFoundError:
        raise no_driver("spark", "pyspark") from None
    master = at.url
    local, remote = master.startswith("local"), master.startswith("sc://")
    before = None if remote else SparkSession.getActiveSession()
    if before is not None:
        for name, value in _SETTINGS.items():
            before.conf.set(name, value)
        yield before
        return
    builder = SparkSession.builder.appName("dealgate")
    builder = builder.remote(master) if remote else builder.master(master)
    for name, value in {**_SETTINGS, **(_OWN if local else {})}.items():
        builder = builder.config(name, value)
    with contextlib.ExitStack() as ends:
        if local:
            scratch = ends.enter_context(tempfile.TemporaryDirectory())
            builder = builder.config("spark.local.dir", scratch)
            ends.enter_context(_quiet())
        try:
            made = builder.getOrCreate()
        except Exception as trouble:  # noqa: BLE001 - the JVM raises what it likes
            raise _no_session(at, trouble) from None
        try:
            yield made
        finally:
            made.stop()


def _no_session(at: Address, trouble: Exception) -> SourceFailed:
    """Why there is no session. What Spark says may hold the token of the URL, so it is not repeated."""
    if "JAVA" in str(trouble).upper() or type(trouble).__name__ == "PySparkRuntimeError":
        return unreachable(at.shown, "Spark did not start: it needs Java 17 or later", "install Java, or set JAVA_HOME")
    if isinstance(trouble, ModuleNotFoundError | ImportError):
        return no_driver("spark", "pyspark[connect]")
    return unreachable(at.shown, f"no session of Spark was had ({type(trouble).__name__})", "check the master's URL")


@contextmanager
def _quiet() -> Iterator[None]:
    """Spark's own launcher writes to the file of standard error; only a session's own words may stand there."""
    logger = logging.getLogger("py4j")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    saved, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    os.close(nothing)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        logger.setLevel(level)


class _Tables(Mapping[str, Mapping[str, Kind]]):
    """The tables of a session's database; a table's columns are asked for when they are wanted."""

    def __init__(self, spark: SparkSession, schema: str | None) -> None:
        self._spark = spark
        self._schema = schema
        self._names = [table.name for table in spark.catalog.listTables(schema)]

    def __getitem__(self, name: str) -> Mapping[str, Kind]:
        parts = [self._schema, name] if self._schema else [name]
        table = self._spark.table(".".join(f"`{part}`" for part in parts))
        return {column: kind_of(told, "spark") for column, told in table.dtypes}

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def spark_database(spark: SparkSession, at: Address) -> Database:
    """The tables that a session sees. Raises SourceFailed where its database is not there."""

    def write(sql: str) -> None:
        try:
            spark.sql(sql)
        except Exception as trouble:  # noqa: BLE001 - the JVM raises what it likes
            raise not_written(at.shown, trouble) from None

    try:
        tables = _Tables(spark, at.schema)
    except Exception as trouble:  # noqa: BLE001 - the JVM raises what it likes
        why = f"its tables cannot be listed ({type(trouble).__name__})"
        raise unreachable(at.shown, why, "check the name after #") from None
    schema = (at.schema,) if at.schema else ()
    return Database(at.shown, "spark", on_spark(spark), schema, tables, write, lambda: None)
