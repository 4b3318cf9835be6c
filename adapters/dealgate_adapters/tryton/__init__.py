"""Tryton (8.2 and later): the opportunities of the module sale_opportunity, over JSON-RPC.

One pipeline, whose stages are the states of an opportunity. Every revision is kept by Tryton itself, so history is
native and says who made it. A write is refused by the server if the record was changed meanwhile. States change by the
model's buttons alone. Not here, because Tryton has none of it: leads apart from opportunities (a lead is an opportunity
in its first state), deletions, webhooks, activities that can be read without asking deal by deal, tasks (a task is a
note that says so). Who takes part in a deal is the one contact in the opportunity itself.
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

from . import history
from .describe import described
from .rpc import Server
from .streams import DEAL, STREAMS, Reader, number_of
from .write import Writer

CAPABILITIES = Capabilities(
    ("users", "accounts", "contacts", "deals", "stage_changes", "line_items"),
    history="native",
    deletes="none",
    cursor="keyset",
    compare_and_set="etag",
    block="none",
    actions=("set_fields", "move_stage", "create_task", "note"),
    custom_fields=True,
    change_source=True,
    holds=Holds(
        moves=("skip",),  # its transitions lead from each state to the next, or out
        types=(
            "text", "integer", "number", "money", "percent", "date", "datetime", "boolean", "choice", "multi_choice",
            "person", "reference",
        ),
    ),
)  # fmt: skip


class Tryton:
    """One database of a Tryton server."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        """``values``: url, database, user; and ``buttons``, such as ``demo=show_demo, trial=begin_trial``: by state,
        those that another module brings. The secret is ``password``. Asks the server nothing yet. Raises Trouble."""
        self.server = Server(settings, transport)
        self._reader = Reader(self.server)
        self._writer = Writer(self.server, _buttons(settings.values.get("buttons")))

    def capabilities(self) -> Capabilities:
        """What it can do."""
        return CAPABILITIES

    def describe(self) -> Description:
        """The states as a pipeline, and the fields of every model that is read."""
        return described(self.server)

    def pull(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        """A page of a stream; of the history, that of so many opportunities."""
        if stream == "stage_changes":
            return history.page(self.server, self._reader, cursor, limit)
        if stream not in STREAMS:
            raise Trouble("gone", f"Tryton has no {stream}.", f"ask for {', '.join(CAPABILITIES.streams)}")
        return self._reader.page(stream, cursor, limit)

    def fetch(self, refs: Sequence[Reference]) -> list[Record]:
        """The records as they are now, one request a stream."""
        found: dict[tuple[str, str], Record] = {}
        for stream in dict.fromkeys(ref.stream for ref in refs):
            ids = [ref.id.partition("@")[0] for ref in refs if ref.stream == stream]
            numbers = sorted({number for one in ids if (number := number_of(one)) is not None})
            if stream == "stage_changes":
                there = [row["id"] for row in self.server.read(DEAL, [["id", "in", numbers]], [])]
                records = history.changes(self._reader, history.revisions(self.server, there))
            else:
                records = self._reader.found(stream, numbers)
            found |= {(stream, record.id): record for record in records}
        return [found[ref.stream, ref.id] for ref in refs if (ref.stream, ref.id) in found]

    def apply(self, action: Action) -> Outcome:
        """Does one thing, once for each key."""
        return self._writer.apply(action)

    def parse_webhook(self, headers: Mapping[str, str], raw_body: bytes, url: str, now: datetime) -> Webhook:
        """Tryton sends none, so whatever comes is not from it."""
        raise BadSignature("Tryton sends no webhooks")

    def close(self) -> None:
        """Ends the session."""
        self.server.close()


def _buttons(text: object) -> Mapping[str, str]:
    """By state the button that leads there, of ``state=button, state=button``."""
    pairs = [piece.partition("=") for piece in str(text or "").split(",") if piece.strip()]
    found = {state.strip(): button.strip() for state, _, button in pairs}
    if not all(state and button.isidentifier() for state, button in found.items()):
        raise Trouble("odd", "The option `buttons` cannot be read.", "write it as STATE=BUTTON, STATE=BUTTON")
    return found


def connect(settings: Settings) -> CrmAdapter:
    """The adapter of the database that the settings name. Raises Trouble."""
    return Tryton(settings)
