"""The chain of what was done, and how it shows that somebody changed it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from tests.store.model import Pull, ingest, seen

from dealgate.store import Store


def fill(store: Store) -> None:
    for number in range(1, 6):
        ingest(store, Pull(number, number, (seen("d1", "x", str(number)),)))
    assert store.verify_audit() is None


def tamper(raw: sa.Engine, *statements: str) -> None:
    """What somebody can do who may change the database itself."""
    with raw.begin() as connection:
        if raw.dialect.name == "sqlite":
            for word in ("update", "delete"):
                connection.exec_driver_sql(f"DROP TRIGGER audit_no_{word}")
        else:
            connection.exec_driver_sql("ALTER TABLE audit DISABLE TRIGGER ALL")
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.mark.parametrize("column", ["actor", "action", "payload", "hash"])
def test_a_changed_row_is_named_by_its_number(raw: sa.Engine, store: Store, column: str) -> None:
    fill(store)
    tamper(raw, f"UPDATE audit SET {column} = {column} || 'x' WHERE id = 3")
    broken = store.verify_audit()
    assert broken is not None
    assert broken.seq == 3
    assert "changed" in broken.why


def test_a_changed_moment_is_found(raw: sa.Engine, store: Store) -> None:
    fill(store)
    tamper(raw, "UPDATE audit SET at = at + 1 WHERE id = 5")
    broken = store.verify_audit()
    assert broken is not None
    assert broken.seq == 5


def test_a_row_that_was_taken_out_is_named(raw: sa.Engine, store: Store) -> None:
    fill(store)
    tamper(raw, "DELETE FROM audit WHERE id = 2")
    broken = store.verify_audit()
    assert broken is not None
    assert (broken.seq, broken.why) == (2, "it is missing")


def test_a_row_that_is_whole_but_of_another_chain_is_found(raw: sa.Engine, store: Store) -> None:
    fill(store)
    tamper(raw, "DELETE FROM audit WHERE id = 2", "UPDATE audit SET id = 2 WHERE id = 3")
    broken = store.verify_audit()
    assert broken is not None
    assert broken.seq == 2


def test_an_ingest_that_finds_nothing_new_leaves_no_row(store: Store) -> None:
    fill(store)
    ingest(store, Pull(5, 5, (seen("d1", "x", "5"),)))
    assert store.stats()["audit"] == 5
