"""A CRM in memory and an adapter on it: keyset paging, a server clock, webhooks, and faults on purpose.

It is no vendor's: it stands for what they have in common. Every write gets the server's moment, and records that are
written within one tick share it. The adapter asks by ``Crm.served`` alone, and makes trouble of what that answers.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from dealgate.ports import (
    Action,
    BadSignature,
    Budget,
    Capabilities,
    CreateTask,
    Cursor,
    Description,
    FieldInfo,
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
    Webhook,
)  # fmt: skip

T = TypeVar("T")
START = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
STAGES = ("prospecting", "qualification", "needs-assessment", "proposal", "close")


FIELDS = {"Name": "text", "Amount": "number", "Account": "reference", "Owner": "reference"}
AN_HOUR = 3600


class Answer(Exception):
    """What the server answers in place of what was asked. ``retry_after``: seconds; ``body``: pieces without end."""

    def __init__(self, kind: str, retry_after: int | None = None, body: Iterable[bytes] = ()) -> None:
        super().__init__(kind)
        self.kind, self.retry_after, self.body = kind, retry_after, body


class No(Exception):
    """The CRM refuses, in its words."""


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
    created: datetime = START
    revision: int = 0


@dataclass
class Crm:
    """The server: tables of rows by stream. ``deletes``: stream, flag or none."""

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
    token: str = "tok-4f1d20c7"  # noqa: S105 - made up
    """The one that is let in."""
    hook_secret: str = "whsec-b81c66"  # noqa: S105 - made up
    planned: list[tuple[str, str]] = field(default_factory=list)
    """What the next requests come to: (kind, before or after)."""
    struck: int = 0
    revision: int = 0
    stopped: bool = False

    def tick(self, **by: float) -> datetime:
        """The clock moves on."""
        self.now += timedelta(**(by or {"seconds": 1}))
        return self.now

    # ------------------------------------------------ what people do

    def put(
        self, stream: str, ident: str, data: dict[str, Any], deal: str | None = None, links: tuple[str, ...] = ()
    ) -> None:
        """Somebody writes a record."""
        held = self.streams.setdefault(stream, {}).get(ident)
        self.revision += 1
        self.streams[stream][ident] = Row(
            {"Id": ident, **data}, self.now, deal, links,
            created=held.created if held else self.now, revision=self.revision,
        )  # fmt: skip

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
        row = self.streams["deals"][ident]
        if self.deletes == "flag":
            self.revision += 1
            row.gone, row.modified, row.revision = True, self.now, self.revision
        else:
            del self.streams["deals"][ident]
        for stream in ("stage_changes", "deal_contacts"):
            rows = self.streams.get(stream, {})
            for key in [key for key, row in rows.items() if row.deal == ident]:
                rows[key].gone = True
        if self.deletes == "stream":
            self.put("deletions", ident, {}, ident)
            self.streams["deletions"][ident].gone = True

    def record_version(self, deal: str) -> str:
        """The version of a deal, as a record of it tells."""
        return str(self.live("deals")[deal].revision)

    def live(self, stream: str) -> dict[str, Row]:
        """What stands there now."""
        return {ident: row for ident, row in self.streams.get(stream, {}).items() if not row.gone}

    # ------------------------------------------------ what programs ask

    def served(self, token: str, do: Callable[[], T]) -> T:
        """One request. Raises Answer where it comes to something else."""
        self.requests += 1
        kind, when = self.planned.pop(0) if self.planned else ("", "")
        if when == "before":
            self._strike(kind)
        if token != self.token:
            self.struck += 1
            raise Answer("token")
        made = do()
        if when == "after":
            self._strike(kind)
        return made

    def _strike(self, kind: str) -> None:
        self.struck += 1
        body = {"hang": self._endless(b"", 10**9), "flood": self._endless(b" " * 65536, 20_000)}.get(kind, iter(()))
        raise Answer(kind, AN_HOUR if kind == "throttled" else None, body)

    def _endless(self, piece: bytes, pieces: int) -> Iterator[bytes]:
        for _ in range(pieces):
            if self.stopped:
                return
            yield piece

    def write(self, action: Action) -> None:
        """Writes what an action says, with its key as a marker. Raises No."""
        row = self.live("deals")[action.deal]
        if isinstance(action, MoveStage):
            self.deal(action.deal, action.to_stage, by="dealgate")
        elif isinstance(action, SetFields):
            if (action.values.get("Amount") or 0) < 0:
                raise No("Amount must not be negative")
            self.deal(action.deal, row.data["Stage"], by="dealgate", **dict(action.values))
        elif not isinstance(action, (CreateTask, Note)):
            raise TypeError(action)
        self.writes.append(action)
        self.done[action.key] = Outcome("applied")

    def signed(self, url: str, body: bytes, at: datetime) -> dict[str, str]:
        """The headers of a webhook."""
        stamp = str(int(at.timestamp()))
        mac = hmac.new(self.hook_secret.encode(), url.encode() + stamp.encode() + body, hashlib.sha256)
        return {"Content-Type": "application/json", "X-Stamp": stamp, "X-Signature": mac.hexdigest()}


@dataclass
class Faults:
    """One request in ``one_in`` fails, in a way drawn by ``dice``, before or after it was done."""

    dice: random.Random
    one_in: int = 5
    kill: bool = False
    kinds: Sequence[str] = ("throttled", "unreachable", "odd", "expired")
    answers: Sequence[str] = ()
    """What a write may be answered besides, in words of ``Outcome.kind``; then it was not done."""

    def answer(self, crm: Crm, key: str) -> Outcome | None:
        """What is answered instead of doing it; None: it is done. What was done before is not rejected."""
        if not self.answers or self.dice.randrange(self.one_in):
            return None
        kind = self.dice.choice(self.answers)
        if kind == "rejected" and key in crm.done:
            return None
        return Outcome(kind, "rule-7", "Not so.", crm.now if kind == "throttled" else None)

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
    clock: Callable[[], datetime] = lambda: START
    """The clock of our machine, which nothing here may rest on."""
    token: str = ""
    able: Mapping[str, Any] = field(default_factory=dict)
    """Capabilities other than the usual ones."""

    def __post_init__(self) -> None:
        self.token = self.token or self.crm.token

    # ------------------------------------------------ the contract

    def capabilities(self) -> Capabilities:
        streams = ["users", "accounts", "deals", "stage_changes", "deal_contacts"]
        streams += ["deletions"] if self.crm.deletes == "stream" else []
        usual = Capabilities(
            tuple(streams), history="native", deletes=self.crm.deletes, cursor="keyset", compare_and_set="reread",
            actions=("set_fields", "move_stage", "create_task", "note"), change_source=True, webhooks=True,
        )  # fmt: skip
        return usual.replace(**self.able)

    def describe(self) -> Description:
        stages = tuple(StageInfo(stage, stage.title(), n) for n, stage in enumerate(STAGES))
        fields = tuple(FieldInfo("Deals", name, name, kind) for name, kind in FIELDS.items())
        return self.ask(lambda: Description((PipelineInfo("default", "Sales", stages),), fields, self.crm.now))

    def pull(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        page = self.ask(lambda: self.page(stream, cursor, limit), cursor is not None, twice=True)
        self.meanwhile()
        return page

    def fetch(self, refs: Sequence[Reference]) -> list[Record]:
        return self.ask(
            lambda: [self.record(r.stream, r.id, self.crm.live(r.stream)[r.id]) for r in refs if self.there(r)]
        )

    def there(self, ref: Reference) -> bool:
        return ref.id in self.crm.live(ref.stream)

    def apply(self, action: Action) -> Outcome:
        try:
            return self.ask(lambda: self.answered(action) or self.outcome(action), twice=True)
        except Trouble as trouble:
            if trouble.kind == "throttled" and action.key not in self.crm.done:
                return Outcome("throttled", text=trouble.message, retry_at=trouble.retry_at)
            raise

    def answered(self, action: Action) -> Outcome | None:
        return self.faults.answer(self.crm, action.key) if self.faults else None

    def parse_webhook(self, headers: Mapping[str, str], raw_body: bytes, url: str, now: datetime) -> Webhook:
        if not self.capabilities().webhooks:
            raise BadSignature("webhooks are off")
        stamp, signature = headers.get("X-Stamp", ""), headers.get("X-Signature", "")
        if not self.genuine(signature, stamp, raw_body, url):
            raise BadSignature("the signature is not the CRM's")
        if self.stale(stamp, now):
            raise BadSignature("it is too old")
        refs = tuple(Reference("deals", one) for one in json.loads(raw_body)["deals"])
        return Webhook(refs, self.hook_id(signature), datetime.fromtimestamp(int(stamp), UTC))

    def close(self) -> None:
        pass

    # ------------------------------------------------ how it is done, each a thing that can be done wrong

    def ask(self, do: Callable[[], T], able_to_expire: bool = False, twice: bool = False) -> T:
        """One request. Raises Trouble."""
        if self.faults:
            self.faults.strike(self.crm, able_to_expire)
        try:
            made = self.crm.served(self.token, do)
        except Answer as answer:
            raise self.trouble(answer) from None
        if self.faults and twice:
            self.faults.strike(self.crm, able_to_expire)
        return made

    def trouble(self, answer: Answer) -> Trouble:
        if answer.kind in ("hang", "flood"):
            return self.cut(answer)
        if answer.kind.startswith("throttled"):
            at = None if answer.retry_after is None else self.crm.now + timedelta(seconds=answer.retry_after)
            return Trouble("throttled", "The CRM asks for fewer requests.", "wait, and run it again", at)
        if answer.kind == "token":
            return Trouble("unauthorised", "The CRM does not take the token.", "make a new one, and set it")
        if answer.kind == "cursor":
            return Trouble("expired", "The CRM has forgotten the cursor.", "run it again: it reads from the beginning")
        return Trouble("unreachable", f"The CRM failed ({answer.kind}).", "wait, and run it again")

    def cut(self, answer: Answer) -> Trouble:
        """Reads an answer up to a size and so many pieces: what a clock would count."""
        size = 0
        for n, piece in enumerate(answer.body):
            size += len(piece)
            if size > 1_000_000:
                return Trouble("odd", "The CRM sent more than 1 MB.", "ask for smaller pages")
            if n > 10_000:
                break
        return Trouble("unreachable", "The CRM did not end its answer.", "wait, and run it again")

    def page(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        rows = self.rows(stream, cursor)
        page, more = self.cutting(rows, limit)
        last = page[-1] if page else None
        after = self.cursor(stream, page) if last else (cursor or Cursor())
        records = tuple(self.record(stream, ident, row) for ident, row in page)
        return Page(records, after, more, self.watermark(stream, more), Budget(self.crm.requests, 1_000_000))

    def rows(self, stream: str, cursor: Cursor | None) -> list[tuple[str, Row]]:
        rows = sorted(self.crm.streams.get(stream, {}).items(), key=lambda pair: (pair[1].modified, pair[0]))
        if self.crm.deletes == "none":
            rows = [(ident, row) for ident, row in rows if not row.gone]
        if cursor is not None and cursor.at is not None:
            rows = [(ident, row) for ident, row in rows if self.later(ident, row, cursor)]
        return rows

    def later(self, ident: str, row: Row, cursor: Cursor) -> bool:
        assert cursor.at is not None
        return (row.modified, ident) > (cursor.at, cursor.id)

    def cutting(self, rows: list[tuple[str, Row]], limit: int) -> tuple[list[tuple[str, Row]], bool]:
        return rows[:limit], len(rows) > limit

    def cursor(self, stream: str, page: list[tuple[str, Row]]) -> Cursor:
        ident, row = page[-1]
        return Cursor(row.modified, ident)

    def watermark(self, stream: str, more: bool) -> datetime:
        return self.crm.now

    def record(self, stream: str, ident: str, row: Row) -> Record:
        version = str(row.revision) if stream == "deals" else None
        return Record(
            self.crm.tables[stream], ident, dict(row.data), row.modified, row.deal, row.links, row.gone, version
        )

    def outcome(self, action: Action) -> Outcome:
        if self.known(action):
            return Outcome("already")
        row = self.crm.live("deals").get(action.deal)
        if row is None:
            return self.gone(action)
        if isinstance(action, (SetFields, MoveStage)) and self.changed(action, row):
            return Outcome("conflict", text="the deal was changed")
        if isinstance(action, MoveStage) and self.elsewhere(action, row):
            return Outcome("conflict", text="the deal is in another stage")
        if self.undeclared(action):
            return Outcome("rejected", "undeclared", "this is not done here")
        try:
            self.write(action)
        except No as no:
            return self.refused(no)
        return Outcome("applied", version=self.version(action, row))

    def known(self, action: Action) -> bool:
        return action.key in self.crm.done

    def gone(self, action: Action) -> Outcome:
        return Outcome("conflict", text="the deal is gone")

    def changed(self, action: SetFields | MoveStage, row: Row) -> bool:
        return action.expect_version not in (None, str(row.revision))

    def elsewhere(self, action: MoveStage, row: Row) -> bool:
        return bool(row.data["Stage"] != action.expect_stage)

    def undeclared(self, action: Action) -> bool:
        kinds = {SetFields: "set_fields", MoveStage: "move_stage", CreateTask: "create_task", Note: "note"}
        return kinds[type(action)] not in self.capabilities().actions

    def write(self, action: Action) -> None:
        self.crm.write(action)

    def refused(self, no: No) -> Outcome:
        return Outcome("rejected", "validation", str(no))

    def version(self, action: Action, before: Row) -> str:
        return str(self.crm.live("deals")[action.deal].revision)

    def genuine(self, signature: str, stamp: str, body: bytes, url: str) -> bool:
        if not stamp.isdecimal():
            return False
        at = datetime.fromtimestamp(int(stamp), UTC)
        return hmac.compare_digest(self.crm.signed(url, body, at)["X-Signature"], signature)

    def hook_id(self, signature: str) -> str:
        return signature

    def stale(self, stamp: str, now: datetime) -> bool:
        return abs(now - datetime.fromtimestamp(int(stamp), UTC)) > timedelta(minutes=5)
