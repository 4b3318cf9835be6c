"""Notifications of Zoho. It signs nothing: it sends back a word that was given to it with the channel, in the body. So
who has seen one body can forge another; what a notification says is therefore only that something is worth reading."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dealgate.ports import BadSignature, Reference, Settings, Trouble, Webhook

from . import coql
from .auth import Server
from .records import moment

SECRET = "webhook_secret"  # noqa: S105
WINDOW = timedelta(hours=1)
"""How old a notification may be, by the moment that it tells."""
SOON = timedelta(days=2)
STREAM_OF: Mapping[str, str] = {
    "Deals": "deals", "Leads": "leads", "Accounts": "accounts", "Contacts": "contacts", "Tasks": "activities",
    "Events": "activities", "Calls": "activities",
}  # fmt: skip


def parsed(settings: Settings, raw_body: bytes, now: datetime) -> Webhook:
    """What a notification says. Raises BadSignature."""
    secret = settings.secret(SECRET) or ""
    if not secret:
        raise BadSignature("no secret is set")
    try:
        said = json.loads(raw_body)
    except (ValueError, RecursionError):
        raise BadSignature("no JSON") from None
    if not isinstance(said, dict):
        raise BadSignature("no object")
    # the channel is compared first, and both in constant time: neither tells of the other
    channels = _channels(settings)
    ours = [_same(said.get("channel_id"), one) for one in channels]
    same = _same(said.get("token"), secret)
    if not same or (channels and not any(ours)):
        raise BadSignature("another token or channel")
    # as Zoho's samples have it; its specification lists no field of the body
    sent = said.get("server_time")
    if sent is not None and (not _is_whole(sent) or abs(now - _at(sent)) > WINDOW):
        raise BadSignature("too old")
    stream, ids = STREAM_OF.get(str(said.get("module"))), said.get("ids")
    listed = ids if isinstance(ids, list) else []
    refs = [Reference(stream, str(one)) for one in listed if stream and coql.is_id(str(one))]
    # by its moment a notification differs from the next; without one, nothing tells a repeat from a second change
    ident = hashlib.sha256(raw_body).hexdigest() if sent is not None else ""
    return Webhook(tuple(dict.fromkeys(refs)), ident)


def until(server: Server, settings: Settings, now: datetime) -> datetime:
    """When the first of the channels ends. Zoho ends each after a week at most, without a word.

    Raises Trouble where one has ended or never was, or ends within SOON.
    """
    ends = []
    for channel in _channels(settings):
        said = server.get("/actions/watch", {"channel_id": channel}, of="the notification channels")
        ends += [moment(row.get("channel_expiry")) for row in said.get("watch") or () if isinstance(row, dict)] or [
            None
        ]
    known = [one for one in ends if one is not None]
    hint = "renew it: PATCH /crm/v8/actions/watch with its `channel_expiry`; see docs/crm/zoho.md"
    if not ends or len(known) < len(ends):
        raise Trouble("gone", "Zoho sends no notifications on a channel of this source any more.", hint)
    first = min(known)
    if first <= now:
        raise Trouble("gone", f"A notification channel of Zoho ended on {first:%Y-%m-%d at %H:%M} UTC.", hint)
    if first - now <= SOON:
        raise Trouble("gone", f"A notification channel of Zoho ends on {first:%Y-%m-%d at %H:%M} UTC.", hint)
    return first


def _channels(settings: Settings) -> list[str]:
    return re.findall(r"[0-9]{1,20}", str(settings.values.get("channels") or ""))


def _same(told: Any, ours: str) -> bool:
    """Whether they are the same, in constant time."""
    return hmac.compare_digest(str(told).encode("utf-8", "surrogatepass"), ours.encode())


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**14


def _at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
