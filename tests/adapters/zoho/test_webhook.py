"""Notifications of Zoho bear our word, or they are refused; and a channel that ends is told in time."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dealgate.ports import BadSignature, Reference, Trouble

from .rig import HOOK, ZohoRig

CHANNEL = "1000000068001"
URL = "https://hooks.acme.example/hooks/crm"
NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)


def body(**values: Any) -> bytes:
    said = {
        "server_time": int(NOW.timestamp() * 1000), "query_params": {}, "module": "Deals", "operation": "update",
        "resource_uri": "https://www.zohoapis.com/crm/v8/Deals", "ids": ["4876876000000100007"],
        "affected_fields": [], "channel_id": CHANNEL, "token": HOOK, **values,
    }  # fmt: skip
    return json.dumps({name: value for name, value in said.items() if value is not None}).encode()


def test_a_notification_names_its_records_and_comes_again_under_its_id(rig: ZohoRig) -> None:
    adapter = rig.adapter()
    said = adapter.parse_webhook({}, body(ids=["4876876000000100007", 4876876000000100008]), URL, NOW)
    assert said.refs == (Reference("deals", "4876876000000100007"), Reference("deals", "4876876000000100008"))
    assert said.sent_at is None, "Zoho signs no moment"
    assert rig.adapter().parse_webhook({}, body(ids=["4876876000000100007", 4876876000000100008]), URL, NOW) == said
    later = body(server_time=int((NOW + timedelta(seconds=1)).timestamp() * 1000))
    assert adapter.parse_webhook({}, later, URL, NOW).id not in ("", said.id)


def test_other_modules_are_streams_and_an_unknown_one_names_nothing(rig: ZohoRig) -> None:
    adapter = rig.adapter()
    for module, refs in (
        ("Events", (Reference("activities", "5"),)), ("Contacts", (Reference("contacts", "5"),)), ("Vendors", ()),
    ):  # fmt: skip
        assert adapter.parse_webhook({}, body(module=module, ids=["5"]), URL, NOW).refs == refs


def test_without_a_moment_nothing_tells_a_repeat_from_a_second_change(rig: ZohoRig) -> None:
    assert rig.adapter().parse_webhook({}, body(server_time=None), URL, NOW).id == ""


@pytest.mark.parametrize(
    "raw",
    [
        body(token=HOOK.upper()), body(token=None), body(token=HOOK[:-1]), body(token=[HOOK]), b'{"token": "\\ud800", "channel_id": "\\udfff"}', body(channel_id="7"),
        body(channel_id=None), body(server_time="now"), body(server_time=-5), body(server_time=True), b"", b"{}",
        b"[1]", b"\xff", b'{"token":', b"[" * 100_000,
        body(server_time=int((NOW - timedelta(hours=2)).timestamp() * 1000)),
        body(server_time=int((NOW + timedelta(hours=2)).timestamp() * 1000)),
    ],
)  # fmt: skip
def test_what_does_not_bear_our_word_or_is_too_old_is_refused(rig: ZohoRig, raw: bytes) -> None:
    with pytest.raises(BadSignature):
        rig.adapter().parse_webhook({}, raw, URL, NOW)


def test_without_a_secret_every_notification_is_refused_and_none_is_declared(rig: ZohoRig) -> None:
    adapter = rig.opened(secret_webhook_secret="")
    assert not adapter.capabilities().webhooks
    with pytest.raises(BadSignature):
        adapter.parse_webhook({}, body(token=""), URL, NOW)


def test_whatever_comes_is_taken_or_refused(rig: ZohoRig) -> None:
    adapter = rig.adapter()

    @settings(max_examples=200, deadline=None)
    @given(st.one_of(st.binary(max_size=60), st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
            st.sampled_from(["token", "channel_id", "ids", "module", "server_time"]), inner, max_size=5),
        max_leaves=8).map(lambda one: json.dumps(one).encode())))  # fmt: skip
    def tried(raw: bytes) -> None:
        with pytest.raises(BadSignature):
            adapter.parse_webhook({}, raw, URL, NOW)

    tried()


def test_ids_that_are_none_are_passed_over(rig: ZohoRig) -> None:
    said = rig.adapter().parse_webhook({}, body(ids=["1' or '1'='1", None, {"id": "5"}, "6"]), URL, NOW)
    assert said.refs == (Reference("deals", "6"),)


def test_a_channel_that_ends_is_told_two_days_before(rig: ZohoRig) -> None:
    adapter, crm = rig.adapter(), rig.crm
    channel = {"channel_id": CHANNEL, "events": ["Deals.all"], "notify_url": URL}

    def ends(**when: float) -> None:
        crm.watched = [{**channel, "channel_expiry": crm.stamp(crm.now + timedelta(**when))}]

    ends(days=6)
    assert adapter.channel_until() == (crm.now + timedelta(days=6)).replace(microsecond=0)
    ends(hours=30)
    with pytest.raises(Trouble, match="ends on 2026-11-02 at ") as told:
        adapter.channel_until()
    assert "channel_expiry" in told.value.hint
    ends(hours=-1)
    with pytest.raises(Trouble, match="ended on 2026-11-01 at "):
        adapter.channel_until()
    crm.watched = []
    with pytest.raises(Trouble, match="sends no notifications on a channel of this source any more"):
        adapter.channel_until()
