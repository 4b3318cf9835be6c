"""What Dataverse calls us with: the context of a write, and a key that was agreed on when the webhook was registered.

Nothing of it is signed. The key comes in a header (HttpHeader) or in the address (WebhookKey), so who knows it may say
what he likes; dealgate only reads again what a webhook names.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dealgate.ports import BadSignature, Reference, Settings, Webhook

from . import odata
from .known import Process
from .streams import BY_TABLE

HEADER = "x-dealgate-key"
OLD = timedelta(minutes=15)
"""How old a webhook may be: an asynchronous one waits for its turn."""
_TOLD = (
    "OrganizationId", "OwningExtension", "OperationId", "CorrelationId", "OperationCreatedOn", "MessageName",
    "PrimaryEntityName", "PrimaryEntityId",
)  # fmt: skip
_MOMENT = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")


def parsed(
    settings: Settings, process: Process, headers: Mapping[str, str], raw: bytes, url: str, now: datetime
) -> Webhook:
    """What it says. Raises BadSignature."""
    secret = settings.secret("webhook_secret")
    if not secret:
        raise BadSignature("no `webhook_secret` is set")
    wanted = str(settings.values.get("webhook_header") or HEADER).lower()
    told = [value for name, value in headers.items() if name.lower() == wanted]
    told += parse_qs(urlsplit(url).query).get("code", [])
    if not any(hmac.compare_digest(one.encode(), secret.encode()) for one in told):
        raise BadSignature("it does not hold the key that was agreed on")
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadSignature("its body is no JSON") from None
    if not isinstance(said, dict):
        raise BadSignature("its body is no execution context")
    sent = _moment(said.get("OperationCreatedOn"))
    if sent is None or abs(now - sent) > OLD:
        raise BadSignature("it is too old, or does not say of when it is")
    return Webhook(tuple(dict.fromkeys(_refs(said, process))), _id(said))


def _refs(said: Mapping[str, Any], process: Process) -> Iterator[Reference]:
    table, ident = said.get("PrimaryEntityName"), odata.guid(said.get("PrimaryEntityId"))
    if ident is None:
        return
    if table == process.table:
        deal = next(_ids(said, process.deal), None)
        if deal is not None:
            yield Reference("deals", deal)
    elif isinstance(table, str) and table in BY_TABLE:
        yield Reference(BY_TABLE[table], ident)


def _ids(said: Mapping[str, Any], column: str) -> Iterator[str]:
    """The ids that a lookup has in what was written, and in the images that the step was registered with."""
    for place in ("InputParameters", "PostEntityImages", "PreEntityImages"):
        for one in _pairs(said.get(place)):
            entity = one[1]
            for name, value in _pairs(entity.get("Attributes") if isinstance(entity, dict) else None):
                found = odata.guid(value.get("Id")) if name == column and isinstance(value, dict) else None
                if found is not None:
                    yield found


def _pairs(held: Any) -> Iterator[tuple[str, Any]]:
    for one in held if isinstance(held, list) else ():
        if isinstance(one, dict) and isinstance(one.get("key"), str):
            yield one["key"], one.get("value")


def _id(said: Mapping[str, Any]) -> str:
    """The same when it is sent again: the job, or the write with all that it was."""
    return hashlib.sha256("\n".join(str(said.get(name)) for name in _TOLD).encode()).hexdigest()


def _moment(text: Any) -> datetime | None:
    """A moment as the .NET serializer writes it: milliseconds in UTC; the zone behind them is for people."""
    found = _MOMENT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(found.group(1)))
    except OverflowError:
        return None
