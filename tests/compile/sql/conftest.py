"""The engines that plans are run on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .running import Engine, database_engine, duckdb_engine


@pytest.fixture(scope="module", params=["duckdb", "sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Each engine that needs no machine of its own, in turn."""
    if request.param == "duckdb":
        with duckdb_engine() as found:
            yield found
        return
    url = "sqlite://" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with database_engine(url) as found:
        yield found
