"""Reading a table: all of it, then what changed, by the server's own links where it tracks changes.

Where it does not, by the moment of the last change, and what was deleted shows in a full pull alone. A cursor holds the
link to go on with, the moment that the pull began, and the moment up to which all was read before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from dealgate.model.struct import Struct
from dealgate.ports import Cursor, Page, Record, Trouble

from . import odata
from .known import Known
from .server import MOST, Server
from .streams import STREAMS, Spec, gone, record_of

DELETED = "/$deletedEntity"
CHUNK = 800
"""Ids a list: within a batch a path may have 64 KB."""


class Place(Struct):
    """Where a pull stands. ``link``: the next path; ``began``: when this pull did; ``since``: all from before it was
    read; ``then``: which part of the stream comes, the first or a later one."""

    link: str = ""
    began: datetime | None = None
    since: datetime | None = None
    then: str = ""

    def token(self) -> str:
        """As a text, for a cursor."""
        began, since = (None if at is None else at.isoformat() for at in (self.began, self.since))
        return json.dumps([self.link, began, since, self.then], separators=(",", ":"))


def place_of(cursor: Cursor | None) -> Place:
    """The place that a cursor names; the beginning where it names none. Raises Trouble."""
    if cursor is None:
        return Place()
    if not cursor.token:
        return Place(since=cursor.at)
    try:
        link, began, since, then = json.loads(cursor.token)
        began, since = (None if at is None else datetime.fromisoformat(at) for at in (began, since))
        return Place(str(link), began, since, str(then))
    except (TypeError, ValueError):
        raise Trouble(
            "expired", "The cursor of this source was written by another version.", "run it again: it reads all anew"
        ) from None


class Step(Struct):
    """One answer of a table: rows, the ids of what is gone, the link to go on with (next), or to come again with
    (delta), and when it was asked."""

    rows: list[dict[str, Any]]
    gone: list[str]
    next: str
    delta: str
    at: datetime


def step(server: Server, spec: Spec, place: Place, size: int, *, track: bool, by: str = "modifiedon") -> Step:
    """Asks for the next page of a table. Raises Trouble."""
    if place.link:
        said = server.get(place.link, size=size, what=spec.set)
    else:
        after = f"{by} ge {odata.moment(place.since)}" if place.since is not None and not track else ""
        path = odata.query(spec.set, {
            "select": ",".join(spec.select), "filter": after, "orderby": "" if track else f"{by},{spec.key}",
        })  # fmt: skip
        said = server.get(path, size=size, track=track, what=spec.set)
    at, rows = server.now, server.listed(said)
    told = [str(row["id"]) for row in rows if _is_gone(row)]
    links = [said.get(f"@odata.{kind}Link") for kind in ("next", "delta")]
    onward, delta = (server.onward(link) if link else "" for link in links)
    return Step([row for row in rows if not _is_gone(row)], told, onward, delta, at)


def _is_gone(row: dict[str, Any]) -> bool:
    return str(row.get("@odata.context", "")).endswith(DELETED)


class Reader:
    """Reads the tables that stand for themselves."""

    def __init__(self, server: Server, known: Callable[[], Known]) -> None:
        self._server, self._known = server, known

    def page(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        """A page of a stream. Raises Trouble."""
        spec, place = STREAMS[stream], place_of(cursor)
        track = spec.table in self._known().tracked
        found = step(self._server, spec, place, sized(limit), track=track)
        began = place.began or found.at
        records = self.records(spec, found.rows) + tuple(gone(spec, ident) for ident in found.gone)
        return Page(records, after(found, began), bool(found.next), began, self._server.api.budget)

    def records(self, spec: Spec, rows: Sequence[dict[str, Any]]) -> tuple[Record, ...]:
        """Rows as records, without those that belong to nothing we read."""
        made = (record_of(spec, row, self.money(row)) for row in rows)
        return tuple(one for one in made if one is not None)

    def money(self, row: dict[str, Any]) -> dict[str, Any]:
        """The code of the currency that a row's amounts are in."""
        currency = row.get("_transactioncurrencyid_value")
        return {"transactioncurrencyid.isocurrencycode": self._known().currencies.get(currency)} if currency else {}

    def found(self, stream: str, ids: Sequence[str]) -> tuple[Record, ...]:
        """The records of these ids that are there. Raises Trouble."""
        spec = STREAMS[stream]
        return self.records(spec, listed(self._server, spec.set, spec.key, ids, spec.select))


def listed(
    server: Server, table_set: str, column: str, ids: Sequence[str], select: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """The rows of a table whose column is one of these ids, in one request. Raises Trouble."""
    parts = [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
    asked = [
        odata.query(table_set, {"select": ",".join(select), "filter": odata.among(column, some)}) for some in parts
    ]
    return server.rows(asked, table_set)


def after(found: Step, began: datetime, then: str = "") -> Cursor:
    """The cursor behind a page; where changes are not tracked and all was read, a moment."""
    if found.next:
        return Cursor(token=Place(found.next, began, then=then).token())
    if found.delta:
        return Cursor(token=Place(found.delta, since=began).token())
    return Cursor(began)


def sized(limit: int) -> int:
    """Records a page."""
    return max(1, min(limit, MOST))
