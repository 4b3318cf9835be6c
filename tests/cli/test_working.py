"""What works off the inbox: the same path as a sync, and a record is done only when the store has what was told of it."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.crm import Crm, FakeAdapter
from tests.sync.house import MAPPING
from tests.sync.test_heard import Lagging

from dealgate.cli import options
from dealgate.cli.logs import Redactor, set_up
from dealgate.cli.syncing import source_named, synced
from dealgate.cli.working import BUSY, LONGEST, OFTEN, TRIES, Worker
from dealgate.model.diagnostics import SourceFailed, error
from dealgate.ports import Cursor, Page, Reference, Trouble, Webhook
from dealgate.store import open_store
from dealgate.sync import adapters
from dealgate.sync.door import Called, Door
from dealgate.sync.inbox import Inbox

from .running import dealgate

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


class Desk:
    """A workspace with the CRM in memory, its inbox, and a worker that is moved by hand."""

    def __init__(self, folder: Path, adapter: Callable[[Crm], FakeAdapter] = FakeAdapter) -> None:
        (folder / "ours").mkdir(parents=True)
        (folder / "ours" / "fake.yaml").write_text(MAPPING, "utf-8")
        (folder / "dealgate.yaml").write_text(
            "kind: workspace/v1\nid: mine\ntitle: Mine\nprocesses: [practical]\nrules: [ours]\n"
            "sources: {crm: {adapter: fake, mapping: fake}}\n", "utf-8",
        )  # fmt: skip
        assert dealgate("store", "init").code == 0
        self.folder, self.crm, self.out, self.troubles = folder, Crm(), io.StringIO(), dict[str, str]()
        self.adapter = adapter(self.crm)
        self.inbox = Inbox(folder / ".dealgate" / "inbox.db")
        door = Door([Called("crm", self.adapter)], self.inbox, lambda: NOW, "http://127.0.0.1")
        self.worker = Worker({"crm": source_named("crm")}, self.inbox, door, self.troubles, 0.0, self._log())

    def _log(self) -> Any:
        with set_up(Redactor(), lambda: NOW, self.out, human=False) as log:
            return log

    @property
    def said(self) -> list[str]:
        """What the log tells, source by source."""
        lines = [json.loads(line) for line in self.out.getvalue().splitlines()]
        return [f"{line['source']}: {line['said']}" for line in lines]

    def tell(self, *deals: str, id: str = "") -> None:  # noqa: A002
        refs = tuple(Reference("deals", deal) for deal in deals)
        assert self.inbox.keep("crm", Webhook(refs, id or "-".join(deals)), NOW) == "kept"

    def turn(self) -> float:
        """One turn of the worker, whatever it would still wait for; the seconds until the next."""
        self.worker._next["crm"] = 0.0
        return self.worker._turn("crm")

    def store(self) -> list[tuple[object, ...]]:
        """All that the store holds of deals."""
        with open_store(f"sqlite:///{self.folder / 'dealgate.db'}") as store:
            return sorted(store.events().rows(), key=repr)


def stages(desk: Desk) -> list[tuple[object, ...]]:
    """Deal, stage and how it is known."""
    return [(row[0], row[2], row[7]) for row in desk.store() if row[1] == "stage"]


@pytest.fixture
def desk(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []
    monkeypatch.setattr(options, "now", lambda: NOW)
    monkeypatch.setattr(adapters, "open_adapter", lambda *_: made[-1].adapter)

    def make(name: str = "one", adapter: Callable[[Crm], FakeAdapter] = FakeAdapter) -> Desk:
        folder = elsewhere / name
        folder.mkdir()
        monkeypatch.chdir(folder)
        made.append(Desk(folder, adapter))
        return made[-1]

    yield make
    for one in made:
        one.inbox.close()


def changes(crm: Crm) -> None:
    for n in range(6):
        crm.deal(str(n), "prospecting", Name=f"Deal {n}", Amount=n)
    crm.tick()
    crm.deal("3", "qualification")
    crm.deal("4", "proposal")
    crm.put("deal_contacts", "c1", {"Deal": "4", "Name": "Ada"}, "4")
    crm.tick()
    crm.delete("5")


@pytest.mark.parametrize("told", [["3", "4", "5", "0"], ["5", "0", "4", "3"], ["5", "3", "never-was", "3"]])
def test_the_order_in_which_it_is_told_leaves_no_trace(desk: Callable[..., Desk], told: Sequence[str]) -> None:
    plain = desk("plain")
    changes(plain.crm)
    synced(source_named("crm"))
    wanted = plain.store()
    assert wanted
    one = desk("told")
    changes(one.crm)
    for n, deal in enumerate(told):
        one.tell(deal, id=str(n))
    one.turn()
    assert one.store() == wanted
    assert one.inbox.count("crm") == 0


def test_what_died_between_the_store_and_the_inbox_is_done_again_and_changes_nothing(desk: Callable[..., Desk]) -> None:
    one = desk()
    changes(one.crm)
    one.tell("3", "5")
    synced(source_named("crm"), heard=[held.ref for held in one.inbox.waiting("crm", 10)])
    before = one.store()
    assert one.inbox.count("crm") == 2, "it died here"
    one.turn()
    assert (one.store(), one.inbox.count("crm")) == (before, 0)


def test_what_the_crm_does_not_show_yet_is_looked_for_again_and_then_given_up(desk: Callable[..., Desk]) -> None:
    one = desk("lagging", Lagging)
    one.crm.deal("1", "qualification")
    assert isinstance(one.adapter, Lagging)
    one.adapter.index()
    one.tell("1")
    one.turn()
    assert one.inbox.count("crm") == 0
    one.crm.tick()
    one.crm.deal("1", "proposal")
    one.crm.deal("2", "qualification")
    one.tell("1", "2", id="later")
    one.turn()
    assert one.said[-1] == "crm: told of 2; 0 taken over, 0 new, 0 gone; 2 not shown by the CRM yet"
    assert stages(one) == [("1", "qualification", "told")]
    one.adapter.index()
    one.turn()
    assert one.said[-1] == "crm: told of 2; 2 taken over, 1 new, 0 gone"
    told = [("1", "qualification", "told"), ("1", "proposal", "told"), ("2", "qualification", "told")]
    assert sorted(stages(one)) == sorted(told), "nothing was seen by halves"
    one.crm.tick()
    one.crm.deal("3", "qualification")
    one.tell("3")
    waits = []
    for _ in range(TRIES):
        assert one.inbox.count("crm") == 1
        waits.append(one.turn())
    assert waits == [2.0**n for n in range(TRIES)]
    assert one.inbox.count("crm") == 0
    assert one.said[-1].endswith(f"1 given up, for the CRM did not show them in {TRIES} pulls")


def test_while_the_crm_is_down_it_waits_longer_and_longer_and_loses_nothing(desk: Callable[..., Desk]) -> None:
    class Down(FakeAdapter):
        up = False

        def pull(self, *given):  # type: ignore[no-untyped-def]
            if not self.up:
                raise Trouble("unreachable", "The CRM cannot be reached.", "wait")
            return super().pull(*given)

    one = desk("down", Down)
    one.crm.deal("1", "qualification")
    one.tell("1")
    waits = [one.turn() for _ in range(12)]
    assert waits[:4] == [1.0, 2.0, 4.0, 8.0] and waits[-1] == LONGEST
    assert one.troubles == {"crm": "DG970"}
    told = "The CRM cannot be reached. What to do: wait. What was told waits, and is looked at again in 1 s"
    assert one.said[0] == f"crm: failed: DG970: {told}"
    assert isinstance(one.adapter, Down)
    one.adapter.up = True
    assert one.turn() == 0.0
    assert (one.troubles, one.inbox.count("crm"), len(one.store()) > 0) == ({}, 0, True)


def test_a_stream_that_fails_keeps_all_of_it_waiting(desk: Callable[..., Desk]) -> None:
    class NoHistory(FakeAdapter):
        def pull(self, stream, *given):  # type: ignore[no-untyped-def]
            if stream == "stage_changes":
                raise Trouble("forbidden", "The history may not be read.", "ask")
            return super().pull(stream, *given)

    one = desk("forbidden", NoHistory)
    one.crm.deal("1", "qualification")
    one.tell("1")
    one.turn()
    assert (one.troubles, one.inbox.count("crm"), one.store()) == ({"crm": "DG972"}, 1, [])


def test_a_stage_that_nobody_mapped_is_told_once_until_it_is_another(desk: Callable[..., Desk]) -> None:
    one = desk()
    one.crm.deal("1", "legal review")
    for n in range(3):
        one.tell("1", id=str(n))
        one.turn()
    assert [line for line in one.said if "DG966" in line] == [
        "crm: DG966: 1 deal is in `legal review`, a stage of the CRM that the mapping does not know: 1. "
        "What to do: list it under `stage` in an overlay of the mapping; `dealgate describe crm` shows every stage"
    ]


@pytest.mark.parametrize("mistake", [ValueError("Ada Okafor"), SourceFailed(error("DG950", "The store fails."))])
def test_a_mistake_does_not_end_it_and_its_words_are_not_told(
    desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch, mistake: Exception
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise mistake

    one = desk()
    one.tell("1")
    monkeypatch.setattr("dealgate.cli.syncing.synced", fails)
    assert one.turn() == 1.0
    assert one.inbox.count("crm") == 1 and list(one.troubles)
    assert "Ada" not in "".join(one.said)


def test_where_nothing_waits_nothing_is_asked_of_the_crm(desk: Callable[..., Desk]) -> None:
    one = desk()
    assert one.turn() == OFTEN
    assert (one.crm.requests, one.said) == (0, [])


def test_a_crm_that_is_down_for_weeks_does_not_end_the_worker(desk: Callable[..., Desk]) -> None:
    class Down(FakeAdapter):
        def pull(self, *_: object) -> Page:
            raise Trouble("unreachable", "The CRM cannot be reached.", "wait")

    one = desk("down", Down)
    one.tell("1")
    one.worker._failures["crm"] = 5_000
    assert one.turn() == LONGEST
    assert one.inbox.count("crm") == 1


def test_ids_of_deliveries_are_let_go_though_nothing_waits_or_no_sync_succeeds(desk: Callable[..., Desk]) -> None:
    one = desk()
    assert one.inbox.keep("crm", Webhook((), "ping"), NOW - timedelta(days=4)) == "kept"
    one.worker._tidy()
    with sqlite3.connect(one.inbox.path) as db:
        assert db.execute("SELECT count(*) FROM delivery").fetchone() == (0,)
    db.close()


def test_a_working_copy_that_is_damaged_is_told_as_what_it_is(desk: Callable[..., Desk]) -> None:
    one = desk()
    one.tell("1")
    (one.folder / ".dealgate" / "crm.mirror.db").write_bytes(b"somebody's notes, and no database at all" * 50)
    one.turn()
    assert one.troubles == {"crm": "DG869"}
    assert one.said[0].startswith("crm: failed: DG869: The working copy cannot be used: file is not a database.")
    ran = dealgate("sync", "crm")
    assert ran.code == 5 and "error DG869" in ran.err and ".dealgate/crm.mirror.db" in ran.err


def test_another_process_at_work_is_waited_for_and_is_no_failure(desk: Callable[..., Desk]) -> None:
    one = desk()
    one.crm.deal("1", "qualification")
    one.tell("1")
    held = sqlite3.connect(one.folder / ".dealgate" / "crm.lock", isolation_level=None)
    held.execute("BEGIN EXCLUSIVE")
    assert [one.turn(), one.turn()] == [BUSY, BUSY], "not longer and longer"
    assert (one.troubles, len(one.said)) == ({"crm": "DG979"}, 1), "told once"
    held.close()
    one.turn()
    assert (one.troubles, one.inbox.count("crm")) == ({}, 0)


def test_it_ends_between_two_pages_and_goes_on_there(desk: Callable[..., Desk]) -> None:
    class Signalled(FakeAdapter):
        ends = True

        def pull(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
            if stream == "deals" and self.ends:
                one.worker._stop.set()
            return super().pull(stream, cursor, limit)

    one = desk("signalled", Signalled)
    one.crm.deal("1", "qualification")
    one.tell("1")
    one.turn()
    assert one.said == ["crm: stopped: ended after 1 of deals"]
    assert (one.troubles, one.inbox.count("crm"), one.store()) == ({}, 1, [])
    requests = one.crm.requests
    one.worker._stop.clear()
    assert isinstance(one.adapter, Signalled)
    one.adapter.ends = False
    one.turn()
    assert (one.inbox.count("crm"), stages(one)) == (0, [("1", "qualification", "told")])
    assert requests > 0
