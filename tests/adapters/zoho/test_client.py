"""The vendor's own client judges our fake: it reads and writes it without a special case."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.zoho import CLIENT, REFRESH, SECRET
from tests.fakes.zoho.crm import LAYOUT

from .rig import ZohoRig

api = pytest.importorskip("zohocrmsdk.src.com.zoho.crm.api", reason="the client of Zoho is not installed (extra dev)")


@pytest.fixture
def client(rig: ZohoRig, tmp_path: Path) -> Iterator[ZohoRig]:
    """The client, signed in to the fake as it would be to a data centre."""
    from zohocrmsdk.src.com.zoho.api.authenticator.oauth_token import OAuthToken
    from zohocrmsdk.src.com.zoho.api.authenticator.store.file_store import FileStore
    from zohocrmsdk.src.com.zoho.api.logger import Logger
    from zohocrmsdk.src.com.zoho.crm.api.dc.data_center import DataCenter
    from zohocrmsdk.src.com.zoho.crm.api.initializer import Initializer
    from zohocrmsdk.src.com.zoho.crm.api.sdk_config import SDKConfig

    (tmp_path / "tokens").touch()
    Initializer.initialize(
        environment=DataCenter.Environment(rig.crm.url, f"{rig.crm.url}/oauth/v2/token", rig.crm.url),
        token=OAuthToken(client_id=CLIENT, client_secret=SECRET, refresh_token=REFRESH, find_user=False),
        store=FileStore(str(tmp_path / "tokens")), resource_path=str(tmp_path),
        sdk_config=SDKConfig(auto_refresh_fields=True, pick_list_validation=False),
        logger=Logger.get_instance(level=Logger.Levels.ERROR, file_path=str(tmp_path / "log")),
    )  # fmt: skip
    yield rig
    Initializer.initializer = None


def params(**values: Any) -> Any:
    """Parameters of the client: each its descriptor and its value."""
    from zohocrmsdk.src.com.zoho.crm.api.parameter_map import ParameterMap

    made = ParameterMap()
    for descriptor, value in values.values():
        made.add(descriptor, value)
    return made


def test_the_client_queries_deals_as_the_adapter_does(client: ZohoRig) -> None:
    from zohocrmsdk.src.com.zoho.crm.api.coql import BodyWrapper, CoqlOperations

    deal = client.put_deal("Qualification", Deal_Name="O'Neill", Amount=1234.56)
    asked = BodyWrapper()
    asked.set_select_query(
        "select id, Deal_Name, Amount, Account_Name, Modified_Time from Deals where id is not null "
        "order by Modified_Time asc, id asc limit 2000"
    )
    said = CoqlOperations().get_records(asked).get_object()
    (row,) = [one.get_key_values() for one in said.get_data()]
    assert (str(row["id"]), row["Deal_Name"], row["Amount"]) == (deal, "O'Neill", 1234.56)
    assert row["Account_Name"] == {"id": client.account}
    assert row["Modified_Time"].astimezone(UTC) == client.now()
    assert said.get_info().get_more_records() is False


def test_the_client_gets_nothing_where_the_fake_has_nothing(client: ZohoRig) -> None:
    from zohocrmsdk.src.com.zoho.crm.api.coql import BodyWrapper, CoqlOperations

    asked = BodyWrapper()
    asked.set_select_query("select id from Deals where id is not null limit 10")
    assert CoqlOperations().get_records(asked).get_status_code() == 204


def test_the_client_understands_an_error_of_a_query(client: ZohoRig) -> None:
    from zohocrmsdk.src.com.zoho.crm.api.coql import APIException, BodyWrapper, CoqlOperations

    asked = BodyWrapper()
    asked.set_select_query("select id, Nowhere from Deals where id is not null")
    said = CoqlOperations().get_records(asked).get_object()
    assert isinstance(said, APIException) and said.get_code().get_value() == "INVALID_QUERY"


def test_the_client_reads_lists_deletions_users_fields_and_pipelines(client: ZohoRig) -> None:
    from zohocrmsdk.src.com.zoho.crm.api.fields import FieldsOperations, GetFieldsParam
    from zohocrmsdk.src.com.zoho.crm.api.pipeline import PipelineOperations
    from zohocrmsdk.src.com.zoho.crm.api.record import GetDeletedRecordsParam, GetRecordsParam, RecordOperations
    from zohocrmsdk.src.com.zoho.crm.api.users import GetUsersParam, UsersOperations

    kept, gone = (client.put_deal("Qualification", Deal_Name=name, Amount=5) for name in ("Kept", "Gone"))
    client.delete(gone)
    fields = params(fields=(GetRecordsParam.fields, "Deal_Name,Stage,Modified_Time"))
    listed = RecordOperations("Deals").get_records(fields).get_object().get_data()
    assert [(one.get_id(), one.get_key_value("Deal_Name")) for one in listed] == [(int(kept), "Kept")]
    deleted = RecordOperations("Deals").get_deleted_records(params(type=(GetDeletedRecordsParam.type, "all")))
    (row,) = deleted.get_object().get_data()
    assert (row.get_id(), row.get_type()) == (int(gone), "recycle")
    assert row.get_deleted_time().astimezone(UTC) == client.now()
    users = UsersOperations().get_users(params(type=(GetUsersParam.type, "AllUsers"))).get_object().get_users()
    assert {one.get_full_name() for one in users} == {"dealgate", "Ada Brown", "Ben Carter"}
    known = FieldsOperations().get_fields(params(module=(GetFieldsParam.module, "Deals"))).get_object().get_fields()
    assert {"Stage", "Amount", "Gate_Keys"} <= {one.get_api_name() for one in known}
    (pipeline,) = PipelineOperations(int(LAYOUT)).get_pipelines().get_object().get_pipeline()
    assert pipeline.get_maps()[0].get_actual_value() == "Qualification"


def test_the_client_writes_a_deal(client: ZohoRig) -> None:
    from zohocrmsdk.src.com.zoho.crm.api.record import BodyWrapper, Record, RecordOperations

    deal = client.put_deal("Qualification", Deal_Name="One", Amount=5)
    written = Record()
    written.add_key_value("Next_Step", "Call on Monday")
    body = BodyWrapper()
    body.set_data([written])
    body.set_trigger([])
    (told,) = RecordOperations("Deals").update_record(int(deal), body).get_object().get_data()
    assert (told.get_status().get_value(), told.get_code().get_value()) == ("success", "SUCCESS")
    assert client.crm.modules["Deals"][deal]["Next_Step"] == "Call on Monday"


def test_the_client_understands_a_refusal_of_a_row(client: ZohoRig) -> None:
    from zohocrmsdk.src.com.zoho.crm.api.record import APIException, BodyWrapper, Record, RecordOperations

    deal = client.put_deal("Qualification", Deal_Name="One", Amount=5)
    client.crm.locked.add(deal)
    written = Record()
    written.add_key_value("Next_Step", "Never")
    body = BodyWrapper()
    body.set_data([written])
    (told,) = RecordOperations("Deals").update_record(int(deal), body).get_object().get_data()
    assert isinstance(told, APIException) and told.get_code().get_value() == "RECORD_LOCKED"


def test_the_client_reads_what_the_adapter_wrote(client: ZohoRig) -> None:
    from zohocrmsdk.src.com.zoho.crm.api.notes import GetNotesParam, NotesOperations

    from dealgate.ports import Note

    deal = client.put_deal("Qualification", Deal_Name="One", Amount=5)
    assert client.adapter().apply(Note(deal, "A date is missing", "k" * 64)).kind == "applied"
    (row,) = NotesOperations().get_notes(params(fields=(GetNotesParam.fields, "Note_Content"))).get_object().get_data()
    assert row.get_note_content().startswith("A date is missing")
