"""An org is pulled into the store: everything, what changed, who did it, and with how many requests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from tests.fakes.salesforce import Salesforce as Fake
from tests.fakes.salesforce.oauth import CLIENT, SECRET
from tests.fakes.salesforce.schema import NAMES, Field

from dealgate.documents.load import load
from dealgate.documents.workspace import ConfiguredSource
from dealgate.history import history_of
from dealgate.ports import STREAMS, CreateTask, CrmAdapter, Cursor, Note, Reference
from dealgate.sync.adapters import known, open_adapter
from dealgate.sync.crm_stages import CrmStages
from dealgate_adapters.salesforce import Salesforce
from dealgate_adapters.salesforce import streams as streams_module

from .home import Home, company, home
from .rig import KEYS, settings

STAGE = {
    "Prospecting": "prospecting", "Qualification": "qualification", "Needs Analysis": "needs-assessment",
    "Value Proposition": "needs-assessment", "Id. Decision Makers": "needs-assessment",
    "Perception Analysis": "needs-assessment", "Proposal/Price Quote": "proposal", "Negotiation/Review": "close",
}  # fmt: skip


@pytest.fixture
def adapter(crm: Fake) -> Iterator[Salesforce]:
    made = Salesforce(settings(crm))
    yield made
    made.close()


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Home]:
    made = home(tmp_path)
    yield made
    made.close()


def test_what_stands_in_the_store_is_what_stands_in_the_org(crm: Fake, adapter: Salesforce, here: Home) -> None:
    deals = company(crm, 40)
    run, taken = here.sync(adapter, limit=15)
    assert (taken.deals, taken.set_aside, dict(taken.counts)) == (40, 0, {}), taken.diagnostics
    read = {one.stream: (one.read, one.pages) for one in run.streams}
    # every page but the last of a stream is full; of two objects, each ends with a page of its own
    assert read["deals"] == (40, 3) and read["activities"] == (80, 6)
    fields = (
        "name", "status", "amount", "probability", "close_date", "created_at", "source", "channel", "deal_type",
        "next_step", "owner.id", "owner.name", "owner.manager", "account.id", "account.name", "account.employees",
        "account.revenue", "account.country", "forecast_category",
    )  # fmt: skip
    held = here.now(*fields)
    category = {"Pipeline": "pipeline", "Closed": "closed", "Omitted": "omitted"}
    for ident in deals:
        row = crm.rows["Opportunity"][ident]
        account, owner = crm.rows["Account"][row["AccountId"]], crm.rows["User"][row["OwnerId"]]
        manager = crm.rows["User"].get(owner["ManagerId"])
        assert held[ident] == (
            row["Name"], ("won" if row["IsWon"] else "lost") if row["IsClosed"] else "open", round(row["Amount"] * 100),
            Decimal(str(row["Probability"])) / 100, row["CloseDate"], row["CreatedDate"], "Web", "inbound", "new",
            "Call", row["OwnerId"], owner["Name"], manager and manager["Name"], row["AccountId"], account["Name"],
            account["NumberOfEmployees"], round(account["AnnualRevenue"] * 100), "SE",
            category[row["ForecastCategory"]],
        )  # fmt: skip
    stages = here.now("stage")
    for ident in deals:
        name = crm.rows["Opportunity"][ident]["StageName"]
        assert stages[ident][0] == STAGE.get(name, "prospecting"), name  # a closed one keeps the stage it closed in
    children = here.store.children()
    contacts = {row["deal"]: row for row in children["contacts"].to_dicts()}
    for role in crm.rows["OpportunityContactRole"].values():
        person = crm.rows["Contact"][role["ContactId"]]
        got = contacts[role["OpportunityId"]]
        assert (got["name"], got["email"], got["role"]) == (person["Name"], person["Email"], "economic_buyer")
    activities = children["activities"].filter(pl.col("deal") == deals[3]).sort("type")
    task = next(one for one in crm.rows["Task"].values() if one["WhatId"] == deals[3])
    assert activities.select("type", "at", "subject", "contact_name").rows() == [
        ("call", task["CompletedDateTime"], "Call Kim", "Kim Lee 3"),
        ("meeting", task["CompletedDateTime"], "Demo", None),
    ]
    items = children["line_items"].filter(pl.col("deal") == deals[3])
    assert items.select("product", "quantity", "amount").rows() == [("Seats", 10, 100325)]


def test_the_practical_process_judges_the_deals(crm: Fake, adapter: Salesforce, here: Home) -> None:
    deals = company(crm, 10)
    run, _ = here.sync(adapter)
    process = here.target.process
    past = history_of(here.store.events(), process, run.watermark, None, here.store.children())
    playbook = load("practical").need()
    assert playbook.id == process.id
    frames = past.frames()
    open_ones = frames.deals.filter(pl.col("status") == "open")
    assert set(open_ones["id"]) == {one for one in deals if not crm.rows["Opportunity"][one]["IsClosed"]}
    import dealgate

    judged = dealgate.load("practical").evaluate_frame(frames.deals, children=frames.children, as_of=run.watermark)
    told = {row["id"]: row for row in judged.to_dicts()}
    first = told[deals[0]]
    assert first["prospecting.contact-named"] == "met"  # by its contact role
    assert first["prospecting.buyer-replied"] in ("unmet", "unknown")  # Salesforce does not say who answered


def test_an_incremental_pull_sees_what_changed_alone(crm: Fake, adapter: Salesforce, here: Home) -> None:
    deals = company(crm, 30)
    here.sync(adapter)
    crm.save("Opportunity", deals[0], Amount=5.5)
    crm.save("Opportunity", deals[1], StageName="Closed Lost")
    crm.delete("Opportunity", deals[2])
    crm.save("Account", crm.rows["Opportunity"][deals[3]]["AccountId"], Name="Renamed")
    run, taken = here.sync(adapter)
    told = {one.stream: (one.new, one.changed, one.gone) for one in run.streams}
    assert told["deals"] == (0, 2, 1)
    assert told["accounts"] == (0, 1, 0)
    # the line before each of the two changes became history with it, and the deleted deal took its own along
    assert told["stage_changes"][0] == 2
    assert taken.gone == 1
    held = here.now("amount", "status", "account.name")
    assert deals[2] not in held
    assert held[deals[0]][0] == 550 and held[deals[1]][1] == "lost"
    assert held[deals[3]][2] == "Renamed"
    again, none = here.sync(adapter)
    assert none.deals == none.gone == 0 and sum(one.new + one.changed + one.gone for one in again.streams) == 0


def test_a_deal_that_was_purged_is_found_gone_by_a_full_pull_alone(crm: Fake, adapter: Salesforce, here: Home) -> None:
    deals = company(crm, 4)
    here.sync(adapter)
    crm.delete("Opportunity", deals[1])
    crm.purge()
    here.sync(adapter)
    assert deals[1] in here.now("name")
    here.sync(adapter, full=True)
    assert set(here.now("name")) == {deals[0], deals[2], deals[3]}


def test_a_deal_that_was_brought_back_comes_again(crm: Fake, adapter: Salesforce, here: Home) -> None:
    deals = company(crm, 3)
    here.sync(adapter)
    crm.delete("Opportunity", deals[1])
    crm.tick(minutes=20)
    here.sync(adapter)
    assert here.mirror.records("deals", [deals[1]]) == [] and deals[1] not in here.now("name")
    crm.tick(minutes=20)
    crm.save("Opportunity", deals[1], IsDeleted=False)
    run, _ = here.sync(adapter)
    assert {one.stream: one.changed for one in run.streams}["deals"] == 1
    assert [record.id for record in here.mirror.records("deals", [deals[1]])] == [deals[1]]


def test_history_says_when_and_who(crm: Fake, adapter: Salesforce, here: Home) -> None:
    deal = crm.save("Opportunity", Name="One", StageName=NAMES[0], CloseDate=date(2027, 1, 1), Amount=10.0)
    moments = [crm.now]
    for stage, by in ((NAMES[1], crm.robot), ("Closed Lost", crm.ann)):
        moments.append(crm.tick(hours=1))
        crm.save("Opportunity", deal, StageName=stage, by=by)
    crm.tick(hours=1)
    here.sync(adapter)
    told = here.store.events().filter((pl.col("deal") == deal) & (pl.col("origin") == "told"))
    stages = told.filter((pl.col("field") == "stage") & pl.col("value").is_not_null())
    assert stages.select("value", "at", "by").rows() == [
        ("prospecting", moments[0], crm.ann), ("qualification", moments[1], crm.robot),
    ]  # fmt: skip


def test_money_keeps_the_currency_that_an_org_with_several_gives(here: Home) -> None:
    crm = Fake(currencies=True)
    deal = crm.save(
        "Opportunity", Name="Krona", StageName=NAMES[0], CloseDate=date(2027, 1, 1), Amount=12.5, CurrencyIsoCode="SEK"
    )
    adapter = Salesforce(settings(crm))
    here.sync(adapter)
    adapter.close()
    crm.close()
    amounts = here.store.events().filter((pl.col("deal") == deal) & (pl.col("field") == "amount"))["value"]
    assert set(amounts) == {"12.50 SEK"}


def requests(crm: Fake, kind: str) -> int:
    return sum(one.startswith(kind) for one in crm.asked)


@pytest.mark.slow
def test_2000_deals_and_what_changes_take_the_fewest_requests(crm: Fake, here: Home) -> None:
    """Counted by hand, one query a request: one for a token; one for what all objects are, for the fields that the user
    may see are told nowhere else; and for each object one for every 2,000 rows, at least one."""
    for n in range(2_000):
        crm.save("Opportunity", Name=f"{n}", StageName=NAMES[n % 5], CloseDate=date(2027, 1, 1), Amount=float(n))
        if n < 1_500:
            crm.save("Opportunity", list(crm.rows["Opportunity"])[-1], StageName=NAMES[5])
    crm.tick(minutes=20)
    adapter = Salesforce(settings(crm))
    here.sync(adapter)
    objects = sum(len(tables) for tables in streams_module.STREAMS.values())
    pages = sum(
        max(1, -(-len(crm.rows[t.name]) // 2_000)) for tables in streams_module.STREAMS.values() for t in tables
    )
    assert (objects, pages) == (10, 11)  # 3,500 lines of history are two
    fewest = 1 + 1 + pages
    assert len(crm.asked) <= fewest * 1.05
    adapter.close()
    crm.asked.clear()
    for ident in list(crm.rows["Opportunity"])[:500]:
        crm.save("Opportunity", ident, Amount=1.0)
    adapter = Salesforce(settings(crm))
    run, taken = here.sync(adapter)
    adapter.close()
    assert taken.deals == 500
    assert len(crm.asked) <= (1 + 1 + objects) * 1.05


def test_what_may_not_be_read_costs_no_request_for_each_page(crm: Fake, adapter: Salesforce) -> None:
    for n in range(9):
        crm.save("Opportunity", Name=f"{n}", StageName=NAMES[0], CloseDate=date(2027, 1, 1))
    crm.hidden |= {"Lead", "Event"}
    page = adapter.pull("deals", None, 2)
    crm.asked.clear()
    for _ in range(4):
        page = adapter.pull("deals", page.next, 2)
    assert (page.more, len(crm.asked)) == (False, 4)


def test_the_end_of_a_full_page_is_seen_without_another_request(crm: Fake, adapter: Salesforce) -> None:
    for n in range(400):
        crm.save("Opportunity", Name=f"{n}", StageName=NAMES[0], CloseDate=date(2027, 1, 1))
    first = adapter.pull("deals", None, 200)
    assert (len(first.records), first.more, first.total) == (200, True, 400)
    last = adapter.pull("deals", first.next, 200)
    assert (len(last.records), last.more, last.total) == (200, False, 400)
    assert requests(crm, "GET /services/data/v62.0/queryAll") == 2


def test_pages_that_salesforce_makes_shorter_are_read_to_their_end(crm: Fake, adapter: Salesforce) -> None:
    crm.most = 7  # as with many long texts
    made = {crm.save("Opportunity", Name=f"{n}", StageName=NAMES[0], CloseDate=date(2027, 1, 1)) for n in range(20)}
    cursor, seen = None, []
    while True:
        page = adapter.pull("deals", cursor, 2_000)
        seen += [record.id for record in page.records]
        if not page.more:
            break
        cursor = page.next
    assert len(seen) == 20 and set(seen) == made


def test_activities_are_read_object_by_object_and_go_on_where_they_stood(crm: Fake) -> None:
    [deal] = company(crm, 1)
    for n in range(5):
        crm.save("Task", WhatId=deal, Subject=f"Task {n}")
        crm.save("Event", WhatId=deal, Subject=f"Event {n}", StartDateTime=crm.now)
    began = crm.now
    cursor, seen, marks = None, [], []
    while True:
        other = Salesforce(settings(crm))  # another process each time
        page = other.pull("activities", cursor, 3)
        other.close()
        crm.tick(minutes=1)
        seen += [record.data["Subject"] for record in page.records]
        marks.append(page.watermark)
        cursor = Cursor(page.next.at, page.next.id, page.next.token)
        if not page.more:
            break
    assert len(seen) == len(set(seen)) + 0 == 12
    assert not cursor.token
    # complete up to where the tasks were, not the events that were read later
    assert marks[-1] < began + timedelta(minutes=3)
    late = crm.save("Task", WhatId=deal, Subject="Late")
    other = Salesforce(settings(crm))
    page = other.pull("activities", Cursor(marks[-1]), 100)
    other.close()
    assert late in [record.id for record in page.records]


def test_a_task_of_an_account_is_none_of_a_deal(crm: Fake, adapter: Salesforce) -> None:
    company(crm, 2)
    subjects = {record.data["Subject"] for record in adapter.pull("activities", None, 100).records}
    assert "Of no deal" not in subjects
    lead = crm.save("Lead", LastName="Poe", Company="Poe Ltd", Status="Open - Not Contacted")
    crm.save("Task", WhoId=lead, Subject="Of a lead")
    found = {record.data["Subject"]: record.deal for record in adapter.pull("activities", None, 100).records}
    assert found["Of a lead"] == lead


def test_what_we_write_ourselves_and_what_nobody_has_done_took_no_place(
    crm: Fake, adapter: Salesforce, here: Home
) -> None:
    deal = crm.save("Opportunity", Name="Deal", StageName="Prospecting", CloseDate=date(2027, 1, 1))
    assert (
        adapter.apply(CreateTask(deal, "Ask for the budget", "", "t" * 64, due=f"{crm.now:%Y-%m-%d}")).kind == "applied"
    )
    assert adapter.apply(Note(deal, "The gate is not met.", "n" * 64)).kind == "applied"
    crm.save("Task", WhatId=deal, Subject="Call Kim", TaskSubtype="Call", Status="Completed", by=crm.ann)
    crm.save("Event", WhatId=deal, Subject="Demo", EventSubtype="Event", StartDateTime=crm.now)
    crm.tick(days=2)
    _, taken = here.sync(adapter)
    assert dict(taken.counts) == {}, taken.diagnostics
    told = here.store.children()["activities"].select("subject", "held").rows()
    assert sorted(told) == [("Ask for the budget", False), ("Call Kim", None), ("Demo", None)]


def test_a_lead_of_a_queue_links_to_nobody(crm: Fake, adapter: Salesforce) -> None:
    crm.save("Lead", LastName="Poe", Company="Poe Ltd", Status="Open - Not Contacted", OwnerId="00G5e000000queueEAA")
    [lead] = adapter.pull("leads", None, 10).records
    assert (lead.links, lead.deal, lead.data["Company"]) == ((), lead.id, "Poe Ltd")


def test_numbers_come_with_every_digit_and_without_an_exponent() -> None:
    assert streams_module._plain(Decimal("1.234E+7")) == "12340000"
    assert streams_module._plain(Decimal("0.10")) == "0.10"


def test_custom_fields_come_all_or_those_that_are_named(crm: Fake, adapter: Salesforce) -> None:
    company(crm, 1)
    [deal] = adapter.pull("deals", None, 10).records
    assert (deal.data["MainCompetitors__c"], deal.data["CurrencyIsoCode"]) == ("Nobody", None)
    assert "LastViewedDate" not in deal.data and "BillingAddress" not in deal.data
    few = Salesforce(settings(crm, fields="Opportunity.Gate__c"))
    [deal] = few.pull("deals", None, 10).records
    few.close()
    assert {name for name in deal.data if name.endswith("__c")} == {"Gate__c", KEYS}


def test_a_query_that_is_too_long_for_a_uri_goes_into_a_body(crm: Fake, adapter: Salesforce) -> None:
    for n in range(700):
        name = f"A_field_with_a_long_name_{n:04}__c"
        crm.objects["Opportunity"].fields[name] = Field(name)
    made = crm.save(
        "Opportunity", Name="Wide", StageName=NAMES[0], CloseDate=date(2027, 1, 1), A_field_with_a_long_name_0699__c="x"
    )
    [deal] = adapter.pull("deals", None, 10).records
    assert (deal.id, deal.data["A_field_with_a_long_name_0699__c"]) == (made, "x")
    assert requests(crm, "POST /services/data/v62.0/composite") == 2  # the other: what the objects are


def test_what_is_left_of_the_allowance_comes_with_each_page(crm: Fake, adapter: Salesforce) -> None:
    company(crm, 1)
    budget = adapter.pull("deals", None, 10).budget
    assert (budget.used, budget.limit) == (crm.used, 100_000)


def test_records_are_fetched_as_they_are_now(crm: Fake, adapter: Salesforce) -> None:
    deals = company(crm, 3)
    page = adapter.pull("accounts", None, 1)
    crm.save("Opportunity", deals[0], Name="Other")
    crm.delete("Opportunity", deals[1])
    asked = [
        Reference("deals", deals[0]), Reference("deals", deals[1]), Reference("accounts", page.records[0].id),
        Reference("deals", "' OR Name != '"), Reference("deals", page.records[0].id), Reference("nonsense", deals[0]),
    ]  # fmt: skip
    deal, account = adapter.fetch(asked)
    assert (deal.id, deal.data["Name"], account) == (deals[0], "Other", page.records[0])


def test_stages_are_described_by_record_type_where_there_are_such(crm: Fake, adapter: Salesforce) -> None:
    told = adapter.describe()
    [pipeline] = told.pipelines
    assert [stage.id for stage in pipeline.stages] == list(NAMES)
    assert [stage.id for stage in pipeline.stages if stage.won] == ["Closed Won"]
    assert [stage.id for stage in pipeline.stages if stage.lost] == ["Closed Lost"]
    assert [stage.probability for stage in pipeline.stages][:3] == ["0.1", "0.1", "0.2"]
    crm.record_types = {
        "0125e000000AAAAAA2": ("New business", NAMES[:3] + NAMES[-2:]), "0125e000000BBBBAA2": ("Renewal", NAMES[6:]),
    }  # fmt: skip
    other = Salesforce(settings(crm))
    new, renewal, rest = other.describe().pipelines
    other.close()
    assert (new.id, new.title, [stage.id for stage in new.stages]) == (
        "0125e000000AAAAAA2", "New business", [*NAMES[:3], *NAMES[-2:]],
    )  # fmt: skip
    assert [stage.id for stage in renewal.stages] == list(NAMES[6:])
    assert [stage.id for stage in rest.stages] == list(NAMES[3:6])


def test_a_deal_lies_in_the_pipeline_of_its_record_type(crm: Fake, adapter: Salesforce, here: Home) -> None:
    kind = crm.save("RecordType", Name="New business", DeveloperName="New_Business")
    deal, other = (
        crm.save("Opportunity", Name="One", StageName=NAMES[0], CloseDate=date(2027, 1, 1), RecordTypeId=one)
        for one in (kind, None)
    )
    crm.tick(minutes=20)
    here.sync(adapter)
    assert here.now("pipeline") == {deal: ("New_Business",), other: (None,)}


def test_a_stage_that_several_sales_processes_share_is_one_stage(crm: Fake, here: Home) -> None:
    crm.record_types = {
        "0125e000000AAAAAA2": ("New business", NAMES[:2] + NAMES[6:]), "0125e000000BBBBAA2": ("Renewal", NAMES[1:2] + NAMES[6:]),
    }  # fmt: skip
    adapter = Salesforce(settings(crm))
    stages = CrmStages(adapter.describe().pipelines, here.target.mapping)
    adapter.close()
    found, before = stages.here(NAMES[6]), stages.back("qualification", NAMES[6])
    assert found is not None and found.id == NAMES[6]
    assert before is not None and before.id == NAMES[1]
    assert stages.back("needs-assessment", NAMES[2]) is None  # four of them are that


def test_leads_are_read_by_the_same_mapping(crm: Fake, adapter: Salesforce, tmp_path: Path) -> None:
    new = crm.save(
        "Lead", LastName="Poe", Company="Poe Ltd", Status="Open - Not Contacted", LeadSource="Web", Country="SE",
        NumberOfEmployees=12, OwnerId=crm.ann,
    )  # fmt: skip
    deal = crm.save("Opportunity", Name="Won over", StageName=NAMES[0], CloseDate=date(2027, 1, 1))
    done = crm.save(
        "Lead", LastName="Roe", Company="Roe Ltd", Status="Closed - Converted", IsConverted=True,
        ConvertedDate=date(2026, 11, 1), ConvertedOpportunityId=deal,
    )  # fmt: skip
    crm.tick(minutes=20)
    there = home(tmp_path / "leads", "leads")
    _, taken = there.sync(adapter)
    assert not taken.set_aside and not taken.counts, taken.diagnostics
    held = there.now("name", "stage", "status", "owner.name", "account.employees", "converted_to", "source")
    assert held[new] == ("Poe Ltd", "new", "open", "Ann Adler", 12, None, "Web")
    assert (held[done][0], held[done][2], held[done][5]) == ("Roe Ltd", "won", deal)
    there.close()


def test_fields_are_described_with_their_choices_and_whether_we_may_write(crm: Fake) -> None:
    crm.locked.add("Opportunity.NextStep")
    adapter = Salesforce(settings(crm))
    fields = {(one.table, one.id): one for one in adapter.describe().fields}
    adapter.close()
    gate = fields["Opportunity", "Gate__c"]
    assert (gate.title, gate.type, dict(gate.options), gate.writable, gate.custom) == (
        "Gate", "picklist", {"open": "open", "held": "held"}, True, True,
    )  # fmt: skip
    assert not fields["Opportunity", "NextStep"].writable
    assert {one.table for one in fields.values()} == {
        table.name for tables in streams_module.STREAMS.values() for table in tables
    }


def test_a_workspace_opens_it_by_its_name(crm: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_SECRET", SECRET)
    said = {
        "url": crm.url, "options": {"key_field": KEYS}, "mapping": "salesforce", "process": "practical",
        "credentials": {"client_id": CLIENT, "client_secret": "${env:OUR_SECRET}"},
    }  # fmt: skip
    adapter = open_adapter(ConfiguredSource("crm", "salesforce", said, tmp_path), lambda: datetime.now(UTC))
    assert "Ann Adler" in {record.data["Name"] for record in adapter.pull("users", None, 100).records}
    adapter.close()
    [one] = [one for one in known() if one.name == "salesforce"]
    assert one.title == "Salesforce (REST API 62.0 and later): opportunities with all that belongs to them, over HTTPS."


def test_it_says_what_it_can_and_what_was_left_out(crm: Fake, adapter: Salesforce) -> None:
    able = adapter.capabilities()
    assert isinstance(adapter, CrmAdapter)
    assert set(able.streams) == set(STREAMS) - {"deletions"}
    bare = Salesforce(settings(crm, key_field=None, without="leads, stage_changes"))
    less = bare.capabilities()
    bare.close()
    assert set(able.streams) - set(less.streams) == {"leads", "stage_changes"}
    assert (less.history, less.actions) == ("none", ("create_task", "note"))
