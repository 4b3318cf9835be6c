"""Spark: the tables that a session sees, or a file's deals handed to a session on this machine."""

from __future__ import annotations

import tempfile

from ...decide.pushed import Pushed
from ...model.diagnostics import Where, WrongUsage, error
from . import Asked
from ._pushed import address_of, in_database, judged, no_url, of_files

MASTERS = ("spark", "sc", "local", "yarn", "k8s")


def check(asked: Asked) -> Pushed:
    """Judges every deal; only figures come back."""
    from ...sources.address import Address
    from ...sources.spark import LOCAL, session, spark_database

    if asked.url is not None:
        at = address_of(asked)
        if at.scheme in ("postgresql", "postgres", "sqlite", "duckdb"):
            raise no_url(asked, "spark")
        if at.scheme not in MASTERS:
            hint = "write postgresql://USER@HOST/DATABASE, sqlite:///FILE, duckdb:///FILE or a Spark master"
            message = "This is no URL of a database that can be read."
            raise WrongUsage(error("DG923", message, Where(at.shown), hint))
        with session(at) as spark:
            return in_database(asked, spark_database(spark, at))
    from ...compile.sql.run import on_spark
    from ...compile.sql.store import to_spark

    work, staged = of_files(asked, "spark")
    with tempfile.TemporaryDirectory() as folder, session(Address(LOCAL, LOCAL)) as spark:
        to_spark(staged, spark, folder)
        return judged(asked, work, on_spark(spark))
