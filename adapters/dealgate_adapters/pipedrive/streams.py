"""What is read of Pipedrive, listing by listing: in which order, where a listing stands, what a record points to.

Version 2 lists by (update_time, id): ``updated_since`` takes the moment itself along, and its cursor, which is opaque
to us, stands behind a record. A pull goes on with that cursor and with the very words that it began with; the next pull
begins with a moment. Archived deals are a listing of their own, which comes after the other one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from dealgate.model.struct import Struct, field
from dealgate.ports import Cursor, Page, Record, Trouble

from .rest import Server, following
from .values import flat, moment, number_of, shared_id, stamp, version_of

MOST = 500
"""Records a request."""
IDS = 100
"""Ids a request."""
USERS, ORGANIZATIONS, PERSONS, DEALS = "users", "organizations", "persons", "deals"
LINKS: Mapping[str, str] = {"org_id": ORGANIZATIONS, "person_id": PERSONS, "owner_id": USERS}
"""By field of a deal or lead, the table it points to."""
ALL = "open,won,lost,deleted"
"""Every status. Deleted deals are listed for 30 days; then Pipedrive forgets them."""


class Listing(Struct):
    """A listing of version 2. ``table`` is its path, and what a mapping calls it; ``about``: for a person."""

    table: str
    shared: bool = False
    query: Mapping[str, str] = field(default_factory=dict)
    archive: bool = False
    """Whether what is archived is listed apart."""


LISTINGS: Mapping[str, Listing] = {
    "accounts": Listing(ORGANIZATIONS, shared=True),
    "contacts": Listing(PERSONS, shared=True),
    "deals": Listing(DEALS, query={"status": ALL}, archive=True),
    "activities": Listing("activities"),
}


class Place(Struct):
    """Where a listing stands: read ``since`` a moment, in its ``part`` (0, or 1 for what is archived), behind
    ``cursor``. ``mark``: the server's moment when the part before was at its end."""

    since: str = ""
    part: int = 0
    mark: str = ""
    cursor: str = ""

    @property
    def token(self) -> str:
        """As a cursor holds it."""
        return json.dumps([self.since, self.part, self.mark, self.cursor])


class Names(Struct):
    """Pipelines and stages by their ids. ``changed``: when one was changed last."""

    stages: Mapping[int, Mapping[str, Any]]
    pipelines: Mapping[int, Mapping[str, Any]]
    changed: datetime | None = None


class Reader:
    """Reads listings. ``archived``: whether archived deals are read too."""

    def __init__(self, server: Server, *, archived: bool) -> None:
        self._server, self._archived = server, archived
        self._names: Names | None = None
        # stages that deals stand in and that are listed nowhere, as of a pipeline that was deleted
        self._missed: frozenset[Any] = frozenset()

    def page(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        """A page of a listing. Raises Trouble."""
        listing = LISTINGS[stream]
        if stream == "deals" and (cursor is None or not cursor.token):
            self._named_anew(cursor)
        rows, after, more, mark = self.rows(listing, cursor, limit)
        return Page(tuple(self.records(listing, rows)), after, more, mark, self._server.api.budget)

    def rows(
        self, listing: Listing, cursor: Cursor | None, limit: int, most: int = MOST, **query: str
    ) -> tuple[list[dict[str, Any]], Cursor, bool, datetime]:
        """Rows behind the cursor, oldest change first; the cursor behind them; whether there are more; the server's
        moment up to which the listing is complete at its end. Raises Trouble."""
        place = place_of(cursor)
        # the archive is documented with the parameters of the other listing; what it does with deleted deals is not
        parts = ("", "/archived") if listing.archive and self._archived else ("",)
        asked: dict[str, Any] = {
            "limit": max(1, min(limit, most)), "sort_by": "update_time", "sort_direction": "asc",
            **listing.query, **query,
        }  # fmt: skip
        if place.since:
            asked["updated_since"] = place.since
        if place.cursor:
            asked["cursor"] = place.cursor
        said = self._part(listing, place.part, parts, asked)
        rows, onward, now = self._server.rows(said), following(said), self._server.api.now
        mark = (moment(place.mark) if place.part else now) or now
        last = rows[-1] if rows else None
        at = changed(last) if last else (cursor.at if cursor else None)
        ident = str(last["id"]) if last else (cursor.id if cursor else "")
        if onward:
            place = place.replace(cursor=onward)
        elif place.part + 1 < len(parts):
            place = Place(place.since, place.part + 1, now.isoformat())
        else:
            return rows, Cursor(at, ident), False, mark
        return rows, Cursor(at, ident, place.token), True, mark

    def _part(self, listing: Listing, part: int, parts: Sequence[str], asked: Mapping[str, Any]) -> Mapping[str, Any]:
        if part >= len(parts):
            return {}  # what is archived was asked for when the pull began, and is not any more
        what = f"archived {listing.table}" if part else listing.table
        try:
            return self._server.read(what, f"v2/{listing.table}{parts[part]}", asked)
        except Trouble as trouble:
            if part and trouble.kind == "gone":
                return {}  # an account that has no archive
            raise

    def found(self, stream: str, ids: Sequence[int]) -> list[Record]:
        """The records of these ids that are there, a hundred a request. Raises Trouble."""
        listing = LISTINGS[stream]
        rows = self.deals(ids) if listing.archive else self._by_ids(listing, 0, ids)
        return [record for record in self.records(listing, rows) if not record.gone]

    def deals(self, ids: Sequence[int], *more: str) -> list[dict[str, Any]]:
        """The deals of these ids that are there, archived ones too; ``more``: fields to include. Raises Trouble."""
        listing, query = LISTINGS["deals"], {"include_fields": ",".join(more)} if more else {}
        rows = self._by_ids(listing, 0, ids, query)
        left = sorted(set(ids) - {row["id"] for row in rows})
        return rows + (self._by_ids(listing, 1, left, query) if left and self._archived else [])

    def _by_ids(
        self, listing: Listing, part: int, ids: Sequence[int], query: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        rows = []
        for start in range(0, len(ids), IDS):
            asked = {"ids": ",".join(map(str, ids[start : start + IDS])), "limit": IDS, **(query or {})}
            rows += self._server.rows(self._part(listing, part, ("", "/archived"), asked))
        return rows

    def records(self, listing: Listing, rows: Sequence[Mapping[str, Any]]) -> list[Record]:
        """Rows as records."""
        names = self.names({row.get("stage_id") for row in rows}) if listing.table == DEALS else None
        made = []
        for row in rows:
            data = flat(row)
            ident = shared_id(listing.table, row["id"]) if listing.shared else str(row["id"])
            deal, version = None, None
            if names is not None:
                data |= names_of(names, row)
                deal, version = ident, version_of(row)
            elif listing.table == "activities":
                owner = row.get("deal_id") or row.get("lead_id")
                deal = None if owner is None else str(owner)
            gone = row.get("is_deleted") is True or row.get("status") == "deleted"
            made.append(
                Record(listing.table, ident, data, changed(row), deal, links(row) if deal else (), gone, version)
            )
        return made

    # ------------------------------------------------ stages

    def names(self, stages: Iterable[Any] = ()) -> Names:
        """Pipelines and stages; read again where one of ``stages`` is not known. Raises Trouble."""
        held = self._names
        unknown = {one for one in stages if isinstance(one, int)} - set(held.stages if held else ())
        if held is None or (unknown and not unknown <= self._missed):
            held = self._names = self._read_names()
            self._missed = frozenset(unknown - set(held.stages))
        return held

    def _read_names(self) -> Names:
        stages = self._server.all("stages", "v2/stages")
        pipelines = self._server.all("pipelines", "v2/pipelines")
        moments = [at for row in (*stages, *pipelines) if (at := changed(row)) is not None]
        return Names(
            {row["id"]: row for row in stages}, {row["id"]: row for row in pipelines}, max(moments, default=None)
        )

    def _named_anew(self, cursor: Cursor | None) -> None:
        """Reads the names at the beginning of a pull. A stage's new name changes no deal, so deals that were read under
        the old one are read again. Raises Trouble."""
        self._names = None
        last = self.names().changed
        if cursor is not None and cursor.at is not None and last is not None and last >= cursor.at:
            raise Trouble(
                "expired",
                "A stage or pipeline of Pipedrive was changed since deals were read.",
                "read from the beginning",
            )


def place_of(cursor: Cursor | None) -> Place:
    """Where a cursor stands. Raises Trouble where it is none of ours."""
    if cursor is None or (not cursor.token and cursor.at is None):
        return Place()
    if not cursor.token:
        return Place(stamp(cursor.at)) if cursor.at is not None else Place()
    try:
        since, part, mark, behind = json.loads(cursor.token)
        return Place(str(since), int(part), str(mark), str(behind))
    except (ValueError, TypeError):
        raise Trouble("expired", "The cursor of this source cannot be read.", "read from the beginning") from None


def changed(row: Mapping[str, Any]) -> datetime | None:
    """The moment of a row's last change."""
    return moment(row.get("update_time")) or moment(row.get("add_time"))


def links(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids of the shared records that a deal or lead points to."""
    return tuple(shared_id(table, row[name]) for name, table in LINKS.items() if isinstance(row.get(name), int))


def names_of(names: Names, row: Mapping[str, Any]) -> dict[str, Any]:
    """The names of a deal's stage and pipeline, for Pipedrive gives their ids alone."""
    stage = names.stages.get(row.get("stage_id") or 0, {})
    pipeline = names.pipelines.get(row.get("pipeline_id") or stage.get("pipeline_id") or 0, {})
    return {"stage.name": stage.get("name"), "pipeline.name": pipeline.get("name")}


def numbers(ids: Sequence[str]) -> list[int]:
    """The numbers in ids of ours, each once, in order."""
    return sorted({number for one in ids if (number := number_of(one)) is not None})
