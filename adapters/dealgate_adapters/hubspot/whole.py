"""The streams that are read whole each time: the people, and what is there no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dealgate.ports import Cursor, Page, Record

from .auth import Server
from .objects import DEALS, LINE_ITEMS, OWNERS, is_id
from .streams import owner_id
from .walk import instant

PAGE = 100
_MERGED = "hs_merged_object_ids"


class People:
    """The account's owners: who works there, and who did. ``userId`` is what the history names people by."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._known: dict[str, str] | None = None
        self._read: list[Record] = []

    def page(self, cursor: Cursor | None, limit: int) -> Page:
        """Those who are there, then those who have left. Raises Trouble."""
        archived, _, after = (cursor.token if cursor else "").partition("|")
        rows, then = self._listed(archived or "false", after, min(limit, PAGE))
        if not then and archived != "true":
            then = "true|"
        elif then:
            then = f"{archived or 'false'}|{then}"
        records = tuple(map(_owner, rows))
        self._read = [*([] if cursor is None else self._read), *records]
        if not then:
            self._known = _users(self._read)
        return Page(records, Cursor(token=then), bool(then), self._server.now, self._server.api.budget)

    def owner_of(self, user: object) -> str | None:
        """The owner that a user is; None where nobody is known. Asks once."""
        if self._known is None:
            self._known = _users(self.everybody())
        return self._known.get(str(user))

    def everybody(self) -> list[Record]:
        """All of them, those who have left too. Raises Trouble."""
        page = self.page(None, PAGE)
        records = list(page.records)
        while page.more:
            before = page.next
            page = self.page(before, PAGE)
            if page.more and page.next == before:
                raise self._server.odd()
            records += page.records
        return records

    def _listed(self, archived: str, after: str, limit: int) -> tuple[list[Mapping[str, Any]], str]:
        query = {"limit": limit, "archived": archived, **({"after": after} if after else {})}
        said = self._server.read("GET", "/crm/v3/owners", query)
        rows = self._server.rows(said)
        if not all(is_id(str(row["id"])) for row in rows):
            raise self._server.odd()
        return rows, str(((said.get("paging") or {}).get("next") or {}).get("after") or "")


def _users(people: Sequence[Record]) -> dict[str, str]:
    names = ("userId", "userIdIncludingInactive")
    pairs = [(str(one.data[name]), str(one.data["id"])) for name in names for one in people if one.data.get(name)]
    return dict(reversed(pairs))


def _owner(row: Mapping[str, Any]) -> Record:
    teams = row.get("teams") or []
    main = next((team.get("name") for team in teams if team.get("primary")), None)
    data = {name: value for name, value in row.items() if not isinstance(value, (list, dict))}
    data["name"] = " ".join(str(row[part]) for part in ("firstName", "lastName") if row.get(part)) or None
    data["team"] = main or (teams[0].get("name") if teams else None)
    data["id"] = str(row["id"])
    return Record(OWNERS, owner_id(row["id"]), data, instant(row.get("updatedAt")))


def deletions(server: Server, cursor: Cursor | None, limit: int, *, items: bool = True) -> Page:
    """Deals, and line ``items``, in the bin, where HubSpot keeps them for 90 days; and deals that went into another.

    Raises Trouble.
    """
    ways = [name for name in _GONE if items or name != LINE_ITEMS.name]
    way, _, after = (cursor.token if cursor else "").partition("|")
    way = way if way in ways else ways[0]
    records, then = _merged(server, after, limit) if way == _MERGED else _archived(way, server, after, limit)
    if then:
        token = f"{way}|{then}"
    else:
        token = "".join(f"{name}|" for name in ways[ways.index(way) + 1 :][:1])
    return Page(tuple(records), Cursor(token=token), bool(token), server.now, server.api.budget)


def _archived(kind: str, server: Server, after: str, limit: int) -> tuple[list[Record], str]:
    query = {"archived": "true", "limit": min(limit, PAGE), **({"after": after} if after else {})}
    said = server.read("GET", f"/crm/v3/objects/{kind}", query)
    made = []
    for row in server.rows(said):
        ident, at = str(row["id"]), row.get("archivedAt")
        deal = ident if kind == DEALS.name else None
        made.append(Record(kind, ident, {"id": ident, "archivedAt": at}, instant(at), deal, gone=True))
    return made, str(((said.get("paging") or {}).get("next") or {}).get("after") or "")


def _merged(server: Server, after: str, limit: int) -> tuple[list[Record], str]:
    filters = [{"propertyName": _MERGED, "operator": "HAS_PROPERTY"}]
    if after:
        filters.append({"propertyName": "hs_object_id", "operator": "GT", "value": after})
    body = {
        "filterGroups": [{"filters": filters}], "properties": [_MERGED, DEALS.moment], "limit": min(limit, 200),
        "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
    }  # fmt: skip
    said = server.read("POST", f"/crm/v3/objects/{DEALS.name}/search", body=body)
    rows, made = server.rows(said), list[Record]()
    for row in rows:
        held = row.get("properties") or {}
        for one in str(held.get(_MERGED) or "").split(";"):
            if is_id(one.strip()) and one.strip() != str(row["id"]):
                data = {"id": one.strip(), "merged_into": str(row["id"])}
                made.append(
                    Record(DEALS.name, one.strip(), data, instant(held.get(DEALS.moment)), one.strip(), gone=True)
                )
    return made, str(rows[-1]["id"]) if rows and (said.get("paging") or {}).get("next") else ""


_GONE = (DEALS.name, LINE_ITEMS.name, _MERGED)
