"""Writing into Zoho: once for each key, by a look before, in Zoho's own words where it refuses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dealgate.ports import CreateTask, CrmAdapter, MoveStage, Note, Outcome, Record, Reference, SetFields, Trouble
from dealgate_adapters._values import Unfit
from dealgate_adapters.zoho import coql
from dealgate_adapters.zoho.values import typed

from .rig import KEYS, ZohoRig


def key(n: int) -> str:
    return f"{n:064x}"[::-1]


def deal_of(adapter: CrmAdapter, ident: str) -> Record:
    (found,) = adapter.fetch([Reference("deals", ident)])
    return found


@pytest.fixture
def deal(rig: ZohoRig) -> str:
    made = rig.put_deal("Qualification", Deal_Name="One", Amount=5)
    rig.tick()
    return made


def test_fields_of_every_kind_are_set_with_every_digit(rig: ZohoRig, deal: str) -> None:
    values: dict[str, Any] = {
        "Amount": Decimal("1234.56"), "Readiness": 40, "Next_Step": "Sígue 'así' \\", "Budget_Confirmed": True,
        "Closing_Date": "2027-02-28", "Partners": ["A", "B"], "Contact_Name": None,
    }  # fmt: skip
    adapter = rig.adapter()
    assert adapter.apply(SetFields(deal, values, key(1))).kind == "applied"
    row = rig.crm.modules["Deals"][deal]
    assert {name: row[name] for name in values} == {**values, "Amount": 1234.56}
    held = deal_of(adapter, deal)
    assert (held.data["Amount"], held.data["Contact_Name.id"]) == ("1234.56", None)


@pytest.mark.parametrize(
    ("values", "rule", "words"),
    [
        ({"Amount": "much"}, "value", "no currency"),
        ({"Amount": Decimal("0.12345678901234567890123")}, "value", "no currency"),
        ({"Amount": True}, "value", "no currency"),
        ({"Readiness": Decimal("1.5")}, "value", "no integer"),
        ({"Closing_Date": "tomorrow"}, "value", "no date"),
        ({"Account_Name": "1 or 1"}, "value", "no lookup"),
        ({"Line_Items": []}, "type", "subform"),
        ({"Expected_Revenue": 4}, "read-only", "read-only"),
        ({"Nowhere": 4}, "no-field", "no field"),
        ({"Stage": "Closed Won"}, "move", "by a move"),
        ({KEYS: "mine"}, "move", "by dealgate alone"),
    ],
)
def test_what_a_field_cannot_take_is_rejected_before_it_is_sent(
    rig: ZohoRig, deal: str, values: dict[str, Any], rule: str, words: str
) -> None:
    outcome = rig.adapter().apply(SetFields(deal, values, key(1)))
    assert (outcome.kind, outcome.rule) == ("rejected", rule) and words in outcome.text
    assert not [one for one in rig.crm.asked if one.startswith("PUT")]


def test_a_refusal_names_the_field_and_a_validation_rule_in_zohos_words(rig: ZohoRig, deal: str) -> None:
    adapter = rig.adapter()
    told = adapter.apply(SetFields(deal, {"Deal_Name": None}, key(1)))
    assert (told.kind, told.rule, told.text) == (
        "rejected",
        "MANDATORY_NOT_FOUND",
        "required field not found (Deal_Name)",
    )
    told = adapter.apply(SetFields(deal, {"Next_Step": "x" * 300}, key(2)))
    assert (told.kind, told.rule, told.text) == ("rejected", "INVALID_DATA", "invalid data (Next_Step)")
    rig.crm.locked.add(deal)
    told = adapter.apply(MoveStage(deal, "Needs Analysis", "Qualification", key(3)))
    assert (told.kind, told.rule, told.text) == ("rejected", "RECORD_LOCKED", "record is locked")


def test_a_stage_that_the_pipeline_lost_is_refused_in_zohos_words(rig: ZohoRig, deal: str) -> None:
    rig.crm.pipelines = {"Standard (Standard)": ["Qualification", "Proposal/Price Quote", "Closed Won"]}
    told = rig.adapter().apply(MoveStage(deal, "Needs Analysis", "Qualification", key(1)))
    assert told.kind == "rejected" and "the stage is not mapped to the pipeline" in told.text


def test_a_deal_keeps_its_last_keys_and_a_person_s_edit_does_not_lose_them(rig: ZohoRig, deal: str) -> None:
    adapter = rig.adapter()
    for n in range(15):
        assert adapter.apply(SetFields(deal, {"Readiness": n}, key(n))).kind == "applied"
    rig.edit(deal, Readiness=99)
    held = rig.crm.modules["Deals"][deal][KEYS]
    assert len(held) <= 255 and len(held.split()) == 12
    assert adapter.apply(SetFields(deal, {"Readiness": 3}, key(3))).kind == "already"
    assert rig.crm.modules["Deals"][deal]["Readiness"] == 99


def test_two_edits_in_one_second_are_two_versions(rig: ZohoRig, deal: str) -> None:
    """Zoho tells the moment of a change in whole seconds."""
    adapter = rig.adapter()
    rig.edit(deal, Amount=7)
    seen = deal_of(adapter, deal)
    rig.edit(deal, Amount=8)
    assert deal_of(adapter, deal).modified == seen.modified
    told = adapter.apply(SetFields(deal, {"Readiness": 1}, key(1), seen.version))
    assert (told.kind, told.rule) == ("conflict", "version")
    # what Zoho reckons by itself is no change of the deal
    seen = deal_of(adapter, deal)
    rig.crm.modules["Deals"][deal]["Last_Activity_Time"] = rig.crm.stamp()
    assert adapter.apply(SetFields(deal, {"Readiness": 1}, key(2), seen.version)).kind == "applied"


@pytest.mark.parametrize("kind", ["lost", "server-error", "hang"])
def test_a_write_whose_answer_is_lost_is_found_by_its_key(rig: ZohoRig, deal: str, kind: str) -> None:
    for n, action in enumerate((
        SetFields(deal, {"Readiness": 5}, key(1)), MoveStage(deal, "Needs Analysis", "Qualification", key(2)),
        CreateTask(deal, "Ask", "for a date", key(3)), Note(deal, "A date is missing", key(4)),
    )):  # fmt: skip
        rig.crm.writes_alone = True
        rig.crm.fail(kind, "after")
        outcome = rig.adapter().apply(action)
        assert outcome.kind == "applied", (n, outcome)
        assert rig.heal() == 1
        assert rig.adapter().apply(action).kind == "already"
    writes = [one for one in rig.crm.asked if not one.startswith("GET") and one.split()[1] in (
        f"/crm/v8/Deals/{deal}", "/crm/v8/Tasks", "/crm/v8/Notes")]  # fmt: skip
    assert len(writes) == 4


def test_a_write_that_is_throttled_is_not_sent_twice(rig: ZohoRig, deal: str) -> None:
    rig.crm.writes_alone = True
    rig.crm.fail("throttled-blind")
    outcome = rig.adapter().apply(SetFields(deal, {"Readiness": 5}, key(1)))
    assert outcome.kind == "throttled"
    assert "Readiness" not in rig.crm.modules["Deals"][deal]


def test_a_token_that_ends_before_a_write_is_renewed_and_the_write_done_once(rig: ZohoRig, deal: str) -> None:
    adapter = rig.adapter()
    deal_of(adapter, deal)
    rig.crm.writes_alone = True
    rig.crm.fail("token")
    assert adapter.apply(Note(deal, "Once", key(1))).kind == "applied"
    assert rig.heal() == 1 and len(rig.crm.modules["Notes"]) == 1


# ------------------------------------------------ blueprints


def transitions(matched: bool = True) -> list[dict[str, Any]]:
    return [
        {
            "id": "4876876000000173096", "name": "Analyse", "next_field_value": "Needs Analysis",
            "criteria_matched": matched, "criteria_message": None if matched else "A budget is needed first",
        },
    ]  # fmt: skip


def test_a_deal_in_a_blueprint_is_moved_by_its_transition(rig: ZohoRig, deal: str) -> None:
    rig.crm.blueprints[deal] = transitions()
    adapter = rig.adapter()
    action = MoveStage(deal, "Needs Analysis", "Qualification", key(1))
    outcome = adapter.apply(action)
    assert outcome.kind == "applied" and outcome.version == deal_of(adapter, deal).version
    assert rig.crm.modules["Deals"][deal]["Stage"] == "Needs Analysis"
    assert adapter.apply(action).kind == "already"


def test_a_blueprint_that_does_not_lead_there_says_where_it_leads(rig: ZohoRig, deal: str) -> None:
    rig.crm.blueprints[deal] = transitions()
    told = rig.adapter().apply(MoveStage(deal, "Closed Won", "Qualification", key(1)))
    assert (told.kind, told.rule) == ("rejected", "RECORD_IN_BLUEPRINT")
    assert "no transition leads to Closed Won; it leads to Needs Analysis" in told.text
    rig.crm.blueprints[deal] = transitions(matched=False)
    told = rig.adapter().apply(MoveStage(deal, "Needs Analysis", "Qualification", key(2)))
    assert told.kind == "rejected" and "A budget is needed first" in told.text
    assert rig.crm.modules["Deals"][deal]["Stage"] == "Qualification"


# ------------------------------------------------ tasks and notes


def test_a_task_is_for_somebody_with_a_day_and_belongs_to_the_deal(rig: ZohoRig, deal: str) -> None:
    done = rig.adapter().apply(CreateTask(deal, "Ask for the date", "None was named.", key(1), rig.ben, "2026-12-01"))
    assert done == Outcome("applied")
    row = [one for one in rig.crm.modules["Tasks"].values() if one["Subject"] == "Ask for the date"]
    assert [(one["Owner"]["id"], one["Due_Date"], one["What_Id"]["id"], one["$se_module"]) for one in row] == [
        (rig.ben, "2026-12-01", deal, "Deals")
    ]
    assert row[0]["Description"].startswith("None was named.") and f"[dealgate:{key(1)}]" in row[0]["Description"]


def test_writes_set_off_only_the_automations_that_the_settings_name(rig: ZohoRig, deal: str) -> None:
    sent: list[Any] = []
    answer = rig.crm.answer

    def listening(request: Any) -> Any:
        if request.method == "PUT":
            sent.append(request.json()["trigger"])
        return answer(request)

    rig.crm.answer = listening  # type: ignore[method-assign]
    rig.adapter().apply(SetFields(deal, {"Readiness": 1}, key(1)))
    rig.opened(trigger="workflow").apply(SetFields(deal, {"Readiness": 2}, key(2)))
    assert sent == [[], ["workflow"]]


# ------------------------------------------------ what has to be there


def test_without_a_field_for_keys_deals_are_not_changed(rig: ZohoRig, deal: str) -> None:
    adapter = rig.opened(key_field=None)
    told = adapter.apply(SetFields(deal, {"Readiness": 1}, key(1)))
    assert (told.kind, told.rule) == ("rejected", "key-field") and "key_field" in told.text
    assert adapter.apply(Note(deal, "A note needs none", key(2))).kind == "applied"


@pytest.mark.parametrize("field", ["Nowhere", "Amount", "Created_Time"])
def test_a_field_for_keys_that_is_none_is_told(rig: ZohoRig, deal: str, field: str) -> None:
    with pytest.raises(Trouble) as told:
        rig.opened(key_field=field).apply(SetFields(deal, {"Readiness": 1}, key(1)))
    assert told.value.kind == "forbidden" and f"no text field {field}" in told.value.message
    assert "single-line field" in told.value.hint


# ------------------------------------------------ what comes from outside is never structure


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_only_an_id_goes_into_a_query(text: str) -> None:
    if coql.is_id(text):
        assert coql.quoted(text) == f"'{text}'" and set(text) <= set("0123456789")
    else:
        for build in (coql.quoted, lambda one: coql.among([one]), lambda one: coql.of("What_Id", one)):
            with pytest.raises(ValueError, match="no id"):
                build(text)
    if not coql.is_name(text):
        with pytest.raises(ValueError, match="no name"):
            coql.select(["id", text], "Deals")


HOSTILE = st.one_of(
    st.text(max_size=30), st.sampled_from(["1' or id is not null or id = '", "١٢٣", "1/../../users", "1?x=1", "", "1\n"])
)  # fmt: skip


def test_hostile_ids_never_reach_zoho(rig: ZohoRig, deal: str) -> None:
    adapter = rig.adapter()
    deal_of(adapter, deal)
    before = len(rig.crm.asked)

    @settings(max_examples=60, deadline=None)
    @given(HOSTILE.filter(lambda text: not coql.is_id(text)))
    def tried(text: str) -> None:
        assert adapter.fetch([Reference("deals", text)]) == []
        for action in (
            SetFields(text, {"Readiness": 1}, key(1)), MoveStage(text, "Needs Analysis", "Qualification", key(2)),
            CreateTask(text, "Ask", "", key(3)), Note(text, "Note", key(4)),
        ):  # fmt: skip
            assert adapter.apply(action).kind == "conflict"

    tried()
    assert len(rig.crm.asked) == before


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.decimals(allow_nan=True, allow_infinity=True), st.floats(), st.integers(), st.text(max_size=8)))
def test_a_number_is_sent_with_every_digit_or_not_at_all(value: Any) -> None:
    try:
        sent = typed("Amount", "currency", value)
    except Unfit:
        return
    assert Decimal(repr(sent)) == Decimal(str(value))
