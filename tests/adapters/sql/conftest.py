"""A database for each test: SQLite, and PostgreSQL where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from .base import OPEN, Database, House, house


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Database]:
    """An SQLite file."""
    url = f"sqlite:///{tmp_path / 'warehouse.db'}"
    db = Database(url, sa.create_engine(url))
    db.run("CREATE TABLE unrelated (x)")
    yield db
    db.engine.dispose()


@pytest.fixture
def postgres(postgres_url: str, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database of its own in the PostgreSQL of this run."""
    top = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    name = f"sql_{abs(hash(request.node.nodeid)):x}"
    with top.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    url = sa.make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    db = Database(url, sa.create_engine(url))
    yield db
    db.engine.dispose()
    with top.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    top.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def db(request: pytest.FixtureRequest) -> Database:
    """Either."""
    return request.getfixturevalue("lite" if request.param == "sqlite" else "postgres")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    """A mirror and a store."""
    made = house(tmp_path / "home")
    yield made
    made.store.close()
