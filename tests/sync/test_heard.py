"""What webhooks told of is looked for after a pull: what lags is found later, and what is not there is gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.crm import Crm, FakeAdapter
from tests.sync.house import house

from dealgate.ports import Cursor, Page, Record, Reference, Trouble
from dealgate.sync.heard import AT_ONCE, behind
from dealgate.sync.mirror import Mirror
from dealgate.sync.pull import pull


def deal(ident: str) -> Reference:
    return Reference("deals", ident)


class Lagging(FakeAdapter):
    """Its pull shows deals as a search index does that was last made at ``made``."""

    made: datetime | None = None
    old: dict[str, Any] = {}

    def index(self) -> None:
        self.made, self.old = self.crm.now, dict(self.crm.streams.get("deals", {}))

    def page(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        now = self.crm.streams.get("deals", {})
        if stream == "deals":
            self.crm.streams["deals"] = self.old
        try:
            return super().page(stream, cursor, limit)
        finally:
            self.crm.streams["deals"] = now


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    return Mirror(tmp_path / "mirror.db")


def test_what_the_pull_brought_is_not_behind(mirror: Mirror) -> None:
    crm = Crm()
    crm.deal("1", "qualification")
    crm.put("accounts", "a1", {"Name": "Northwind"})
    adapter = FakeAdapter(crm)
    run = pull(adapter, mirror)
    assert behind(adapter, mirror, [deal("1"), Reference("accounts", "a1")], run) == ()


def test_what_an_index_does_not_show_yet_is_behind_until_it_does(mirror: Mirror) -> None:
    crm = Crm()
    crm.deal("1", "qualification")
    adapter = Lagging(crm)
    adapter.index()
    run = pull(adapter, mirror)
    crm.tick()
    crm.deal("1", "proposal")
    crm.deal("2", "qualification")
    run = pull(adapter, mirror)
    assert set(behind(adapter, mirror, [deal("1"), deal("2")], run)) == {deal("1"), deal("2")}
    adapter.index()
    run = pull(adapter, mirror)
    assert behind(adapter, mirror, [deal("1"), deal("2")], run) == ()
    assert [one.data["Stage"] for one in mirror.records("deals", ["1", "2"])] == ["proposal", "qualification"]


@pytest.mark.parametrize("deletes", ["stream", "flag", "none"])
def test_a_deal_that_is_gone_is_gone_however_the_crm_tells_it(mirror: Mirror, deletes: str) -> None:
    crm = Crm(deletes)
    crm.deal("1", "qualification")
    crm.deal("2", "qualification")
    adapter = FakeAdapter(crm)
    pull(adapter, mirror)
    mirror.taken(mirror.some_waiting(10))
    crm.tick()
    crm.delete("1")
    run = pull(adapter, mirror)
    assert behind(adapter, mirror, [deal("1"), deal("2"), deal("never-seen")], run) == ()
    assert mirror.gone(["1", "2", "never-seen"]) == ["1"]
    assert [one for one, _ in mirror.some_waiting(10)] == ["1"], "it waits to be taken over, and no other"


def test_a_deal_that_comes_back_is_there_again(mirror: Mirror) -> None:
    crm = Crm("none")
    crm.deal("1", "qualification")
    adapter = FakeAdapter(crm)
    pull(adapter, mirror)
    row = crm.streams["deals"]["1"]
    crm.delete("1")
    behind(adapter, mirror, [deal("1")], pull(adapter, mirror))
    assert mirror.gone(["1"]) == ["1"]
    crm.streams["deals"]["1"] = row
    assert behind(adapter, mirror, [deal("1")], pull(adapter, mirror)) == ()
    assert mirror.gone(["1"]) == []


def test_the_deals_of_a_shared_record_that_is_gone_wait(mirror: Mirror) -> None:
    crm = Crm("none")
    crm.put("accounts", "a1", {"Name": "Northwind"})
    crm.deal("1", "qualification", Account="a1")
    crm.deal("2", "qualification")
    adapter = FakeAdapter(crm)
    pull(adapter, mirror)
    mirror.taken(mirror.some_waiting(10))
    del crm.streams["accounts"]["a1"]
    behind(adapter, mirror, [Reference("accounts", "a1")], pull(adapter, mirror))
    assert [one for one, _ in mirror.some_waiting(10)] == ["1"]


def test_a_crm_that_tells_no_moments_is_believed_by_its_pull(mirror: Mirror) -> None:
    class Timeless(Lagging):
        def record(self, *given: Any) -> Record:
            return super().record(*given).replace(modified=None)

    crm = Crm()
    crm.deal("1", "qualification")
    adapter = Timeless(crm)
    adapter.index()
    pull(adapter, mirror)
    crm.deal("1", "proposal")
    assert behind(adapter, mirror, [deal("1")], pull(adapter, mirror)) == ()


def test_each_record_is_asked_for_once_and_only_in_streams_that_are_pulled(mirror: Mirror) -> None:
    class Asked(FakeAdapter):
        calls: list[list[Reference]] = []

        def fetch(self, refs: Sequence[Reference]) -> list[Record]:
            self.calls.append(list(refs))
            return super().fetch(refs)

    crm = Crm()
    many = [deal(f"{n:04}") for n in range(2 * AT_ONCE + 1)]
    for ref in many:
        crm.deal(ref.id, "qualification")
    adapter = Asked(crm)
    run = pull(adapter, mirror)
    others = [Reference("quotes", "q1"), Reference("deletions", "0001")]
    assert behind(adapter, mirror, [*many, *others, *reversed(many)], run) == ()
    assert [len(one) for one in adapter.calls] == [AT_ONCE, AT_ONCE, 1]
    assert [ref for call in adapter.calls for ref in call] == many


def test_records_that_cannot_be_asked_for_again_keep_no_others_waiting(tmp_path: Path) -> None:
    class Deaf(FakeAdapter):
        def fetch(self, refs: Sequence[Reference]) -> list[Record]:
            if any(ref.stream == "accounts" for ref in refs):
                raise Trouble("gone", "It gives no accounts by their ids.", "pull them")
            return super().fetch(refs)

    home = house(tmp_path)
    home.crm.put("accounts", "a1", {"Name": "Acme"})
    home.crm.deal("d1", "prospecting")
    adapter, mirror = Deaf(home.crm), home.mirror()
    refs = [Reference("accounts", "a1"), Reference("deals", "d1")]
    run = pull(adapter, mirror)
    assert behind(adapter, mirror, refs, run) == (Reference("accounts", "a1"),)
    assert [one.id for one in mirror.records("accounts", ["a1"])] == ["a1"], "and are not taken for gone"
    mirror.close()


def test_a_crm_that_lets_nobody_in_is_no_record_that_cannot_be_asked_for(tmp_path: Path) -> None:
    class Down(FakeAdapter):
        def fetch(self, refs: Sequence[Reference]) -> list[Record]:
            raise Trouble("unreachable", "It cannot be reached.", "wait")

    home = house(tmp_path)
    home.crm.deal("d1", "prospecting")
    adapter, mirror = Down(home.crm), home.mirror()
    run = pull(adapter, mirror)
    with pytest.raises(Trouble):
        behind(adapter, mirror, [Reference("deals", "d1")], run)
    mirror.close()
