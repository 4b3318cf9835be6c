"""The adapter of the CRM in memory with the other kinds of cursor."""

from __future__ import annotations

from typing import Any

from tests.fakes.crm import FakeAdapter, Row

from dealgate.ports import Capabilities, Cursor


class Delta(FakeAdapter):
    """By a token of the CRM's: the number of its last change."""

    def capabilities(self) -> Capabilities:
        return super().capabilities().replace(cursor="delta")

    def rows(self, stream: str, cursor: Cursor | None) -> list[tuple[str, Row]]:
        after = int(cursor.token or 0) if cursor else 0
        rows = [(ident, row) for ident, row in super().rows(stream, None) if row.revision > after]
        return sorted(rows, key=lambda pair: pair[1].revision)

    def cursor(self, stream: str, page: list[tuple[str, Row]]) -> Cursor:
        return Cursor(token=str(page[-1][1].revision))


class Window(FakeAdapter):
    """By a moment alone: all that was written in one comes in one page."""

    def capabilities(self) -> Capabilities:
        return super().capabilities().replace(cursor="window")

    def later(self, ident: str, row: Row, cursor: Cursor) -> bool:
        assert cursor.at is not None
        return row.modified > cursor.at if cursor.id else row.modified >= cursor.at

    def cutting(self, rows: list[tuple[str, Row]], limit: int) -> tuple[list[tuple[str, Row]], bool]:
        if len(rows) <= limit:
            return rows, False
        whole = [pair for pair in rows if pair[1].modified <= rows[limit - 1][1].modified]
        return whole, len(rows) > len(whole)

    def cursor(self, stream: str, page: list[tuple[str, Row]]) -> Cursor:
        return Cursor(page[-1][1].modified, "all of this moment")


class Whole(FakeAdapter):
    """Everything, each time."""

    def capabilities(self) -> Capabilities:
        return super().capabilities().replace(cursor="full")


KINDS: dict[str, type[Any]] = {"keyset": FakeAdapter, "delta": Delta, "window": Window, "full": Whole}
