"""No credential reaches a host that the settings or the vendor do not name: by no answer, no redirect, no proxy."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from tests.fakes.served import Reply, Request, Served

from dealgate.ports import Trouble
from dealgate_adapters._api import address
from dealgate_adapters._http import Http
from dealgate_adapters.pipedrive.rest import DOMAINS as PIPEDRIVE
from dealgate_adapters.salesforce.org import DOMAINS as SALESFORCE
from dealgate_adapters.zoho.auth import DOMAINS as ZOHO

from .conftest import Opening
from .crms import CRMS
from .place import Place, instead
from .test_told import equal, nobody, told


class Foreign(Served):
    """A host that is none of the vendor's. It writes down what it is told."""

    def __init__(self) -> None:
        self.heard: list[Request] = []
        super().__init__()

    def answer(self, request: Request) -> Reply:
        self.heard.append(request)
        return Reply(200, {"access_token": "caught", "records": [], "value": [], "results": [], "data": []})


@pytest.fixture
def foreign() -> Iterator[Foreign]:
    made = Foreign()
    yield made
    made.close()


@pytest.mark.slow
@pytest.mark.parametrize("at", ["the token", "the middle"])
@pytest.mark.parametrize("name", sorted(CRMS))
def test_a_redirect_to_a_foreign_host_is_not_followed(opening: Opening, foreign: Foreign, name: str, at: str) -> None:
    place = opening(name)
    place.sell(2)
    asked = []

    def reply(request: Request) -> Reply | None:
        is_login = request.path.endswith(place.login)
        asked.append(is_login)
        wanted = is_login if at == "the token" else not is_login and len(asked) > 8
        return Reply(307, None, {"Location": f"{foreign.url}{request.path}"}) if wanted else None

    with instead(place, reply):
        said = told(place, place.run("sync"))
    assert "DG975" in said, said
    assert foreign.heard == []
    place.fake.tick(minutes=20)
    place.done("sync")
    equal(place)


@pytest.mark.parametrize("link", ["nextRecordsUrl", "@odata.nextLink", "@odata.deltaLink"])
def test_a_link_to_the_next_page_leads_to_no_foreign_host(opening: Opening, foreign: Foreign, link: str) -> None:
    place = opening("dynamics" if link.startswith("@") else "salesforce")
    place.sell(3)
    answer = place.fake.answer

    def led_astray(request: Request) -> Reply:
        reply = answer(request)
        if isinstance(reply.body, dict) and ("records" in reply.body or "value" in reply.body):
            path = "/services/data/v62.0/query/01g" if link == "nextRecordsUrl" else "/api/data/v9.2/opportunities"
            return Reply(200, {**reply.body, "done": False, link: f"{foreign.url}{path}?$skiptoken=1"}, reply.headers)
        return reply

    place.fake.answer = led_astray  # type: ignore[method-assign]
    said = told(place, place.run("sync"))
    assert "DG975" in said and foreign.heard == []
    place.fake.answer = answer  # type: ignore[method-assign]
    place.done("sync")
    equal(place)


SAYS = {"salesforce": "instance_url", "pipedrive": "api_domain", "zoho": "api_domain"}


@pytest.mark.parametrize("name", sorted(SAYS))
def test_a_token_goes_to_no_foreign_host_because_it_came_with_its_address(
    opening: Opening, foreign: Foreign, name: str
) -> None:
    place = opening(name)
    place.sell(2)
    answer = place.fake.answer

    def elsewhere(request: Request) -> Reply:
        reply = answer(request)
        if isinstance(reply.body, dict) and "access_token" in reply.body:
            return Reply(200, {**reply.body, SAYS[name]: foreign.url}, reply.headers)
        return reply

    place.fake.answer = elsewhere  # type: ignore[method-assign]
    said = told(place, place.run("sync"))
    assert "the token is not sent there" in " ".join(said.split()) and foreign.heard == []
    place.fake.answer = answer  # type: ignore[method-assign]
    place.done("sync")
    equal(place)


FINE = {
    "Salesforce": (SALESFORCE, ("https://acme.my.salesforce.com", "https://acme--uat.sandbox.my.salesforce.com/",
                                "https://gov.my.salesforce.mil", "https://eu12.salesforce.com")),
    "Zoho": (ZOHO, ("https://www.zohoapis.eu", "https://www.zohoapis.com.au", "https://sandbox.zohoapis.com")),
    "Pipedrive": (PIPEDRIVE, ("https://acme.pipedrive.com",)),
}  # fmt: skip
FOREIGN = (
    "https://salesforce.com.evil.example", "https://evilsalesforce.com", "https://evil.example/salesforce.com",
    "https://www.zohoapis.evil", "https://zohoapis.com.evil.example", "https://evil.example#.pipedrive.com",
    "https://evil.example?x=.pipedrive.com", "https://acme.pipedrive.com@evil.example", "https://evil.example:443",
    "http://acme.pipedrive.com", "http://www.zohoapis.com", "http://127.0.0.1:1", "ftp://acme.pipedrive.com", "evil",
    "https://acme.pipedrive.com\\@evil.example", "https://acme.pipedrive.com%2eevil.example",
)  # fmt: skip


@pytest.mark.parametrize("vendor", sorted(FINE))
def test_the_address_that_comes_with_a_token_is_the_vendors_or_one_of_the_settings(vendor: str) -> None:
    domains, fine = FINE[vendor]
    for url in fine:
        assert address(url, vendor, domains, ()) == url.rstrip("/")
    for url in FOREIGN:
        with pytest.raises(Trouble):
            address(url, vendor, domains, ("https://login.example.com",))
    assert address("https://crm.acme.example", vendor, domains, ("https://crm.acme.example/",))
    assert address(None, vendor, domains, ()) == address("", vendor, domains, ()) == ""


# ------------------------------------------------ what the environment says


def test_a_proxy_is_never_told_what_goes_in_the_clear(
    opening: Opening, foreign: Foreign, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, foreign.url)
    place = opening("hubspot")
    place.sell(1)
    place.done("sync")
    assert foreign.heard == []


def test_a_proxy_that_cannot_be_used_is_told(opening: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    place = opening("hubspot")
    place.write("https://api.hubapi.example")
    monkeypatch.setenv("HTTPS_PROXY", "gopher://ada:s3cret-of-the-proxy@proxy.example:1")
    said = told(place, place.run("sync"))
    assert "proxy" in said and "HTTPS_PROXY" in said and "s3cret-of" not in said
    with nobody() as url:
        monkeypatch.setenv("HTTPS_PROXY", url)
        assert "DG970" in told(place, place.run("sync"))


def test_a_proxy_that_lets_nobody_through_is_told_and_sees_no_credential(
    opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    seen: list[bytes] = []
    door = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                one, _ = door.accept()
            except OSError:
                return
            with one:
                seen.append(one.recv(65536))
                one.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    place = opening("hubspot")
    place.write("https://api.hubapi.example")
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{door.getsockname()[1]}")
    said = told(place, place.run("sync"))
    door.shutdown(socket.SHUT_RDWR)
    door.close()
    thread.join(5)
    assert "The proxy of this machine does not let us through to api.hubapi.example." in " ".join(said.split())
    assert seen and all(one.startswith(b"CONNECT api.hubapi.example:443") for one in seen)
    assert not any(secret.encode() in b"".join(seen) for secret in place.credentials.values())


@pytest.mark.parametrize("name", ["hubspot"])
def test_no_netrc_is_read(opening: Opening, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login ada password from-the-netrc\n", "utf-8")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    place = opening(name)
    place.sell(1)
    sent: list[str] = []

    def heard(request: Request) -> None:
        sent.append(json.dumps(dict(request.headers)))

    with instead(place, heard):
        place.done("sync")
    login = Http(place.fake.url, lambda: place.fake.now)
    with instead(place, heard):
        login.ask("GET", "/x", repeat=True)
    login.close()
    assert sent and not any("YWRhOmZyb20tdGhlLW5ldHJj" in one for one in sent)
    assert "authorization" not in json.loads(sent[-1])


# ------------------------------------------------ an answer without end


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["flood", "hang"])
@pytest.mark.parametrize("name", sorted(CRMS))
def test_an_answer_without_end_is_cut_and_the_next_sync_goes_on(opening: Opening, name: str, kind: str) -> None:
    place: Place = opening(name)
    place.sell(2)
    for _ in range(9):
        place.fake.fail(kind)
    said = told(place, place.run("sync"))
    assert ("sent more than" if kind == "flood" else "was still answering") in " ".join(said.split()), said
    place.fake.heal()
    place.fake.tick(minutes=20)
    place.done("sync")
    equal(place)
