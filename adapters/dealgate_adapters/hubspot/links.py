"""What belongs to what: HubSpot's associations (v4), up to a thousand records a request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dealgate.model.struct import Struct

from .._api import at_once
from .auth import Server

MOST = 1_000
AT_ONCE = 4
"""Requests at a time: far below what HubSpot allows in ten seconds, so that other apps get theirs."""
PRIMARY = 5
"""The type of the association between a deal and its primary company."""
T = Any


class Linked(Struct):
    """A record that another is associated with. ``labels``: (type, its label or None, who defined it)."""

    id: str
    labels: tuple[tuple[int, str | None, str], ...]


def linked(server: Server, kind: str, to: str, ids: Sequence[str]) -> dict[str, list[Linked]]:
    """By record, those of another object that it is associated with, by id. Raises Trouble."""
    found: dict[str, list[Linked]] = {}
    inputs = [{"id": ident} for ident in dict.fromkeys(ids)]
    asked: set[tuple[str, str]] = set()
    path = f"/crm/v4/associations/{kind}/{to}/batch/read"
    while inputs:
        chunks = list(chunked(inputs, MOST))
        calls = [lambda some=some: server.read("POST", path, body={"inputs": some}) for some in chunks]
        inputs = []
        try:
            for row in (row for said in at_once(calls, AT_ONCE) for row in said.get("results") or ()):
                ident = str(row["from"]["id"])
                found.setdefault(ident, []).extend(_one(to_) for to_ in row.get("to") or ())
                after = ((row.get("paging") or {}).get("next") or {}).get("after")
                if after and (ident, str(after)) in asked:
                    raise server.odd()  # it gives the same ones for ever
                if after:
                    asked.add((ident, str(after)))
                    inputs.append({"id": ident, "after": after})
        except (AttributeError, KeyError, TypeError, ValueError):
            raise server.odd() from None
    for mine in found.values():
        mine.sort(key=lambda one: int(one.id))
    return found


def _one(said: Any) -> Linked:
    types = tuple(
        (int(one["typeId"]), one.get("label") or None, str(one.get("category", "")))
        for one in said.get("associationTypes") or ()
    )
    return Linked(str(int(said["toObjectId"])), types)


def primary(companies: Sequence[Linked]) -> str | None:
    """The company that a deal is with: its primary one, else the first."""
    marked = [one.id for one in companies if any(kind == PRIMARY for kind, _, _ in one.labels)]
    return marked[0] if marked else companies[0].id if companies else None


def chunked(things: Sequence[T], most: int) -> Iterator[list[T]]:
    """The things, so many at a time."""
    for start in range(0, len(things), most):
        yield list(things[start : start + most])
