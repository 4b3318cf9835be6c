"""A CRM in memory behind the adapter's contract: keyset paging, a server clock, and faults on purpose.

It is no vendor's: it stands for what they have in common. Every write gets the server's moment, and records that are
written within one tick share it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from dealgate.ports import (
    Action,
    Budget,
    Capabilities,
    CreateTask,
    Cursor,
    Description,
    MoveStage,
    Note,
    Outcome,
    Page,
    PipelineInfo,
    Record,
    Reference,
    SetFields,
    StageInfo,
    Trouble,
)  # fmt: skip

START = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
STAGES = ("prospecting", "qualification", "needs-assessment", "proposal", "close")


class Killed(BaseException):
    """The process died here."""


@dataclass
class Row:
    """A record with the server's own bookkeeping."""

    data: dict[str, Any]
    modified: datetime
    deal: str | None
    links: tuple[str, ...] = ()
    gone: bool = False


@dataclass
class Crm:
    """The server: tables of rows by stream. ``deletes``: stream, or none."""

    deletes: str = "stream"
    now: datetime = START
    streams: dict[str, dict[str, Row]] = field(default_factory=dict)
    tables: Mapping[str, str] = field(
        default_factory=lambda: {
            "users": "Users", "accounts": "Accounts", "deals": "Deals", "stage_changes": "History",
            "deal_contacts": "Contacts", "deletions": "Deals",
        }
    )  # fmt: skip
    done: dict[str, Outcome] = field(default_factory=dict)
    """Writes by their key: what a marker in the record would tell."""
    writes: list[Action] = field(default_factory=list)
    requests: int = 0

    def tick(self, **by: float) -> datetime:
        """The clock moves on."""
        self.now += timedelta(**(by or {"seconds": 1}))
        return self.now

    def put(
        self, stream: str, ident: str, data: dict[str, Any], deal: str | None = None, links: tuple[str, ...] = ()
    ) -> None:
        """Somebody writes a record."""
        self.streams.setdefault(stream, {})[ident] = Row({"Id": ident, **data}, self.now, deal, links)

    def deal(self, ident: str, stage: str, by: str = "Ada", **more: Any) -> None:
        """Somebody makes or changes a deal; a new stage leaves a line of history."""
        held = self.streams.get("deals", {}).get(ident)
        before = held.data["Stage"] if held else None
        data = {**(held.data if held else {"Created": self.now.isoformat()}), **more, "Stage": stage}
        links = tuple(str(data[key]) for key in ("Account", "Owner") if data.get(key))
        self.put("deals", ident, {k: v for k, v in data.items() if k != "Id"}, ident, links)
        if stage != before:
            number = len(self.streams.get("stage_changes", {}))
            change = {"Deal": ident, "Stage": stage, "At": self.now.isoformat(), "By": by}
            self.put("stage_changes", f"h{number}", change, ident)

    def delete(self, ident: str) -> None:
        """Somebody deletes a deal, with all that hangs on it."""
        del self.streams["deals"][ident]
        for stream in ("stage_changes", "deal_contacts"):
            rows = self.streams.get(stream, {})
            for key in [key for key, row in rows.items() if row.deal == ident]:
                rows[key].gone = True
        if self.deletes == "stream":
            self.streams.setdefault("deletions", {})[ident] = Row({"Id": ident}, self.now, ident, gone=True)

    def live(self, stream: str) -> dict[str, Row]:
        """What stands there now."""
        return {ident: row for ident, row in self.streams.get(stream, {}).items() if not row.gone}


@dataclass
class Faults:
    """One request in ``one_in`` fails, in a way drawn by ``dice``, before or after it was done."""

    dice: random.Random
    one_in: int = 5
    kill: bool = False
    kinds: Sequence[str] = ("throttled", "unreachable", "odd", "expired")

    def strike(self, crm: Crm, able_to_expire: bool) -> None:
        """Raises, or lets pass."""
        if self.dice.randrange(self.one_in):
            return
        if self.kill and self.dice.random() < 0.4:
            raise Killed
        kind = self.dice.choice([one for one in self.kinds if one != "expired" or able_to_expire])
        raise Trouble(kind, f"The CRM answered {kind}.", "run it again", crm.now if kind == "throttled" else None)


@dataclass
class FakeAdapter:
    """The adapter of the CRM in memory."""

    crm: Crm
    faults: Faults | None = None
    meanwhile: Callable[[], None] = lambda: None
    """Called after each page: what others do while we read."""

    def capabilities(self) -> Capabilities:
        streams = ["users", "accounts", "deals", "stage_changes", "deal_contacts"]
        streams += ["deletions"] if self.crm.deletes == "stream" else []
        return Capabilities(
            tuple(streams), history="native", deletes=self.crm.deletes, cursor="keyset", compare_and_set="reread",
            actions=("set_fields", "move_stage", "create_task", "note"),
        )  # fmt: skip

    def describe(self) -> Description:
        stages = tuple(StageInfo(stage, stage.title(), n) for n, stage in enumerate(STAGES))
        return Description((PipelineInfo("default", "Sales", stages),), (), self.crm.now)

    def pull(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        self.crm.requests += 1
        if self.faults:
            self.faults.strike(self.crm, cursor is not None)
        rows = sorted(self.crm.streams.get(stream, {}).items(), key=lambda pair: (pair[1].modified, pair[0]))
        if self.crm.deletes == "none":
            rows = [(ident, row) for ident, row in rows if not row.gone]
        if cursor is not None and cursor.at is not None:
            rows = [(i, r) for i, r in rows if (r.modified, i) > (cursor.at, cursor.id)]
        page, more = rows[:limit], len(rows) > limit
        last = page[-1] if page else None
        after = Cursor(last[1].modified, last[0]) if last else (cursor or Cursor())
        records = tuple(
            Record(self.crm.tables[stream], ident, dict(row.data), row.modified, row.deal, row.links, row.gone)
            for ident, row in page
        )
        made = Page(records, after, more, self.crm.now, Budget(self.crm.requests, 1_000_000))
        self.meanwhile()
        if self.faults:
            self.faults.strike(self.crm, cursor is not None)
        return made

    def fetch(self, refs: Sequence[Reference]) -> list[Record]:
        self.crm.requests += 1
        if self.faults:
            self.faults.strike(self.crm, False)
        found = []
        for ref in refs:
            row = self.crm.live(ref.stream).get(ref.id)
            if row is not None:
                found.append(
                    Record(self.crm.tables[ref.stream], ref.id, dict(row.data), row.modified, row.deal, row.links)
                )
        return found

    def apply(self, action: Action) -> Outcome:
        self.crm.requests += 1
        if self.faults:
            self.faults.strike(self.crm, False)
        outcome = self._done(action)
        if self.faults:
            self.faults.strike(self.crm, False)
        return outcome

    def _done(self, action: Action) -> Outcome:
        if action.key in self.crm.done:
            return Outcome("already")
        row = self.crm.live("deals").get(action.deal)
        if row is None:
            return Outcome("conflict", text="the deal is gone")
        if isinstance(action, (SetFields, MoveStage)) and action.expect_version not in (None, row.modified.isoformat()):
            return Outcome("conflict", text="the deal was changed")
        if isinstance(action, MoveStage):
            if row.data["Stage"] != action.expect_stage:
                return Outcome("conflict", text="the deal is in another stage")
            self.crm.deal(action.deal, action.to_stage, by="dealgate")
        elif isinstance(action, SetFields):
            self.crm.deal(action.deal, row.data["Stage"], **dict(action.values))
        elif not isinstance(action, (CreateTask, Note)):
            raise TypeError(action)
        self.crm.writes.append(action)
        self.crm.done[action.key] = Outcome("applied")
        return Outcome("applied")

    def parse_webhook(self, headers: Mapping[str, str], raw_body: bytes, url: str, now: datetime) -> list[Reference]:
        return []

    def close(self) -> None:
        pass
