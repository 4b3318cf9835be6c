"""What Zoho gives as numbered pages: its users, and what was deleted from each module."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from dealgate.ports import Cursor, Page, Record, Trouble

from .auth import Server
from .records import flat, moment
from .streams import TABLES

MOST = 200
"""Records a page."""


def users(server: Server, cursor: Cursor | None, limit: int) -> Page:
    """A page of the users, those that left too: read whole each time, for Zoho does not order them by change."""
    number, size, _ = _place(cursor, limit)
    said = server.get("/users", {"type": "AllUsers", "page": number, "per_page": size}, of="the users")
    rows = [row for row in said.get("users", ()) if isinstance(row, dict) and row.get("id")]
    records = tuple(
        Record("Users", str(row["id"]), flat(row), moment(row.get("Modified_Time") or row.get("created_time")))
        for row in rows
    )
    more = bool((said.get("info") or {}).get("more_records"))
    return Page(records, Cursor(token=f"{number + 1} {size} -"), more, server.now, server.budget)


def deletions(server: Server, modules: Sequence[str], cursor: Cursor | None, limit: int) -> Page:
    """A page of what was deleted since the cursor, module by module; each names the module as its table."""
    module, rest = _module(cursor, modules)
    number, size, begun = _place(rest, limit)
    since = cursor.at if cursor is not None else None
    headers = {"If-Modified-Since": since.astimezone(UTC).isoformat(timespec="seconds")} if since else None
    said = server.get(
        f"/{module}/deleted", {"type": "all", "page": number, "per_page": size},
        of=f"what was deleted from {module}", headers=headers,
    )  # fmt: skip
    begun = begun or server.now
    records = []
    for row in said.get("data", ()):
        at = moment(row.get("deleted_time"))
        # the header is in whole seconds, and what it does not hold back is held back here
        if row.get("id") and (since is None or at is None or at >= since.replace(microsecond=0)):
            ident = str(row["id"])
            records.append(
                Record(TABLES[module], ident, flat(row), at, ident if module in ("Deals", "Leads") else None, gone=True)
            )
    mark = begun.isoformat()
    if (said.get("info") or {}).get("more_records"):
        following = Cursor(since, "", f"{module} {number + 1} {size} {mark}")
    elif module != modules[-1]:
        following = Cursor(since, "", f"{modules[modules.index(module) + 1]} 1 {size} {mark}")
    else:
        return Page(tuple(records), Cursor(begun), False, begun, server.budget)
    return Page(tuple(records), following, True, begun, server.budget)


def _module(cursor: Cursor | None, modules: Sequence[str]) -> tuple[str, Cursor | None]:
    if cursor is None or not cursor.token:
        return modules[0], None
    module, _, rest = cursor.token.partition(" ")
    if module not in modules:
        raise _lost()
    return module, Cursor(token=rest)


def _place(cursor: Cursor | None, limit: int) -> tuple[int, int, datetime | None]:
    """The number of a page, how many records it has, and when the pull began. Raises Trouble."""
    if cursor is None or not cursor.token:
        return 1, max(1, min(limit, MOST)), None
    try:
        number, size, begun = cursor.token.split(" ")
        return int(number), int(size), None if begun == "-" else datetime.fromisoformat(begun)
    except ValueError:
        raise _lost() from None


def _lost() -> Trouble:
    return Trouble("expired", "The place where this stream stood is not known any more.", "run it again")
