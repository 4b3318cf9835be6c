"""A place in a stream, as the adapter keeps it in a cursor: which table, which row of it, and what was done before."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from dealgate.ports import Cursor, Trouble

LOADED = "loaded"
"""The token of a cursor at the end of a loader's tables: the next pull begins at each table's own mark."""


class Place:
    """Where a pull stands. ``began``: the server's moment at which it began; ``since``: from which moment it reads;
    ``marks``: by table, the last moment that was read, as the column has it; ``unmarked``: which tables had rows
    without a moment when the pull began."""

    __slots__ = ("after", "after_id", "began", "known", "marks", "since", "table", "undated", "unmarked")

    def __init__(self) -> None:
        self.began: str = ""
        self.since: datetime | None = None
        self.marks: dict[str, Any] = {}
        self.known: dict[str, Any] = {}
        """The marks of the pull before."""
        self.table: int | None = None
        self.undated = False
        self.unmarked: list[bool] = []
        self.after: Any = None
        self.after_id: list[Any] = []

    @classmethod
    def of(cls, cursor: Cursor | None) -> Place:
        """The place a cursor speaks of; the beginning for one without an id. Raises Trouble for one not ours."""
        made = cls()
        if cursor is None:
            return made
        if not cursor.id:
            made.since = cursor.at
            return made
        try:
            held = json.loads(cursor.id)
            if cursor.token == LOADED:
                made.known = dict(held["marks"])
                return made
            made.began, made.table, made.undated = held["began"], int(held["table"]), bool(held["undated"])
            made.since = datetime.fromisoformat(held["since"]) if held["since"] else None
            made.marks, made.known = dict(held["marks"]), dict(held["known"])
            made.after, made.after_id = held["after"], list(held["after_id"])
            made.unmarked = list(held["unmarked"])
        except (ValueError, KeyError, TypeError):
            raise Trouble("expired", "The cursor is of another version of this adapter.", "run `sync --full`") from None
        return made

    def cursor(self, at: datetime | None) -> Cursor:
        """The cursor of this place, within a pull."""
        held = {
            "began": self.began, "since": self.since.astimezone(UTC).isoformat() if self.since else None,
            "marks": self.marks, "known": self.known, "table": self.table, "undated": self.undated,
            "after": self.after, "after_id": self.after_id, "unmarked": self.unmarked,
        }  # fmt: skip
        return Cursor(at, json.dumps(held, ensure_ascii=False, separators=(",", ":")))

    def end(self, at: datetime | None, loaded: bool) -> Cursor:
        """The cursor of a stream that was read to its end."""
        if not loaded:
            return Cursor(at)
        return Cursor(at, json.dumps({"marks": {**self.known, **self.marks}}, separators=(",", ":")), LOADED)
