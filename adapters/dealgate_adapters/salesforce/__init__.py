"""Salesforce (REST API 62.0 and later): opportunities with all that belongs to them, over HTTPS.

Stages are Salesforce's, by record type where an org has such. Its own history of stages says when and who. What lies in
the recycle bin comes marked; what is purged from it before a sync is found by a full one alone. Not here: the Bulk API
(a first sync takes one request for each 2,000 records), the history of fields other than stage, amount, probability
and close date, the Pub/Sub API, and webhooks: outbound messages bear no signature.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NoReturn

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
)

from .._api import left_by
from .describe import described
from .org import Org
from .soql import is_name
from .streams import STREAMS, Reader, chosen
from .write import Writer

CAPABILITIES = Capabilities(
    tuple(STREAMS),
    history="native",
    deletes="flag",
    cursor="keyset",
    compare_and_set="reread",
    block="native",
    actions=("set_fields", "move_stage", "create_task", "note"),
    custom_fields=True,
    change_source=True,
    holds=Holds(
        rule="validation rule",
        required=True,
        operators=(
            "is", "is_not", "in", "not_in", "at_least", "at_most", "above", "below", "between", "before", "after",
            "on_or_before", "on_or_after", "within_last", "within_next", "older_than", "filled", "contains",
            "starts_with", "matches", "has_any", "has_all", "has_none",
        ),
        joined=True,
        moves=("skip", "back", "reopen"),  # its formulas know what the stage was before
        types=(
            "text", "integer", "number", "money", "percent", "date", "datetime", "boolean", "choice", "multi_choice",
            "person", "reference",
        ),
        passed_by=("workflow",),  # after a field update by a workflow, validation rules are not run again
    ),
)  # fmt: skip
"""What it can do where a field for keys is named; without one, tasks and notes are all that is written."""


class Salesforce:
    """One org."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        """``values``: url, and login_url, api_version, user, audience; ``key_field``: the text field of Opportunity
        that keeps our keys; ``fields``: custom fields to read (``Object.Field, …``), else all; ``without``: streams to
        leave out. Secrets: client_id, and private_key, client_secret or refresh_token. Asks nothing yet. Raises
        Trouble."""
        values = settings.values
        key_field = str(values.get("key_field") or "")
        if key_field and not is_name(key_field):
            raise Trouble("odd", "The option `key_field` cannot be read.", "give the API name of one field")
        able = left_by(settings, CAPABILITIES)
        self._able = able if key_field else able.replace(actions=("create_task", "note"))
        self.org = Org(settings, transport)
        self._reader = Reader(self.org, self._able.streams, chosen(values.get("fields")), key_field)
        self._writer = Writer(self.org, self._reader, key_field)

    def capabilities(self) -> Capabilities:
        """What it can do."""
        return self._able

    def describe(self) -> Description:
        """The stages as pipelines, and the fields of every object that is read."""
        return described(self.org, self._able.streams)

    def pull(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        """A page of a stream."""
        if stream not in self._able.streams:
            raise Trouble("gone", f"This source reads no {stream}.", f"ask for {', '.join(self._able.streams)}")
        return self._reader.page(stream, cursor, limit)

    def fetch(self, refs: Sequence[Reference]) -> list[Record]:
        """The records as they are now, one request a stream for up to 500."""
        found: dict[tuple[str, str], Record] = {}
        for stream in dict.fromkeys(ref.stream for ref in refs if ref.stream in STREAMS):
            ids = [ref.id for ref in refs if ref.stream == stream]
            found |= {(stream, record.id): record for record in self._reader.found(stream, ids)}
        return [found[ref.stream, ref.id] for ref in refs if (ref.stream, ref.id) in found]

    def apply(self, action: Action) -> Outcome:
        """Does one thing, once for each key."""
        return self._writer.apply(action)

    def parse_webhook(self, headers: Mapping[str, str], raw_body: bytes, url: str, now: datetime) -> NoReturn:
        """An outbound message bears no signature, so whatever comes may be from anybody."""
        raise BadSignature("Salesforce signs no webhooks")

    def close(self) -> None:
        """Ends the connections."""
        self.org.close()


def connect(settings: Settings) -> CrmAdapter:
    """The adapter of the org that the settings name. Raises Trouble."""
    return Salesforce(settings)
