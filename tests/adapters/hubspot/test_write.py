"""Writing to HubSpot: once, only on the deal that was judged, and in HubSpot's words where it refuses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fakes.hubspot import APP, HubSpotFake

from dealgate.ports import CreateTask, MoveStage, Note, Outcome, Reference, SetFields
from dealgate_adapters.hubspot import HubSpot
from dealgate_adapters.hubspot.write import text_of

from .shop import opened, sell

KEY, OTHER = "a" * 64, "b" * 64


def version(adapter: HubSpot, deal: str) -> str | None:
    [record] = adapter.fetch([Reference("deals", deal)])
    return record.version


def held(fake: HubSpotFake, deal: str, name: str) -> str | None:
    return fake.portal.objects["deals"][deal].properties.get(name)


def test_a_field_and_its_key_are_written_in_one_request(fake: HubSpotFake) -> None:
    [deal] = sell(fake, 1)
    with opened(fake) as adapter:
        before = version(adapter, deal)
        fake.tick()
        asked = len(fake.asked)
        done = adapter.apply(SetFields(deal, {"amount": Decimal("12.30"), "champion_note": None}, KEY, before))
        assert fake.asked[asked:] == [f"GET /crm/v3/objects/deals/{deal}", f"PATCH /crm/v3/objects/deals/{deal}"]
        assert (done.kind, done.version) == ("applied", version(adapter, deal))
    assert (held(fake, deal, "amount"), held(fake, deal, "champion_note")) == ("12.30", "")
    history = fake.portal.objects["deals"][deal].history
    assert history["dealgate_key"][0]["value"] == KEY
    assert history["dealgate_key"][0]["timestamp"] == history["amount"][0]["timestamp"]
    assert history["amount"][0]["sourceId"] == APP


def test_a_key_is_known_after_later_writes_of_ours(fake: HubSpotFake) -> None:
    [deal] = sell(fake, 1)
    with opened(fake) as adapter:
        adapter.apply(SetFields(deal, {"amount": "1"}, KEY))
        fake.tick()
        adapter.apply(SetFields(deal, {"amount": "2"}, OTHER))
        fake.tick()
        assert adapter.apply(SetFields(deal, {"amount": "1"}, KEY)).kind == "already"
    assert held(fake, deal, "amount") == "2"


def test_the_property_for_keys_may_have_another_name_and_has_to_be_there(fake: HubSpotFake) -> None:
    [deal] = sell(fake, 1)
    fake.portal.own["deals"]["gate_key"] = "string"
    with opened(fake, key_property="gate_key") as adapter:
        assert adapter.apply(SetFields(deal, {"amount": "7"}, KEY)).kind == "applied"
        assert adapter.apply(SetFields(deal, {"amount": "7"}, KEY)).kind == "already"
    del fake.portal.own["deals"]["gate_key"]
    with opened(fake, key_property="gate_key") as adapter:
        done = adapter.apply(SetFields(deal, {"amount": "8"}, OTHER))
    assert (done.kind, done.rule) == ("rejected", "PROPERTY_DOESNT_EXIST")
    assert done.text == (
        'Property "gate_key" does not exist. dealgate writes its keys there: make the deal property `gate_key` '
        "(docs/crm/hubspot.md)."
    )
    assert held(fake, deal, "amount") == "7", "nothing is written without its key"


def test_a_deal_that_went_into_another_is_gone_and_the_other_is_not_written_to(fake: HubSpotFake) -> None:
    winner, loser = sell(fake, 2)
    fake.portal.merge("deals", winner, loser)
    before = dict(fake.portal.objects["deals"][winner].properties)
    with opened(fake) as adapter:
        assert adapter.fetch([Reference("deals", loser)]) == []
        for action in (
            SetFields(loser, {"amount": "7"}, KEY), MoveStage(loser, "qualifiedtobuy", "appointmentscheduled", KEY),
            Note(loser, "What is missing", KEY), CreateTask(loser, "Call", "", KEY),
        ):  # fmt: skip
            done = adapter.apply(action)
            assert (done.kind, done.rule) == ("conflict", "gone")
    assert fake.portal.objects["deals"][winner].properties == before
    assert not fake.portal.objects["notes"] and not fake.portal.objects["tasks"]


def test_a_person_who_came_between_is_not_overwritten(fake: HubSpotFake) -> None:
    [deal] = sell(fake, 1)
    with opened(fake) as adapter:
        before = version(adapter, deal)
        fake.tick()
        fake.portal.update("deals", deal, {"hs_next_step": "Call"})
        done = adapter.apply(MoveStage(deal, "qualifiedtobuy", "appointmentscheduled", KEY, before))
        assert (done.kind, done.rule) == ("conflict", "version")
        done = adapter.apply(MoveStage(deal, "contractsent", "qualifiedtobuy", KEY))
        assert (done.kind, done.text) == ("conflict", "The deal is in the stage appointmentscheduled by now.")
    assert held(fake, deal, "dealstage") == "appointmentscheduled"


@pytest.mark.parametrize(
    ("values", "rule", "words"),
    [
        ({"amount": "plenty"}, "INVALID_FLOAT", "plenty was not a valid number."),
        ({"no_such": "1"}, "PROPERTY_DOESNT_EXIST", 'Property "no_such" does not exist'),
        (
            {"hs_is_closed": "true"},
            "READ_ONLY_VALUE",
            '"hs_is_closed" is a read only property; its value cannot be set',
        ),
        ({"dealstage": "closedwon"}, "move", "A stage is set by a move, never by a field."),
        ({"pipeline": "default"}, "move", "A stage is set by a move, never by a field."),
        ({"../deals": "1"}, "no-field", "A property's name has small letters, digits and _ alone."),
    ],
)
def test_what_hubspot_refuses_is_told_in_its_words(
    fake: HubSpotFake, values: dict[str, Any], rule: str, words: str
) -> None:
    [deal] = sell(fake, 1)
    before = dict(fake.portal.objects["deals"][deal].properties)
    with opened(fake) as adapter:
        done = adapter.apply(SetFields(deal, values, KEY))
    assert done == Outcome("rejected", rule, words)
    assert fake.portal.objects["deals"][deal].properties == before


def test_a_note_says_what_it_says_and_belongs_to_its_deal(fake: HubSpotFake) -> None:
    [deal] = sell(fake, 1)
    with opened(fake) as adapter:
        assert adapter.apply(Note(deal, "Missing: <b>budget</b>\nAsk & write it down.", KEY)).kind == "applied"
        assert adapter.apply(Note(deal, "Another text", KEY)).kind == "already"
    [note] = fake.portal.objects["notes"].values()
    assert note.properties["hs_note_body"] == (
        f"Missing: &lt;b&gt;budget&lt;/b&gt;<br>Ask &amp; write it down.<br><br>[dealgate:{KEY}]"
    )
    assert list(fake.portal.linked("notes", note.id, "deals")) == [deal]


def test_a_task_has_its_owner_and_its_day(fake: HubSpotFake) -> None:
    [deal] = sell(fake, 1)
    with opened(fake) as adapter:
        adapter.apply(CreateTask(deal, "Ask for the budget", "", KEY, "12", "2026-12-01"))
        adapter.apply(CreateTask(deal, "Ask again", "", OTHER))
    first, second = (held.properties for held in fake.portal.objects["tasks"].values())
    assert (first["hubspot_owner_id"], first["hs_timestamp"]) == ("12", "2026-12-01T00:00:00Z")
    assert (first["hs_task_subject"], first["hs_task_status"]) == ("Ask for the budget", "NOT_STARTED")
    assert "hubspot_owner_id" not in second and abs(int(str(second["hs_timestamp"])) / 1000 - fake.now.timestamp()) < 1


def test_a_note_is_found_where_the_search_would_not_find_it_yet(fake: HubSpotFake) -> None:
    [deal] = sell(fake, 1)
    fake.lag = timedelta(hours=1)
    with opened(fake) as adapter:
        fake.fail("lost", "after")
        # the look before is the request that is struck, and is made again; then the note's own is
        fake.planned[:0] = [("", ""), ("", "")]
        assert adapter.apply(Note(deal, "Once", KEY)).kind == "applied"
        assert adapter.apply(Note(deal, "Once", KEY)).kind == "already"
    assert len(fake.portal.objects["notes"]) == 1


def test_a_deal_in_the_bin_is_a_conflict(fake: HubSpotFake) -> None:
    [deal] = sell(fake, 1)
    fake.portal.archive("deals", deal)
    with opened(fake) as adapter:
        for action in (SetFields(deal, {"amount": "1"}, KEY), Note(deal, "x", KEY), CreateTask(deal, "x", "y", KEY)):
            assert adapter.apply(action) == Outcome("conflict", "gone", f"HubSpot has no deal {deal} any more.")
    assert not fake.portal.objects["notes"] and not fake.portal.objects["tasks"]


def test_an_app_that_may_only_read_is_forbidden_to_write(fake: HubSpotFake) -> None:
    [deal] = sell(fake, 1)
    fake.scopes -= {"crm.objects.deals.write", "crm.objects.contacts.write"}
    with opened(fake) as adapter:
        for action in (SetFields(deal, {"amount": "1"}, KEY), Note(deal, "x", KEY)):
            done = adapter.apply(action)
            assert (done.kind, done.rule) == ("forbidden", "MISSING_SCOPES")
            assert "crm.objects." in done.text and ".write" in done.text


def test_a_renamed_stage_is_the_same_stage_and_a_deleted_one_refused(fake: HubSpotFake) -> None:
    first, second = sell(fake, 2)
    fake.portal.pipelines[0]["stages"][1]["label"] = "Qualified"
    with opened(fake) as adapter:
        [pipeline] = adapter.describe().pipelines
        assert (pipeline.stages[1].id, pipeline.stages[1].title) == ("qualifiedtobuy", "Qualified")
        assert adapter.apply(MoveStage(first, "qualifiedtobuy", "appointmentscheduled", KEY)).kind == "applied"
        del fake.portal.pipelines[0]["stages"][2]
        done = adapter.apply(MoveStage(second, "presentationscheduled", "appointmentscheduled", OTHER))
    assert (done.kind, done.rule) == ("rejected", "INVALID_OPTION")
    assert done.text.startswith("presentationscheduled was not one of the allowed options: [appointmentscheduled")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ident=st.text(min_size=1).filter(lambda text: not (text.isascii() and text.isdecimal())), text=st.text())
def test_what_is_no_id_reaches_no_address(fake: HubSpotFake, hubspot: HubSpot, ident: str, text: str) -> None:
    before = len(fake.asked)
    assert hubspot.apply(SetFields(ident, {"amount": "1"}, KEY)).kind == "conflict"
    assert hubspot.apply(Note(ident, text, KEY)).kind == "conflict"
    assert len(fake.asked) == before


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=200))
def test_a_text_is_written_as_a_value_whatever_stands_in_it(fake: HubSpotFake, hubspot: HubSpot, text: str) -> None:
    [deal] = sell(fake, 1)
    assert hubspot.apply(SetFields(deal, {"champion_note": text}, KEY)).kind == "applied"
    [record] = hubspot.fetch([Reference("deals", deal)])
    assert held(fake, deal, "champion_note") == text == record.data["champion_note"]


def test_values_are_texts() -> None:
    told = {None: "", True: "true", False: "false", Decimal("1.50"): "1.50", date(2026, 1, 2): "2026-01-02", "x": "x"}
    assert {value: text_of(value) for value in told} == told
    assert text_of(["a", "b"]) == "a;b"
    moment = datetime(2026, 1, 2, 3, 4, 5, 678_900, UTC)
    assert text_of(moment) == text_of(moment.replace(tzinfo=None)) == "1767323045678"
