"""Stores to test on: SQLite files and databases of the run's own PostgreSQL."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from dealgate.store import Store, open_store

Maker = Callable[[], str]
_NUMBER = itertools.count()


def initialised(url: str) -> str:
    with open_store(url, ready=False) as store:
        store.init()
    return url


@pytest.fixture(scope="session")
def sqlite_maker(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """URLs of new empty stores in files."""
    folder = tmp_path_factory.mktemp("stores")
    template = folder / "template.db"
    initialised(f"sqlite:///{template}")

    def make() -> str:
        file = folder / f"{next(_NUMBER)}.db"
        shutil.copyfile(template, file)
        return f"sqlite:///{file}"

    return make


@pytest.fixture(scope="session")
def postgres_maker(postgres_url: str) -> Maker:
    """URLs of new empty stores on a server."""
    administrator = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    url = sa.engine.make_url(postgres_url)

    def create(name: str, template: str) -> str:
        with administrator.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return url.set(database=name).render_as_string(hide_password=False)

    initialised(create("store_template", "template0"))

    def make() -> str:
        return create(f"store_{next(_NUMBER)}", "store_template")

    return make


@pytest.fixture(scope="session")
def postgres_bare(postgres_url: str, postgres_maker: Maker) -> Maker:
    """URLs of new databases on a server, without tables."""

    def make() -> str:
        name = f"store_{next(_NUMBER)}"
        administrator = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with administrator.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0")
        return sa.engine.make_url(postgres_url).set(database=name).render_as_string(hide_password=False)

    return make


@pytest.fixture(params=["sqlite", "postgres"])
def maker(request: pytest.FixtureRequest) -> Maker:
    """New empty stores of either kind."""
    made: Maker = request.getfixturevalue(f"{request.param}_maker")
    return made


@pytest.fixture
def url(maker: Maker) -> str:
    return maker()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened


@pytest.fixture
def raw(url: str) -> sa.Engine:
    """The database behind the store, past everything of the store's."""
    return sa.create_engine(url, poolclass=sa.NullPool)


def exported(store: Store, folder: Path) -> dict[str, bytes]:
    """What an export holds, by file."""
    return {file.name: file.read_bytes() for file in store.export(folder)}
