"""What is refused, in words that help and hold no secret."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from tests.store.model import Pull, ingest, seen, told

from dealgate.model.diagnostics import DealgateError, SourceFailed, WrongUsage
from dealgate.store import Store, database, failures, open_store, rows
from dealgate.store.tables import REVISIONS

SECRET = "s3cret"  # noqa: S105 - of nothing


@contextmanager
def refused(code: str, kind: type[DealgateError] = SourceFailed) -> Iterator[None]:
    with pytest.raises(kind) as caught:
        yield
    (found,) = caught.value.diagnostics
    assert found.code == code
    assert found.suggestion
    # Neither the driver's words nor its parameters hang on it.
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    assert "s3cret" not in f"{caught.value!r} {found.where}"


@pytest.mark.parametrize("url", ["mysql://u:s3cret@h/d", "store.db", "", "sqlite+aiosqlite:///x", "http://u:s3cret@h"])
def test_other_addresses_are_none_of_a_store(url: str) -> None:
    with refused("DG945", WrongUsage):
        open_store(url)


def test_a_file_that_is_not_there_is_no_store_and_is_not_made(tmp_path: Path) -> None:
    with refused("DG936"):
        open_store(f"sqlite:///{tmp_path}/none.db")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path}/none/store.db", ready=False) as store, refused("DG939"):
        store.init()


def test_a_database_of_something_else_is_no_store(tmp_path: Path, postgres_url: str) -> None:
    connection = sqlite3.connect(tmp_path / "other.db")
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    with refused("DG936"):
        open_store(f"sqlite:///{tmp_path}/other.db")
    with refused("DG936"):
        open_store(postgres_url)
    with open_store(postgres_url, ready=False) as store, refused("DG936"):
        store.upgrade()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("deal,stage\n" * 1000)
    with refused("DG939"):
        open_store(f"sqlite:///{tmp_path}/text.db")


def test_a_store_of_a_newer_version_is_left_alone(url: str, raw: sa.Engine, store: Store) -> None:
    with raw.begin() as connection:
        connection.exec_driver_sql("UPDATE dealgate_version SET version_num = '9999'")
    with refused("DG938"):
        open_store(url)
    with open_store(url, ready=False) as newer:
        with refused("DG938"):
            newer.upgrade()
        with refused("DG938"):
            newer.init()


def test_a_store_of_an_older_version_asks_for_the_upgrade(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "REVISIONS", (*REVISIONS, "9999"))
    with pytest.raises(SourceFailed, match="DG937") as caught:
        open_store(url)
    assert caught.value.diagnostics[0].suggestion == "run dealgate store upgrade"


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with refused("DG939"):
        open_store(f"postgresql://u:s3cret@/db?host={tmp_path}", wait=1)


def test_a_database_that_the_server_has_not_is_told(postgres_url: str) -> None:
    url = sa.engine.make_url(postgres_url).set(database="nowhere", password=SECRET)
    with refused("DG939"):
        open_store(url.render_as_string(hide_password=False))


def test_a_user_that_the_server_does_not_know_is_told(postgres_url: str) -> None:
    url = sa.engine.make_url(postgres_url).set(username="nobody", password=SECRET)
    with refused("DG940"):
        open_store(url.render_as_string(hide_password=False))


def test_a_wrong_password_is_told() -> None:
    trouble = psycopg.errors.InvalidPassword("password s3cret failed for Ann")
    found = failures.diagnosed(trouble, "postgresql://db")
    assert found.code == "DG940"
    assert "s3cret" not in str(found)
    assert "Ann" not in str(found)


def test_a_full_disk_of_a_server_is_told() -> None:
    assert failures.diagnosed(psycopg.errors.DiskFull("Ann"), "x").code == "DG942"


def test_a_store_that_another_writes_to_is_told_and_can_be_read(url: str) -> None:
    with open_store(url) as first, open_store(url, wait=0.05) as second:
        with first._database.writing():
            with refused("DG941"):
                ingest(second, Pull(1, 1, (seen("d1", "x", "1"),)))
            assert second.events().height == 0
        assert ingest(second, Pull(1, 1, (seen("d1", "x", "1"),))).new_events == 1


def test_a_file_that_may_only_be_read_is_told(sqlite_maker: Callable[[], str]) -> None:
    file = sqlite_maker().removeprefix("sqlite:///")
    with open_store(f"sqlite:///file:{file}?mode=ro&uri=true") as store, refused("DG944"):
        ingest(store, Pull(1, 1, (seen("d1", "x", "1"),)))


def test_a_user_without_rights_is_told(postgres_maker: Callable[[], str]) -> None:
    url = postgres_maker()
    raw = sa.create_engine(url, poolclass=sa.NullPool)
    with raw.begin() as connection:
        connection.exec_driver_sql("DROP ROLE IF EXISTS store_reader")
        connection.exec_driver_sql("CREATE ROLE store_reader LOGIN")
        connection.exec_driver_sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO store_reader")
    store_reader = sa.engine.make_url(url).set(username="store_reader").render_as_string(hide_password=False)
    with open_store(store_reader) as store:
        assert store.events().height == 0
        with refused("DG944"):
            ingest(store, Pull(1, 1, (seen("d1", "x", "1"),)))
    with raw.begin() as connection:
        connection.exec_driver_sql("DROP OWNED BY store_reader")
        connection.exec_driver_sql("DROP ROLE store_reader")


def test_what_the_database_refuses_is_told_without_its_rows(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    ingest(store, Pull(1, 1, (seen("d1", "owner.name", "Ann s3cret"),)))
    monkeypatch.setattr(rows, "numbered", lambda _c, _n, frame: frame.with_columns(id=1))
    with refused("DG947"):
        ingest(store, Pull(2, 2, (told("d1", "x", "s3cret", 1, by="Bo s3cret"),)))
    assert "s3cret" not in caplog.text
    monkeypatch.undo()
    assert ingest(store, Pull(2, 2, (told("d1", "x", "s3cret", 1, by="Bo s3cret"),))).new_events == 1


def test_the_address_is_shown_without_its_password(postgres_maker: object, url: str) -> None:
    shown = sa.engine.make_url(url)
    if shown.get_backend_name() == "postgresql":
        url = shown.set(password=SECRET).render_as_string(hide_password=False)
    with open_store(url) as store:
        assert "s3cret" not in store.shown
        assert store.shown.startswith(("sqlite:///", "postgresql+psycopg://postgres:***@"))


def test_the_room_is_light_until_a_store_is_opened() -> None:
    program = "import sys, dealgate.store as s; s.open_store; print([m for m in ('sqlmodel', 'sqlalchemy', 'alembic', 'polars') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
