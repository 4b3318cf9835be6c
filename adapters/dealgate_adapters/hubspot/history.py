"""What HubSpot keeps of a deal's past: of each property the values it had, when, and by whom.

Asked for with their history, records come 50 a request. Of each moment at which one of the properties below changed,
a record says what all of them were from then on. HubSpot keeps the last values of a property and drops older ones at
some number that its documentation does not give for deals; what came before is then not known here either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dealgate.ports import Cursor, Page, Record

from .._api import at_once
from .links import AT_ONCE, chunked
from .objects import DEALS, HISTORY, is_id
from .streams import LARGEST, Reader
from .walk import instant
from .whole import People

TOLD = ("dealstage", "amount", "deal_currency_code", "closedate", "hubspot_owner_id")
"""A change of one of these is a record."""
MOST = 50
"""Deals a request, where their history is asked for."""


def page(reader: Reader, people: People, cursor: Cursor | None, limit: int) -> Page:
    """The history of the deals that changed, ``limit`` of them. Raises Trouble."""
    walked = reader.deals("stage_changes", cursor, max(1, min(limit, LARGEST)))
    return reader.paged("stage_changes", walked, changes(reader, people, [str(row["id"]) for row in walked.rows]))


def changes(reader: Reader, people: People, deals: Sequence[str]) -> list[Record]:
    """The history of these deals, deal by deal, oldest first. Raises Trouble."""
    inputs = [{"id": ident} for ident in dict.fromkeys(deals) if is_id(ident)]
    path = f"/crm/v3/objects/{DEALS.name}/batch/read"
    body = {"properties": ["dealstage"], "propertiesWithHistory": list(TOLD)}
    calls = [
        lambda some=some: reader.server.read("POST", path, body={**body, "inputs": some})
        for some in chunked(inputs, MOST)
    ]
    found = [row for said in at_once(calls, AT_ONCE) for row in reader.server.rows(said)]
    return [record for row in found for record in _told(str(row["id"]), row.get("propertiesWithHistory") or {}, people)]


def _told(deal: str, history: Mapping[str, Any], people: People) -> list[Record]:
    moments: dict[datetime, dict[str, Mapping[str, Any]]] = {}
    for name in TOLD:
        # HubSpot gives the newest first; of two values of one moment that one counts
        for value in reversed(history.get(name) or ()):
            at = instant(value.get("timestamp"))
            if at is not None:
                moments.setdefault(at, {})[name] = value
    made, now = [], dict[str, Any].fromkeys(TOLD)
    for at in sorted(moments):
        changed = moments[at]
        now |= {name: value.get("value") or None for name, value in changed.items()}
        by = changed.get("dealstage") or next(iter(changed.values()))
        user = by.get("updatedByUserId")
        data = {
            "deal": deal, "at": at.isoformat(), **now, "changed": [*changed], "sourceType": by.get("sourceType"),
            "sourceId": by.get("sourceId"), "updatedByUserId": user,
            "by": None if user is None else people.owner_of(user) or f"user {user}",
        }  # fmt: skip
        made.append(Record(HISTORY, f"{deal}@{at.isoformat()}", data, at, deal))
    return made
