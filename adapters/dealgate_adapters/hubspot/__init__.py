"""HubSpot (CRM API v3, associations v4): deals with their history, through a private app or OAuth.

What changed is found by HubSpot's search, whose index is some moments late: what is complete lies behind it. A write
can not be made to depend on a version, so a deal is read again just before. The key of a write of fields or of a stage
goes into a property of the deal that is kept for it. Not here: leads, which are an object of dearer subscriptions;
what a stage requires, which the API does not tell; deleted activities.
"""

from __future__ import annotations

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

from . import activities, history
from .auth import Server
from .describe import described
from .objects import ACTIVITIES, STREAMS, is_name
from .streams import LARGEST, Reader
from .webhook import parsed
from .whole import People, deletions
from .write import Writer

CAPABILITIES = Capabilities(
    (
        "users", "accounts", "contacts", "deals", "stage_changes", "deal_contacts", "activities", "line_items",
        "deletions",
    ),
    history="native",
    deletes="stream",
    cursor="keyset",
    compare_and_set="reread",
    block="none",
    actions=("set_fields", "move_stage", "create_task", "note"),
    custom_fields=True,
    change_source=True,
    whole=("users", "deletions"),
    webhooks=True,
    holds=Holds(
        # knowledge base, "Set up rules for deal pipelines" and required properties of a stage
        rule="required properties of a stage; pipeline rules",
        edition="pipeline rules from Sales Hub Professional on",
        required=True,
        moves=("skip", "back"),
        types=(
            "text", "integer", "number", "money", "percent", "date", "datetime", "boolean", "choice", "multi_choice",
            "person",
        ),
        passed_by=("api", "workflow", "admin"),
    ),
)  # fmt: skip
SPARED = ("users", "accounts", "contacts", "deal_contacts", "activities", "line_items")
"""Streams that an account may do without."""


class HubSpot:
    """One account of HubSpot."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        """``values``, all optional: url, key_property, properties, activities, without, app_id, time_zone.

        Secrets: token, or client_id, client_secret and refresh_token; webhook_secret. Asks nothing yet. Raises Trouble.
        """
        self._settings = settings
        key = _named(settings.values, "key_property", "dealgate_key")[0]
        kinds = _named(settings.values, "activities", ", ".join(ACTIVITIES), ACTIVITIES)
        self._kinds = [ACTIVITIES[name] for name in kinds]
        without = _named(settings.values, "without", "", dict.fromkeys(SPARED))
        self._able = CAPABILITIES.replace(streams=tuple(one for one in CAPABILITIES.streams if one not in without))
        self.server = Server(settings, transport)
        self._reader = Reader(self.server, _named(settings.values, "properties", ""), key)
        self._people = People(self.server)
        self._writer = Writer(self.server, self._reader, key)

    def capabilities(self) -> Capabilities:
        """What it can do."""
        return self._able

    def describe(self) -> Description:
        """The pipelines of deals, and the properties of every object that is read."""
        return described(self._reader, self._able.streams)

    def pull(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        """A page of a stream; of the history and of contacts' roles, that of so many deals."""
        if stream not in self._able.streams:
            raise Trouble("gone", f"This source reads no {stream}.", f"ask for {', '.join(self._able.streams)}")
        limit = max(1, min(limit, LARGEST))
        if stream == "users":
            return self._people.page(cursor, limit)
        if stream == "deletions":
            return deletions(self.server, cursor, limit, items="line_items" in self._able.streams)
        if stream == "activities":
            return activities.page(self.server, self._kinds, cursor, limit)
        if stream == "stage_changes":
            return history.page(self._reader, self._people, cursor, limit)
        return self._reader.page(stream, cursor, limit)

    def fetch(self, refs: Sequence[Reference]) -> list[Record]:
        """The records as they are now."""
        found: dict[tuple[str, str], Record] = {}
        for stream in dict.fromkeys(ref.stream for ref in refs):
            ids = [ref.id for ref in refs if ref.stream == stream]
            found |= {(stream, record.id): record for record in self._again(stream, ids)}
        return [found[ref.stream, ref.id] for ref in refs if (ref.stream, ref.id) in found]

    def _again(self, stream: str, ids: Sequence[str]) -> Sequence[Record]:
        if stream in STREAMS:
            return self._reader.found(stream, ids)
        if stream == "stage_changes":
            return history.changes(self._reader, self._people, [one.partition("@")[0] for one in ids])
        if stream == "deal_contacts":
            deals = [one.partition("/")[0] for one in ids]
            return self._reader.roles(self._reader.rows(STREAMS["deals"], deals, ()))
        if stream == "activities":
            return [
                record for kind in self._kinds
                if (mine := [one.split(":")[1] for one in ids if one.startswith(f"{kind.name}:")])
                for record in activities.logged(self.server, kind, self._reader.rows(kind, mine, kind.properties))
            ]  # fmt: skip
        return self._people.everybody() if stream == "users" else ()

    def apply(self, action: Action) -> Outcome:
        """Does one thing, once for each key."""
        return self._writer.apply(action)

    def parse_webhook(self, headers: Mapping[str, str], raw_body: bytes, url: str, now: datetime) -> Webhook:
        """What a delivery speaks of; what this app wrote itself is left out where ``app_id`` is set."""
        secret = self._settings.secret("webhook_secret") or self._settings.secret("client_secret")
        said = parsed(headers, raw_body, url, now, secret, str(self._settings.values.get("app_id") or ""))
        return said.replace(refs=tuple(ref for ref in said.refs if ref.stream in self._able.streams))

    def close(self) -> None:
        """Ends the connection."""
        self.server.close()


def _named(
    values: Mapping[str, object], option: str, usual: str, among: Mapping[str, object] | None = None
) -> list[str]:
    """The names in an option, written with commas between. Raises Trouble."""
    given = values.get(option, usual)
    listed = given if isinstance(given, (list, tuple)) else str(given or "").split(",")
    names = [str(one).strip() for one in listed if str(one).strip()]
    if not all(is_name(name) and (among is None or name in among) for name in names) or (usual and not names):
        fine = f"names of {', '.join(among)}" if among else "names of properties, as HubSpot has them inside"
        raise Trouble("odd", f"The option `{option}` cannot be read.", f"write {fine}, with commas between")
    return names


def connect(settings: Settings) -> CrmAdapter:
    """The adapter of the account that the settings name. Raises Trouble."""
    return HubSpot(settings)
