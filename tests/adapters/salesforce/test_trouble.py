"""What an org that does not let us in, or not everywhere, looks like to an operator."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as rsa_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from tests.fakes.salesforce import Salesforce as Fake
from tests.fakes.salesforce.oauth import CLIENT, REFRESH, SECRET, USER
from tests.fakes.salesforce.schema import NAMES

from dealgate.model.diagnostics import SourceFailed
from dealgate.ports import BadSignature, Trouble
from dealgate.sync.pull import pull
from dealgate_adapters.salesforce import Salesforce, connect

from .home import company, home
from .rig import TOKEN, settings


def pem(key: Any) -> str:
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


@pytest.fixture(scope="module")
def keys() -> tuple[str, bytes]:
    made = rsa_key(65537, 2048)
    return pem(made), made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def adapter(crm: Fake) -> Iterator[Salesforce]:
    made = Salesforce(settings(crm))
    yield made
    made.close()


def trouble(adapter: Any, stream: str = "deals") -> Trouble:
    with pytest.raises(Trouble) as raised:
        adapter.pull(stream, None, 10)
    adapter.close()
    return raised.value


def free_of(told: Trouble, caplog: pytest.LogCaptureFixture, *secrets: str) -> bool:
    chain: list[BaseException] = [told]
    while chain[-1].__cause__ or chain[-1].__context__:
        chain.append(chain[-1].__cause__ or chain[-1].__context__)  # type: ignore[arg-type]
    said = [caplog.text, told.hint, *(f"{one} {one!r} {one.args}" for one in chain)]
    return not any(secret in text for text in said for secret in secrets)


# ------------------------------------------------ being let in


def test_a_signed_assertion_lets_us_in_whatever_our_clock_says(keys: tuple[str, bytes]) -> None:
    crm = Fake(keys[1])
    secrets = {"client_id": CLIENT, "private_key": keys[0].replace("\n", "\\n")}
    for off in (timedelta(), timedelta(hours=3), timedelta(hours=-3)):
        adapter = Salesforce(settings(crm, off, user=USER, secrets=secrets))
        assert adapter.pull("users", None, 10).records
        adapter.close()
    assert crm.asked.count("POST /services/oauth2/token") == 1 + 2 + 2
    crm.close()


def test_a_refresh_token_lets_us_in_with_and_without_the_secret(crm: Fake) -> None:
    for more in ({}, {"client_secret": SECRET}):
        adapter = Salesforce(settings(crm, secrets={"client_id": CLIENT, "refresh_token": REFRESH, **more}))
        assert adapter.pull("users", None, 10).records
        adapter.close()


def test_a_session_that_ended_is_begun_anew_and_nothing_is_asked_twice(crm: Fake, adapter: Salesforce) -> None:
    company(crm, 3)
    first = adapter.pull("deals", None, 2)
    crm.door.tokens.clear()
    assert [record.id for record in adapter.pull("deals", first.next, 2).records]
    assert crm.door.given == 2


@pytest.mark.parametrize("name", ["client_secret", "refresh_token", "client_id"])
def test_a_credential_that_is_wrong_is_told_and_not_shown(
    crm: Fake, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = {"client_id": CLIENT, "client_secret": SECRET, name: "not-mine-5519"}
    told = trouble(Salesforce(settings(crm, secrets=secrets)))
    assert told.kind == "unauthorised"
    assert "does not renew the access (invalid_" in told.message
    assert "that its policy lets the user in" in told.hint
    assert free_of(told, caplog, "not-mine-5519", SECRET, CLIENT, TOKEN)


def test_a_user_who_is_not_approved_is_told(keys: tuple[str, bytes], caplog: pytest.LogCaptureFixture) -> None:
    crm = Fake(keys[1])
    secrets = {"client_id": CLIENT, "private_key": keys[0]}
    told = trouble(Salesforce(settings(crm, user="other@acme.example", secrets=secrets)))
    assert (told.kind, "invalid_grant" in told.message) == ("unauthorised", True)
    assert free_of(told, caplog, keys[0].splitlines()[2])
    assert trouble(Salesforce(settings(crm, secrets=secrets))).message == "The source lacks `user`."
    crm.close()


def test_a_key_that_is_none_is_told_and_not_shown(crm: Fake, caplog: pytest.LogCaptureFixture) -> None:
    for key in ("-----BEGIN nonsense-77", pem(generate_private_key(SECP256R1()))):
        told = trouble(Salesforce(settings(crm, user=USER, secrets={"client_id": CLIENT, "private_key": key})))
        assert (told.kind, told.message) == ("unauthorised", "The credential `private_key` is no RSA key.")
        assert free_of(told, caplog, "nonsense-77", key)


def test_a_key_without_what_signs_with_it_says_what_to_install(crm: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.padding", None)
    told = trouble(Salesforce(settings(crm, user=USER, secrets={"client_id": CLIENT, "private_key": "any"})))
    assert (told.kind, "dealgate[salesforce]" in told.hint) == ("unauthorised", True)


def test_credentials_that_are_not_set_are_asked_for(crm: Fake) -> None:
    told = trouble(Salesforce(settings(crm, secrets={})))
    assert (told.message, told.hint) == (
        "The credential `client_id` is not set.", "set `client_id` under `credentials` of the source",
    )  # fmt: skip
    assert "`client_secret`" in trouble(Salesforce(settings(crm, secrets={"client_id": CLIENT}))).message


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"url": "http://acme.my.salesforce.com"}, "unencrypted"),
        ({"url": "https://ada:hunter2@acme.my.salesforce.com"}, "holds a user or password"),
        ({"url": None}, "lacks `url`"),
        ({"login_url": "http://login.salesforce.com"}, "unencrypted"),
        ({"api_version": "latest"}, "`api_version` cannot be read"),
        ({"api_version": "58.0"}, "`api_version` cannot be read"),
        ({"key_field": "Name FROM Account"}, "`key_field` cannot be read"),
        ({"fields": "Name, Other"}, "`fields` cannot be read"),
        ({"without": "deals"}, "`without` cannot name"),
        ({"without": "money"}, "`without` cannot name"),
    ],
)
def test_settings_that_cannot_be_are_told_at_once(crm: Fake, other: dict[str, Any], said: str) -> None:
    with pytest.raises(Trouble) as raised:
        connect(settings(crm, **other))
    assert said in raised.value.message and "hunter2" not in str(raised.value)


def test_a_token_is_sent_to_no_unencrypted_host_whatever_the_answer_names(crm: Fake) -> None:
    crm.url, there = "http://elsewhere.example.com", crm.url
    told = trouble(Salesforce(settings(crm, url=there)))
    assert (told.kind, "elsewhere.example.com would get" in told.message) == ("unreachable", True)


# ------------------------------------------------ rights, limits and what is gone


def test_an_object_that_may_not_be_read_is_told_by_name_and_the_others_are_read(crm: Fake, tmp_path: Path) -> None:
    company(crm, 3)
    crm.hidden.add("OpportunityContactRole")
    adapter = Salesforce(settings(crm))
    here = home(tmp_path)
    run = pull(adapter, here.mirror)
    [(stream, told)] = run.troubles
    assert (stream, told.kind) == ("deal_contacts", "forbidden")
    assert told.message == "The user of this source may not read OpportunityContactRole, or the org has none."
    assert told.hint == (
        "give the user read access to OpportunityContactRole by a permission set, or leave its stream out by `without`"
    )
    assert here.mirror.counts()["deals"] == 3 and here.mirror.counts()["line_items"] == 3
    adapter.close()
    here.close()


def test_a_field_that_may_not_be_read_and_that_nothing_goes_without_is_told(crm: Fake) -> None:
    crm.hidden.add("Opportunity.StageName")
    told = trouble(Salesforce(settings(crm)))
    assert (told.kind, told.message) == (
        "forbidden", "The user of this source may not read Opportunity.StageName.",
    )  # fmt: skip
    assert "field-level security" in told.hint


def test_a_field_that_the_mapping_needs_and_the_user_may_not_read_is_told_with_the_mapping(
    crm: Fake, tmp_path: Path
) -> None:
    company(crm, 2)
    crm.hidden.add("Opportunity.Amount")
    adapter = Salesforce(settings(crm))
    here = home(tmp_path)
    with pytest.raises(SourceFailed) as raised:
        here.sync(adapter)
    assert "The column `Amount` that the mapping names is not in Opportunity." in str(raised.value)
    assert here.mirror.counts()["deals"] == 2  # nothing is lost: with the right given, they are read again
    crm.hidden.clear()
    adapter.close()
    adapter = Salesforce(settings(crm))
    here.sync(adapter, full=True)
    assert len(here.now("amount")) == 2
    adapter.close()
    here.close()


def test_a_field_that_goes_while_we_read_is_left_out_from_then_on(crm: Fake, adapter: Salesforce) -> None:
    company(crm, 3)
    first = adapter.pull("deals", None, 1)
    assert "MainCompetitors__c" in first.records[0].data
    crm.hidden.add("Opportunity.MainCompetitors__c")
    second = adapter.pull("deals", first.next, 1)
    assert second.records and "MainCompetitors__c" not in second.records[0].data


def test_names_of_what_may_not_be_read_are_left_out(crm: Fake, adapter: Salesforce) -> None:
    company(crm, 2)
    crm.hidden |= {"Product2", "UserRole"}
    assert {record.data["Quantity"] for record in adapter.pull("line_items", None, 10).records} == {"10.0"}
    assert "Ann Adler" in {record.data["Name"] for record in adapter.pull("users", None, 10).records}


def test_a_field_that_a_setting_names_and_the_org_lacks_is_told(crm: Fake) -> None:
    told = trouble(Salesforce(settings(crm, key_field="Keys__c")))
    assert (told.kind, told.message) == (
        "gone", "Opportunity has no field `Keys__c` that the user of this source may read.",
    )  # fmt: skip
    told = trouble(Salesforce(settings(crm, fields="Account.Size__c")), "accounts")
    assert told.message == "Account has no field `Size__c` that the user of this source may read."


def test_a_day_that_is_used_up_is_told_and_goes_on_where_it_stood(crm: Fake, tmp_path: Path) -> None:
    company(crm, 30)
    here = home(tmp_path)
    adapter = Salesforce(settings(crm))
    crm.allowed = 9  # in the middle of the deals
    with pytest.raises(Trouble) as raised:
        pull(adapter, here.mirror, limit=3)
    told = raised.value
    assert (told.kind, told.retry_at) == ("exhausted", None)
    assert told.message == "The requests that Salesforce allows this org in 24 hours are used up."
    assert "Setup, System Overview" in told.hint
    before = here.mirror.counts().get("deals", 0)
    assert 0 < before < 30
    crm.allowed = 100_000
    run, _ = here.sync(adapter)
    assert {one.stream: one.read for one in run.streams}["deals"] == 30 - before
    assert len(here.now("name")) == 30
    adapter.close()
    here.close()


def test_too_many_long_requests_at_once_are_told_apart_from_a_used_up_day(crm: Fake, adapter: Salesforce) -> None:
    from tests.fakes.served import Reply

    body = [{"message": "ConcurrentPerOrgLongTxn Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
    crm.struck_by = lambda kind: Reply(403, body)  # type: ignore[method-assign]
    crm.fail("throttled-blind")
    assert trouble(adapter).kind == "throttled"


def test_an_org_without_the_api_is_told(crm: Fake, adapter: Salesforce) -> None:
    from tests.fakes.served import Reply

    body = [{"message": "The REST API is not enabled for this Organization.", "errorCode": "API_DISABLED_FOR_ORG"}]
    crm.struck_by = lambda kind: Reply(403, body)  # type: ignore[method-assign]
    crm.fail("server-error")
    told = trouble(adapter)
    assert (told.kind, told.hint) == ("forbidden", "give the user the permission API Enabled")


def test_an_api_version_that_is_not_there_is_told(crm: Fake) -> None:
    told = trouble(Salesforce(settings(crm, api_version="99.0")))
    assert (told.kind, told.message, told.hint) == (
        "gone", "The org has no version 99.0 of the API.", "set `api_version` to 66.0",
    )  # fmt: skip


def test_a_sales_process_that_was_deleted_is_described_no_more_and_its_deals_are_read(
    crm: Fake, adapter: Salesforce
) -> None:
    kind = "0125e000000AAAAAA2"
    crm.record_types = {kind: ("New business", NAMES[:3])}
    deal = crm.save(
        "Opportunity", Name="One", StageName=NAMES[0], CloseDate=date(2027, 1, 1), RecordTypeId=kind
    )  # fmt: skip
    assert [one.id for one in adapter.describe().pipelines] == [kind, "Opportunity"]
    crm.record_types = {}
    other = Salesforce(settings(crm))
    [pipeline] = other.describe().pipelines
    [record] = other.pull("deals", None, 10).records
    other.close()
    assert (pipeline.id, record.id, record.data["RecordTypeId"]) == ("Opportunity", deal, kind)


def test_a_stage_that_was_renamed_is_told_with_the_deals_that_are_in_it(crm: Fake, tmp_path: Path) -> None:
    company(crm, 3)
    here = home(tmp_path)
    adapter = Salesforce(settings(crm))
    here.sync(adapter)
    for row in [row for row in crm.rows["Opportunity"].values() if row["StageName"] == NAMES[0]]:
        crm.save("Opportunity", row["Id"], StageName="Discovery")
    _, taken = here.sync(adapter)
    assert any("Discovery" in one.message for one in taken.diagnostics), taken.diagnostics
    adapter.close()
    here.close()


def test_what_is_no_salesforce_is_told(crm: Fake, adapter: Salesforce, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.fakes.served import Reply

    monkeypatch.setattr(crm, "_tried", lambda request: Reply(200, b"<html>Down for maintenance</html>"))
    told = trouble(adapter)
    assert (told.kind, told.hint) == ("odd", "check the `url` of this source")


def test_a_stream_that_was_left_out_is_told(crm: Fake) -> None:
    told = trouble(Salesforce(settings(crm, without="leads")), "leads")
    assert told.message == "This source reads no leads."


def test_a_webhook_is_never_from_salesforce(crm: Fake, adapter: Salesforce) -> None:
    with pytest.raises(BadSignature):
        adapter.parse_webhook({}, b"<soapenv:Envelope/>", "https://here.example.com/hook", crm.now)
