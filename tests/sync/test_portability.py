"""Where each criterion, field and move of a process stands in a CRM, by what its adapter declares."""

from __future__ import annotations

from pathlib import Path

import pytest

import dealgate
from dealgate.model.process import Process
from dealgate.ports import Capabilities, Holds
from dealgate.sync.portability import Portability, portability

PROCESS = """\
kind: process/v1
id: small
version: 1.0.0
title: Small
owner: Sales Operations
currency: USD
use: {frameworks: [bant]}
stages:
  - id: open
    title: Open
    exit:
      - {id: filled, title: Filled, check: {field: amount, filled: true}, proof: A., fix: B., coach: C.}
      - {id: large, title: Large, check: {field: amount, at_least: 5000}, proof: A., fix: B., coach: C.}
      - {id: both, title: Both, check: {all: [{field: amount, filled: true}, {field: close_date, filled: true}]}, proof: A., fix: B., coach: C.}
      - {id: half, title: Half, check: {all: [{field: amount, filled: true}, {count: contacts, at_least: 2}]}, proof: A., fix: B., coach: C.}
      - {id: either, title: Either, check: {any: [{field: amount, filled: true}, {field: topic, filled: true}]}, proof: A., fix: B., coach: C.}
      - {id: met, title: Met, check: {some: activities, where: {field: type, is: meeting}}, proof: A., fix: B., coach: C.}
      - {id: bant, title: BANT, check: {framework: bant, element: need, at_least: 2}, proof: A., fix: B., coach: C.}
      - {id: pushed, title: Pushed, check: {field: close_date, changed: {at_least: 1}}, proof: A., fix: B., coach: C.}
      - {id: asked, title: Asked, applies_when: {field: amount, at_least: 5000}, check: {field: topic, filled: true}, proof: A., fix: B., coach: C.}
outcomes: {won: {require: []}, lost: {require: [], reasons: [{id: price, title: The price, counts_as: lost}]}}
moves: {skip: {enforce: block}, back: {enforce: warn}, reopen: {enforce: approve}}
"""
ALL = ("deals", "stage_changes", "deal_contacts", "activities")


@pytest.fixture
def process(tmp_path: Path) -> Process:
    (tmp_path / "small.yaml").write_text(PROCESS, "utf-8")
    return dealgate.load(tmp_path / "small.yaml").process


def places(found: Portability) -> dict[str, str]:
    return {one.criterion.id.rpartition(".")[2]: one.place for one in found.criteria}


def able(*streams: str, **more: object) -> Capabilities:
    usual = Capabilities(streams or ALL, history="native", custom_fields=True, actions=("set_fields", "create_task"))
    return usual.replace(**more)  # type: ignore[arg-type]


def test_a_crm_that_asks_for_fields_holds_those_and_no_test(process: Process) -> None:
    found = portability("X", process, able(holds=Holds(required=True)), {})
    assert places(found) == {
        "filled": "native", "large": "found", "both": "native", "half": "partly", "either": "found", "met": "found",
        "bant": "found", "pushed": "found", "asked": "found",
    }  # fmt: skip
    why = {one.criterion.id.rpartition(".")[2]: one.why for one in found.criteria}
    assert why["large"] == ("it asks for fields, and tests none",)
    assert why["half"] == ("it does not look at records beside the deal",)
    assert found.counts == {"native": 2, "partly": 1, "found": 6, "unseen": 0}


def test_rules_over_a_deals_own_fields_hold_tests_of_them(process: Process) -> None:
    holds = Holds(required=True, operators=("filled", "at_least"), joined=True, moves=("skip", "back"))
    found = portability("X", process, able(holds=holds), {})
    assert places(found) == {
        "filled": "native", "large": "native", "both": "native", "half": "partly", "either": "native", "met": "found",
        "bant": "found", "pushed": "found", "asked": "native",
    }  # fmt: skip
    assert [(one.move, one.enforce, one.native) for one in found.moves] == [
        ("skip", "block", True), ("back", "warn", True), ("reopen", "approve", False),
    ]  # fmt: skip
    unjoined = portability("X", process, able(holds=holds.replace(joined=False)), {})
    assert places(unjoined)["either"] == "found" and places(unjoined)["both"] == "native"


def test_what_the_adapter_does_not_read_is_unseen_and_not_found(process: Process) -> None:
    found = portability("X", process, able("deals", history="none", custom_fields=False), {})
    assert {name for name, place in places(found).items() if place == "unseen"} == {"half", "met", "bant", "pushed"}
    assert portability("X", process, able("deals", "contacts"), {}).criteria[3].place == "found"


def test_a_field_is_there_comes_as_a_custom_one_or_has_no_place(process: Process) -> None:
    mapped = {"amount": ("Amount",)}
    kinds = {one.id: (one.place, one.by) for one in portability("X", process, able(), mapped).fields}
    assert kinds["amount"] == ("standard", ("Amount",))
    assert kinds["topic"] == ("text", ())
    typed = portability("X", process, able(holds=Holds(types=("text", "date"))), mapped).fields
    assert {one.id: one.place for one in typed} | {} == {
        "amount": "standard",
        "topic": "custom",
        "close_date": "custom",
    }
    none = portability("X", process, able(custom_fields=False), mapped).fields
    assert {one.id: one.place for one in none} == {"amount": "standard", "topic": "none", "close_date": "none"}


def test_what_dealgate_does_follows_from_the_actions(process: Process) -> None:
    assert portability("X", process, able(actions=()), {}).does == ("judges every deal anew when it changed",)
    assert portability("X", process, able(actions=("note", "move_stage")), {}).does[1:] == (
        "leaves a note on it", "moves it back where it went past a gate that blocks",
    )  # fmt: skip
