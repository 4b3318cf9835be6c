"""The schema of a condition: it follows the operator table, and tells a mistake once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dealgate.documents import condition_schema as writer
from dealgate.model.operators import OPERATORS

from .documents import SCHEMAS, load, places, schema

HOLD = """
- {all: [{field: amount, above: 0}, {any: [{not: {field: stage, is: close}}]}]}
- {field: amount, at_least: 5, at_most: {param: large_deal}, is_not: 7}
- {field: amount, between: [1000, 5000 EUR]}
- {field: close_date, before: {date: end_of_month, plus: 2 business days}}
- {field: close_date, on_or_after: {field: signed_on, plus: {param: window}}}
- {field: close_date, in_last: {days: 3, of: quarter}}
- {field: amount, above: {field: list_amount, times: 0.8}}
- {field: close_date, changed: {direction: later, across: quarter, since: {date: today}, at_least: 2}}
- {field: amount, changed: {by: {above: 20%}, within_last: 60 days, ignore: [owner_change]}}
- {some: contacts}
- {every: plan_steps, where: {field: done_on, filled: true}}
- {none: contacts, where: {field: role, is: blocker}}
- {count: activities, where: {field: two_way, is: true}, distinct: type, at_least: 2}
- {sum: line_items, of: amount, where: {field: quantity, above: 0}, above: 0}
- {framework: bant, element: budget, at_least: 2}
- {framework: bant, element: budget, answer: "no"}
- {framework: bant, is: qualified}
- {framework: bant, score: total, at_least: 3}
- {framework: icp, band: B, or_better: true}
- {evidence: written-selection, at_least: 2, from_buyer: true, within_last: 90 days}
- {condition: engaged}
- {criterion: qualification.need-stated}
- {criteria: current_exit, status: [unmet, unknown], at_least: 1}
- {share: deals, where: {field: amount, above: 0}, among: {field: status, is: open}, of: amount, above: 40%}
- {largest: deals, of: amount, among: {field: status, is: open}, above: 30%}
"""

FAIL = """
- [": type", text]
- [": required", {}]
- [": required", {is: 3}]
- [": required", {where: {field: amount, above: 0}}]
- [": additionalProperties", {feild: amount, is: 3}]
- [": additionalProperties", {field: amount, iss: 3}]
- [": additionalProperties", {field: amount, where: {field: amount, above: 0}}]
- [": additionalProperties", {all: [{field: amount, above: 0}], any: [{field: amount, above: 0}]}]
- [": additionalProperties", {some: contacts, count: activities}]
- [": additionalProperties", {some: contacts, at_least: 2}]
- [": additionalProperties", {count: contacts, contains: x}]
- [": additionalProperties", {evidence: signed, at_most: 2}]
- [": additionalProperties", {criterion: a.b, is: met}]
- [": required", {sum: line_items, above: 0}]
- [": required", {largest: deals, above: 30%}]
- ["all: minItems", {all: []}]
- ["all: type", {all: {field: amount, above: 0}}]
- ["any/1: additionalProperties", {any: [{field: amount, above: 0}, {field: amount, abov: 0}]}]
- ["not: required", {not: {}}]
- ["field: type", {field: 3, is: 3}]
- ["filled: type", {field: amount, filled: 1}]
- ["answer: enum", {framework: bant, element: need, answer: maybe}]
- ["at_least: additionalProperties", {field: amount, at_least: {parm: large}}]
- ["changed: additionalProperties", {field: amount, changed: {directions: up}}]
- ["changed/direction: enum", {field: amount, changed: {direction: sideways}}]
- ["in_last: required", {field: close_date, in_last: {days: 3}}]
- ["status/0: enum", {criteria: current_exit, status: [open], at_least: 1}]
"""


def test_the_file_follows_the_operator_table() -> None:
    """If this fails: python -m dealgate.documents.condition_schema"""
    assert schema("condition") == json.loads(json.dumps(writer.condition_schema()))


def test_writing_makes_the_file_anew(tmp_path: Any) -> None:
    assert writer.main([str(tmp_path)]) == 0
    assert (tmp_path / writer.FILE).read_bytes() == (SCHEMAS / writer.FILE).read_bytes()


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=lambda o: o.key)
def test_an_operator_is_described_by_its_own_row(operator: Any) -> None:
    assert operator.doc in schema("condition")["properties"][operator.key]["description"]
    assert places("condition", {"field": "x", operator.key: operator.example}) == []


def test_no_lead_key_is_an_operator() -> None:
    assert not {lead.key for lead in writer.LEADS} & (set(OPERATORS) | set(writer.BESIDE))


@pytest.mark.parametrize("condition", load(HOLD), ids=str)
def test_a_condition_of_the_language_holds(condition: Any) -> None:
    assert places("condition", condition) == []


@pytest.mark.parametrize(("expected", "condition"), load(FAIL), ids=str)
def test_a_mistake_in_a_condition_is_told_once(expected: str, condition: Any) -> None:
    assert places("condition", condition) == [expected]
