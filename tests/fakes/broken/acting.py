"""Acting, failing, telling: actions, faults, secrets, webhooks. Each has one fault."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from tests.fakes.crm import Answer, FakeAdapter, Row, T

from dealgate.ports import (
    Action,
    BadSignature,
    CreateTask,
    Cursor,
    MoveStage,
    Note,
    Outcome,
    Page,
    Record,
    SetFields,
    Trouble,
    Webhook,
)  # fmt: skip

# ------------------------------------------------ actions


class Created(FakeAdapter):
    """Answers in a word of its own."""

    def outcome(self, action: Action) -> Outcome:
        made = super().outcome(action)
        return Outcome("created") if isinstance(action, CreateTask) and made.kind == "applied" else made


class KeysOfBefore(FakeAdapter):
    """Knows the keys that were there when it was opened."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.keys = set(self.crm.done)

    def known(self, action: Action) -> bool:
        return action.key in self.keys


class KeysInMemory(FakeAdapter):
    """Knows the keys that it has written itself, and keeps for others only those whose answer it did not get."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.keys: set[str] = set()
        self.lost: set[str] = self.crm.__dict__.setdefault("lost", set())

    def known(self, action: Action) -> bool:
        return action.key in self.keys or action.key in self.lost

    def outcome(self, action: Action) -> Outcome:
        made = super().outcome(action)
        self.keys.add(action.key)
        return made

    def trouble(self, answer: Answer) -> Trouble:
        self.lost.update(self.keys if answer.kind == "lost" else ())
        return super().trouble(answer)


class SameTextOnce(FakeAdapter):
    def known(self, action: Action) -> bool:
        texts = [(one.deal, one.body) for one in self.crm.writes if isinstance(one, Note)]
        return super().known(action) or (isinstance(action, Note) and (action.deal, action.body) in texts)


class AgainWhenItDiffers(FakeAdapter):
    """A key that is known is written again where the field holds something else by now."""

    def known(self, action: Action) -> bool:
        known = super().known(action)
        if known and isinstance(action, SetFields):
            super().write(action)
        return known


class AnyStage(FakeAdapter):
    def elsewhere(self, action: MoveStage, row: Row) -> bool:
        return row.data["Stage"] == action.to_stage or (action.to_stage == "prospecting")


class AnyVersion(FakeAdapter):
    def changed(self, action: SetFields | MoveStage, row: Row) -> bool:
        return False


class GoneIsTrouble(FakeAdapter):
    def gone(self, action: Action) -> Outcome:
        raise Trouble("gone", "The deal is gone.", "sync again")


class WholeRecord(FakeAdapter):
    """Writes the whole record as it thinks it is."""

    def write(self, action: Action) -> None:
        if isinstance(action, SetFields) and len(self.crm.live("deals")) == 2:
            super().write(action.replace(values={"Amount": None, **action.values}))
            return
        super().write(action)


class VersionOfBefore(FakeAdapter):
    def version(self, action: Action, before: Row) -> str:
        return str(before.revision - 1)


class OwnWords(FakeAdapter):
    def refused(self, no: Exception) -> Outcome:
        return Outcome("rejected", "validation", "the CRM refused")


class RefusalIsTrouble(FakeAdapter):
    def refused(self, no: Exception) -> Outcome:
        raise Trouble("odd", f"The CRM refused: {no}.", "report it")


class AllOrNothing(FakeAdapter):
    """After a conflict nothing is done any more."""

    broken = False

    def outcome(self, action: Action) -> Outcome:
        if self.broken:
            return Outcome("conflict", text="an earlier one failed")
        made = super().outcome(action)
        self.broken = made.kind == "conflict"
        return made


# ------------------------------------------------ what fails


class NoTime(FakeAdapter):
    def pull(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        try:
            return super().pull(stream, cursor, limit)
        except Trouble as trouble:
            trouble.retry_at = None
            raise


class EmptyPageAt(FakeAdapter):
    """Takes one kind of failure for the end."""

    kind = ""

    def pull(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        try:
            return super().pull(stream, cursor, limit)
        except Trouble as trouble:
            if cursor is None or self.kind not in trouble.message:
                raise
            return Page((), cursor, False, self.crm.now)


class EmptyPageAt500(EmptyPageAt):
    kind = "server-error"


class EmptyPageAtLost(EmptyPageAt):
    kind = "lost"


class EmptyPageAtToken(EmptyPageAt):
    kind = "token"


class NoTimeIsAMistake(FakeAdapter):
    def trouble(self, answer: Answer) -> Trouble:
        if answer.kind == "throttled-blind":
            raise KeyError("retry-after")
        return super().trouble(answer)


class TokenIsForbidden(FakeAdapter):
    def trouble(self, answer: Answer) -> Trouble:
        made = super().trouble(answer)
        return Trouble("forbidden", made.message, made.hint) if answer.kind == "token" else made


class ExpiredIsOdd(FakeAdapter):
    def trouble(self, answer: Answer) -> Trouble:
        made = super().trouble(answer)
        return Trouble("odd", made.message, made.hint) if answer.kind == "cursor" else made


class WaitsForEver(FakeAdapter):
    def cut(self, answer: Answer) -> Trouble:
        if answer.kind == "hang":
            for _ in answer.body:
                pass
        return super().cut(answer)


class ReadsItAll(FakeAdapter):
    def cut(self, answer: Answer) -> Trouble:
        if answer.kind != "flood":
            return super().cut(answer)
        size = sum(map(len, answer.body))
        raise MemoryError(f"{size} bytes")


class MarkerAfterwards(FakeAdapter):
    """Writes the key in a request of its own, which is not made when the answer to the first is lost."""

    def apply(self, action: Action) -> Outcome:
        try:
            return super().apply(action)
        except Trouble:
            self.crm.done.pop(action.key, None)
            raise


class MarkerBefore(FakeAdapter):
    """Writes down that it was done before it is."""

    def apply(self, action: Action) -> Outcome:
        known = action.key in self.crm.done
        try:
            return super().apply(action)
        except Trouble as trouble:
            if not known and "lost" in trouble.message:
                self.crm.done.setdefault(action.key, Outcome("applied"))
            raise


class ThrottledWithoutTime(FakeAdapter):
    def apply(self, action: Action) -> Outcome:
        return super().apply(action).replace(retry_at=None)


# ------------------------------------------------ secrets and words


class NoHint(FakeAdapter):
    def trouble(self, answer: Answer) -> Trouble:
        made = super().trouble(answer)
        return Trouble(made.kind, made.message, "", made.retry_at)


class TokenInTrouble(FakeAdapter):
    def trouble(self, answer: Answer) -> Trouble:
        made = super().trouble(answer)
        return Trouble(made.kind, f"{made.message} Asked with token={self.token}", made.hint, made.retry_at)


class TokenInRecord(FakeAdapter):
    def record(self, stream: str, ident: str, row: Row) -> Record:
        made = super().record(stream, ident, row)
        return made.replace(data={**made.data, "Avatar": f"https://crm.example/a1?token={self.crm.token}"})


class TokenInLog(FakeAdapter):
    def ask(self, do: Callable[[], T], able_to_expire: bool = False, twice: bool = False) -> T:
        logging.getLogger("crm").debug("GET /deals?token=%s", self.token)
        return super().ask(do, able_to_expire, twice)


# ------------------------------------------------ webhooks


class NamesNothing(FakeAdapter):
    def parse_webhook(self, headers: Mapping[str, str], raw_body: bytes, url: str, now: datetime) -> Webhook:
        return super().parse_webhook(headers, raw_body, url, now).replace(refs=())


class AnySignature(FakeAdapter):
    def genuine(self, signature: str, stamp: str, body: bytes, url: str) -> bool:
        return stamp.isdecimal() and len(signature) == 64


class AnyTime(FakeAdapter):
    def stale(self, stamp: str, now: datetime) -> bool:
        return False


class TakenOnce(FakeAdapter):
    """Remembers by itself what came, so that what could not be kept is lost."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.seen: set[str] = set()

    def hook_id(self, signature: str) -> str:
        if signature in self.seen:
            raise BadSignature("it was taken before")
        self.seen.add(signature)
        return signature


class Counted(FakeAdapter):
    """Takes the number of the call for an id."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.calls = 0

    def hook_id(self, signature: str) -> str:
        self.calls += 1
        return str(self.calls)


class CountedOnce(Counted):
    """An id by process: another one gives the same delivery another."""

    def hook_id(self, signature: str) -> str:
        return f"{id(self)}-{signature}"


class OneId(FakeAdapter):
    """Takes the id of what calls for that of the call."""

    def hook_id(self, signature: str) -> str:
        return "subscription-7"


class TakesAll(FakeAdapter):
    def parse_webhook(self, headers: Mapping[str, str], raw_body: bytes, url: str, now: datetime) -> Webhook:
        return Webhook(())
