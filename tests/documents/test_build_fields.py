"""Field documents, parameters and frameworks become the model."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from dealgate.documents.build import build_fields, build_framework, build_frameworks
from dealgate.documents.build.params import build_params, param_values
from dealgate.documents.conditions import Scope
from dealgate.model.diagnostics import Diagnostic
from dealgate.model.fields import Catalogue
from dealgate.model.framework import Framework
from dealgate.model.values import Duration, Money

from .conditions_help import FRAMEWORK, PARAMS, bad, catalogue, good, tree


def fields(*texts: str, own: str | None = None) -> tuple[Catalogue, list[Diagnostic]]:
    wrong: list[Diagnostic] = []
    found = build_fields([tree(t) for t in texts], None if own is None else tree(own), wrong)
    return found, wrong


def test_a_process_and_a_client_add_fields_to_the_core_ones() -> None:
    core = (
        "deal: {name: {type: text, title: Name}}\n"
        "collections: {contacts: {title: Contacts, fields: {name: {type: person, title: Who}}}}"
    )
    client = "collections: {contacts: {title: People, fields: {age: {type: integer, title: Age}}}}"
    found, wrong = fields(core, client, own="pain: {type: text, title: The problem}")
    assert not wrong
    assert set(found.deal) == {"name", "pain"}
    assert set(found.collections["contacts"].fields) == {"name", "age"}
    assert found.collections["contacts"].title == "People"
    assert found.collections["contacts"].fields["age"].scope == "contacts"


def test_options_may_carry_titles_and_roles_name_who_fills_them() -> None:
    found, wrong = fields(
        "deal:\n  a: {type: choice, title: A, options: [x, {id: y, title: Why}], ordered: true}\n"
        "  stage: {type: choice, title: Stage, stages: true}\n"
    )
    assert not wrong
    assert (found.deal["a"].options, found.deal["a"].ordered) == (("x", "y"), True)
    assert found.deal["stage"].role == "stages"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{a: {type: txt, title: A}}", "DG240"),
        ("{a: {title: A}}", "DG232"),
        ("{a: {type: choice, title: A}}", "DG232"),
        ("{a: {type: text, title: A, options: [x]}}", "DG232"),
        ("{a: {type: multi_choice, title: A, options: [x], ordered: true}}", "DG232"),
        ("{name: {type: integer, title: A}}", "DG233"),
        ("[a]", "DG200"),
    ],
)
def test_a_field_that_does_not_hold_is_refused(text: str, code: str) -> None:
    _, wrong = fields("deal: {name: {type: text, title: Name}}", own=text)
    assert [d.code for d in wrong] == [code]


def test_params_hold_values_of_their_type() -> None:
    wrong: list[Diagnostic] = []
    found = build_params(tree(PARAMS), catalogue(), "EUR", wrong)
    assert not wrong
    values = param_values(found, "EUR")
    assert values["large"] == Money(5_000_000, "EUR")
    assert values["limit"] == Decimal("0.15")
    assert values["window"] == Duration(14, "day")
    assert values["ways"] == ("inbound", "outbound")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{p: {type: percent, default: 15}}", "DG208"),
        ("{p: {type: money, default: 1.005}}", "DG209"),
        ("{p: {type: duration, default: soon}}", "DG204"),
        ("{p: {type: money}}", "DG211"),
        ("{p: {type: money, default: 1, by: {field: amount, values: {}}}}", "DG211"),
        ("{p: {type: money, default: 1, by: {field: stge, values: {}}}}", "DG201"),
        ("{p: {type: money, default: 1, by: {field: stage, values: {propsal: 1}}}}", "DG205"),
        ("{p: {type: money, default: 1, by: {field: stage, values: {proposal: x}}}}", "DG204"),
    ],
)
def test_a_param_that_does_not_fit_its_type_is_refused_where_it_stands(text: str, code: str) -> None:
    wrong: list[Diagnostic] = []
    found = build_params(tree(text), catalogue(), "EUR", wrong)
    assert [d.code for d in wrong] == [code]
    assert found["p"].broken


def test_a_window_refuses_a_param_that_varies_by_a_field() -> None:
    params = build_params(
        tree("w: {type: duration, default: 3 days, by: {field: stage, values: {close: 1 days}}}"),
        catalogue(),
        "EUR",
        [],
    )
    assert bad("{field: close_date, within_last: {param: w}}", params=params).code == "DG214"
    assert good("{field: days_in_stage, above: {param: w}}", params=params)


def test_a_bare_param_takes_the_type_of_what_it_is_compared_with() -> None:
    params = build_params(tree("w: 30 days"), catalogue(), "EUR", [])
    found = good("{field: days_in_stage, above: {param: w}}", params=params)
    assert found.operands[0].value == timedelta(days=30)  # type: ignore[union-attr]


def framework(text: str) -> tuple[Framework | None, list[Diagnostic]]:
    wrong: list[Diagnostic] = []
    return build_framework(tree(FRAMEWORK + text), Scope(catalogue()), wrong), wrong


def test_a_framework_has_elements_score_and_conditions_over_itself() -> None:
    found, wrong = framework(
        "qualified_when: {all: [{framework: self, element: need, at_least: 2}, {field: amount, above: 0}]}\n"
        "disqualify:\n  - {id: no-need, title: No need, when: {framework: self, element: need, answer: no}}\n"
    )
    assert not wrong
    assert found is not None
    assert [e.id for e in found.elements] == ["budget", "need"]
    assert found.score is not None
    assert [b.id for b in found.score.bands] == ["A", "B"]
    assert found.score.pass_mark == 50
    assert found.qualified_when is not None
    assert [(d.id, d.then) for d in found.disqualify] == [("no-need", "disqualified")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("qualified_when: {framework: self, element: ned, at_least: 2}", "DG219"),
        ("qualified_when: {framework: self, element: need, at_least: 9}", "DG220"),
        ("qualified_when: {framework: self, is: qualified}", "DG217"),
        ("disqualify: [{id: x, title: X, when: {framework: bant, is: nurture}}]", "DG217"),
        ("disqualify: [{id: x, title: X}]", "DG200"),
    ],
)
def test_a_framework_that_does_not_hold_is_refused(text: str, code: str) -> None:
    found, wrong = framework(text)
    assert found is None
    assert [d.code for d in wrong] == [code]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("id: need,", "id: budget,", "DG231"),
        ("{id: B, at_least: 50}", "{id: B, at_most: 50}", "DG239"),
        ("{id: B, at_least: 50}", "{id: A, at_least: 50}", "DG231"),
        ("method: weighted,", "method: count_at_least, level: 7,", "DG239"),
        ("method: weighted,", "method: wieghted,", "DG240"),
    ],
)
def test_a_score_and_ids_must_make_sense(old: str, new: str, code: str) -> None:
    wrong: list[Diagnostic] = []
    assert build_framework(tree(FRAMEWORK.replace(old, new)), Scope(catalogue()), wrong) is None
    assert [d.code for d in wrong] == [code]


def test_frameworks_may_speak_of_each_other_but_not_in_a_circle() -> None:
    other = FRAMEWORK.replace("id: bant", "id: icp")
    one = tree(FRAMEWORK + "qualified_when: {framework: icp, is: qualified}")
    wrong: list[Diagnostic] = []
    found = build_frameworks({"bant": one, "icp": tree(other)}, Scope(catalogue()), wrong)
    assert (set(found), wrong) == ({"bant", "icp"}, [])
    looped = tree(other + "disqualify: [{id: x, title: X, when: {framework: bant, is: disqualified}}]")
    found = build_frameworks({"bant": one, "icp": looped}, Scope(catalogue()), wrong)
    assert [d.code for d in wrong] == ["DG217"]
    assert "bant → icp → bant" in wrong[0].message
    assert found == {}
