"""Stages that are no more: what a process says of them, what is refused, and what processes of a workspace share."""

from __future__ import annotations

from pathlib import Path

import pytest

from dealgate.documents.load import load, load_documents
from dealgate.documents.overlay import merge
from dealgate.documents.yaml import parse
from dealgate.model.condition import Test as FieldTest
from dealgate.model.diagnostics import in_order

HEAD = "kind: process/v1\nid: %s\ntitle: One\nversion: 1.0.0\nowner: Ops\n"
STAGES = """\
stages:
  - {id: first, title: First}
  - {id: second, title: Second, replaces: [demo, offer]}
"""


def written(folder: Path, body: str, name: str = "one") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(HEAD % name + body, encoding="utf-8")
    return path


def said(folder: Path, body: str) -> list[str]:
    return [f"{d.where.line}:{d.where.column} {d.code} {d.message}" for d in load(written(folder, body)).diagnostics]


def test_both_spellings_come_to_one_thing(tmp_path: Path) -> None:
    more = (
        "becomes:\n  draft: demo\n  negotiation: [{stage: second, when: {field: amount, above: 5}}, {stage: first}]\n"
    )
    process = load(written(tmp_path, STAGES + more)).need()
    told = {old: [(way.stage, way.when is not None) for way in ways] for old, ways in process.becomes.items()}
    assert told == {
        "demo": [("second", False)],
        "offer": [("second", False)],
        "draft": [("demo", False)],
        "negotiation": [("second", True), ("first", False)],
    }
    assert isinstance(process.becomes["negotiation"][0].when, FieldTest)
    stage = process.catalogue.deal["stage"]
    assert stage.options == ("first", "second") and set(stage.former) == set(told)


def test_a_process_that_says_nothing_of_former_stages_keeps_its_digest(tmp_path: Path) -> None:
    plain = STAGES.replace(", replaces: [demo, offer]", "")
    assert load(written(tmp_path, plain)).digest == load(written(tmp_path, plain + "becomes: {}\n")).digest
    assert load(written(tmp_path, plain)).digest != load(written(tmp_path, STAGES)).digest


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("becomes: {first: second}\n", "9:11 DG450 The process still has the stage `first`, so its deals stay there."),
        (
            "becomes: {demo: first}\n",
            "9:11 DG451 What becomes of deals in `demo` is said twice; the first stands at line 8.",
        ),
        ("becomes: {old: secnd}\n", "9:16 DG452 Deals in `old` cannot become `secnd`: the process has no such stage."),
        ("becomes: {a: b, b: c, c: a}\n", "9:26 DG453 These stages become each other: a → b → c → a."),
        (
            "becomes: {old: [{stage: first}, {stage: second}]}\n",
            "9:41 DG454 No deal comes to this entry: the one before it takes every deal.",
        ),
        (
            "becomes: {old: [{stage: first, when: {field: stage, is: first}}, {stage: second}]}\n",
            "9:38 DG455 `when` reads `stage`, and decides in which stage a deal of `old` is.",
        ),
        (
            "becomes: {old: [{stage: first, when: {not: {some: visits}}}, {stage: second}]}\n",
            "9:38 DG455 `when` reads `visits`, and decides in which stage a deal of `old` is.",
        ),
        (
            "becomes: {old: [{stage: first, when: {field: amount, above: 5}}]}\n",
            "9:11 DG332 A deal in `old` of which no condition holds is in no stage.",
        ),
    ],
)
def test_what_cannot_be_meant_is_told_at_its_place(tmp_path: Path, body: str, told: str) -> None:
    assert said(tmp_path, STAGES + body) == [told]


def test_conditions_that_leave_no_deal_behind_need_no_last_entry(tmp_path: Path) -> None:
    ways = "[{stage: first, when: {field: amount, above: 5}}, {stage: second, when: {field: amount, at_most: 5}}]"
    assert said(tmp_path, STAGES + f"becomes: {{old: {ways}}}\n") == []


def test_a_criterion_replaces_one_that_is_no_more_and_that_no_other_replaces(tmp_path: Path) -> None:
    asked = "check: {field: amount, filled: true}, fix: Ask."
    body = f"""\
stages:
  - id: first
    title: First
    exit:
      - {{id: a, title: A, {asked}, replaces: first.old}}
      - {{id: b, title: B, check: {{field: terms, filled: true}}, fix: Ask., replaces: first.old}}
      - {{id: c, title: C, check: {{field: next_step, filled: true}}, fix: Ask., replaces: first.a}}
"""
    found = [line.partition(" ")[2] for line in said(tmp_path, body) if "DG457" in line]
    assert found == [
        "DG457 `first.b` replaces `first.old`, which `first.a` replaces already.",
        "DG457 `first.c` replaces `first.a`, which the process still has.",
    ]


# ------------------------------------------------ overlays

BASE = HEAD % "base" + STAGES + "becomes: {draft: first}\n"


def overlaid(body: str) -> list[str]:
    base, _ = parse(BASE, "base.yaml")
    over, _ = parse(HEAD % "acme" + "extends: base\n" + body, "acme.yaml")
    assert base is not None and over is not None
    merged = merge(base, [over])  # type: ignore[arg-type,list-item]
    return [f"{d.where} {d.code}" for d in in_order(merged.diagnostics)]


SAID = "loosens: [{what: stages.first, why: We do not need it}]\n"


def test_a_removed_stage_has_to_say_where_its_deals_are() -> None:
    assert overlaid(f"remove: [stages.first]\n{SAID}") == ["acme.yaml:7:10 DG456"]
    assert overlaid(f"remove: [stages.first]\nadd: {{becomes: {{first: second}}}}\n{SAID}") == []
    new = "add: {stages: [{id: start, title: Start, replaces: [first]}]}\n"
    assert overlaid(f"remove: [stages.first]\n{new}{SAID}") == []


def test_an_overlay_changes_what_becomes_of_a_stage_and_adds_to_it_by_id() -> None:
    assert overlaid("change: {becomes: {draft: second}}\n") == []
    assert overlaid("change: {becomes: {other: second}}\n") == ["acme.yaml:7:20 DG410"]
    assert overlaid("add: {becomes: {other: second}}\n") == []
    assert overlaid("add: {becomes: {draft: second}}\n") == ["acme.yaml:7:17 DG411"]


# ------------------------------------------------ processes that share the records of a workspace

ONLY = "stages: [{id: first, title: First}]\nfields: {area: {type: choice, title: Area, options: [eu, us]}}\n"


def shared(folder: Path, *conditions: str | None) -> list[str]:
    (folder / "rules").mkdir()
    names = [f"p{n}" for n in range(len(conditions))]
    for name, condition in zip(names, conditions, strict=True):
        written(folder / "rules", ONLY + (f"applies_to: {condition}\n" if condition else ""), name)
    workspace = f"kind: workspace/v1\nid: w\ntitle: W\nprocesses: [{', '.join(names)}]\n"
    (folder / "dealgate.yaml").write_text(workspace, encoding="utf-8")
    found = [d for one in load_documents([folder]) for d in one.diagnostics]
    return [f"{d.code} {d.message}" for d in in_order(found)]


EU, US = "{field: area, is: eu}", "{field: area, is: us}"


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        ((EU, US), []),
        ((EU, "{not: {field: area, is: eu}}"), []),
        (
            (EU, "{field: amount, at_least: 5000}", US),
            [
                "DG330 `p0` and `p1` both take a deal with area: eu, amount: 5000, which neither then judges.",
                "DG330 `p1` and `p2` both take a deal with amount: 5000, area: us, which neither then judges.",
            ],
        ),
        (
            ("{all: [{field: area, is: eu}, {field: amount, below: 5000}]}", US),
            ["DG331 No process takes a deal with area: eu, amount: 5000."],
        ),
        ((None, None), ["DG330 `p0` and `p1` both take every deal, which neither then judges."]),
        ((None, EU), ["DG330 `p0` and `p1` both take a deal with area: eu, which neither then judges."]),
        ((EU,), []),
    ],
)
def test_overlaps_and_gaps_are_proven_with_an_example(
    tmp_path: Path, conditions: tuple[str | None, ...], told: list[str]
) -> None:
    assert shared(tmp_path, *conditions) == told


@pytest.mark.parametrize(
    "other",
    [
        "{field: name, matches: ^A}",
        "{some: contacts}",
        "{field: close_date, within_next: 30 days}",
        "{field: name, contains: x}",
    ],
)
def test_nothing_is_said_at_load_of_what_only_the_deals_tell(tmp_path: Path, other: str) -> None:
    assert shared(tmp_path, EU, other) == []


def test_processes_of_other_records_do_not_overlap(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    written(tmp_path / "rules", ONLY, "deals")
    written(tmp_path / "rules", ONLY + "record: lead\n", "leads")
    text = "kind: workspace/v1\nid: w\ntitle: W\nprocesses: [deals, leads]\n"
    (tmp_path / "dealgate.yaml").write_text(text, encoding="utf-8")
    assert [d for one in load_documents([tmp_path]) for d in one.diagnostics] == []
