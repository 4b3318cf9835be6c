"""History in stages that are no more is read in the stages of now, and what was recorded stays as it is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import dealgate
from dealgate.compile.frames import frames_of
from dealgate.decide.playbook import Playbook
from dealgate.history import History, events_of, history_of
from dealgate.metrics.cases import Past
from dealgate.metrics.measure import measure

AS_OF = date(2026, 11, 23)
SEEN = datetime(2026, 11, 23, 12, tzinfo=UTC)
HEAD = "kind: process/v1\nid: p\ntitle: P\nversion: 1.0.0\nowner: Ops\n"
OLD = HEAD + "stages: [{id: talk, title: T}, {id: demo, title: D}, {id: trial, title: R}, {id: close, title: C}]\n"
MERGED = (
    HEAD + "stages: [{id: talk, title: T}, {id: proof, title: P, replaces: [demo, trial]}, {id: close, title: C}]\n"
)
SPLIT = HEAD + (
    "stages: [{id: talk, title: T}, {id: small, title: S}, {id: large, title: L}, {id: close, title: C}]\n"
    "becomes:\n  demo: [{stage: large, when: {field: amount, at_least: 5000}}, {stage: small}]\n  trial: demo\n"
)
DEALS: list[dict[str, Any]] = [
    {
        "id": "A", "stage": "close", "amount": 9000,
        "visits": [
            {"stage": "talk", "entered": "2026-09-01", "left": "2026-09-05"},
            {"stage": "demo", "entered": "2026-09-05", "left": "2026-09-10"},
            {"stage": "trial", "entered": "2026-09-10", "left": "2026-09-20"},
            {"stage": "close", "entered": "2026-09-20"},
        ],
    },
    {
        "id": "B", "stage": "trial", "amount": 100,
        "visits": [
            {"stage": "demo", "entered": "2026-10-01", "left": "2026-10-02"},
            {"stage": "talk", "entered": "2026-10-02", "left": "2026-10-09"},
            {"stage": "trial", "entered": "2026-10-09"},
        ],
    },
    {"id": "C", "stage": "demo", "visits": [{"stage": "demo", "entered": "2026-11-01"}]},
]  # fmt: skip


def book(folder: Path, text: str) -> Playbook:
    path = folder / "p.yaml"
    path.write_text(text, encoding="utf-8")
    return dealgate.load(path)


@pytest.fixture
def events(tmp_path: Path) -> pl.DataFrame:
    """What was recorded while the process had the old stages."""
    old = book(tmp_path, OLD)
    return events_of(frames_of([old.deal(d) for d in DEALS], old.process), old.process, SEEN)


def told(history: History) -> list[tuple[str, str, int]]:
    """Deal, stage, days of each visit that is over; -1 of one that is not."""
    rows = history.visits.select("deal", "stage", (pl.col("left") - pl.col("entered")).dt.total_days().fill_null(-1))
    return list(rows.iter_rows())


def test_consecutive_visits_to_stages_that_were_merged_are_one(tmp_path: Path, events: pl.DataFrame) -> None:
    history = history_of(events, book(tmp_path, MERGED).process, AS_OF)
    assert told(history) == [
        ("A", "talk", 4), ("A", "proof", 15), ("A", "close", -1),
        ("B", "proof", 1), ("B", "talk", 7), ("B", "proof", -1),
        ("C", "proof", -1),
    ]  # fmt: skip
    assert [(p.was, p.now, p.ids) for p in history.passages] == [("demo", "proof", ("C",)), ("trial", "proof", ("B",))]


def test_a_split_is_decided_by_the_deal_as_it_is_for_all_of_its_past(tmp_path: Path, events: pl.DataFrame) -> None:
    history = history_of(events, book(tmp_path, SPLIT).process, AS_OF)
    assert told(history)[:6] == [
        ("A", "talk", 4), ("A", "large", 15), ("A", "close", -1), ("B", "small", 1), ("B", "talk", 7), ("B", "small", -1),
    ]  # fmt: skip
    assert [(p.was, p.now, p.ids, bool(p.why)) for p in history.passages] == [
        ("demo", None, ("C",), True), ("trial", "small", ("B",), False),
    ]  # fmt: skip
    assert [(f["deal"], f["stage"]) for f in history.frames().children["visits"].to_dicts() if f["deal"] == "C"] == [
        ("C", "demo")
    ]


def test_figures_rest_on_the_stages_of_now_and_no_deal_is_lost(tmp_path: Path, events: pl.DataFrame) -> None:
    for text in (MERGED, SPLIT):
        process = book(tmp_path, text).process
        found = measure(Past(history_of(events, process, AS_OF)), None)
        assert found.rows


def test_the_events_that_were_recorded_are_not_touched(tmp_path: Path, events: pl.DataFrame) -> None:
    before = events.clone()
    history_of(events, book(tmp_path, SPLIT).process, AS_OF)
    assert_frame_equal(events, before)
    again = history_of(events, book(tmp_path, OLD).process, AS_OF)
    assert [stage for _, stage, _ in told(again)] == [
        "talk", "demo", "trial", "close", "demo", "talk", "trial", "demo",
    ]  # fmt: skip


def test_history_and_a_file_agree_on_the_visits_of_each_deal(tmp_path: Path, events: pl.DataFrame) -> None:
    for text in (MERGED, SPLIT):
        playbook = book(tmp_path, text)
        held = history_of(events, playbook.process, AS_OF).frames().children["visits"]
        for record in DEALS:
            deal = playbook.judge.moved(playbook.deal(record), AS_OF)
            single = [(v["stage"], v["entered"]) for v in deal.children["visits"]]
            mine = held.filter(pl.col("deal") == record["id"]).select(pl.col("stage").cast(pl.String), "entered")
            assert list(mine.iter_rows()) == single
