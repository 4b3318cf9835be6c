"""Commitments as facts: what plays that ask for lately, for missed twice and for kept make of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealgate.documents.load import load_plays
from dealgate.model.commitment import STATES, Commitment
from dealgate.model.play import Plays
from dealgate.plays import Fact, Facts, conclude
from dealgate.plays.commitments import facts_of

TODAY = date(2026, 11, 23)
KINDS = ["verdict", "finding", "metric", "event", "target", "coaching_action"]


@pytest.fixture(scope="module")
def coaching() -> Plays:
    plays = load_plays("coaching").plays
    assert plays is not None
    return plays


def made(agreed: int, ended: int | None = None, state: str = "open", **more: Any) -> Commitment:
    """Agreed so many days ago, due a week later; ended so many days ago."""
    usual: dict[str, Any] = {
        "id": f"c{agreed}-{ended}-{state}", "who": "ann", "action": "Confirm the date with the buyer",
        "due": ago(agreed - 7), "agreed": ago(agreed), "by": "max", "theme": "close-dates", "state": state,
        "ended": None if ended is None else ago(ended),
    }  # fmt: skip
    return Commitment(**usual | more)


def ago(days: int) -> date:
    return TODAY - timedelta(days)


def concluded(coaching: Plays, *commitments: Commitment, more: tuple[Fact, ...] = ()) -> set[str]:
    found = conclude(coaching, Facts((*facts_of(commitments, TODAY), *more), KINDS), TODAY)
    return {one.play.id for one in found.conclusions}


PUSHES = (Fact("finding", rule="dates-by-default", severity="warn", owner="ann", on=TODAY),)


@pytest.mark.parametrize(
    ("commitments", "asked_again"),
    [
        ([], True),
        ([made(21)], False),
        ([made(22)], True),
        ([made(40, 5, "done")], False),
        ([made(40, 22, "missed")], True),
        ([made(5, theme="next-step")], True),
        ([made(5, theme="")], True),
        ([made(5, who="bob")], True),
        ([made(5, who="erased")], True),
    ],
)
def test_what_was_agreed_lately_is_not_asked_again(
    coaching: Plays, commitments: list[Commitment], asked_again: bool
) -> None:
    found = concluded(coaching, *commitments, more=PUSHES)
    assert "pushes-dates" in found
    assert ("coach-dates" in found) is asked_again


@pytest.mark.parametrize(
    ("commitments", "told_on"),
    [
        ([made(90, 60, "missed"), made(80, 2, "missed")], True),
        ([made(90, 61, "missed"), made(80, 2, "missed")], False),
        ([made(90, 60, "missed"), made(80, 2, "done")], False),
        ([made(90), made(80)], False),
        ([made(90, 60, "missed"), made(80)], False),
        ([made(9, 2, "missed", id="a"), made(9, 2, "missed", id="b")], True),
        ([made(9, 2, "missed", id="a"), made(9, 2, "missed", id="b"), made(1, theme="escalation")], False),
    ],
)
def test_two_that_were_told_missed_in_two_months_are_escalated_and_overdue_ones_are_not(
    coaching: Plays, commitments: list[Commitment], told_on: bool
) -> None:
    assert ("commitment-missed-twice" in concluded(coaching, *commitments)) is told_on


def test_two_that_were_kept_are_recognised(coaching: Plays) -> None:
    assert "commitments-kept" in concluded(coaching, made(20, 9, "done"), made(20, 8, "done"))
    assert "commitments-kept" not in concluded(coaching, made(20, 9, "done"), made(20, 8, "missed"))


def test_an_overdue_one_is_open_and_says_so() -> None:
    says = [(fact.status, fact.on, fact.says.partition(": ")[2]) for fact in facts_of([made(8), made(7)], TODAY)]
    assert says == [
        ("open", ago(8), "agreed on 2026-11-15, 1 day overdue"),
        ("open", ago(7), "agreed on 2026-11-16, due on 2026-11-23"),
    ]
    (ended,) = facts_of([made(9, 1, "done", deal="d1", team="north")], TODAY)
    assert (ended.status, ended.on, ended.deal, ended.team) == ("done", ago(1), "d1", "north")
    assert ended.says.endswith("agreed on 2026-11-14, done on 2026-11-22")


Some = st.builds(
    lambda agreed, took, state: made(agreed, None if state == "open" else agreed - took, state),
    st.integers(-30, 90), st.integers(0, 60), st.sampled_from(STATES),
)  # fmt: skip


@given(commitments=st.lists(Some, max_size=8), late=st.integers(-20, 40))
def test_facts_as_of_a_day_tell_nothing_of_later_days(commitments: list[Commitment], late: int) -> None:
    today = ago(late)
    facts = facts_of(commitments, today)
    assert [fact.id for fact in facts] == [one.id for one in commitments if one.agreed <= today]
    by_id = {one.id: one for one in commitments}
    for fact in facts:
        one = by_id[str(fact.id)]
        assert fact.on is not None and fact.on <= today
        assert (fact.status == "open") is (one.ended is None or one.ended > today)
        assert ("overdue" in fact.says) is (fact.status == "open" and one.due < today)
