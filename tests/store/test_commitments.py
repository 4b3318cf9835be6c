"""Commitments in the store: kept for good, known as of any moment, linked to the audit chain, and free of names."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.store.test_people import everywhere

from dealgate.model.commitment import Commitment
from dealgate.store import ERASED, Store

DAY = date(2026, 11, 23)
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
SAID = Commitment(
    "", "Rita Lind", "Call Ann Bell", DAY + timedelta(days=7), DAY, "Max Berg", team="North", deal="d1",
    theme="next-step", origin="coaching.coach-dates:Rita Lind",
)  # fmt: skip


def agreed(store: Store, said: Commitment = SAID, at: datetime = AT) -> Commitment:
    with store.commitments(writing=True) as commitments:
        return commitments.agree(said, at, at)


def ended(store: Store, ident: str, state: str = "done", days: int = 3) -> Commitment:
    at = AT + timedelta(days=days)
    with store.commitments(writing=True) as commitments:
        return commitments.end(ident, state, "They meet on Friday", "Max Berg", at.date(), at, at)


def kept(store: Store, at: datetime | None = None) -> tuple[Commitment, ...]:
    with store.commitments() as commitments:
        return commitments.all(at)


def test_what_is_agreed_comes_back_as_it_was(store: Store) -> None:
    first, second = agreed(store), agreed(store, SAID.replace(team=None, deal=None, theme="", origin=""))
    assert kept(store) == (first, second)
    assert first == SAID.replace(id=first.id)
    assert first.id != second.id


def test_what_came_of_it_is_kept_beside_it(store: Store) -> None:
    made = agreed(store)
    done = ended(store, made.id)
    assert (done.state, done.result, done.ended) == ("done", "They meet on Friday", date(2026, 11, 26))
    assert kept(store) == (done,)


def test_as_of_an_earlier_moment_it_is_open_or_not_there(store: Store) -> None:
    made = agreed(store)
    ended(store, made.id)
    assert kept(store, AT + timedelta(days=1)) == (made,)
    assert kept(store, AT - timedelta(seconds=1)) == ()


@pytest.mark.parametrize("state", ["done", "missed"])
def test_what_came_of_it_is_said_once(store: Store, state: str) -> None:
    made = agreed(store)
    ended(store, made.id, state)
    with pytest.raises(ValueError, match="once"):
        ended(store, made.id)
    assert len(kept(store)) == 1


@pytest.mark.parametrize(("state", "days"), [("open", 1), ("done", -1)])
def test_it_ends_done_or_missed_and_not_before_it_was_agreed(store: Store, state: str, days: int) -> None:
    made = agreed(store)
    with pytest.raises(ValueError, match="before it was agreed"):
        ended(store, made.id, state, days)
    assert kept(store) == (made,)


def test_what_is_not_there_is_not_ended(store: Store) -> None:
    with pytest.raises(ValueError, match="only an open"):
        ended(store, "nothing")


def test_each_step_is_a_link_of_the_chain(raw: sa.Engine, store: Store) -> None:
    ended(store, agreed(store).id)
    assert store.verify_audit() is None
    with raw.connect() as connection:
        actions = connection.exec_driver_sql("SELECT action FROM audit ORDER BY id").scalars().all()
    assert actions[-2:] == ["commitment agreed", "commitment done"]


def test_who_is_erased_is_named_nowhere_any_more(raw: sa.Engine, store: Store) -> None:
    made = agreed(store)
    ended(store, made.id)
    assert "Rita Lind" in everywhere(raw, but="audit")
    store.erase("Rita Lind", "Ann Bell", at=AT + timedelta(days=5))
    (one,) = kept(store)
    assert (one.who, one.action, one.origin, one.by) == (ERASED, ERASED, ERASED, "Max Berg")
    for name in ("Rita Lind", "Ann Bell"):
        assert name not in everywhere(raw, but="")
    assert store.verify_audit() is None


def test_what_is_entered_later_is_known_from_then_on(store: Store) -> None:
    made = agreed(store)
    at, entered = AT + timedelta(days=3), AT + timedelta(days=6)
    with store.commitments(writing=True) as commitments:
        commitments.end(made.id, "done", "They meet on Friday", "Max Berg", at.date(), at, entered)
        states = {
            days: [one.state for one in commitments.all(AT + timedelta(days=5), AT + timedelta(days=days))]
            for days in (-1, 5, 6)
        }
    assert states == {-1: [], 5: ["open"], 6: ["done"]}


def test_an_end_that_was_written_past_the_chain_is_found(raw: sa.Engine, store: Store) -> None:
    agreed(store)
    with raw.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO coaching_result (id, action, state, result, by, ended, at, recorded_at)"
            " SELECT 9, id, 'done', action, by, due, at, recorded_at FROM coaching_action"
        )
    broken = store.verify_audit()
    assert broken is not None
    assert (broken.seq, "coaching_result" in broken.why) == (2, True)


@pytest.mark.parametrize(
    ("statement", "why"),
    [("UPDATE coaching_action SET due = '2099-01-01'", "another"), ("DELETE FROM coaching_action", "gone")],
)
def test_what_was_agreed_and_then_changed_or_taken_out_is_found(
    raw: sa.Engine, store: Store, statement: str, why: str
) -> None:
    agreed(store)
    with raw.begin() as connection:
        if raw.dialect.name == "sqlite":
            for word in ("update", "delete"):
                connection.exec_driver_sql(f"DROP TRIGGER coaching_action_no_{word}")
        else:
            connection.exec_driver_sql("ALTER TABLE coaching_action DISABLE TRIGGER ALL")
        connection.exec_driver_sql(statement)
    broken = store.verify_audit()
    assert broken is not None
    assert (broken.seq, why in broken.why) == (1, True)


def test_an_export_and_the_figures_of_the_store_have_them(store: Store, tmp_path: Path) -> None:
    made = agreed(store)
    ended(store, made.id)
    assert store.stats()["commitments"] == 1
    store.export(tmp_path)
    (line,) = (tmp_path / "commitments.jsonl").read_text(encoding="utf-8").splitlines()
    told = json.loads(line)
    assert (told["id"], told["who"], told["state"], told["ended"]) == (made.id, "Rita Lind", "done", "2026-11-26")
