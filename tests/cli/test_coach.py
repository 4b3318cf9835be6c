"""What plays recommend, on the command line: for people and deals, with the reasons of each."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import OrderedDict
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.inspection.looking import deal

from .running import AS_OF, CHECKOUT, dealgate, golden

PLAYS = """
kind: plays/v1
id: ours
title: Our plays
version: 1.0.0
owner: Sales Operations
plays:
  - id: no-dated-step
    title: Deals go without a dated step
    scope: owner
    priority: 20
    when:
      - {fact: finding, rule: no-next-step, count: {at_least: 2}, distinct: deal, as: open}
    then: {conclude: no-dated-step}
    why: A meeting that ends without a date was the last one.
  - id: coach-steps
    title: End every meeting with a date
    scope: owner
    priority: 20
    when:
      - {fact: conclusion, pattern: no-dated-step}
      - {no: coaching_action, theme: next-step, within_last: 21 days}
    then:
      recommend:
        to: manager
        theme: next-step
        question: "{owner.name}, what did they agree to do?"
        behaviour: Books the next meeting before this one ends.
        action: Call them today.
        drill: discovery-ladder
        due: 7 days
  - id: ask-impact
    title: Ask what it costs them
    scope: deal
    priority: 10
    when:
      - {fact: verdict, criterion: proposal.impact-known, status: [unmet, unknown]}
    then:
      recommend:
        to: rep
        question: What does it cost {deal.name} to go on like this?
        action: Write the figure down.
"""
WHY = "ours.coach-steps:Rita Lind"
DEALS = [
    deal(next_step_on="2026-11-20"),
    deal(id="D-2", name="Fabrikam", amount="90000.00", next_step_on="2026-11-13", impact_amount="0.00"),
    deal(id="D-3", name="Litware", owner__name="Tom Two", next_step_on="2026-11-20", impact_amount="0.00"),
]


@pytest.fixture
def here(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a plain process, plays of its own and three deals."""
    folder = elsewhere / "mine"
    (folder / "rules").mkdir(parents=True)
    plain = (CHECKOUT / "tests/inspection/plain.yaml").read_text("utf-8")
    (folder / "rules/plain.yaml").write_text(plain, "utf-8")
    (folder / "rules/ours.yaml").write_text(PLAYS.lstrip(), "utf-8")
    text = "kind: workspace/v1\nid: mine\ntitle: Mine\nprocesses: [plain]\nuse: {plays: [ours]}\n"
    (folder / "dealgate.yaml").write_text(text, "utf-8")
    (folder / "deals.jsonl").write_text("".join(json.dumps(one) + "\n" for one in DEALS), "utf-8")
    monkeypatch.chdir(folder)
    # what was concluded of the same facts before is remembered, and no inference
    monkeypatch.setattr("dealgate.plays.chain._compiled", OrderedDict())
    return folder


def told(*words: object) -> dict[str, Any]:
    """The JSON of what is recommended, which holds by its schema."""
    ran = dealgate("coach", "deals.jsonl", *AS_OF, "--output", "json", *words)
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    jsonschema.validate(found, json.loads((CHECKOUT / "schemas/output/coach.schema.json").read_text("utf-8")))
    return found


def recommended(found: dict[str, Any]) -> list[str]:
    return [one["id"] for one in found["recommendations"]]


def test_what_plays_recommend_at_80_columns(here: Path) -> None:
    ran = dealgate("coach", "deals.jsonl", *AS_OF)
    assert ran.code == 0, ran.err
    assert max(map(len, ran.out.splitlines())) <= 80
    golden("coach.txt", ran.out)


def test_the_reasons_lead_down_to_deals_and_lines_of_rules(here: Path) -> None:
    ran = dealgate("coach", "deals.jsonl", *AS_OF, "--why", WHY)
    assert ran.code == 0, ran.err
    # the line in a file that ships moves with every rule above it
    assert re.search(r"\(rules/inspections/hygiene\.yaml:\d+\)", ran.out)
    golden("coach-why.txt", re.sub(r"hygiene\.yaml:\d+", "hygiene.yaml:28", ran.out))


def test_an_id_is_known_without_its_document_too(here: Path) -> None:
    first = dealgate("coach", "deals.jsonl", *AS_OF, "--why", WHY)
    assert dealgate("coach", "deals.jsonl", *AS_OF, "--why", "coach-steps:Rita Lind").out == first.out


def test_the_json_has_every_reason(here: Path) -> None:
    found = told()
    assert recommended(found) == [WHY, "ours.ask-impact:D-2", "ours.ask-impact:D-3"]
    steps = found["recommendations"][0]
    assert steps["deals"] == ["D-1", "D-2"]
    assert steps["recommended"]["due"] == "2026-11-30"
    behind = steps["because"][0]["conclusions"][0]["because"][0]
    assert [fact["deal"] for fact in behind["facts"]] == ["D-1", "D-2"]
    assert behind["facts"][0]["where"].startswith("rules/inspections/hygiene.yaml:")


def test_the_csv_has_a_row_a_recommendation(here: Path) -> None:
    ran = dealgate("coach", "deals.jsonl", *AS_OF, "--output", "csv")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [(row["record"], row["amount"], row["to"]) for row in rows] == [
        ("Rita Lind", "", "manager"),
        ("D-2", "90000.00", "rep"),
        ("D-3", "20000.00", "rep"),
    ]


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (("--owner", "tom two"), ["ours.ask-impact:D-3"]),
        (("--owner", "Rita Lind"), [WHY, "ours.ask-impact:D-2"]),
        (("--play", "coach-steps"), [WHY]),
        (("--team", "South"), []),
    ],
)
def test_what_is_shown_can_be_narrowed(here: Path, words: tuple[str, ...], left: list[str]) -> None:
    assert recommended(told(*words)) == left


def test_of_a_file_nothing_was_agreed_for_only_the_store_keeps_commitments(here: Path) -> None:
    assert told()["not_looked_at"] == []
    assert WHY in recommended(told())


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (("--play", "coach-step"), "DG840", "did you mean coach-steps?"),
        (("--why", "ours.coach-steps:Rita Lynd"), "DG841", f"did you mean `{WHY}`?"),
    ],
)
def test_what_is_not_there_is_told(here: Path, words: tuple[str, ...], code: str, hint: str) -> None:
    ran = dealgate("coach", "deals.jsonl", *AS_OF, *words)
    assert ran.code == 2
    assert code in ran.err
    assert hint in ran.err


def test_a_play_that_does_not_hold_is_told_at_its_line(here: Path) -> None:
    file = here / "rules/ours.yaml"
    file.write_text(file.read_text("utf-8").replace("{owner.name}", "{owner.nmae}"), "utf-8")
    ran = dealgate("coach", "deals.jsonl", *AS_OF)
    assert ran.code == 3
    assert "DG820" in ran.err
    assert "rules/ours.yaml" in ran.err
