"""The order in which pulls arrive leaves no trace, and what is learned later changes no earlier answer."""

from __future__ import annotations

import itertools
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.store.conftest import Maker, exported
from tests.store.model import Pull, day, full_log, ingest, known, seen, told

from dealgate.compile.events import reduced
from dealgate.store import Store, open_store

DEALS = st.sampled_from(["d1", "d2"])
FIELDS = st.sampled_from(["stage", "owner.name"])
VALUES = st.sampled_from(["a", "b", None])
DAYS = st.integers(1, 6)

facts = st.builds(told, DEALS, FIELDS, VALUES, st.one_of(st.none(), DAYS), st.integers(0, 1))
sights = st.builds(seen, DEALS, FIELDS, VALUES)
records = st.fixed_dictionaries({"name": st.sampled_from(["Ann", "Bo"]), "engaged": st.booleans()})
contacts = st.one_of(st.none(), st.dictionaries(DEALS, st.lists(records, max_size=2), max_size=2))


@st.composite
def pulls(draw: st.DrawFn) -> list[Pull]:
    """Pulls that never see two things at one moment, or learn them at one."""
    count = draw(st.integers(1, 4))
    moments = draw(st.lists(DAYS, min_size=count, max_size=count, unique=True))
    learned = draw(st.lists(st.integers(1, 9), min_size=count, max_size=count, unique=True))
    rows = st.lists(st.one_of(facts, sights), max_size=6)
    return [Pull(moments[i], learned[i], tuple(once_each(draw(rows))), draw(contacts)) for i in range(count)]


def once_each(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A record shows one value of a field."""
    found: dict[Any, dict[str, Any]] = {}
    for row in rows:
        key = (row["deal"], row["field"], row.get("at"), row.get("turn"), row["origin"])
        found.setdefault(key, row)
    return list(found.values())


@st.composite
def rough_pulls(draw: st.DrawFn) -> list[Pull]:
    """Pulls of any kind: the same moments, contradictions."""
    rows = st.lists(st.one_of(facts, sights), max_size=6)
    return [Pull(draw(DAYS), draw(DAYS), tuple(draw(rows))) for _ in range(draw(st.integers(1, 5)))]


def fill(make: Maker, some: list[Pull]) -> Store:
    store = open_store(make())
    for pull in some:
        ingest(store, pull)
    return store


def content(store: Store) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        return exported(store, Path(folder))


def assert_answers(store: Store, log: pl.DataFrame) -> None:
    for known_at in (None, *(day(number) for number in range(10))):
        assert_frame_equal(reduced(store.events(known_at=known_at)), known(log, known_at))


few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.slow
@few
@given(st.data())
def test_the_store_answers_as_if_it_had_kept_every_row(sqlite_maker: Maker, data: st.DataObject) -> None:
    some = data.draw(st.one_of(pulls(), rough_pulls()))
    with fill(sqlite_maker, some) as store:
        assert_answers(store, full_log(some))
        assert store.verify_audit() is None


@pytest.mark.slow
@few
@given(st.data())
def test_any_order_and_twice_give_the_same_store(sqlite_maker: Maker, data: st.DataObject) -> None:
    some = data.draw(pulls())
    # What was seen at a moment may be learned again, later.
    some += [replace(pull, recorded_at=pull.recorded_at + 10) for pull in some if data.draw(st.booleans())]
    order = data.draw(st.permutations(some))
    with fill(sqlite_maker, some) as one, fill(sqlite_maker, [*order, *order]) as two:
        assert content(one) == content(two)
        assert_frame_equal(reduced(one.events()), reduced(two.events()))
        for as_of in (None, day(3)):
            first, second = one.children(as_of=as_of), two.children(as_of=as_of)
            assert first.keys() == second.keys()
            for name in first:
                assert_frame_equal(first[name], second[name])


@pytest.mark.slow
@few
@given(st.data())
def test_a_pull_in_parts_gives_the_same_store(sqlite_maker: Maker, data: st.DataObject) -> None:
    some = [Pull(pull.seen_at, pull.recorded_at, pull.rows) for pull in data.draw(pulls())]
    parts = data.draw(st.permutations([part for pull in some for part in pull.parts()]))
    with fill(sqlite_maker, some) as one, fill(sqlite_maker, parts) as two:
        assert content(one) == content(two)


@pytest.mark.slow
@few
@given(pulls())
def test_a_pull_that_came_before_writes_nothing(sqlite_maker: Maker, some: list[Pull]) -> None:
    with fill(sqlite_maker, some) as store:
        before = store.stats()
        for pull in some:
            done = ingest(store, pull)
            assert (done.new_deals, done.new_events, done.new_children) == (0, 0, 0)
        assert store.stats() == before


@pytest.mark.slow
@few
@given(pulls())
def test_what_is_recorded_later_changes_no_earlier_answer(sqlite_maker: Maker, some: list[Pull]) -> None:
    by_knowledge = sorted(some, key=lambda pull: pull.recorded_at)
    with open_store(sqlite_maker()) as store:
        for pull, after in itertools.pairwise(by_knowledge):
            ingest(store, pull)
            asked = [day(pull.recorded_at), day(after.recorded_at) - timedelta(microseconds=1)]
            before = [(store.events(known_at=moment), store.children(known_at=moment)) for moment in asked]
            ingest(store, after)
            for moment, (events, children) in zip(asked, before, strict=True):
                assert_frame_equal(reduced(store.events(known_at=moment)), reduced(events))
                now = store.children(known_at=moment)
                assert now.keys() >= children.keys()
                assert all(now[name].equals(children[name]) for name in children)


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pulls())
def test_sqlite_and_postgresql_give_the_same(sqlite_maker: Maker, postgres_maker: Maker, some: list[Pull]) -> None:
    with fill(sqlite_maker, some) as one, fill(postgres_maker, some) as two:
        assert content(one) == content(two)
        for moment in (None, day(2), day(5)):
            assert_frame_equal(one.events(known_at=moment), two.events(known_at=moment))
            assert_frame_equal(one.events(as_of=moment), two.events(as_of=moment))
        first, second = one.children(), two.children()
        assert first.keys() == second.keys()
        assert all(first[name].equals(second[name]) for name in first)


@pytest.mark.slow
@few
@given(rough_pulls(), st.randoms(use_true_random=False))
def test_contradicting_pulls_give_the_same_store_in_any_order(
    sqlite_maker: Maker, some: list[Pull], chance: Any
) -> None:
    shuffled = list(some)
    chance.shuffle(shuffled)
    with fill(sqlite_maker, some) as one, fill(sqlite_maker, shuffled) as two:
        assert content(one) == content(two)


def test_a_fact_that_is_learned_to_be_older_uncovers_what_stood_behind_it(sqlite_maker: Maker) -> None:
    earlier = Pull(3, 1, (told("d1", "stage", "a", None, 0), seen("d1", "stage", "a")))
    both = (told("d1", "stage", "a", None, 0), told("d1", "stage", None, None, 0), seen("d1", "stage", "a"))
    later = Pull(1, 2, both)
    with fill(sqlite_maker, [earlier, later]) as one, fill(sqlite_maker, [later, earlier]) as two:
        assert content(one) == content(two)


def test_what_is_seen_at_one_moment_and_learned_later_hides_nothing_that_was_seen_after_it(sqlite_maker: Maker) -> None:
    pulls = [
        Pull(2, 1, (seen("d1", "stage", "b"),)),
        Pull(4, 1, (seen("d1", "stage", "b"),)),
        Pull(2, 2, (seen("d1", "stage", "a"),)),
    ]
    found = set()
    for order in itertools.permutations(pulls):
        with fill(sqlite_maker, list(order)) as store:
            found.add(content(store)["events.jsonl"])
    assert len(found) == 1
