"""What Tryton keeps of every opportunity: each revision, when, by whom, and what it was then.

The server lists revisions of many records at once, but gives their values only as of one moment a request. A revision
holds from its moment until the next one; a moment that lies within the spans of many is asked once for all of them, and
the moments are chosen so that they are the fewest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from dealgate.model.struct import Struct
from dealgate.ports import Cursor, Page, Record

from .rpc import Server
from .streams import DEAL, Reader, flat

TABLE = "sale.opportunity__history"
TOLD = ("state", "amount", "currency", "end_date", "conversion_probability", "employee")
"""A revision that changes one of these is a record."""
DEALS = 200
"""Deals a page: a page is done again when it is broken off."""
_BRIEF = timedelta(microseconds=1)


class Revision(Struct):
    """An opportunity from ``at`` on. ``row``: what it was; ``version``: what a write can be made to depend on."""

    deal: int
    at: datetime
    row: Mapping[str, Any]

    @property
    def user(self) -> int | None:
        """Who made it."""
        by = self.row.get("write_uid") or self.row.get("create_uid")
        return by if isinstance(by, int) else None

    @property
    def version(self) -> str | None:
        """The version the record had by it."""
        version = self.row.get("_timestamp")
        return version if isinstance(version, str) else None


def revisions(server: Server, deals: Sequence[int], names: Sequence[str] = TOLD) -> dict[int, list[Revision]]:
    """By opportunity its revisions, oldest first, with these fields. Raises Trouble."""
    if not deals:
        return {}
    told = server.ask(f"model.{DEAL}.history_revisions", list(deals))
    if not isinstance(told, list):
        raise server.odd()
    moments: dict[int, set[datetime]] = {}
    for at, ident, *_ in told:
        moments.setdefault(ident, set()).add(at)
    spans: list[tuple[int, datetime, datetime | None]] = []
    for ident, found in moments.items():
        ordered = sorted(found)
        spans += zip([ident] * len(ordered), ordered, [*ordered[1:], None], strict=True)
    wanted = [*names, "currency.code", "write_uid", "create_uid", "_timestamp"]
    by_deal: dict[int, list[Revision]] = {ident: [] for ident in moments}
    for moment, mine in stabbed(spans):
        rows = server.ask(
            f"model.{DEAL}.read", [ident for ident, _ in mine], wanted, context={**server.context, "_datetime": moment}
        )
        as_of = {row["id"]: row for row in rows}
        for ident, at in mine:
            if ident in as_of:
                by_deal[ident].append(Revision(ident, at, as_of[ident]))
    for mine_ in by_deal.values():
        mine_.sort(key=lambda one: one.at)
    return by_deal


def stabbed(
    spans: Sequence[tuple[int, datetime, datetime | None]],
) -> list[tuple[datetime, list[tuple[int, datetime]]]]:
    """The fewest moments of which each span, from its beginning until before its end, holds one; and which they are.

    The classic greedy rule: the last moment of the span that ends first, then the next that it left out.
    """
    left = sorted(spans, key=lambda one: (one[2] is None, one[2] or one[1], one[0], one[1]))
    found: list[tuple[datetime, list[tuple[int, datetime]]]] = []
    while left:
        end = left[0][2]
        # those that still hold end last; one moment does for all that are left then
        moment = end - _BRIEF if end is not None else max(at for _, at, _ in left)
        found.append((moment, [(ident, at) for ident, at, _ in left if at <= moment]))
        left = [one for one in left if one[1] > moment]
    return found


def changes(reader: Reader, found: Mapping[int, Sequence[Revision]]) -> tuple[Record, ...]:
    """A record for each revision that tells something new."""
    made = []
    for ident, mine in found.items():
        before: tuple[Any, ...] | None = None
        for one in mine:
            now = tuple(one.row.get(name) for name in TOLD)
            if one.row.get("state") is None or now == before:
                continue  # deleted and brought back, or nothing of this
            before = now
            made.append(_record(reader, ident, one))
    return tuple(sorted(made, key=lambda record: (record.modified, record.id)))


def _record(reader: Reader, ident: int, one: Revision) -> Record:
    data = {name: value for name, value in flat(one.row).items() if name.partition(".")[0] in TOLD}
    name = f"{ident}@{one.at.isoformat()}"
    data |= {"id": name, "opportunity": ident, "at": one.at.isoformat(), "user": one.user}
    data["employee.user"] = reader.user_of(one.row.get("employee"))
    return Record(TABLE, name, data, one.at, str(ident))


def page(server: Server, reader: Reader, cursor: Cursor | None, limit: int) -> Page:
    """The history of the opportunities that changed after the cursor, which counts opportunities. Raises Trouble."""
    rows, more, after, now = reader.rows(DEAL, [], cursor, min(limit, DEALS))
    found = revisions(server, [row["id"] for row in rows])
    return Page(changes(reader, found), after, more, now)
