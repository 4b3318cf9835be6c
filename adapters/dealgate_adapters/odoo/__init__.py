"""Odoo (17 and later): the opportunities of the module crm, over JSON-2 (19 and later) or XML-RPC.

Opportunities and leads are one model, told apart by their type; one that is lost is archived, and read all the same.
Odoo writes down each change of a stage with who made it, so history is native. It has no conditional write: the record
is read again just before. Not here, because Odoo has none of it: deletions, webhooks, the role of a contact, a hold on
a move. Planned activities are not read, for one that is dropped leaves no trace; what was done stands in the messages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import httpx

from dealgate.ports import (
    Action,
    BadSignature,
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

from .describe import described
from .history import History
from .rpc import Server
from .streams import STREAMS, Reader, number_of
from .write import Writer

CAPABILITIES = Capabilities(
    ("users", "accounts", "contacts", "leads", "deals", "stage_changes", "activities"),
    history="native",
    deletes="none",
    cursor="keyset",
    compare_and_set="reread",
    block="none",
    actions=("set_fields", "move_stage", "create_task", "note"),
    custom_fields=True,
    change_source=True,
    whole=("users",),
    # a view can ask for a field, but neither the API nor an import looks at views: nothing of a rule is held
    holds=Holds(
        types=(
            "text", "integer", "number", "money", "percent", "date", "datetime", "boolean", "choice", "multi_choice",
            "person", "reference",
        ),
    ),
)  # fmt: skip


class Odoo:
    """One database of an Odoo server."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        """``values``: url, database, ``protocol`` (json2 if left out, or xmlrpc), and for XML-RPC user. The secret is
        ``api_key``. Asks the server nothing yet. Raises Trouble."""
        self.server = Server(settings, transport)
        self._reader = Reader(self.server)
        self._history = History(self.server, self._reader)
        self._writer = Writer(self.server, self._reader)

    def capabilities(self) -> Capabilities:
        """What it can do."""
        return CAPABILITIES

    def describe(self) -> Description:
        """The stages as a pipeline, and the fields of every model that is read."""
        return described(self.server)

    def pull(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        """A page of a stream."""
        if stream == "stage_changes":
            return self._history.changes(cursor, limit)
        if stream == "activities":
            return self._history.messages(cursor, limit)
        if stream not in STREAMS:
            raise Trouble("gone", f"Odoo has no {stream}.", f"ask for {', '.join(CAPABILITIES.streams)}")
        return self._reader.page(stream, cursor, limit)

    def fetch(self, refs: Sequence[Reference]) -> list[Record]:
        """The records as they are now, one request a stream or two."""
        found: dict[tuple[str, str], Record] = {}
        for stream in dict.fromkeys(ref.stream for ref in refs):
            ids = sorted({n for ref in refs if ref.stream == stream and (n := number_of(ref.id)) is not None})
            if stream == "stage_changes":
                records = self._history.changed(ids)
            elif stream == "activities":
                records = self._history.said(ids)
            else:
                records = self._reader.found(stream, ids)
            found |= {(stream, record.id): record for record in records if not record.gone}
        return [found[ref.stream, ref.id] for ref in refs if (ref.stream, ref.id) in found]

    def apply(self, action: Action) -> Outcome:
        """Does one thing, once for each key."""
        return self._writer.apply(action)

    def parse_webhook(self, headers: Mapping[str, str], raw_body: bytes, url: str, now: datetime) -> Webhook:
        """Odoo signs no webhooks, so whatever comes is not from it."""
        raise BadSignature("Odoo signs no webhooks")

    def close(self) -> None:
        """Ends the connection."""
        self.server.close()


def connect(settings: Settings) -> CrmAdapter:
    """The adapter of the database that the settings name. Raises Trouble."""
    return Odoo(settings)
