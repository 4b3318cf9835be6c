"""The outbox, on both databases: a key is one write, a step is one link, and what changed since is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from tests.store.model import Pull, ingest, seen, told

from dealgate.store import Store
from dealgate.store.outbox import Item, Mark, Outbox

AT = datetime(2026, 11, 1, 8, tzinfo=UTC)
ONE = Item("k1", "d1", "create_task", "qualification.amount", "qualification#1", "digest")
TWO = replace(ONE, key="k2", deal="d2", kind="set_fields")
FIRST = Pull(1, 1, (told("d1", "stage", "a", 1), seen("d1", "owner.name", "Bo"), told("d2", "stage", "a", 1)), {})


@pytest.fixture
def outbox(store: Store) -> Outbox:
    ingest(store, FIRST)
    with store._database.reading() as connection:
        (name,) = connection.execute(sa.text("SELECT name FROM source")).scalars()
    return store.outbox(name)


def states(outbox: Outbox) -> dict[str, str]:
    return {key: row.state for key, row in outbox.rows().items()}


def test_a_row_goes_from_planned_to_sent_to_its_end(store: Store, outbox: Outbox) -> None:
    outbox.begin("p1", [ONE, TWO], AT, "sha256:1")
    assert states(outbox) == {"k1": "planned", "k2": "planned"}
    outbox.sent(ONE, "p1", "v1", AT)
    row = outbox.rows(["k1"])["k1"]
    assert (row.state, row.expected, row.item) == ("sent", "v1", ONE)
    outbox.ended(ONE, "p1", "done", "applied", "", "v2", AT)
    outbox.sent(TWO, "p1", None, AT)
    outbox.back(TWO, "p1", AT)
    assert states(outbox) == {"k1": "done", "k2": "planned"}
    assert outbox.rows(["k1"])["k1"].version == "v2"
    assert store.verify_audit() is None


def test_the_same_plan_again_plans_anew_only_what_failed(outbox: Outbox) -> None:
    three, four = replace(ONE, key="k3"), replace(ONE, key="k4")
    outbox.begin("p1", [ONE, TWO, three, four], AT, "")
    outbox.ended(ONE, "p1", "failed", "rejected", "RULE", None, AT)
    outbox.ended(TWO, "p1", "conflict", "conflict", "", None, AT)
    outbox.ended(three, "p1", "done", "applied", "", None, AT)
    outbox.sent(four, "p1", "v1", AT)
    outbox.begin("p1", [ONE, TWO, three, four], AT, "")
    assert states(outbox) == {"k1": "planned", "k2": "conflict", "k3": "done", "k4": "sent"}
    outbox.begin("p2", [TWO, three, four], AT, "")
    assert states(outbox) == {"k1": "planned", "k2": "planned", "k3": "done", "k4": "sent"}
    assert outbox.rows(["k4"])["k4"].expected == "v1"


def test_a_plan_that_ends_drops_what_older_ones_left_but_nothing_that_may_have_been_done(outbox: Outbox) -> None:
    outbox.begin("p1", [ONE, TWO], AT, "")
    outbox.sent(TWO, "p1", None, AT)
    mark = outbox.mark()
    assert outbox.finish("p2", "sha256:1", mark, AT) is True
    assert outbox.finish("p2", "sha256:1", mark, AT) is False
    assert states(outbox) == {"k1": "dropped", "k2": "sent"}
    assert outbox.last() == (mark, "sha256:1")


def test_what_was_learned_since_is_known_by_deal(store: Store, outbox: Outbox) -> None:
    assert outbox.last() is None
    mark = outbox.mark()
    assert outbox.changed(mark) == set()
    assert outbox.changed(Mark()) == {"d1", "d2"}
    ingest(store, Pull(2, 2, (told("d2", "stage", "b", 2),), {}))
    assert outbox.changed(mark) == {"d2"}
    ingest(store, Pull(3, 3, (seen("d1", "@contacts", "synced"),), {"d1": [{"name": "Cy", "engaged": True}]}))
    assert outbox.changed(mark) == {"d1", "d2"}
    later = outbox.mark()
    assert later.seen_at is not None and mark.seen_at is not None and later.seen_at > mark.seen_at
    assert outbox.first_seen() == mark.seen_at


def test_a_source_that_is_not_known_has_nothing(store: Store, outbox: Outbox) -> None:
    other = store.outbox("nowhere")
    assert (other.rows(), other.last(), other.first_seen(), other.mark().seen_at) == ({}, None, None, None)
    outbox.begin("p1", [ONE], AT, "")
    assert other.rows() == {}
    assert store.filled("nowhere", "deal", ["d1"]).height == 0


def test_the_fields_that_ever_had_a_value_are_known(store: Store, outbox: Outbox) -> None:
    found = store.filled(outbox.source, "deal", ["d1", "none"])
    assert {"stage", "owner.name"} <= set(found["field"])
    assert set(found["deal"]) == {"d1"}
    assert store.filled(outbox.source, "deal", []).height == 0


def test_a_code_that_is_no_code_is_not_kept(outbox: Outbox) -> None:
    outbox.begin("p1", [ONE, TWO], AT, "")
    outbox.ended(ONE, "p1", "failed", "rejected", "Ada Lovelace said no", None, AT)
    outbox.ended(TWO, "p1", "failed", "rejected", "FIELD_LOCKED:7", None, AT + timedelta(hours=1))
    assert [row.rule for row in outbox.rows().values()] == ["", "FIELD_LOCKED:7"]
