"""What belongs to a deal and is asked for by deal: who takes part in it, and its products.

Both follow the deals that changed after the cursor, and only those that have any: the listing of deals counts them
along. Products of a hundred deals come in one request; who takes part, beside the person that the deal names, costs a
request a deal. What was taken away from a deal leaves no trace but that it is not among what the deal has: it is found
when the deal changes next, else by a full pull.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from dealgate.ports import Cursor, Page, Record

from .._api import at_once
from .rest import AT_ONCE, Server, following
from .streams import IDS, LISTINGS, PERSONS, Reader, changed
from .values import flat, shared_id

PARTICIPANTS, PRODUCTS = "deal_participants", "deal_products"


def participants(server: Server, reader: Reader, cursor: Cursor | None, limit: int) -> Page:
    """Who takes part in the deals that changed after the cursor, which counts deals. Raises Trouble."""
    rows, after, more, mark = reader.rows(LISTINGS["deals"], cursor, limit, include_fields="participants_count")
    return Page(tuple(people(server, rows)), after, more, mark, server.api.budget, all_of=_ids(rows))


def people(server: Server, rows: Sequence[Mapping[str, Any]]) -> list[Record]:
    """Who takes part in these deals, which come with their ``participants_count``. Raises Trouble."""
    live = _live(rows)
    # the person that a deal names is counted among those who take part: not documented, but seen in answers of v1
    many = [row for row in live if _count(row, "participants_count") > (1 if row.get("person_id") else 0)]
    others = at_once([partial(_participants, server, row) for row in many], AT_ONCE)
    by_deal = {row["id"]: found for row, found in zip(many, others, strict=True)}
    return [one for row in live for one in _people(row, by_deal.get(row["id"], []))]


def _participants(server: Server, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    path = f"v1/deals/{int(row['id'])}/participants"
    pages = server.pages(lambda place: server.read("participants of deals", path, place))
    return [one for some in pages for one in some]


def _people(row: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> list[Record]:
    """A record for each person once, the one whom the deal names first."""
    people: dict[int, Any] = {row["person_id"]: None} if row.get("person_id") else {}
    for other in others:
        person = other.get("person_id")
        # version 1 gives a person whole, with the id as its value
        ident = person.get("value") if isinstance(person, dict) else person
        if isinstance(ident, int):
            people[ident] = other.get("add_time")
    deal, made = str(row["id"]), []
    for ident, since in people.items():
        data = {
            "deal_id": row["id"], "person_id": ident, "primary": ident == row.get("person_id"), "add_time": since,
        }  # fmt: skip
        made.append(Record(PARTICIPANTS, f"{deal}/{ident}", data, changed(row), deal, (shared_id(PERSONS, ident),)))
    return made


def products(server: Server, reader: Reader, cursor: Cursor | None, limit: int) -> Page:
    """The products of the deals that changed after the cursor, which counts deals. Raises Trouble."""
    rows, after, more, mark = reader.rows(LISTINGS["deals"], cursor, limit, include_fields="products_count")
    having = [row["id"] for row in _live(rows) if _count(row, "products_count")]
    calls = [partial(_products, server, having[at : at + IDS]) for at in range(0, len(having), IDS)]
    made = [one for some in at_once(calls, AT_ONCE) for one in some]
    return Page(tuple(made), after, more, mark, server.api.budget, all_of=_ids(rows))


def _products(server: Server, deals: Sequence[int]) -> list[Record]:
    found, cursor = [], ""
    while True:
        asked = {"deal_ids": ",".join(map(str, deals)), "limit": 500, **({"cursor": cursor} if cursor else {})}
        said = server.read("products of deals", "v2/deals/products", asked)
        for row in server.rows(said):
            found.append(Record(PRODUCTS, str(row["id"]), flat(row), changed(row), str(row["deal_id"])))
        onward = following(said)
        if not onward or onward == cursor:
            return found
        cursor = onward


def _live(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in rows if row.get("is_deleted") is not True and row.get("status") != "deleted"]


def _ids(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(str(row["id"]) for row in _live(rows))


def _count(row: Mapping[str, Any], name: str) -> int:
    """How many there are; one too many where it is not told, so that it is asked."""
    value = row.get(name)
    return value if isinstance(value, int) else 2
