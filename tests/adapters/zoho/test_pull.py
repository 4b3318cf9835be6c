"""A Zoho organisation is pulled, stands in the store as it stands in Zoho, and is judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from tests.fakes.zoho import metadata
from tests.support.targets import held_by, target_in

import dealgate
from dealgate.history import history_of
from dealgate.ports import Cursor, Page, Record, Reference, Trouble
from dealgate.sync.mirror import Mirror
from dealgate.sync.project import Taken, Target, take_over
from dealgate.sync.pull import Run, pull

from .rig import ZohoRig

STAGE = {
    "Qualification": "qualification", "Needs Analysis": "needs-assessment", "Proposal/Price Quote": "proposal",
    "Negotiation/Review": "close",
}  # fmt: skip


@dataclass
class Home:
    """Where a pull goes."""

    rig: ZohoRig
    mirror: Mirror
    target: Target

    def sync(self, **how: object) -> tuple[Run, Taken]:
        adapter = self.rig.adapter()
        run = pull(adapter, self.mirror, **how)  # type: ignore[arg-type]
        adapter.close()
        assert run.troubles == [] and run.watermark is not None
        return run, take_over(self.mirror, self.target, run.watermark, run.watermark)

    def now(self, *fields: str) -> dict[str, tuple[object, ...]]:
        return held_by(self.target, self.rig.crm.now + timedelta(seconds=2), *fields)


@pytest.fixture
def home(rig: ZohoRig, tmp_path: Path) -> Iterator[Home]:
    target = target_in(tmp_path, "zoho")
    mirror = Mirror(tmp_path / "mirror.db")
    yield Home(rig, mirror, target)
    mirror.close()
    target.store.close()


def many(rig: ZohoRig) -> list[str]:
    """Deals in every state, of odd names and amounts."""
    names = ("O'Neill \\ Sons'; drop", "Zoë 名前", 'A "quoted" deal', "plain")
    made = []
    for n in range(24):
        rig.crm.tick(minutes=1)
        values = {"Amount": [1000, 1234.56, 0.1, None][n % 4], "Type": "New Business", "Lead_Source": "Partner"}
        made.append(rig.put_deal("Qualification", Deal_Name=f"{names[n % 4]} {n}", **values))
    for n, stage in ((1, "Needs Analysis"), (2, "Proposal/Price Quote"), (3, "Closed Won"), (4, "Closed Lost")):
        rig.crm.tick(hours=1)
        rig.move(made[n], stage)
    rig.crm.change("Deals", made[5], Amount=None, Closing_Date="2027-03-31", Next_Step="Send it")
    rig.tick()
    return made


def test_deals_stand_in_the_store_as_in_zoho_and_the_practical_process_judges_them(rig: ZohoRig, home: Home) -> None:
    made = many(rig)
    run, taken = home.sync()
    assert taken.deals == len(made) and not taken.set_aside
    assert not taken.counts, taken.diagnostics
    read = {one.stream: one.read for one in run.streams}
    assert (read["deals"], read["stage_changes"], read["deal_contacts"], read["activities"]) == (24, 28, 24, 24)
    held = home.now(
        "name", "stage", "status", "amount", "close_date", "probability", "owner.id", "owner.name", "account.name",
        "account.industry", "created_at", "deal_type", "channel", "next_step",
    )  # fmt: skip
    assert set(held) == set(made)
    for ident in made:
        row = rig.crm.modules["Deals"][ident]
        won, lost = row["Stage"] == "Closed Won", row["Stage"] == "Closed Lost"
        amount = None if row["Amount"] is None else int(Decimal(str(row["Amount"])) * 100)
        stage = held[ident][1] if won or lost else STAGE[row["Stage"]]
        assert held[ident] == (
            row["Deal_Name"], stage, "won" if won else "lost" if lost else "open", amount,
            date.fromisoformat(row["Closing_Date"]), Decimal(row["Probability"]) / 100, rig.ada, "Ada Brown",
            "Northwind", "Manufacturing", datetime.fromisoformat(row["Created_Time"]), "new", "partner",
            row.get("Next_Step"),
        )  # fmt: skip
    contacts = home.target.store.children()["contacts"]
    assert set(contacts.select("email", "role").rows()) == {("kim@example.com", "decision_owner")}
    activities = home.target.store.children()["activities"]
    assert set(activities.select("type", "subject").rows()) == {("task", "Call Kim")}
    playbook = dealgate.load("practical")
    at = rig.crm.now
    past = history_of(home.target.store.events(), home.target.process, at, None, home.target.store.children())
    verdicts = playbook.evaluate_frame(past.frames(), as_of=at)
    judged = dict(zip(verdicts["id"].to_list(), verdicts["state"].to_list(), strict=True))
    assert set(judged) == set(made)
    assert judged[made[3]] is None and judged[made[4]] is None, "closed"
    assert all(judged[one] in ("blocked", "unknown") for one in made if one not in made[3:5])
    columns = set(verdicts.columns)
    assert "qualification.need-stated" in columns


def test_a_field_whose_name_is_a_word_of_the_query_language_is_read(
    rig: ZohoRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(metadata.FIELDS["Deals"], "External", "text")
    monkeypatch.setitem(metadata.FIELDS["Deals"], "Order", "text")
    deal = rig.put_deal("Qualification", Deal_Name="One", External="4711", Order="A-17")
    rig.tick()
    [record] = rig.adapter().pull("deals", None, 10).records
    assert (record.id, record.data["External"], record.data["Order"]) == (deal, "4711", "A-17")


def test_history_says_when_and_who(rig: ZohoRig, home: Home) -> None:
    deal = rig.put_deal("Qualification", Deal_Name="One", Amount=5)
    made = rig.crm.now
    rig.tick()
    moved = rig.crm.now
    rig.move(deal, "Proposal/Price Quote")
    rig.tick()
    home.sync()
    told = home.target.store.events().filter((pl.col("deal") == deal) & (pl.col("origin") == "told"))
    stages = (
        told.filter((pl.col("field") == "stage") & pl.col("value").is_not_null()).select("value", "at", "by").rows()
    )
    assert stages == [("qualification", made, rig.ada), ("proposal", moved, rig.ben)]


def test_an_incremental_pull_sees_the_changed_ones_alone(rig: ZohoRig, home: Home) -> None:
    made = many(rig)
    home.sync()
    rig.tick()
    fresh = rig.put_deal("Qualification", Deal_Name="Fresh", Amount=7)
    rig.move(made[0], "Needs Analysis")
    rig.crm.change("Accounts", rig.account, Account_Name="Northwind AG")
    rig.delete(made[9])
    rig.tick()
    run, _ = home.sync()
    told = {one.stream: (one.new, one.changed, one.gone) for one in run.streams}
    assert told["deals"] == (1, 1, 0) and told["accounts"] == (0, 1, 0)
    assert told["deletions"] == (0, 0, 2), "the deal and its task"
    held = home.now("stage", "account.name")
    assert made[9] not in held and held[fresh][0] == "qualification"
    assert held[made[0]] == ("needs-assessment", "Northwind AG") and held[made[3]][1] == "Northwind AG"
    again, none = home.sync()
    assert none.deals == 0 and sum(one.new + one.changed + one.gone for one in again.streams) == 0


def test_a_contact_that_is_taken_off_a_deal_is_gone_with_its_next_change(rig: ZohoRig, home: Home) -> None:
    deal, other = (rig.put_deal("Qualification", Deal_Name=name, Amount=5) for name in ("One", "Two"))
    second = rig.crm.put("Contacts", First_Name="Sam", Last_Name="Ray", Email="sam@example.com")
    rig.crm.roles[deal][second] = "Executive Sponsor"
    rig.tick()
    home.sync()
    contacts = home.target.store.children()["contacts"]
    assert sorted(contacts.select("deal", "email").rows()) == [
        (deal, "kim@example.com"), (deal, "sam@example.com"), (other, "kim@example.com"),
    ]  # fmt: skip
    rig.tick()
    del rig.crm.roles[deal][rig.contact]
    rig.edit(deal, Amount=6)
    rig.tick()
    run, _ = home.sync()
    assert {one.stream: one.gone for one in run.streams}["deal_contacts"] == 1
    contacts = home.target.store.children()["contacts"]
    assert sorted(contacts.select("deal", "email").rows()) == [(deal, "sam@example.com"), (other, "kim@example.com")]


def test_what_is_about_an_account_is_no_activity_of_a_deal(rig: ZohoRig) -> None:
    deal = rig.put_deal("Qualification", Deal_Name="One", Amount=5)
    rig.crm.put("Tasks", Subject="About the account", What_Id={"id": rig.account}, **{"$se_module": "Accounts"})
    rig.crm.put(
        "Calls", Subject="About the deal", What_Id={"id": deal}, Call_Type="Outbound", **{"$se_module": "Deals"}
    )
    records = read(rig, "activities")
    assert {(one.data["Kind"], one.data["Subject"], one.deal) for one in records} == {
        ("Tasks", "Call Kim", deal), ("Calls", "About the deal", deal),
    }  # fmt: skip


def test_an_organisation_of_many_currencies_says_the_currency_of_each_deal(
    rig: ZohoRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal = rig.put_deal("Qualification", Deal_Name="One", Amount=5)
    assert {one.data["Currency"] for one in read(rig, "deals")} == {"EUR"}
    monkeypatch.setitem(metadata.FIELDS, "Deals", {**metadata.FIELDS["Deals"], "Currency": "picklist"})
    rig.crm.modules["Deals"][deal]["Currency"] = "JPY"
    rig.crm.asked.clear()
    assert {one.data["Currency"] for one in read(rig, "deals")} == {"JPY"}
    assert "GET /crm/v8/org" not in rig.crm.asked
    # the history does not say it, and is read all the same
    assert {one.data.get("Currency") for one in read(rig, "stage_changes")} == {None}


@pytest.mark.slow
def test_4500_deals_of_one_moment_all_come_once(rig: ZohoRig) -> None:
    """A bulk update gives more deals one moment than a query gives records."""
    for _ in range(4_500):
        rig.crm.put("Deals", Stage="Qualification", Deal_Name="Bulk", Closing_Date="2027-01-31")
    rig.tick()
    late = rig.put_deal("Qualification", Deal_Name="Late", Amount=1)
    found = [one.id for one in read(rig, "deals")]
    assert len(found) == len(set(found)) == 4_501 and found[-1] == late


def read(rig: ZohoRig, stream: str, limit: int = 2_000) -> list[Record]:
    adapter, cursor = rig.adapter(), None
    found: list[Record] = []
    while True:
        page: Page = adapter.pull(stream, cursor, limit)
        found += page.records
        if not page.more:
            adapter.close()
            return found
        cursor = page.next


@pytest.mark.slow
def test_2000_deals_and_what_changed_take_the_fewest_requests(rig: ZohoRig, home: Home) -> None:
    """Counted: a token; the fields of each module that is read whole, and the currency, once; 2,000 records a query;
    200 a page of users and of deletions; and a request for the contacts of each deal, which Zoho gives no other way."""
    for _ in range(2_000):
        rig.crm.tick(seconds=7)
        rig.put_deal("Qualification", Deal_Name="Deal", Amount=5)
    rig.tick()
    modules, deletions = 4, 7  # Deals, Accounts, Contacts, Leads; and with Tasks, Events, Calls
    once = 1 + modules + 1
    before = rig.requests()
    home.sync()
    fewest = once + 1 + 4 + 1 + 3 + deletions + 2_000 + 2_000 // 200
    told = rig.requests() - before
    assert told <= fewest * 1.05, f"{told} requests, {fewest} at the fewest"
    for ident in list(rig.crm.modules["Deals"])[:500]:
        rig.crm.tick(seconds=1)
        rig.edit(ident, Amount=6)
    rig.tick()
    before = rig.requests()
    run, _ = home.sync()
    fewest = once + 1 + 4 + 1 + 3 + deletions + 500 + -(-500 // 200)
    told = rig.requests() - before
    assert {one.stream: one.changed for one in run.streams}["deals"] == 500
    assert told <= fewest * 1.05, f"{told} requests, {fewest} at the fewest"


def test_records_are_fetched_as_they_are_now(rig: ZohoRig) -> None:
    deal = rig.put_deal("Qualification", Deal_Name="One", Amount=5)
    adapter = rig.adapter()
    task = next(iter(rig.crm.modules["Tasks"]))
    asked = [
        Reference("deals", deal), Reference("deals", "4876876000009999999"), Reference("deals", "1' or id is not null"),
        Reference("users", rig.ben), Reference("accounts", rig.account), Reference("activities", task),
        Reference("deal_contacts", f"{deal}:{rig.contact}"), Reference("deal_contacts", "x:y"),
    ]  # fmt: skip
    found = adapter.fetch(asked)
    assert [one.id for one in found] == [deal, rig.ben, rig.account, task, f"{deal}:{rig.contact}"]
    assert found[0] == adapter.pull("deals", None, 10).records[0]
    assert found[4].links == (rig.contact,)


def test_pipelines_are_told_with_what_their_stages_mean(rig: ZohoRig) -> None:
    rig.crm.pipelines["Renewals"] = ["Qualification", "Closed Won", "Closed Lost"]
    rig.crm.required.add("Next_Step")
    told = rig.adapter().describe()
    assert [one.title for one in told.pipelines] == ["Standard (Standard)", "Renewals"]
    stages = {one.id: one for one in told.pipelines[0].stages}
    assert (stages["Closed Won"].won, stages["Closed Lost"].lost, stages["Qualification"].won) == (True, True, False)
    assert stages["Needs Analysis"].probability == "20" and stages["Needs Analysis"].gates == ("Next_Step",)
    assert stages["Id. Decision Makers"].title == "Identify Decision Makers"
    fields = {(one.table, one.id): one for one in told.fields}
    amount, modified = fields["Deals", "Amount"], fields["Deals", "Modified_Time"]
    assert (amount.type, amount.writable, amount.custom) == ("currency", True, False)
    assert not modified.writable and fields["Deals", "Readiness"].custom
    assert fields["Deals", "Stage"].options["Closed Won"] == "Closed Won"


def test_without_pipelines_there_is_one_of_all_stages(rig: ZohoRig) -> None:
    rig.crm.pipelines.clear()
    (pipeline,) = rig.adapter().describe().pipelines
    assert [one.id for one in pipeline.stages][:2] == ["Qualification", "Needs Analysis"]
    assert len(pipeline.stages) == 9


def test_custom_fields_come_and_can_be_chosen(rig: ZohoRig) -> None:
    rig.put_deal("Qualification", Deal_Name="One", Amount=5, Readiness=40, Partners=["A", "B"])
    (whole,) = read(rig, "deals")
    assert (whole.data["Readiness"], whole.data["Partners"]) == (40, ["A", "B"])
    assert "Line_Items" not in whole.data and "Record_Image" not in whole.data
    chosen = rig.opened(fields="Readiness, Gate_Keys")
    (some,) = chosen.pull("deals", None, 10).records
    assert "Readiness" in some.data and "Partners" not in some.data


def test_a_place_of_an_older_version_is_told_as_expired(rig: ZohoRig) -> None:
    adapter = rig.adapter()
    for stream in ("activities", "deletions"):
        with pytest.raises(Trouble) as told:
            adapter.pull(stream, Cursor(rig.crm.now, "", "Meetings 1"), 10)
        assert told.value.kind == "expired"


def test_what_is_left_out_is_not_declared_and_not_asked_for(rig: ZohoRig) -> None:
    adapter = rig.opened(leave_out=["deal_contacts", "leads", "stage_changes"], key_field=None)
    able = adapter.capabilities()
    assert not {"deal_contacts", "leads", "stage_changes"} & set(able.streams)
    assert (able.history, able.change_source, able.actions) == ("none", False, ("create_task", "note"))
    with pytest.raises(Trouble):
        adapter.pull("leads", None, 10)
    assert rig.crm.asked == []
