"""Writing into an org: what is done, what is refused and in whose words, and what others meanwhile do."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as cases
from hypothesis import strategies as st
from tests.fakes.salesforce import Salesforce as Fake
from tests.fakes.salesforce.schema import NAMES

from dealgate.ports import Action, CreateTask, MoveStage, Note, Outcome, Reference, SetFields, Trouble
from dealgate_adapters.salesforce import Salesforce

from .rig import KEYS, settings

KEY = hashlib.sha256(b"one").hexdigest()
OTHER = hashlib.sha256(b"other").hexdigest()


@pytest.fixture
def adapter(crm: Fake) -> Iterator[Salesforce]:
    made = Salesforce(settings(crm))
    yield made
    made.close()


@pytest.fixture
def deal(crm: Fake) -> str:
    made = crm.save("Opportunity", Name="One", StageName=NAMES[1], CloseDate=date(2027, 1, 1), Amount=10.0)
    crm.tick()
    return made


def version(adapter: Salesforce, deal: str) -> str:
    [record] = adapter.fetch([Reference("deals", deal)])
    assert record.version is not None
    return record.version


def told(outcome: Outcome) -> tuple[str, str]:
    return outcome.kind, outcome.rule


def test_fields_are_written_with_the_key_in_one_request(crm: Fake, adapter: Salesforce, deal: str) -> None:
    values = {
        "Readiness__c": Decimal("62.5"), "Missing__c": "Who signs\nand when", "Gate__c": "held", "CloseDate": "2027-02-01",
        "Amount": Decimal("123456789.12"), "NextStep": None,
    }  # fmt: skip
    crm.asked.clear()
    outcome = adapter.apply(SetFields(deal, values, KEY, version(adapter, deal)))
    row = crm.rows["Opportunity"][deal]
    assert outcome.kind == "applied" and outcome.version == version(adapter, deal)
    assert {name: row[name] for name in values} == {
        "Readiness__c": 62.5, "Missing__c": "Who signs\nand when", "Gate__c": "held", "CloseDate": date(2027, 2, 1),
        "Amount": 123456789.12, "NextStep": None,
    }  # fmt: skip
    assert row[KEYS] == hashlib.sha256(KEY.encode()).hexdigest()[:16]
    assert row["LastModifiedById"] == crm.robot
    writes = [one for one in crm.asked if not one.startswith("GET") and "oauth2" not in one]
    assert writes == ["POST /services/data/v62.0/composite"]


def test_the_keys_of_the_last_writes_are_all_known(crm: Fake, adapter: Salesforce, deal: str) -> None:
    keys = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(20)]
    for n, key in enumerate(keys):
        assert adapter.apply(SetFields(deal, {"Amount": n}, key)).kind == "applied"
        crm.tick()
    assert len(crm.rows["Opportunity"][deal][KEYS]) <= 255
    crm.save("Opportunity", deal, Amount=77.0)
    for key in keys[-15:]:
        assert adapter.apply(SetFields(deal, {"Amount": 1}, key)).kind == "already"
    assert crm.rows["Opportunity"][deal]["Amount"] == 77.0


def test_a_change_in_the_same_second_is_seen_though_the_moment_is_the_same(
    crm: Fake, adapter: Salesforce, deal: str
) -> None:
    crm.save("Opportunity", deal, Amount=11.0)
    before = version(adapter, deal)
    crm.save("Opportunity", deal, Amount=12.0)
    assert told(adapter.apply(SetFields(deal, {"Gate__c": "held"}, KEY, before))) == ("conflict", "version")
    assert crm.rows["Opportunity"][deal]["Gate__c"] is None


def test_a_change_between_our_look_and_the_write_is_kept(crm: Fake, adapter: Salesforce, deal: str) -> None:
    patched = crm._composite

    def meanwhile(request: Any) -> Any:
        crm.tick()
        crm.save("Opportunity", deal, Amount=99.0)
        return patched(request)

    seen = version(adapter, deal)
    crm._composite = meanwhile  # type: ignore[method-assign]
    assert told(adapter.apply(SetFields(deal, {"Amount": 1}, KEY, seen))) == ("conflict", "version")
    assert (crm.rows["Opportunity"][deal]["Amount"], crm.rows["Opportunity"][deal][KEYS]) == (99.0, None)


def test_an_activity_is_no_change_of_the_deal(crm: Fake, adapter: Salesforce, deal: str) -> None:
    before = version(adapter, deal)
    crm.save("Task", WhatId=deal, Subject="Call")
    crm.tick()
    assert adapter.apply(CreateTask(deal, "Ask", "", OTHER)).kind == "applied"
    assert version(adapter, deal) == before
    assert adapter.apply(SetFields(deal, {"Amount": 1}, KEY, before)).kind == "applied"


def test_a_text_that_looks_like_a_reference_is_written_as_it_is(crm: Fake, adapter: Salesforce, deal: str) -> None:
    seen = version(adapter, deal)
    outcome = adapter.apply(SetFields(deal, {"NextStep": "Ask @{part1.body}"}, KEY, seen))
    assert (outcome.kind, outcome.version) == ("applied", None)
    assert crm.rows["Opportunity"][deal]["NextStep"] == "Ask @{part1.body}"
    assert adapter.apply(SetFields(deal, {"NextStep": "Ask @{part1.body}"}, KEY, seen)).kind == "already"


def test_a_move_is_made_from_the_expected_stage_to_one_that_there_is(crm: Fake, adapter: Salesforce, deal: str) -> None:
    assert told(adapter.apply(MoveStage(deal, NAMES[0], NAMES[2], KEY))) == ("conflict", "stage")
    assert told(adapter.apply(MoveStage(deal, "Anything", NAMES[1], KEY))) == ("rejected", "no-stage")
    assert told(adapter.apply(SetFields(deal, {"StageName": NAMES[0]}, KEY))) == ("rejected", "move")
    assert crm.rows["Opportunity"][deal]["StageName"] == NAMES[1]
    assert adapter.apply(MoveStage(deal, NAMES[0], NAMES[1], KEY)).kind == "applied"
    assert adapter.apply(MoveStage(deal, NAMES[0], NAMES[1], KEY)).kind == "already"
    row = crm.rows["Opportunity"][deal]
    assert (row["StageName"], row["Probability"], row["LastModifiedById"]) == (NAMES[0], 10.0, crm.robot)


def test_a_stage_that_was_renamed_is_told_before_anything_is_written(crm: Fake, adapter: Salesforce, deal: str) -> None:
    stage = next(one for one in crm.rows["OpportunityStage"].values() if one["ApiName"] == NAMES[0])
    stage["ApiName"] = "Discovery"
    outcome = adapter.apply(MoveStage(deal, NAMES[0], NAMES[1], KEY))
    assert (outcome.kind, outcome.text) == ("rejected", f"Salesforce has no stage `{NAMES[0]}`.")


@pytest.mark.parametrize(
    ("values", "kind", "rule", "words"),
    [
        ({"Amount": -1}, "rejected", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "An amount is never negative."),
        ({"Gate__c": "ajar"}, "rejected", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value for restricted picklist"),
        ({"Name": "x" * 121}, "rejected", "STRING_TOO_LONG", "data value too large"),
        ({"OwnerId": "0055e0000000999AAA"}, "rejected", "INACTIVE_OWNER_OR_USER", "inactive user"),
        ({"Nowhere__c": 1}, "rejected", "no-field", "no field `Nowhere__c`"),
        ({"ForecastCategory": "Closed"}, "rejected", "read-only", "may not write the field `ForecastCategory`"),
        ({"Amount": "much"}, "rejected", "value", "is no currency"),
        ({"CloseDate": "soon"}, "rejected", "value", "is no date"),
        ({"Name": 7}, "rejected", "value", "is no string"),
    ],
)  # fmt: skip
def test_what_is_refused_is_told_in_its_words_and_nothing_is_written(
    crm: Fake, adapter: Salesforce, deal: str, values: dict[str, Any], kind: str, rule: str, words: str
) -> None:
    crm.rules.append((
        lambda row: (row["Amount"] or 0) < 0, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "An amount is never negative.",
    ))  # fmt: skip
    before = dict(crm.rows["Opportunity"][deal])
    outcome = adapter.apply(SetFields(deal, {"NextStep": "Call", **values}, KEY))
    assert told(outcome) == (kind, rule) and words in outcome.text
    assert crm.rows["Opportunity"][deal] == before


def test_a_right_that_was_taken_since_is_forbidden(crm: Fake, adapter: Salesforce, deal: str) -> None:
    version(adapter, deal)
    crm.locked.add("Opportunity.NextStep")
    outcome = adapter.apply(SetFields(deal, {"NextStep": "Call"}, KEY))
    assert told(outcome) == ("forbidden", "INVALID_FIELD_FOR_INSERT_UPDATE")
    assert "check the security settings" in outcome.text
    crm.locked.add("Task")
    assert told(adapter.apply(Note(deal, "Hear", KEY))) == ("forbidden", "INSUFFICIENT_ACCESS_OR_READONLY")


def test_without_a_field_for_keys_no_field_is_written(crm: Fake, deal: str) -> None:
    bare = Salesforce(settings(crm, key_field=None))
    for action in (SetFields(deal, {"Amount": 1}, KEY), MoveStage(deal, NAMES[0], NAMES[1], KEY)):
        outcome = bare.apply(action)
        assert told(outcome) == ("rejected", "key-field") and "`key_field`" in outcome.text
    assert bare.apply(Note(deal, "Hear", KEY)).kind == "applied"
    bare.close()
    number = Salesforce(settings(crm, key_field="Readiness__c"))
    assert told(number.apply(SetFields(deal, {"Amount": 1}, KEY))) == ("rejected", "key-field")
    number.close()


def test_a_task_says_for_whom_and_until_when(crm: Fake, adapter: Salesforce, deal: str) -> None:
    outcome = adapter.apply(CreateTask(deal, "Ask for the date", "The buyer named none.", KEY, crm.ann, "2026-12-01"))
    assert outcome.kind == "applied"
    [task] = crm.live("Task").values()
    assert (task["WhatId"], task["Subject"], task["OwnerId"], task["ActivityDate"], task["IsClosed"]) == (
        deal, "Ask for the date", crm.ann, date(2026, 12, 1), False,
    )  # fmt: skip
    assert task["Description"] == f"The buyer named none.\n\n[dealgate:{KEY}]"
    assert adapter.apply(CreateTask(deal, "Ask for the date", "", KEY)).kind == "already"
    crm.delete("Task", task["Id"])
    assert adapter.apply(CreateTask(deal, "Ask for the date", "", KEY)).kind == "already"  # whoever threw it away
    assert crm.live("Task") == {}


def test_a_long_subject_stands_whole_in_the_text(crm: Fake, adapter: Salesforce, deal: str) -> None:
    subject = "Ask " + "again and " * 40
    assert adapter.apply(CreateTask(deal, subject, "", KEY)).kind == "applied"
    [task] = crm.live("Task").values()
    assert len(task["Subject"]) == 255 and task["Subject"].endswith("…")
    assert task["Description"].startswith(subject)


def test_a_note_is_a_task_that_is_done(crm: Fake, adapter: Salesforce, deal: str) -> None:
    assert adapter.apply(Note(deal, "A date is missing.", KEY)).kind == "applied"
    [note] = crm.live("Task").values()
    assert (note["Status"], note["IsClosed"], note["Subject"]) == ("Completed", True, "Note by dealgate")
    assert note["Description"].startswith("A date is missing.")


def test_a_record_that_is_held_by_somebody_is_tried_again(crm: Fake, adapter: Salesforce, deal: str) -> None:
    crm.busy = 2
    assert adapter.apply(SetFields(deal, {"Amount": 1}, KEY)).kind == "applied"
    crm.busy = 9
    outcome = adapter.apply(SetFields(deal, {"Amount": 2}, OTHER))
    assert told(outcome) == ("throttled", "UNABLE_TO_LOCK_ROW")
    assert crm.rows["Opportunity"][deal]["Amount"] == 1.0


def test_a_day_that_is_used_up_stops_a_write_before_it_is_done(crm: Fake, adapter: Salesforce, deal: str) -> None:
    version(adapter, deal)
    crm.allowed = crm.used
    with pytest.raises(Trouble) as raised:
        adapter.apply(SetFields(deal, {"Amount": 1}, KEY))
    assert raised.value.kind == "exhausted"
    assert crm.rows["Opportunity"][deal]["Amount"] == 10.0


def test_leads_and_deals_that_are_none_are_not_written_to(crm: Fake, adapter: Salesforce, deal: str) -> None:
    lead = crm.save("Lead", LastName="Poe", Company="Poe Ltd")
    assert told(adapter.apply(Note(lead, "x", KEY))) == ("rejected", "lead")
    crm.delete("Opportunity", deal)
    for gone in (deal, "0065e0000009999AAA", "nonsense", f"{deal}/../Task"):
        for action in (
            Note(gone, "x", KEY),
            SetFields(gone, {"Amount": 1}, KEY),
            MoveStage(gone, NAMES[0], NAMES[1], KEY),
        ):
            assert told(adapter.apply(action)) == ("conflict", "gone")


HOSTILE = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["' OR Name != '", "\\' OR Id != \\'", "@{part1.body}", "../../Task", "x\r\nX-Evil: 1", "\x00"]),
)


@pytest.fixture(scope="module")
def busy() -> Iterator[tuple[Fake, Salesforce]]:
    crm = Fake()
    adapter = Salesforce(settings(crm))
    yield crm, adapter
    adapter.close()
    crm.close()


@given(HOSTILE, HOSTILE, HOSTILE)
@cases(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_touches_what_it_is_not_meant_for(
    busy: tuple[Fake, Salesforce], deal_id: str, text: str, key: str
) -> None:
    crm, adapter = busy
    mine = crm.save("Opportunity", Name="Mine", StageName=NAMES[0], CloseDate=date(2027, 1, 1))
    before = {name: {k: dict(v) for k, v in crm.rows[name].items() if k != mine} for name in ("Opportunity", "Task")}
    actions: list[Action] = [
        Note(deal_id, text, key), SetFields(deal_id, {"Name": text}, key), MoveStage(deal_id, text, text, key),
        SetFields(mine, {text: text}, key), MoveStage(mine, text, NAMES[0], key), Note(mine, text, key),
    ]  # fmt: skip
    for action in actions:
        outcome = adapter.apply(action)
        if action.deal != mine:
            assert told(outcome) == ("conflict", "gone")
    assert adapter.fetch([Reference("deals", deal_id), Reference("activities", text)]) == []
    made = [row for ident, row in crm.rows["Task"].items() if ident not in before["Task"]]
    assert [(row["WhatId"], row["Description"]) for row in made] == [(mine, f"{text}\n\n[dealgate:{key}]")]
    for name, rows in before.items():
        assert all(crm.rows[name][ident] == row for ident, row in rows.items())
