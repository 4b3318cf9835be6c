"""What a HubSpot that does not let us in, or has had enough of us, looks like to an operator."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.hubspot import CLIENT, HubSpotFake
from tests.fakes.served import Reply, Request

from dealgate.ports import Cursor, SetFields, Trouble
from dealgate_adapters.hubspot import HubSpot, connect

from .shop import home, opened, sell, settings

OAUTH = {"client_id": CLIENT["id"], "client_secret": CLIENT["secret"], "refresh_token": CLIENT["refresh"]}


def trouble(adapter: Any, stream: str = "deals") -> Trouble:
    with pytest.raises(Trouble) as raised:
        adapter.pull(stream, None, 10)
    return raised.value


def test_a_stale_token_is_told_and_not_shown(fake: HubSpotFake, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with opened(fake, {"token": "pat-eu1-revoked-9"}) as adapter:
        told = trouble(adapter)
    assert (told.kind, told.hint) == (
        "unauthorised", "make a new one at the CRM, and set it under `credentials` of the source",
    )  # fmt: skip
    assert "pat-eu1-revoked-9" not in f"{told} {told.hint} {told.args} {caplog.text}"


def test_a_source_without_credentials_names_the_one_to_set(fake: HubSpotFake) -> None:
    with opened(fake, {}) as adapter:
        assert trouble(adapter).hint == "set `token` under `credentials` of the source"
    with opened(fake, {"refresh_token": "x"}) as adapter:
        assert trouble(adapter).hint == "set `client_id` under `credentials` of the source"
    assert fake.asked == []


def test_an_oauth_app_gets_its_token_and_renews_it_in_time(fake: HubSpotFake) -> None:
    sell(fake, 1)
    with opened(fake, OAUTH) as adapter:
        for minutes in (0, 10, 10, 7, 1, 1):
            fake.tick(minutes=minutes)
            assert adapter.pull("deals", None, 10).records
        assert fake.grants == 2  # the second at 28 of its 30 minutes
        fake.granted.clear()  # somebody has it revoked
        assert adapter.pull("deals", None, 10).records
    assert fake.grants == 3


def test_an_oauth_app_that_was_uninstalled_is_told(fake: HubSpotFake, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with opened(fake, {**OAUTH, "refresh_token": "refresh-of-yesterday"}) as adapter:
        told = trouble(adapter)
    assert told.kind == "unauthorised"
    assert told.message == f"{fake.url[7:]} does not renew the access (status 400)."
    assert told.hint == "sign dealgate in at the CRM again, and set the credentials of the source anew"
    assert not any(secret in f"{told}{told.hint}{caplog.text}" for secret in ("refresh-of-yesterday", CLIENT["secret"]))


@pytest.mark.parametrize(
    ("scope", "stream"),
    [
        ("crm.objects.deals.read", "deals"), ("crm.objects.contacts.read", "contacts"),
        ("crm.objects.companies.read", "accounts"), ("crm.objects.line_items.read", "line_items"),
        ("crm.objects.owners.read", "users"), ("crm.objects.contacts.read", "activities"),
    ],
)  # fmt: skip
def test_a_missing_scope_is_named(fake: HubSpotFake, scope: str, stream: str) -> None:
    fake.scopes.remove(scope)
    with opened(fake) as adapter:
        told = trouble(adapter, stream)
    assert told.kind == "forbidden"
    assert told.message.startswith("HubSpot does not let this app read that: This app hasn't been granted all required")
    assert told.message.endswith(scope)
    assert told.hint.startswith("give the app the scopes that docs/crm/hubspot.md lists")


def test_one_missing_scope_keeps_no_other_stream_from_its_end(fake: HubSpotFake, tmp_path: Path) -> None:
    sell(fake, 3)
    fake.scopes.remove("crm.objects.line_items.read")
    with home(fake, tmp_path) as here:
        run = here.pull()
        assert [(stream, one.kind) for stream, one in run.troubles] == [
            ("line_items", "forbidden"), ("deletions", "forbidden"),
        ]  # fmt: skip
        assert {one.stream: one.read for one in run.streams}["deals"] == 3
        fake.scopes.add("crm.objects.line_items.read")
        assert here.sync()[1].deals == 3


def test_a_full_day_s_quota_says_when_it_ends_and_loses_nothing(fake: HubSpotFake, tmp_path: Path) -> None:
    ids = sell(fake, 30)
    fake.tick(minutes=20)
    fake.daily_left = 9
    with home(fake, tmp_path, time_zone="Europe/Berlin") as here:
        with pytest.raises(Trouble) as raised:
            here.pull(limit=10)
        told = raised.value
        assert told.kind == "exhausted"
        assert told.message == "The requests that this HubSpot account may make in a day are used up."
        assert told.hint.startswith("run it again tomorrow: it goes on where it stood")
        assert told.retry_at == datetime(2026, 11, 1, 23, tzinfo=UTC), "midnight in Berlin"
        fake.daily_left = fake.daily
        fake.tick(hours=16)
        here.sync(limit=10)
        assert set(here.now("name")) == set(ids)


def test_a_day_s_quota_that_is_used_up_is_told_of_a_write_too(fake: HubSpotFake) -> None:
    [deal] = sell(fake, 1)
    fake.daily_left = 1
    with opened(fake) as adapter:
        done = adapter.apply(SetFields(deal, {"amount": "1"}, "k" * 64))
    assert (done.kind, done.rule, done.retry_at) == ("throttled", "exhausted", None)
    assert fake.portal.objects["deals"][deal].properties["amount"] == "1000.50"


def test_the_budget_is_told(fake: HubSpotFake) -> None:
    fake.daily, fake.daily_left = 1_000, 400
    with opened(fake, time_zone="UTC") as adapter:
        budget = adapter.pull("users", None, 10).budget
    assert (budget.used, budget.limit) == (601, 1_000)
    assert budget.resets_at == datetime(2026, 11, 2, tzinfo=UTC)


@pytest.mark.parametrize(("status", "headers", "seconds"), [(423, {}, 2), (477, {"Retry-After": "3600"}, 3600)])
def test_a_locked_record_or_a_moving_account_is_waited_for(
    fake: HubSpotFake, status: int, headers: dict[str, str], seconds: int
) -> None:
    [deal] = sell(fake, 1)
    plain = fake.answer

    def answer(request: Request) -> Reply:
        return Reply(status, {"message": "locked"}, headers) if request.method == "PATCH" else plain(request)

    fake.answer = answer  # type: ignore[method-assign]
    with opened(fake) as adapter:
        done = adapter.apply(SetFields(deal, {"amount": "1"}, "k" * 64))
    assert (done.kind, done.retry_at) == ("throttled", fake.now + timedelta(seconds=seconds))


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"results": 7}', b'{"results": [{"id": "../x"}]}', b"null"])
def test_an_answer_that_is_none_is_told(fake: HubSpotFake, body: bytes) -> None:
    fake.answer = lambda request: Reply(200, body)  # type: ignore[method-assign]
    with opened(fake) as adapter:
        for stream in ("deals", "users", "contacts"):
            told = trouble(adapter, stream)
            assert (told.kind, told.hint) == ("odd", "check the URL of this source")


def test_a_cursor_that_is_none_of_ours_is_told_as_expired(fake: HubSpotFake) -> None:
    with opened(fake) as adapter:
        for stream in ("deals", "activities"):
            with pytest.raises(Trouble) as raised:
                adapter.pull(stream, Cursor(fake.now, "7", "9|9|9"), 10)
            assert raised.value.kind == "expired"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"activities": "calls, faxes"}, "write names of calls, emails, meetings, notes, tasks, with commas between"),
        ({"properties": "a b"}, "write names of properties, as HubSpot has them inside, with commas between"),
        ({"key_property": ""}, "write names of properties, as HubSpot has them inside, with commas between"),
        ({"time_zone": "Berlin"}, "write it as Europe/Berlin, or leave it out"),
        ({"url": "http://hub.example"}, "give its URL with https"),
    ],
)
def test_an_option_that_cannot_be_read_is_told(fake: HubSpotFake, values: dict[str, Any], words: str) -> None:
    with pytest.raises(Trouble) as raised:
        connect(settings(fake, None, **values))
    assert raised.value.hint == words


def test_without_a_url_it_is_hubspot_s_own() -> None:
    from dealgate.ports import Settings

    adapter = HubSpot(Settings({}, {}.get, lambda: datetime.now(UTC)))
    assert adapter.server.api.http.base == "https://api.hubapi.com"
    adapter.close()


@pytest.mark.parametrize(
    ("stream", "path"),
    [
        ("deals", "/crm/v4/associations/deals/companies/batch/read"),
        ("deal_contacts", "/crm/v4/associations/deals/contacts/batch/read"),
        ("stage_changes", "/crm/v3/owners"),
    ],
)
def test_a_list_that_has_no_end_is_told(fake: HubSpotFake, stream: str, path: str) -> None:
    sell(fake, 2)
    plain, told = fake.answer, list[Reply]()

    def answer(request: Request) -> Reply:
        if request.path != path:
            return plain(request)
        told.append(told[0] if told else plain(request))
        if len(told) > 20:
            return told[0]
        onward = {"paging": {"next": {"after": "500"}}}
        rows = [{**row, **onward} for row in told[0].body["results"]]
        return Reply(200, {**told[0].body, **onward, "results": rows})

    fake.answer = answer  # type: ignore[method-assign]
    with opened(fake) as adapter, pytest.raises(Trouble, match="is not what HubSpot answers"):
        adapter.pull(stream, None, 10)
    assert len(told) < 4
