"""What goes wrong with Pipedrive is told in a sentence, with what to do, and loses nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import stamina
from tests.fakes.pipedrive import CLIENT_SECRET, HOOK_SECRET, REFRESH, TOKEN
from tests.fakes.served import Reply, Request

from dealgate.ports import BadSignature, CrmAdapter, Cursor, Note, Outcome, Reference, Settings, Trouble
from dealgate_adapters import _api
from dealgate_adapters.pipedrive import Pipedrive, connect

from .rig import OAuthRig, PipedriveRig

URL = "https://hooks.acme.example/hooks/crm"


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


def trouble(adapter: Pipedrive, stream: str = "deals", cursor: Cursor | None = None) -> Trouble:
    with pytest.raises(Trouble) as raised:
        adapter.pull(stream, cursor, 10)
    found = raised.value
    assert all(secret not in f"{found.message}{found.hint}" for secret in (TOKEN, REFRESH, CLIENT_SECRET))
    return found


def test_a_stale_token(rig: PipedriveRig, adapter: Pipedrive) -> None:
    rig.crm.token = "another"  # noqa: S105 - made up
    found = trouble(adapter)
    assert (found.kind, found.hint) == (
        "unauthorised", "make a new one at the CRM, and set it under `credentials` of the source",
    )  # fmt: skip


def test_a_refresh_token_that_was_revoked() -> None:
    rig = OAuthRig()
    rig.crm.refresh = "another"
    adapter = rig.adapter()
    assert isinstance(adapter, Pipedrive)
    found = trouble(adapter)
    assert found.kind == "unauthorised" and "(invalid_grant)" in found.message and "sign dealgate in" in found.hint
    adapter.close()
    rig.close()


def test_an_apps_token_is_renewed_in_time_and_says_where_the_api_is() -> None:
    rig = OAuthRig()
    adapter = rig.adapter()
    for minutes in (0, 30, 27, 2):
        rig.crm.tick(minutes=minutes)
        adapter.pull("users", None, 10)
    assert len(rig.crm.access) == 2 and rig.crm.asked.count("POST /oauth/token") == 2
    adapter.close()
    rig.close()


def test_no_right_to_a_kind_of_record(rig: PipedriveRig, adapter: Pipedrive) -> None:
    rig.crm.forbidden = {"leads", "persons"}
    for stream, what in (("leads", "leads"), ("contacts", "persons")):
        found = trouble(adapter, stream)
        assert (found.kind, found.message) == (
            "forbidden", f"The user of this source may not read {what} in Pipedrive: Scope and URL mismatch.",
        )  # fmt: skip
        assert f"the right to {what}" in found.hint
    assert adapter.pull("deals", None, 10).records == ()


def test_the_days_budget_is_used_up_and_nobody_goes_on_knocking(rig: PipedriveRig, adapter: Pipedrive) -> None:
    adapter.pull("users", None, 10)
    rig.crm.daily = rig.crm.spent + 5
    before = len(rig.crm.asked)
    found = trouble(adapter)
    assert (found.kind, found.message) == ("exhausted", "The company's budget of API tokens for today is used up.")
    assert "midnight" in found.hint and len(rig.crm.asked) == before + 1
    outcome = adapter.apply(Note("1", "x", "k" * 64))
    assert (outcome.kind, outcome.rule) == ("throttled", "exhausted")


def test_a_page_tells_what_is_left_of_the_budget(rig: PipedriveRig, adapter: Pipedrive) -> None:
    page = adapter.pull("accounts", None, 10)
    assert (page.budget.limit, page.budget.used) == (rig.crm.daily, rig.crm.spent)


def test_over_the_burst_it_waits_and_goes_on(
    rig: PipedriveRig, adapter: Pipedrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(_api.time, "sleep", pauses.append)
    for n in range(30):
        rig.edit(rig.put_deal("1", title=f"Deal {n}"), stage_id=2)
    rig.crm.burst = 10
    page = adapter.pull("stage_changes", None, 100)
    assert len({one.deal for one in page.records}) == 30
    assert pauses and max(pauses) <= 2, "when few are left, requests are spread over the window"


def test_locked_out_after_too_many_requests(rig: PipedriveRig, adapter: Pipedrive) -> None:
    rig.crm.banned = True
    found = trouble(adapter)
    assert found.kind == "throttled" and "keeps this program out" in found.message and "wait an hour" in found.hint


def test_an_account_that_is_not_open(rig: PipedriveRig, adapter: Pipedrive) -> None:
    rig.crm.closed = True
    found = trouble(adapter)
    assert found.kind == "forbidden" and "trial is over" in found.message and "billing" in found.hint


def test_a_cursor_that_is_not_taken_any_more(rig: PipedriveRig, adapter: Pipedrive) -> None:
    for n in range(3):
        rig.put_deal("1", title=f"Deal {n}")
    page = adapter.pull("deals", None, 2)
    rig.crm.stale_cursors = True
    assert trouble(adapter, "deals", page.next).kind == "expired"
    assert trouble(adapter, "deals", Cursor(None, "", "{")).kind == "expired"
    assert trouble(adapter, "leads", Cursor(None, "", "{")).kind == "expired"


def test_deals_of_a_pipeline_that_was_deleted_still_come_and_their_stage_is_told_by_its_id(
    rig: PipedriveRig, adapter: Pipedrive
) -> None:
    rig.crm.records.pipeline("Renewals", ("Due",))
    deal = rig.put_deal("6", title="Left behind")
    for table, ident in (("pipelines", 2), ("stages", 6)):
        rig.crm.records.tables[table][ident]["is_deleted"] = True
    [record] = adapter.pull("deals", None, 10).records
    assert (record.id, record.data["stage.name"], record.data["stage_id"]) == (deal, None, 6)
    assert [one.id for one in adapter.describe().pipelines] == ["1"]
    before = len(rig.crm.asked)
    adapter.pull("stage_changes", None, 10)
    assert not any("stages" in asked for asked in rig.crm.asked[before:]), "it is not looked for again and again"


@pytest.mark.parametrize(
    ("values", "secrets", "said"),
    [
        ({}, {"token": "x"}, "lacks `url`"),
        ({"url": "http://acme.pipedrive.com"}, {"token": "x"}, "unencrypted"),
        ({"url": "https://acme.pipedrive.com"}, {}, "`token` is not set"),
        ({}, {"refresh_token": "x"}, "`client_id` is not set"),
        ({"url": "https://a.example", "whole": "deals"}, {"token": "x"}, "option `whole`"),
    ],
)
def test_a_source_that_is_not_set_up(
    rig: PipedriveRig, values: dict[str, str], secrets: dict[str, str], said: str
) -> None:
    with pytest.raises(Trouble) as raised:
        opened(rig, values, secrets).pull("users", None, 10)
    assert said in raised.value.message and raised.value.hint


def opened(rig: PipedriveRig, values: dict[str, str], secrets: dict[str, str]) -> CrmAdapter:
    return connect(Settings(values, secrets.get, lambda: rig.crm.now))


def test_what_is_no_pipedrive(rig: PipedriveRig, adapter: Pipedrive, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Reply(200, b"<html>", {"Content-Type": "text/html"})
    monkeypatch.setattr(rig.crm, "answer", lambda _request: page)
    found = trouble(adapter)
    assert found.kind == "odd" and "without a path" in found.hint


def test_a_note_on_a_deal_that_never_was(adapter: Pipedrive) -> None:
    outcome = adapter.apply(Note("999", "x", "k" * 64))
    assert outcome == Outcome("conflict", "gone", "Pipedrive has no deal 999 any more.")


# ---------------------------------------------------------------- webhooks


def test_a_webhook_names_its_deal_and_a_retry_has_the_same_id(rig: PipedriveRig, adapter: Pipedrive) -> None:
    deal = int(rig.put_deal("1", title="x"))
    said = [adapter.parse_webhook(*rig.crm.webhook(deal, attempt=n), URL, rig.crm.now) for n in (1, 2)]
    assert said[0].refs == (Reference("deals", str(deal)),) and said[0].id and said[0] == said[1]
    assert said[0].sent_at is None, "nothing covers it"
    gone = adapter.parse_webhook(*rig.crm.webhook(deal, action="delete"), URL, rig.crm.now)
    assert gone.refs == said[0].refs


@pytest.mark.parametrize(
    ("entity", "ident", "ref"),
    [
        ("person", "7", Reference("contacts", "persons:7")),
        ("organization", 8, Reference("accounts", "organizations:8")),
        ("activity", "9", Reference("activities", "9")),
        ("lead", "0a-1b", Reference("leads", "0a-1b")),
        ("user", "2", Reference("users", "users:2")),
        ("product", "4", None),
    ],
)
def test_a_webhook_about_something_else(
    rig: PipedriveRig, adapter: Pipedrive, entity: str, ident: object, ref: Reference | None
) -> None:
    deal = int(rig.put_deal("1", title="x"))
    headers, body = rig.crm.webhook(deal, entity=entity, entity_id=ident, timestamp=int(rig.crm.now.timestamp()))
    assert adapter.parse_webhook(headers, body, URL, rig.crm.now).refs == ((ref,) if ref else ())


@pytest.mark.parametrize("late", [timedelta(minutes=16), -timedelta(minutes=16), timedelta(days=1)])
def test_an_old_webhook_is_refused(rig: PipedriveRig, adapter: Pipedrive, late: timedelta) -> None:
    headers, body = rig.crm.webhook(int(rig.put_deal("1", title="x")))
    with pytest.raises(BadSignature, match="too old"):
        adapter.parse_webhook(headers, body, URL, rig.crm.now + late)


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic !!", "Basic ZGVhbGdhdGU6", f"Bearer {HOOK_SECRET}", "Basic ZGVhbGdhdGU6cGQtaG9vay1zZWNyZXQ="],
)
def test_a_webhook_without_our_password_is_refused(rig: PipedriveRig, adapter: Pipedrive, header: str) -> None:
    headers, body = rig.crm.webhook(int(rig.put_deal("1", title="x")))
    with pytest.raises(BadSignature, match="not ours") as refused:
        adapter.parse_webhook({**headers, "Authorization": header}, body, URL, rig.crm.now)
    assert HOOK_SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"meta": 1}', json.dumps({"v": 1, "meta": {"v": 1}}).encode()]
)
def test_a_webhook_of_another_form_is_refused(rig: PipedriveRig, adapter: Pipedrive, body: bytes) -> None:
    headers, _ = rig.crm.webhook(int(rig.put_deal("1", title="x")))
    with pytest.raises(BadSignature):
        adapter.parse_webhook(headers, body, URL, rig.crm.now)


def test_without_a_password_set_every_webhook_is_refused(rig: PipedriveRig) -> None:
    adapter = connect(Settings({"url": rig.crm.url}, {"token": TOKEN}.get, lambda: rig.crm.now))
    with pytest.raises(BadSignature, match="not set"):
        adapter.parse_webhook(*rig.crm.webhook(int(rig.put_deal("1", title="x"))), URL, rig.crm.now)


@pytest.mark.parametrize("what", ["participants", "notes"])
def test_a_list_that_has_no_end_is_told(rig: PipedriveRig, adapter: Pipedrive, what: str) -> None:
    deal = rig.put_deal("1", title="x")
    rig.crm.records.take_part(int(deal), rig.crm.records.person("Ann", "ann@x.example"))
    rig.crm.records.note(int(deal), "Something")
    rig.tick()
    plain, told = rig.crm.answer, list[Reply]()

    def answer(request: Request) -> Reply:
        if not request.path.endswith(f"/{what}"):
            return plain(request)
        told.append(told[0] if told else plain(request))
        return Reply(
            200, {**told[0].body, "additional_data": {"pagination": {"more_items_in_collection": len(told) < 20}}}
        )

    rig.crm.answer = answer  # type: ignore[method-assign]
    with pytest.raises(Trouble, match="the same page again"):
        if what == "notes":
            adapter.apply(Note(deal, "What is missing", "k" * 64))
        else:
            adapter.pull("deal_contacts", None, 10)
    assert len(told) == 2
