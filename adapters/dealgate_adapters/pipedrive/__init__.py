"""Pipedrive (API v2, and v1 where v2 has nothing): deals, their history, who takes part, activities, products, leads.

History is Pipedrive's own log of each deal, which it gives deal by deal. Deleted deals are listed for 30 days. Won and
lost are a deal's status, never a stage. Leads and users are read whole each time. Not here, because Pipedrive has none
of it: roles of contacts, a version that a write could be made to depend on (the deal is looked at just before), a gate
that holds a program too (its required fields hold people in its own pages), and a trace of what was taken from a deal
(participants, products: found when the deal changes next) or deleted beside it (activities, persons, organizations): a
full pull finds those.
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

from . import children, history, webhook, whole
from .describe import described
from .rest import Server
from .streams import LISTINGS, Reader, numbers
from .write import Writer

CAPABILITIES = Capabilities(
    ("users", "accounts", "contacts", "leads", "deals", "stage_changes", "deal_contacts", "activities", "line_items"),
    history="native",
    deletes="flag",
    cursor="keyset",
    compare_and_set="reread",
    block="none",
    actions=("set_fields", "move_stage", "create_task", "note"),
    custom_fields=True,
    change_source=True,
    whole=("users", "leads"),
    webhooks=True,
    holds=Holds(
        # the field's `required_fields` of API v2; it binds the web pages alone
        rule="required fields",
        edition="not in every plan",
        required=True,
        types=("text", "integer", "number", "money", "date", "choice", "multi_choice", "person"),
        passed_by=("api", "import", "workflow"),
    ),
)  # fmt: skip
BY_DEAL = ("deal_contacts", "line_items")


class Pipedrive:
    """One company's Pipedrive."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        """``values``: url; ``archived``: false leaves archived deals out; ``whole``: of ``deal_contacts, line_items``
        those that are read from the beginning each time; ``key_field``; ``task_type``; ``login_url``. Secrets:
        ``token``, or ``refresh_token``, ``client_id`` and ``client_secret``; ``webhook_user`` and ``webhook_secret``.
        Asks nothing yet. Raises Trouble."""
        self.server = Server(settings, transport)
        self._settings = settings
        self._reader = Reader(self.server, archived=_flag(settings, "archived", True))
        self._writer = Writer(self.server, _word(settings, "key_field", ""), _word(settings, "task_type", "task"))
        self._whole = _whole(settings.values.get("whole"))

    def capabilities(self) -> Capabilities:
        """What it can do."""
        return CAPABILITIES.replace(whole=(*CAPABILITIES.whole, *self._whole))

    def describe(self) -> Description:
        """The pipelines with what each stage asks for, and the fields of deals, persons, organizations, activities."""
        return described(self.server)

    def pull(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        """A page of a stream; of history, participants and products, those of so many deals."""
        if stream in LISTINGS:
            return self._reader.page(stream, cursor, limit)
        if stream == "stage_changes":
            return history.page(self.server, self._reader, cursor, limit)
        if stream == "deal_contacts":
            return children.participants(self.server, self._reader, cursor, limit)
        if stream == "line_items":
            return children.products(self.server, self._reader, cursor, limit)
        if stream == "users":
            return whole.users(self.server, cursor, limit)
        if stream == "leads":
            return whole.leads(self.server, cursor, limit)
        raise Trouble("gone", f"Pipedrive has no {stream}.", f"ask for {', '.join(CAPABILITIES.streams)}")

    def fetch(self, refs: Sequence[Reference]) -> list[Record]:
        """The records as they are now: listings a hundred a request, leads one by one, users all in one."""
        found: dict[tuple[str, str], Record] = {}
        for stream in dict.fromkeys(ref.stream for ref in refs):
            ids = [ref.id for ref in refs if ref.stream == stream]
            found |= {(stream, record.id): record for record in self._fetched(stream, ids)}
        return [found[ref.stream, ref.id] for ref in refs if (ref.stream, ref.id) in found]

    def _fetched(self, stream: str, ids: Sequence[str]) -> Sequence[Record]:
        if stream in LISTINGS:
            return self._reader.found(stream, numbers(ids))
        if stream == "users":
            return whole.users(self.server, None, 10**6).records
        if stream == "leads":
            return whole.found(self.server, ids)
        if stream == "stage_changes":
            rows = self._reader.deals(numbers([one.partition("@")[0] for one in ids]))
            return history.records(self.server, self._reader, rows)
        if stream == "deal_contacts":
            rows = self._reader.deals(numbers([one.partition("/")[0] for one in ids]), "participants_count")
            return children.people(self.server, rows)
        raise Trouble("gone", f"Pipedrive gives no {stream} by their ids.", "pull them, or fetch their deals")

    def apply(self, action: Action) -> Outcome:
        """Does one thing, once for each key."""
        return self._writer.apply(action)

    def parse_webhook(self, headers: Mapping[str, str], raw_body: bytes, url: str, now: datetime) -> Webhook:
        """What a webhook of version 2 says. Raises BadSignature."""
        return webhook.parsed(self._settings, headers, raw_body, now)

    def close(self) -> None:
        """Ends the connections."""
        self.server.close()


def _word(settings: Settings, name: str, usual: str) -> str:
    value = settings.values.get(name)
    return value.strip() if isinstance(value, str) and value.strip() else usual


def _flag(settings: Settings, name: str, usual: bool) -> bool:
    value = settings.values.get(name)
    return (
        value if isinstance(value, bool) else usual if value is None else str(value).strip().lower() in ("true", "yes")
    )


def _whole(value: object) -> tuple[str, ...]:
    """Of the streams that are asked for by deal, those that are to be read whole. Raises Trouble."""
    listed = [str(one) for one in value] if isinstance(value, (list, tuple)) else str(value or "").split(",")
    names = tuple(one.strip() for one in listed if one.strip())
    if not set(names) <= set(BY_DEAL):
        raise Trouble("odd", "The option `whole` cannot be read.", f"give some of {', '.join(BY_DEAL)}")
    return names


def connect(settings: Settings) -> CrmAdapter:
    """The adapter of the company that the settings name. Raises Trouble."""
    return Pipedrive(settings)
