"""The chain of what was done: each link's hash covers the link before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .bulk import table
from .results import Broken

_NONE = ""


def append(connection: Connection, at: int, actor: str, action: str, payload: Mapping[str, Any]) -> None:
    """One link more; the caller is the only writer. ``payload`` holds no personal value."""
    of = table("audit")
    last = connection.execute(sa.select(of.c.id, of.c.hash).order_by(of.c.id.desc()).limit(1)).first()
    seq, previous = (1, _NONE) if last is None else (last.id + 1, last.hash)
    text = _canonical(payload)
    link = {"id": seq, "at": at, "actor": actor, "action": action, "payload": text, "previous": previous}
    connection.execute(sa.insert(of), link | {"hash": _hash(link)})


def first_broken(connection: Connection) -> Broken | None:
    """The first link that does not hold; None where all do. Links cut off the end leave no trace in the chain."""
    of = table("audit")
    names = ("id", "at", "actor", "action", "payload", "previous")
    expected, previous = 1, _NONE
    for row in connection.execute(sa.select(of).order_by(of.c.id)):
        link = {name: getattr(row, name) for name in names}
        if row.id != expected:
            return Broken(expected, "it is missing")
        if row.previous != previous:
            return Broken(row.id, "it does not follow the one before it")
        if row.hash != _hash(link):
            return Broken(row.id, "its content was changed")
        expected, previous = expected + 1, row.hash
    return None


def _hash(link: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(link).encode()).hexdigest()


def _canonical(thing: Any) -> str:
    return json.dumps(thing, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
