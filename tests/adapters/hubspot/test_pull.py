"""HubSpot is pulled: everything, what changed, what is gone, and no more requests than it takes."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from tests.fakes.hubspot import By, HubSpotFake
from tests.fakes.served import START, Reply, Request

from dealgate.documents.workspace import ConfiguredSource
from dealgate.ports import CrmAdapter, Cursor, Page, Reference, Trouble
from dealgate.sync.adapters import open_adapter
from dealgate_adapters.hubspot import HubSpot, walk

from .shop import at, home, judge, opened, sell

STAGE = {
    "appointmentscheduled": "prospecting", "qualifiedtobuy": "qualification",
    "presentationscheduled": "needs-assessment", "decisionmakerboughtin": "proposal", "contractsent": "close",
}  # fmt: skip
BEN = By("CRM_UI", "userId:9002", 9002)


def read(adapter: HubSpot, stream: str, limit: int = 2_000, cursor: Cursor | None = None) -> tuple[list[str], Page]:
    ids: list[str] = []
    while True:
        page = adapter.pull(stream, cursor, limit)
        ids += [record.id for record in page.records]
        if not page.more:
            return ids, page
        cursor = page.next


@pytest.mark.slow
def test_deals_stand_in_the_store_as_in_hubspot_and_are_judged(fake: HubSpotFake, tmp_path: Path) -> None:
    ids = sell(fake, 60)
    moves = [*STAGE, "closedwon", "closedlost"]
    for n, ident in enumerate(ids):
        fake.tick()
        fake.portal.update("deals", ident, {"dealstage": moves[n % len(moves)], "closed_lost_reason": "too dear"}, BEN)
    with home(fake, tmp_path) as here:
        run, taken = here.sync(limit=25)
        told = {one.stream: (one.read, one.pages) for one in run.streams}
        assert told["deals"] == (60, 3)
        assert (taken.deals, taken.set_aside, taken.counts) == (60, 0, {}), taken.diagnostics
        held = here.now(
            "name", "status", "amount", "close_date", "probability", "deal_type", "owner.id", "owner.name",
            "owner.team", "account.name", "account.industry", "created_at", "updated_at", "outcome_note",
        )  # fmt: skip
        stages = here.now("stage")
        for ident in ids:
            row = fake.portal.objects["deals"][ident].properties
            won, closed = row["hs_is_closed_won"] == "true", row["hs_is_closed"] == "true"
            assert held[ident] == (
                row["dealname"], "won" if won else "lost" if closed else "open", int(Decimal(str(row["amount"])) * 100),
                date(2026, 12, 31), Decimal(str(row["hs_deal_stage_probability"])), "new", "11", "Ada Berg", "North",
                "Northwind", "COMPUTER_SOFTWARE", at(row["createdate"]), at(row["hs_lastmodifieddate"]), "too dear",
            )  # fmt: skip
            if not closed:
                assert stages[ident] == (STAGE[str(row["dealstage"])],)
        contacts = here.target.store.children()["contacts"]
        assert contacts.select("name", "email", "role").unique().rows() == [("Ann Lee", "ann@nw.example", "champion")]
        assert contacts["deal"].n_unique() == 60
        verdicts = judge().evaluate_frame(here.past().frames(), as_of=fake.now)
        assert verdicts.height > 0


def test_amounts_keep_their_currency(fake: HubSpotFake, tmp_path: Path) -> None:
    [euro] = sell(fake, 1)
    [yen] = sell(fake, 1, deal_currency_code="JPY", amount="120000")
    [none] = sell(fake, 1, deal_currency_code=None, amount="10")
    with home(fake, tmp_path) as here:
        here.sync()
        amounts = here.target.store.events().filter((pl.col("field") == "amount") & (pl.col("origin") == "told"))
        assert dict(amounts.select("deal", "value").rows()) == {
            euro: "1000.50 EUR", yen: "120000 JPY", none: "10.00 USD",
        }  # fmt: skip


def test_an_incremental_pull_sees_the_changed_ones_alone(fake: HubSpotFake, tmp_path: Path) -> None:
    ids = sell(fake, 12)
    fake.tick(minutes=20)
    with home(fake, tmp_path) as here:
        here.sync()
        fake.tick(minutes=20)
        [fresh] = sell(fake, 1)
        fake.portal.update("deals", ids[3], {"dealstage": "qualifiedtobuy"}, BEN)
        fake.portal.update("deals", ids[4], {"amount": "5"}, BEN)
        run, taken = here.sync()
        told = {one.stream: (one.read, one.new, one.changed, one.gone) for one in run.streams}
        assert told["deals"] == (3, 1, 2, 0)
        assert told["stage_changes"][1] == 3
        assert (taken.deals, taken.new_deals) == (3, 1)
        assert here.now("stage", "amount")[ids[3]][0] == "qualification"
        assert here.now("amount")[ids[4]] == (500,)
        assert fresh in here.now("name")
        fake.tick(minutes=20)
        again, none = here.sync()
        assert none.deals == 0 and sum(one.new + one.changed + one.gone for one in again.streams) == 0


def test_history_says_when_who_and_through_what(fake: HubSpotFake, tmp_path: Path) -> None:
    [one] = sell(fake, 1)
    moments = [fake.portal.objects["deals"][one].created]
    for values, by in (
        ({"dealstage": "qualifiedtobuy"}, BEN),
        ({"amount": "2000"}, By("INTEGRATION", "99", None)),
        ({"dealstage": "closedlost"}, By("AUTOMATION_PLATFORM", "flow", 9003)),
        ({"dealstage": "appointmentscheduled"}, By("CRM_UI", "userId:5", 5)),
    ):
        moments.append(fake.tick(minutes=5))
        fake.portal.update("deals", one, values, by)
    with home(fake, tmp_path) as here:
        here.sync()
        told = here.target.store.events().filter((pl.col("deal") == one) & (pl.col("origin") == "told"))
    stages = told.filter(pl.col("field") == "stage").select("value", "at", "by", "channel").rows()
    assert [row for row in stages if row[0]] == [
        ("prospecting", moments[0], "11", "person"), ("qualification", moments[1], "12", "person"),
        ("prospecting", moments[4], "user 5", "person"),
    ]  # fmt: skip
    [lost] = (
        told.filter((pl.col("field") == "status") & (pl.col("value") == "lost")).select("at", "by", "channel").rows()
    )
    assert lost == (moments[3], "13", "workflow")
    amounts = told.filter(pl.col("field") == "amount").select("value", "at", "by", "channel").rows()
    assert amounts == [
        ("1000.50 EUR", moments[0], "11", "person"), ("2000.00 EUR", moments[2], None, "api"),
    ]  # fmt: skip


def test_what_is_deleted_merged_or_taken_off_is_gone(fake: HubSpotFake, tmp_path: Path) -> None:
    gone, kept, winner, loser = sell(fake, 4)
    item = fake.portal.create("line_items", {"name": "Seats", "quantity": "1"}).id
    fake.portal.link("line_items", item, "deals", kept)
    bob = fake.portal.create("contacts", {"firstname": "Bob"}).id
    fake.portal.link("deals", kept, "contacts", bob)
    fake.tick(minutes=20)
    with home(fake, tmp_path) as here:
        here.sync()
        assert set(here.target.store.children()["contacts"].filter(pl.col("deal") == kept)["name"]) == {
            "Ann Lee",
            "Bob",
        }
        fake.tick(minutes=20)
        fake.portal.archive("deals", gone)
        fake.portal.archive("line_items", item)
        fake.portal.unlink("deals", kept, "contacts", bob)
        fake.portal.merge("deals", winner, loser)
        run, taken = here.sync()
        told = {one.stream: one.gone for one in run.streams}
        assert (told["deletions"], told["deal_contacts"]) == (3, 1)
        assert taken.gone == 2
        assert set(here.now("stage")) == {kept, winner}
        children = here.target.store.children(as_of=fake.now)
        assert set(children["contacts"].filter(pl.col("deal") == kept)["name"]) == {"Ann Lee"}
        assert children["line_items"].height == 0


def test_a_renamed_company_and_a_contact_s_new_title_bring_their_deals(fake: HubSpotFake, tmp_path: Path) -> None:
    [one] = sell(fake, 1)
    fake.tick(minutes=20)
    with home(fake, tmp_path) as here:
        here.sync()
        for kind, values in (("companies", {"name": "Northwind plc"}), ("contacts", {"jobtitle": "CFO"})):
            fake.tick(minutes=20)
            [ident] = fake.portal.objects[kind]
            fake.portal.update(kind, ident, values)
            assert here.sync()[1].deals == 1
        assert here.now("account.name")[one] == ("Northwind plc",)
        assert set(here.target.store.children()["contacts"]["title"]) == {"CFO"}


def test_contacts_and_companies_without_a_deal_are_not_read(fake: HubSpotFake) -> None:
    sell(fake, 1)
    fake.portal.create("contacts", {"firstname": "Stranger"})
    fake.portal.create("companies", {"name": "Elsewhere"})
    with opened(fake) as adapter:
        assert len(read(adapter, "contacts")[0]) == len(read(adapter, "accounts")[0]) == 1


def test_a_search_that_is_late_loses_nothing(fake: HubSpotFake, tmp_path: Path) -> None:
    ids = sell(fake, 3)
    fake.tick(minutes=20)
    fake.lag = timedelta(minutes=4)
    with home(fake, tmp_path) as here:
        here.sync()
        fake.tick(minutes=20)
        fake.portal.update("deals", ids[0], {"dealname": "Seen late"})
        assert here.sync()[1].deals == 0, "the search does not find it yet"
        # what was written after it is found before: a place in the list alone would have passed it by
        fake.tick(minutes=1)
        fake.lag = timedelta(0)
        fake.portal.update("deals", ids[1], {"dealname": "Seen at once"})
        here.sync()
        assert [here.now("name")[one] for one in ids[:2]] == [("Seen late",), ("Seen at once",)]


def test_a_move_that_the_search_shows_later_than_the_history_is_no_move_back(fake: HubSpotFake, tmp_path: Path) -> None:
    [deal] = sell(fake, 1)
    fake.tick(minutes=20)
    with home(fake, tmp_path) as here:
        here.sync()
        fake.tick(minutes=20)
        fake.portal.update("deals", deal, {"dealname": "New name"})
        fake.tick(seconds=50)
        fake.portal.update("deals", deal, {"dealstage": "qualifiedtobuy"}, BEN)
        fake.tick(seconds=80)
        fake.lag = timedelta(minutes=2)  # the search has the new name; the history, which is no search, the move too
        here.sync()
        fake.tick(minutes=4)
        here.sync()
        assert here.now("name", "stage")[deal] == ("New name", "qualification")


def test_a_deal_that_is_deleted_or_restored_within_moments_is_gone_or_there(fake: HubSpotFake, tmp_path: Path) -> None:
    first, second = sell(fake, 2)
    with home(fake, tmp_path) as here:
        here.sync()
        assert set(here.now("stage")) == {first, second}
        for archived, there in ((True, {second}), (False, {first, second}), (True, {second})):
            fake.tick(seconds=3)
            if archived:
                fake.portal.archive("deals", first)
            else:
                fake.portal.restore("deals", first)
            fake.tick(seconds=3)
            here.sync()
            assert set(here.now("stage")) == there


def test_the_mark_of_a_pull_lies_before_it_began_however_long_it_takes(fake: HubSpotFake) -> None:
    sell(fake, 5)
    fake.tick(hours=1)
    started = fake.now
    cursor = None
    for stream in ("deals", "stage_changes", "deal_contacts", "activities"):
        with opened(fake) as adapter:
            while True:
                page = adapter.pull(stream, cursor, 2)
                fake.tick(minutes=1)
                if not page.more:
                    break
                cursor = page.next
        assert page.watermark <= started - walk.INDEXED or stream != "deals"
        assert page.watermark < fake.now - walk.INDEXED
        assert page.next.token == ""
        started, cursor = fake.now, None


@pytest.mark.slow
@pytest.mark.parametrize("limit", [1, 7, 199, 200, 450, 2_000])
@pytest.mark.parametrize("seed", [1, 2])
def test_records_of_one_moment_all_come_once_wherever_pages_end(fake: HubSpotFake, limit: int, seed: int) -> None:
    chance = random.Random(seed)
    many = 60 if limit == 1 else 640
    for _ in range(many):
        fake.portal.create("deals", {"dealname": "Bulk"})
        # moments of one to some three hundred records, as imports and bulk edits leave them
        if chance.random() < (0.3 if seed == 1 else 0.006):
            fake.tick()
    with opened(fake) as adapter:
        ids, _ = read(adapter, "deals", limit)
    rows = sorted(fake.portal.live("deals").values(), key=lambda one: (one.updated, int(one.id)))
    assert ids == [row.id for row in rows]


def test_a_deal_that_is_edited_between_two_searches_of_a_page_takes_no_other_with_it(fake: HubSpotFake) -> None:
    ids = sell(fake, 450)
    searches = 0
    plain = fake.answer

    def answer(request: Request) -> Reply:
        nonlocal searches
        if request.path.endswith("/search"):
            searches += 1
            if searches == 2:  # the first two hundred are read: one of them moves to the end
                fake.tick()
                fake.portal.update("deals", ids[10], {"dealname": "Edited"})
        return plain(request)

    fake.answer = answer  # type: ignore[method-assign]
    with opened(fake) as adapter:
        found = adapter.pull("deals", None, 2_000)
    assert {record.id for record in found.records} == set(ids)
    assert [record.data["dealname"] for record in found.records if record.id == ids[10]] == ["Deal 10", "Edited"]


@pytest.mark.slow
def test_two_thousand_deals_take_no_more_requests_than_they_must(fake: HubSpotFake, tmp_path: Path) -> None:
    """The fewest: 200 records a search, 1,000 a request of associations, 50 of history, 100 of lists; one for each page
    of people (those here, those who left), for each list of properties, and for each way in which something is gone."""
    many = 2_000
    ids = sell(fake, many)
    fake.tick(minutes=20)
    with home(fake, tmp_path) as here:
        before = len(fake.asked)
        run = here.pull()
        assert run.watermark is not None
        deals = many // 200 + many // 1_000 + many // 50 + many // 1_000
        rest = 2 + 4 + 1 + 1 + 5 + 1 + 3  # people, properties, companies, contacts, activities, items, gone
        fewest = deals + rest
        assert len(fake.asked) - before <= fewest * 1.05, (len(fake.asked) - before, fewest)
        fake.tick(minutes=20)
        for ident in ids[:500]:
            fake.tick()
            fake.portal.update("deals", ident, {"dealstage": "qualifiedtobuy"})
        before = len(fake.asked)
        again = here.pull()
        assert {one.stream: one.changed for one in again.streams}["deals"] == 500
        fewest = 3 + 1 + 10 + 1 + rest
        assert len(fake.asked) - before <= fewest * 1.05, (len(fake.asked) - before, fewest)


def test_activities_come_once_for_each_deal_and_ours_are_none(fake: HubSpotFake, tmp_path: Path) -> None:
    one, two = sell(fake, 2)
    logged = [
        ("calls", {"hs_call_status": "COMPLETED", "hs_call_direction": "OUTBOUND", "hs_call_title": "Intro"}, [one, two]),
        ("calls", {"hs_call_status": "NO_ANSWER", "hs_call_direction": "OUTBOUND"}, [one]),
        ("emails", {"hs_email_direction": "INCOMING_EMAIL", "hs_email_subject": "Yes"}, [one]),
        ("meetings", {"hs_meeting_outcome": "NO_SHOW", "hs_meeting_title": "Demo"}, [one]),
        ("notes", {"hs_note_body": "They will call back"}, [one]),
        ("notes", {"hs_note_body": "What is missing<br><br>[dealgate:0123]"}, [one]),
        ("tasks", {"hs_task_subject": "Send it", "hs_task_status": "NOT_STARTED"}, [one]),
    ]  # fmt: skip
    for kind, values, deals in logged:
        fake.tick()
        made = fake.portal.create(kind, {"hs_timestamp": "2026-10-30T09:00:00Z", **values})
        for deal in deals:
            fake.portal.link(kind, made.id, "deals", deal)
    with home(fake, tmp_path) as here:
        run, taken = here.sync(limit=2)
        assert not taken.counts, taken.diagnostics
        rows = here.target.store.children()["activities"].sort("deal", "type", "held", "two_way")
        told = rows.select("deal", "type", "two_way", "held", "direction", "subject").rows()
    assert told == [
        (one, "email", True, None, "in", "Yes"), (one, "call", False, False, "out", None),
        (one, "call", True, True, "out", "Intro"), (one, "meeting", False, False, None, "Demo"),
        (one, "task", None, False, None, "Send it"), (one, "note", None, None, None, None),
        (two, "call", True, True, "out", "Intro"),
    ]  # fmt: skip
    with opened(fake, activities="calls, notes") as adapter:
        assert {one.split(":")[0] for one in read(adapter, "activities")[0]} == {"calls", "notes"}
        text = repr(adapter.pull("activities", None, 100).records)
        assert "call back" not in text, "what was written is kept nowhere"


def test_a_deal_with_many_contacts_has_them_all(fake: HubSpotFake) -> None:
    few, many = sell(fake, 2)
    fake.associated = 2
    people = [fake.portal.create("contacts", {"firstname": f"P{n}"}).id for n in range(5)]
    for one in people:
        fake.portal.link("deals", many, "contacts", one)
    with opened(fake) as adapter:
        records = adapter.pull("deal_contacts", None, 100).records
        asked = fake.asked.count("POST /crm/v4/associations/deals/contacts/batch/read")
    assert {str(one.data["contact"]) for one in records if one.deal == many} >= set(people)
    assert (len(records), asked) == (7, 3)


def test_a_line_item_belongs_to_its_deal_and_one_of_a_quote_to_none(fake: HubSpotFake) -> None:
    [one] = sell(fake, 1)
    fake.portal.create("line_items", {"name": "Of a quote", "quantity": "1"})
    item = fake.portal.create("line_items", {"name": "Seats", "quantity": "10"}).id
    fake.portal.link("line_items", item, "deals", one)
    with opened(fake) as adapter:
        [record] = adapter.pull("line_items", None, 10).records
    assert (record.id, record.deal, record.data["quantity"]) == (item, one, "10")


def test_an_account_s_own_properties_are_read_and_the_keys_are_not(fake: HubSpotFake) -> None:
    sell(fake, 1, champion_note="She asked for it", dealgate_key="abc")
    with opened(fake, properties="hs_analytics_source, hs_not_there") as adapter:
        [record] = adapter.pull("deals", None, 10).records
    assert record.data["champion_note"] == "She asked for it"
    assert record.data["hs_not_there"] is None and "dealgate_key" not in record.data


def test_records_are_fetched_in_the_form_of_a_pull(fake: HubSpotFake) -> None:
    [one] = sell(fake, 1)
    for kind, to in (("calls", "deals"), ("line_items", "deals")):
        values = {"hs_timestamp": "2026-10-30T09:00:00Z"} if kind == "calls" else {"quantity": "1"}
        fake.portal.link(kind, fake.portal.create(kind, values).id, to, one)
    streams = ("users", "accounts", "contacts", "deals", "stage_changes", "deal_contacts", "activities", "line_items")
    with opened(fake) as adapter:
        for stream in streams:
            records = adapter.pull(stream, None, 100).records
            if stream == "users":
                records = tuple(adapter.pull(stream, Cursor(token="true|"), 100).records) + records  # noqa: S106
            assert records, stream
            asked = [Reference(stream, record.id) for record in records]
            assert adapter.fetch([*asked, Reference(stream, "987654"), Reference(stream, "no id")]) == list(records)


def test_the_pipelines_and_properties_are_told(fake: HubSpotFake) -> None:
    fake.portal.pipelines.append(
        {"id": "77", "label": "Renewals", "displayOrder": 1, "archived": False, "stages": [
            {"id": "771", "label": "Due", "displayOrder": 0, "archived": False, "metadata": {"probability": "0.5"}},
        ]}
    )  # fmt: skip
    with opened(fake) as adapter:
        told = adapter.describe()
    main, renewals = told.pipelines
    assert (main.id, renewals.id, renewals.title) == ("default", "77", "Renewals")
    assert [stage.id for stage in main.stages] == [*STAGE, "closedwon", "closedlost"]
    assert [stage.id for stage in main.stages if stage.won] == ["closedwon"]
    assert [stage.id for stage in main.stages if stage.lost] == ["closedlost"]
    assert [stage.probability for stage in main.stages] == ["0.2", "0.4", "0.6", "0.8", "0.9", "1.0", "0.0"]
    assert {stage.gates for stage in main.stages} == {()}
    fields = {(one.table, one.id): one for one in told.fields}
    assert (fields["deals", "champion_note"].custom, fields["deals", "champion_note"].writable) == (True, True)
    assert (fields["deals", "hs_is_closed"].custom, fields["deals", "hs_is_closed"].writable) == (False, False)
    assert START - timedelta(seconds=1) < told.now <= START


def test_a_workspace_opens_it_by_its_name(fake: HubSpotFake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_HUBSPOT_TOKEN", fake.token)
    said = {
        "url": fake.url, "options": {"activities": "calls"}, "credentials": {"token": "${env:OUR_HUBSPOT_TOKEN}"},
        "mapping": "hubspot", "process": "practical",
    }  # fmt: skip
    adapter = open_adapter(ConfiguredSource("crm", "hubspot", said, tmp_path), lambda: datetime.now(UTC))
    assert isinstance(adapter, CrmAdapter)
    assert {record.data["name"] for record in adapter.pull("users", None, 100).records} == {"Ada Berg", "Ben Cole"}
    adapter.close()


def test_an_account_may_do_without_some_streams(fake: HubSpotFake) -> None:
    fake.scopes -= {f"crm.objects.{one}.read" for one in ("line_items", "contacts")}
    with opened(fake, without="contacts, deal_contacts, activities, line_items") as adapter:
        able = adapter.capabilities()
        assert able.streams == ("users", "accounts", "deals", "stage_changes", "deletions")
        for stream in able.streams:
            read(adapter, stream)
        with pytest.raises(Trouble, match="This source reads no contacts"):
            adapter.pull("contacts", None, 10)
