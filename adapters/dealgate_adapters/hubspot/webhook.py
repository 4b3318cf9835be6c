"""HubSpot's webhooks: signed (version 3) over method, address, body and time, several events in one delivery."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dealgate.ports import BadSignature, Reference, Webhook

from .objects import COMPANIES, CONTACTS, DEALS, LINE_ITEMS, Kind

WINDOW = timedelta(minutes=5)
_STREAMS: Mapping[str, str] = {
    "deals": "deals",
    "companies": "accounts",
    "contacts": "contacts",
    "line_items": "line_items",
}
_WORDS: Mapping[str, Kind] = {
    **{kind.code: kind for kind in (DEALS, COMPANIES, CONTACTS, LINE_ITEMS)},
    "deal": DEALS, "company": COMPANIES, "contact": CONTACTS, "line_item": LINE_ITEMS,
}  # fmt: skip
_SIGNED = {"3a": ":", "2f": "/", "3f": "?", "40": "@", "21": "!", "24": "$", "27": "'", "28": "(", "29": ")",
           "2a": "*", "2c": ",", "3b": ";"}  # fmt: skip
"""What HubSpot signs as it is where an address has it encoded."""
_SOURCES = ("INTEGRATION", "INTEGRATIONS_PLATFORM", "API")
_ONE = ("subscriptionId", "subscriptionType", "eventId", "occurredAt", "objectId", "fromObjectId", "toObjectId",
        "propertyName", "propertyValue", "associationRemoved")  # fmt: skip
"""What makes an event that one: how often it was sent is no part of it, and its own id is not always its alone."""


def parsed(
    headers: Mapping[str, str], raw_body: bytes, url: str, now: datetime, secret: str | None, app: str
) -> Webhook:
    """What a delivery speaks of, our own writes left out (``app``: the id of our app). Raises BadSignature."""
    given = {name.lower(): value for name, value in headers.items()}
    signature, stamp = given.get("x-hubspot-signature-v3", ""), given.get("x-hubspot-request-timestamp", "")
    if not secret:
        raise BadSignature("no secret of webhooks is set for this source")
    if not signature or not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 16):
        raise BadSignature("the delivery is not signed in version 3")
    sent = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(stamp))
    if abs(now - sent) > WINDOW:
        raise BadSignature("the delivery is older than five minutes, or not from now")
    signed = b"POST" + as_signed(url).encode() + raw_body + stamp.encode()
    right = base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest())
    if not hmac.compare_digest(right, signature.encode()):
        raise BadSignature("the signature is not HubSpot's")
    try:
        events = json.loads(raw_body)
    except (ValueError, RecursionError):
        raise BadSignature("the body is no JSON") from None
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise BadSignature("the body is no list of events")
    refs = dict.fromkeys(ref for event in events if not _ours(event, app) for ref in _of(event))
    return Webhook(tuple(refs), _id(events), sent)


def as_signed(url: str) -> str:
    """An address as HubSpot signs it."""
    head, mark, query = url.partition("?")
    return re.sub("%([0-9A-Fa-f]{2})", lambda found: _SIGNED.get(found[1].lower(), found[0]), head + mark + query)


def _id(events: list[Mapping[str, Any]]) -> str:
    told = sorted(json.dumps([event.get(name) for name in _ONE], default=str) for event in events)
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _ours(event: Mapping[str, Any], app: str) -> bool:
    return bool(app) and event.get("changeSource") in _SOURCES and str(event.get("sourceId")) == app


def _of(event: Mapping[str, Any]) -> Iterator[Reference]:
    """The records that an event is about: of an association, both ends."""
    kind = str(event.get("subscriptionType", "")).partition(".")[0]
    ends = str(event.get("associationType", "")).lower().partition("_to_")
    pairs = [(event.get("objectTypeId") or kind, event.get("objectId"))]
    if event.get("fromObjectId") is not None:
        pairs = [
            (event.get("fromObjectTypeId") or ends[0], event.get("fromObjectId")),
            (event.get("toObjectTypeId") or ends[2], event.get("toObjectId")),
        ]
    for word, ident in pairs:
        found = _WORDS.get(str(word))
        if found is not None and isinstance(ident, (int, str)) and str(ident).isdecimal():
            yield Reference(_STREAMS[found.name], found.id(str(ident)))
