"""Each deal goes to the process that takes it for sure; what none takes, or several, is told and never guessed."""

from __future__ import annotations

import tempfile
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dealgate
from dealgate.compile.frames import frames_of
from dealgate.decide.playbook import Playbook
from dealgate.decide.routing import Answers, only, route, route_one, told

TODAY = date(2026, 11, 23)
PROCESS = """\
kind: process/v1
id: %s
title: %s
version: 1.0.0
owner: Ops
fields: {area: {type: choice, title: Area, options: [eu, us]}}
stages: [{id: first, title: First}, {id: second, title: Second, replaces: [old]}]
%s
"""
APPLIES = {
    "europe": "applies_to: {field: area, is: eu}",
    "large": "applies_to: {all: [{field: amount, at_least: 5000}, {not: {field: area, is: eu}}]}",
    "late": "applies_to: {all: [{field: stage, is: second}, {field: area, is: us}, {field: amount, below: 5000}]}",
}


@cache
def books(*names: str) -> list[Playbook]:
    folder = Path(tempfile.mkdtemp())
    found = []
    for name in names:
        (folder / f"{name}.yaml").write_text(PROCESS % (name, name, APPLIES.get(name, "")), encoding="utf-8")
        found.append(dealgate.load(folder / f"{name}.yaml"))
    return found


def one(*names: str, **deal: Any) -> Answers:
    return route_one([(book, book.deal({"id": "D", **deal})) for book in books(*names)], TODAY)


@pytest.mark.parametrize(
    ("deal", "takes", "unsure", "process"),
    [
        ({"area": "eu"}, ("europe",), (), "europe"),
        ({"area": "us", "amount": 9000}, ("large",), (), "large"),
        ({"area": "us", "amount": 10}, (), (), None),
        ({"area": "us"}, (), ("large",), None),
        ({"amount": 10}, (), ("europe",), None),
        ({"amount": 9000}, (), ("europe", "large"), None),
    ],
)
def test_unknown_is_not_true(
    deal: dict[str, Any], takes: tuple[str, ...], unsure: tuple[str, ...], process: str | None
) -> None:
    found = one("europe", "large", **deal)
    assert (found.takes, found.unsure, found.process) == (takes, unsure, process)


def test_a_deal_that_two_processes_take_goes_to_neither() -> None:
    found = one("europe", "everything", area="eu")
    assert found.process is None and found.why() == "several processes take it: `europe` and `everything`"


def test_a_deal_that_one_takes_and_another_may_goes_to_neither() -> None:
    found = one("everything", "europe", amount=5)
    assert found.process is None
    assert found.why() == "`everything` takes it, and it is not known whether `europe` takes it"


def test_a_former_stage_is_read_as_that_of_now() -> None:
    assert one("europe", "late", area="us", amount=5, stage="old").process == "late"


DEALS = st.fixed_dictionaries(
    {},
    optional={
        "area": st.sampled_from(["eu", "us", "elsewhere"]),
        "amount": st.sampled_from([10, 4999, 5000, 9000]),
        "stage": st.sampled_from(["first", "second", "old", "none such"]),
    },
)
NAMES = st.lists(st.sampled_from([*APPLIES, "everything"]), min_size=2, max_size=4, unique=True)


@settings(max_examples=40, deadline=None)
@given(NAMES, st.lists(DEALS, min_size=1, max_size=12))
def test_columns_route_as_single_deals_are_and_every_deal_is_somewhere(
    names: list[str], records: list[dict[str, Any]]
) -> None:
    held = books(*names)
    deals = {book.id: [book.deal({"id": str(n), **r}) for n, r in enumerate(records)] for book in held}
    found = route([(book, frames_of(deals[book.id], book.process)) for book in held], TODAY)
    single = {str(n): route_one([(b, deals[b.id][n]) for b in held], TODAY) for n in range(len(records))}
    assert {name: list(ids) for name, ids in found.taken.items()} == {
        b.id: [ident for ident, answers in single.items() if answers.process == b.id] for b in held
    }
    assert {ident: left.answers for left in found.left for ident in left.ids} == {
        ident: answers for ident, answers in single.items() if answers.process is None
    }
    assert sum(map(len, found.taken.values())) + sum(len(left.ids) for left in found.left) == len(records)


def test_what_is_left_is_told_with_its_deals_and_what_to_fill_in() -> None:
    held = books("europe", "large")
    records = [{"id": f"D{n}", "amount": 9000} for n in range(7)] + [{"id": "E1", "area": "us", "amount": 1}]
    frames = [(b, frames_of([b.deal(r) for r in records], b.process)) for b in held]
    found = told(route(frames, TODAY).left, [b.process for b in held])
    assert [(d.code, d.message, d.suggestion) for d in found] == [
        (
            "DG759",
            "1 deal is judged by no process: none takes it: E1.",
            "change `applies_to` so that one process takes each deal",
        ),
        (
            "DG759",
            "7 deals are judged by no process: it is not known whether `europe` or `large` takes them: "
            "D0, D1, D2, D3, D4 and 2 more (--notes shows all).",
            "fill in `area` or `amount`",
        ),
    ]
    every = told(route(frames, TODAY).left, [b.process for b in held], every=True)
    assert "D5, D6" in every[1].message and "more" not in every[1].message


def test_the_frames_of_some_deals_hold_their_children_alone() -> None:
    (book,) = books("europe")
    records = [{"id": n, "contacts": [{"name": n}]} for n in ("a", "b", "c")]
    frames = only(frames_of([book.deal(r) for r in records], book.process), ["c", "a"])
    assert frames.deals["id"].to_list() == ["a", "c"]
    assert frames.children["contacts"]["deal"].to_list() == ["a", "c"]
