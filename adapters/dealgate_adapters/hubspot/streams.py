"""The streams that are objects of HubSpot's: records by keyset, with what they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dealgate.ports import Cursor, Page, Record

from .._api import at_once
from .auth import Server
from .links import AT_ONCE, Linked, chunked, linked, primary
from .objects import COMPANIES, CONTACTS, DEALS, LINE_ITEMS, ROLES, STREAMS, Kind, is_id, is_name
from .walk import Filter, Row, Walked, moment_of, walk

LARGEST = 2_000
"""Records a page: it is done again when it is broken off."""
BATCH = 100
WALKS = 128
"""Pages of deals whose ids are remembered for the streams that go by deal: some ten MB."""
_WITH_DEALS: Filter = {"propertyName": "num_associated_deals", "operator": "GTE", "value": "1"}


class Reader:
    """Reads streams. Remembers which properties there are, and which deals a pull has just walked over."""

    def __init__(self, server: Server, more: Sequence[str], key: str) -> None:
        """``more``: properties of deals besides; ``key``: the one that holds our keys, which is none of theirs."""
        self.server, self._more, self._key = server, tuple(more), key
        self._names: dict[str, tuple[str, ...]] = {}
        self._walks: dict[tuple[Cursor | None, int], tuple[Walked, str, set[str]]] = {}
        self._totals: dict[str, int | None] = {}

    def page(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        """A page of a stream. Raises Trouble."""
        limit = max(1, min(limit, LARGEST))
        if stream == "deal_contacts":
            walked = self.deals(stream, cursor, limit)
            # a contact that was taken off a deal leaves no trace but that it is not among these
            return self.paged(stream, walked, self.roles(walked.rows), [str(row["id"]) for row in walked.rows])
        kind = STREAMS[stream]
        only = [_WITH_DEALS] if stream in ("accounts", "contacts") else []
        walked = walk(self.server, kind, self.names(kind), cursor, limit, only)
        if stream == "deals" and (len(self._walks) < WALKS or (cursor, limit) in self._walks):
            bare = " ".join(f"{row['id']}@{moment_of(kind, row).isoformat()}" for row in walked.rows)
            self._walks[cursor, limit] = (walked.replace(rows=()), bare, set())
        return self.paged(stream, walked, self.records(stream, walked.rows))

    def paged(self, stream: str, walked: Walked, records: Sequence[Record], all_of: Sequence[str] = ()) -> Page:
        """Records that a walk came upon, as a page; ``all_of``: deals of which they are all."""
        if walked.total is not None:
            self._totals[stream] = walked.total
        return Page(
            tuple(records), walked.after, walked.more, walked.mark, self.server.api.budget, self._totals.get(stream),
            tuple(all_of),
        )  # fmt: skip

    def deals(self, stream: str, cursor: Cursor | None, limit: int) -> Walked:
        """The deals that changed, for a stream that goes by deal: those that were just read, once, else anew."""
        walked, bare, users = self._walks.get((cursor, limit), (None, "", set()))
        if walked is not None and stream not in users:
            users.add(stream)
            pairs = (one.split("@") for one in bare.split())
            return walked.replace(rows=tuple({"id": ident, "updatedAt": at} for ident, at in pairs))
        return walk(self.server, DEALS, (), cursor, limit)

    # ------------------------------------------------ records

    def names(self, kind: Kind) -> tuple[str, ...]:
        """The properties to ask for: those that are named, and the account's own."""
        if kind.name not in self._names:
            own = [
                str(one["name"]) for one in self.properties(kind)
                if not one.get("hubspotDefined") and one.get("name") != self._key and is_name(str(one["name"]))
            ]  # fmt: skip
            more = self._more if kind is DEALS else ()
            self._names[kind.name] = tuple(dict.fromkeys((*kind.properties, *more, *own)))
        return self._names[kind.name]

    def properties(self, kind: Kind) -> Sequence[Mapping[str, Any]]:
        """The properties that an object has in this account."""
        return self.server.rows(self.server.read("GET", f"/crm/v3/properties/{kind.name}"), "name")

    def records(self, stream: str, rows: Sequence[Row]) -> list[Record]:
        """Rows of an object as records, with what they belong to. Raises Trouble."""
        kind, ids = STREAMS[stream], [str(row["id"]) for row in rows]
        names = self.names(kind)
        if kind is DEALS:
            companies = linked(self.server, "deals", "companies", ids) if ids else {}
            return [_deal(valued(row, names), row, companies.get(str(row["id"]), ())) for row in rows]
        if kind is LINE_ITEMS:
            deals = linked(self.server, "line_items", "deals", ids) if ids else {}
            # an item of a quote alone belongs to no deal
            return [
                Record(
                    kind.name, ident, {**valued(row, names), "associations.deal": deals[ident][0].id},
                    moment_of(kind, row), deals[ident][0].id,
                )
                for ident, row in zip(ids, rows, strict=True) if deals.get(ident)
            ]  # fmt: skip
        return [Record(kind.name, kind.id(str(row["id"])), valued(row, names), moment_of(kind, row)) for row in rows]

    def roles(self, rows: Sequence[Row]) -> list[Record]:
        """For deals, their contacts: a record for each label that one has there."""
        ids = [str(row["id"]) for row in rows]
        found = linked(self.server, "deals", "contacts", ids) if ids else {}
        made = []
        for row in rows:
            deal = str(row["id"])
            for one in found.get(deal, ()):
                named = sorted((type_, label) for type_, label, _ in one.labels if label)
                for type_, label in named or [(0, "")]:
                    data = {"deal": deal, "contact": one.id, "label": label or None, "type": type_}
                    ident = f"{deal}/{one.id}/{type_}"
                    made.append(Record(ROLES, ident, data, moment_of(DEALS, row), deal, (CONTACTS.id(one.id),)))
        return made

    # ------------------------------------------------ again

    def found(self, stream: str, ids: Sequence[str]) -> list[Record]:
        """The records of these ids that are there, as a pull gives them. Raises Trouble."""
        kind = STREAMS[stream]
        return self.records(stream, self.rows(kind, [one.rpartition(":")[2] for one in ids], self.names(kind)))

    def rows(self, kind: Kind, ids: Sequence[str], names: Sequence[str]) -> list[Row]:
        """Rows by their ids; what is no id, or is not there, is left out."""
        inputs = [{"id": ident} for ident in dict.fromkeys(ids) if is_id(ident)]
        path, wanted = f"/crm/v3/objects/{kind.name}/batch/read", [*dict.fromkeys((*names, kind.moment))]
        calls = [
            lambda some=some: self.server.read("POST", path, body={"inputs": some, "properties": wanted})
            for some in chunked(inputs, BATCH)
        ]
        return [row for said in at_once(calls, AT_ONCE) for row in self.server.rows(said)]


def valued(row: Row, names: Sequence[str]) -> dict[str, Any]:
    """A record's values, all of them texts as HubSpot writes them, and ``id``; what the account has not is nothing."""
    return {"id": str(row["id"]), **dict.fromkeys(names), **(row.get("properties") or {})}


def _deal(data: dict[str, Any], row: Row, companies: Sequence[Linked]) -> Record:
    links = [COMPANIES.id(one.id) for one in companies]
    if data.get("hubspot_owner_id"):
        links.append(owner_id(data["hubspot_owner_id"]))
    at, ident = moment_of(DEALS, row), str(row["id"])
    data["associations.company"] = primary(companies)
    return Record("deals", ident, data, at, ident, tuple(links), version=at.isoformat())


def owner_id(ident: object) -> str:
    """An owner's id as ours: people and companies count alike."""
    return f"owner:{ident}"
