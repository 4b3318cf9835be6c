"""Zoho CRM (API v8): deals, their stage history, and what belongs to them, by COQL and the REST API.

History is native and says who made it. Not here, because the API has none of it for deals: line items (Zoho keeps
quantities on quotes), and a write that depends on a record's state, so we look just before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

import httpx

from dealgate.ports import (
    Action,
    Capabilities,
    CrmAdapter,
    Cursor,
    Description,
    Holds,
    Outcome,
    Page,
    Record,
    Reference,
    Settings,
    Trouble,
    Webhook,
)

from . import by_deal, listed, webhook
from .auth import Server
from .catalogue import Catalogue
from .describe import described
from .streams import STREAMS, Reader
from .write import Writer

CAPABILITIES = Capabilities(
    (
        "users", "accounts", "contacts", "leads", "deals", "stage_changes", "deal_contacts", "activities", "deletions",
    ),
    history="native",
    deletes="stream",
    cursor="keyset",
    compare_and_set="reread",
    block="none",
    actions=("set_fields", "move_stage", "create_task", "note"),
    custom_fields=True,
    change_source=True,
    whole=("users",),
    webhooks=True,
    holds=Holds(
        # transitions of a Blueprint: who, before which criteria, with which fields; a program may leave them out
        rule="transitions of a Blueprint",
        required=True,
        operators=(
            "filled", "is", "is_not", "in", "not_in", "at_least", "at_most", "above", "below", "between", "before",
            "after", "contains", "starts_with",
        ),
        joined=True,
        moves=("skip", "back", "reopen"),
        types=(
            "text", "integer", "number", "money", "percent", "date", "datetime", "boolean", "choice", "multi_choice",
            "person", "reference",
        ),
        passed_by=("api", "workflow"),
    ),
)  # fmt: skip
_NEEDED = ("deals", "deletions")
_NEED_A_KEY = ("set_fields", "move_stage")
_TRIGGERS = ("workflow", "approval", "blueprint", "pathfinder", "orchestration")
_DESCRIBED: Mapping[str, str] = {"deals": "Deals", "accounts": "Accounts", "contacts": "Contacts", "leads": "Leads"}


class Zoho:
    """One organisation of Zoho CRM."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        """``values``: accounts_url, url, soid, key_field, fields, leave_out, stage_history (query or deals),
        concurrency, credits, trigger, channels. Secrets: client_id, client_secret, refresh_token, webhook_secret.
        Asks the server nothing yet. Raises Trouble."""
        values = settings.values
        self._settings = settings
        self._by_deal = _one_of(values.get("stage_history"), "stage_history", ("query", "deals")) == "deals"
        left = _words(values.get("leave_out"), "leave_out", [one for one in CAPABILITIES.streams if one not in _NEEDED])
        self._streams = tuple(one for one in CAPABILITIES.streams if one not in left)
        key_field = str(values.get("key_field") or "")
        self._actions = tuple(one for one in CAPABILITIES.actions if key_field or one not in _NEED_A_KEY)
        self._webhooks = bool(settings.secret(webhook.SECRET))
        self.server = Server(settings, transport)
        catalogue = Catalogue(self.server, _names(values.get("fields")))
        self._catalogue, self._reader = catalogue, Reader(self.server, catalogue)
        trigger = _words(values.get("trigger"), "trigger", _TRIGGERS)
        self._writer = Writer(self.server, self._reader, catalogue, key_field, trigger)

    def capabilities(self) -> Capabilities:
        """What it can do: without a field for keys, no fields and moves; without the history, none."""
        history = "native" if "stage_changes" in self._streams else "none"
        return CAPABILITIES.replace(
            streams=self._streams, actions=self._actions, history=history, webhooks=self._webhooks,
            whole=tuple(one for one in CAPABILITIES.whole if one in self._streams),
            change_source=history == "native",
        )  # fmt: skip

    def describe(self) -> Description:
        """The pipelines with their stages, and the fields of every module that is read whole."""
        return described(self.server, self._catalogue, [_DESCRIBED[one] for one in self._streams if one in _DESCRIBED])

    def pull(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        """A page of a stream; of what Zoho gives by deal, that of so many deals."""
        if stream not in self._streams:
            raise Trouble("gone", f"This source does not read {stream}.", f"ask for {', '.join(self._streams)}")
        if stream == "users":
            return listed.users(self.server, cursor, limit)
        if stream == "deletions":
            return listed.deletions(self.server, self._modules(), cursor, limit)
        if stream == "deal_contacts":
            return by_deal.page(self.server, self._reader, by_deal.ROLES, cursor, limit)
        if stream == "stage_changes" and self._by_deal:
            return by_deal.page(self.server, self._reader, by_deal.HISTORY, cursor, limit)
        return self._reader.page(stream, cursor, limit)

    def _modules(self) -> list[str]:
        """The modules that records can be deleted from."""
        return [module.name for name in self._streams if name in STREAMS and name != "stage_changes"
                for module in STREAMS[name]]  # fmt: skip

    def fetch(self, refs: Sequence[Reference]) -> list[Record]:
        """The records as they are now, 100 a request; of users, and of what Zoho gives by deal, each by itself."""
        found: dict[tuple[str, str], Record] = {}
        for stream in dict.fromkeys(ref.stream for ref in refs):
            ids = [ref.id for ref in refs if ref.stream == stream]
            if stream in STREAMS:
                records = self._reader.found(stream, ids)
            elif stream == "deal_contacts":
                records = self._roles(ids)
            elif stream == "users":
                records = self._users(set(ids))
            else:
                records = []
            found |= {(stream, record.id): record for record in records}
        return [found[ref.stream, ref.id] for ref in refs if (ref.stream, ref.id) in found]

    def _roles(self, ids: Sequence[str]) -> list[Record]:
        deals = self._reader.found("deals", [one.partition(":")[0] for one in ids])
        rows = {deal.id: {"id": deal.id, "Modified_Time": deal.data["Modified_Time"]} for deal in deals}
        return by_deal.fetched(self.server, by_deal.ROLES, rows)

    def _users(self, ids: set[str]) -> list[Record]:
        cursor: Cursor | None = None
        found: list[Record] = []
        while True:
            page = listed.users(self.server, cursor, listed.MOST)
            found += [record for record in page.records if record.id in ids]
            if not page.more:
                return found
            cursor = page.next

    def apply(self, action: Action) -> Outcome:
        """Does one thing, once for each key."""
        return self._writer.apply(action)

    def parse_webhook(self, headers: Mapping[str, str], raw_body: bytes, url: str, now: datetime) -> Webhook:
        """What a notification says, if it bears our word. Raises BadSignature."""
        return webhook.parsed(self._settings, raw_body, now)

    def channel_until(self) -> datetime:
        """When the first notification channel ends. Raises Trouble where one has ended, or will within two days."""
        return webhook.until(self.server, self._settings, self._settings.clock())

    def close(self) -> None:
        """Ends the connection."""
        self.server.close()


def _one_of(value: object, name: str, words: Sequence[str]) -> str:
    text = str(value or words[0])
    if text not in words:
        raise Trouble("odd", f"The option `{name}` cannot be read.", f"set it to one of {', '.join(words)}")
    return text


def _names(value: object) -> tuple[str, ...]:
    """What a list, or a text with commas, names."""
    parts = value if isinstance(value, (list, tuple)) else re.split(r"[,\s]+", str(value or ""))
    return tuple(str(one) for one in parts if str(one))


def _words(value: object, name: str, words: Sequence[str]) -> tuple[str, ...]:
    found = _names(value)
    odd = [one for one in found if one not in words]
    if odd:
        raise Trouble("odd", f"The option `{name}` names `{odd[0]}`.", f"choose of {', '.join(words)}")
    return found


def connect(settings: Settings) -> CrmAdapter:
    """The adapter of the organisation that the settings name. Raises Trouble."""
    return Zoho(settings)
