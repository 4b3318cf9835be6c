"""Pulling: nothing lost, nothing doubled, whatever fails in between."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.crm import STAGES, Crm, FakeAdapter, Faults, Killed
from tests.sync.house import House, house

from dealgate.ports import Cursor, Record, Trouble
from dealgate.sync.mirror import Mirror
from dealgate.sync.project import take_over
from dealgate.sync.pull import Run, pull


@pytest.fixture
def home(tmp_path: Path) -> House:
    return house(tmp_path)


def filled(crm: Crm, deals: int = 30) -> None:
    crm.put("accounts", "a1", {"Name": "Acme"})
    crm.put("users", "u1", {"Name": "Ada"})
    for n in range(deals):
        crm.tick()
        crm.deal(f"d{n:03}", "prospecting", Name=f"Deal {n}", Amount=1000 + n, Account="a1", Owner="u1")


def synced(home: House, limit: int = 7, **options: Any) -> tuple[Run, int]:
    """A pull and a taking over; how many deals were taken."""
    mirror = home.mirror()
    try:
        run = pull(FakeAdapter(home.crm), mirror, limit=limit, **options)
        assert run.watermark is not None
        return run, home.take(mirror, run.watermark).deals
    finally:
        mirror.close()


def truth(crm: Crm) -> dict[str, str]:
    return {ident: row.data["Stage"] for ident, row in crm.live("deals").items()}


def test_the_first_pull_takes_over_all_with_their_history_and_what_they_point_to(home: House) -> None:
    filled(home.crm)
    home.crm.tick(hours=1)
    home.crm.deal("d003", "qualification", by="Ben")
    run, taken = synced(home)
    assert taken == 30
    assert {one.stream: one.read for one in run.streams} == {
        "users": 1, "accounts": 1, "deals": 30, "stage_changes": 31, "deal_contacts": 0, "deletions": 0,
    }  # fmt: skip
    assert home.kept() == truth(home.crm)
    events = home.store.events()
    told = events.filter((events["deal"] == "d003") & (events["field"] == "stage"))
    assert told["value"].to_list() == ["prospecting", "qualification"]
    assert told["by"].to_list()[-1] == "Ben"
    assert set(events.filter(events["field"] == "account.name")["value"]) == {"Acme"}


def test_an_incremental_pull_takes_over_the_changed_deals_alone(home: House) -> None:
    filled(home.crm)
    synced(home)
    home.crm.tick(hours=2)
    home.crm.deal("d005", "proposal")
    run, taken = synced(home)
    assert taken == 1
    assert sum(one.changed + one.new for one in run.streams) == 2
    assert home.kept() == truth(home.crm)


def test_a_changed_account_brings_the_deals_that_point_to_it(home: House) -> None:
    filled(home.crm, 4)
    synced(home)
    home.crm.tick(hours=2)
    home.crm.put("accounts", "a1", {"Name": "Acme renamed"})
    _, taken = synced(home)
    assert taken == 4
    events = home.store.events()
    assert events.filter(events["field"] == "account.name")["value"].to_list()[-1] == "Acme renamed"


def test_a_field_that_was_emptied_in_the_crm_is_empty_in_the_store(home: House) -> None:
    filled(home.crm, 3)
    synced(home)
    for amount in (None, 70, None):
        home.crm.tick(hours=1)
        home.crm.deal("d001", "prospecting", Amount=amount)
        synced(home)
    synced(home, full=True)
    events = home.store.events()
    mine = events.filter(events["field"] == "amount", events["deal"] == "d001")
    assert mine["value"].to_list() == ["1001.00 USD", None, "70.00 USD", None]
    assert events.filter(events["field"] == "amount")["deal"].n_unique() == 3


def test_what_is_written_while_we_read_comes_with_the_next_pull(home: House) -> None:
    filled(home.crm, 10)
    mirror = home.mirror()
    written = []

    def meanwhile() -> None:
        if not written:
            written.append(1)
            home.crm.deal("d002", "close")
            home.crm.deal("late", "qualification", Name="Late")

    pull(FakeAdapter(home.crm, meanwhile=meanwhile), mirror, limit=3)
    home.crm.tick(minutes=30)
    run = pull(FakeAdapter(home.crm), mirror, limit=3)
    assert run.watermark is not None
    home.take(mirror, run.watermark)
    assert home.kept() == truth(home.crm)


def test_records_of_one_moment_at_the_edge_of_a_page_are_all_read(home: House) -> None:
    for n in range(25):
        home.crm.deal(f"d{n:03}", "prospecting")  # all in one tick
    _, taken = synced(home, limit=4)
    assert taken == 25


def test_a_deleted_deal_is_gone_and_what_was_known_of_it_stays(home: House) -> None:
    filled(home.crm, 3)
    synced(home)
    home.crm.tick(hours=1)
    home.crm.delete("d001")
    run, _ = synced(home)
    assert sum(one.gone for one in run.streams) >= 1
    assert home.kept() == truth(home.crm)
    assert "d001" in home.store.events()["deal"].to_list()


@pytest.mark.parametrize("behind", [0, 999_999])
def test_what_is_deleted_within_the_second_in_which_it_was_made_is_gone(home: House, behind: int) -> None:
    """HTTP tells a server's clock in whole seconds, its records in parts of one."""
    home.crm.tick(microseconds=behind)
    filled(home.crm, 2)
    seen = home.crm.now.replace(microsecond=0)
    for act in (lambda: None, lambda: home.crm.delete("d001")):
        act()
        mirror = home.mirror()
        pull(FakeAdapter(home.crm), mirror)
        take_over(mirror, home.target, seen, home.crm.now + timedelta(seconds=2))
    assert home.kept() == truth(home.crm)


def test_where_the_crm_does_not_tell_what_is_gone_a_full_pull_finds_it(tmp_path: Path) -> None:
    home = house(tmp_path, deletes="none")
    filled(home.crm, 3)
    synced(home)
    home.crm.tick(hours=1)
    home.crm.delete("d001")
    synced(home)
    assert "d001" in home.kept(), "an incremental pull cannot know"
    synced(home, full=True)
    assert home.kept() == truth(home.crm)


def test_a_pull_that_dies_goes_on_where_it_stood(home: House) -> None:
    filled(home.crm, 40)
    mirror = home.mirror()
    pages = []

    def die() -> None:
        pages.append(1)
        if len(pages) == 5:
            raise Killed

    with pytest.raises(Killed):
        pull(FakeAdapter(home.crm, meanwhile=die), mirror, limit=5)
    mirror.close()
    before = home.crm.requests
    run, taken = synced(home, limit=5)
    assert taken == 40
    assert {one.stream: one.read for one in run.streams}["deals"] < 40
    assert home.crm.requests - before < 8 + 8 + 6


def test_a_mirror_that_was_deleted_is_read_anew_and_changes_nothing(home: House) -> None:
    filled(home.crm, 5)
    synced(home)
    before = home.store.stats()["events"]
    (home.folder / "mirror.db").unlink()
    run, taken = synced(home)
    assert (taken, all(one.full for one in run.streams)) == (5, True)
    assert home.store.stats()["events"] == before


def test_nobody_is_let_in_is_raised_and_one_stream_that_fails_leaves_the_others(home: House) -> None:
    filled(home.crm, 3)

    class NoHistory(FakeAdapter):
        def pull(self, stream, cursor, limit):  # type: ignore[no-untyped-def]
            if stream == "stage_changes":
                raise Trouble("forbidden", "The user may not read the history.", "give the right to read it")
            return super().pull(stream, cursor, limit)

    mirror = home.mirror()
    run = pull(NoHistory(home.crm), mirror)
    assert [stream for stream, _ in run.troubles] == ["stage_changes"]
    assert run.watermark is None
    assert mirror.counts() == {"accounts": 1, "deals": 3, "users": 1}

    class Closed(FakeAdapter):
        def pull(self, stream, cursor, limit):  # type: ignore[no-untyped-def]
            raise Trouble("unauthorised", "The token expired.", "make a new one")

    with pytest.raises(Trouble, match="token"):
        pull(Closed(home.crm), mirror)


def test_a_page_from_before_what_is_held_changes_nothing(tmp_path: Path) -> None:
    crm = Crm()
    crm.deal("d1", "prospecting")
    adapter = FakeAdapter(crm)
    old = adapter.pull("deals", None, 10)
    crm.tick()
    crm.deal("d1", "close")
    mirror = Mirror(tmp_path / "m.db")
    pull(adapter, mirror)
    mirror.keep("deals", old.records, old.next, 99, None)
    assert mirror.rows(["d1"])["Deals"][0]["Stage"] == "close"


@pytest.mark.slow
def test_in_three_hundred_runs_that_fail_at_random_the_store_comes_to_equal_the_crm(tmp_path: Path) -> None:
    dice = random.Random(7)
    home = house(tmp_path)
    filled(home.crm, 20)
    died = failed = 0
    for run in range(300):
        for _ in range(dice.randrange(4)):
            home.crm.tick(seconds=dice.randrange(600))
            live = sorted(home.crm.live("deals"))
            roll = dice.random()
            if roll < 0.1 and len(live) > 5:
                home.crm.delete(dice.choice(live))
            elif roll < 0.3:
                home.crm.deal(f"n{run:03}-{dice.randrange(99)}", dice.choice(STAGES), Name="New", Account="a1")
            else:
                home.crm.deal(dice.choice(live), dice.choice(STAGES), Amount=dice.randrange(9_999))
        mirror = home.mirror()
        try:
            made = pull(FakeAdapter(home.crm, Faults(random.Random(run), kill=True)), mirror, limit=5)
            if made.watermark is not None:
                home.take(mirror, made.watermark)
        except Trouble:
            failed += 1
        except Killed:
            died += 1
        finally:
            mirror.close()
    home.crm.tick(hours=1)
    synced(home, limit=50)
    assert home.kept() == truth(home.crm)
    assert died > 20
    assert failed > 20
    assert home.store.verify_audit() is None


def test_the_requests_are_the_fewest_that_pages_allow(home: House) -> None:
    filled(home.crm, 50)
    home.crm.tick(hours=1)
    run, _ = synced(home, limit=10)
    assert home.crm.requests == 1 + 1 + 5 + 5 + 1 + 1
    home.crm.requests = 0
    home.crm.tick(hours=1)
    synced(home, limit=10)
    assert home.crm.requests == len(run.streams)


def test_the_overlap_is_short_beside_a_pull(home: House) -> None:
    from dealgate.sync.pull import OVERLAP

    assert timedelta(0) < OVERLAP <= timedelta(minutes=15)


def test_what_a_page_says_to_be_all_of_a_deal_leaves_the_rest_of_it_gone(home: House) -> None:
    def kept(mirror: Mirror, ids: list[str], all_of: tuple[str, ...]) -> int:
        records = [Record("Contacts", one, {"Id": one}, home.crm.now, one[0]) for one in ids]
        return mirror.keep("deal_contacts", records, Cursor(home.crm.now), mirror.begin(), home.crm.now, all_of).gone

    mirror = home.mirror()
    assert kept(mirror, ["a1", "a2", "b1"], ("a", "b")) == 0
    mirror.taken(mirror.some_waiting(10))
    assert kept(mirror, ["a2"], ("a",)) == 1
    assert mirror.some_waiting(10) == [("a", 1)]
    assert sorted(row["Id"] for row in mirror.rows(["a", "b"])["Contacts"]) == ["a2", "b1"]
    assert kept(mirror, [], ()) == 0
    mirror.close()


def test_from_a_moment_later_than_where_it_stood_nothing_in_between_is_left_out(home: House) -> None:
    filled(home.crm, 3)
    synced(home)
    home.crm.tick(days=1)
    home.crm.deal("d001", "qualification")
    home.crm.tick(days=1)
    since = home.crm.now
    home.crm.deal("d002", "proposal")
    synced(home, since=since)
    assert home.kept() == truth(home.crm)


def test_from_a_moment_after_a_first_pull_that_broke_off_all_is_read(home: House) -> None:
    filled(home.crm)
    mirror = home.mirror()

    def broken(stream: str, read: int, _total: int | None) -> None:
        if (stream, read) == ("deals", 14):
            raise Killed

    with pytest.raises(Killed):
        pull(FakeAdapter(home.crm), mirror, limit=7, progress=broken)
    mirror.close()
    synced(home, since=home.crm.now)
    assert home.kept() == truth(home.crm)


def test_a_deal_that_is_deleted_right_after_it_was_made_is_gone_whatever_a_pull_is_sure_of(home: House) -> None:
    filled(home.crm, 2)
    mirror = home.mirror()
    # what a search that lags is sure of ends before what it has found: the deals were made after that
    pull(FakeAdapter(home.crm), mirror)
    take_over(mirror, home.target, home.crm.now - timedelta(seconds=30), home.crm.now)
    assert set(home.kept()) == {"d000", "d001"}
    home.crm.tick()
    home.crm.delete("d001")
    home.crm.tick()
    pull(FakeAdapter(home.crm), mirror)
    assert take_over(mirror, home.target, home.crm.now - timedelta(seconds=30), home.crm.now).gone == 1
    assert set(home.kept()) == {"d000"}
    mirror.close()


def test_a_deal_that_was_brought_back_is_there_again_and_can_be_deleted_again(home: House) -> None:
    filled(home.crm, 2)
    mirror = home.mirror()
    pull(FakeAdapter(home.crm), mirror)
    home.take(mirror, home.crm.now)
    [deal] = mirror.records("deals", ["d001"])
    there = []
    for gone in (True, False, True, False):
        home.crm.tick(hours=1)
        mirror.keep("deals", [deal.replace(gone=gone)], Cursor(), mirror.begin(), home.crm.now)
        home.take(mirror, home.crm.now)
        there.append("d001" in home.kept())
    assert there == [False, True, False, True]
    mirror.close()


def test_a_deal_that_was_read_as_it_was_before_its_last_move_is_where_it_is_with_the_next_pull(home: House) -> None:
    made, moved = home.crm.now, home.crm.tick(minutes=10)

    def deal(stage: str, amount: str | None) -> list[Record]:
        data = {"Id": "d1", "Stage": stage, "Amount": amount, "Created": made.isoformat()}
        return [Record("Deals", "d1", data, None, "d1")]

    def history(*moves: tuple[str, datetime]) -> list[Record]:
        rows = [{"Deal": "d1", "Stage": stage, "At": at.isoformat(), "By": "Ada"} for stage, at in moves]
        return [Record("History", row["At"], row, None, "d1") for row in rows]

    mirror = home.mirror()
    told = history(("prospecting", made), ("proposal", moved))
    for records, stage in (
        (deal("prospecting", None), "prospecting"), (deal("proposal", "5"), "proposal"),
        (deal("proposal", "6"), "proposal"),
    ):  # fmt: skip
        now = home.crm.tick(minutes=1)
        mirror.keep("deals", records, Cursor(), 1, now)
        mirror.keep("stage_changes", told, Cursor(), 1, now)
        home.take(mirror, now)
        assert home.kept() == {"d1": stage}
    events = home.store.events()
    assert events.filter(events["field"] == "stage")["value"].to_list() == [
        "prospecting", "proposal", "prospecting", "proposal",
    ]  # fmt: skip
    mirror.close()


def test_a_record_that_a_full_pull_finds_older_than_it_is_held_is_not_absent(home: House) -> None:
    mirror = home.mirror()
    mirror.keep("deals", [Record("Deals", "d1", {"Id": "d1"}, home.crm.now, "d1")], Cursor(), 1, home.crm.now)
    older = Record("Deals", "d1", {"Id": "d1"}, home.crm.now - timedelta(seconds=1), "d1")
    mirror.keep("deals", [older], Cursor(), 2, home.crm.now)
    assert mirror.absent("deals", 2) == 0
    assert [one.modified for one in mirror.records("deals", ["d1"])] == [home.crm.now], "and what is newer stands"
    mirror.close()
