"""What a CRM's call is answered, and that a stranger learns nothing from it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.fakes.crm import START, Crm, FakeAdapter

from dealgate.model.diagnostics import SourceFailed, error
from dealgate.ports import Reference, Webhook
from dealgate.sync.door import Answer, Called, Door, Request, is_address
from dealgate.sync.headers import Headers
from dealgate.sync.inbox import Inbox

HERE = "http://127.0.0.1:8787"
URL = f"{HERE}/hooks/crm"


class Told(FakeAdapter):
    """Says of which address it was asked."""

    urls: list[str] = []

    def parse_webhook(self, headers: Mapping[str, str], raw_body: bytes, url: str, now: datetime) -> Webhook:
        self.urls.append(url)
        return super().parse_webhook(headers, raw_body, url, now)


class Careless(FakeAdapter):
    """Falls over what it does not expect."""

    def parse_webhook(self, headers: Mapping[str, str], raw_body: bytes, url: str, now: datetime) -> Webhook:
        if raw_body == b"secret":
            raise SourceFailed(error("DG430", "The environment variable `HOOK` is not set."))
        return Webhook((), json.loads(raw_body)["id"]["of"])


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    one = Inbox(tmp_path / "inbox.db", cap=3)
    yield one
    one.close()


@pytest.fixture
def crm() -> Crm:
    return Crm()


@pytest.fixture
def door(inbox: Inbox, crm: Crm) -> Door:
    return Door([Called("crm", FakeAdapter(crm))], inbox, lambda: crm.now, HERE)


def call(door: Door, crm: Crm, *deals: str, at: datetime | None = None, url: str = URL, name: str = "crm") -> Answer:
    body = json.dumps({"deals": deals}).encode()
    signed = crm.signed(url, body, at or crm.now)
    return door.answer(Request("POST", f"/hooks/{name}", [(k.lower(), v) for k, v in signed.items()]), body)


def test_a_genuine_webhook_is_kept_before_it_is_answered(door: Door, crm: Crm, inbox: Inbox) -> None:
    assert call(door, crm, "1", "2") == Answer(200)
    other = Inbox(inbox.path)
    assert [one.ref.id for one in other.waiting("crm", 10)] == ["1", "2"]
    other.close()


def test_a_forged_webhook_is_refused_without_a_word(door: Door, crm: Crm, inbox: Inbox) -> None:
    body = b'{"deals":["1"]}'
    forged = {**crm.signed(URL, body, crm.now), "X-Signature": "0" * 64}
    for headers in (forged.items(), []):
        assert door.answer(Request("POST", "/hooks/crm", headers), body) == Answer(401)
    signed = crm.signed(URL, body, crm.now).items()
    assert door.answer(Request("POST", "/hooks/crm", signed), body + b" ") == Answer(401), "another body"
    assert inbox.count("crm") == 0
    assert door.counts == {("crm", "refused"): 3}


def test_an_old_webhook_is_refused(door: Door, crm: Crm, inbox: Inbox) -> None:
    at = crm.now
    crm.tick(minutes=6)
    assert call(door, crm, "1", at=at) == Answer(401)
    assert inbox.count("crm") == 0


def test_an_old_webhook_is_refused_where_the_adapter_lets_it_in(crm: Crm, inbox: Inbox) -> None:
    class Lax(FakeAdapter):
        def stale(self, stamp: str, now: datetime) -> bool:
            return False

    door = Door([Called("crm", Lax(crm))], inbox, lambda: crm.now + timedelta(days=2), HERE)
    assert call(door, crm, "1") == Answer(401)
    assert door.counts == {("crm", "old"): 1}


def test_a_repeated_webhook_is_dropped_and_the_crm_has_its_answer(door: Door, crm: Crm, inbox: Inbox) -> None:
    at = crm.now
    assert call(door, crm, "1", at=at) == Answer(200)
    inbox.done(inbox.waiting("crm", 10))
    assert call(door, crm, "1", at=at) == Answer(200), "else it would send it for ever"
    assert inbox.count("crm") == 0
    assert door.counts == {("crm", "kept"): 1, ("crm", "repeated"): 1}


def test_what_is_no_source_of_ours_is_not_found(door: Door, crm: Crm) -> None:
    for target in ("/hooks/other", "/hooks/", "/hooks", "/", "/hooks/crm/", "/hooks/crm/..", "/hooks/CRM", "*", ""):
        for method in ("GET", "POST"):
            assert door.at_once(Request(method, target)) == Answer(404), target
    assert call(door, crm, "1", name="other") == Answer(404)


def test_another_method_is_refused(door: Door) -> None:
    for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "post"):
        assert door.at_once(Request(method, "/hooks/crm")) == Answer(405, {"Allow": "POST"})
    assert door.at_once(Request("POST", "/health")) == Answer(405, {"Allow": "GET"})
    assert door.at_once(Request("POST", "/hooks/crm?x=1")) is None


def test_what_is_too_much_is_sent_away_and_taken_when_it_comes_again(door: Door, crm: Crm, inbox: Inbox) -> None:
    assert call(door, crm, "1", "2").status == 200
    assert call(door, crm, "3", "4") == Answer(503, {"Retry-After": "30"})
    inbox.done(inbox.waiting("crm", 10))
    assert call(door, crm, "3", "4").status == 200


def test_the_signature_is_of_the_address_that_the_crm_was_given(inbox: Inbox, crm: Crm) -> None:
    adapter, public = Told(crm), "https://hooks.acme.example/from/crm"
    door = Door([Called("crm", adapter, public), Called("near", adapter)], inbox, lambda: crm.now, f"{HERE}/")
    assert call(door, crm, "1", url=public).status == 200
    assert call(door, crm, "2", url=URL).status == 401
    body = b'{"deals":[]}'
    for name, url in (("crm", f"{public}?tenant=a%2Fb"), ("near", f"{HERE}/hooks/near?tenant=a%2Fb")):
        asked = Request("POST", f"/hooks/{name}?tenant=a%2Fb", crm.signed(url, body, crm.now).items())
        assert door.answer(asked, body).status == 200
        assert adapter.urls[-1] == url


def test_what_an_adapter_falls_over_does_not_end_the_door(inbox: Inbox, crm: Crm) -> None:
    door = Door([Called("crm", Careless(crm))], inbox, lambda: crm.now, HERE)
    asked = Request("POST", "/hooks/crm")
    for body, kind in ((b"{", "JSONDecodeError"), (b"[]", "TypeError"), (b"secret", "DG430")):
        assert door.answer(asked, body) == Answer(503, {"Retry-After": "30"})
        assert door.mistakes == {"crm": kind}
    assert door.answer(asked, b'{"id":{"of":"7"}}') == Answer(200)


def test_what_cannot_be_kept_is_sent_away(door: Door, crm: Crm, inbox: Inbox) -> None:
    other = sqlite3.connect(inbox.path, isolation_level=None)
    other.execute("DROP TABLE waiting")
    assert call(door, crm, "1") == Answer(503, {"Retry-After": "30"})
    assert door.answer(Request("GET", "/health"), b"").status == 503
    assert other.execute("SELECT count(*) FROM delivery").fetchone() == (0,), "and is no repeat when it comes again"
    other.close()


def test_health_tells_counts_and_no_more(inbox: Inbox, crm: Crm) -> None:
    troubles: dict[str, str] = {}
    door = Door([Called("crm", FakeAdapter(crm))], inbox, lambda: crm.now, HERE, troubles)
    call(door, crm, "1")
    call(door, crm, "1", at=START - timedelta(days=1))
    assert door.too_large(Request("POST", "/hooks/crm?x")) == Answer(413)
    counts = {"waiting": 1, "kept": 1, "repeated": 0, "refused": 1, "old": 0, "large": 1, "full": 0, "failed": 0}
    found = door.answer(Request("GET", "/health"), b"")
    assert (found.status, json.loads(found.body)) == (
        200,
        {"status": "ok", "sources": {"crm": {**counts, "trouble": None}}},
    )
    troubles["crm"] = "DG970"
    found = door.answer(Request("GET", "/health"), b"")
    assert (found.status, json.loads(found.body)) == (
        200,
        {"status": "behind", "sources": {"crm": {**counts, "trouble": "DG970"}}},
    )


def test_an_address_is_whole_and_has_no_query() -> None:
    assert [one for one in (URL, "https://a.example", "https://a.example:8443/x/y") if not is_address(one)] == []
    wrong = ["", "a.example/x", "ftp://a.example", "https://", "https:///x", "https://a.example/x?y", "https://a b/x"]
    assert [one for one in wrong if is_address(one)] == []


def test_headers_are_found_in_any_case_and_joined_where_they_come_twice() -> None:
    headers = Headers([("X-Sign", "a"), ("x-other", "b"), ("x-SIGN", "c")])
    assert (headers["x-sign"], headers.get("X-OTHER"), headers.get("x-none", "")) == ("a, c", "b", "")
    assert list(headers) == ["X-Sign", "x-other"] and len(headers) == 2
    assert dict(Headers({"A": "1"})) == {"A": "1"} and "a" in Headers({"A": "1"})


@pytest.mark.parametrize("said", [Webhook((Reference("deals", "\ud800"),), "1"), Webhook((), "\ud800"),
                                  Webhook((), "1", datetime(2026, 11, 2))])  # fmt: skip
def test_what_an_adapter_tells_that_cannot_be_kept_is_sent_away_and_told(crm: Crm, inbox: Inbox, said: Webhook) -> None:
    class Odd(FakeAdapter):
        def parse_webhook(self, *_: object) -> Webhook:
            return said

    door = Door([Called("crm", Odd(crm))], inbox, lambda: crm.now, HERE)
    assert call(door, crm, "1").status == 503
    assert door.counts == {("crm", "failed"): 1}
    assert inbox.count("crm") == 0
