"""Writing to Pipedrive: what is meant and nothing else, once, and only where the deal is what was judged."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fakes.pipedrive_records import BUDGET, KEYS, PLAN, REGION

from dealgate.ports import CreateTask, MoveStage, Note, Outcome, Reference, SetFields
from dealgate_adapters._values import Unfit, as_json_number
from dealgate_adapters.pipedrive import Pipedrive
from dealgate_adapters.pipedrive.typed import same, typed

from .rig import PipedriveRig

KEY = "ab" * 32


@pytest.fixture
def deal(rig: PipedriveRig) -> str:
    return rig.put_deal("1", title="Northwind", value=100)


@pytest.fixture
def keyed(rig: PipedriveRig) -> Iterator[Pipedrive]:
    rig.options = {"key_field": KEYS}
    made = rig.adapter()
    assert isinstance(made, Pipedrive)
    yield made
    made.close()


def row(rig: PipedriveRig, deal: str) -> dict[str, Any]:
    return rig.crm.records.tables["deals"][int(deal)]


def version(adapter: Pipedrive, deal: str) -> str | None:
    return adapter.fetch([Reference("deals", deal)])[0].version


def test_values_are_written_as_each_field_takes_them(rig: PipedriveRig, adapter: Pipedrive, deal: str) -> None:
    values = {
        "title": "Other", "value": "1000.50", "expected_close_date": "2027-03-31", "probability": Decimal(40),
        "owner_id": "3", PLAN: "Pro", REGION: ["North", 42], BUDGET: "77.07 USD",
    }  # fmt: skip
    assert adapter.apply(SetFields(deal, values, KEY)).kind == "applied"
    now = row(rig, deal)
    assert (now["title"], now["value"], now["expected_close_date"], now["probability"], now["owner_id"]) == (
        "Other", 1000.5, "2027-03-31", 40, 3,
    )  # fmt: skip
    assert (now["custom_fields"][PLAN], now["custom_fields"][REGION]) == (32, [41, 42])
    assert now["custom_fields"][BUDGET] == {"value": 77.07, "currency": "USD"}
    assert adapter.apply(SetFields(deal, {PLAN: None, REGION: []}, KEY)).kind == "applied"
    assert (now["custom_fields"][PLAN], now["custom_fields"][REGION]) == (None, None)


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"stage_id": 2}, "move"),
        ({"status": "won"}, "move"),
        ({"colour": "red"}, "no-field"),
        ({"value": "much"}, "value"),
        ({"value": "0.1234567890123456789"}, "value"),
        ({PLAN: "Gold"}, "value"),
        ({"title": "x" * 256}, "value"),
        ({"expected_close_date": "soon"}, "value"),
    ],
)
def test_what_a_field_cannot_take_is_rejected_and_nothing_is_written(
    rig: PipedriveRig, adapter: Pipedrive, deal: str, values: dict[str, Any], rule: str
) -> None:
    before = dict(row(rig, deal))
    outcome = adapter.apply(SetFields(deal, values, KEY))
    assert (outcome.kind, outcome.rule) == ("rejected", rule)
    assert row(rig, deal) == before


def test_a_second_change_within_one_second_is_another_version(rig: PipedriveRig, adapter: Pipedrive, deal: str) -> None:
    first = version(adapter, deal)
    rig.edit(deal, **{PLAN: 31})
    second = version(adapter, deal)
    rig.edit(deal, **{PLAN: 32})
    assert len({first, second, version(adapter, deal)}) == 3
    outcome = adapter.apply(SetFields(deal, {"title": "Ours"}, KEY, second))
    assert (outcome.kind, outcome.rule, row(rig, deal)["title"]) == ("conflict", "version", "Northwind")


def test_a_move_goes_into_another_pipeline_with_its_stage(rig: PipedriveRig, adapter: Pipedrive, deal: str) -> None:
    rig.crm.records.pipeline("Renewals", ("Due",))
    assert adapter.apply(MoveStage(deal, "6", "1", KEY, version(adapter, deal))).kind == "applied"
    assert (row(rig, deal)["stage_id"], row(rig, deal)["pipeline_id"]) == (6, 2)


def test_a_stage_that_is_none_is_rejected(rig: PipedriveRig, adapter: Pipedrive, deal: str) -> None:
    gone = adapter.apply(MoveStage(deal, "77", "1", KEY))
    assert (gone.kind, gone.rule) == ("rejected", "no-stage") and "Stage not found" in gone.text
    won = adapter.apply(MoveStage(deal, "won", "1", KEY))
    assert (won.kind, row(rig, deal)["status"]) == ("rejected", "open") and "by people" in won.text
    rig.crm.records.tables["stages"][3]["is_deleted"] = True
    assert "Stage is not valid" in adapter.apply(MoveStage(deal, "3", "1", KEY)).text


def test_with_a_field_for_keys_an_action_is_known_whatever_came_after(
    rig: PipedriveRig, keyed: Pipedrive, deal: str
) -> None:
    first, second = SetFields(deal, {"title": "Ours"}, KEY), MoveStage(deal, "2", "1", "cd" * 32)
    assert [keyed.apply(one).kind for one in (first, second)] == ["applied", "applied"]
    rig.edit(deal, title="Theirs")
    rig.move(deal, "1")
    assert [keyed.apply(one).kind for one in (first, second)] == ["already", "already"]
    assert (row(rig, deal)["title"], row(rig, deal)["stage_id"]) == ("Theirs", 1)
    for n in range(5):
        keyed.apply(SetFields(deal, {"value": n}, f"{n:064x}"))
    assert row(rig, deal)["custom_fields"][KEYS].split() == [f"{n:064x}" for n in (2, 3, 4)]


def test_a_lost_answer_is_not_taken_for_ours_where_a_person_did_the_same(
    rig: PipedriveRig, keyed: Pipedrive, deal: str
) -> None:
    rig.fail("lost", "after")
    assert keyed.apply(SetFields(deal, {"title": "Ours"}, KEY)).kind == "applied", "found by its key"


@pytest.mark.parametrize(("field", "text"), [("title", "permissions"), (PLAN, "permissions")])
def test_a_field_that_the_user_may_not_edit_is_forbidden(
    rig: PipedriveRig, adapter: Pipedrive, deal: str, field: str, text: str
) -> None:
    rig.crm.locked = {field}
    outcome = adapter.apply(SetFields(deal, {field: 31 if field == PLAN else "x"}, KEY))
    assert (outcome.kind, outcome.rule) == ("forbidden", "403") and text in outcome.text


def test_a_task_is_for_its_owner_and_a_note_is_text(rig: PipedriveRig, adapter: Pipedrive, deal: str) -> None:
    body = "Ask <b>Kim</b> & co.\nToday"
    assert adapter.apply(CreateTask(deal, "Ask", body, KEY, "users:3", "2026-12-01")).kind == "applied"
    [task] = rig.crm.records.tables["activities"].values()
    assert (task["type"], task["owner_id"], task["due_date"], task["done"]) == ("task", 3, "2026-12-01", False)
    assert task["note"].startswith("Ask &lt;b&gt;Kim&lt;/b&gt; &amp; co.<br>Today<br>")
    assert adapter.apply(Note(deal, body, KEY)).kind == "applied"
    [(_, text)] = rig.truth().notes
    assert text == f"{body}\n\n[dealgate:{KEY}]"
    refused = adapter.apply(CreateTask(deal, "Ask", body, "cd" * 32, "99"))
    assert refused == Outcome("rejected", "400", "Owner is not valid")


def test_a_mark_is_found_behind_many_others(rig: PipedriveRig, adapter: Pipedrive, deal: str) -> None:
    adapter.apply(Note(deal, "Ours", KEY))
    adapter.apply(CreateTask(deal, "Ours", "Ours", KEY))
    for n in range(520):
        rig.crm.records.note(int(deal), f"note {n}")
        rig.crm.records.activity(deal_id=int(deal), type="call", note=f"call {n}")
    assert adapter.apply(Note(deal, "Ours", KEY)).kind == "already"
    assert adapter.apply(CreateTask(deal, "Ours", "Ours", KEY)).kind == "already"


# ---------------------------------------------------------------- hostile values

IDS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["1/../2", "1?status=deleted", "1#", "%2e%2e", "1,2", "-1", "1e3", "٣", "deals:", "1 "]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(IDS)
def test_an_id_never_becomes_a_path_or_a_query(rig: PipedriveRig, adapter: Pipedrive, ident: str) -> None:
    before = len(rig.crm.asked)
    for action in (SetFields(ident, {"title": "x"}, KEY), Note(ident, "x", KEY), MoveStage(ident, ident, ident, KEY)):
        assert adapter.apply(action).kind in ("conflict", "rejected")
    adapter.fetch(
        [Reference(stream, ident) for stream in ("deals", "accounts", "leads", "activities", "stage_changes")]
    )
    for asked in rig.crm.asked[before:]:
        parts = asked.partition(" ")[2].split("/")
        assert parts[1] == "api" and parts[3] in (
            "deals",
            "organizations",
            "leads",
            "activities",
            "stages",
            "pipelines",
            "dealFields",
        )
        assert len(parts) == 4 or parts[4] == "archived" or parts[4].replace("-", "").isalnum()
    assert not rig.crm.records.tables["notes"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=80))
def test_a_text_never_becomes_markup_or_structure(rig: PipedriveRig, adapter: Pipedrive, text: str) -> None:
    deal = rig.put_deal("1", title="before", value=5)
    adapter.apply(SetFields(deal, {"title": text}, KEY))
    assert row(rig, deal)["title"] in (text, "before" if not text.strip() else text)
    assert (row(rig, deal)["value"], row(rig, deal)["stage_id"]) == (5, 1)
    adapter.apply(Note(deal, text, KEY))
    content = [one["content"] for one in rig.crm.records.tables["notes"].values() if one["deal_id"] == int(deal)]
    assert "<" not in content[-1].replace("<br>", "") and f"[dealgate:{KEY}]" in content[-1]


@given(st.decimals(allow_nan=True, allow_infinity=True, places=None))
def test_a_number_keeps_every_digit_or_is_refused(exact: Decimal) -> None:
    try:
        held = as_json_number(exact)
    except (ValueError, TypeError):
        return
    assert Decimal(repr(held)) == exact
    assert same(held, held)


def test_a_type_that_is_not_known_is_refused() -> None:
    with pytest.raises(Unfit, match="which dealgate does not write"):
        typed({"field_type": "address", "is_custom_field": True}, "x", "Main St", {})
