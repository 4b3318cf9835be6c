"""Criteria that contradict or repeat each other, and stages that nothing reaches or leaves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import Found

Only = Callable[[str, str], None]
Findings = Callable[[str], Found]

TWO = """\
stages:
  - id: discovery  # first
    title: Discovery
    exit:
      - {id: large, title: Large, fix: Ask., check: {field: amount, at_least: 100}%s}
%s  - id: proposal  # second
    title: Proposal
    enter:
      - {id: named, title: Named, fix: Ask., check: {field: name, filled: true}}
%s"""
SMALL = "      - {id: small, title: Small, fix: Ask., check: {field: amount, below: 50}%s}%s\n"
HERE = "  # here"


def test_two_blocking_criteria_of_one_list_may_not_contradict(only: Only, findings: Findings) -> None:
    only("DG304", TWO % ("", SMALL % ("", HERE), ""))
    assert findings(TWO % ("", SMALL % (", enforce: warn", ""), "")) == []
    apart = ", applies_when: {field: deal_type, is: %s}"
    assert findings(TWO % (apart % "new", SMALL % (apart % "renewal", ""), "")) == []


def test_a_contradiction_is_told_at_the_later_check(findings: Findings) -> None:
    assert findings(TWO % ("", SMALL % ("", ""), "")) == [("DG304", 11, 53)]


def test_an_entry_that_rules_out_the_way_to_it_makes_a_stage_unreachable(only: Only, findings: Findings) -> None:
    text = TWO % ("", "", SMALL % ("", ""))
    only("DG300", text.replace("  # second", HERE))
    assert findings(TWO % ("", "", SMALL % (", enforce: warn", ""))) == []


def test_an_open_stage_behind_won_deals_is_unreachable(only: Only, findings: Findings) -> None:
    text = """\
stages:
  - {id: discovery, title: Discovery}
  - {id: handover, title: Handover, after: won}
  - {id: proposal, title: Proposal}  # here
"""
    only("DG300", text)
    first, second, third, fourth = text.replace("  # here", "").splitlines(keepends=True)
    assert findings(first + second + fourth + third) == []


def test_what_stays_may_make_a_later_stage_impossible_to_leave(only: Only, findings: Findings) -> None:
    later = "    exit:\n" + SMALL % ("", "")
    only("DG301", (TWO % (", stays: true", "", later)).replace("  # second", HERE))
    assert findings(TWO % ("", "", later)) == []


def test_a_stage_that_asks_to_be_another_stage_is_impossible_to_leave(only: Only, findings: Findings) -> None:
    text = """\
stages:
  - id: discovery  # here
    title: Discovery
    exit: [{id: late, title: Late, fix: Ask., check: {field: stage, at_least: %s}}]
  - {id: proposal, title: Proposal}
"""
    only("DG301", text % "proposal")
    assert findings(text.replace("at_least: %s", "is: discovery")) == []


def test_what_winning_asks_may_not_contradict_the_last_stage(only: Only, findings: Findings) -> None:
    won = "outcomes: {won: {require: [{id: s, title: Small, fix: Ask., check: {field: amount, %s: 50}}]}}\n"
    text = """\
stages:
  - id: discovery  # here
    title: Discovery
    exit: [{id: large, title: Large, fix: Ask., check: {field: amount, at_least: 100}}]
"""
    only("DG301", text + won % "below")
    assert findings(text + won % "above") == []


@pytest.mark.parametrize("again", ["exit", "enter"])
def test_a_criterion_stands_twice_only_where_it_is_judged_once(only: Only, findings: Findings, again: str) -> None:
    text = """\
stages:
  - id: discovery
    title: Discovery
    capture: [amount, close_date]
    %s:
      - {id: known, title: Known, fix: Ask., check: {field: amount, filled: true}}  # here
"""
    if again == "exit":
        only("DG305", text % again)
    else:
        assert findings(text % again) == []


def test_the_order_of_parts_makes_no_other_criterion(only: Only) -> None:
    one, other = "{field: name, filled: true}", "{field: amount, above: 0}"
    only(
        "DG305",
        f"""\
stages:
  - id: discovery
    title: Discovery
    exit:
      - {{id: one, title: One, fix: Ask., check: {{all: [{one}, {other}]}}}}
      - {{id: two, title: Two, fix: Ask., check: {{all: [{other}, {one}]}}}}  # here
""",
    )


def test_what_stays_is_not_asked_again_unless_harder(only: Only, findings: Findings) -> None:
    again = "      - {id: again, title: Again, fix: Ask., check: {field: amount, at_least: 100}}%s\n"
    only("DG305", TWO % (", stays: true", "", again % HERE))
    assert findings(TWO % (", stays: true, enforce: warn", "", again % "")) == []
    assert findings(TWO % ("", "", again % "")) == []


def test_a_never_met_criterion_is_told_once_and_not_again_for_its_stage(only: Only) -> None:
    never = "      - {id: never, title: Never, fix: Ask., check: {field: amount, above: 5, below: 3}}  # here\n"
    only("DG302", TWO % ("", never, ""))
