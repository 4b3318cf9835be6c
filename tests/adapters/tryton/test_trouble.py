"""What a Tryton that does not let us in, or is not there, looks like to an operator."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import stamina

from dealgate.ports import BadSignature, Trouble
from dealgate_adapters.tryton import Tryton, connect

from .conftest import ROBOT, Shop, opened
from .server import started

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("tryton")]


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


def trouble(adapter: Any) -> Trouble:
    with pytest.raises(Trouble) as raised:
        adapter.pull("deals", None, 10)
    return raised.value


def free_of(secret: str, told: Trouble, caplog: pytest.LogCaptureFixture) -> bool:
    chain: list[BaseException] = [told]
    while chain[-1].__cause__ or chain[-1].__context__:
        chain.append(chain[-1].__cause__ or chain[-1].__context__)  # type: ignore[arg-type]
    said = [caplog.text, told.hint, *(f"{one} {one!r} {one.args}" for one in chain)]
    return not any(secret in text for text in said)


def test_a_wrong_password_is_told_and_not_shown(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = trouble(connect(shop.settings(password="not-my-password-55")))  # noqa: S106
    assert (told.kind, "password" in told.hint) == ("unauthorised", True)
    assert "user or password is wrong" in told.message
    assert free_of("not-my-password-55", told, caplog)


def test_a_password_that_is_not_set_is_asked_for(shop: Shop) -> None:
    assert trouble(connect(shop.settings(password=None))).hint == "set its secret `password`"


def test_an_unknown_database_is_told(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = trouble(connect(shop.settings(database="nowhere")))
    assert (told.kind, told.hint) == ("gone", "correct `database` of the source")
    assert "no database `nowhere`" in told.message
    assert free_of(ROBOT, told, caplog)


def test_a_stopped_server_is_told(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with started() as running:
        other = opened(running)
        adapter = Tryton(other.settings())
        assert adapter.pull("users", None, 10).records
        running.stop()
        told = trouble(adapter)
        adapter.close()
    assert told.kind == "unreachable"
    assert "whether the server runs" in told.hint
    assert free_of(ROBOT, told, caplog)


def test_a_user_without_rights_is_told_what_to_give(shop: Shop) -> None:
    shop.admin.create(
        "res.user",
        {
            "name": "Guest", "login": "guest", "password": "guest-secret-78",
            "companies": [["add", [shop.company]]], "company": shop.company,
        },
    )  # fmt: skip
    told = trouble(connect(shop.settings(user="guest", password="guest-secret-78")))  # noqa: S106
    assert told.kind == "forbidden"
    assert "groups" in told.hint


def test_an_ended_session_is_begun_anew(shop: Shop) -> None:
    adapter = Tryton(shop.settings())
    adapter.pull("deals", None, 1)
    before = adapter.server._session
    adapter.server._ask("common.db.logout", [], repeat=False)
    assert adapter.pull("deals", None, 1) is not None
    assert adapter.server._session not in (None, before)
    adapter.close()


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"url": "http://crm.example.com"}, "unencrypted"),
        ({"url": "https://ada:hunter2@crm.example.com"}, "holds a user or password"),
        ({"url": "nonsense"}, "is none"),
        ({"url": ""}, "lacks `url`"),
        ({"user": None}, "lacks `user`"),
        ({"buttons": "demo"}, "`buttons` cannot be read"),
    ],
)
def test_settings_that_cannot_be_are_told_at_once(shop: Shop, other: dict[str, Any], said: str) -> None:
    with pytest.raises(Trouble) as raised:
        connect(shop.settings(**other))
    assert said in raised.value.message and "hunter2" not in str(raised.value)


def test_a_stream_it_does_not_have_is_told(tryton: Tryton) -> None:
    with pytest.raises(Trouble, match="no activities"):
        tryton.pull("activities", None, 10)


def test_a_webhook_is_never_from_tryton(tryton: Tryton, shop: Shop) -> None:
    with pytest.raises(BadSignature):
        tryton.parse_webhook({}, b"{}", "https://here.example.com/hook", shop.settings().clock())
