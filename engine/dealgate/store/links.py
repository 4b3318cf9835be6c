"""Whether what is kept append-only and the audit chain tell the same."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .bulk import table
from .results import Broken

_LINKED = {
    "override ": ("override", "override_event"),
    "commitment ": ("coaching_action", "coaching_result"),
    "forecast ": ("forecast_call", "forecast_snapshot"),
}
"""How the actions of the chain begin, and the tables whose rows are links of it, each by its number."""


def unlinked(connection: Connection) -> Broken | None:
    """The first row whose link in the chain is missing or says something else; None where all hold."""
    of = table("audit")
    links: dict[tuple[str, int], tuple[int, dict[str, Any]]] = {}
    last = int(connection.execute(sa.select(sa.func.max(of.c.id))).scalar() or 0)
    begins = sa.or_(*(of.c.action.startswith(word) for word in _LINKED))
    for row in connection.execute(sa.select(of.c.id, of.c.payload).where(begins).order_by(of.c.id)):
        for name, held in json.loads(row.payload).items():
            links[name, held["id"]] = row.id, held
    for name in (name for names in _LINKED.values() for name in names):
        for row in connection.execute(sa.select(table(name)).order_by(table(name).c.id)):
            seq, held = links.pop((name, row.id), (last + 1, None))
            if held is None:
                return Broken(seq, f"it is missing, and the store has a row of `{name}` without it")
            if held != dict(row._mapping):
                return Broken(seq, f"the row of `{name}` that it tells of is another")
    for (name, _), (seq, _) in sorted(links.items(), key=lambda one: one[1][0]):
        return Broken(seq, f"the row of `{name}` that it tells of is gone")
    return None
