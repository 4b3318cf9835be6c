"""Findings over time: they open, stay, are silenced, and close by themselves; unknown closes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.inspection.looking import DROP, PLAIN, TODAY, deal, look

from dealgate import load
from dealgate.inspection.kept import merged
from dealgate.model.finding import Finding, Snooze
from dealgate.store import Store, open_store

NEXT, LATER = date(2026, 11, 24), date(2026, 12, 8)
STUCK: Mapping[str, Any] = {"next_step_by": "seller"}


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with open_store(f"sqlite:///{tmp_path / 'store.db'}", ready=False) as made:
        made.init()
        yield made


def run(store: Store, day: date, *records: Mapping[str, Any]) -> tuple[list[Finding], list[Finding]]:
    """One day's inspection, kept; of one rule."""
    found = look(*records, as_of=day)
    zone = load(PLAIN).process.calendar.zone
    with store.findings("plain", writing=True) as findings:
        open_, gone = merged(found, findings.kept(found.as_of), findings.snoozes(found.as_of), zone)
        findings.keep(open_, [one.key for one in gone], found.as_of)
    rule = "seller-only-step"
    return [one for one in open_ if one.rule == rule], [one for one in gone if one.rule == rule]


def silence(store: Store, day: date, until: date) -> None:
    at = datetime(day.year, day.month, day.day, 23, 59, 30, tzinfo=UTC)
    with store.findings("plain", writing=True) as findings:
        said = Snooze("Their board meets in December", until, "Max Berg")
        findings.snooze(("seller-only-step", "deal", "D-1"), said, at, at)


def test_a_finding_is_new_then_still_there_since_its_first_day_and_then_gone(store: Store) -> None:
    (first,), gone = run(store, TODAY, deal(**STUCK))
    assert (first.state, first.since, gone) == ("new", TODAY, [])
    (again,), gone = run(store, NEXT, deal(**STUCK))
    assert (again.state, again.since, gone) == ("still", TODAY, [])
    found, (closed,) = run(store, LATER, deal(close_date="2026-12-31"))
    assert (found, closed.state, closed.since) == ([], "gone", TODAY)
    assert run(store, date(2026, 12, 9), deal(close_date="2026-12-31")) == ([], [])


def test_a_finding_that_comes_back_is_a_new_one(store: Store) -> None:
    run(store, TODAY, deal(**STUCK))
    run(store, NEXT, deal())
    (back,), _ = run(store, LATER, deal(**STUCK))
    assert (back.state, back.since) == ("new", LATER)


def test_what_cannot_be_told_today_stays_open(store: Store) -> None:
    run(store, TODAY, deal(**STUCK))
    (kept,), gone = run(store, NEXT, deal(next_step_by=DROP))
    assert (kept.state, kept.certain, kept.since, gone) == ("still", False, TODAY, [])
    _, (closed,) = run(store, LATER, deal())
    assert closed.since == TODAY


def test_a_finding_goes_with_its_deal(store: Store) -> None:
    run(store, TODAY, deal(**STUCK))
    _, gone = run(store, NEXT, deal(id="D-2"))
    assert [one.subject for one in gone] == ["D-1"]


def test_a_snooze_silences_up_to_its_day_and_the_finding_is_back_the_day_after(store: Store) -> None:
    run(store, TODAY, deal(**STUCK))
    silence(store, TODAY, NEXT)
    (silent,), _ = run(store, NEXT, deal(**STUCK))
    assert silent.snoozed == Snooze("Their board meets in December", NEXT, "Max Berg")
    (back,), _ = run(store, date(2026, 11, 25), deal(**STUCK))
    assert (back.snoozed, back.since) == (None, TODAY)


def test_a_snooze_ends_with_the_finding_it_silenced(store: Store) -> None:
    run(store, TODAY, deal(**STUCK))
    silence(store, TODAY, date(2026, 12, 31))
    run(store, NEXT, deal())
    (back,), _ = run(store, LATER, deal(**STUCK))
    assert back.snoozed is None


def test_only_what_is_open_is_silenced(store: Store) -> None:
    with pytest.raises(ValueError, match="open"):
        silence(store, TODAY, NEXT)


def test_an_inspection_of_an_earlier_day_is_not_kept_over_a_later_one(store: Store) -> None:
    run(store, NEXT, deal(**STUCK))
    with pytest.raises(ValueError, match="order"):
        run(store, TODAY, deal(**STUCK))


def test_the_same_moment_again_changes_nothing(store: Store) -> None:
    first = run(store, TODAY, deal(**STUCK))
    assert run(store, TODAY, deal(**STUCK)) == first


def test_a_finding_on_an_owner_keeps_the_name_apart_and_erasing_takes_it(store: Store, tmp_path: Path) -> None:
    ends = [deal(id=f"D-{n}", close_date="2026-12-30") for n in range(5)]
    run(store, TODAY, *ends)
    with store.findings("plain") as findings:
        assert ("dates-at-the-end", "owner", "Rita Lind") in {
            one.key for one in findings.kept(datetime(2027, 1, 1, tzinfo=UTC))
        }
    assert store.erase("Rita Lind", at=datetime(2027, 1, 1, tzinfo=UTC)) == 1
    assert b"Rita Lind" not in (tmp_path / "store.db").read_bytes()


def test_a_snooze_is_a_link_of_the_audit_chain(store: Store) -> None:
    run(store, TODAY, deal(**STUCK))
    silence(store, TODAY, NEXT)
    assert store.verify_audit() is None
    assert store.stats()["audit"] == 1
