"""A real Tryton is pulled: everything, what changed, and who did it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from tests.support.targets import held_by, target_in

from dealgate.documents.workspace import ConfiguredSource
from dealgate.ports import STREAMS, CrmAdapter, Cursor, Reference
from dealgate.sync.adapters import open_adapter
from dealgate.sync.mirror import Mirror
from dealgate.sync.project import Taken, Target, take_over
from dealgate.sync.pull import Run, pull
from dealgate_adapters.tryton import Tryton

from .conftest import ROBOT, Shop
from .server import DATABASE

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("tryton")]

STAGE = {"lead": "prospecting", "opportunity": "qualification", "converted": "proposal"}
STATUS = {"lead": "open", "opportunity": "open", "converted": "open", "lost": "lost", "cancelled": "cancelled"}


@dataclass
class Home:
    """Where a pull of the shop goes."""

    adapter: Tryton
    mirror: Mirror
    target: Target

    def sync(self, limit: int = 60) -> tuple[Run, Taken]:
        run = pull(self.adapter, self.mirror, limit=limit)
        assert run.watermark is not None
        return run, take_over(self.mirror, self.target, run.watermark, run.watermark)

    def now(self, *fields: str) -> dict[int, tuple[object, ...]]:
        """By deal its fields, as the store has them."""
        # HTTP tells the server's clock in whole seconds, so what was just done is younger than the watermark
        at = datetime.now(UTC) + timedelta(seconds=2)
        return {int(deal): row for deal, row in held_by(self.target, at, *fields).items()}


@pytest.fixture
def home(tryton: Tryton, tmp_path: Path) -> Iterator[Home]:
    target = target_in(tmp_path, "tryton")
    mirror = Mirror(tmp_path / "mirror.db")
    yield Home(tryton, mirror, target)
    mirror.close()
    target.store.close()


@pytest.fixture(scope="module")
def many(shop: Shop) -> list[int]:
    """200 opportunities, some moved, by two people."""
    ids = shop.sell(120) + shop.sell(80, by=shop.admin, amount=Decimal("77.07"), employee=shop.employees["ann"])
    shop.bea("sale.opportunity.opportunity", ids[:50])
    shop.admin("sale.opportunity.lost", ids[40:50])
    shop.bea("sale.opportunity.convert", ids[:5])
    shop.bea("sale.opportunity.cancel", ids[100:103])
    changed = {"amount": None, "end_date": date(2027, 3, 31), "conversion_probability": 0.25}
    shop.bea("sale.opportunity.write", ids[60:70], changed)
    return ids


def test_200_opportunities_come_in_pages_and_stand_in_the_store_as_on_the_server(
    shop: Shop, home: Home, many: list[int]
) -> None:
    run, taken = home.sync()
    read = {one.stream: (one.read, one.pages) for one in run.streams}
    there = shop.admin("sale.opportunity.search_count", [])
    assert there >= 200
    assert read["deals"] == (there, -(-there // 60))
    assert taken.deals == there and not taken.set_aside
    assert not taken.counts, taken.diagnostics
    rows = shop.admin.read(
        "sale.opportunity", many, "state", "amount", "end_date", "conversion_probability", "description", "employee",
        "create_date",
    )  # fmt: skip
    users = {shop.employees["ann"]: ("1", "Ann Adler"), shop.employees["bea"]: (str(shop.bea.user), "Bea Blum")}
    held = home.now(
        "name", "status", "amount", "close_date", "probability", "owner.id", "owner.name", "account.name", "created_at"
    )  # fmt: skip
    for row in rows:
        amount = None if row["amount"] is None else int(row["amount"] * 100)
        assert held[row["id"]] == (
            row["description"], STATUS[row["state"]], amount, row["end_date"],
            Decimal(str(row["conversion_probability"])), *users[row["employee"]], "Customer & Sons", row["create_date"],
        )  # fmt: skip
    assert {row["conversion_probability"] for row in rows} == {0.25, 0.5}
    stages = home.now("stage")
    assert all(stages[row["id"]] == (STAGE[row["state"]],) for row in rows if row["state"] in STAGE)
    contacts = home.target.store.children()["contacts"]
    assert set(contacts["email"]) == {"kim@example.com"} and set(contacts["name"]) == {"Kim Lee"}


def test_an_incremental_pull_sees_the_changed_ones_alone(shop: Shop, home: Home, many: list[int]) -> None:
    home.sync()
    [fresh] = shop.sell(1)
    shop.bea("sale.opportunity.opportunity", [many[150]])
    shop.admin("sale.opportunity.write", [many[151]], {"amount": Decimal("5.00")})
    run, taken = home.sync()
    told = {one.stream: (one.new, one.changed, one.gone) for one in run.streams}
    assert told["deals"] == (1, 2, 0)
    assert told["stage_changes"] == (3, 0, 0)
    assert (taken.deals, taken.new_deals) == (3, 1)
    assert home.now("stage", "amount")[many[150]][0] == "qualification"
    assert home.now("amount")[many[151]] == (500,)
    assert home.now("amount")[fresh] == (100050,)
    again, none = home.sync()
    assert none.deals == 0 and sum(one.new + one.changed + one.gone for one in again.streams) == 0


def test_history_says_when_and_who(shop: Shop, home: Home) -> None:
    [one] = shop.sell(1)
    shop.bea("sale.opportunity.opportunity", [one])
    shop.admin("sale.opportunity.write", [one], {"amount": Decimal("2000.00")})
    shop.admin("sale.opportunity.lost", [one])
    shop.bea("sale.opportunity.lead", [one])
    revisions = sorted(row[0] for row in shop.admin("sale.opportunity.history_revisions", [one]))
    home.sync()
    events = home.target.store.events().filter(pl.col("deal") == str(one))
    told = events.filter(pl.col("origin") == "told")
    stages = told.filter(pl.col("field") == "stage").select("value", "at", "by").rows()
    people = {shop.bea.user: str(shop.bea.user), 1: "1"}
    assert [(value, at) for value, at, _ in stages if value] == [
        ("prospecting", revisions[0]), ("qualification", revisions[1]), ("prospecting", revisions[4]),
    ]  # fmt: skip
    assert [by for value, _, by in stages if value] == [people[shop.bea.user]] * 3
    [lost] = told.filter((pl.col("field") == "status") & (pl.col("value") == "lost")).select("at", "by").rows()
    assert lost == (revisions[3], "1")
    amounts = told.filter(pl.col("field") == "amount").select("value", "at", "by").rows()
    assert amounts == [("1000.50 EUR", revisions[0], people[shop.bea.user]), ("2000.00 EUR", revisions[2], "1")]


def test_a_deleted_opportunity_is_found_gone_by_a_full_pull(shop: Shop, home: Home) -> None:
    [one] = shop.sell(1)
    shop.bea("sale.opportunity.cancel", [one])
    home.sync()
    shop.admin("sale.opportunity.delete", [one])
    assert sum(stream.gone for stream in home.sync()[0].streams) == 0
    run = pull(home.adapter, home.mirror, full=True)
    assert {stream.stream: stream.gone for stream in run.streams}["deals"] == 1
    assert run.watermark is not None
    assert take_over(home.mirror, home.target, run.watermark, run.watermark).gone == 1
    assert one not in home.now("stage")


def test_a_renamed_account_brings_its_deals(shop: Shop, home: Home) -> None:
    [party] = shop.admin.create("party.party", {"name": "Old name"})
    [one] = shop.sell(1, party=party, contact=None)
    home.sync()
    shop.admin("party.party.write", [party], {"name": "New name"})
    _, taken = home.sync()
    assert taken.deals == 1
    assert home.now("account.name")[one] == ("New name",)


def test_an_archived_user_is_still_read(shop: Shop, tryton: Tryton) -> None:
    gone = shop.admin.create("res.user", {"name": "Cy", "login": "cy"})
    shop.admin("res.user.write", gone, {"active": False})
    names = {record.data["name"]: record.data["active"] for record in tryton.pull("users", None, 100).records}
    assert names["Cy"] in (0, False) and names["Bea"] in (1, True)


def test_line_items_belong_to_their_deal(shop: Shop, home: Home) -> None:
    [one] = shop.sell(1, lines=[["create", [{"description": "Ten seats", "quantity": 10.0}]]])
    home.sync()
    items = home.target.store.children()["line_items"].filter(pl.col("deal") == str(one))
    assert items.select("product", "quantity").rows() == [("Ten seats", 10)]


def test_a_page_is_small_and_the_next_one_begins_behind_it(shop: Shop, tryton: Tryton, many: list[int]) -> None:
    cursor: Cursor | None = None
    seen: list[str] = []
    while True:
        page = tryton.pull("deals", cursor, 37)
        assert len(page.records) <= 37
        assert page.total is None or page.total >= len(many)
        seen += [record.id for record in page.records]
        if not page.more:
            break
        cursor = page.next
    assert len(seen) == len(set(seen)) == shop.admin("sale.opportunity.search_count", [])
    assert {str(ident) for ident in many} <= set(seen)
    now = datetime.now(UTC)
    assert 0 <= (now - page.watermark).total_seconds() < 60, "the server runs on this machine"


def test_history_of_200_takes_far_fewer_requests_than_revisions(tryton: Tryton, many: list[int]) -> None:
    before = tryton.server.http.requests
    page = tryton.pull("stage_changes", None, 200)
    assert len(page.records) > 200
    assert tryton.server.http.requests - before < 40


def test_records_are_fetched_as_they_are_now(shop: Shop, tryton: Tryton) -> None:
    [one] = shop.sell(1)
    page = tryton.pull("accounts", None, 1)
    shop.bea("sale.opportunity.opportunity", [one])
    asked = [
        Reference("deals", str(one)), Reference("deals", "987654"), Reference("accounts", page.records[0].id),
        Reference("deals", "no number"),
    ]  # fmt: skip
    deal, account = tryton.fetch(asked)
    assert (deal.deal, deal.data["state"], deal.data["_timestamp"]) == (str(one), "opportunity", shop.version(one))
    assert account == page.records[0]
    history = [record for record in tryton.pull("stage_changes", None, 1_000).records if record.deal == str(one)]
    assert tryton.fetch([Reference("stage_changes", record.id) for record in history]) == history


def test_the_states_are_a_pipeline_with_what_each_asks_for(shop: Shop, tryton: Tryton) -> None:
    told = tryton.describe()
    [pipeline] = told.pipelines
    assert [stage.id for stage in pipeline.stages] == ["lead", "opportunity", "converted", "won", "lost", "cancelled"]
    assert [stage.id for stage in pipeline.stages if stage.won] == ["won"]
    assert [stage.id for stage in pipeline.stages if stage.lost] == ["lost", "cancelled"]
    assert [stage.probability for stage in pipeline.stages] == [None, None, None, "1", "0", "0"]
    gates = {stage.id: stage.gates for stage in pipeline.stages}
    assert gates["opportunity"] == ("employee", "party") and gates["lead"] == gates["lost"] == ()
    fields = {(one.table, one.id): one for one in told.fields}
    state = fields["sale.opportunity", "state"]
    assert (state.type, state.writable, state.options["opportunity"]) == ("selection", False, "Opportunity")
    amount = fields["sale.opportunity", "amount"]
    assert (amount.title, amount.type, amount.writable, amount.custom) == ("Amount", "numeric", True, False)


def test_a_workspace_opens_it_by_its_name(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_CRM_PASSWORD", ROBOT)
    said = {
        "url": shop.running.url, "options": {"database": DATABASE, "user": "dealgate"},
        "credentials": {"password": "${env:OUR_CRM_PASSWORD}"}, "mapping": "tryton", "process": "practical",
    }  # fmt: skip
    adapter = open_adapter(ConfiguredSource("crm", "tryton", said, tmp_path), lambda: datetime.now(UTC))
    assert "Bea" in {record.data["name"] for record in adapter.pull("users", None, 100).records}
    adapter.close()


def test_it_says_what_it_can_and_what_it_cannot(tryton: Tryton) -> None:
    able = tryton.capabilities()
    assert isinstance(tryton, CrmAdapter)
    assert set(able.streams) == set(STREAMS) - {"leads", "deal_contacts", "activities", "deletions"}
    assert (able.history, able.deletes, able.cursor, able.compare_and_set) == ("native", "none", "keyset", "etag")
