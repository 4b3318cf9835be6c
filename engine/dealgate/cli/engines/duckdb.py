"""DuckDB: the tables of a DuckDB file where they are, or a file's deals in memory."""

from __future__ import annotations

from ...decide.pushed import Pushed
from . import Asked
from ._pushed import address_of, in_database, judged, no_url, of_files


def check(asked: Asked) -> Pushed:
    """Judges every deal; only figures come back."""
    from ...sources.database import database, no_driver

    if asked.url is not None:
        at = address_of(asked)
        if at.scheme != "duckdb":
            raise no_url(asked, "duckdb")
        with database(at, writing=asked.into is not None) as found:
            return in_database(asked, found)
    try:
        import duckdb
    except ModuleNotFoundError:
        raise no_driver("duckdb", "duckdb") from None
    from ...compile.sql.run import on_duckdb
    from ...compile.sql.store import to_duckdb

    work, staged = of_files(asked, "duckdb")
    with duckdb.connect() as connection:
        to_duckdb(staged, connection)
        return judged(asked, work, on_duckdb(connection))
