"""What a Dynamics 365 that does not let us in, or has changed, looks like to an operator."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from tests.adapters.dynamics.rig import opened, settings
from tests.fakes.dynamics import API, Dynamics
from tests.fakes.dynamics.schema import made
from tests.fakes.dynamics.store import PROCESS
from tests.fakes.served import Reply

from dealgate.ports import Cursor, Settings, Trouble
from dealgate_adapters.dynamics import Dynamics as Adapter
from dealgate_adapters.dynamics import connect
from dealgate_adapters.dynamics.known import STALE


def trouble(adapter: Any, stream: str = "deals", cursor: Cursor | None = None) -> Trouble:
    with pytest.raises(Trouble) as raised:
        adapter.pull(stream, cursor, 10)
    adapter.close()
    assert raised.value.message.endswith(".") and raised.value.hint
    return raised.value


def test_a_client_secret_that_has_ended(crm: Dynamics) -> None:
    crm.secret = "another"  # noqa: S105 - made up
    adapter = Adapter(settings(crm).replace(secret={"client_secret": "s3cret~ended"}.get))
    told = trouble(adapter)
    assert told.kind == "unauthorised" and "(invalid_client)" in told.message
    assert "client secret" in told.hint and "s3cret" not in f"{told.message}{told.hint}"


def test_no_client_secret_at_all(crm: Dynamics) -> None:
    told = trouble(Adapter(settings(crm).replace(secret=lambda _name: None)))
    assert told.kind == "unauthorised" and "`client_secret`" in told.message


def test_a_token_that_was_revoked_is_renewed_without_a_word(crm: Dynamics) -> None:
    crm.deal(crm.stages()[0])
    adapter = opened(crm)
    adapter.pull("users", None, 10)
    crm.tokens += 1
    assert len(adapter.pull("deals", None, 10).records) == 1
    adapter.close()


def test_an_application_user_that_dynamics_does_not_know(crm: Dynamics, monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = opened(crm)
    monkeypatch.setattr(type(crm), "token", property(lambda self: f"never-{self.counted}"))
    monkeypatch.setattr(
        crm, "_granted", lambda _request: Reply(200, {"access_token": "tok-0123456789", "expires_in": 3599})
    )
    told = trouble(adapter)
    assert told.kind == "unauthorised" and "tok-0123456789" not in told.message + told.hint


@pytest.mark.parametrize(
    ("stream", "privilege"),
    [
        ("deals", "prvReadOpportunity"), ("accounts", "prvReadaccount"), ("stage_changes", "prvReadAuditSummary"),
        ("deals", "prvReadopportunitysalesprocess"), ("users", "prvReadtransactioncurrency"),
    ],
)  # fmt: skip
def test_a_right_that_is_missing_is_named_with_the_table(crm: Dynamics, stream: str, privilege: str) -> None:
    crm.move(crm.deal(crm.stages()[0]), crm.stages()[1])
    crm.store.lacks.add(privilege)
    told = trouble(opened(crm), stream)
    assert told.kind == "forbidden" and privilege in told.message and privilege in told.hint
    assert "organization level" in told.hint


def test_who_may_not_read_the_organization_is_told_by_the_log_itself(crm: Dynamics) -> None:
    crm.move(crm.deal(crm.stages()[0]), crm.stages()[1])
    crm.store.lacks.add("prvReadorganization")
    adapter = opened(crm)
    assert [one.data["new"] for one in adapter.pull("stage_changes", None, 10).records] == ["Develop"]
    adapter.close()


def test_a_process_that_was_deleted(crm: Dynamics) -> None:
    del crm.store.tables[PROCESS]
    told = trouble(opened(crm))
    assert told.kind == "gone" and f"`{PROCESS}`" in told.message and "`process`" in told.hint


def test_a_table_that_went_while_we_were_reading(crm: Dynamics) -> None:
    adapter = opened(crm)
    adapter.pull("users", None, 10)
    crm.store.tables["lead"].set = "elsewhere"
    told = trouble(adapter, "leads")
    assert told.kind == "gone" and "leads" in told.message


def test_a_renamed_stage_is_read_by_its_new_name_and_keeps_its_id(crm: Dynamics) -> None:
    deal = crm.deal(crm.stages()[1])
    adapter = opened(crm)
    first = adapter.pull("deals", None, 10).records[0]
    crm.edit("processstage", crm.stages()[1], stagename="Discover")
    crm.tick(minutes=1)
    again = opened(crm)
    second = again.pull("deals", None, 10).records[0]
    assert (first.data["process.stage"], second.data["process.stage"]) == ("Develop", "Discover")
    assert first.data["process.stageid"] == second.data["process.stageid"] == crm.stages()[1] and second.id == deal
    assert [one.title for one in again.describe().pipelines[0].stages][1] == "Discover"
    adapter.close()
    again.close()


def test_too_many_requests_in_five_minutes_tell_when_to_come_again(crm: Dynamics) -> None:
    adapter = opened(crm)
    adapter.pull("users", None, 10)
    crm.counted = [crm.now] * 6000
    crm.fail("throttled")
    told = trouble(adapter, "accounts")
    assert told.kind == "throttled" and told.retry_at is not None
    assert timedelta(minutes=50) < told.retry_at - crm.now <= timedelta(hours=1)


def test_a_link_to_another_host_is_not_followed(crm: Dynamics, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        crm.deal(crm.stages()[0])
    monkeypatch.setattr(crm, "_link", lambda table, _query: f"https://evil.example{API}{table}?$skiptoken=x")
    told = trouble(opened(crm), "deals")
    assert told.kind == "odd" and "another address" in told.message
    monkeypatch.setattr(crm, "_link", lambda table, _query: f"{crm.url}/elsewhere/{table}?$skiptoken=x")
    assert trouble(opened(crm), "deals").kind == "odd"


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"[]", b'{"value": {}}', b'{"value": [1]}'])
def test_an_answer_that_is_no_web_api(crm: Dynamics, monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    adapter = opened(crm)
    adapter.pull("users", None, 10)
    answer = crm.answer
    monkeypatch.setattr(crm, "answer", lambda request: Reply(200, body) if request.method == "GET" else answer(request))
    told = trouble(adapter, "accounts")
    assert told.kind == "odd" and "without a path" in told.hint


def test_words_of_the_crm_come_without_the_token(crm: Dynamics, monkeypatch: pytest.MonkeyPatch) -> None:
    adapter, answer = opened(crm), crm.answer
    adapter.pull("users", None, 10)
    said = {"error": {"code": "0x80040220", "message": f"prvReadAccount, Bearer {crm.token}"}}
    monkeypatch.setattr(crm, "answer", lambda request: Reply(403, said) if request.method == "GET" else answer(request))
    told = trouble(adapter, "accounts")
    assert crm.token not in f"{told.message}{told.hint}"


@pytest.mark.parametrize("missing", ["url", "tenant", "client_id"])
def test_a_setting_that_is_missing_is_named(crm: Dynamics, missing: str) -> None:
    held = settings(crm)
    values = {name: value for name, value in held.values.items() if name != missing}
    with pytest.raises(Trouble, match=missing):
        connect(Settings(values, held.secret, held.clock))


@pytest.mark.parametrize(
    "values",
    [
        {"process": "x eq 1"},
        {"process_deal": "a/b"},
        {"url": "http://crm.example"},
        {"without": "deals"},
        {"without": "deletions"},
    ],
)
def test_a_setting_that_cannot_be_is_refused_at_once(crm: Dynamics, values: dict[str, str]) -> None:
    with pytest.raises(Trouble):
        connect(settings(crm, values))


def test_no_secret_is_logged(crm: Dynamics, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    adapter = opened(crm)
    crm.deal(crm.stages()[0])
    adapter.pull("deals", None, 10)
    adapter.close()
    assert crm.secret not in caplog.text and crm.token not in caplog.text


def test_what_is_known_of_an_environment_is_read_again_after_a_while(crm: Dynamics) -> None:
    adapter = opened(crm)
    adapter.pull("users", None, 10)
    crm.put("transactioncurrency", "nok", isocurrencycode="NOK", currencyname="Krone")
    krone = ("transactioncurrency", made("transactioncurrency", "nok"))
    crm.deal(crm.stages()[0], transactioncurrencyid=krone)
    crm.tick(seconds=STALE.total_seconds() + 1)
    assert adapter.pull("deals", None, 10).records[0].data["transactioncurrencyid.isocurrencycode"] == "NOK"
    adapter.close()


def test_a_stream_that_is_left_out_is_not_read(crm: Dynamics) -> None:
    adapter = opened(crm, without="leads, stage_changes")
    able = adapter.capabilities()
    assert not {"leads", "stage_changes"} & set(able.streams) and able.history == "none" and "deals" in able.streams
    assert trouble(adapter, "leads").kind == "gone"
