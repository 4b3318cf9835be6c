"""Microsoft's own Python client of Dataverse reads and writes the fake: somebody else's code judges it."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.dynamics import Dynamics
from tests.fakes.dynamics.schema import made
from tests.fakes.dynamics.store import DEAL

pytest.importorskip("PowerPlatform.Dataverse")
from azure.core.credentials import AccessToken
from PowerPlatform.Dataverse.client import DataverseClient
from PowerPlatform.Dataverse.core.config import DataverseConfig
from PowerPlatform.Dataverse.core.errors import HttpError

pytestmark = pytest.mark.slow


class Credential:
    """Hands over the token that the fake lets in, as an identity of Azure would."""

    def __init__(self, crm: Dynamics) -> None:
        self.crm, self.scopes = crm, list[str]()

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.scopes += scopes
        return AccessToken(self.crm.token, 2_000_000_000)


def encrypted(crm: Dynamics, folder: Path) -> Path:
    """Puts the fake behind TLS, for the client speaks nothing else; the certificate to trust."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a fake Dynamics")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    certificate, private = folder / "fake.pem", folder / "fake.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    crm._server.socket = context.wrap_socket(crm._server.socket, server_side=True)
    crm.url = crm.url.replace("http://", "https://")
    return certificate


@pytest.fixture
def client(crm: Dynamics, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DataverseClient]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(encrypted(crm, tmp_path)))
    with DataverseClient(crm.url, Credential(crm), DataverseConfig(http_retries=1)) as made:
        yield made


def test_records_are_made_read_changed_and_deleted(crm: Dynamics, client: DataverseClient) -> None:
    ident = client.records.create("account", {"name": "Contoso", "industrycode": 7, "numberofemployees": 12})
    assert crm.store.of("account")[ident].data["name"] == "Contoso"
    read = client.records.retrieve("account", ident, select=["name", "numberofemployees"])
    assert read is not None and (read["name"], read["numberofemployees"]) == ("Contoso", 12)
    client.records.update("account", ident, {"telephone1": "555-0100"})
    assert crm.store.of("account")[ident].data["telephone1"] == "555-0100"
    client.records.delete("account", ident)
    assert ident not in crm.store.of("account")
    assert client.records.retrieve("account", ident) is None


def test_a_choice_is_written_by_what_it_is_called(crm: Dynamics, client: DataverseClient) -> None:
    ident = client.records.create("account", {"name": "Contoso", "industrycode": "Consulting"})
    assert crm.store.of("account")[ident].data["industrycode"] == 7


def test_lists_are_filtered_ordered_and_paged(crm: Dynamics, client: DataverseClient) -> None:
    deals = [crm.deal(crm.stages()[0], name=f"O'Neil {n:02}", estimatedvalue=n) for n in range(25)]
    crm.edit(DEAL, deals[3], statecode=1)
    found = list(
        client.records.list_pages(
            "opportunity", filter="statecode eq 0 and estimatedvalue ge 5", orderby=["name desc"], page_size=7
        )
    )
    names = [row["name"] for page in found for row in page]
    assert [len(page) for page in found] == [7, 7, 6] and names == [f"O'Neil {n:02}" for n in range(24, 4, -1)]
    [one] = client.records.list("opportunity", filter="name eq 'O''Neil 07'", include_annotations="*")
    assert one["_customerid_value@OData.Community.Display.V1.FormattedValue"] == "Northwind"
    assert one["_customerid_value@Microsoft.Dynamics.CRM.lookuplogicalname"] == "account"
    assert len(client.records.list("opportunity", top=3)) == 3


def test_lookups_are_bound_and_steps_of_a_process_are_made(crm: Dynamics, client: DataverseClient) -> None:
    stages = crm.stages()
    deal = client.records.create(
        "opportunity", {"name": "Bound", "customerid_account@odata.bind": f"/accounts({made('account', 'northwind')})"}
    )
    assert crm.store.of(DEAL)[deal].data["customerid"] == ("account", made("account", "northwind"))
    other = crm.deal(stages[0])
    step = {"activestageid@odata.bind": f"/processstages({stages[1]})", "traversedpath": ",".join(stages[:2])}
    client.records.update("opportunitysalesprocess", crm.instance(other), step)
    assert crm.stage_of(other) == stages[1]
    leap = {"activestageid@odata.bind": f"/processstages({stages[3]})", "traversedpath": ",".join(stages)}
    with pytest.raises(HttpError, match="next stage"):
        client.records.update("opportunitysalesprocess", crm.instance(other), leap)


def test_a_change_set_is_done_as_a_whole_or_not_at_all(crm: Dynamics, client: DataverseClient) -> None:
    deal = crm.deal(crm.stages()[0], name="Before")
    batch = client.batch.new()
    with batch.changeset() as changes:
        changes.records.create("account", {"name": "New"})
        changes.records.update("opportunity", deal, {"name": "After"})
    done = batch.execute()
    assert [one.is_success for one in done.responses] == [True, True]
    assert crm.store.of(DEAL)[deal].data["name"] == "After"
    before = len(crm.store.of("account"))
    batch = client.batch.new()
    with batch.changeset() as changes:
        changes.records.create("account", {"name": "Never"})
        changes.records.update("opportunity", deal, {"estimatedvalue": -1})
    batch.records.retrieve("opportunity", deal, select=["name"])
    done = batch.execute(continue_on_error=True)
    assert done.has_errors and [one.is_success for one in done.responses] == [False, True]
    assert len(crm.store.of("account")) == before


def test_errors_are_those_that_the_client_knows(crm: Dynamics, client: DataverseClient) -> None:
    deal = crm.deal(crm.stages()[0])
    with pytest.raises(HttpError) as refused:
        client.records.update("opportunity", deal, {"estimatedvalue": -1})
    assert (refused.value.status_code, refused.value.details.get("service_error_code")) == (400, "0x80040265")
    crm.store.lacks.add("prvReadlead")
    with pytest.raises(HttpError, match="prvReadlead") as forbidden:
        client.records.list("lead")
    assert forbidden.value.status_code == 403
    crm.fail("throttled")
    with pytest.raises(HttpError) as throttled:
        client.records.list("account")
    assert throttled.value.status_code == 429 and throttled.value.is_transient


def test_tables_are_told_of(client: DataverseClient) -> None:
    told = client.tables.get("opportunity")
    assert told is not None and (told["entity_set_name"], told["primary_id_attribute"]) == (
        "opportunities",
        "opportunityid",
    )


def test_the_client_asks_for_a_token_of_this_environment(crm: Dynamics, client: DataverseClient) -> None:
    client.records.list("account", top=1)
    assert set(client.auth.credential.scopes) == {f"{crm.url}/.default"}
