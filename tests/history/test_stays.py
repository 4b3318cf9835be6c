"""Statuses and visits follow from what happened, however it happened."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from dealgate.history import History, history_of

from .golden import STAGES, deal_events, event, frame, golden_events, on, process

Visit = tuple[str, int | None, int | None, int]


def history(*rows: dict[str, object], day: float = 60) -> History:
    return history_of(frame(list(rows)), process(), on(day))


def days(at: datetime | None) -> int | None:
    return None if at is None else (at - on(0)).days


def visits(found: History, deal: str) -> list[Visit]:
    """(stage of the fixture, entered, left, spell) in days."""
    words = {stage: n for n, stage in STAGES.items()}
    rows = found.visits.filter(pl.col("deal") == deal).iter_rows(named=True)
    return [(words.get(r["stage"], r["stage"]), days(r["entered"]), days(r["left"]), r["spell"]) for r in rows]


def test_a_deal_that_goes_back_visits_a_stage_twice() -> None:
    found = history_of(golden_events(), process(), on(60))
    assert visits(found, "D4") == [(1, 0, 8, 0), (2, 8, 15, 0), (1, 15, 22, 0), (2, 22, 50, 0)]


def test_a_skipped_stage_was_not_visited() -> None:
    found = history_of(golden_events(), process(), on(60))
    assert visits(found, "D3") == [(1, 0, 12, 0), (3, 12, 30, 0)]


def test_a_reopened_deal_begins_a_spell() -> None:
    found = history_of(golden_events(), process(), on(60))
    assert visits(found, "D8") == [(1, 0, 9, 0), (2, 9, 20, 0), (3, 20, 33, 0), (3, 41, 55, 1)]
    mine = found.statuses.filter(pl.col("deal") == "D8")
    assert mine["status"].to_list() == ["open", "lost", "open", "won"]
    assert [days(at) for at in mine["until"].to_list()] == [33, 41, 55, None]


def test_an_open_deal_is_still_where_it_is() -> None:
    found = history_of(golden_events(), process(), on(45))
    assert visits(found, "D6") == [(1, 0, 14, 0), (2, 14, None, 0)]


def test_reopened_into_the_stage_it_had_without_being_told_so() -> None:
    rows = deal_events("x", ((1, 0), (2, 5), ("lost", 9), ("open", 20)))
    assert visits(history(*rows), "x") == [(1, 0, 5, 0), (2, 5, 9, 0), (2, 20, None, 1)]


def test_moved_and_won_in_the_same_second_it_was_won_in_its_new_stage() -> None:
    rows = deal_events("x", ((1, 0), ("won", 9)))
    rows.append(event("x", "stage", STAGES[3], on(9), turn=7))
    assert visits(history(*rows), "x") == [(1, 0, 9, 0), (3, 9, 9, 0)]


def test_the_same_second_has_an_order() -> None:
    rows = deal_events("x", ((1, 0),))
    rows += [event("x", "stage", STAGES[3], on(5), turn=2), event("x", "stage", STAGES[2], on(5), turn=1)]
    assert visits(history(*rows), "x") == [(1, 0, 5, 0), (2, 5, 5, 0), (3, 5, None, 0)]


def test_a_stage_after_the_win_is_visited_by_a_won_deal_until_it_stands_in_none() -> None:
    after = next(stage.id for stage in process().stages if stage.after == "won")
    rows = [
        *deal_events("x", ((1, 0), ("won", 9))),
        event("x", "stage", after, on(9)),
        event("x", "stage", None, on(30)),
    ]
    found = history(*rows)
    assert visits(found, "x") == [(1, 0, 9, 0), (after, 9, 30, 0)]
    assert found.visits["rank"].to_list()[-1] is None


def test_a_stage_that_was_only_seen_was_entered_nobody_knows_when() -> None:
    rows = deal_events("x", ((1, 0),))[:2]
    rows.append(event("x", "stage", STAGES[2], on(30), origin="seen"))
    rows.append(event("x", "stage", STAGES[3], on(40), origin="seen"))
    found = history(*rows)
    assert visits(found, "x") == [(2, None, 40, 0), (3, 40, None, 0)]
    assert found.visits["origin"].to_list() == ["seen", "seen"]


def test_no_events_are_no_visits() -> None:
    found = history()
    assert found.visits.is_empty() and found.statuses.is_empty() and found.at(on(3)).is_empty()
    assert not found.reconstructed and found.undated.is_empty()
