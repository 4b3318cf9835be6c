"""What Zoho gives deal by deal alone: the contacts of a deal with their roles, and its stage history where it cannot be
queried. One request for each deal that changed, some at a time."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from dealgate.model.struct import Struct
from dealgate.ports import Cursor, Page, Record, Trouble

from .._api import at_once
from . import coql
from .auth import VERSION, Server, problem
from .records import changed_at, flat
from .streams import Module, Reader, Row

DEALS = 200
"""Deals a page: a page is read again when it is broken off."""
PAGE = 100
"""Records that Zoho gives of a deal at a time."""
_CHANGED = Module("Deals", ("Deal_Name",), "id")


class Related(Struct):
    """A related list of a deal. ``table``: what its records are called; ``fields``: those to ask for."""

    path: str
    table: str
    fields: tuple[str, ...]


ROLES = Related(
    "Contact_Roles", "Contact_Roles", ("First_Name", "Last_Name", "Full_Name", "Email", "Title", "Contact_Role")
)
HISTORY = Related(
    "Stage_History", "DealHistory", ("Stage", "Amount", "Probability", "Closing_Date", "Modified_Time", "Modified_By")
)


def page(server: Server, reader: Reader, related: Related, cursor: Cursor | None, limit: int) -> Page:
    """What belongs to the deals that changed after the cursor, which counts deals. Raises Trouble."""
    read = reader.rows(_CHANGED, cursor, min(limit, DEALS))
    calls = [partial(of_deal, server, related, str(row["id"])) for row in read.rows]
    lists = at_once(calls, server.at_once)
    currency = reader.currency() if related is HISTORY else None
    records = [
        record for deal, rows in zip(read.rows, lists, strict=True) for record in made(related, deal, rows, currency)
    ]  # fmt: skip
    whole = tuple(str(row["id"]) for row in read.rows)
    return Page(tuple(records), read.next, read.more, read.now, server.budget, all_of=whole)


def of_deal(server: Server, related: Related, deal: str) -> list[Row]:
    """The rows of a deal's related list, none where the deal is gone. Raises Trouble."""
    if not coql.is_id(deal):
        return []
    found: list[Row] = []
    number = 1
    while True:
        query = {"fields": ",".join(related.fields), "page": number, "per_page": PAGE}
        answer = server.api.ask("GET", f"{VERSION}/Deals/{deal}/{related.path}", query, repeat=True)
        code, _, details = problem(answer)
        # the second part of the path is the deal; the third is the list, and one that is hidden is no empty one
        if answer.status in (400, 404) and code == "INVALID_DATA" and details.get("resource_path_index") == 1:
            return found
        said = server.told(answer, f"{related.path} of deals")
        found += [row for row in said.get("data", ()) if isinstance(row, dict) and row.get("id")]
        if not (said.get("info") or {}).get("more_records"):
            return found
        number += 1
        if number > 100:
            raise Trouble("odd", f"Zoho gives {related.path} of a deal without end.", "report it")


def made(related: Related, deal: Row, rows: list[Row], currency: str | None) -> list[Record]:
    """The rows of a deal as records. ``currency``: the one of the organisation, where it has one."""
    ident, found = str(deal["id"]), []
    for row in rows:
        data: dict[str, Any] = flat(row)
        if related.table == HISTORY.table:
            data |= {"Potential_Name.id": ident, "Currency": currency or deal.get("Currency")}
            found.append(Record(related.table, str(row["id"]), data, changed_at(row), ident))
        else:
            contact = str(row["id"])
            data |= {"id": f"{ident}:{contact}", "Deal": ident, "Contact": contact}
            found.append(Record(related.table, f"{ident}:{contact}", data, changed_at(deal), ident, (contact,)))
    return found


def fetched(server: Server, related: Related, deals: Mapping[str, Row]) -> list[Record]:
    """What belongs to these deals now, by id the row of each. Raises Trouble."""
    lists = at_once([partial(of_deal, server, related, ident) for ident in deals], server.at_once)
    return [one for deal, rows in zip(deals.values(), lists, strict=True) for one in made(related, deal, rows, None)]
