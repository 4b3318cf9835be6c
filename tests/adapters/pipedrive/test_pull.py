"""A company's Pipedrive is pulled: everything, what changed, what it was, and as few requests as that takes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from tests.fakes.pipedrive_records import BUDGET, PLAN, REGION, Records
from tests.support.targets import held_by, past_of, target_in

from dealgate.decide.batch import check_frames
from dealgate.decide.playbook import Playbook
from dealgate.history import history_of
from dealgate.ports import Reference
from dealgate.sync.mirror import Mirror
from dealgate.sync.project import Taken, Target, take_over
from dealgate.sync.pull import Run, pull
from dealgate_adapters.pipedrive import Pipedrive

from .rig import PipedriveRig

OURS = ("prospecting", "qualification", "needs-assessment", "proposal", "close")


@dataclass
class Home:
    """Where a pull goes."""

    rig: PipedriveRig
    adapter: Pipedrive
    mirror: Mirror
    target: Target

    @property
    def records(self) -> Records:
        return self.rig.crm.records

    def sync(self, **how: object) -> tuple[Run, Taken]:
        run = pull(self.adapter, self.mirror, **how)  # type: ignore[arg-type]
        assert run.watermark is not None, run.troubles
        return run, take_over(self.mirror, self.target, run.watermark, run.watermark)

    def now(self, *fields: str) -> dict[int, tuple[object, ...]]:
        """By deal its fields, as the store has them."""
        at = self.rig.crm.now + timedelta(seconds=2)
        return {int(deal): row for deal, row in held_by(self.target, at, *fields).items()}

    def children(self, name: str) -> pl.DataFrame:
        """A collection, as the store has it now."""
        return past_of(self.target, self.rig.crm.now + timedelta(seconds=2)).frames().children[name]

    def asked(self, since: int) -> Counter[str]:
        """How often each path was asked for, with the id of a deal left out."""
        paths = [asked.partition(" ")[2].split("/") for asked in self.rig.crm.asked[since:]]
        return Counter("/".join("N" if part.isdecimal() else part for part in path[3:]) for path in paths)


@pytest.fixture
def home(rig: PipedriveRig, adapter: Pipedrive, tmp_path: Path) -> Iterator[Home]:
    target = target_in(tmp_path, "pipedrive")
    mirror = Mirror(tmp_path / "mirror.db")
    yield Home(rig, adapter, mirror, target)
    mirror.close()
    target.store.close()


def company(rig: PipedriveRig, deals: int, seed: int = 7) -> list[int]:
    """Deals as a company has them after some weeks: some moved, won, lost, archived; with people and products."""
    chance, records, made = random.Random(seed), rig.crm.records, []
    accounts = [records.account(f"Account {n}", address={"value": "x", "country": "DE"}) for n in range(5)]
    people = [records.person(f"Person {n}", f"p{n}@example.com", accounts[n % 5], job_title="CTO") for n in range(8)]
    for n in range(deals):
        rig.crm.tick(minutes=7)
        deal = records.deal(
            f"Deal {n}", stage=1, org_id=chance.choice(accounts), person_id=chance.choice(people),
            owner_id=chance.choice((2, 3)), value=chance.choice((1000, 2500.5, 77.07)), currency=chance.choice(("EUR", "USD")),
            expected_close_date=f"2027-0{chance.randint(1, 9)}-15", custom_fields={PLAN: chance.choice((31, 32, None))},
        )  # fmt: skip
        made.append(deal)
        for stage in range(2, chance.randint(1, 5) + 1):
            rig.crm.tick(hours=5)
            records.edit(deal, by=chance.choice((2, 3)), stage_id=stage)
        if chance.random() < 0.4:
            records.edit(deal, value=5000, expected_close_date="2027-12-01")
        if chance.random() < 0.3:
            rig.crm.tick(hours=1)
            records.edit(deal, status=chance.choice(("won", "lost")), lost_reason=chance.choice((None, "Too dear")))
        if chance.random() < 0.3:
            records.take_part(deal, next(one for one in people if one != records.tables["deals"][deal]["person_id"]))
        if chance.random() < 0.3:
            records.product(deal, "Seats", 10, 12.5)
        if chance.random() < 0.5:
            records.activity(
                deal_id=deal, type="meeting", subject="Talk", done=True, marked_as_done_time="2026-11-02T10:00:00Z"
            )
        if chance.random() < 0.1:
            records.edit(deal, is_archived=True)
    rig.crm.tick(hours=1)
    return made


def test_deals_stand_in_the_store_as_in_pipedrive_value_by_value(home: Home) -> None:
    made = company(home.rig, 60)
    run, taken = home.sync(limit=25)
    assert (taken.deals, taken.set_aside, dict(taken.counts)) == (60, 0, {}), taken.diagnostics
    tables = home.records.tables
    held = home.now(
        "name", "status", "stage", "amount", "close_date", "closed_on", "owner.id", "owner.name",
        "account.name", "account.country", "created_at", "pipeline", "outcome_note",
    )  # fmt: skip
    assert set(held) == set(made)
    for ident in made:
        row = tables["deals"][ident]
        closed = row["close_time"]
        assert held[ident] == (
            row["title"], row["status"], OURS[row["stage_id"] - 1], int(Decimal(str(row["value"])) * 100),
            date.fromisoformat(row["expected_close_date"]), date.fromisoformat(closed[:10]) if closed else None,
            str(row["owner_id"]), tables["users"][row["owner_id"]]["name"], tables["organizations"][row["org_id"]]["name"],
            "DE", datetime.fromisoformat(row["add_time"]), "Pipeline", row["lost_reason"],
        )  # fmt: skip
    assert any(tables["deals"][one]["is_archived"] for one in made)
    amounts = (
        home.target.store.events().filter(pl.col("field") == "amount").sort("at", "turn").select("deal", "value").rows()
    )
    assert dict(amounts) == {
        str(one): f"{Decimal(str(row['value'])):.2f} {row['currency']}" for one, row in tables["deals"].items()
    }  # fmt: skip
    children = home.target.store.children()
    people = {(row[0], row[1]) for row in children["contacts"].select("deal", "email").iter_rows()}
    assert people == {
        (str(ident), mail["value"])
        for ident in made for part in home.records.participants_of(tables["deals"][ident])
        for mail in part["person_id"]["email"] if mail["primary"]
    }  # fmt: skip
    lines = sorted(children["line_items"].select("deal", "product", "quantity").iter_rows())
    assert lines == sorted(
        (str(row["deal_id"]), row["name"], row["quantity"]) for row in tables["deal_products"].values()
    )
    talks = children["activities"].select("deal", "type", "subject", "held").rows()
    assert sorted(talks) == sorted(
        (str(row["deal_id"]), "meeting", "Talk", True) for row in tables["activities"].values()
    )


def test_the_practical_process_judges_them(home: Home) -> None:
    made = company(home.rig, 20)
    home.sync()
    events, at = home.target.store.events(), home.rig.crm.now + timedelta(seconds=2)
    process = home.target.process
    past = history_of(events, process, at, None, home.target.store.children())
    judged = check_frames(Playbook(process, lambda: "digest"), past.frames(), at)
    rows = {row["id"]: row for row in judged.judged.collect().iter_rows(named=True)}
    assert set(rows) == {str(one) for one in made}
    in_pipedrive = home.records.tables["deals"]
    open_ones = [one for one in made if in_pipedrive[one]["status"] == "open"]
    assert judged.summary["deals"] == 20 and open_ones
    # what nobody filled in is missing, and whoever has a contact has one
    assert {rows[str(one)]["group"] for one in open_ones} == {"open"}
    assert all(rows[str(one)]["state"] is not None for one in open_ones)


def test_history_says_when_who_and_what_it_was_before(home: Home) -> None:
    records, rig = home.records, home.rig
    deal = records.deal("Old", stage=1, value=100, expected_close_date="2027-01-31")
    moments = [rig.crm.now]
    for values in ({"stage_id": 2}, {"value": 250.5, "expected_close_date": None}, {"stage_id": 4}, {"status": "won"}):
        moments.append(rig.crm.tick(hours=3))
        records.edit(deal, by=3, **values)
    rig.tick()
    home.sync()
    told = home.target.store.events().filter((pl.col("deal") == str(deal)) & (pl.col("origin") == "told"))

    def lines(name: str) -> list[tuple[object, ...]]:
        return [
            row for row in told.filter(pl.col("field") == name).select("value", "at", "by", "channel").rows() if row[0]
        ]

    assert lines("stage") == [
        ("prospecting", moments[0], "2", None), ("qualification", moments[1], "3", "person"),
        ("proposal", moments[3], "3", "person"),
    ]  # fmt: skip
    assert lines("amount") == [("100.00 EUR", moments[0], "2", None), ("250.50 EUR", moments[2], "3", "person")]
    assert lines("status")[-1] == ("won", moments[4], "3", "person")


def test_moves_within_one_second_are_told_in_their_order(home: Home) -> None:
    deal = home.records.deal("Quick", stage=1)
    for stage in (2, 3, 1, 4):
        home.records.edit(deal, stage_id=stage)
    home.rig.tick()
    page = home.adapter.pull("stage_changes", None, 100)
    assert [row.data["stage_id"] for row in page.records if row.deal == str(deal)] == ["1", "2", "3", "1", "4"]


def test_an_incremental_pull_sees_the_changed_ones_alone(home: Home) -> None:
    made = company(home.rig, 40)
    home.sync()
    home.rig.tick()
    fresh = home.records.deal("Fresh", org_id=home.rig.org)
    home.records.edit(made[3], stage_id=5)
    home.records.edit(made[4], value=7)
    before = len(home.rig.crm.asked)
    run, taken = home.sync()
    told = {one.stream: (one.new, one.changed, one.gone) for one in run.streams}
    assert told["deals"] == (1, 2, 0)
    assert (taken.deals, taken.new_deals) == (3, 1)
    assert home.now("stage", "amount")[made[3]][0] == "close" and home.now("amount")[made[4]] == (700,)
    assert fresh in home.now("stage")
    assert home.asked(before)["deals/N/changelog"] == 2, "the new one was never changed"
    home.rig.tick()
    again, none = home.sync()
    assert none.deals == 0 and sum(one.new + one.changed + one.gone for one in again.streams) == 0


def test_a_deleted_deal_is_gone_and_one_that_was_archived_is_not(home: Home) -> None:
    first, second = company(home.rig, 2)
    home.sync()
    home.rig.tick()
    home.records.delete(first)
    home.records.edit(second, is_archived=True, value=9)
    _, taken = home.sync()
    assert taken.gone == 1 and home.now("amount") == {second: (900,)}


def test_what_was_taken_from_a_deal_is_gone_when_the_deal_changes_or_with_a_full_pull(home: Home) -> None:
    records = home.records
    first, second = (records.deal(f"Deal {n}", org_id=home.rig.org, person_id=home.rig.person) for n in range(2))
    ann = records.person("Ann Ray", "ann@northwind.example", home.rig.org)
    lines = {}
    for deal in (first, second):
        records.take_part(deal, ann)
        lines[deal] = [records.product(deal, "Setup", 1, 500), records.product(deal, "Seats", 10, 20)]
    home.rig.tick()
    home.sync()

    def had() -> list[tuple[str, str]]:
        people, items = home.children("contacts"), home.children("line_items")
        return sorted([*people.select("deal", "name").rows(), *items.select("deal", "product").rows()])

    every = [(str(one), what) for one in (first, second) for what in ("Ann Ray", "Kim Lee", "Seats", "Setup")]
    assert had() == every
    for deal in (first, second):
        records.others[deal].clear()
        for line in lines[deal]:
            del records.tables["deal_products"][line]
    home.rig.tick()
    records.edit(first, value=1)
    run, _ = home.sync()
    assert {one.stream: one.gone for one in run.streams if one.gone} == {"deal_contacts": 1, "line_items": 2}
    assert had() == [(str(first), "Kim Lee"), *every[4:]]
    home.rig.tick()
    run, _ = home.sync(full=True)
    assert {one.stream: one.gone for one in run.streams if one.gone} == {"deal_contacts": 1, "line_items": 2}
    assert had() == [(str(first), "Kim Lee"), (str(second), "Kim Lee")]


def test_what_is_read_whole_needs_no_full_pull(rig: PipedriveRig, tmp_path: Path) -> None:
    rig.options = {"whole": "line_items"}
    adapter, mirror = rig.adapter(), Mirror(tmp_path / "mirror.db")
    assert adapter.capabilities().whole == ("users", "leads", "line_items")
    line = rig.crm.records.product(int(rig.put_deal("1", title="x")), "Setup", 1, 500)
    pull(adapter, mirror)
    rig.tick()
    del rig.crm.records.tables["deal_products"][line]
    gone = {one.stream: one.gone for one in pull(adapter, mirror).streams}
    assert (gone["line_items"], gone["deals"]) == (1, 0)
    mirror.close()
    adapter.close()


def test_a_renamed_account_brings_its_deals(home: Home) -> None:
    company(home.rig, 10)
    deal = int(home.rig.put_deal("1", title="Its deal", value=1))
    home.rig.tick()
    home.sync()
    home.rig.tick()
    home.records.change("organizations", home.rig.org, name="Northwind Ltd")
    _, taken = home.sync()
    assert (taken.deals, home.now("account.name")[deal]) == (1, ("Northwind Ltd",))


def test_a_renamed_stage_has_its_deals_read_again_and_is_told(home: Home) -> None:
    company(home.rig, 6)
    deal = int(home.rig.put_deal("5", title="In the stage"))
    home.rig.tick()
    home.sync()
    home.rig.tick()
    home.records.change("stages", 5, name="Closing")
    run, taken = home.sync()
    assert next(one for one in run.streams if one.stream == "deals").full
    assert deal in home.now("name")
    [told] = [one for one in taken.diagnostics if one.code == "DG670"]
    assert "`stage.name`" in told.message and "Closing" in told.message, told
    # the next pull begins some minutes before the last one ended, and may find the change once more
    home.rig.tick()
    home.sync()
    home.rig.tick()
    assert not next(one for one in home.sync()[0].streams if one.stream == "deals").full


def test_custom_fields_stand_under_their_keys_with_their_parts_beside_them(
    rig: PipedriveRig, adapter: Pipedrive
) -> None:
    custom = {PLAN: 32, REGION: [41, 42], BUDGET: {"value": 1000.25, "currency": "USD"}}
    deal = rig.crm.records.deal("With fields", custom_fields=custom)
    [record] = [one for one in adapter.pull("deals", None, 500).records if one.id == str(deal)]
    assert (record.data[PLAN], record.data[REGION]) == (32, [41, 42])
    assert (record.data[BUDGET], record.data[f"{BUDGET}.currency"]) == ("1000.25", "USD")
    assert (record.data["stage.name"], record.data["pipeline.name"]) == ("Qualified", "Pipeline")


def test_leads_are_read_whole_and_a_lead_that_goes_meanwhile_is_told(rig: PipedriveRig, adapter: Pipedrive) -> None:
    for n in range(5):
        rig.crm.records.lead(
            f"0000000{n}-0000-4000-8000-000000000000", f"Lead {n}", value={"amount": 5.5, "currency": "EUR"}
        )
    first = adapter.pull("leads", None, 2)
    assert [one.data["title"] for one in first.records] == ["Lead 0", "Lead 1"] and first.more
    assert (first.records[0].data["value.amount"], first.records[0].deal) == ("5.5", first.records[0].id)
    rest = adapter.pull("leads", first.next, 5)
    assert [one.data["title"] for one in rest.records] == ["Lead 2", "Lead 3", "Lead 4"] and not rest.more
    del rig.crm.records.tables["leads"][first.records[0].id]
    with pytest.raises(Exception, match="Leads were deleted"):
        adapter.pull("leads", first.next, 2)


def test_what_a_webhook_can_name_can_be_fetched(rig: PipedriveRig, adapter: Pipedrive) -> None:
    deal = rig.put_deal("1", title="x")
    archived = rig.put_deal("1", title="y", is_archived=True)
    rig.crm.records.lead("00000001-0000-4000-8000-000000000000", "Lead")
    talk = rig.crm.records.activity(deal_id=int(deal))["id"]
    refs = [
        Reference("deals", deal), Reference("deals", archived), Reference("accounts", f"organizations:{rig.org}"),
        Reference("contacts", f"persons:{rig.person}"), Reference("users", "users:2"),
        Reference("leads", "00000001-0000-4000-8000-000000000000"), Reference("activities", str(talk)),
        Reference("leads", "../../v2/deals/1"), Reference("deals", "1 or 1"), Reference("accounts", "organizations:9999"),
    ]  # fmt: skip
    assert [one.id for one in adapter.fetch(refs)] == [ref.id for ref in refs[:7]]


# ---------------------------------------------------------------- requests


def test_2000_deals_take_as_few_requests_as_the_api_allows(home: Home) -> None:
    """Counted by path. The fewest, where each stream is pulled for itself: a page of 500 of each listing, of deals for
    history one of 100; the log of each deal that was ever changed; products for a hundred deals a request; participants
    of each deal that has several. One listing of deals for all four streams would save 30 of the 147 requests."""
    rig, records = home.rig, home.records
    for n in range(2_000):
        if n % 10 == 0:
            rig.crm.tick(minutes=1)
        deal = records.deal(f"Deal {n}", org_id=rig.org, person_id=rig.person)
        if n % 20 == 0:
            records.edit(deal, stage_id=2)
        if n % 40 == 0:
            records.product(deal, "Seats", 1, 1)
    rig.tick()
    before = len(rig.crm.asked)
    run = pull(home.adapter, home.mirror)
    asked = home.asked(before)
    assert run.watermark is not None
    # deals are listed for themselves, for participants and products by 500, for the history by 100, and the archive each
    fewest = {"users": 1, "organizations": 1, "persons": 1, "leads": 1, "activities": 1, "deals/N/changelog": 100,
              "stages": 1, "pipelines": 1, "deals": 3 * 4 + 20, "deals/archived": 4, "deals/products": 1}  # fmt: skip
    assert sum(asked.values()) <= 1.05 * sum(fewest.values()), asked
    assert asked["deals/N/changelog"] == 100 and asked["deals/N/participants"] == 0
    rig.tick()
    for deal in list(records.tables["deals"])[:30]:
        records.edit(deal, value=3)
    before = len(rig.crm.asked)
    pull(home.adapter, home.mirror)
    asked = home.asked(before)
    fewest = {**dict.fromkeys(("users", "organizations", "persons", "leads", "activities", "stages", "pipelines"), 1),
              "deals": 4, "deals/archived": 4, "deals/N/changelog": 30}  # fmt: skip
    assert sum(asked.values()) <= 1.05 * (sum(fewest.values()) + asked["deals/products"]), asked
    assert asked["deals/products"] <= 1
