"""Adapters that each have one fault. Each is named by what it does, and fails one check of the suite, that of its key."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.crm import Answer, FakeAdapter, Row, T
from tests.fakes.rig import FakeRig

from dealgate.ports import (
    Action,
    CreateTask,
    Cursor,
    Description,
    MoveStage,
    Note,
    Outcome,
    Page,
    Record,
    Reference,
    SetFields,
    Trouble,
)  # fmt: skip

NAN = math.nan
Make = Callable[[], FakeRig]


def of(kind: type[FakeAdapter], deletes: str = "stream", **able: Any) -> Make:
    return lambda: FakeRig(kind, able, deletes)


# ------------------------------------------------ what it declares


class CannotRead(FakeAdapter):
    def page(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        if stream == "leads":
            raise Trouble("gone", "There are no leads here.", "ask for deals")
        return super().page(stream, cursor, limit)


class DoesMoreThanDeclared(FakeAdapter):
    def undeclared(self, action: Action) -> bool:
        return False


class StagesByTitle(FakeAdapter):
    def describe(self) -> Description:
        found = super().describe()
        pipeline = found.pipelines[0]
        stages = tuple(one.replace(id=one.title) for one in pipeline.stages)
        return found.replace(pipelines=(pipeline.replace(stages=stages),))


class NoFields(FakeAdapter):
    def describe(self) -> Description:
        return super().describe().replace(fields=())


class OwnClockTold(FakeAdapter):
    def describe(self) -> Description:
        return super().describe().replace(now=self.clock())


# ------------------------------------------------ pages and cursors


class NoPagesOfOne(FakeAdapter):
    """The CRM's smallest page is two; one that is asked for one is empty."""

    def cutting(self, rows: list[tuple[str, Row]], limit: int) -> tuple[list[tuple[str, Row]], bool]:
        return ([], False) if limit == 1 and len(rows) > 2 else super().cutting(rows, limit)


class NoLimit(FakeAdapter):
    def cutting(self, rows: list[tuple[str, Row]], limit: int) -> tuple[list[tuple[str, Row]], bool]:
        return rows, False


class LimitPassedOn(FakeAdapter):
    def page(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        if limit > 10_000:
            raise Trouble("odd", "The CRM refuses a page of more than 10,000.", "report it")
        return super().page(stream, cursor, limit)


class TurnedPages(FakeAdapter):
    def page(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        made = super().page(stream, cursor, limit)
        return made.replace(records=made.records[::-1])


class CursorOneBack(FakeAdapter):
    def cursor(self, stream: str, page: list[tuple[str, Row]]) -> Cursor:
        return super().cursor(stream, page[:-1] or page)


class MomentAlone(FakeAdapter):
    def later(self, ident: str, row: Row, cursor: Cursor) -> bool:
        assert cursor.at is not None
        return row.modified > cursor.at or (not cursor.id and row.modified == cursor.at)


class GivenOnce(FakeAdapter):
    """Remembers in the adapter what was given, and does not give it again."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.given: set[tuple[str, int]] = set()

    def rows(self, stream: str, cursor: Cursor | None) -> list[tuple[str, Row]]:
        return [(i, row) for i, row in super().rows(stream, cursor) if (i, row.revision) not in self.given]

    def page(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        made = super().page(stream, cursor, limit)
        self.given |= {(one.id, int(one.version)) for one in made.records if one.version}
        return made


class EditedLeftOut(FakeAdapter):
    """A deal that was given in this pull does not come again in it, though it was edited."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.given: dict[str, datetime] = {}

    def rows(self, stream: str, cursor: Cursor | None) -> list[tuple[str, Row]]:
        rows = super().rows(stream, cursor)
        return [(i, r) for i, r in rows if stream != "deals" or self.given.get(i, r.modified) == r.modified]

    def page(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        made = super().page(stream, cursor, limit)
        if stream == "deals" and made.more:
            self.given |= {one.id: one.modified for one in made.records if one.modified}
        return made


class NewLeftOut(FakeAdapter):
    """What is made after the pull began is left out, though the watermark says that all was read."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.began = self.crm.now

    def rows(self, stream: str, cursor: Cursor | None) -> list[tuple[str, Row]]:
        if cursor is None:
            self.began = self.crm.now
        rows = super().rows(stream, cursor)
        reading = stream == "deals" and cursor is not None and cursor.id
        return [(i, row) for i, row in rows if not reading or row.created <= self.began]


class AfterTheWatermark(FakeAdapter):
    def later(self, ident: str, row: Row, cursor: Cursor) -> bool:
        assert cursor.at is not None
        return super().later(ident, row, cursor) if cursor.id else row.modified > cursor.at


class ARequestARecord(FakeAdapter):
    def pull(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        page = super().pull(stream, cursor, limit)
        if stream == "deals" and not page.more:
            self.crm.requests += len(page.records)
        return page


# ------------------------------------------------ records


class NoZone(FakeAdapter):
    def record(self, stream: str, ident: str, row: Row) -> Record:
        made = super().record(stream, ident, row)
        naive = made.modified.replace(tzinfo=None) if made.modified else None
        return made.replace(modified=naive) if stream == "users" else made


class NumbersAsIds(FakeAdapter):
    def record(self, stream: str, ident: str, row: Row) -> Record:
        made = super().record(stream, ident, row)
        return made.replace(id=int(ident[1:])) if stream == "deal_contacts" else made


class Nested(FakeAdapter):
    def record(self, stream: str, ident: str, row: Row) -> Record:
        made = super().record(stream, ident, row)
        return made.replace(data={**made.data, "Owner": {"id": "u1", "name": "Ada"}})


class NotANumber(FakeAdapter):
    def record(self, stream: str, ident: str, row: Row) -> Record:
        made = super().record(stream, ident, row)
        return made.replace(data={**made.data, "Score": NAN})


class AmountInCents(FakeAdapter):
    def record(self, stream: str, ident: str, row: Row) -> Record:
        made = super().record(stream, ident, row)
        return made.replace(data={**made.data, "Amount": made.data["Amount"] * 100}) if stream == "deals" else made


class LostChildren(FakeAdapter):
    def record(self, stream: str, ident: str, row: Row) -> Record:
        made = super().record(stream, ident, row)
        return made.replace(deal=None) if stream == "deal_contacts" else made


class SharedByOne(FakeAdapter):
    def record(self, stream: str, ident: str, row: Row) -> Record:
        made = super().record(stream, ident, row)
        return made.replace(deal="d001") if stream == "accounts" else made


class NoLinks(FakeAdapter):
    def record(self, stream: str, ident: str, row: Row) -> Record:
        return super().record(stream, ident, row).replace(links=())


class LinksToNothing(FakeAdapter):
    def record(self, stream: str, ident: str, row: Row) -> Record:
        made = super().record(stream, ident, row)
        return made.replace(links=(*made.links, "Accounts,a1")) if stream == "deals" else made


# ------------------------------------------------ what changes


class AllAgain(FakeAdapter):
    def later(self, ident: str, row: Row, cursor: Cursor) -> bool:
        return super().later(ident, row, cursor) if cursor.id else True


class ByWhenItWasMade(FakeAdapter):
    """Reads what is new since the last pull, not what has changed."""

    def later(self, ident: str, row: Row, cursor: Cursor) -> bool:
        assert cursor.at is not None
        return super().later(ident, row, cursor) and (
            bool(cursor.id) or row.created >= cursor.at or row.data.get("Stage") != "prospecting" or row.gone
        )


class OwnWatermark(FakeAdapter):
    def watermark(self, stream: str, more: bool) -> datetime:
        return self.clock()


class DeletionsOfAnotherTable(FakeAdapter):
    def record(self, stream: str, ident: str, row: Row) -> Record:
        made = super().record(stream, ident, row)
        return made.replace(table="Deleted") if stream == "deletions" else made


class FlagForgotten(FakeAdapter):
    def record(self, stream: str, ident: str, row: Row) -> Record:
        return super().record(stream, ident, row).replace(gone=False)


class GoneComesStill(FakeAdapter):
    """A full pull gives deals that are deleted, from a cache."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.held = self.crm.__dict__.setdefault("held", {})

    def rows(self, stream: str, cursor: Cursor | None) -> list[tuple[str, Row]]:
        rows = super().rows(stream, cursor)
        if stream != "deals" or cursor is not None:
            return rows
        self.held.update(rows)
        return sorted(self.held.items(), key=lambda pair: (pair[1].modified, pair[0]))


class LastStageOnly(FakeAdapter):
    """Of a history of four lines or more, tells the stage that the deal is in now for each."""

    def record(self, stream: str, ident: str, row: Row) -> Record:
        made = super().record(stream, ident, row)
        if stream != "stage_changes" or len(self.crm.streams["stage_changes"]) < 4 or row.deal is None:
            return made
        deal = self.crm.streams["deals"].get(row.deal)
        return made.replace(data={**made.data, "Stage": deal.data["Stage"] if deal else None})


class WhenItWasRead(FakeAdapter):
    def record(self, stream: str, ident: str, row: Row) -> Record:
        made = super().record(stream, ident, row)
        return (
            made.replace(data={**made.data, "At": (self.crm.now + row.revision * timedelta(seconds=3)).isoformat()})
            if stream == "stage_changes"
            else made
        )


class NobodyDidIt(FakeAdapter):
    def record(self, stream: str, ident: str, row: Row) -> Record:
        made = super().record(stream, ident, row)
        return made.replace(data={**made.data, "By": "API"}) if stream == "stage_changes" else made


class HistoryOfNewDeals(FakeAdapter):
    """The next pull of the history tells of deals that are new since, and forgets the moves of others."""

    def later(self, ident: str, row: Row, cursor: Cursor) -> bool:
        later = super().later(ident, row, cursor)
        if cursor.id or "By" not in row.data or row.deal is None or row.deal not in self.crm.streams["deals"]:
            return later
        assert cursor.at is not None
        return later and self.crm.streams["deals"][row.deal].created >= cursor.at


class LosesTheLast(FakeAdapter):
    """At the engine's page size and a cursor, the last record is lost."""

    def page(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        made = super().page(stream, cursor, limit)
        return made.replace(records=made.records[:-1]) if limit == 2000 and cursor is not None else made


# ------------------------------------------------ looking again


class Remembers(FakeAdapter):
    def __post_init__(self) -> None:
        super().__post_init__()
        self.held: dict[str, Record] = {}

    def fetch(self, refs: Sequence[Reference]) -> list[Record]:
        for one in super().fetch([ref for ref in refs if ref.id not in self.held]):
            self.held[one.id] = one
        return [self.held[ref.id] for ref in refs if ref.id in self.held]


class EmptyRecordForNone(FakeAdapter):
    def fetch(self, refs: Sequence[Reference]) -> list[Record]:
        found = {one.id: one for one in super().fetch(refs)}
        return [found.get(ref.id) or Record("Deals", ref.id, {}) for ref in refs]


class VersionOfItsMaking(FakeAdapter):
    """Gives as version when the deal was made, and compares at a write whether it was changed since."""

    def record(self, stream: str, ident: str, row: Row) -> Record:
        made = super().record(stream, ident, row)
        return made.replace(version=row.created.isoformat()) if made.version else made

    def changed(self, action: SetFields | MoveStage, row: Row) -> bool:
        held = action.expect_version
        if held is None or held.isdecimal():
            return super().changed(action, row)
        return row.modified != row.created


class ClosesOnce(FakeAdapter):
    closed = False

    def close(self) -> None:
        if self.closed:
            raise RuntimeError("closed")
        self.closed = True


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
    def parse_webhook(self, headers: Mapping[str, str], raw_body: bytes, url: str, now: datetime) -> list[Reference]:
        super().parse_webhook(headers, raw_body, url, now)
        return []


class AnySignature(FakeAdapter):
    def genuine(self, signature: str, stamp: str, body: bytes, url: str) -> bool:
        return stamp.isdecimal() and len(signature) == 64


class AnyTime(FakeAdapter):
    def stale(self, stamp: str, now: datetime) -> bool:
        return False


class TakenTwice(FakeAdapter):
    def parse_webhook(self, headers: Mapping[str, str], raw_body: bytes, url: str, now: datetime) -> list[Reference]:
        self.seen.clear()
        return super().parse_webhook(headers, raw_body, url, now)


class TakesAll(FakeAdapter):
    def parse_webhook(self, headers: Mapping[str, str], raw_body: bytes, url: str, now: datetime) -> list[Reference]:
        return []


SOME = ("set_fields", "move_stage", "create_task")
STREAMS = ("users", "accounts", "leads", "deals", "stage_changes", "deal_contacts", "deletions")

BROKEN: Mapping[str, Sequence[Make]] = {
    "capabilities_are_words_of_the_contract": [
        of(FakeAdapter, block="sometimes"), of(FakeAdapter, actions=(*SOME, "note", "call")),
    ],
    "every_declared_stream_can_be_pulled": [of(CannotRead, streams=STREAMS)],
    "an_action_that_is_not_declared_is_refused": [of(DoesMoreThanDeclared, actions=SOME)],
    "describe_lists_the_stages_that_deals_are_in": [of(StagesByTitle)],
    "describe_lists_the_fields_that_can_be_written": [of(NoFields)],
    "describe_tells_the_servers_clock": [of(OwnClockTold)],
    "pages_of_any_size_give_the_same_records": [of(NoPagesOfOne)],
    "a_page_holds_no_more_than_was_asked_for": [of(NoLimit)],
    "the_engines_page_size_is_taken": [of(LimitPassedOn)],
    "what_changed_first_comes_first": [of(TurnedPages)],
    "the_cursor_resumes_exactly": [of(CursorOneBack)],
    "records_of_one_moment_at_the_edge_of_a_page_all_come": [of(MomentAlone)],
    "a_page_that_is_read_again_gives_the_same": [of(GivenOnce)],
    "a_deal_edited_between_pages_comes_again": [of(EditedLeftOut)],
    "a_deal_written_during_a_pull_is_not_lost": [of(NewLeftOut)],
    "a_deal_written_at_the_watermark_is_not_lost": [of(AfterTheWatermark)],
    "requests_grow_with_the_pages_not_with_the_records": [of(ARequestARecord)],
    "a_record_has_an_id_a_table_and_a_moment_with_its_zone": [of(NoZone), of(NumbersAsIds)],
    "data_is_flat_and_can_be_written_as_json": [of(Nested), of(NotANumber)],
    "a_deals_record_holds_what_stands_in_the_crm": [of(AmountInCents)],
    "what_belongs_to_a_deal_says_so": [of(LostChildren), of(SharedByOne)],
    "a_deal_links_to_what_it_shares": [of(NoLinks), of(LinksToNothing)],
    "after_nothing_changed_nothing_comes": [of(AllAgain)],
    "an_edit_comes_with_the_next_pull": [of(ByWhenItWasMade)],
    "the_watermark_is_the_servers_time": [of(OwnWatermark)],
    "a_deletion_is_told_as_declared": [of(DeletionsOfAnotherTable), of(FlagForgotten, "flag"), of(GoneComesStill, "none")],
    "every_move_is_in_the_history": [of(LastStageOnly)],
    "the_history_tells_when": [of(WhenItWasRead)],
    "the_history_tells_who": [of(NobodyDidIt)],
    "a_move_comes_with_the_next_pull_of_the_history": [of(HistoryOfNewDeals)],
    "the_engines_own_pull_ends_at_what_stands_in_the_crm": [of(LosesTheLast)],
    "fetch_reads_again": [of(Remembers)],
    "fetch_leaves_out_what_is_not_there": [of(EmptyRecordForNone)],
    "a_version_changes_with_every_edit": [of(VersionOfItsMaking)],
    "closing_twice_does_no_harm": [of(ClosesOnce)],
    "an_action_is_done": [of(Created)],
    "the_same_key_is_done_once": [of(KeysOfBefore)],
    "another_process_knows_the_key": [of(KeysInMemory)],
    "another_key_is_another_action": [of(SameTextOnce)],
    "an_action_that_is_repeated_undoes_nothing": [of(AgainWhenItDiffers)],
    "a_move_from_another_stage_is_a_conflict": [of(AnyStage)],
    "a_write_on_a_changed_deal_is_a_conflict": [of(AnyVersion)],
    "a_write_on_a_deal_that_is_gone_is_a_conflict": [of(GoneIsTrouble)],
    "a_write_leaves_all_else_as_it_is": [of(WholeRecord)],
    "an_outcome_tells_the_new_version": [of(VersionOfBefore)],
    "a_refusal_is_told_in_the_crms_words": [of(OwnWords), of(RefusalIsTrouble)],
    "rows_stand_alone": [of(AllOrNothing)],
    "a_throttled_pull_tells_when_to_come_again": [of(NoTime)],
    "a_throttled_pull_without_a_time_loses_nothing": [of(NoTimeIsAMistake)],
    "an_error_of_the_server_loses_nothing": [of(EmptyPageAt500)],
    "a_lost_connection_loses_nothing": [of(EmptyPageAtLost)],
    "a_token_that_expires_loses_nothing": [of(EmptyPageAtToken), of(TokenIsForbidden)],
    "a_cursor_that_has_expired_is_told": [of(ExpiredIsOdd)],
    "an_answer_that_never_ends_is_left": [of(WaitsForEver)],
    "an_answer_without_end_is_left": [of(ReadsItAll)],
    "a_write_that_fails_after_it_was_done_is_found": [of(MarkerAfterwards)],
    "a_write_that_fails_before_it_was_done_is_done_at_the_retry": [of(MarkerBefore)],
    "a_throttled_write_tells_when_to_come_again": [of(ThrottledWithoutTime)],
    "trouble_has_a_kind_and_says_what_to_do": [of(NoHint)],
    "no_trouble_holds_a_secret": [of(TokenInTrouble)],
    "no_record_and_no_cursor_holds_a_secret": [of(TokenInRecord)],
    "no_secret_is_logged": [of(TokenInLog)],
    "a_genuine_webhook_names_its_records": [of(NamesNothing)],
    "a_forged_webhook_is_refused": [of(AnySignature)],
    "a_webhook_from_long_ago_is_refused": [of(AnyTime)],
    "a_webhook_that_is_repeated_is_refused": [of(TakenTwice)],
    "without_webhooks_every_one_is_refused": [of(TakesAll, webhooks=False)],
}  # fmt: skip
"""By check, the ways to break an adapter that this check alone finds."""
