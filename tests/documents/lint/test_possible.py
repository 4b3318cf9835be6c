"""What can never be met, always holds or never applies; and what only looks so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import STAGE, Found

Check = Callable[[str | None, str], None]
Only = Callable[[str, str], None]
Findings = Callable[[str], Found]


@pytest.mark.parametrize(
    "condition",
    [
        "{field: amount, at_least: 100, below: 50}",
        "{all: [{field: amount, at_least: 5}, {field: amount, at_most: 3}]}",
        "{field: amount, between: [5, 3]}",
        "{field: account.employees, above: 4, below: 5}",
        "{field: discount, above: 10%, at_most: 10%}",
        "{field: days_in_stage, above: 30 days, below: 2 days}",
        "{all: [{field: source, filled: true}, {field: source, filled: false}]}",
        "{all: [{field: source, placeholder: true}, {field: source, filled: true}]}",
        "{all: [{field: source, is: Web}, {field: source, is: fair}]}",
        "{all: [{field: source, is: web}, {field: source, contains: fair}]}",
        "{all: [{field: deal_type, is: new}, {not: {field: deal_type, in: [new, renewal]}}]}",
        "{field: deal_type, not_in: [new, expansion, renewal]}",
        "{all: [{field: accepted, is: true}, {field: accepted, is: false}]}",
        "{field: forecast_category, above: commit, below: closed}",
        "{all: [{field: close_date, before: 2026-01-01}, {field: close_date, after: 2026-06-30}]}",
        "{all: [{field: close_date, within_next: 14 days}, {field: close_date, before: {date: today}}]}",
        "{all: [{field: close_date, within_last: 10 days}, {field: close_date, older_than: 20 days}]}",
        "{all: [{field: amount, above: {field: list_amount}}, {field: amount, at_most: {field: list_amount}}]}",
        "{field: amount, above: {field: amount}}",
        "{all: [{field: account.technologies, has_any: [crm]}, {field: account.technologies, has_none: [crm]}]}",
        "{some: contacts, where: {all: [{field: role, is: legal}, {field: role, is: user}]}}",
        "{all: [{some: contacts, where: {field: two_way, is: true}}, {none: contacts, where: {field: two_way, is: true}}]}",
        "{all: [{every: contacts, where: {field: two_way, is: true}}, "
        "{some: contacts, where: {not: {field: two_way, is: true}}}]}",
        "{count: contacts, at_least: 3, at_most: 2}",
        "{count: contacts, below: 0}",
        "{count: contacts, where: {field: role, is: legal, is_not: legal}, at_least: 1}",
        "{sum: line_items, of: amount, above: 10, below: 10}",
    ],
)
def test_a_check_whose_tests_exclude_each_other_can_never_be_met(check: Check, condition: str) -> None:
    check("DG302", condition)


@pytest.mark.parametrize(
    "condition",
    [
        "{any: [{field: amount, at_least: 0}, {field: amount, below: 0}]}",
        "{any: [{field: source, filled: true}, {field: source, filled: false}]}",
        "{not: {all: [{field: amount, above: 10}, {field: amount, below: 5}]}}",
        "{field: deal_type, in: [new, expansion, renewal]}",
        "{count: contacts, at_least: 0}",
        "{any: [{some: contacts, where: {field: role, is: legal}}, {none: contacts, where: {field: role, is: legal}}]}",
        "{none: contacts, where: {field: role, is: legal, is_not: legal}}",
        "{any: [{field: close_date, on_or_after: {date: today}}, {field: close_date, before: {date: today}}]}",
        "{any: [{field: account.technologies, has_none: [crm]}, {field: account.technologies, has_any: [crm]}]}",
    ],
)
def test_a_check_that_leaves_nothing_out_always_holds(check: Check, condition: str) -> None:
    check("DG303", condition)


@pytest.mark.parametrize(
    "condition",
    [
        "{field: amount, at_least: 50, below: 100}",
        "{field: amount, between: [3, 3]}",
        "{field: account.employees, above: 4, below: 6}",
        "{field: discount, above: 10%, below: 11%}",
        "{field: days_in_stage, above: 2 days, below: 3 days}",
        "{any: [{field: amount, at_least: 5}, {field: amount, below: 3}]}",
        "{any: [{field: source, filled: true}, {field: topic, filled: false}]}",
        "{all: [{field: source, contains: web}, {field: source, is: web form}]}",
        "{all: [{field: source, contains: web}, {field: source, contains: fair}]}",
        "{all: [{field: segment, is_not: small}, {field: segment, is_not: large}]}",
        "{field: forecast_category, above: pipeline, below: commit}",
        "{all: [{field: close_date, after: 2026-01-01}, {field: close_date, before: {date: today}}]}",
        "{all: [{field: close_date, within_next: 2 business days}, {field: close_date, within_next: 14 days}]}",
        "{all: [{field: close_date, in_last: {days: 3, of: quarter}}, {field: close_date, after: {date: today}}]}",
        "{all: [{field: amount, above: {field: list_amount}}, {field: amount, at_most: {field: budget_amount}}]}",
        "{all: [{field: amount, above: {field: list_amount}}, {field: amount, below: {field: list_amount, times: 2}}]}",
        "{all: [{some: contacts, where: {field: role, is: legal}}, {some: contacts, where: {field: role, is: user}}]}",
        "{all: [{some: contacts, where: {field: role, is: legal}}, {none: contacts, where: {field: role, is: user}}]}",
        "{all: [{field: account.technologies, has_any: [crm, erp]}, {field: account.technologies, has_none: [crm]}]}",
        "{count: contacts, at_least: 2, at_most: 2}",
        "{all: [{field: created_at, within_last: 4 hours}, {field: created_at, older_than: 2 hours}]}",
        "{all: [{field: amount, changed: {direction: up}}, {not: {field: amount, changed: {direction: down}}}]}",
        "{all: [{not: {field: source, matches: '^a'}}, {field: source, is: apple}]}",
    ],
)
def test_a_check_that_can_come_out_either_way_is_left_alone(check: Check, condition: str) -> None:
    check(None, condition)


def test_more_cases_than_can_be_tried_count_as_possible(check: Check) -> None:
    amounts = ("amount", "list_amount", "budget_amount", "impact_amount", "account.revenue")
    tests = ", ".join(f"{{field: {field}, between: [1, 9]}}" for field in amounts)
    check(None, f"{{any: [{{all: [{tests}]}}, {{all: [{tests}, {{field: amount, above: 9}}]}}]}}")


def test_what_applies_and_what_is_asked_are_read_together(only: Only, findings: Findings) -> None:
    text = (
        STAGE
        + """\
      - id: asked
        title: Asked
        fix: Ask.
        applies_when: {field: amount, at_least: 100}
        check: {field: amount, %s: 50}  # here
"""
    )
    only("DG302", text % "below")
    only("DG303", text % "above")
    assert findings(text.replace(": 50", ": 500") % "above") == []


def test_a_criterion_that_never_applies_is_told_once(only: Only) -> None:
    only(
        "DG306",
        STAGE
        + """\
      - id: asked
        title: Asked
        fix: Ask.
        applies_when: {field: amount, above: 100, below: 50}  # here
        check: {field: source, filled: true}
""",
    )


def test_a_named_condition_and_another_criterion_count_as_what_they_say(only: Only) -> None:
    only(
        "DG302",
        """\
conditions:
  small: {field: amount, below: 50}
"""
        + STAGE
        + """\
      - {id: large, title: Large, enforce: warn, check: {field: amount, at_least: 100}}
      - id: both
        title: Both
        enforce: warn
        check: {all: [{condition: small}, {criterion: discovery.large}]}  # here
""",
    )


def test_an_element_that_does_not_apply_passes_so_no_levels_exclude_each_other(findings: Findings) -> None:
    text = (
        "use: {frameworks: [bant]}\n"
        + STAGE
        + """\
      - id: asked
        title: Asked
        fix: Ask.
        check: {framework: bant, element: need, at_least: 3, at_most: 2}
"""
    )
    assert findings(text) == []


def test_a_score_beyond_all_elements_can_never_be_met(only: Only, findings: Findings) -> None:
    text = (
        "use: {frameworks: [bant]}\n"
        + STAGE
        + """\
      - id: asked
        title: Asked
        fix: Ask.
        check: {framework: bant, score: total, at_least: %d}  # here
"""
    )
    only("DG302", text % 5)
    assert findings(text % 4) == []


def test_a_status_that_the_framework_never_gives_can_never_be_met(only: Only, findings: Findings) -> None:
    text = (
        "use: {frameworks: [bant]}\n"
        + STAGE
        + """\
      - id: asked
        title: Asked
        fix: Ask.
        check: {framework: bant, is: %s}  # here
"""
    )
    only("DG302", text % "nurture")
    assert findings(text % "disqualified") == []
