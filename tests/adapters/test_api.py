"""A token is renewed in time, a refused one once; scarce requests are spread; and nothing shows a secret."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from tests.fakes.served import START, Reply, Request, Served

from dealgate.ports import Budget, Settings, Trouble
from dealgate_adapters._api import Allowance, Api, Bearer, Pace, Token, at_once, fixed, granted, lasting
from dealgate_adapters._http import Answer, Http

GRANT = "refresh-7-secret"


class Vendor(Served):
    """Gives tokens for half an hour, takes the last one alone, and tells how much is left."""

    def __init__(self) -> None:
        super().__init__()
        self.number, self.left, self.written = 0, 100, 0
        self.refuse = ""

    def answer(self, request: Request) -> Reply:
        if request.path == "/token":
            return self.grant(request)
        if request.headers.get("authorization") != f"Bearer token-{self.number}":
            return Reply(401, {"message": "expired"})
        self.written += request.method == "POST"
        return Reply(200, {"q": dict(request.query)}, {"X-Left": str(self.left)})

    def grant(self, request: Request) -> Reply:
        if self.refuse:
            return Reply(400, {"error": self.refuse, "error_description": f"{GRANT} is revoked"})
        assert request.form() == {"grant_type": "refresh_token", "refresh_token": GRANT}
        self.number += 1
        return Reply(200, {"access_token": f"token-{self.number}", "expires_in": 1800})


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    crm = Vendor()
    yield crm
    crm.close()


def limits(answer: Answer) -> tuple[Budget | None, list[Allowance]]:
    left = int(answer.headers.get("x-left", 100))
    return Budget(100 - left, 100), [Allowance(left, 100, 10.0)]


def api(vendor: Vendor, pauses: list[float] | None = None) -> Api:
    http = Http(vendor.url, lambda: vendor.now)

    def fetch() -> Token:
        said = granted(http, "/token", {"grant_type": "refresh_token", "refresh_token": GRANT})
        return Token(said["access_token"], lasting(said, lambda: vendor.now))

    pace = Pace(pauses.append if pauses is not None else None)
    return Api(http, Bearer(fetch, lambda: vendor.now), limits=limits, pace=pace)


def test_a_token_is_asked_for_once_and_renewed_before_it_ends(vendor: Vendor) -> None:
    held = api(vendor)
    for minutes in (0, 10, 10, 7, 1, 1):
        vendor.tick(minutes=minutes)
        held.ask("GET", "/deals", repeat=True)
    assert vendor.number == 2  # the second at 28 of its 30 minutes
    assert "401" not in vendor.asked
    held.close()


def test_a_refused_token_is_renewed_once_and_a_write_is_done_once(vendor: Vendor) -> None:
    held = api(vendor)
    held.ask("GET", "/deals", repeat=True)
    vendor.number += 1  # somebody has it revoked
    assert held.ask("POST", "/deals", body={"a": 1}, repeat=False).status == 200
    assert vendor.written == 1
    held.close()


def test_a_token_that_is_never_taken_is_told_and_not_asked_for_ever(vendor: Vendor) -> None:
    held = Api(Http(vendor.url, lambda: vendor.now), Bearer(lambda: Token("no-good-token"), lambda: vendor.now))
    with pytest.raises(Trouble) as told:
        held.ask("GET", "/deals", repeat=True)
    assert told.value.kind == "unauthorised"
    assert "no-good-token" not in f"{told.value} {told.value.hint}"
    assert len(vendor.asked) == 2
    held.close()


def test_what_is_not_granted_any_more_is_told_by_its_code_alone(vendor: Vendor) -> None:
    vendor.refuse = "invalid_grant"
    held = api(vendor)
    with pytest.raises(Trouble) as told:
        held.ask("GET", "/deals", repeat=True)
    assert told.value.message == f"{vendor.url[7:]} does not renew the access (invalid_grant)."
    vendor.refuse = f"<{GRANT}>"
    with pytest.raises(Trouble) as told:
        held.ask("GET", "/deals", repeat=True)
    held.close()
    assert told.value.message == f"{vendor.url[7:]} does not renew the access (status 400)."


def test_a_credential_that_is_not_set_is_named() -> None:
    settings = Settings({}, {"token": " "}.get, lambda: START)
    with pytest.raises(Trouble, match="The credential `token` is not set"):
        fixed(settings, "token")()


def test_requests_are_spread_when_few_are_left_and_only_then(vendor: Vendor) -> None:
    pauses: list[float] = []
    held = api(vendor, pauses)
    for left in (100, 11, 10, 4, 0, 100):
        vendor.left = left
        held.ask("GET", "/deals", repeat=True)
    assert pauses == [2.0, 10.0]  # after 4 and after 0; 10 of 100 are a tenth
    assert held.budget == Budget(0, 100)
    held.close()


def test_a_value_never_becomes_a_part_of_the_address(vendor: Vendor) -> None:
    held = api(vendor)
    odd = "a&limit=9#x /../é"
    assert held.ask("GET", "/deals", {"name": odd, "ids": ["1", "2"]}, repeat=True).json == {
        "q": {"name": odd, "ids": "2"}
    }
    held.close()


def test_the_clock_is_the_servers(vendor: Vendor) -> None:
    held = api(vendor)
    with pytest.raises(Trouble, match="without a Date header"):
        _ = held.now
    held.ask("GET", "/deals", repeat=True)
    assert timedelta(0) <= vendor.now - held.now < timedelta(seconds=5)
    held.close()


def test_words_of_the_crm_are_shown_without_what_is_secret(vendor: Vendor) -> None:
    held = api(vendor)
    held.ask("GET", "/deals", repeat=True)
    assert held.hide(f"no\n right for token-1 and {GRANT}", GRANT) == "no right for … and …"
    held.close()


def test_calls_at_once_come_back_in_order_and_the_first_trouble_ends_them() -> None:
    gate = threading.Barrier(4, timeout=10)

    def call(n: int) -> int:
        gate.wait()  # passes only if four run at once
        return n

    assert at_once([lambda n=n: call(n) for n in range(8)], 4) == list(range(8))  # type: ignore[misc]
    done: list[int] = []

    def fails() -> int:
        raise Trouble("odd", "no", "look")

    with pytest.raises(Trouble):
        at_once([fails, *(lambda n=n: done.append(n) or n for n in range(500))], 2)  # type: ignore[misc]
    assert len(done) < 500


def test_without_a_word_on_its_end_a_token_lasts_until_it_is_refused() -> None:
    clock = datetime.now().astimezone
    assert lasting({}, clock) is None
    assert lasting({"expires_in": "soon"}, clock) is None
    assert lasting({"expires_in": 10**30}, clock) is None
