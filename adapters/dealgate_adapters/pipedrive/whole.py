"""What is read from the beginning each time: users and leads, which version 1 does not list by their last change."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from dealgate.ports import Cursor, Page, Record, Trouble

from .rest import Server
from .streams import USERS, changed, links
from .values import flat, moment, shared_id

LEADS = "leads"
MOST = 500
_LEAD = re.compile(r"[0-9A-Za-z]+(-[0-9A-Za-z]+)*")


def users(server: Server, cursor: Cursor | None, limit: int) -> Page:
    """Users, by their ids; Pipedrive gives them all in one answer. Raises Trouble."""
    rows = sorted(server.rows(server.read("users", "v1/users")), key=lambda row: int(row["id"]))
    mark = server.api.now
    after = int(cursor.token) if cursor is not None and cursor.token.isdecimal() else -1
    left = [row for row in rows if row["id"] > after]
    some = left[: max(1, limit)]
    more = len(left) > len(some)
    return Page(
        tuple(_user(row) for row in some), Cursor(token=str(some[-1]["id"])) if more else Cursor(), more, mark,
        server.api.budget,
    )  # fmt: skip


def _user(row: Mapping[str, Any]) -> Record:
    # what each program may be used by whom is none of a sales process's business
    data = flat({name: value for name, value in row.items() if name not in ("access", "icon_url", "is_you")})
    return Record(USERS, shared_id(USERS, row["id"]), data, moment(row.get("modified")) or moment(row.get("created")))


def leads(server: Server, cursor: Cursor | None, limit: int) -> Page:
    """Leads, the oldest first, by their place in the list. Raises Trouble.

    A lead that is deleted meanwhile moves the later ones up. So each page begins with the last one of the page before;
    where that is not so, all is read again.
    """
    start, last = _place(cursor)
    most = max(1, min(limit, MOST - 1))
    over = 1 if start else 0
    said = server.read("leads", "v1/leads", {"start": start - over, "limit": most + over})
    rows, mark = server.rows(said), server.api.now
    if over and (not rows or rows[0].get("id") != last):
        raise Trouble("expired", "Leads were deleted while they were read.", "read from the beginning")
    fresh = rows[over:]
    more = _more(said)
    after = Cursor(token=json.dumps([start + len(fresh), fresh[-1]["id"] if fresh else last])) if more else Cursor()
    return Page(tuple(lead(row) for row in fresh), after, more, mark, server.api.budget)


def found(server: Server, ids: Sequence[str]) -> list[Record]:
    """The leads of these ids that are there, each by a request, for Pipedrive has no other way. Raises Trouble."""
    made = []
    for ident in ids:
        if not _LEAD.fullmatch(ident):
            continue
        try:
            row = server.read("leads", f"v1/leads/{ident}").get("data")
        except Trouble as trouble:
            if trouble.kind != "gone":
                raise
            continue
        if isinstance(row, dict):
            made.append(lead(row))
    return made


def lead(row: Mapping[str, Any]) -> Record:
    """A lead as a record."""
    named = {"org_id": row.get("organization_id"), "person_id": row.get("person_id"), "owner_id": row.get("owner_id")}
    ident = str(row["id"])
    return Record(LEADS, ident, flat(row), changed(row), ident, links(named))


def _place(cursor: Cursor | None) -> tuple[int, str]:
    if cursor is None or not cursor.token:
        return 0, ""
    try:
        start, last = json.loads(cursor.token)
        return int(start), str(last)
    except (ValueError, TypeError):
        raise Trouble("expired", "The cursor of this source cannot be read.", "read from the beginning") from None


def _more(said: Mapping[str, Any]) -> bool:
    told = said.get("additional_data")
    pages = told.get("pagination") if isinstance(told, dict) else None
    return isinstance(pages, dict) and pages.get("more_items_in_collection") is True
