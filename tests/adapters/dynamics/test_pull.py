"""Dynamics 365 is pulled: everything, what changed, what was deleted, who did it, and with how few requests."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from tests.adapters.dynamics.conftest import Home
from tests.adapters.dynamics.rig import opened
from tests.fakes.dynamics import Dynamics
from tests.fakes.dynamics.schema import made
from tests.fakes.dynamics.store import DEAL, PROCESS

import dealgate
from dealgate.compile.frames import deals_of
from dealgate.history import history_of
from dealgate.model.values import parse_datetime
from dealgate.ports import CreateTask, Cursor, Reference, Trouble
from dealgate.sync.crm_stages import CrmStages
from dealgate_adapters.dynamics import Dynamics as Adapter

OURS = {"Qualify": "qualification", "Develop": "needs-assessment", "Propose": "proposal", "Close": "close"}


def fill(crm: Dynamics, number: int) -> list[str]:
    """Opportunities in every stage, some won and lost, with people, activities and products."""
    stages = crm.stages()
    crm.put("contact", "kim", fullname="Kim Lee", emailaddress1="kim@northwind.example", jobtitle="CFO")
    crm.put("connectionrole", "buyer", name="Economic Buyer")
    deals = []
    for n in range(number):
        ident = crm.deal(
            stages[n % 4], name=f"Deal {n}", estimatedvalue=Decimal(f"{1000 + n}.25"), closeprobability=n % 101,
            estimatedclosedate=f"2027-0{1 + n % 9}-15", msdyn_forecastcategory=100000001 + n % 3,
        )  # fmt: skip
        if n % 10 == 9:
            won = n % 20 == 9
            crm.edit(DEAL, ident, statecode=1 if won else 2, statuscode=3 if won else 5, actualclosedate="2026-10-30")
        deals.append(ident)
    first = (DEAL, deals[0])
    buyer, kim = ("connectionrole", made("connectionrole", "buyer")), ("contact", made("contact", "kim"))
    crm.put("connection", record1id=first, record2id=kim, record2roleid=buyer)
    crm.put("connection", record1id=kim, record2id=first, record1roleid=buyer)  # as Dynamics keeps it: from both ends
    crm.put(
        "activitypointer",
        regardingobjectid=first,
        activitytypecode="phonecall",
        subject="Budget",
        actualend="2026-10-28T09:00:00Z",
    )
    crm.put("activitypointer", regardingobjectid=("account", made("account", "northwind")), activitytypecode="email")
    crm.put(
        "opportunityproduct",
        opportunityid=first,
        productdescription="Seats",
        quantity=Decimal("10.5"),
        extendedamount=Decimal("500.10"),
    )
    crm.tick(minutes=10)
    return deals


def test_everything_stands_in_the_store_as_in_the_environment(crm: Dynamics, home: Home) -> None:
    deals = fill(crm, 60)
    run, taken = home.sync(25)
    assert {one.stream: one.read for one in run.streams}["deals"] == 60
    assert (taken.deals, taken.set_aside, dict(taken.counts)) == (60, 0, {}), taken.diagnostics
    held = home.now(
        "name", "status", "amount", "probability", "close_date", "owner.id", "owner.name", "account.name",
        "account.country", "account.industry", "created_at", "forecast_category",
    )  # fmt: skip
    stages = home.now("stage")
    status = {0: "open", 1: "won", 2: "lost"}
    forecast = {100000001: "pipeline", 100000002: "best_case", 100000003: "commit"}
    for ident in deals:
        row = crm.store.of(DEAL)[ident].data
        assert held[ident] == (
            row["name"], status[row["statecode"]], int(row["estimatedvalue"] * 100),
            Decimal(row["closeprobability"]) / 100, date.fromisoformat(row["estimatedclosedate"]), crm.ann(),
            "Ann Adler", "Northwind", "Norway", "Consulting", parse_datetime(row["createdon"]),
            forecast[row["msdyn_forecastcategory"]],
        ), row["name"]  # fmt: skip
        if row["statecode"] == 0:
            assert stages[ident] == (OURS[crm.store.of("processstage")[crm.stage_of(ident)].data["stagename"]],)
    children = home.target.store.children()
    assert children["contacts"].select("deal", "name", "email", "title", "role").rows() == [
        (deals[0], "Kim Lee", "kim@northwind.example", "CFO", "economic_buyer")
    ]
    assert children["activities"].select("deal", "type", "subject").rows() == [(deals[0], "call", "Budget")]
    items = children["line_items"].select("deal", "product", "quantity", "amount").rows()
    assert items == [(deals[0], "Seats", Decimal("10.5"), 50010)]


def test_the_practical_process_judges_what_was_pulled(crm: Dynamics, home: Home) -> None:
    deals = fill(crm, 12)
    home.sync()
    children = home.target.store.children()
    past = history_of(home.target.store.events(), home.target.process, crm.now, None, children)
    playbook = dealgate.load("practical")
    judged = {deal.id: playbook.evaluate(deal, as_of=crm.now) for deal in deals_of(past.frames(), home.target.process)}
    assert judged.keys() == set(deals)
    for verdicts in judged.values():
        assert verdicts
    assert len({verdict.status for verdicts in judged.values() for verdict in verdicts}) > 1


def test_a_task_that_nobody_has_done_is_no_activity_that_took_place(crm: Dynamics, home: Home) -> None:
    deal = crm.deal(crm.stages()[0])
    assert home.adapter.apply(CreateTask(deal, "Ask for the budget", "", "k" * 64)).kind == "applied"
    about = (DEAL, deal)
    crm.put("activitypointer", regardingobjectid=about, activitytypecode="phonecall", subject="Talk", statecode=1)
    crm.put("activitypointer", regardingobjectid=about, activitytypecode="phonecall", subject="Off", statecode=2)
    crm.put("activitypointer", regardingobjectid=about, activitytypecode="opportunityclose", subject="Won", statecode=1)
    crm.tick(minutes=20)
    _, taken = home.sync()
    assert dict(taken.counts) == {}, taken.diagnostics
    told = home.target.store.children()["activities"].select("subject", "type", "held").rows()
    assert sorted(told) == [
        ("Ask for the budget", "task", False), ("Off", "call", False), ("Talk", "call", None), ("Won", None, None)
    ]  # fmt: skip


def test_a_second_sync_takes_what_changed_alone(crm: Dynamics, home: Home) -> None:
    deals = fill(crm, 30)
    home.sync()
    crm.tick(minutes=30)
    crm.edit(DEAL, deals[3], estimatedvalue=Decimal("5.00"))
    crm.move(deals[4], crm.stages()[1])
    fresh = crm.deal(crm.stages()[0], name="New")
    crm.tick(minutes=1)
    run, taken = home.sync()
    assert taken.deals == 3
    # the new one comes twice: by itself, and by its process that began
    assert {one.stream: one.read for one in run.streams if one.read} == {"deals": 4, "stage_changes": 2}
    assert home.now("amount")[deals[3]] == (500,) and home.now("stage")[deals[4]] == ("needs-assessment",)
    assert fresh in home.now("stage")
    crm.tick(minutes=30)
    again, none = home.sync()
    assert none.deals == 0 and sum(one.new + one.changed + one.gone for one in again.streams) == 0


def test_a_stage_that_changes_without_the_opportunity_being_written_is_seen(crm: Dynamics, dynamics: Adapter) -> None:
    deal, stages = crm.deal(crm.stages()[0]), crm.stages()
    crm.tick(minutes=5)
    last = dynamics.pull("deals", None, 100)
    crm.tick(minutes=5)
    before = crm.store.of(DEAL)[deal].version
    crm.move(deal, stages[2])
    assert crm.store.of(DEAL)[deal].version == before
    page = dynamics.pull("deals", last.next, 100)
    assert page.more and page.records == ()
    page = dynamics.pull("deals", page.next, 100)
    assert [(one.id, one.data["process.stageid"], one.data["process.stage"]) for one in page.records] == [
        (deal, stages[2], "Propose")
    ]
    assert not page.more and page.records[0].version != last.records[0].version


def test_a_move_that_shows_minutes_after_its_moment_is_seen(crm: Dynamics, dynamics: Adapter) -> None:
    deal, stages = crm.deal(crm.stages()[0]), crm.stages()
    crm.tick(minutes=30)
    last = dynamics.pull("deals", None, 100)
    step = {"activestageid": ("processstage", stages[1]), "traversedpath": ",".join(stages[:2])}
    # its plug-ins took their time: it is of before the pull, and could not be read then
    crm.store.change(PROCESS, crm.instance(deal), crm.now - timedelta(minutes=2), step, crm.ann())
    crm.tick(minutes=30)
    moves = dynamics.pull("deals", dynamics.pull("deals", last.next, 100).next, 100)
    assert [one.data["process.stageid"] for one in moves.records] == [stages[1]]


def test_what_was_deleted_comes_in_the_same_feed_and_takes_its_children_along(crm: Dynamics, home: Home) -> None:
    deals = fill(crm, 8)
    home.sync()
    crm.tick(minutes=10)
    crm.store.delete(DEAL, deals[0])
    crm.store.delete("account", made("account", "northwind"))
    crm.tick(minutes=1)
    run, taken = home.sync()
    gone = {one.stream: one.gone for one in run.streams if one.gone}
    assert gone == {"accounts": 1, "deals": 1, "deal_contacts": 2, "line_items": 1}, (
        "a connection is gone at both its ends"
    )
    assert taken.gone == 1 and deals[0] not in home.now("stage")
    assert home.now("account.country")[deals[1]] == (None,)


def test_a_renamed_account_brings_its_deals(crm: Dynamics, home: Home) -> None:
    [deal] = fill(crm, 1)
    home.sync()
    crm.tick(minutes=10)
    crm.edit("account", made("account", "northwind"), name="Northwind AS")
    _, taken = home.sync()
    assert taken.deals == 1 and home.now("account.name")[deal] == ("Northwind AS",)


def test_after_eight_days_the_link_has_expired_and_all_is_read_anew(crm: Dynamics, home: Home) -> None:
    deals = fill(crm, 10)
    home.sync()
    crm.tick(days=8)
    crm.store.delete(DEAL, deals[2])
    with pytest.raises(Trouble) as raised:
        cursor, _ = home.mirror.cursor("deals")
        home.adapter.pull("deals", cursor, 10)
    assert raised.value.kind == "expired" and "some days" in raised.value.message
    run, taken = home.sync()
    assert {one.stream: one.gone for one in run.streams}["deals"] == 1, "what is absent from all is gone"
    assert taken.gone == 1 and len(home.now("stage")) == 9


def test_history_says_what_when_and_who(crm: Dynamics, home: Home) -> None:
    deal, stages = crm.deal(crm.stages()[0], estimatedclosedate="2027-01-31"), crm.stages()
    moments = []
    for stage in (stages[1], stages[2], stages[1]):
        crm.tick(days=1)
        crm.move(deal, stage)
        moments.append(crm.now)
    crm.tick(days=1)
    crm.edit(DEAL, deal, statecode=2, statuscode=5, actualclosedate="2026-11-05")
    lost = crm.now
    crm.tick(minutes=1)
    _, taken = home.sync()
    assert dict(taken.counts) == {}, taken.diagnostics
    told = home.target.store.events().filter((pl.col("deal") == deal) & (pl.col("origin") == "told"))
    assert told.filter(pl.col("field") == "stage").select("value", "at", "by").rows()[-3:] == [
        ("needs-assessment", moments[0], crm.ann()), ("proposal", moments[1], crm.ann()),
        ("needs-assessment", moments[2], crm.ann()),
    ]  # fmt: skip
    assert ("lost", lost, crm.ann()) in told.filter(pl.col("field") == "status").select("value", "at", "by").rows()


@pytest.mark.parametrize("off", ["organization", "table"])
def test_where_nothing_is_logged_an_instance_tells_since_when_its_stage_is_what_it_is(
    crm: Dynamics, dynamics: Adapter, off: str
) -> None:
    if off == "table":
        crm.store.tables[PROCESS].audited = False
    else:
        crm.edit("organization", made("organization", "org"), isauditenabled=False)
    deal, stages = crm.deal(crm.stages()[0]), crm.stages()
    crm.tick(days=2)
    crm.move(deal, stages[1])
    moved = crm.now
    crm.tick(days=1)
    page = dynamics.pull("stage_changes", None, 100)
    [one] = page.records
    assert (one.deal, one.data["new"], one.data["stage"], one.data["by"]) == (deal, "Develop", stages[1], None)
    assert parse_datetime(one.data["at"]) == moved
    assert dynamics.pull("stage_changes", Cursor(page.watermark), 100).records == ()


def test_where_nothing_is_logged_a_stage_that_a_deal_comes_back_to_keeps_the_visits_before(
    crm: Dynamics, home: Home
) -> None:
    crm.store.tables[PROCESS].audited = False
    deal, stages = crm.deal(crm.stages()[0]), crm.stages()
    entered = [crm.now]
    for stage in (stages[1], stages[0]):
        crm.tick(days=1)
        home.sync()
        crm.move(deal, stage)
        entered.append(crm.now)
    crm.tick(days=1)
    home.sync()
    kept = home.mirror.rows([deal])["opportunity__history"]
    assert sorted((parse_datetime(row["at"]), row["new"]) for row in kept) == list(
        zip(entered, ("Qualify", "Develop", "Qualify"), strict=True)
    )


def test_the_log_is_not_read_row_by_row_and_a_broken_row_tells_of_nothing(crm: Dynamics, dynamics: Adapter) -> None:
    for _ in range(40):
        crm.move(crm.deal(crm.stages()[0]), crm.stages()[1])
    next(iter(crm.store.of("audit").values())).data["changedata"] = "{"
    dynamics.describe()
    before = len(crm.asked)
    assert len(dynamics.pull("stage_changes", None, 1000).records) == 40
    assert len(crm.asked) - before == 2  # the log, and the instances that it names


def test_a_process_of_ones_own_is_read_by_its_table(crm: Dynamics) -> None:
    spec = crm.store.tables[PROCESS]
    crm.store.tables["new_process"] = spec
    crm.store.rows["new_process"] = crm.store.rows.setdefault(PROCESS, {})
    spec.set = "new_processes"
    deal = crm.deal(crm.stages()[2])
    adapter = opened(crm, process="new_process")
    assert adapter.pull("deals", None, 10).records[0].data["process.stage"] == "Propose"
    assert [one.id for one in adapter.fetch([Reference("deals", deal.upper())])] == []
    adapter.close()


def test_records_are_fetched_as_they_are_now(crm: Dynamics, dynamics: Adapter) -> None:
    [deal] = fill(crm, 1)
    account = dynamics.pull("accounts", None, 10).records[0]
    crm.move(deal, crm.stages()[1])
    refs = [
        Reference("deals", deal), Reference("deals", made("nowhere")), Reference("accounts", account.id),
        Reference("deals", "') or 1 eq 1"), Reference("deal_contacts", next(iter(crm.store.of("connection")))),
    ]  # fmt: skip
    found = dynamics.fetch(refs)
    assert [one.table for one in found] == ["opportunity", "account", "connection"]
    assert (found[0].data["process.stage"], found[0].version) == (
        "Develop",
        dynamics.pull("deals", None, 1).records[0].version,
    )
    assert found[1] == account


def test_describe_has_the_stages_and_every_column(crm: Dynamics, dynamics: Adapter) -> None:
    crm.put("workflow", "other", name="Lead to Opportunity")
    other = ("workflow", made("workflow", "other"))
    crm.put("processstage", stagename="Qualify", stagecategory=0, primaryentitytypecode=DEAL, processid=other)
    assert {one.title for one in dynamics.describe().pipelines} == {"Opportunity Sales Process", "Lead to Opportunity"}
    crm.deal(crm.stages()[0])  # now it is known whose stages are meant
    told = dynamics.describe()
    [pipeline] = told.pipelines
    assert [one.title for one in pipeline.stages] == ["Qualify", "Develop", "Propose", "Close", "Won", "Lost"]
    assert [one.id for one in pipeline.stages][:4] == crm.stages()
    fields = {(one.table, one.id): one for one in told.fields}
    own = fields["opportunity", "new_readiness"]
    assert (own.custom, own.writable, own.type) == (True, True, "Decimal")
    assert (
        fields["opportunity", "statuscode"].options["5"] == "Out-Sold"
        and not fields["opportunity", "statuscode"].writable
    )
    assert not fields["opportunity", "_ownerid_value"].writable and not fields["opportunity", "process.stage"].writable
    record = dynamics.pull("accounts", None, 1).records[0]
    known = {name for table, name in fields if table == "account"}
    assert {name for name in record.data if not name.endswith((".name", ".table"))} <= known


def test_an_instance_that_does_not_say_its_process_hides_no_stages(crm: Dynamics, dynamics: Adapter) -> None:
    crm.edit(PROCESS, crm.instance(crm.deal(crm.stages()[0])), processid=None)
    [pipeline] = dynamics.describe().pipelines
    assert [one.id for one in pipeline.stages][:4] == crm.stages()


def test_a_stage_of_ours_leads_back_to_one_of_the_process(crm: Dynamics, home: Home) -> None:
    fill(crm, 4)
    stages = CrmStages(home.adapter.describe().pipelines, home.target.mapping)
    ids = crm.stages()
    here, back = stages.here("Propose"), stages.back("needs-assessment", "Propose")
    assert here is not None and back is not None and (here.id, back.id) == (ids[2], ids[1])
    assert stages.here(ids[2]) == here


def test_the_allowance_of_five_minutes_is_told(crm: Dynamics, dynamics: Adapter) -> None:
    page = dynamics.pull("users", None, 10)
    assert (page.budget.limit, page.budget.used) == (6000, len([one for one in crm.asked if "token" not in one]))


@pytest.mark.slow
def test_two_thousand_deals_take_the_fewest_requests_that_the_api_allows(crm: Dynamics, home: Home) -> None:
    """Counted: all requests but those for a token. A page holds 5,000 records at most and the engine asks for 2,000, so
    each table is one request, and so is the log. What a deal's stage is stands in another table, and the log names
    instances: one request for each page of them. One more reads definitions, stages and currencies."""
    deals = fill(crm, 2000)
    first = _counted(crm, home)
    assert home.now("stage").keys() == set(deals)
    tables = 8  # users, accounts, contacts, leads, opportunities, connections, activities, line items
    log = -(-len(crm.store.of("audit")) // 5000)
    assert first == {"definitions": 1, "tables": tables, "instances": 1, "log": 2 * log}, first
    crm.tick(hours=1)
    for deal in deals[:500]:
        crm.edit(DEAL, deal, estimatedvalue=Decimal("1.00"))
    crm.move(deals[600], crm.stages()[1])
    crm.tick(minutes=1)
    again = _counted(crm, home)
    # the moved one comes by its instance: a request for the instances, one for the opportunity, one for its stage
    assert again == {"definitions": 1, "tables": tables + 1, "instances": 3, "log": 2}, again


def _counted(crm: Dynamics, home: Home) -> dict[str, Any]:
    """What a sync asked for, by what it is about."""
    crm.asked.clear()
    home.sync()
    found: Counter[str] = Counter()
    batches = 0
    for one in crm.asked:
        if "/token" in one:
            continue
        if one.endswith("$batch"):
            batches += 1
        else:
            found["log" if one.endswith("/audits") else "tables"] += 1
    for what, number in (("definitions", 1), ("log", found["log"])):
        found[what] += number
        batches -= number
    found["instances"] = batches
    return {what: number for what, number in found.items() if number}


def test_a_cursor_that_nobody_can_read_is_told_as_expired(dynamics: Adapter) -> None:
    with pytest.raises(Trouble) as raised:
        dynamics.pull("deals", Cursor(None, "", "from another version"), 10)
    assert raised.value.kind == "expired"


def test_since_a_moment_all_is_read_again(crm: Dynamics, dynamics: Adapter) -> None:
    deals = fill(crm, 3)
    page = dynamics.pull("deals", Cursor(crm.now - timedelta(days=1)), 100)
    assert {one.id for one in page.records} == set(deals)
