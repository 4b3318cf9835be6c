"""Deals judged in columns stand as they do when judged one by one."""

from __future__ import annotations

from datetime import date
from functools import cache

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import dealgate
from dealgate.compile.frames import frames_of
from dealgate.decide.batch import Batch, check_frames
from dealgate.decide.flat import COLUMNS
from dealgate.decide.playbook import Playbook
from dealgate.decide.report import Report, check
from dealgate.simulate import simulate

AS_OF = date(2026, 11, 23)


@cache
def playbook(name: str) -> Playbook:
    return dealgate.load(name)


@cache
def both(name: str) -> tuple[Report, Batch]:
    """A made-up company's deals (or leads) judged one by one, and in columns."""
    book = playbook(name)
    company = simulate(seed=11, years=2, deals=350, as_of=AS_OF)
    deals = [book.deal(record) for record in (company.deals if name == "practical" else company.leads)]
    return check(book, deals, AS_OF), check_frames(book, frames_of(deals, book.process), AS_OF)


pytestmark = pytest.mark.parametrize("name", ["practical", "leads"])


def test_the_summary_is_the_same(name: str) -> None:
    single, batch = both(name)
    assert batch.summary == single.summary
    assert single.summary["deals"] > 300


def test_the_stages_are_the_same(name: str) -> None:
    single, batch = both(name)
    assert [(s.stage, s.states, s.held) for s in batch.stages] == [(s.stage, s.states, s.held) for s in single.stages]


def test_what_waits_comes_in_the_same_order_and_for_the_same_reasons(name: str) -> None:
    single, batch = both(name)
    told = [
        [(s.deal.id, s.state, s.readiness, [(v.criterion.id, v.status, v.reason) for v in s.verdicts]) for s in found]
        for found in (single.waiting(20), batch.waiting(20))
    ]
    assert told[0] == told[1]
    assert [s.deal.id for s in batch.waiting()] == [s.deal.id for s in single.waiting()]
    assert batch.namesakes == single.namesakes


def test_the_flat_table_is_the_same_to_the_last_cell(name: str) -> None:
    single, batch = both(name)
    assert_frame_equal(batch.table().collect(), single.table().collect())


def test_the_flat_table_has_a_column_a_criterion_null_where_it_is_not_asked(name: str) -> None:
    _, batch = both(name)
    table = batch.table().collect()
    assert table.columns == [*COLUMNS, *(k.id for k in playbook(name).process.criteria)]
    won = table.filter(pl.col("status") == "won").select(
        k.id for k in playbook(name).process.criteria if k.part == "exit"
    )
    assert won.null_count().sum_horizontal().sum() >= won.height


def test_a_batch_tells_each_deal_as_the_single_engine_does(name: str) -> None:
    single, batch = both(name)
    assert len(batch.standings) == len(single.standings)
    assert [(s.deal.id, s.group, s.state) for s in batch.standings] == [
        (s.deal.id, s.group, s.state) for s in single.standings
    ]
    assert batch.standings[3].deal == single.standings[3].deal
    assert [s.deal.id for s in batch.standings[2:5]] == [s.deal.id for s in single.standings[2:5]]


def test_nothing_to_judge_is_no_trouble(name: str) -> None:
    book = playbook(name)
    empty = check_frames(book, frames_of([], book.process), AS_OF)
    assert set(empty.summary.values()) == {0}
    assert empty.stages == [] and empty.waiting() == []
    assert empty.table().collect().height == 0
    assert empty.table().collect_schema() == check(book, [], AS_OF).table().collect_schema()
