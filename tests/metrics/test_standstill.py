"""Stalled and ageing deals, by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from tests.metrics.streams import at, deal, events, practical

from dealgate.compile.frames import MOMENT
from dealgate.history import history_of
from dealgate.metrics.cases import Past
from dealgate.metrics.measure import measure
from dealgate.metrics.spec import Asked
from dealgate.metrics.specs.standstill import ages, limits, stalled

NOW = at("06-01")


def activities(*rows: dict[str, Any]) -> pl.DataFrame:
    kinds: dict[str, Any] = {
        "deal": pl.String,
        "position": pl.Int64,
        "at": MOMENT,
        "two_way": pl.Boolean,
        "held": pl.Boolean,
        "automated": pl.Boolean,
    }
    return pl.DataFrame([{"position": n, **row} for n, row in enumerate(rows)], schema=kinds)


def past(rows: list[tuple[Any, ...]], **children: pl.DataFrame) -> Past:
    return Past(history_of(events(rows), practical(), NOW, children=children))


OPEN = [
    *deal("talked", "01-05"), *deal("proved", "01-05"), *deal("moved", "01-05"), ("moved", "stage", "proposal", at("05-25")),
    *deal("edited", "01-05"), ("edited", "amount", "7 USD", at("05-30")), *deal("new", "05-28"),
    *deal("meets", "01-05"), ("meets", "next_meeting_at", "2026-06-10T09:00:00+00:00", at("05-30")),
    *deal("won", "01-05"), ("won", "status", "won", at("05-30")),
]  # fmt: skip
SEEN = activities(
    {"deal": "talked", "at": at("05-28"), "two_way": True},
    {"deal": "edited", "at": at("05-28"), "two_way": False},
    {"deal": "edited", "at": at("05-28"), "two_way": True, "held": False},
    {"deal": "edited", "at": at("05-28"), "two_way": True, "automated": True},
    {"deal": "edited", "at": at("06-08"), "two_way": True},
)
PROOF = pl.DataFrame({"deal": ["proved"], "position": [0], "dated": [date(2026, 5, 20)]})


def test_only_what_happens_with_the_buyer_resets_the_clock_and_the_cause_is_kept() -> None:
    found = stalled(past(OPEN, activities=SEEN, evidence=PROOF), 14)
    assert {str(d): (cause, hit) for d, cause, hit in found.select("deal", "cause", "hit").rows()} == {
        "talked": ("activity", False),
        "proved": ("evidence", False),
        "moved": ("stage", False),
        "edited": ("stage", True),
        "new": ("stage", False),
        "meets": ("stage", True),
    }
    paused = stalled(past(OPEN, activities=SEEN, evidence=PROOF), 14, pause=True)
    assert paused.filter(pl.col("deal").cast(pl.String) == "meets").select("cause", "hit").row(0) == ("meeting", False)
    assert paused["hit"].sum() == 1


def test_the_share_of_stalled_deals_rests_on_open_ones() -> None:
    made = measure(past(OPEN, activities=SEEN, evidence=PROOF), ["stalled_share"])
    assert (made.figure("stalled_share").numerator, made.figure("stalled_share").n) == (2, 6)
    longer = measure(past(OPEN, activities=SEEN, evidence=PROOF), ["stalled_share"], Asked(policies={"threshold": 200}))
    assert longer.figure("stalled_share").numerator == 0


def test_where_activities_were_not_read_nothing_is_said_of_stalling() -> None:
    figure = measure(past(OPEN), ["stalled_share"]).figure("stalled_share")
    assert figure.value is None
    assert figure.reason is not None
    assert "not read" in figure.reason


def won(n: int, days: int, segment: str | None) -> list[tuple[Any, ...]]:
    name = f"{segment}{n}"
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rows: list[tuple[Any, ...]] = deal(name, "01-01", stage="qualification")
    rows = [(d, f, v, start) for d, f, v, _ in rows]
    rows.append((name, "status", "won", start + timedelta(days=days)))
    return rows + ([(name, "segment", segment, start)] if segment else [])


def test_limits_come_from_the_segment_from_all_or_from_the_stage() -> None:
    rows = [row for n in range(1, 31) for row in won(n, n, "small")]
    rows += [row for n in range(1, 6) for row in won(n, 100, "large")]
    for name, segment in (("s", "small"), ("l", "large"), ("n", None)):
        rows += deal(name, "05-05", stage="qualification")
        rows += [(name, "segment", segment, at("05-05", 9))] if segment else []
    rows += deal("p", "05-05", stage="proposal")
    # 3 days there, 2 days on, and back for 3
    rows += [*deal("b", "05-24", stage="qualification"), ("b", "stage", "proposal", at("05-27"))]
    rows += [("b", "stage", "qualification", at("05-29"))]
    found = past(rows)
    bars = {
        (s, g): (p75, p90, basis)
        for s, g, p75, p90, basis in limits(found, 30).select("stage", "segment", "p75", "p90", "basis").rows()
    }
    assert bars["qualification", "small"] == (pytest.approx(22.75), pytest.approx(27.1), "segment")
    assert bars["qualification", None][2] == "pooled"
    assert bars["proposal", None] == (21.0, 21.0, "max_age")
    aged = {
        str(d): (basis, hit, high) for d, basis, hit, high in ages(found).select("deal", "basis", "hit", "high").rows()
    }
    # 27.125 days in the stage
    assert aged == {
        "s": ("segment", True, True),
        "l": ("pooled", True, False),
        "n": ("pooled", True, False),
        "p": ("max_age", True, True),
        "b": ("pooled", False, False),
    }
    assert ages(found).filter(pl.col("deal").cast(pl.String) == "b")["days"].item() == pytest.approx(3.125 + 3)
    made = measure(found, ["aging_share"], Asked(policies={"min_n": 0}))
    warn = made.figure("aging_share", stage="qualification")
    assert (warn.numerator, warn.n) == (3, 4)
    assert made.figure("aging_share", "high", stage="qualification").numerator == 1
    assert warn.flags == ("limits_max_age", "limits_pooled")
