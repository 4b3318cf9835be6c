"""What was logged: calls, emails, meetings, notes and tasks, each an object of its own in HubSpot.

They are read one object after the other, each from where the pull began. The token of a cursor says which it is at,
from when on each is read, and when the pull began. Our own notes and tasks are nobody's activity, and are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dealgate.ports import Cursor, Page, Record, Trouble

from .auth import Server
from .links import linked
from .objects import BODIES, LOGGED, Kind
from .streams import valued
from .walk import Row, moment_of, walk

MARKER = "[dealgate:"
"""How a note or task of ours begins the line that holds its key."""


def page(server: Server, kinds: Sequence[Kind], cursor: Cursor | None, limit: int) -> Page:
    """A page of them all; of those that belong to several deals, a record for each. Raises Trouble."""
    place, start, inner = _placed(cursor, len(kinds))
    records: list[Record] = []
    for number in range(place, len(kinds)):
        walked = walk(server, kinds[number], kinds[number].properties, inner, limit)
        records += logged(server, kinds[number], walked.rows)
        limit -= len(walked.rows)
        began = walked.began.isoformat()
        inner = walked.after if walked.more else Cursor(start, "", began)
        after = number if walked.more else number + 1
        if walked.more or (limit < 1 and after < len(kinds)):
            token = f"{after}|{start.isoformat() if start else ''}|{began}"
            return Page(tuple(records), inner.replace(token=token), True, walked.mark, server.api.budget)
    return Page(tuple(records), Cursor(walked.mark), False, walked.mark, server.api.budget)


def logged(server: Server, kind: Kind, rows: Sequence[Row]) -> list[Record]:
    """Rows as records of the deals that they belong to. Raises Trouble."""
    theirs = [row for row in rows if not any(MARKER in str(_held(row).get(body) or "") for body in BODIES)]
    deals = linked(server, kind.name, "deals", [str(row["id"]) for row in theirs]) if theirs else {}
    made = []
    for row in theirs:
        ident = str(row["id"])
        data = {name: value for name, value in valued(row, kind.properties).items() if name not in BODIES}
        for deal in deals.get(ident, ()):
            told = {**data, "type": kind.name, "deal": deal.id}
            made.append(Record(LOGGED, f"{kind.name}:{ident}:{deal.id}", told, moment_of(kind, row), deal.id))
    return made


def _held(row: Row) -> Row:
    return row.get("properties") or {}


def _placed(cursor: Cursor | None, many: int) -> tuple[int, datetime | None, Cursor]:
    """Which object it is at, from when on each is read, and where in this one."""
    if cursor is None or not cursor.token:
        start = cursor.at if cursor else None
        return 0, start, Cursor(start)
    try:
        number, since, began = cursor.token.split("|")
        place, start = int(number), datetime.fromisoformat(since) if since else None
    except ValueError:
        place, start, began = many, None, ""
    if not 0 <= place < many:
        raise Trouble("expired", "The place where this pull stood cannot be read.", "run it again")
    return place, start, cursor.replace(token=began)
