"""simple-salesforce, which knows nothing of us, reads and writes the fake org as it does a real one.

It speaks https to names under salesforce.com alone, so a tunnel carries what it sends to the fake; nothing is changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce as Client
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceGeneralError,
    SalesforceMalformedRequest,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)
from simple_salesforce.format import format_soql
from tests.fakes.salesforce import Salesforce as Fake
from tests.fakes.salesforce.oauth import CLIENT, SECRET, USER
from tests.fakes.salesforce.schema import NAMES


class Tunnel(HTTPAdapter):
    """Carries https to whatever host to the fake."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.to = url

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        request.url = f"{self.to}{parts.path}{'?' + parts.query if parts.query else ''}"
        return super().send(request, *args, **more)


def through(crm: Fake) -> requests.Session:
    session = requests.Session()
    session.mount("https://", Tunnel(crm.url))
    return session


@pytest.fixture
def crm() -> Iterator[Fake]:
    made = Fake()
    yield made
    made.close()


@pytest.fixture
def client(crm: Fake) -> Iterator[Client]:
    session = through(crm)
    yield Client(consumer_key=CLIENT, consumer_secret=SECRET, domain="acme.my", version="62.0", session=session)
    session.close()


def opportunity(crm: Fake, name: str = "One", **more: Any) -> str:
    return crm.save("Opportunity", **{"Name": name, "StageName": NAMES[0], "CloseDate": date(2027, 1, 1), **more})


def test_it_logs_in_with_the_apps_credentials(crm: Fake, client: Client) -> None:
    assert client.sf_instance == crm.url.removeprefix("http://")
    assert crm.door.given == 1


def test_it_logs_in_with_an_assertion() -> None:
    key = generate_private_key(65537, 2048)
    crm = Fake(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    crm.now = datetime.now(UTC)  # the client takes its own clock
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    session = through(crm)
    client = Client(username=USER, consumer_key=CLIENT, privatekey=private, version="62.0", session=session)
    assert client.query("SELECT Id FROM User WHERE Username = 'robot@acme.example'")["records"][0]["Id"] == crm.robot
    with pytest.raises(SalesforceAuthenticationFailed):
        Client(username="who@acme.example", consumer_key="other", privatekey=private, session=session)
    session.close()
    crm.close()


def test_it_follows_a_query_through_its_pages(crm: Fake, client: Client) -> None:
    made = [opportunity(crm, f"Deal {n}") for n in range(450)]
    headers = {"Sforce-Query-Options": "batchSize=200"}
    first = client.query("SELECT Id FROM Opportunity ORDER BY Id", headers=headers)
    assert (first["totalSize"], first["done"], len(first["records"])) == (450, False, 200)
    rest = client.query_more(first["nextRecordsUrl"], identifier_is_url=True, headers=headers)
    assert len(rest["records"]) == 200
    found = client.query_all("SELECT Id, Name, Owner.Name FROM Opportunity ORDER BY Id")
    assert [row["Id"] for row in found["records"]] == sorted(made)
    assert {row["Owner"]["Name"] for row in found["records"]} == {"Ann Adler"}
    assert client.api_usage["api-usage"].total == 100_000


def test_it_sees_the_recycle_bin_where_it_asks_for_it(crm: Fake, client: Client) -> None:
    kept, gone = opportunity(crm), opportunity(crm)
    client.Opportunity.delete(gone)
    asked = "SELECT Id, IsDeleted FROM Opportunity"
    assert [row["Id"] for row in client.query(asked)["records"]] == [kept]
    every = client.query_all_iter(asked, include_deleted=True)
    assert {row["Id"]: row["IsDeleted"] for row in every} == {kept: False, gone: True}
    with pytest.raises(SalesforceResourceNotFound):
        client.Opportunity.get(gone)


def test_it_writes_and_reads_a_record(crm: Fake, client: Client) -> None:
    made = client.Opportunity.create({"Name": "Ours", "StageName": NAMES[0], "CloseDate": "2027-01-01", "Amount": 10.5})
    assert made["success"] is True
    crm.tick()
    assert client.Opportunity.update(made["id"], {"StageName": NAMES[1]}) == 204
    row = client.Opportunity.get(made["id"])
    assert (row["StageName"], row["Amount"], row["CloseDate"], row["LastModifiedById"]) == (
        NAMES[1], 10.5, "2027-01-01", crm.robot,
    )  # fmt: skip
    past = client.query(
        f"SELECT StageName, CreatedDate FROM OpportunityHistory WHERE OpportunityId = '{made['id']}' ORDER BY CreatedDate"
    )
    assert [one["StageName"] for one in past["records"]] == list(NAMES[:2])
    assert past["records"][0]["CreatedDate"].endswith(".000+0000")
    assert len(made["id"]) == 18 and client.Opportunity.get(made["id"][:15])["Id"] == made["id"]


def test_its_quoting_is_understood(crm: Fake, client: Client) -> None:
    name = 'O\'Neil \\ "Co" 100%_'
    made = opportunity(crm, name)
    opportunity(crm, "Other")
    found = client.query(format_soql("SELECT Id FROM Opportunity WHERE Name = {}", name))
    assert [row["Id"] for row in found["records"]] == [made]
    found = client.query(format_soql("SELECT Id FROM Opportunity WHERE Name LIKE '%{:like}%'", "100%_"))
    assert [row["Id"] for row in found["records"]] == [made]


def test_what_is_refused_comes_as_its_own_exceptions(crm: Fake, client: Client) -> None:
    made = opportunity(crm)
    crm.rules.append((lambda row: row["Amount"] == 13, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Not thirteen."))
    with pytest.raises(SalesforceMalformedRequest, match=r"Not thirteen\."):
        client.Opportunity.update(made, {"Amount": 13})
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_FIELD"):
        client.query("SELECT Nothing__c FROM Opportunity")
    with pytest.raises(SalesforceMalformedRequest, match="MALFORMED_QUERY"):
        client.query("SELECT FROM Opportunity")
    with pytest.raises(SalesforceMalformedRequest, match="REQUIRED_FIELD_MISSING"):
        client.Opportunity.create({"Name": "x"})
    with pytest.raises(SalesforceGeneralError, match="412"):
        client.Opportunity.update(made, {"Amount": 1}, headers={"If-Unmodified-Since": "Sat, 01 Nov 2025 08:00:00 GMT"})
    crm.door.tokens.clear()
    client._salesforce_login_partial = None  # as with a session id that it was given
    with pytest.raises(SalesforceExpiredSession):
        client.query("SELECT Id FROM Opportunity")


def test_a_used_up_day_is_a_refused_request(crm: Fake, client: Client) -> None:
    crm.allowed = crm.used
    with pytest.raises(SalesforceRefusedRequest, match="REQUEST_LIMIT_EXCEEDED"):
        client.query("SELECT Id FROM Opportunity")


def test_it_describes_an_object(crm: Fake, client: Client) -> None:
    told = client.Opportunity.describe()
    fields = {one["name"]: one for one in told["fields"]}
    assert told["keyPrefix"] == "006" and fields["StageName"]["picklistValues"][0]["value"] == NAMES[0]
    assert fields["Amount"]["updateable"] and not fields["IsWon"]["updateable"] and fields["Gate__c"]["custom"]
    assert client.limits()["DailyApiRequests"]["Max"] == 100_000


def test_several_requests_as_one_are_done_all_or_none(crm: Fake, client: Client) -> None:
    made, before = opportunity(crm), crm.now
    parts = [
        {
            "method": "PATCH",
            "url": f"/services/data/v62.0/sobjects/Opportunity/{made}",
            "referenceId": "one",
            "body": {"Amount": 7},
        },
        {"method": "POST", "url": "/services/data/v62.0/sobjects/Task", "referenceId": "two", "body": {"Nothing": 1}},
    ]
    said = client.restful("composite", method="POST", json={"allOrNone": True, "compositeRequest": parts})
    assert [(one["httpStatusCode"], one["body"][0]["errorCode"]) for one in said["compositeResponse"]] == [
        (400, "PROCESSING_HALTED"), (400, "INVALID_FIELD"),
    ]  # fmt: skip
    assert (
        crm.rows["Opportunity"][made]["Amount"] is None and crm.rows["Opportunity"][made]["LastModifiedDate"] == before
    )
    parts[1]["body"] = {"WhatId": made, "Subject": "Ask"}
    said = client.restful("composite", method="POST", json={"allOrNone": True, "compositeRequest": parts})
    assert [one["httpStatusCode"] for one in said["compositeResponse"]] == [204, 201]
