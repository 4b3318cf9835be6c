"""A Spark of the tests' own: in this process, on one thread, without its web pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class NoSpark(Exception):
    """There is none here; the text says what is missing."""


@contextmanager
def session(folder: Path) -> Iterator[SparkSession]:
    """A local session that keeps what it writes in a folder; raises NoSpark without PySpark or Java."""
    try:
        from pyspark.sql import SparkSession
    except ModuleNotFoundError:
        raise NoSpark("PySpark is not installed: the extra `spark`") from None
    if shutil.which("java") is None:
        raise NoSpark("no java on this machine")
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.session.timeZone": "America/New_York",  # staging holds moments without a zone: this must not matter
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.driver.extraJavaOptions": f"-Dderby.system.home={folder}",
    }
    builder = SparkSession.builder.master("local[1]")
    for key, value in settings.items():
        builder = builder.config(key, value)
    made = builder.getOrCreate()
    made.sparkContext.setLogLevel("OFF")
    try:
        yield made
    finally:
        made.stop()
