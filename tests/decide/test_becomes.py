"""Deals in stages that are no more are judged in the stages of now: everywhere alike, and nothing is rewritten."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import dealgate
from dealgate.bundled import bundled
from dealgate.compile.frames import frames_of
from dealgate.decide.batch import check_frames
from dealgate.decide.playbook import Playbook
from dealgate.decide.report import check
from dealgate.history import History, events_of, history_of
from dealgate.metrics.cases import Past
from dealgate.metrics.measure import measure
from dealgate.metrics.spec import Asked
from dealgate.model.verdict import Status
from dealgate.simulate import Company, simulate

from .house import GOOD, NEED, PROCESS, TODAY

AS_OF = date(2026, 11, 23)
SPLIT = """
becomes:
  negotiation: [{stage: third, when: {field: amount, at_least: 5000}}, {stage: second}]
  draft: negotiation
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Playbook:
    """first, second and third, of which ``second`` holds what was ``demo`` and ``offer``; ``negotiation`` was split."""
    text = PROCESS.replace("    title: Second\n", "    title: Second\n    replaces: [demo, offer]\n")
    path = tmp_path_factory.mktemp("rules") / "small.yaml"
    path.write_text(text.replace("SINCE", "weight: 1, replaces: third.conditions") + SPLIT, encoding="utf-8")
    return dealgate.load(path)


def standing(book: Playbook, **changes: Any) -> Any:
    return book.standing({**GOOD, **changes}, as_of=TODAY)


# ------------------------------------------------ one deal


def test_a_deal_of_a_renamed_stage_stands_in_the_new_one_and_says_where_it_was(book: Playbook) -> None:
    found = standing(book, stage="demo")
    assert (found.stage.id, found.was, found.group) == ("second", "demo", "open")
    assert [v.criterion.id for v in found.verdicts] == [v.criterion.id for v in standing(book, stage="second").verdicts]
    assert standing(book, stage="second").was is None


@pytest.mark.parametrize(("amount", "now"), [(5000, "third"), (4999, "second")])
def test_a_stage_that_was_split_is_decided_by_the_deal(book: Playbook, amount: int, now: str) -> None:
    assert standing(book, stage="negotiation", amount=amount).stage.id == now
    assert standing(book, stage="draft", amount=amount).stage.id == now


def test_a_condition_that_is_unknown_is_not_taken_for_false(book: Playbook) -> None:
    found = standing(book, stage="negotiation", amount=None)
    assert (found.stage, found.group, found.state, found.was) == (None, "unmapped", None, "negotiation")
    assert found.deal.unfit["stage"].raw == "negotiation" and "not known" in found.deal.unfit["stage"].why


def test_a_move_starts_from_the_stage_of_now(book: Playbook) -> None:
    decision = book.gate({**GOOD, "stage": "demo"}, "third", as_of=TODAY)
    assert decision.origin == "second"
    plain = book.gate({**GOOD, "stage": "second"}, "third", as_of=TODAY)
    told = [[(v.criterion.id, v.status) for v in found.verdicts] for found in (decision, plain)]
    assert told[0] == told[1] and decision.outcome is plain.outcome


def test_a_closed_deal_keeps_its_status(book: Playbook) -> None:
    found = standing(book, stage="offer", status="lost")
    assert (found.group, found.stage.id, found.was) == ("lost", "second", "offer")


def visits(*stays: tuple[str, str, str | None]) -> list[dict[str, Any]]:
    return [{"stage": s, "entered": e, **({"left": left} if left else {})} for s, e, left in stays]


def test_two_visits_that_merge_are_one_and_what_lies_between_keeps_them_apart(book: Playbook) -> None:
    stays = visits(("demo", "2026-10-01", "2026-10-10"), ("offer", "2026-10-10", None))
    found = standing(book, stage="offer", visits=stays).deal.children["visits"]
    first = book.deal({"visits": stays}).children["visits"][0]
    assert found == ({"stage": "second", "entered": first["entered"]},)
    apart = visits(
        ("demo", "2026-10-01", "2026-10-10"), ("first", "2026-10-10", "2026-10-12"), ("offer", "2026-10-12", None)
    )
    assert [v["stage"] for v in standing(book, stage="offer", visits=apart).deal.children["visits"]] == [
        "second", "first", "second",
    ]  # fmt: skip
    gap = visits(("demo", "2026-10-01", "2026-10-05"), ("offer", "2026-10-10", None))
    assert len(standing(book, stage="offer", visits=gap).deal.children["visits"]) == 2


def test_an_approved_exception_follows_its_criterion_to_the_new_name(book: Playbook) -> None:
    granted = {"approver": "Boss", "requester": "Rep", "approved_on": date(2026, 11, 20), "reason": "exception"}
    for name in ("third.conditions", "third.terms"):
        verdicts = book.evaluate({**GOOD, "terms": None, "overrides": [{**granted, "criterion": name}]}, as_of=TODAY)
        assert {v.criterion.id: v.status for v in verdicts}["third.terms"] is Status.WAIVED
    gone = {**GOOD, "amount": None, "overrides": [{**granted, "criterion": "demo.sized"}]}
    assert {v.criterion.id: v.status for v in book.evaluate(gone, as_of=TODAY)}["second.sized"] is Status.WAIVED


# ------------------------------------------------ one by one and in columns

STAGES = ("first", "second", "third", "after", "demo", "offer", "negotiation", "draft", None)
DAYS = st.integers(1, 28).map(lambda day: datetime(2026, 10, day, 12).isoformat())
VISITS = st.lists(
    st.tuples(st.sampled_from(STAGES), st.none() | DAYS, st.none() | DAYS).map(
        lambda v: {k: x for k, x in zip(("stage", "entered", "left"), v, strict=True) if x is not None}
    ),
    max_size=5,
)
SIDES = st.sampled_from([*STAGES[:-1], "nobody's", None])
CHANGES = st.lists(
    st.tuples(SIDES, SIDES, DAYS).map(lambda c: {"field": "stage", "from": c[0], "to": c[1], "at": c[2]}), max_size=4
)
DEALS = st.fixed_dictionaries(
    {"stage": st.sampled_from(STAGES), "status": st.sampled_from(["open", "won", "lost"])},
    optional={
        "amount": st.sampled_from([100, 4999, 5000, 9000]),
        "visits": VISITS,
        "changes": CHANGES,
        "close_date": st.just("2026-12-01"),
        "evidence": st.just([NEED]),
        "overrides": st.just(
            [{"criterion": "demo.sized", "approver": "Boss", "requester": "Rep", "approved_on": "2026-11-20"}]
        ),
    },
)


@cache
def aged() -> Playbook:
    """A process whose criteria read the stage, the time in it, its visits and its changes."""
    import tempfile

    exits = """\
      - {id: young, title: Young, check: {field: days_in_stage, at_most: 20 days}}
      - {id: been, title: Been there, check: {count: visits, where: {field: stage, is: second}, at_least: 2}}
      - {id: on, title: Went on, check: {field: stage, changed: {direction: up, at_least: 1}}}
      - {id: late, title: Late, check: {field: stage, at_least: second}}
"""
    text = PROCESS.replace("    title: Second\n", "    title: Second\n    replaces: [demo, offer]\n")
    text = text.replace("      - {id: watched", exits + "      - {id: watched").replace(
        "SINCE", "since: 2026-10-15, in_flight: grandfather"
    )
    path = Path(tempfile.mkdtemp()) / "aged.yaml"
    path.write_text(text + SPLIT, encoding="utf-8")
    return dealgate.load(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(DEALS, min_size=1, max_size=6))
def test_columns_say_what_single_deals_say(records: list[dict[str, Any]]) -> None:
    book = aged()
    deals = [book.deal({"id": str(n), **r}) for n, r in enumerate(records)]
    single, batch = check(book, deals, TODAY), check_frames(book, frames_of(deals, book.process), TODAY)
    assert batch.summary == single.summary
    assert_frame_equal(batch.table().collect(), single.table().collect())
    table = book.evaluate_frame(frames_of(deals, book.process), as_of=TODAY)
    for row, deal in zip(table.iter_rows(named=True), deals, strict=True):
        for verdict in book.evaluate(deal, as_of=TODAY):
            assert row[verdict.criterion.id] == verdict.status.value, (verdict.criterion.id, deal)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(DEALS, min_size=1, max_size=6))
def test_sql_over_a_files_deals_counts_what_single_deals_say(records: list[dict[str, Any]]) -> None:
    """They are put into the stages of now before they are staged, so that splits and visits count there too."""
    from dealgate.cli.engines import Asked, duckdb
    from dealgate.sources.open import Source

    book = aged()
    deals = [book.deal({"id": str(n), **r}) for n, r in enumerate(records)]
    single = check(book, deals, TODAY)
    pushed = duckdb.check(Asked(book, TODAY, Source(frames_of(deals, book.process), book.process)))
    assert pushed.cannot == () and dict(pushed.summary) == single.summary
    told = {(s.stage.id, state): n for s in pushed.stages for state, n in s.states.items()}
    assert told == {(s.stage.id, state): n for s in single.stages for state, n in s.states.items()}
    verdicts = [(v.criterion.id, v.status) for s in single.standings if s.group == "open" for v in s.verdicts]
    for counts in pushed.criteria:
        if book.process.criterion(counts.criterion).part != "commit":  # type: ignore[union-attr]
            assert {s: n for s, n in counts.statuses.items() if n} == {
                s: verdicts.count((counts.criterion, s)) for s in Status if (counts.criterion, s) in verdicts
            }


@pytest.mark.parametrize("lazy", [False, True])
def test_frames_of_ones_own_are_judged_in_the_stages_of_now(lazy: bool) -> None:
    """Visits and changes stand as lists in the deals here, as a person's own frame has them."""
    book = aged()
    at = datetime(2026, 10, 1)
    records = [
        {"id": "a", "stage": "demo", "amount": 10, "visits": [("demo", at, None)]},
        {"id": "b", "stage": "negotiation", "amount": 6000, "visits": [("negotiation", at, None)]},
        {"id": "c", "stage": "negotiation", "amount": None, "visits": []},
        {"id": "d", "stage": "offer", "amount": 10, "visits": [("demo", at, at), ("offer", at, None)]},
        {"id": "e", "stage": "first", "amount": 10, "visits": None},
    ]
    kinds = {"stage": pl.String, "entered": pl.Datetime("us"), "left": pl.Datetime("us")}
    rows = [
        r | {"visits": None if r["visits"] is None else [dict(zip(kinds, v, strict=True)) for v in r["visits"]]}
        for r in records
    ]
    schema = {"id": pl.String, "stage": pl.String, "amount": pl.Int64, "visits": pl.List(pl.Struct(kinds))}
    frame = pl.DataFrame(rows, schema=schema)
    table = book.evaluate_frame(frame.lazy() if lazy else frame, as_of=TODAY)
    held = table.collect() if lazy else table
    for row, record in zip(held.iter_rows(named=True), rows, strict=True):
        deal = {k: v for k, v in record.items() if v is not None}
        if "visits" in deal:
            deal["visits"] = [{k: v for k, v in one.items() if v is not None} for one in deal["visits"]]
        for verdict in book.evaluate(deal, as_of=TODAY):
            assert row[verdict.criterion.id] == verdict.status.value, (verdict.criterion.id, record)


# ------------------------------------------------ renaming everything changes nothing


@cache
def company() -> Company:
    return simulate(seed=11, years=2, deals=250, as_of=AS_OF)


@cache
def books() -> tuple[Playbook, Playbook]:
    """The practical process, and the same with every stage renamed, which says what it replaces."""
    import tempfile

    plain = dealgate.load("practical")
    text = (bundled("rules") / "processes/practical.yaml").read_text("utf-8")
    for stage in plain.process.stages:
        text = re.sub(rf"(?m)^  - id: {stage.id}$", f"  - id: new-{stage.id}\n    replaces: [{stage.id}]", text)
        text = re.sub(rf"(?<=left\.){stage.id}\b", f"new-{stage.id}", text)
        text = re.sub(rf"(?<=criterion: ){stage.id}\.", f"new-{stage.id}.", text)
    folder = Path(tempfile.mkdtemp())
    (folder / "practical.yaml").write_text(text, "utf-8")
    return plain, dealgate.load(folder / "practical.yaml")


def test_renaming_every_stage_leaves_every_verdict_as_it_was() -> None:
    old, new = books()
    for record in company().deals:
        before, after = (book.standing(record, as_of=AS_OF) for book in (old, new))
        assert (before.group, before.state, before.readiness) == (after.group, after.state, after.readiness)
        assert before.stage is None or after.stage.id == f"new-{before.stage.id}"
        assert [v.status for v in old.evaluate(record, as_of=AS_OF)] == [
            v.status for v in new.evaluate(record, as_of=AS_OF)
        ]


def test_renaming_every_stage_leaves_the_columns_as_they_were() -> None:
    old, new = books()
    tables = []
    for book in (old, new):
        deals = [book.deal(record) for record in company().deals]
        tables.append(check_frames(book, frames_of(deals, book.process), AS_OF).table().collect())
    assert tables[0].rows() == tables[1].rows()
    assert tables[1]["stage"].null_count() < tables[1].height


@cache
def pasts() -> tuple[History, History]:
    """What the first process recorded, read by each."""
    old, new = books()
    frames = frames_of([old.deal(record) for record in company().deals], old.process)
    seen = datetime.combine(AS_OF, time.max, old.process.calendar.zone)
    events = events_of(frames, old.process, seen)
    return tuple(history_of(events, book.process, AS_OF, children=frames.children) for book in (old, new))  # type: ignore[return-value]


def test_renaming_every_stage_leaves_every_visit_as_it_was() -> None:
    before, after = pasts()
    assert before.visits.height > 300
    named = after.visits.with_columns(pl.col("stage").str.strip_prefix("new-"))
    assert_frame_equal(before.visits, named)
    assert_frame_equal(before.statuses, after.statuses)


def test_renaming_every_stage_leaves_every_figure_as_it_was() -> None:
    figures = []
    for held in pasts():
        found = measure(Past(held), None, Asked(by=("stage",)))
        table = found.frame().with_columns(pl.col("stage", "criterion", "to").str.strip_prefix("new-"))
        figures.append(table)
    assert figures[0].height > 100
    assert_frame_equal(figures[0], figures[1])
