"""The tables: made by migrations, as they are declared, and closed to change."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.store.model import Pull, asked, decided, ingest, seen, told

from dealgate.model.call import Call, Frozen
from dealgate.model.commitment import Commitment
from dealgate.model.diagnostics import SourceFailed
from dealgate.model.finding import Finding, Snooze
from dealgate.store import Store, migrate, open_store
from dealgate.store.tables import APPEND_ONLY, METADATA, REVISIONS

FIRST, LAST = date(2026, 10, 1), date(2026, 12, 31)
PULL = Pull(
    1,
    1,
    (told("d1", "stage", "a", 1, by="Ann"), seen("d1", "owner.name", "Bo")),
    {"d1": [{"name": "Cy", "engaged": True}]},
    playbook=("sha256:1", "{}"),
)


def test_the_migrations_make_what_the_tables_declare(raw: sa.Engine, store: Store) -> None:
    with raw.connect() as connection:
        assert migrate.differences(connection) == []


def test_a_column_more_would_be_found(raw: sa.Engine, store: Store) -> None:
    with raw.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE person ADD COLUMN more TEXT")
        assert migrate.differences(connection) != []


def test_the_versions_known_are_those_of_the_migrations() -> None:
    assert migrate.revisions() == REVISIONS


def test_all_tables_but_those_of_persons_and_of_enforcement_are_append_only() -> None:
    assert set(APPEND_ONLY) == METADATA.tables.keys() - {"person", "outbox", "enforcement", "finding"}


@pytest.mark.parametrize("name", APPEND_ONLY)
def test_the_database_refuses_to_change_what_is_append_only(raw: sa.Engine, store: Store, name: str) -> None:
    ingest(store, PULL)
    with store.overriding() as overrides:
        overrides.decide(overrides.ask(asked("d1", 2)), decided("approved", 3))
    at = datetime(2026, 11, 23, tzinfo=UTC)
    finding = Finding("no-amount", "hygiene", "deal", "d1", "warn", "No amount")
    with store.findings("practical", writing=True) as findings:
        findings.keep([finding], (), at)
        findings.snooze(finding.key, Snooze("Asked", date(2026, 12, 1), "Max Berg"), at, at)
    with store.commitments(writing=True) as commitments:
        said = Commitment("", "Rita Lind", "Call", at.date(), at.date(), "Max Berg")
        commitments.end(commitments.agree(said, at, at).id, "done", "", "Max Berg", at.date(), at, at)
    with store.calls(writing=True) as calls:
        calls.call(Call("", FIRST, LAST, "rep", "Rita Lind", "Asked", at, at))
        calls.freeze([Frozen(FIRST, LAST, "mid", "naive", "USD", 1, "sha256:1", at, at, at)], "Max Berg")
    with raw.connect() as connection:
        assert connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar()
    statements = [f"UPDATE {name} SET id = id + 1", f"DELETE FROM {name}"]
    if raw.dialect.name == "sqlite":
        row = "SELECT * FROM " + name + " LIMIT 1"
        statements += [f"INSERT OR REPLACE INTO {name} {row}", f"REPLACE INTO {name} {row}"]
        if name == "override":
            columns = "deal, criterion, playbook, digest, reason, text, requester, owner, until, at, recorded_at"
            again = f"INSERT OR REPLACE INTO override (id, ident, {columns}) SELECT 99, ident, {columns} FROM override"
            statements.append(again)
    else:
        statements.append(f"TRUNCATE {name} CASCADE")
    for statement in statements:
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), raw.begin() as connection:
            connection.exec_driver_sql(statement)


def test_a_store_of_the_first_version_is_brought_to_this_one_and_keeps_what_it_has(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    urls = [f"sqlite:///{tmp_path}/old.db", request.getfixturevalue("postgres_bare")()]
    for url in urls:
        with open_store(url, ready=False) as store:
            with store._database.writing() as connection:
                migrate.upgrade(connection, "0001")
            ingest(store, PULL)
            with pytest.raises(SourceFailed, match="DG937"):
                open_store(url)
            assert store.upgrade() is True
        with open_store(url) as store:
            assert store.events().height == 2
            assert store.overrides() == []
            with store.overriding() as overrides:
                overrides.ask(asked("d1", 2))
            assert store.verify_audit() is None
        with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
            assert migrate.differences(connection) == []


def test_a_store_of_the_fourth_version_is_brought_to_this_one_and_takes_commitments(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    urls = [f"sqlite:///{tmp_path}/old.db", request.getfixturevalue("postgres_bare")()]
    at = datetime(2026, 11, 23, tzinfo=UTC)
    for url in urls:
        with open_store(url, ready=False) as store:
            with store._database.writing() as connection:
                migrate.upgrade(connection, "0004")
            ingest(store, PULL)
            with store.overriding() as overrides:
                kept = overrides.decide(overrides.ask(asked("d1", 2)), decided("approved", 3))
            with pytest.raises(SourceFailed, match="DG937"):
                open_store(url)
            assert store.upgrade() is True
        with open_store(url) as store:
            assert store.overrides() == [kept]
            with store.commitments(writing=True) as commitments:
                assert commitments.all() == ()
                commitments.agree(Commitment("", "Bo", "Calls", at.date(), at.date(), "Max Berg", deal="d1"), at, at)
            assert store.verify_audit() is None
        with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
            assert migrate.differences(connection) == []


def test_a_store_of_the_fifth_version_is_brought_to_this_one_and_takes_calls(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    urls = [f"sqlite:///{tmp_path}/old.db", request.getfixturevalue("postgres_bare")()]
    at = datetime(2026, 11, 23, tzinfo=UTC)
    for url in urls:
        with open_store(url, ready=False) as store:
            with store._database.writing() as connection:
                migrate.upgrade(connection, "0005")
            with store.commitments(writing=True) as commitments:
                agreed = commitments.agree(Commitment("", "Bo", "Calls", at.date(), at.date(), "Max Berg"), at, at)
            with pytest.raises(SourceFailed, match="DG937"):
                open_store(url)
            assert store.upgrade() is True
        with open_store(url) as store:
            with store.commitments() as commitments:
                assert commitments.all() == (agreed,)
            with store.calls(writing=True) as calls:
                assert calls.all() == calls.frozen() == ()
                made = calls.call(Call("", FIRST, LAST, "rep", "Bo", "Asked", at, at))
                assert calls.all() == (made,)
            assert store.verify_audit() is None
        with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
            assert migrate.differences(connection) == []


def test_a_store_is_made_once(url: str) -> None:
    with open_store(url, ready=False) as store:
        assert store.init() is False
        assert store.upgrade() is False


def test_a_store_in_a_file_is_read_while_it_is_written(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path}/new.db", ready=False) as store:
        assert store.init() is True
        with store._database.writing() as writing, store._database.reading() as reading:
            assert writing.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert reading.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert store.events().height == 0
        assert store.children() == {}
        assert store.verify_audit() is None
        store.vacuum()
