"""What holds of metrics whatever happened to deals."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dealgate.compile.events import RECORD, THERE
from dealgate.history import History, history_of
from dealgate.metrics import Asked, Past, measure

from .given import DAY_0, FIVE, FOUR, ONE, THREE, TWO, Told, day, events, process
from .streams import history as stream_history
from .streams import streams

AS_OF = 60.0
# few days, so that much happens at one moment
_WHEN = st.integers(0, 80).map(lambda n: n / 2)
_WHAT = st.one_of(
    st.tuples(st.just("stage"), st.sampled_from([ONE, TWO, THREE, FOUR, FIVE])),
    st.tuples(st.just("status"), st.sampled_from(["open", "won", "lost", "cancelled"])),
    st.tuples(st.just("owner.id"), st.sampled_from(["ann", "ben"])),
    st.tuples(st.just("amount"), st.sampled_from(["100.00 USD", "250.50 USD", "3.00 EUR", None])),
    st.tuples(st.just("outcome_reason"), st.sampled_from(["price", "no-decision"])),
)
pytestmark = pytest.mark.slow


@st.composite
def told(draw: st.DrawFn) -> list[Told]:
    """Events of a few deals, in some order."""
    found: list[Told] = []
    for n in range(draw(st.integers(1, 6))):
        name, begun = f"d{n}", draw(_WHEN)
        found += [(name, RECORD, THERE, begun), (name, "status", "open", begun)]
        for (field, value), when in draw(st.lists(st.tuples(_WHAT, _WHEN), max_size=10)):
            found.append((name, field, value, max(begun, when)))
    return found


def past(rows: list[Told]) -> History:
    return history_of(events(rows), process(), day(AS_OF))


def all_of(history: History, **asked: Any) -> list[tuple[Any, ...]]:
    found = measure(history, None, Asked(policies={"min_n": 0}, **asked))
    return [(row.metric, tuple(row.keys.items()), row.measure, row.figure) for row in found.rows]


@settings(deadline=None, max_examples=30)
@given(told())
def test_a_share_lies_between_none_and_all_and_within_its_interval(rows: list[Told]) -> None:
    for row in measure(past(rows), None, Asked(by=("owner",), policies={"min_n": 0})).rows:
        figure = row.figure
        if figure.value is None or figure.unit != "share":
            continue
        assert 0 <= figure.value <= 1, row
        if figure.low is not None and figure.high is not None:
            assert 0 <= figure.low <= figure.value <= figure.high <= 1, row
        if figure.shrunk is not None:
            assert 0 <= figure.shrunk <= 1, row


@settings(deadline=None, max_examples=30)
@given(told())
def test_groups_by_owner_part_the_cases(rows: list[Told]) -> None:
    """Nobody is counted twice and nobody is lost."""
    history = Past(past(rows))
    names = ["win_rate", "cycle_time", "flow_conversion", "regression_rate", "skip_share", "won_value", "on_time_share"]
    whole = measure(history, names, Asked(policies={"min_n": 0}))
    parts = measure(history, names, Asked(by=("owner",), policies={"min_n": 0}))
    counts: dict[tuple[Any, ...], int] = {}
    for row in parts.rows:
        key = (row.metric, row.measure, row.keys.get("stage"))
        counts[key] = counts.get(key, 0) + row.figure.n
    for row in whole.rows:
        assert counts.get((row.metric, row.measure, row.keys.get("stage")), 0) == row.figure.n, row


@settings(deadline=None, max_examples=20)
@given(told(), told())
def test_what_happens_later_changes_no_metric(rows: list[Told], later: list[Told]) -> None:
    after = [(name, field, value, AS_OF + 1 + when) for name, field, value, when in later if field != RECORD]
    held = {name for name, *_ in rows}
    assert all_of(past(rows)) == all_of(past(rows + [one for one in after if one[0] in held]))


@settings(deadline=None, max_examples=40)
@given(told())
def test_reaching_the_next_stage_comes_at_least_as_often_as_it_came_by_now(rows: list[Told]) -> None:
    found = measure(past(rows), ["conversion"], Asked(policies={"min_n": 0}))
    by = {(row.keys.get("stage"), row.measure): row.figure.value for row in found.rows}
    for (stage, name), value in by.items():
        if name == "cohort" and value is not None:
            incidence = by[stage, "incidence"]
            assert incidence is None or incidence >= float(value) - 1e-9


@settings(deadline=None, max_examples=40)
@given(told(), st.lists(st.integers(0, 130), min_size=1, max_size=6), st.booleans())
def test_values_of_many_moments_are_those_of_history_at_each(
    rows: list[Told], halves: list[int], strictly: bool
) -> None:
    history = past(rows)
    model = Past(history)
    cases = pl.DataFrame({"deal": model.deals}).join(pl.DataFrame({"half": halves}).unique(), how="cross")
    moments: list[datetime] = [DAY_0 + timedelta(hours=12 * half) for half in cases["half"]]
    cases = cases.with_columns(pl.Series("at", moments).cast(pl.Datetime("us", "UTC")))
    found = model.value(cases, "owner.id", strictly=strictly)
    assert len(found) == cases.height
    step = timedelta(microseconds=1) if strictly else timedelta()
    for ident, when, value in zip(cases["deal"].to_list(), moments, found.to_list(), strict=True):
        then = {row["id"]: row.get("owner.id") for row in history.at(when - step, "owner.id").iter_rows(named=True)}
        if ident in then:
            assert value == then[ident], (ident, when)


@settings(deadline=None, max_examples=15)
@given(streams())
def test_whatever_happens_to_deals_every_metric_has_figures_or_reasons(rows: list[tuple[Any, ...]]) -> None:
    """Deleted, merged, reopened, begun nobody knows when, much in one second."""
    model = Past(stream_history(rows))
    for by in ((), ("stage", "owner"), ("quarter", "team")):
        for row in measure(model, None, Asked(by=by, policies={"min_n": 0})).rows:
            assert row.figure.value is not None or row.figure.reason
