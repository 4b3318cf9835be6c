"""What is decided goes into our own table, once; the source's tables are never written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from dealgate.ports import Action, CreateTask, MoveStage, Note, SetFields
from dealgate_adapters.sql import SqlAdapter

from .base import Database, House, filled, opened, opportunity

FIVETRAN = "fivetran-salesforce"
DEAL = "00600001"


def results(db: Database) -> list[tuple[object, ...]]:
    return db.rows('SELECT "key", deal, action, field, value, text FROM dealgate_results ORDER BY "key"')


def contents(db: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every table but our own."""
    names = sa.inspect(db.engine).get_table_names()
    return {name: sorted(db.rows(f'SELECT * FROM "{name}"'), key=repr) for name in names if name != "dealgate_results"}


def test_each_action_is_one_row_in_our_own_table(db: Database) -> None:
    filled(db, 3)
    before = contents(db)
    adapter = opened(db.url, shape=FIVETRAN)
    actions: list[Action] = [
        SetFields(DEAL, {"Readiness__c": 72}, "k1"),
        SetFields(DEAL, {"Readiness__c": 72, "Missing__c": 'a "budget"; --'}, "k2"),
        CreateTask(DEAL, "Find the budget", "Ask Ben.", "k3", owner="005A", due="2026-12-01"),
        Note(DEAL, "Held at the gate.", "k4"),
    ]
    assert [adapter.apply(action).kind for action in actions] == ["applied"] * 4
    assert results(db) == [
        ("k1", DEAL, "set_fields", "Readiness__c", "72", None),
        ("k2", DEAL, "set_fields", "Readiness__c, Missing__c", '{"Readiness__c": 72, "Missing__c": "a \\"budget\\"; --"}', None),
        ("k3", DEAL, "create_task", "Find the budget", '{"owner": "005A", "due": "2026-12-01"}', "Ask Ben."),
        ("k4", DEAL, "note", None, None, "Held at the gate."),
    ]  # fmt: skip
    assert json.loads(str(results(db)[1][4]))["Missing__c"] == 'a "budget"; --'
    assert contents(db) == before


def test_the_same_key_is_written_once(db: Database) -> None:
    filled(db, 3)
    adapter = opened(db.url, shape=FIVETRAN)
    note = Note(DEAL, "Held.", "k")
    assert [adapter.apply(note).kind for _ in range(3)] == ["applied", "already", "already"]
    assert opened(db.url, shape=FIVETRAN).apply(note).kind == "already"
    assert len(results(db)) == 1


def test_a_stage_is_never_moved(db: Database) -> None:
    filled(db, 3)
    before = contents(db)
    outcome = opened(db.url, shape=FIVETRAN).apply(MoveStage(DEAL, "Proposal/Price Quote", "Qualification", "k"))
    assert (outcome.kind, outcome.rule) == ("rejected", "read-only")
    assert "never written" in outcome.text
    assert contents(db) == before
    assert "dealgate_results" not in sa.inspect(db.engine).get_table_names()


def test_a_deal_that_has_changed_or_is_gone_is_a_conflict(db: Database) -> None:
    filled(db, 3)
    adapter = opened(db.url, shape=FIVETRAN)
    version = adapter.apply(Note(DEAL, "Held.", "k0")).version
    assert version is not None
    assert adapter.apply(SetFields(DEAL, {"a": 1}, "k1", expect_version=version)).kind == "applied"
    db.synced()
    db.put("opportunity", [opportunity(db, 1)])
    changed = adapter.apply(SetFields(DEAL, {"a": 1}, "k2", expect_version=version))
    assert (changed.kind, changed.text) == ("conflict", "The deal has changed.")
    assert changed.version not in (None, version)
    assert adapter.apply(Note("006nowhere", "Held.", "k3")).kind == "conflict"
    assert [row[0] for row in results(db)] == ["k0", "k1"]


def test_our_own_table_is_no_stream(db: Database) -> None:
    db.table("deals", sa.Column("id", sa.Text, primary_key=True))
    db.put("deals", [{"id": "a"}])
    opened(db.url).apply(Note("a", "Held.", "k"))
    again = opened(db.url)
    assert again.capabilities().streams == ("deals",)
    assert {field.table for field in again.describe().fields} == {"deals"}


def test_a_pull_changes_no_byte_of_a_file(lite: Database, home: House) -> None:
    filled(lite, 20)
    file = Path(str(lite.engine.url.database))
    lite.engine.dispose()
    before = hashlib.sha256(file.read_bytes()).digest()
    adapter = opened(lite.url, shape=FIVETRAN)
    home.sync(adapter)
    adapter.describe()
    adapter.close()
    assert hashlib.sha256(file.read_bytes()).digest() == before


def test_a_connection_that_reads_cannot_write(db: Database) -> None:
    filled(db, 1)
    adapter = opened(db.url, shape=FIVETRAN)
    with pytest.raises(Exception, match="may not read"), adapter._reading() as connection:
        connection.exec_driver_sql("DELETE FROM opportunity")
    assert len(db.rows("SELECT id FROM opportunity")) == 1


@pytest.fixture
def reader(postgres: Database) -> Iterator[tuple[Database, SqlAdapter]]:
    """A database as a role sees it that may do nothing but read."""
    filled(postgres, 12)
    postgres.run(
        "DROP ROLE IF EXISTS reader", "CREATE ROLE reader LOGIN", "REVOKE CREATE ON SCHEMA public FROM public",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
    )  # fmt: skip
    url = sa.make_url(postgres.url).set(username="reader").render_as_string(hide_password=False)
    adapter = opened(url, shape=FIVETRAN)
    yield postgres, adapter
    adapter.close()
    postgres.run("DROP OWNED BY reader", "DROP ROLE reader")


def test_a_role_that_may_only_read_pulls_all_and_its_writes_are_forbidden(
    reader: tuple[Database, SqlAdapter], home: House
) -> None:
    db, adapter = reader
    _, taken = home.sync(adapter)
    assert taken.deals == 12
    outcome = adapter.apply(Note(DEAL, "Held.", "k"))
    assert (outcome.kind, outcome.text) == (
        "forbidden", "The table `dealgate_results` is not there, and this user may not create it."
    )  # fmt: skip
    opened(db.url, shape=FIVETRAN).apply(Note(DEAL, "Held.", "k"))  # its owner makes it
    db.run("GRANT SELECT ON dealgate_results TO reader")
    assert adapter.apply(Note(DEAL, "Held.", "k")).kind == "already"
    outcome = adapter.apply(Note(DEAL, "Held.", "k2"))
    assert (outcome.kind, outcome.text) == ("forbidden", "This user may not write into `dealgate_results`.")
    db.run("GRANT INSERT ON dealgate_results TO reader")
    assert adapter.apply(Note(DEAL, "Held.", "k2")).kind == "applied"


def test_results_may_stand_in_a_schema_of_their_own(postgres: Database) -> None:
    filled(postgres, 2)
    postgres.run("CREATE SCHEMA ours")
    assert opened(postgres.url, shape=FIVETRAN, results_schema="ours").apply(Note(DEAL, "x", "k")).kind == "applied"
    assert postgres.rows("SELECT deal FROM ours.dealgate_results") == [(DEAL,)]
    assert "dealgate_results" not in sa.inspect(postgres.engine).get_table_names()
