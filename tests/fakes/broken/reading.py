"""Reading: what is declared, pages, records, changes. Each has one fault."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from tests.fakes.crm import FakeAdapter, Row

from dealgate.ports import (
    Action,
    Cursor,
    Description,
    MoveStage,
    Page,
    Record,
    Reference,
    SetFields,
    Trouble,
)  # fmt: skip

NAN = math.nan


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


class NoVersion(FakeAdapter):
    def record(self, stream: str, ident: str, row: Row) -> Record:
        return super().record(stream, ident, row).replace(version=None)


class ClosesOnce(FakeAdapter):
    closed = False

    def close(self) -> None:
        if self.closed:
            raise RuntimeError("closed")
        self.closed = True
