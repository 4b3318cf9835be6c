"""What was known then, of what was so then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dealgate
from dealgate.compile.events import DELETED, MERGED, RECORD, SYNCED, reduced
from dealgate.compile.frames import Frames, frames_of
from dealgate.decide.batch import check_frames
from dealgate.history import events_of, history_of
from dealgate.simulate import simulate
from dealgate.sources.open import open_source

from .golden import STAGES, deal_events, event, frame, golden_events, on, process

NOW = datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC)


def at(rows: list[dict[str, Any]], day: float, *fields: str, known: float | None = None) -> list[dict[str, Any]]:
    found = history_of(frame(rows), process(), on(60), None if known is None else on(known))
    return found.at(on(day), *fields).to_dicts()


# ------------------------------------------------ as of a moment


def test_each_deal_is_as_it_was() -> None:
    found = history_of(golden_events(), process(), on(60))
    for day, expected in [(0, 8), (12, 7), (21, 6), (35, 4), (45, 4), (60, 2)]:
        status = found.at(on(day))["status"].to_list()
        assert status.count("open") == expected, day
    then = {row["id"]: row for row in found.at(on(16)).to_dicts()}
    assert (then["D4"]["stage"], then["D8"]["stage"], then["D7"]["status"]) == (STAGES[1], STAGES[2], "lost")
    assert then["D7"]["stage"] == STAGES[1], "a closed deal keeps the stage it closed in"


def test_a_bare_date_is_the_end_of_that_day_in_the_zone() -> None:
    late = datetime(2026, 1, 6, 23, 30, tzinfo=UTC)
    rows = [*deal_events("x", ((1, 0),)), event("x", "amount", "5.00 USD", late)]
    found = history_of(frame(rows), process(), on(60))
    assert found.at(date(2026, 1, 6), "amount")["amount.assumed"].to_list() == [False]
    assert found.at(date(2026, 1, 5), "amount")["amount.assumed"].to_list() == [True]


def test_a_moment_without_a_zone_is_one_of_the_processes_zone() -> None:
    berlin = process().replace(calendar=process().calendar.replace(zone=ZoneInfo("Europe/Berlin")))
    found = history_of(golden_events(), berlin, datetime(2026, 7, 1, 12))
    assert found.as_of == datetime(2026, 7, 1, 10, tzinfo=UTC)


def test_values_are_typed_and_one_that_stands_in_says_so() -> None:
    rows = deal_events("x", ((1, 0),))
    rows += [event("x", "amount", "2500.50 USD", on(5)), event("x", "amount", "12.00 EUR", on(9))]
    rows += [event("x", "close_date", "2026-03-31", on(0)), event("x", "close_date", None, on(20))]
    first, later, last = (at(rows, day, "amount", "close_date")[0] for day in (2, 6, 30))
    assert (first["amount"], first["amount.currency"], first["amount.assumed"]) == (250050, "USD", True)
    assert (later["amount"], later["amount.assumed"]) == (250050, False)
    assert (last["amount"], last["amount.currency"]) == (1200, "EUR")
    assert (first["close_date"], last["close_date"], last["close_date.assumed"]) == (date(2026, 3, 31), None, False)


def test_a_deal_is_not_there_before_it_begins_nor_after_it_is_gone() -> None:
    rows = [*deal_events("x", ((1, 5),)), *deal_events("y", ((1, 5),)), *deal_events("z", ((1, 5),))]
    rows += [event("x", RECORD, DELETED, on(20)), event("y", RECORD, f"{MERGED}z", on(30))]
    ids = [[row["id"] for row in at(rows, day)] for day in (4, 10, 25, 40)]
    assert ids == [[], ["x", "y", "z"], ["y", "z"], ["z"]]
    gone = history_of(frame(rows), process(), on(60)).gone.to_dicts()
    assert [(g["deal"], g["into"]) for g in gone] == [("x", DELETED), ("y", "z")]


def test_a_deal_that_was_restored_was_gone_in_between() -> None:
    rows = [*deal_events("x", ((1, 5),)), event("x", RECORD, DELETED, on(20)), event("x", RECORD, "there", on(30))]
    assert [len(at(rows, day)) for day in (10, 25, 40)] == [1, 0, 1]
    assert history_of(frame(rows), process(), on(60)).gone.is_empty()


def test_what_nothing_dates_is_reported_apart() -> None:
    rows = [event("x", RECORD, "there", None), event("x", "status", "open", None)]
    rows.append(event("x", "stage", STAGES[1], on(9), origin="seen"))
    found = history_of(frame(rows), process(), on(60))
    assert found.at(on(60)).is_empty()
    assert found.undated.to_dicts() == [{"id": "x", "status": "open", "stage": STAGES[1]}]
    assert found.frames().deals["id"].to_list() == ["x"], "and is judged all the same"


def test_snapshots_are_the_deals_at_the_end_of_each_period() -> None:
    found = history_of(golden_events(), process(), on(60))
    taken = found.snapshots(date(2026, 1, 1), date(2026, 2, 20), "month")
    open_ = taken.filter(pl.col("status") == "open").group_by("day").len().sort("day").rows()
    assert open_ == [(date(2026, 1, 31), 5), (date(2026, 2, 20), 3)]
    assert taken.filter(day=date(2026, 1, 31)).drop("day").equals(found.at(date(2026, 1, 31)))


def test_what_was_learned_later_was_not_known_then() -> None:
    rows = deal_events("x", ((1, 0),))
    rows.append(event("x", "stage", STAGES[2], on(5), recorded_at=on(8)))
    rows.append(event("x", "stage", STAGES[3], on(5), recorded_at=on(30)))  # a correction
    assert [at(rows, 10, known=day)[0]["stage"] for day in (6, 9, 31)] == [STAGES[1], STAGES[2], STAGES[3]]


EVENT = st.tuples(
    st.sampled_from(["a", "b"]),
    st.sampled_from(["stage", "status", "amount"]),
    st.integers(0, 2),
    st.one_of(st.none(), st.integers(0, 20)),
    st.integers(0, 3),
    st.integers(0, 40),
)
WORDS = {
    "stage": [*STAGES.values()],
    "status": ["open", "won", "lost"],
    "amount": ["1.00 USD", "2.00 USD", None],
}


def made(events: list[tuple[str, str, int, int | None, int, int]]) -> pl.DataFrame:
    rows = [event(deal, RECORD, "there", on(0)) for deal in ("a", "b")]
    rows += [
        event(deal, field, WORDS[field][word], None if day is None else on(day), turn=turn, recorded_at=on(learned))
        for deal, field, word, day, turn, learned in events
    ]
    return frame(rows)


@given(st.lists(EVENT, max_size=25), st.lists(EVENT, max_size=10), st.integers(0, 20), st.integers(0, 40))
@settings(deadline=None)
def test_what_is_recorded_later_never_changes_an_earlier_answer(
    events: list[Any], later: list[Any], day: int, known: int
) -> None:
    before = made(events)
    more = made([(*one[:5], known + 1 + one[5]) for one in later]).filter(pl.col("field") != RECORD)
    answers = []
    for known_events in (before, pl.concat([before, more]), pl.concat([more, before])):
        found = history_of(known_events, process(), on(day), on(known))
        answers.append((found.at(on(day), "amount"), found.visits, found.statuses))
    for other in answers[1:]:
        assert all(a.equals(b) for a, b in zip(answers[0], other, strict=True))


@given(st.lists(EVENT, max_size=25), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_in_which_events_are_handed_in_does_not_matter(events: list[Any], chance: Any) -> None:
    told = made(events).unique(["deal", "field", "at", "turn", "recorded_at"], maintain_order=True)
    mixed = told.sample(fraction=1, shuffle=True, seed=chance.randrange(2**16))
    assert reduced(told).equals(reduced(mixed))
    assert reduced(reduced(told)).equals(reduced(told))


# ------------------------------------------------ from a source


@pytest.fixture(scope="module")
def company() -> Frames:
    playbook = dealgate.load("practical")
    records = simulate(seed=5, years=2, deals=150, as_of=NOW.date()).deals
    return frames_of([playbook.deal(record) for record in records], playbook.process)


def test_a_source_as_of_now_is_judged_as_it_stands(company: Frames) -> None:
    playbook = dealgate.load("practical")
    children = {n: f for n, f in company.children.items() if n not in ("visits", "changes")}
    events = events_of(company, playbook.process, NOW)
    again = history_of(events, playbook.process, NOW, children=children).frames()
    held, told = (check_frames(playbook, frames, NOW).judged.collect() for frames in (company, again))
    assert told.sort("id").select(held.columns).equals(held.sort("id"))
    for name in company.deals.columns:
        if not name.endswith(".unfit") and name != "changes.synced":
            assert again.deals.sort("id")[name].to_list() == company.deals.sort("id")[name].to_list(), name


def test_events_read_again_tell_the_same(company: Frames) -> None:
    """History is a fixed point: the events of an as-of view are the events."""
    events = events_of(company, process(), NOW)
    children = {n: f for n, f in company.children.items() if n not in ("visits", "changes")}
    first = history_of(events, process(), NOW, children=children)
    again = history_of(events_of(first.frames(), process(), NOW), process(), NOW, children=children)
    assert again.at(NOW - timedelta(days=200), "amount", "close_date", "owner.name").equals(
        first.at(NOW - timedelta(days=200), "amount", "close_date", "owner.name")
    )
    assert again.statuses.drop("turn").equals(first.statuses.drop("turn"))


def test_a_sales_export_without_history_is_placed_by_its_dates(shared_data: Any) -> None:
    playbook = dealgate.load("practical")
    source = open_source(shared_data / "maven_crm_sales", process=playbook.process)
    events = events_of(source.frames, playbook.process, datetime(2018, 1, 1, tzinfo=UTC))
    found = history_of(events, playbook.process, date(2018, 1, 1))
    opened = found.at(date(2017, 6, 30)).filter(pl.col("status") == "open")
    assert (opened.height, opened["stage"].unique().to_list()) == (1686, ["qualification"])
    assert (found.undated.height, found.undated["stage"].unique().to_list()) == (500, ["prospecting"])
    assert found.reconstructed


def test_days_are_those_of_the_zone_also_when_the_clocks_change() -> None:
    berlin = process().replace(calendar=process().calendar.replace(zone=ZoneInfo("Europe/Berlin")))
    deals = pl.DataFrame(
        {
            "id": ["a", "b"],
            "status": ["won", "won"],
            "created_at": [datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 29, 4, tzinfo=UTC)],
            "closed_on": [date(2026, 3, 29), date(2026, 3, 29)],
        },
        schema_overrides={"created_at": pl.Datetime("us", "UTC")},
    )
    events = events_of(Frames(deals, {}), berlin, NOW)
    won = events.filter(pl.col("value") == "won")["at"].to_list()
    assert won[0] == datetime(2026, 3, 28, 23, tzinfo=UTC), "the day begins in winter time"
    assert won[1] == datetime(2026, 3, 29, 4, tzinfo=UTC), "but not before the deal does"


def test_a_collection_that_was_never_read_stays_unknown() -> None:
    deals = pl.DataFrame({"id": ["a", "b"], "status": ["open", "open"], "contacts.synced": [True, False]})
    contacts = pl.DataFrame(schema={"deal": pl.String, "position": pl.Int64, "name": pl.String})
    events = events_of(Frames(deals, {"contacts": contacts}), process(), NOW)
    assert events.filter(pl.col("value") == SYNCED)["deal"].to_list() == ["a"]
    again = history_of(events, process(), NOW, children={"contacts": contacts}).frames()
    assert again.deals["contacts.synced"].to_list() == [True, False]


def test_a_later_reading_tells_what_changed_in_between() -> None:
    reading = [
        pl.DataFrame({"id": ["a"], "status": ["open"], "stage": [stage], "amount": [amount]})
        for stage, amount in ((STAGES[1], 100), (STAGES[2], 100), (STAGES[2], 300))
    ]
    events = [events_of(Frames(frame_, {}), process(), on(10 * n)) for n, frame_ in enumerate(reading)]
    found = history_of(pl.concat(events), process(), on(60))
    stages = found.part("stage").select("value", "at", "origin").rows()
    assert stages == [(STAGES[1], on(0), "seen"), (STAGES[2], on(10), "seen")]
    assert found.part("amount")["value"].to_list() == ["1.00 USD", "3.00 USD"]


def test_a_deal_that_closed_before_its_record_was_made_is_closed(shared_data: Path) -> None:
    """As in every pipeline that was imported: the record is younger than the deal."""
    model = dealgate.load("practical").process
    moment = datetime(2020, 12, 31, 23, 59, tzinfo=UTC)
    frames = open_source(shared_data / "salesforce_developer_sample", process=model).frames
    held = history_of(events_of(frames, model, moment), model, moment)
    assert dict(held.deals["status"].cast(pl.String).value_counts().iter_rows()) == {"open": 13, "won": 18}
