"""Each of the rules through the store: its finding is silenced, and closes by itself when the cause is gone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests.inspection.looking import PLAIN, TODAY, deal, look
from tests.inspection.test_rules import CASES

from dealgate import load
from dealgate.inspection.inspect import Inspected
from dealgate.inspection.kept import merged
from dealgate.model.finding import Finding, Snooze
from dealgate.store import Store, open_store


def kept(store: Store, found: Inspected, rule: str) -> tuple[list[Finding], list[Finding]]:
    """An inspection that the store remembers; of one rule what is open, and what is gone."""
    with store.findings("plain", writing=True) as findings:
        zone = load(PLAIN).process.calendar.zone
        open_, gone = merged(found, findings.kept(found.as_of), findings.snoozes(found.as_of), zone)
        findings.keep(open_, [one.key for one in gone], found.as_of)
    return [one for one in open_ if one.rule == rule], [one for one in gone if one.rule == rule]


@pytest.mark.parametrize("rule", CASES)
def test_a_finding_is_silenced_and_closes_by_itself(rule: str, tmp_path: Path) -> None:
    fires, clear, _ = CASES[rule]
    clear = [deal()] if rule == "close-date-passed" else clear  # the next day, the case's own date has passed too
    said = Snooze("Their board meets in December", date(2026, 11, 24), "Max Berg")
    with open_store(f"sqlite:///{tmp_path / 'store.db'}", ready=False) as store:
        store.init()
        first, _ = kept(store, look(*fires), rule)
        assert first and all((one.state, one.snoozed) == ("new", None) for one in first)
        at = datetime(2026, 11, 23, 23, 59, 30, tzinfo=UTC)
        with store.findings("plain", writing=True) as findings:
            for one in first:
                findings.snooze(one.key, said, at, at)
        silent, gone = kept(store, look(*fires), rule)
        assert {one.key for one in silent} == {one.key for one in first} and not gone
        zone = load(PLAIN).process.calendar.zone
        with store.findings("plain") as findings:
            open_, _ = merged(look(*fires), findings.kept(at), findings.snoozes(at), zone)
        assert [one.snoozed for one in open_ if one.rule == rule] == [said] * len(first)
        still, closed = kept(store, look(*clear, as_of=TODAY.replace(day=24)), rule)
        assert {one.key for one in closed} == {one.key for one in first}, still
