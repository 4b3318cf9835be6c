"""Pipedrive's webhooks (version 2): nothing is signed, a user and a password come along, as HTTP Basic.

So a webhook is known to be Pipedrive's by a secret of ours, and what it says is not covered by any signature. We take
the ids of records from it and nothing else, and read those records ourselves. Pipedrive tries three times again, after
3, 30 and 150 seconds, with the same ``meta.id`` and the next ``meta.attempt``.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dealgate.ports import BadSignature, Reference, Settings, Webhook

from .streams import ORGANIZATIONS, PERSONS, USERS
from .values import moment, shared_id

OLD = timedelta(minutes=15)
"""More than the last repeat takes."""
STREAMS: Mapping[str, tuple[str, str]] = {
    "deal": ("deals", ""), "lead": ("leads", ""), "activity": ("activities", ""), "user": ("users", USERS),
    "organization": ("accounts", ORGANIZATIONS), "person": ("contacts", PERSONS),
}  # fmt: skip
"""By what a webhook is about: the stream, and the table where several deals share such a record."""


def parsed(settings: Settings, headers: Mapping[str, str], raw_body: bytes, now: datetime) -> Webhook:
    """What a webhook says. Raises BadSignature."""
    user, password = settings.secret("webhook_user") or "", settings.secret("webhook_secret") or ""
    if not user or not password:
        raise BadSignature("`webhook_user` and `webhook_secret` are not set, so none can be told to be genuine")
    given = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
    if not hmac.compare_digest(_pair(given), f"{user}:{password}".encode()):
        raise BadSignature("the user or the password is not ours")
    try:
        said = json.loads(raw_body)
    except (ValueError, RecursionError):
        raise BadSignature("its body is no JSON") from None
    meta = said.get("meta") if isinstance(said, dict) else None
    if not isinstance(meta, dict) or not str(meta.get("version", "")).startswith("2"):
        raise BadSignature("it is no webhook of version 2")
    sent = _sent(meta.get("timestamp"))
    if sent is None or abs(now - sent) > OLD:
        raise BadSignature("it is too old, or does not say how old it is")
    ident = meta.get("id")
    # `sent_at` stays empty: no signature covers it
    return Webhook(_refs(meta, said), ident if isinstance(ident, str) else "")


def _refs(meta: Mapping[str, Any], said: Mapping[str, Any]) -> tuple[Reference, ...]:
    entity, ident = str(meta.get("entity")), meta.get("entity_id")
    if entity == "deal_product":
        # a line of a deal changes the deal
        told = said.get("data") or said.get("previous")
        entity, ident = "deal", told.get("deal_id") if isinstance(told, dict) else None
    if entity not in STREAMS or not isinstance(ident, (str, int)) or isinstance(ident, bool) or ident == "":
        return ()
    stream, table = STREAMS[entity]
    return (Reference(stream, shared_id(table, ident) if table else str(ident)),)


def _pair(header: str) -> bytes:
    """User and password of a header, as ``user:password``."""
    scheme, _, coded = header.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(coded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _sent(stamp: Any) -> datetime | None:
    """The documentation shows a moment in one place and ten digits in another."""
    if (
        isinstance(stamp, (int, str))
        and not isinstance(stamp, bool)
        and str(stamp).isdecimal()
        and len(str(stamp)) <= 11
    ):
        return datetime.fromtimestamp(int(stamp), UTC)
    return moment(stamp)
