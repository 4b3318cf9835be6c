"""Walking over an object's records by the moment of their last change, through HubSpot's search.

A search gives 200 records at most, can be sorted by one property, and goes no further than 10,000 records by its own
pages. So each request is a search of its own, for what comes after the last moment that was seen; an offset would lose
a record whenever one before it is changed meanwhile. Among records of one moment there is no order unless they are
asked for by id: where a page ends among them, they are.

What was written a moment ago is not found yet. So what a walk has seen for sure is what was written before it began,
less INDEXED. Where a walk began travels in the token of its cursors.

Read in the documentation and in other programs, not seen on an account: that filters take moments to the millisecond,
and ids in NOT_IN; that a change of any property moves the moment; that `num_associated_deals` counts in a search.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

from dealgate.model.struct import Struct
from dealgate.ports import Cursor, Trouble

from .auth import Server
from .objects import Kind, is_id

MOST = 200
"""Records a search."""
TIED = 100
"""Ids that are named in one filter."""
INDEXED = timedelta(seconds=30)
"""How long HubSpot may take until a search finds what was written; it speaks of a few moments. The engine begins five
minutes before that again, so that only an index that lags longer could hide a change, until the next full pull."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
Row = Mapping[str, Any]
Filter = Mapping[str, Any]


class Walked(Struct):
    """Some records in the order of (moment, id). ``began``: when the walk did, by HubSpot's clock."""

    rows: tuple[Row, ...]
    after: Cursor
    more: bool
    began: datetime
    total: int | None = None

    @property
    def mark(self) -> datetime:
        """Up to when all is known, once ``more`` is False."""
        return self.began - INDEXED


def walk(
    server: Server, kind: Kind, names: Sequence[str], cursor: Cursor | None, limit: int, only: Sequence[Filter] = ()
) -> Walked:
    """The next records after a cursor, ``limit`` at most. ``only``: filters that all must pass. Raises Trouble."""

    def search(groups: Sequence[Sequence[Filter]], by: str, most: int) -> tuple[list[Row], bool, int | None]:
        groups = [[*only, *group] for group in groups]
        body = {
            "filterGroups": [{"filters": group} for group in groups if group],
            "sorts": [{"propertyName": by, "direction": "ASCENDING"}],
            "properties": [*dict.fromkeys((*names, kind.moment))],
            "limit": most,
        }
        said = server.read("POST", f"/crm/v3/objects/{kind.name}/search", body=body)
        rows = server.rows(said)
        if not all(is_id(str(row["id"])) for row in rows):
            raise server.odd()
        total = said.get("total")
        return rows, bool((said.get("paging") or {}).get("next")), total if isinstance(total, int) else None

    return _Walk(kind, cursor or Cursor(), max(1, limit), search, server).run()


class _Walk:
    def __init__(
        self, kind: Kind, cursor: Cursor, limit: int,
        search: Callable[[Sequence[Sequence[Filter]], str, int], tuple[list[Row], bool, int | None]], server: Server,
    ) -> None:  # fmt: skip
        self.kind, self.cursor, self.limit, self.search, self.server = kind, cursor, limit, search, server
        self.began = began(cursor)

    def run(self) -> Walked:
        # of a small page one record more is read, which tells whether the last moment is read to its end
        want = self.limit + 1 if self.limit < MOST else self.limit - self.limit % MOST
        rows: list[Row] = []
        groups, total, more = self._after(), None, True
        while more and len(rows) < want:
            found, more, told = self.search(groups, self.kind.moment, min(MOST, want - len(rows)))
            self.began = self.began or self.server.now
            total = told if not rows else total
            more = more and bool(found)
            rows += found
            tied = self._last(rows)
            if more and len(tied) > TIED:
                break
            groups = self._beyond(rows[-1], tied) if more else []
        rows.sort(key=self._key)
        if more and rows:
            return self._cut(rows, total)
        if len(rows) > self.limit:
            rows = rows[: self.limit]
            return self._walked(rows, self._behind(rows[-1]), True, total)
        after = self._behind(rows[-1]) if rows else self.cursor
        return self._walked(rows, after.replace(token=""), False, total)

    def _last(self, rows: Sequence[Row]) -> list[str]:
        """The ids of the records of the last moment."""
        last = self._at(rows[-1]) if rows else None
        return [str(row["id"]) for row in takewhile(lambda row: self._at(row) == last, reversed(rows))]

    def _cut(self, rows: list[Row], total: int | None) -> Walked:
        """A page that ends where the last moment begins, for there may be more of it; or among its records, by id."""
        last = self._at(rows[-1])
        whole = [row for row in rows if self._at(row) < last]
        if whole:
            return self._walked(whole[: self.limit], Cursor(last), True, total)
        return self._tied(last, total)

    def _tied(self, at: datetime, total: int | None) -> Walked:
        """Records of one moment, by id. What is left of it, or comes after it, is for the next page."""
        floor, rows, more = self.cursor.id if self.cursor.at == at else "", list[Row](), True
        while more and len(rows) < self.limit:
            group = [_is(self.kind.moment, "EQ", ms(at)), *([_is("hs_object_id", "GT", floor)] if floor else [])]
            found, more, _ = self.search([group], "hs_object_id", min(self.limit - len(rows), MOST))
            rows += sorted(found, key=self._key)
            floor = str(rows[-1]["id"]) if rows else ""
            more = more and bool(found)
        return self._walked(rows, self._behind(rows[-1]) if rows else Cursor(at + _MS), True, total)

    def _walked(self, rows: Sequence[Row], after: Cursor, more: bool, total: int | None) -> Walked:
        began = self.began or self.server.now
        if more:
            after = after.replace(token=began.isoformat())
        return Walked(tuple(rows), after, more, began, total if self.cursor.at is None else None)

    def _after(self) -> list[list[Filter]]:
        at, name = self.cursor.at, self.kind.moment
        if at is None:
            return [[]]
        if not self.cursor.id:
            return [[_is(name, "GTE", ms(at))]]
        return [[_is(name, "GT", ms(at))], [_is(name, "EQ", ms(at)), _is("hs_object_id", "GT", self.cursor.id)]]

    def _beyond(self, row: Row, tied: Sequence[str]) -> list[list[Filter]]:
        at, name = self._at(row), self.kind.moment
        same = [_is(name, "EQ", ms(at)), {"propertyName": "hs_object_id", "operator": "NOT_IN", "values": list(tied)}]
        if self.cursor.id and self.cursor.at == at:
            same.append(_is("hs_object_id", "GT", self.cursor.id))
        return [[_is(name, "GT", ms(at))], same]

    def _behind(self, row: Row) -> Cursor:
        return Cursor(self._at(row), str(row["id"]))

    def _at(self, row: Row) -> datetime:
        return moment_of(self.kind, row)

    def _key(self, row: Row) -> tuple[datetime, int]:
        return self._at(row), int(row["id"])


def began(cursor: Cursor | None) -> datetime | None:
    """When the walk of a cursor began; None where it begins now. Raises Trouble."""
    if cursor is None or not cursor.token:
        return None
    try:
        return datetime.fromisoformat(cursor.token)
    except ValueError:
        raise Trouble("expired", "The place where this pull stood cannot be read.", "run it again") from None


def moment_of(kind: Kind, row: Row) -> datetime:
    """When a record was last changed."""
    said = (row.get("properties") or {}).get(kind.moment) or row.get("updatedAt")
    found = instant(said)
    if found is None:
        raise Trouble("odd", f"A record of HubSpot's {kind.name} has no moment.", "report it to the adapter's author")
    return found


def instant(said: object) -> datetime | None:
    """A moment as HubSpot writes it."""
    try:
        found = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None
    return None if found is None else found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def ms(at: datetime) -> str:
    """A moment as a filter takes it. What is finer than a millisecond is cut off, so that none is missed."""
    return str((at - _EPOCH) // _MS)


def _is(name: str, operator: str, value: str) -> Filter:
    return {"propertyName": name, "operator": operator, "value": value}
