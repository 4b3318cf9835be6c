"""Overlays: merged by id, each node at its own place; what is milder must be said."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealgate.documents.nodes import Map, Node, Seq
from dealgate.documents.overlay import Merged, merge
from dealgate.documents.places import identity, plain
from dealgate.documents.yaml import parse
from dealgate.model.diagnostics import in_order

BASE = """\
kind: process/v1
id: base
version: 1.0.0
title: Base
owner: Ops
use: {frameworks: [bant]}
params:
  large_deal: {type: money, default: 50000, title: Large}
conditions:
  engaged: {some: activities, where: {field: two_way, is: true}}
stages:
  - id: first
    title: First
    max_age: 14 days
    slas:
      - {id: decide, from: stage_entered_on, to: left.first, within: 2 business days}
    capture: [amount, {field: topic, fix: Ask.}]
    health: [conversion, time_in_stage]
    exit:
      - id: need
        title: Need
        check: {framework: bant, element: need, at_least: 2}
        stays: true
        in_flight: next_move
      - {use: shared-one, enforce: warn}
      - id: big
        title: Big
        check: {all: [{field: amount, above: 5}, {field: amount, below: 9}]}
        enforce: approve
  - id: second
    title: Second
  - id: after-sale
    title: After the sale
    after: won
outcomes:
  lost:
    reasons: [{id: price}, {id: no-decision}]
moves:
  back: {enforce: warn, require_reason: true}
overrides: {reasons: [executive-request], expires: 14 days}
placeholders: [tba, "-"]
"""
HEAD = "kind: process/v1\nid: acme\nversion: 2.0.0\ntitle: Acme\nowner: RevOps\nextends: base@^1\n"


def node(text: str, file: str) -> Map:
    root, found = parse(text, file)
    assert not found, found
    assert isinstance(root, Map)
    return root


def overlay(body: str, base: str = BASE) -> Merged:
    acme = node(body if body.startswith("{") else HEAD + body, "acme.yaml")
    return merge(node(base, "base.yaml"), [acme])


def said(merged: Merged) -> list[str]:
    return [f"{d.where} {d.code} {d.message} | {d.suggestion}" for d in in_order(merged.diagnostics)]


def at(root: Node, *path: str) -> Any:
    for key in path:
        if isinstance(root, Seq):
            root = next(item for item in root.items if identity(item) == key)
        else:
            assert isinstance(root, Map)
            root = root.items[key]
    return root


def test_the_head_is_the_overlays_and_the_rest_is_the_bases() -> None:
    merged = overlay("")
    words = plain(merged.root)
    assert (words["id"], words["version"], words["owner"]) == ("acme", "2.0.0", "RevOps")
    assert "extends" not in words
    assert words["stages"] == plain(node(BASE, "base.yaml"))["stages"]
    assert said(merged) == []


def test_every_value_knows_the_file_and_line_it_comes_from() -> None:
    merged = overlay(
        "params: {large_deal: 80000}\n"
        "change:\n"
        "  stages:\n"
        "    first:\n"
        "      max_age: 7 days\n"
        "      exit: {need: {title: A need}}\n"
    )
    root = merged.root
    assert str(at(root, "stages", "first", "max_age").where) == "acme.yaml:11:16"
    assert str(at(root, "stages", "first").key_where("max_age")) == "acme.yaml:11:7"
    assert str(at(root, "stages", "first", "exit", "need", "title").where) == "acme.yaml:12:28"
    assert str(at(root, "stages", "first", "exit", "need", "check").where) == "base.yaml:22:16"
    assert str(at(root, "params", "large_deal", "default").where) == "acme.yaml:7:22"
    assert plain(at(root, "params", "large_deal")) == {"type": "money", "default": 80000, "title": "Large"}
    assert said(merged) == []


def test_the_base_is_left_as_it_was() -> None:
    base = node(BASE, "base.yaml")
    before = plain(base)
    merge(base, [node(HEAD + "change: {stages: {first: {max_age: 1 day, exit: {need: {title: X}}}}}", "acme.yaml")])
    assert plain(base) == before


def test_an_added_stage_follows_the_one_it_names_and_a_post_sale_one_keeps_its_after() -> None:
    merged = overlay(
        "add:\n"
        "  stages:\n"
        "    - {id: between, after: first, title: Between}\n"
        "    - {id: last, title: Last}\n"
        "    - {id: onboarding, after: won, title: Onboarding}\n"
    )
    stages = plain(merged.root)["stages"]
    assert [s["id"] for s in stages] == ["first", "between", "second", "last", "after-sale", "onboarding"]
    assert [s["id"] for s in stages if "after" in s] == ["after-sale", "onboarding"]
    assert said(merged) == []


def test_additions_reach_stages_that_have_such_a_list_and_those_that_have_none() -> None:
    merged = overlay(
        "add:\n"
        "  exit: {second: [{id: new, title: New, check: {field: amount, filled: true}}]}\n"
        "  capture: {first: [close_date]}\n"
        "  params: {limit: {type: integer, default: 3}}\n"
        "  placeholders: [asap]\n"
        "use: {frameworks: [icp]}\n"
    )
    words = plain(merged.root)
    assert [c["id"] for c in words["stages"][1]["exit"]] == ["new"]
    assert words["stages"][0]["capture"] == ["amount", {"field": "topic", "fix": "Ask."}, "close_date"]
    assert set(words["params"]) == {"large_deal", "limit"}
    assert words["placeholders"] == ["tba", "-", "asap"]
    assert words["use"] == {"frameworks": ["bant", "icp"]}
    assert said(merged) == []


def test_a_captured_field_in_short_form_can_be_changed() -> None:
    merged = overlay("change: {stages: {first: {capture: {amount: {fix: Ask for the range.}}}}}\n")
    assert plain(at(merged.root, "stages", "first", "capture"))[0] == {"field": "amount", "fix": "Ask for the range."}
    assert said(merged) == []


def test_a_condition_is_replaced_whole() -> None:
    merged = overlay(
        "change: {stages: {first: {exit: {need: {check: {field: amount, filled: true}}}}}}\n"
        "loosens: [{what: stages.first.exit.need, why: Another proof}]\n"
    )
    assert plain(at(merged.root, "stages", "first", "exit", "need", "check")) == {"field": "amount", "filled": True}
    assert said(merged) == []


def test_what_the_base_lacks_is_told_with_the_nearest_it_has() -> None:
    merged = overlay(
        "params: {large_dael: 1}\n"
        "change:\n"
        "  stages: {frist: {title: X}, first: {exit: {neeed: {enforce: warn}}, enter: {x: {title: X}}}}\n"
        "  conditions: {engagd: {field: amount, filled: true}}\n"
        "add: {exit: {secnd: []}, stages: [{id: third, after: secund, title: Third}]}\n"
        "remove: [stages.second.exit.need, outcomes.lost.reasons.prise]\n"
    )
    assert said(merged) == [
        "acme.yaml:7:10 DG410 `params` of the base has no `large_dael`. | did you mean `large_deal`?",
        "acme.yaml:9:12 DG410 `stages` of the base has no `frist`. | did you mean `first`?",
        "acme.yaml:9:46 DG410 `stages.first.exit` of the base has no `neeed`. | did you mean `need`?",
        "acme.yaml:9:71 DG410 `stages.first` of the base has no `enter`. | A new one goes under `add`.",
        "acme.yaml:10:16 DG410 `conditions` of the base has no `engagd`. | did you mean `engaged`?",
        "acme.yaml:11:14 DG410 `stages` of the base has no `secnd`. | did you mean `second`?",
        "acme.yaml:11:54 DG410 `stages` of the base has no `secund`. | did you mean `second`?",
        "acme.yaml:12:10 DG410 `stages.second` of the base has no `exit`. | Take the line out.",
        "acme.yaml:12:35 DG410 `outcomes.lost.reasons` of the base has no `prise`. | did you mean `price`?",
    ]


def test_what_the_base_has_cannot_be_added() -> None:
    merged = overlay(
        "add:\n"
        "  stages: [{id: first, title: Again}]\n"
        "  params: {large_deal: {type: money, default: 1}}\n"
        "  capture: {first: [topic]}\n"
    )
    assert [line.split(" | ")[0] for line in said(merged)] == [
        "acme.yaml:8:12 DG411 The base already has `stages.first`.",
        "acme.yaml:9:12 DG411 The base already has `params.large_deal`.",
        "acme.yaml:10:21 DG411 The base already has `stages.first.capture.topic`.",
    ]


def test_ids_cannot_be_changed_and_lists_of_things_not_given_whole() -> None:
    merged = overlay("change: {title: X, stages: {first: {id: other, capture: [amount]}}}\n")
    assert [line.split(" | ")[0] for line in said(merged)] == [
        "acme.yaml:7:10 DG414 An overlay cannot change `title` of its base.",
        "acme.yaml:7:37 DG414 An overlay cannot change `stages.first.id` of its base.",
        "acme.yaml:7:48 DG413 `stages.first.capture` is a list of things with ids, "
        "which an overlay changes by id, not as a whole.",
    ]


def test_one_overlay_cannot_change_and_remove_the_same_or_set_it_twice() -> None:
    merged = overlay(
        "params: {large_deal: 1}\n"
        "change: {params: {large_deal: {default: 2}}, stages: {first: {exit: {need: {title: X}}}}}\n"
        "remove: [stages.first.exit.need]\n"
        "loosens: [{what: stages.first.exit.need, why: Gone}]\n"
    )
    assert [line.split(" | ")[0] for line in said(merged)] == [
        "acme.yaml:8:32 DG412 This overlay changes `params.large_deal.default` twice; "
        "the other change is at acme.yaml:7:10.",
        "acme.yaml:9:10 DG412 This overlay both changes and removes `stages.first.exit.need`.",
    ]


def test_two_overlays_on_one_base_that_touch_the_same_place_conflict() -> None:
    one = node(HEAD + "change: {stages: {first: {max_age: 9 days, title: Same}}}\n", "one.yaml")
    two = node(HEAD + "change: {stages: {first: {max_age: 7 days, title: Same}, second: {title: Other}}}\n", "two.yaml")
    assert said(merge(node(BASE, "base.yaml"), [one, two])) == [
        "two.yaml:7:27 DG412 Two overlays change `stages.first.max_age`; the other one does at one.yaml:7:27. | "
        "Let one overlay extend the other, or keep the change in one of them."
    ]


def test_an_overlay_of_an_overlay_may_change_what_the_first_one_set() -> None:
    first = overlay("change: {stages: {first: {max_age: 7 days}}}\n")
    second = node(HEAD.replace("acme", "emea") + "change: {stages: {first: {max_age: 5 days}}}\n", "emea.yaml")
    merged = merge(first.root, [second])
    assert said(merged) == []
    assert plain(at(merged.root, "stages", "first", "max_age")) == "5 days"


NEED = "change: {stages: {first: {exit: {need: {%s}}}}}"
LOOSER = {
    "stages.first.exit.need.enforce, enforce falls from block to warn": NEED % "enforce: warn",
    "stages.first.exit.big.enforce, enforce falls from approve to observe": (
        "change: {stages: {first: {exit: {big: {enforce: observe}}}}}"
    ),
    "stages.first.max_age, it rises from 14 days to 3 weeks": "change: {stages: {first: {max_age: 3 weeks}}}",
    "stages.first.slas.decide.within, it rises from 2 business days to 1 week": (
        "change: {stages: {first: {slas: {decide: {within: 1 week}}}}}"
    ),
    "overrides.expires, it rises from 14 days to 1 month": "change: {overrides: {expires: 1 month}}",
    "stages.first.exit.need, it falls away": "remove: [stages.first.exit.need]",
    "stages.second, it falls away": "remove: [stages.second]\nadd: {becomes: {second: first}}",
    "stages.first.max_age, it falls away": "remove: [stages.first.max_age]",
    "stages.first.capture.amount, it falls away": "remove: [stages.first.capture.amount]",
    "placeholders.tba, it falls away": "remove: [placeholders.tba]",
    "stages.first.exit.need.applies_when, it no longer applies to every deal": (
        NEED % "applies_when: {field: amount, above: 1}"
    ),
    "stages.first.exit.need.check, what it checks is another thing": (
        NEED % "check: {framework: bant, element: need, at_least: 1}"
    ),
    "stages.first.exit.big.check, what it checks is another thing": (
        "change: {stages: {first: {exit: {big: {check: {field: amount, above: 5}}}}}}"
    ),
    "stages.first.exit.need.in_flight, in_flight falls from next_move to grandfather": NEED % "in_flight: grandfather",
    "stages.first.exit.need.since, it begins to hold later": NEED % "since: 2027-01-01",
    "stages.first.exit.need.stays, it is no longer true": NEED % "stays: false",
    "moves.back.require_reason, it is no longer true": "change: {moves: {back: {require_reason: false}}}",
    "moves.skip.enforce, enforce falls from block to warn": "change: {moves: {skip: {enforce: warn}}}",
    "conditions.engaged, the named condition is another one": (
        "change: {conditions: {engaged: {field: amount, above: 1}}}"
    ),
}


@pytest.mark.parametrize(("told", "body"), LOOSER.items())
def test_what_is_milder_and_not_said_is_refused_at_its_line_and_fine_once_said(told: str, body: str) -> None:
    merged = overlay(body + "\n")
    wrong = [d for d in merged.diagnostics if d.code == "DG420"]
    assert [d.message for d in wrong] == [f"This is milder than the base and not said to be: {told}."]
    assert wrong[0].where.file == "acme.yaml"
    assert wrong[0].where.line == 7
    what = told.split(",")[0]
    merged = overlay(f"{body}\nloosens: [{{what: {what}, why: Agreed, until: 2027-01-31}}]\n")
    assert said(merged) == []
    assert [(one.what, one.why, str(one.until)) for one in merged.loosened] == [(what, "Agreed", "2027-01-31")]


@pytest.mark.parametrize(
    "body",
    [
        "change: {stages: {first: {exit: {big: {enforce: block}}}}}",
        "change: {stages: {first: {max_age: 2 weeks}}}",
        "change: {stages: {first: {max_age: 300 hours}}}",
        "change: {stages: {second: {max_age: 300 days}}}",
        "change: {stages: {first: {health: [conversion]}}}",
        NEED % "check: {framework: bant, element: need, at_least: 3}",
        NEED % "check: {all: [{field: amount, filled: true}, {framework: bant, element: need, at_least: 2}]}",
        NEED % "check: {at_least: 2, element: need, framework: bant}",
        NEED % "in_flight: immediate",
        NEED % "fix: Ask.",
        "change: {stages: {first: {exit: {big: {check: "
        "{all: [{field: amount, below: 9}, {all: [{field: amount, above: 5}, {field: topic, filled: true}]}]}}}}}}",
        "remove: [stages.first.health.conversion]",
        "remove: [stages.first.exit.need.in_flight]",
        "params: {large_deal: 80000}",
        "add: {stages: [{id: third, title: Third, max_age: 900 days}]}",
    ],
)
def test_what_is_no_milder_needs_no_word(body: str) -> None:
    assert said(overlay(body + "\n")) == []


def test_a_loosening_covers_the_thing_it_names_but_not_a_whole_list_or_what_lies_deeper() -> None:
    body = NEED % "enforce: warn"
    for what, fine in (
        ("stages.first.exit.need", True),
        ("stages.first.exit.need.enforce", True),
        ("stages.first.exit", False),
        ("stages.first", False),
        ("stages", False),
    ):
        merged = overlay(f"{body}\nloosens: [{{what: {what}, why: Agreed}}]\n")
        assert {d.code for d in merged.diagnostics} == (set() if fine else {"DG420", "DG421"}), what


def test_a_loosening_that_is_none_is_a_warning_with_the_nearest_that_is_one() -> None:
    merged = overlay(
        "change: {stages: {first: {max_age: 30 days}}}\n"
        "loosens:\n"
        "  - {what: stages.first.max_age, why: Longer}\n"
        "  - {what: stages.first.max_agee, why: Longer}\n"
    )
    assert said(merged) == [
        "acme.yaml:10:12 DG421 `stages.first.max_agee` is said to be loosened, "
        "but nothing there is milder than in the base. | did you mean `stages.first.max_age`?"
    ]


def test_a_framework_is_overlaid_by_the_same_rules() -> None:
    base = (
        "kind: framework/v1\nid: f\nversion: 1.0.0\ntitle: F\nowner: O\nlevels: [a, b, c]\n"
        "elements: [{id: need, title: Need, max_age: 30 days}]\n"
        "score: {method: count_at_least, level: 2, pass: 3, bands: [{id: A, at_least: 70}]}\n"
        "disqualify: [{id: none, title: None, when: {framework: self, element: need, answer: 'no'}}]\n"
    )
    merged = overlay(
        "change:\n"
        "  elements: {need: {max_age: 60 days}}\n"
        "  score: {level: 1, pass: 4, bands: {A: {at_least: 60}}}\n"
        "  disqualify: {none: {then: nurture}}\n"
        "add: {elements: [{id: money, title: Money}]}\n",
        base,
    )
    assert [e["id"] for e in plain(merged.root)["elements"]] == ["need", "money"]
    assert [one.what for one in merged.loosened] == [
        "elements.need.max_age",
        "score.level",
        "score.bands.A.at_least",
        "disqualify.none.then",
    ]
    lower = base.replace("method: count", "direction: lower, method: count")
    assert [one.what for one in overlay("change: {score: {pass: 4}}\n", lower).loosened] == ["score.pass"]


WORDS = st.sampled_from(
    "stages first second after-sale exit enter capture slas need big check enforce id use field amount topic max_age "
    "params large_deal default conditions engaged outcomes lost require reasons price moves back after all at_least "
    "applies_when title 14 warn won".split()
)
TREES = st.recursive(
    WORDS | st.integers(0, 3) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=15,
)
SECTIONS = st.dictionaries(WORDS, TREES, max_size=3)


@given(SECTIONS, SECTIONS, st.lists(st.lists(WORDS, min_size=1, max_size=5).map(".".join), max_size=3))
def test_no_overlay_however_odd_breaks_the_merge_or_hides_a_removal(change: Any, add: Any, remove: list[str]) -> None:
    merged = overlay(json.dumps({"change": change, "add": add, "remove": remove}))
    assert isinstance(merged.root, Map)
    listed = {d.code for d in merged.diagnostics}
    assert "DG420" in listed or "stages.first.exit.need" not in remove
