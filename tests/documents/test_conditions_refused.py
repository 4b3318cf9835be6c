"""What the type checker refuses, where, and what it suggests."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dealgate.documents.conditions import check_condition
from dealgate.documents.conditions.check import KINDS
from dealgate.documents.nodes import Map, Node, Scalar, Seq
from dealgate.model.diagnostics import Diagnostic
from dealgate.model.operators import OPERATORS

from .conditions_help import bad, check, scope, tree

CASES = [
    ("DG200", "{all: []}", 7, "at least one"),
    ("DG200", "{field: amount}", 2, "at_least"),
    ("DG200", "{field: amount, above: 1, some: contacts}", 27, "all:"),
    ("DG200", "{wehre: 1}", 2, None),
    ("DG200", "{field: kind, in: []}", 19, "at least one"),
    ("DG200", "{count: contacts}", 2, "at_least"),
    ("DG200", "{every: contacts}", 2, "some"),
    ("DG200", "{field: amount, between: [1]}", 26, None),
    ("DG200", "{field: amount, at_least: {param: large, plus: 1 days}}", 42, None),
    ("DG200", "{field: kind, in: [{field: kind}]}", 20, None),
    ("DG201", "{field: amonut, above: 1}", 9, "`amount`"),
    ("DG201", "{field: contacts.role, is: buyer}", 9, "some: contacts"),
    ("DG201", "{field: deal.amount, above: 1}", 9, "write `amount`"),
    ("DG201", "{some: contacts, where: {field: amount, above: 1}}", 33, "`deal.amount`"),
    ("DG201", "{some: contacts, where: {field: rol, is: buyer}}", 33, "`role`"),
    ("DG201", "{some: contacts, where: {field: deal.amuont, above: 1}}", 33, "`deal.amount`"),
    ("DG201", "{sum: line_items, of: ammount, above: 1}", 23, "`amount`"),
    ("DG202", "{some: contact, where: {field: role, is: buyer}}", 8, "`contacts`"),
    ("DG203", "{field: source, at_least: 3}", 17, "`is`"),
    ("DG203", "{field: channel, at_least: inbound}", 18, "ordered: true"),
    ("DG203", "{field: close_date, between: [2026-01-01, 2026-02-01]}", 21, "`on_or_after`"),
    ("DG203", "{field: tools, is: crm}", 16, "`has_any`"),
    ("DG203", "{sum: line_items, of: product, above: 1}", 23, None),
    ("DG204", "{field: amount, above: soon}", 24, None),
    ("DG204", "{field: amount, above: '50,000'}", 24, "write 50000"),
    ("DG204", "{field: close_date, after: 31.12.2026}", 28, "2026-12-31"),
    ("DG204", "{field: close_date, after: today}", 28, "{date: today}"),
    ("DG204", "{field: source, is: 5}", 21, 'quote it: "5"'),
    ("DG204", "{field: accepted, is: yes}", 23, "write true"),
    ("DG204", "{field: seats, is: 2.5}", 20, None),
    ("DG204", "{field: created_at, within_last: 14}", 34, "14 days"),
    ("DG205", "{field: channel, is: inbuond}", 22, "`inbound`"),
    ("DG205", "{field: stage, at_least: propsal}", 26, "`proposal`"),
    ("DG206", "{field: close_date, after: {field: amount}}", 36, None),
    ("DG206", "{field: channel, is: {field: kind}}", 30, None),
    ("DG206", "{field: amount, above: {date: today}}", 31, None),
    ("DG206", "{field: discount, above: {param: large}}", 34, None),
    ("DG206", "{field: close_date, within_last: {param: few}}", 42, None),
    ("DG207", "{field: amount, is: null}", 21, "filled: false"),
    ("DG208", "{field: discount, above: 15}", 26, "write 15%"),
    ("DG208", "{field: discount, above: 0.15}", 26, "write 15%"),
    ("DG208", "{field: discount, above: 100}", 26, "write 100%"),
    ("DG209", "{field: amount, above: 1.005}", 24, None),
    ("DG209", "{field: amount, above: 100 USD}", 24, "in EUR"),
    ("DG209", "{field: amount, above: 100 EUX}", 24, "EUR"),
    ("DG210", "{field: amount, above: {param: larg}}", 32, "`large`"),
    ("DG212", "{field: source, matches: '(?=a)'}", 26, None),
    ("DG213", "{field: close_date, after: {date: end_of_quater}}", 35, "`end_of_quarter`"),
    ("DG213", "{field: close_date, after: {date: 2026-01-01}}", 35, "without `date`"),
    ("DG214", "{field: close_date, after: {field: signed_on, plus: 2 business days}}", 53, "days"),
    ("DG214", "{field: close_date, after: {field: signed_on, plus: 2 hours}}", 53, "days"),
    ("DG214", "{field: close_date, after: {date: today, plus: 2 hours}}", 48, "days"),
    ("DG214", "{field: close_date, within_last: 2 hours}", 34, "days"),
    ("DG214", "{field: days_in_stage, above: 2 months}", 31, "days"),
    ("DG214", "{field: source, is: {field: name, times: 2}}", 35, None),
    ("DG215", "{condition: engagd}", 13, None),
    ("DG216", "{criterion: need-stated}", 13, "`qualification.need-stated`"),
    ("DG218", "{framework: bnat, is: qualified}", 13, "`bant`"),
    ("DG218", "{framework: self, is: qualified}", 13, None),
    ("DG219", "{framework: bant, element: buget, at_least: 1}", 28, "`budget`"),
    ("DG220", "{framework: bant, element: budget, at_least: 4}", 46, None),
    ("DG220", "{framework: bant, element: budget, answer: maybe}", 44, "`not_applicable`"),
    ("DG220", "{framework: bant, is: qualifed}", 23, "`qualified`"),
    ("DG220", "{framework: bant, band: Z}", 25, None),
    ("DG220", "{framework: bant, score: lowst, at_least: 2}", 26, "`lowest`"),
    ("DG220", "{framework: bant, score: count_at_least, at_least: 2}", 19, "`level: 2`"),
    ("DG220", "{framework: bant, score: count_at_least, level: 9, at_least: 2}", 49, None),
    ("DG220", "{framework: bant, score: count_at_least, level: 1.5, at_least: 2}", 49, None),
    ("DG200", "{framework: bant, score: total, level: 2, at_least: 2}", 33, None),
    ("DG221", "{evidence: recpa}", 12, "`recap`"),
    ("DG222", "{some: contacts, where: {some: activities}}", 26, "beside"),
    ("DG222", "{some: contacts, where: {framework: bant, is: qualified}}", 26, "beside"),
    ("DG223", "{criteria: current_exit, status: [unmet], at_least: 1}", 2, None),
    ("DG223", "{share: deals, where: {field: amount, above: 1}, above: 40%}", 2, None),
    ("DG223", "{field: amount, above: {learned: won_amount, quantile: 75%}}", 25, "parameter"),
    ("DG224", "{field: amount, changed: {direction: later}}", 38, "up or down"),
    ("DG224", "{field: amount, changed: {across: quarter}}", 35, None),
    ("DG224", "{field: source, changed: {by: {above: 20%}}}", 39, None),
]


@pytest.mark.parametrize(("code", "text", "column", "hint"), CASES)
def test_a_mistake_is_one_diagnostic_at_its_place(code: str, text: str, column: int, hint: str | None) -> None:
    found = bad(text)
    assert (found.code, found.where.line, found.where.column) == (code, 1, column), found
    if hint is not None:
        assert hint in (found.suggestion or ""), found


def test_the_caret_is_as_wide_as_the_word() -> None:
    assert bad("{field: amonut, above: 1}").width == len("amonut")
    assert bad("{field: channel, is: 'inbuond'}").width == len("'inbuond'")


def test_every_mistake_of_a_condition_is_told_at_once() -> None:
    _, wrong = check(
        "all:\n- {field: amonut, above: 1}\n- {field: discount, above: 5, below: 9}\n"
        "- some: contacts\n  where: {any: [{field: rol, is: x}, {field: role, in: [byer, user, usr]}]}\n"
    )
    assert [(d.code, d.where.line) for d in wrong] == [
        ("DG201", 2), ("DG208", 3), ("DG208", 3), ("DG201", 5), ("DG205", 5), ("DG205", 5),
    ]  # fmt: skip


def test_a_framework_that_is_not_used_is_said_to_be_there() -> None:
    found = bad("{framework: icp, is: qualified}", unused_frameworks=("icp",))
    assert "use:" in (found.suggestion or "")


def test_a_loop_of_named_conditions_is_one_error_that_lists_it() -> None:
    named = {
        "a": tree("{condition: b}"),
        "b": tree("{all: [{condition: c}, {field: accepted, is: true}]}"),
        "c": tree("{not: {condition: a}}"),
    }
    found = bad("{any: [{condition: a}, {condition: b}]}", conditions=named)
    assert found.code == "DG217"
    assert "a → b → c → a" in found.message


def test_a_mistake_in_a_named_condition_is_told_once() -> None:
    named = {"a": tree("{field: amonut, above: 1}")}
    _, wrong = check("{any: [{condition: a}, {condition: a}]}", conditions=named)
    assert [d.code for d in wrong] == ["DG201"]


def test_what_was_refused_before_is_not_told_again() -> None:
    node = Scalar("", True, 1, 1, "rules.yaml", damaged=True)
    wrong: list[Diagnostic] = []
    assert check_condition(node, scope(), wrong) is None
    assert wrong == []


WORDS = [
    *KINDS,
    *OPERATORS,
    *"where of distinct element answer score band or_better from_buyer param date plus minus times learned".split(),
    *"direction across by since ignore days".split(),
]
SCALARS = [
    *"amount close_date created_at stage tools role contacts activities line_items deal.amount qualification".split(),
    *"bant budget total A self recap large by_stage window today quarter later 15% 1 2.5 true 2026-01-01 (? ~".split(),
    *("2 days", "3 hours", "", "x" * 50),
]


def _nodes() -> st.SearchStrategy[Node]:
    def many(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        lists = st.lists(inner, max_size=3).map(lambda items: Seq(items, 1, 1, "f"))
        maps = st.dictionaries(st.sampled_from(WORDS), inner, max_size=4).map(
            lambda items: Map(items, dict.fromkeys(items, (1, 2)), 1, 1, "f")
        )
        return lists | maps

    leaves: st.SearchStrategy[Node] = st.builds(
        lambda text, plain: Scalar(text, plain, 1, 1, "f"), st.sampled_from(SCALARS), st.booleans()
    )
    return st.recursive(leaves, many, max_leaves=12)


FIELD_TESTS = st.builds(
    lambda field, operators: Map(
        {"field": Scalar(field, True, 1, 1, "f"), **operators}, dict.fromkeys(["field", *operators], (1, 2)), 1, 1, "f"
    ),
    st.sampled_from(["amount", "close_date", "created_at", "stage", "tools", "source", "discount", "days_in_stage"]),
    st.dictionaries(st.sampled_from([*OPERATORS]), _nodes(), min_size=1, max_size=2),
)
SCOPE = scope(conditions={"amount": tree("{condition: amount}")})


@settings(max_examples=300, deadline=None)
@given(_nodes() | FIELD_TESTS)
def test_no_tree_makes_the_checker_fall_over(node: Node) -> None:
    wrong: list[Diagnostic] = []
    found = check_condition(node, replace(SCOPE, named={}, opened=[]), wrong)
    assert (found is None) == bool(wrong)
