"""Personal values stand in one table; erasing one leaves the rest whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.store.conftest import exported
from tests.store.model import Pull, day, events, ingest, process, seen, told

from dealgate.store import ERASED, Store, people
from dealgate.store.tables import METADATA

NAMES = ("Ann Ownerson", "Bo Changer", "Cy Contact", "cy@buyer.example", "Di Caller")
PULL = Pull(
    2,
    2,
    (seen("d1", "owner.name", "Ann Ownerson"), told("d1", "stage", "a", 1, by="Bo Changer"), seen("d1", "x", "open")),
)


def fill(store: Store) -> None:
    import polars as pl

    children = {
        "contacts": pl.DataFrame(
            {"deal": ["d1"], "position": [0], "name": ["Cy Contact"], "email": ["cy@buyer.example"]}
        ),
        "activities": pl.DataFrame({"deal": ["d1"], "position": [0], "contact_name": ["Di Caller"]}),
    }
    store.ingest("crm", process(), events(PULL.rows), children, seen_at=day(2), recorded_at=day(2))


def everywhere(raw: sa.Engine, *, but: str) -> str:
    """All that stands in the tables, as text."""
    with raw.connect() as connection:
        found = {
            name: [[str(cell) for cell in row] for row in connection.execute(sa.select(table))]
            for name, table in METADATA.tables.items()
            if name != but
        }
    return json.dumps(found, ensure_ascii=False)


def test_personal_values_stand_in_the_table_of_persons_alone(raw: sa.Engine, store: Store) -> None:
    fill(store)
    assert "open" in everywhere(raw, but="person")
    for name in NAMES:
        assert name not in everywhere(raw, but="person")
        assert name in everywhere(raw, but="audit")


def test_a_digest_is_salted_for_each_person(raw: sa.Engine, store: Store) -> None:
    fill(store)
    with raw.connect() as connection:
        salts = dict(connection.exec_driver_sql("SELECT id, salt FROM person").all())
        values = dict(connection.exec_driver_sql("SELECT id, value FROM person").all())
        digests = dict(connection.exec_driver_sql("SELECT id, digest FROM person_digest").all())
    assert len(set(salts.values())) == len(values) == len(NAMES)
    assert digests == {number: people.digest(salts[number], values[number]) for number in values}


def test_an_erased_person_is_told_of_as_erased(store: Store) -> None:
    fill(store)
    assert store.erase("ann ownerson ", "BO CHANGER", "cy contact", "nobody", at=day(3)) == 3
    found = store.events()
    assert found["value"].to_list() == [ERASED, "a", "open"]
    assert found["by"].to_list() == [None, ERASED, None]
    (contact,) = store.children()["contacts"].rows(named=True)
    assert (contact["name"], contact["email"]) == (ERASED, "cy@buyer.example")
    assert store.stats()["erased"] == 3
    assert store.verify_audit() is None
    assert store.erase("Ann Ownerson", at=day(4)) == 0


def test_an_erasure_is_in_the_audit_by_number_and_digest(raw: sa.Engine, store: Store) -> None:
    fill(store)
    store.erase("Ann Ownerson", at=day(3), actor="Eve Officer")
    with raw.connect() as connection:
        row = connection.exec_driver_sql("SELECT actor, action, payload FROM audit ORDER BY id DESC").first()
        digests = connection.exec_driver_sql("SELECT digest FROM person_digest").scalars().all()
        salts = connection.exec_driver_sql("SELECT salt FROM person WHERE value IS NULL").scalars().all()
    assert row is not None
    assert row.action == "erase"
    assert row.actor.startswith("person:")
    assert json.loads(row.payload)["persons"][0]["digest"] in digests
    assert salts == [None]
    assert "Eve" not in everywhere(raw, but="person")


def test_nothing_of_an_erased_person_is_left_in_the_file(sqlite_maker: object, tmp_path: Path) -> None:
    from dealgate.store import open_store

    file = tmp_path / "store.db"
    with open_store(f"sqlite:///{file}", ready=False) as store:
        store.init()
        fill(store)
        assert any(b"Ann Ownerson" in one.read_bytes() for one in tmp_path.iterdir())
        store.erase("Ann Ownerson", at=day(3))
        assert not [one.name for one in tmp_path.iterdir() if b"Ann Ownerson" in one.read_bytes()]
        assert any(b"Bo Changer" in one.read_bytes() for one in tmp_path.iterdir())


def test_an_export_after_an_erasure_names_the_person_no_more(store: Store, tmp_path: Path) -> None:
    fill(store)
    before = exported(store, tmp_path / "before")
    store.erase(*NAMES, at=day(3))
    after = exported(store, tmp_path / "after")
    for name in NAMES:
        assert any(name.encode() in content for content in before.values())
        assert not any(name.encode() in content for content in after.values())


@pytest.mark.parametrize("again", [2, 5])
def test_the_store_goes_on_after_an_erasure(store: Store, again: int) -> None:
    fill(store)
    store.erase("Bo Changer", at=day(3))
    ingest(store, Pull(again, again, (seen("d1", "owner.name", "Ann Ownerson"), seen("d1", "x", "open"))))
    ingest(store, Pull(6, 6, (seen("d1", "x", "shut"),)))
    assert store.events()["value"].to_list() == ["Ann Ownerson", "a", "open", "shut"]
    assert store.verify_audit() is None


def test_a_person_who_was_erased_does_not_come_back_with_what_is_known_already(raw: sa.Engine, store: Store) -> None:
    fill(store)
    store.erase("Bo Changer", at=day(3))
    ingest(store, Pull(5, 5, PULL.rows))
    assert ingest(store, PULL).new_events == 0
    assert "Bo Changer" not in everywhere(raw, but="audit")
    assert store.events(fields=["stage"])["by"].to_list() == [ERASED]
