"""HubSpot's webhooks: signed over method, address, body and time; our own writes are none of them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hubspot.utils.signature import Signature
from tests.fakes.hubspot import APP, CLIENT, HubSpotFake
from tests.fakes.served import START

from dealgate.ports import BadSignature, Reference, Webhook
from dealgate_adapters.hubspot.webhook import as_signed

from .shop import opened

URL = "https://hooks.us.example/hooks/crm"


def event(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "eventId": number, "subscriptionId": 5, "portalId": 1, "appId": int(APP), "occurredAt": 1_790_000_000_000,
        "attemptNumber": 0, "subscriptionType": "deal.propertyChange", "objectId": 100_003, "changeSource": "CRM_UI",
        "sourceId": "userId:9002", **more,
    }  # fmt: skip


def taken(fake: HubSpotFake, events: Any, url: str = URL, late: timedelta = timedelta(0), **values: Any) -> Webhook:
    body = events if isinstance(events, bytes) else json.dumps(events).encode()
    with opened(fake, **values) as adapter:
        return adapter.parse_webhook(fake.signed(as_signed(url), body, START), body, url, START + late)


@pytest.mark.parametrize(
    ("more", "refs"),
    [
        ({}, [("deals", "100003")]),
        ({"subscriptionType": "deal.deletion"}, [("deals", "100003")]),
        ({"subscriptionType": "contact.propertyChange"}, [("contacts", "contact:100003")]),
        ({"subscriptionType": "company.creation"}, [("accounts", "company:100003")]),
        ({"subscriptionType": "object.propertyChange", "objectTypeId": "0-8"}, [("line_items", "100003")]),
        ({"subscriptionType": "object.propertyChange", "objectTypeId": "2-77"}, []),
        (
            {
                "subscriptionType": "deal.associationChange", "objectId": None, "fromObjectId": 1, "toObjectId": 2,
                "associationType": "DEAL_TO_CONTACT", "associationRemoved": True,
            },
            [("deals", "1"), ("contacts", "contact:2")],
        ),
        ({"objectId": "../1"}, []),
    ],
)  # fmt: skip
def test_an_event_names_its_records(fake: HubSpotFake, more: dict[str, Any], refs: list[tuple[str, str]]) -> None:
    said = taken(fake, [event(**more)])
    assert said.refs == tuple(Reference(*ref) for ref in refs)
    assert said.sent_at == START and said.id


def test_what_we_wrote_ourselves_is_left_out(fake: HubSpotFake) -> None:
    ours = event(2, changeSource="INTEGRATION", sourceId=APP, objectId=7)
    assert taken(fake, [event(), ours]).refs == (Reference("deals", "100003"),)
    others = event(3, changeSource="INTEGRATION", sourceId="99", objectId=8)
    assert taken(fake, [ours, others]).refs == (Reference("deals", "8"),)
    assert taken(fake, [ours], app_id="").refs == (Reference("deals", "7"),)


def test_a_record_of_a_stream_that_is_not_read_is_left_out(fake: HubSpotFake) -> None:
    events = [event(), event(2, subscriptionType="contact.propertyChange")]
    assert taken(fake, events, without="contacts").refs == (Reference("deals", "100003"),)


def test_a_delivery_that_is_tried_again_has_the_same_id(fake: HubSpotFake) -> None:
    first = taken(fake, [event(1), event(2)])
    again = taken(fake, [event(2, attemptNumber=3), event(1, attemptNumber=3)])
    assert first.id == again.id
    assert taken(fake, [event(1), event(3)]).id != first.id


@pytest.mark.parametrize("late", [timedelta(minutes=5, seconds=1), timedelta(minutes=-6)])
def test_one_that_is_not_from_now_is_refused(fake: HubSpotFake, late: timedelta) -> None:
    taken(fake, [event()], late=timedelta(minutes=4, seconds=59))
    with pytest.raises(BadSignature):
        taken(fake, [event()], late=late)


@pytest.mark.parametrize("body", [b"{}", b"nonsense", b'["x"]', b"\xff\xfe", b"[" * 100_000])
def test_what_is_signed_and_makes_no_sense_is_refused(fake: HubSpotFake, body: bytes) -> None:
    with pytest.raises(BadSignature):
        taken(fake, body)


@pytest.mark.parametrize("name", ["X-HubSpot-Signature-v3", "X-HubSpot-Request-Timestamp"])
@pytest.mark.parametrize("value", ["", "x", "9" * 40, "١٢٣", "é"])
def test_headers_of_any_kind_are_refused_and_break_nothing(fake: HubSpotFake, name: str, value: str) -> None:
    body = json.dumps([event()]).encode()
    headers = {**fake.signed(URL, body, START), name: value}
    with opened(fake) as adapter, pytest.raises(BadSignature):
        adapter.parse_webhook(headers, body, URL, START)


def test_without_a_secret_nothing_is_taken(fake: HubSpotFake) -> None:
    body = json.dumps([event()]).encode()
    with opened(fake, {"token": "x"}) as adapter, pytest.raises(BadSignature):
        adapter.parse_webhook(fake.signed(URL, body, START), body, URL, START)


def test_the_signature_is_the_one_of_hubspot_s_own_client(fake: HubSpotFake) -> None:
    body = json.dumps([event()])
    url = f"{URL}?a=b%2Fc"
    stamp = str(int(START.timestamp() * 1000))
    theirs = Signature.get_signature(CLIENT["secret"], body, "v3", as_signed(url), "POST", stamp)
    headers = {"x-hubspot-signature-v3": theirs, "x-hubspot-request-timestamp": stamp}
    with opened(fake) as adapter:
        assert adapter.parse_webhook(headers, body.encode(), url, START).refs
    assert fake.signed(as_signed(url), body.encode(), START)["X-HubSpot-Signature-v3"] == theirs


def test_an_address_is_signed_with_some_of_it_decoded() -> None:
    assert as_signed("https://h.example/a%2Fb%3a?x=%40%20%26&y=%2c") == "https://h.example/a/b:?x=@%20%26&y=,"
