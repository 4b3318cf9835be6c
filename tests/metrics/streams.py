"""Streams of events, made up: by hand, and by hypothesis with all that happens to deals."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import polars as pl
from hypothesis import strategies as st

from dealgate.compile.events import DELETED, EVENTS, MERGED, RECORD, THERE
from dealgate.documents.load import load
from dealgate.history import History, history_of
from dealgate.model.process import Process

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2026, 12, 31, 23, tzinfo=UTC)
Event = tuple[str, str, str | None, datetime | None]


@cache
def practical() -> Process:
    """The shipped process."""
    return load("practical").need()


def at(day: str, hour: int = 12) -> datetime:
    """A moment of a day of 2026, written ``03-15``."""
    month, of = day.split("-")
    return datetime(2026, int(month), int(of), hour, tzinfo=UTC)


def events(rows: Iterable[tuple[Any, ...]]) -> pl.DataFrame:
    """EVENTS of rows ``deal, field, value, at[, by[, channel]]``; turns count up as they are written."""
    made = []
    for turn, row in enumerate(rows):
        deal, field, value, when, by, channel = (*row, None, None)[:6]
        made.append((deal, field, value, when, turn, by, channel, "told", when or BEGIN, False))
    return pl.DataFrame(made, schema=dict(EVENTS), orient="row")


def history(rows: Iterable[tuple[Any, ...]], as_of: datetime = END, process: Process | None = None) -> History:
    """The history of such rows."""
    return history_of(events(rows), process or practical(), as_of)


def deal(
    name: str, begun: str, *, amount: str | None = "100 USD", day: str | None = "06-15", stage: str = "qualification"
) -> list[tuple[Any, ...]]:
    """The beginning of an open deal, its date written ``06-15`` (of 2026)."""
    start = at(begun, 9)
    rows: list[tuple[Any, ...]] = [
        (name, RECORD, THERE, start),
        (name, "stage", stage, start),
        (name, "status", "open", start),
    ]
    rows += [(name, "amount", amount, start)] if amount else []
    rows += [(name, "close_date", f"2026-{day}", start)] if day else []
    return rows


_DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
# few moments, so that many things happen in one second
_MOMENTS = st.integers(0, 40).map(lambda n: BEGIN + timedelta(days=9 * n, hours=n % 3))
_MONEY = st.one_of(
    st.none(),
    st.tuples(st.integers(0, 10**9), st.sampled_from(["USD", "EUR", "JPY"])).map(
        lambda one: f"{one[0]} JPY" if one[1] == "JPY" else f"{one[0] // 100}.{one[0] % 100:02d} {one[1]}"
    ),
)
_STEPS = st.one_of(
    st.tuples(st.just("status"), st.sampled_from(["open", "won", "lost", "cancelled"])),
    st.tuples(st.just("amount"), _MONEY),
    st.tuples(st.just("close_date"), st.one_of(st.none(), _DAYS.map(date.isoformat))),
    st.tuples(st.just("owner.team"), st.sampled_from(["north", "south", None])),
    st.tuples(st.just("outcome_reason"), st.sampled_from(["price", None])),
    st.tuples(st.just(RECORD), st.sampled_from([DELETED, MERGED + "d0", THERE])),
)


@st.composite
def streams(draw: st.DrawFn, most: int = 6) -> list[tuple[Any, ...]]:
    """Rows of some deals: opened, closed, reopened, moved, repriced, deleted, merged; many at one moment."""
    rows: list[tuple[Any, ...]] = []
    for n in range(draw(st.integers(0, most))):
        name = f"d{n}"
        begun = draw(st.one_of(st.none(), _MOMENTS))
        rows.append((name, RECORD, THERE, begun))
        if draw(st.booleans()):
            rows.append((name, "status", "open", begun))
        for field, value in draw(st.lists(_STEPS, max_size=8)):
            channel = draw(st.sampled_from(["person", "import", "workflow", None]))
            rows.append((name, field, value, draw(_MOMENTS), None, channel))
    return rows
