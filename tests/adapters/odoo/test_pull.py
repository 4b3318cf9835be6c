"""A real Odoo is pulled: everything, what changed, and who did it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.support.targets import held_by, target_in

from dealgate.ports import CrmAdapter, Cursor, Note, Reference
from dealgate.sync.mirror import Mirror
from dealgate.sync.project import Taken, Target, take_over
from dealgate.sync.pull import Run, pull
from dealgate_adapters.odoo import CAPABILITIES, Odoo

from .conftest import Shop

pytestmark = [pytest.mark.slow, pytest.mark.odoo, pytest.mark.xdist_group("odoo")]

STAGE = {"New": "prospecting", "Qualified": "qualification", "Proposition": "proposal"}


@dataclass
class Home:
    """Where a pull of the shop goes."""

    adapter: Odoo
    mirror: Mirror
    target: Target

    def sync(self, limit: int = 60) -> tuple[Run, Taken]:
        run = pull(self.adapter, self.mirror, limit=limit)
        assert run.watermark is not None, run.troubles
        return run, take_over(self.mirror, self.target, run.watermark, run.watermark)

    def now(self, *fields: str) -> dict[int, tuple[object, ...]]:
        """By deal its fields, as the store has them."""
        # HTTP tells the server's clock in whole seconds, so what was just done is younger than the watermark
        at = datetime.now(UTC) + timedelta(seconds=2)
        return {int(deal): row for deal, row in held_by(self.target, at, *fields).items()}


@pytest.fixture
def home(shop: Shop, tmp_path: Path) -> Iterator[Home]:
    target = target_in(tmp_path, "odoo")
    mirror, adapter = Mirror(tmp_path / "mirror.db"), Odoo(shop.settings())
    yield Home(adapter, mirror, target)
    adapter.close()
    mirror.close()
    target.store.close()


@pytest.fixture(scope="module")
def many(shop: Shop) -> Iterator[list[int]]:
    """80 opportunities, some moved, some won and some lost, by two people."""
    ids = shop.sell(50) + shop.sell(30, by=shop.ann, expected_revenue=77.07, partner_id=False)
    shop.move(ids[:20], "Qualified")
    shop.move(ids[:5], "Proposition", by=shop.ann)
    shop.move(ids[:2], "Won")
    shop.ann.write("crm.lead", ids[20:23], active=False, probability=0)
    shop.bea.write("crm.lead", ids[25:30], expected_revenue=0.0, date_deadline="2027-03-31", probability=25)
    yield ids
    shop.admin("crm.lead", "unlink", ids)


def test_opportunities_come_in_pages_and_stand_in_the_store_as_on_the_server(
    shop: Shop, home: Home, many: list[int]
) -> None:
    run, taken = home.sync()
    read = {one.stream: one.read for one in run.streams}
    domain = [["type", "=", "opportunity"]]
    there = shop.admin("crm.lead", "search_count", domain, context={"active_test": False})
    assert there >= 80 and read["deals"] == there == taken.deals
    # those without a person have no contact, and of what Odoo tracks four fields are read
    assert not taken.set_aside and set(taken.counts) == {"DG679"}, [one.message for one in taken.diagnostics]
    rows = shop.admin.read(
        "crm.lead", many, "name", "expected_revenue", "date_deadline", "probability", "user_id", "create_date",
        "won_status", "stage_id",
    )  # fmt: skip
    held = home.now(
        "name", "status", "amount", "close_date", "probability", "owner.id", "owner.name", "account.name", "created_at"
    )  # fmt: skip
    statuses = {"won": "won", "lost": "lost", "pending": "open"}
    for row in rows:
        cents = round(row["expected_revenue"] * 100)
        account = "Customer & Sons" if row["user_id"][0] == shop.bea.user else None
        day = date.fromisoformat(row["date_deadline"]) if row["date_deadline"] else None
        name, status, amount, close, probability, *rest = held[row["id"]]
        assert (name, status, amount, close) == (row["name"], statuses[row["won_status"]], cents or None, day)
        assert round(float(str(probability)) * 100, 2) == round(row["probability"], 2)
        made = datetime.strptime(row["create_date"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        assert rest == [str(row["user_id"][0]), row["user_id"][1], account, made]
    stages = home.now("stage")
    assert all(stages[row["id"]] == (STAGE[row["stage_id"][1]],) for row in rows if row["won_status"] == "pending")
    contacts = home.target.store.children()["contacts"]
    assert set(contacts["email"]) == {"kim@example.com"} and set(contacts["name"]) == {"Kim Lee"}


def test_an_incremental_pull_sees_the_changed_ones_alone(shop: Shop, home: Home, many: list[int]) -> None:
    home.sync()
    [fresh] = shop.sell(1)
    shop.move([many[40]], "Qualified")
    shop.admin.write("crm.lead", [many[41]], expected_revenue=5.0)
    run, taken = home.sync()
    told = {one.stream: (one.new, one.changed, one.gone) for one in run.streams}
    assert told["deals"] == (1, 2, 0)
    assert told["stage_changes"] == (2, 0, 0)
    assert (taken.deals, taken.new_deals) == (3, 1)
    assert home.now("stage")[many[40]][0] == "qualification"
    assert home.now("amount")[many[41]] == (500,)
    again, none = home.sync()
    assert none.deals == 0 and sum(one.new + one.changed + one.gone for one in again.streams) == 0
    shop.admin("crm.lead", "unlink", [fresh])


def test_history_says_when_and_who(shop: Shop, home: Home) -> None:
    [one] = shop.sell(1)
    shop.move([one], "Qualified")
    shop.admin.write("crm.lead", [one], expected_revenue=2000.0)
    shop.ann.write("crm.lead", [one], active=False, probability=0)
    shop.bea.write("crm.lead", [one], active=True)
    shop.move([one], "New")
    home.sync()
    told = home.target.store.events().filter((pl.col("deal") == str(one)) & (pl.col("origin") == "told"))
    stages = told.filter(pl.col("field") == "stage").select("value", "by").rows()
    assert [row for row in stages if row[1]] == [
        ("qualification", str(shop.bea.user)), ("prospecting", str(shop.bea.user)),
    ]  # fmt: skip
    lost = told.filter((pl.col("field") == "status") & (pl.col("value") == "lost")).select("by").rows()
    assert lost == [(str(shop.ann.user),)]
    amounts = told.filter(pl.col("field") == "amount").select("value", "by").rows()
    assert ("2000.00 USD", str(shop.admin.user)) in amounts
    shop.admin("crm.lead", "unlink", [one])


def test_what_is_said_and_done_about_a_deal_are_its_activities_but_not_our_own(shop: Shop, home: Home) -> None:
    [one] = shop.sell(1)
    shop.bea("crm.lead", "message_post", [one], body="Kim will call back.", message_type="comment")
    [call] = shop.admin.find("mail.activity.type", [["name", "=", "Call"]], "name")
    done = shop.bea(
        "crm.lead", "activity_schedule", [one], act_type_xmlid="mail.mail_activity_data_call", user_id=shop.bea.user
    )
    shop.bea("mail.activity", "action_feedback", done if isinstance(done, list) else [done], feedback="Talked.")
    assert home.adapter.apply(Note(str(one), "Ours.", f"own-{one}")).kind == "applied"
    home.sync()
    held = home.target.store.children()["activities"].filter(pl.col("deal") == str(one))
    assert sorted(held["type"]) == ["call", "note"] and call
    assert held["at"].null_count() == 0
    shop.admin("crm.lead", "unlink", [one])


def test_a_lead_is_a_lead_until_it_is_an_opportunity(shop: Shop, odoo: Odoo) -> None:
    [one] = shop.bea.create("crm.lead", {"name": "A card", "type": "lead", "partner_id": shop.contact})
    ident = f"crm.lead,{one}"
    [lead] = [record for record in odoo.pull("leads", None, 500).records if record.id == ident]
    assert (lead.deal, lead.gone, lead.data["reference"]) == (ident, False, ident)
    assert not [record for record in odoo.pull("deals", None, 2000).records if record.id == str(one)]
    assert odoo.fetch([Reference("leads", ident)])[0].data == lead.data
    shop.admin("crm.lead", "convert_opportunity", [one], False)
    told = {record.id: record.gone for record in odoo.pull("leads", None, 500).records}
    assert told[ident] is True
    assert [record.id for record in odoo.pull("deals", None, 2000).records if record.id == str(one)] == [str(one)]
    assert odoo.fetch([Reference("leads", ident)]) == []
    shop.admin("crm.lead", "unlink", [one])


def test_a_deleted_opportunity_is_found_gone_by_a_full_pull(shop: Shop, home: Home) -> None:
    [one] = shop.sell(1)
    home.sync()
    shop.admin("crm.lead", "unlink", [one])
    assert sum(stream.gone for stream in home.sync()[0].streams) == 0
    run = pull(home.adapter, home.mirror, full=True)
    assert {stream.stream: stream.gone for stream in run.streams}["deals"] == 1
    assert run.watermark is not None
    assert take_over(home.mirror, home.target, run.watermark, run.watermark).gone == 1
    assert one not in home.now("stage")


def test_a_renamed_account_brings_its_deals(shop: Shop, home: Home) -> None:
    [company] = shop.bea.create("res.partner", {"name": "Old name", "is_company": True})
    [person] = shop.bea.create("res.partner", {"name": "Lou", "parent_id": company})
    [one] = shop.sell(1, partner_id=person)
    home.sync()
    shop.bea.write("res.partner", [company], name="New name")
    home.sync()
    assert home.now("account.name")[one] == ("New name",)
    shop.admin("crm.lead", "unlink", [one])


def test_pages_end_behind_a_second_or_within_one_by_id(shop: Shop, odoo: Odoo, many: list[int]) -> None:
    """Eighty were made in a few seconds, fifty of them in one moment."""
    for limit in (7, 37):
        cursor: Cursor | None = None
        seen: list[str] = []
        while True:
            page = odoo.pull("deals", cursor, limit)
            assert len(page.records) <= limit
            seen += [record.id for record in page.records]
            if not page.more:
                break
            cursor = page.next
        assert len(seen) == len(set(seen))
        assert {str(ident) for ident in many} <= set(seen)
        assert 0 <= (datetime.now(UTC) - page.watermark).total_seconds() < 60, "the server runs on this machine"


def test_history_is_read_by_the_page(odoo: Odoo, many: list[int]) -> None:
    odoo.pull("stage_changes", None, 500)  # what stages and fields are called is asked once
    before = odoo.server.http.requests
    page = odoo.pull("stage_changes", None, 500)
    assert len(page.records) > 20
    assert odoo.server.http.requests - before <= 2
    assert odoo.fetch([Reference("stage_changes", one.id) for one in page.records]) == list(page.records)


def test_messages_that_the_user_may_not_read_hide_none_of_those_he_may(shop: Shop) -> None:
    """Odoo takes them out of a page after it has cut it."""
    mine, theirs = shop.sell(1, user_id=shop.robot), shop.sell(1, user_id=shop.ann.user)
    for n in range(6):
        shop.ann("crm.lead", "message_post", theirs, body=f"Hidden {n}", message_type="comment")
    shop.bea("crm.lead", "message_post", mine, body="Seen", message_type="comment")
    manager, own = (
        shop.admin.find("ir.model.data", [["module", "=", "sales_team"], ["name", "=", name]], "res_id")[0]["res_id"]
        for name in ("group_sale_manager", "group_sale_salesman")
    )
    all_leads = shop.admin.find(
        "ir.model.data", [["module", "=", "sales_team"], ["name", "=", "group_sale_salesman_all_leads"]], "res_id"
    )[0]["res_id"]
    drop = [[3, manager], [3, all_leads], [4, own]]
    shop.admin.write("res.users", [shop.robot], group_ids=drop)
    try:
        for protocol in ("json2", "xmlrpc"):
            adapter = Odoo(shop.settings(protocol=protocol))
            seen: list[str | None] = []
            cursor: Cursor | None = None
            for _ in range(50):
                page = adapter.pull("activities", cursor, 2)
                seen += [record.deal for record in page.records]
                if not page.more:
                    break
                cursor = page.next
            else:
                pytest.fail("it has no end")
            assert str(mine[0]) in seen and str(theirs[0]) not in seen
            assert [
                one.deal for one in adapter.pull("stage_changes", None, 500).records if one.deal == str(theirs[0])
            ] == []
            adapter.close()
    finally:
        shop.admin.write("res.users", [shop.robot], group_ids=[[4, manager]])
        shop.admin("crm.lead", "unlink", mine + theirs)


def test_the_stages_are_a_pipeline_and_fields_say_what_they_are(shop: Shop, odoo: Odoo) -> None:
    told = odoo.describe()
    [pipeline] = told.pipelines
    assert [(stage.id, stage.title) for stage in pipeline.stages] == [
        (str(ident), name) for name, ident in shop.stages.items()
    ]
    assert [stage.title for stage in pipeline.stages if stage.won] == ["Won"]
    fields = {(one.table, one.id): one for one in told.fields}
    status = fields["crm.lead", "won_status"]
    assert (status.type, status.writable, status.options["pending"]) == ("selection", False, "Pending")
    ours = fields["crm.lead", "x_readiness"]
    assert (ours.title, ours.type, ours.writable, ours.custom) == ("Readiness", "integer", True, True)
    assert not fields["crm.lead", "message_ids"].writable and not fields["crm.lead", "name"].custom
    assert abs((told.now - datetime.now(UTC)).total_seconds()) < 60


def test_stages_of_one_name_are_told_apart_by_their_teams(shop: Shop, odoo: Odoo) -> None:
    [team] = shop.admin.create("crm.team", {"name": "Partners"})
    [stage] = shop.admin.create("crm.stage", {"name": "Qualified", "team_ids": [[6, 0, [team]]], "sequence": 9})
    try:
        titles = {one.id: one.title for one in odoo.describe().pipelines[0].stages}
        assert (titles[str(stage)], titles[str(shop.stages["Qualified"])]) == ("Qualified (Partners)", "Qualified")
    finally:
        shop.admin("crm.stage", "unlink", [stage])
        shop.admin("crm.team", "unlink", [team])


def test_an_archived_user_is_still_read(shop: Shop, odoo: Odoo) -> None:
    [gone] = shop.admin.create("res.users", {"name": "Cy", "login": f"cy-{odoo.server.http.requests}-{id(odoo)}"})
    shop.admin.write("res.users", [gone], active=False)
    names = {record.data["name"]: record.data["active"] for record in odoo.pull("users", None, 1).records}
    cursor: Cursor | None = None
    while (page := odoo.pull("users", cursor, 2)).more or page.records:
        names |= {record.data["name"]: record.data["active"] for record in page.records}
        if not page.more:
            break
        cursor = page.next
    assert names["Cy"] is False and names["Bea Blum"] is True


def test_it_says_what_it_can_and_what_it_cannot(odoo: Odoo) -> None:
    assert isinstance(odoo, CrmAdapter)
    assert odoo.capabilities() is CAPABILITIES
    assert (CAPABILITIES.history, CAPABILITIES.deletes, CAPABILITIES.cursor) == ("native", "none", "keyset")
    assert (CAPABILITIES.compare_and_set, CAPABILITIES.block, CAPABILITIES.webhooks) == ("reread", "none", False)
