"""Dynamics 365 Sales (Dataverse Web API v9.2): opportunities, their business process, and all that hangs on them.

What changed is told by Dataverse's change tracking, deletions included, table by table where it is switched on. The
stage of an opportunity is that of its business process instance. History is the audit log, where an administrator has
switched it on; where not, an instance tells since when it is in the stage that it is in, and nothing before. A write is
refused by Dataverse if the record was changed meanwhile. What a process asks for in a stage is not told by the Web API.
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

from .._api import left_by
from . import odata, webhook
from .deals import Deals
from .describe import described
from .history import History
from .known import STALE, Known, known, process_of
from .reader import Reader
from .server import Server
from .streams import STREAMS
from .write import Writer

CAPABILITIES = Capabilities(
    ("users", "accounts", "contacts", "leads", "deals", "stage_changes", "deal_contacts", "activities", "line_items"),
    history="audit",
    deletes="flag",
    cursor="delta",
    compare_and_set="etag",
    block="none",
    actions=("set_fields", "move_stage", "create_task", "note"),
    custom_fields=True,
    change_source=True,
    webhooks=True,
    holds=Holds(
        rule="required step of the business process flow, or business rule of the table",
        required=True,
        # of a business rule, by its editor; not checked against a list of Microsoft's
        operators=(
            "is", "is_not", "at_least", "at_most", "above", "below", "before", "after", "on_or_before", "on_or_after",
            "filled", "contains", "starts_with",
        ),
        joined=True,
        moves=("skip",),  # a process goes to the next stage or to the one before
        types=(
            "text", "integer", "number", "money", "date", "datetime", "boolean", "choice", "multi_choice", "person",
            "reference",
        ),
        passed_by=("api", "import", "workflow"),  # steps are asked for in the form alone
    ),
)  # fmt: skip


class Dynamics:
    """One environment of Dynamics 365."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        """``values``: url, tenant, client_id; and login_url, process, process_deal, marker_column, without,
        webhook_header. The secrets are ``client_secret``, or ``private_key`` and ``certificate``; and
        ``webhook_secret``. Asks the server nothing yet. Raises Trouble."""
        self.server = Server(settings, transport)
        self._settings, self._process = settings, process_of(settings)
        self._able = left_by(settings, CAPABILITIES)
        self._held: tuple[Known, datetime] | None = None
        self._reader = Reader(self.server, self._known)
        self._deals = Deals(self.server, self._known, self._reader)
        self._history = History(self.server, self._known, self._deals)
        self._writer = Writer(self.server, self._known, self._deals, settings)

    def _known(self) -> Known:
        now = self._settings.clock()
        if self._held is None or abs(now - self._held[1]) > STALE:
            self._held = known(self.server, self._process), now
        return self._held[0]

    def capabilities(self) -> Capabilities:
        """What it can do."""
        return self._able

    def describe(self) -> Description:
        """The stages of each process of opportunities, and the columns of every table that is read."""
        self._held = None  # as it is now
        return described(self.server, self._known())

    def pull(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        """A page of a stream; of the history, that of so many rows of the audit log."""
        if stream not in self._able.streams:
            raise Trouble("gone", f"Dynamics has no {stream}.", f"ask for {', '.join(self._able.streams)}")
        if stream == "stage_changes":
            return self._history.page(cursor, limit)
        return self._deals.page(cursor, limit) if stream == "deals" else self._reader.page(stream, cursor, limit)

    def fetch(self, refs: Sequence[Reference]) -> list[Record]:
        """The records as they are now, one request a stream and one more for the stages of deals. Lines of history are
        not read again: they do not change."""
        found: dict[tuple[str, str], Record] = {}
        for stream in dict.fromkeys(ref.stream for ref in refs if ref.stream in STREAMS):
            named = (odata.guid(ref.id) for ref in refs if ref.stream == stream)
            ids = [one for one in dict.fromkeys(named) if one is not None]
            records = self._deals.found(ids) if stream == "deals" else self._reader.found(stream, ids)
            found |= {(stream, record.id): record for record in records}
        return [found[ref.stream, ref.id] for ref in refs if (ref.stream, ref.id) in found]

    def apply(self, action: Action) -> Outcome:
        """Does one thing, once for each key."""
        return self._writer.apply(action)

    def parse_webhook(self, headers: Mapping[str, str], raw_body: bytes, url: str, now: datetime) -> Webhook:
        """What a webhook says."""
        return webhook.parsed(self._settings, self._process, headers, raw_body, url, now)

    def close(self) -> None:
        """Ends the connections."""
        self.server.close()


def connect(settings: Settings) -> CrmAdapter:
    """The adapter of the environment that the settings name. Raises Trouble."""
    return Dynamics(settings)
