"""What a Zoho that does not let us in, or lacks something, looks like to an operator: a sentence, and what to do."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest
from tests.fakes.served import Reply
from tests.fakes.zoho import REFRESH, SECRET
from tests.fakes.zoho.crm import DAY
from tests.fakes.zoho.errors import error

from dealgate.documents.workspace import ConfiguredSource
from dealgate.ports import CrmAdapter, MoveStage, SetFields, Trouble
from dealgate.sync.adapters import known, open_adapter
from dealgate_adapters.zoho import Zoho

from .rig import KEYS, ZohoRig


def trouble(adapter: CrmAdapter, stream: str = "deals") -> Trouble:
    with pytest.raises(Trouble) as told:
        adapter.pull(stream, None, 10)
    return told.value


@pytest.mark.parametrize("code", ["invalid_code", "invalid_client"])
def test_a_refresh_token_that_was_revoked_is_told_and_not_shown(
    rig: ZohoRig, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    rig.crm.refused = code
    told = trouble(rig.adapter())
    assert told.kind == "unauthorised" and f"does not renew the access ({code})" in told.message
    assert told.hint == "sign dealgate in at the CRM again, and set the credentials of the source anew"
    for secret in (REFRESH, SECRET):
        assert secret not in f"{told.message} {told.hint} {caplog.text}"


def test_a_credential_that_is_not_set_is_named(rig: ZohoRig) -> None:
    told = trouble(rig.opened(secret_refresh_token=None))
    assert (told.kind, told.message) == ("unauthorised", "The credential `refresh_token` is not set.")


def test_tokens_are_kept_for_an_hour_and_too_many_are_told_as_too_often(rig: ZohoRig) -> None:
    rig.crm.token_limit = 10
    adapter = rig.adapter()
    for _ in range(20):
        adapter.pull("deals", None, 10)
    assert len(rig.crm.granted) == 1
    for _ in range(9):
        rig.adapter().pull("users", None, 10)
    told = trouble(rig.adapter())
    assert told.kind == "throttled" and "too many access tokens for now" in told.message
    assert "let fewer programs sign in" in told.hint
    rig.crm.tick(minutes=11)
    rig.adapter().pull("deals", None, 10)


def test_a_server_application_signs_in_with_its_own_credentials(rig: ZohoRig) -> None:
    adapter = rig.opened(soid="700600500", secret_refresh_token=None)
    rig.put_deal("Qualification", Deal_Name="One", Amount=5)
    assert len(adapter.pull("deals", None, 10).records) == 1


def test_a_scope_that_is_missing_is_told_with_the_scopes_that_are_needed(rig: ZohoRig) -> None:
    rig.crm.denied["coql"] = error(401, "OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this URL")
    adapter = rig.adapter()
    told = trouble(adapter)
    assert told.kind == "forbidden" and told.message == "The access of this source does not cover Deals in Zoho."
    assert "ZohoCRM.coql.READ" in told.hint
    assert len(rig.crm.granted) == 1, "a new token would not mend it"


def test_a_module_that_the_user_may_not_see_is_told_with_the_permission(rig: ZohoRig) -> None:
    denied = error(403, "NO_PERMISSION", "permission denied", permissions=["Crm_Implied_View_Contacts"])
    rig.crm.denied["Contacts"] = denied
    told = trouble(rig.adapter(), "contacts")
    assert told.kind == "forbidden"
    assert told.message == (
        "The user of this source may not read Contacts in Zoho (it lacks Crm_Implied_View_Contacts)."
    )
    assert "profile" in told.hint
    rig.adapter().pull("deals", None, 10)


def test_a_module_that_is_switched_off_is_told(rig: ZohoRig) -> None:
    rig.crm.denied["Leads"] = error(400, "INVALID_MODULE", "the module name given seems to be invalid")
    told = trouble(rig.adapter(), "leads")
    assert told.kind == "gone" and "`leave_out`" in told.hint


def test_a_field_that_the_user_may_not_see_is_not_asked_for(rig: ZohoRig) -> None:
    """Field-level security takes it out of the list of fields; a mapping that needs it then names it."""
    rig.put_deal("Qualification", Deal_Name="One", Amount=5)
    rig.crm.hidden.add(("Deals", "Amount"))
    (record,) = rig.adapter().pull("deals", None, 10).records
    assert "Amount" not in record.data
    told = rig.adapter().apply(SetFields(record.id, {"Amount": 4}, "k" * 64))
    assert (told.kind, told.rule) == ("rejected", "no-field") and "may not see it" in told.text


def test_a_column_that_a_query_does_not_give_is_left_out_and_a_needed_one_is_told(
    rig: ZohoRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.fakes.zoho import metadata

    rig.put_deal("Qualification", Deal_Name="One", Amount=5)
    past = {name: kind for name, kind in metadata.FIELDS["DealHistory"].items() if name != "Closing_Date"}
    monkeypatch.setitem(metadata.FIELDS, "DealHistory", past)
    adapter = rig.adapter()
    (record,) = adapter.pull("stage_changes", None, 10).records
    assert "Closing_Date" not in record.data and record.data["Stage"] == "Qualification"
    queries = len(rig.crm.asked)
    adapter.pull("stage_changes", None, 10)
    assert len(rig.crm.asked) == queries + 1, "it is not asked for again"
    monkeypatch.setitem(metadata.FIELDS, "DealHistory", {n: k for n, k in past.items() if n != "Potential_Name"})
    told = trouble(rig.adapter(), "stage_changes")
    assert told.kind == "forbidden" and "the column Potential_Name of DealHistory" in told.message


def test_a_related_list_that_is_hidden_is_told_and_never_taken_for_an_empty_one(rig: ZohoRig) -> None:
    deal = rig.put_deal("Qualification", Deal_Name="One", Amount=5)
    message = "the relation name given seems to be invalid"
    rig.crm.denied[f"Deals/{deal}/Contact_Roles"] = error(400, "INVALID_DATA", message, resource_path_index=2)
    told = trouble(rig.adapter(), "deal_contacts")
    assert told.kind == "odd" and message in told.message
    gone = error(400, "INVALID_DATA", "the related id given seems to be invalid", resource_path_index=1)
    rig.crm.denied[f"Deals/{deal}/Contact_Roles"] = gone
    assert rig.adapter().pull("deal_contacts", None, 10).records == ()


def test_credits_that_are_used_up_are_told_and_what_is_left_is_known_before(rig: ZohoRig) -> None:
    rig.put_deal("Qualification", Deal_Name="One", Amount=5)
    adapter = rig.opened(credits=DAY)
    assert adapter.pull("deals", None, 10).budget.limit is None, "Zoho is silent until half is used"
    rig.crm.used = DAY - 30_000
    page = adapter.pull("deals", None, 10)
    assert (page.budget.limit, page.budget.used) == (DAY, DAY - 30_000 + 1)
    rig.crm.used = DAY
    told = trouble(adapter)
    assert told.kind == "exhausted" and "credits of this Zoho organisation are used up" in told.message
    with pytest.raises(Trouble) as written:
        adapter.apply(MoveStage("5", "Needs Analysis", "Qualification", "k" * 64))
    assert written.value.kind == "exhausted"


def test_a_query_of_2000_costs_three_credits_where_a_list_would_cost_ten(rig: ZohoRig) -> None:
    adapter = rig.adapter()
    adapter.pull("deals", None, 1)
    before = rig.crm.used
    adapter.pull("deals", None, 2_000)
    assert rig.crm.used - before == 3


def test_a_renamed_stage_comes_under_its_new_name_and_a_move_from_the_old_one_is_a_conflict(rig: ZohoRig) -> None:
    deal = rig.put_deal("Qualification", Deal_Name="One", Amount=5)
    rig.crm.modules["Deals"][deal]["Stage"] = "First talk"
    adapter = rig.adapter()
    assert adapter.pull("deals", None, 10).records[0].data["Stage"] == "First talk"
    told = adapter.apply(MoveStage(deal, "Needs Analysis", "Qualification", "k" * 64))
    assert told.kind == "conflict" and "in the stage First talk by now" in told.text


def test_a_deleted_pipeline_is_not_described_any_more(rig: ZohoRig) -> None:
    rig.crm.pipelines["Renewals"] = ["Qualification", "Closed Won"]
    assert len(rig.adapter().describe().pipelines) == 2
    del rig.crm.pipelines["Renewals"]
    assert [one.id for one in rig.adapter().describe().pipelines] == ["Standard (Standard)"]


def test_an_answer_that_is_none_is_told(rig: ZohoRig) -> None:
    for reply in (Reply(200, b"<html>maintenance</html>"), Reply(418, {"a": 1}), Reply(400, {"code": "SYNTAX_ERROR"})):
        rig.crm.denied["coql"] = reply
        told = trouble(rig.adapter())
        assert told.kind == "odd" and "Zoho does not give Deals" in told.message


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("concurrency", "many"), ("concurrency", 26), ("credits", -1), ("leave_out", "deals"), ("trigger", "everything"),
        ("stage_history", "sometimes"),
    ],
)  # fmt: skip
def test_an_option_that_cannot_be_read_is_named(rig: ZohoRig, option: str, value: object) -> None:
    with pytest.raises(Trouble) as told:
        rig.opened(**{option: value})
    assert f"`{option}`" in told.value.message and told.value.hint


@pytest.mark.parametrize("name", ["url", "accounts_url"])
def test_an_address_that_would_send_the_token_in_the_clear_is_refused(rig: ZohoRig, name: str) -> None:
    with pytest.raises(Trouble) as told:
        rig.opened(**{name: "http://www.zohoapis.example"})
    assert told.value.hint == "give its URL with https"


def test_a_workspace_opens_it_by_its_name(rig: ZohoRig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert next(one for one in known() if one.name == "zoho").title.startswith("Zoho CRM (API v8)")
    monkeypatch.setenv("ZOHO_REFRESH_TOKEN", REFRESH)
    said = {
        "options": {"accounts_url": rig.crm.url, "key_field": KEYS},
        "credentials": {
            "client_id": "${env:ZOHO_CLIENT}", "client_secret": "${env:ZOHO_SECRET}",
            "refresh_token": "${env:ZOHO_REFRESH_TOKEN}",
        },
        "mapping": "zoho", "process": "practical",
    }  # fmt: skip
    from tests.fakes.zoho import CLIENT

    monkeypatch.setenv("ZOHO_CLIENT", CLIENT)
    monkeypatch.setenv("ZOHO_SECRET", SECRET)
    adapter = open_adapter(ConfiguredSource("crm", "zoho", said, tmp_path), lambda: rig.crm.now)
    assert isinstance(adapter, Zoho) and isinstance(adapter, CrmAdapter)
    assert "Ada Brown" in {one.data["full_name"] for one in adapter.pull("users", None, 100).records}
    adapter.close()


def test_a_token_is_renewed_before_it_ends(rig: ZohoRig) -> None:
    adapter = rig.adapter()
    for _ in range(4):
        adapter.pull("deals", None, 10)
        rig.crm.now += timedelta(minutes=29, seconds=30)
    assert len(rig.crm.tokens) == 2
    assert rig.crm.struck == 0
