"""What a deal was: Pipedrive's log of its fields, as what the deal held from each change on.

The log is asked for deal by deal (version 1; version 2 has none), so only for deals that changed since the cursor, some
at a time; and not for one that was never changed since it was made, of which the deal itself tells all. A line of the
log tells one field's change, without an id. What was before the first change of a field is its old value, and what
never changed is as it is now; so the whole row is known from the making on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from dealgate.ports import Cursor, Page, Record

from .._api import at_once
from .rest import AT_ONCE, Server
from .streams import LISTINGS, Names, Reader, changed, links, names_of
from .values import moment, plain

TABLE = "deal_changes"
TOLD = (
    "stage_id", "status", "value", "currency", "expected_close_date", "probability", "owner_id", "pipeline_id",
    "lost_reason",
)  # fmt: skip
"""A change of one of these is a record."""
ALIASES: Mapping[str, str] = {"user_id": "owner_id"}
"""Names of version 1 for fields of version 2."""
_NUMBERS = frozenset({"value", "probability", "stage_id", "pipeline_id", "owner_id"})
DEALS = 100
"""Deals a page: a page is done again when it is broken off."""


def page(server: Server, reader: Reader, cursor: Cursor | None, limit: int) -> Page:
    """The history of the deals that changed after the cursor, which counts deals. Raises Trouble."""
    rows, after, more, mark = reader.rows(LISTINGS["deals"], cursor, limit, DEALS)
    return Page(tuple(records(server, reader, rows)), after, more, mark, server.api.budget)


def records(server: Server, reader: Reader, rows: Sequence[Mapping[str, Any]]) -> list[Record]:
    """The history of these deals, oldest first. Raises Trouble."""
    there = [row for row in rows if row.get("is_deleted") is not True and row.get("status") != "deleted"]
    logs = at_once([partial(_log, server, row) for row in there], AT_ONCE)
    names = reader.names()
    made = [one for row, log in zip(there, logs, strict=True) for one in _records(names, row, log)]
    return sorted(made, key=lambda one: (str(one.modified), one.id))


def _log(server: Server, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    if row.get("stage_change_time") is None and row.get("update_time") == row.get("add_time"):
        return []
    return server.all("the history of deals", f"v1/deals/{int(row['id'])}/changelog")


def _records(names: Names, row: Mapping[str, Any], log: Sequence[Mapping[str, Any]]) -> Iterable[Record]:
    made = moment(row.get("add_time")) or changed(row)
    if made is None:
        return
    steps = stepped(log)
    held: dict[str, Any] = {name: _text(name, row.get(name)) for name in TOLD}
    for _, _, changes in reversed(steps):
        held |= {name: old for name, (old, _) in changes.items()}
    yield _record(names, row, held, made, 0, {}, ())
    before, turn = made, 0
    for at, line, changes in steps:
        turn = turn + 1 if at == before else 0
        before = at
        held |= {name: new for name, (_, new) in changes.items()}
        yield _record(names, row, held, at, turn, line, sorted(changes))


def _record(
    names: Names, row: Mapping[str, Any], held: Mapping[str, Any], at: datetime, turn: int, line: Mapping[str, Any],
    fields: Sequence[str],
) -> Record:  # fmt: skip
    deal = str(row["id"])
    name = f"{deal}@{at.isoformat()}" + (f"#{turn}" if turn else "")
    # who made a deal is its creator
    by = line.get("actor_user_id") if line else row.get("creator_user_id")
    data = {
        "id": name, "deal_id": row["id"], "time": at.isoformat(), "actor_user_id": by,
        "change_source": line.get("change_source"), "fields": list(fields), **held,
        **names_of(names, {key: _int(held.get(key)) for key in ("stage_id", "pipeline_id")}),
    }  # fmt: skip
    return Record(TABLE, name, data, at, deal, links(row))


def stepped(
    log: Sequence[Mapping[str, Any]],
) -> list[tuple[datetime, Mapping[str, Any], dict[str, tuple[str | None, str | None]]]]:
    """The log as steps, oldest first: when, a line that tells of it, and by field its old and its new value.

    What one person changed within a second is one step, unless a field changed twice in it.
    """
    told: dict[tuple[datetime, Any], dict[str, list[tuple[str | None, str | None, Mapping[str, Any]]]]] = {}
    for line in log:
        at, name = moment(line.get("time")), ALIASES.get(str(line.get("field_key")), str(line.get("field_key")))
        if at is not None and name in TOLD:
            change = (_text(name, line.get("old_value")), _text(name, line.get("new_value")), line)
            told.setdefault((at, line.get("actor_user_id")), {}).setdefault(name, []).append(change)
    steps = []
    for (at, _), by_field in sorted(told.items(), key=lambda one: (one[0][0], str(one[0][1]))):
        chains = {name: chained(changes) for name, changes in by_field.items()}
        for turn in range(max(len(chain) for chain in chains.values())):
            now = {name: chain[turn] for name, chain in chains.items() if turn < len(chain)}
            line = next(iter(now.values()))[2]
            steps.append((at, line, {name: (old, new) for name, (old, new, _) in now.items()}))
    return steps


def chained(
    changes: Sequence[tuple[str | None, str | None, Mapping[str, Any]]],
) -> list[tuple[str | None, str | None, Mapping[str, Any]]]:
    """Changes of one field within one second, in the order in which each begins where the one before it ended. The log
    has the newest first; it does not say so."""
    left = list(reversed(changes))
    ends = [new for _, new, _ in left]
    found = [left.pop(next((n for n, one in enumerate(left) if one[0] not in ends), 0))]
    while left:
        found.append(left.pop(next((n for n, one in enumerate(left) if one[0] == found[-1][1]), 0)))
    return found


def _text(name: str, value: Any) -> str | None:
    """A value in one spelling, whether the log or the deal tells it."""
    if value is None or value == "":
        return None
    text = str(plain(value))
    if name in _NUMBERS:
        try:
            number = Decimal(text)
        except InvalidOperation:
            return text
        if number.is_finite():
            return format(number.quantize(1) if number == number.to_integral_value() else number.normalize(), "f")
    return text


def _int(text: Any) -> int | None:
    return int(text) if isinstance(text, str) and text.isascii() and text.isdecimal() else None
