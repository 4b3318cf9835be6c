"""Fixes, captures, due stages, forecast, overrides, metrics and what is used nowhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dealgate.documents.load import load

from .conftest import HEAD, STAGE, Found

Only = Callable[[str, str], None]
Findings = Callable[[str], Found]
CHECK = "check: {field: name, filled: true}"


def test_a_blocking_criterion_says_how_to_mend_it(only: Only, findings: Findings) -> None:
    text = STAGE + f"      - {{id: asked, title: Asked, {CHECK}%s}}%s\n"
    only("DG308", text % ("", "  # here"))
    assert findings(text % (", fix: Ask.", "")) == []
    assert findings(text % (", enforce: warn", "")) == []
    only("DG308", text % (', fix: " "', "  # here"))


FIELD = """\
fields: {pain_level: {type: %s, title: How much it hurts}}
stages:
  - id: discovery
    title: Discovery%s
  - id: proposal
    title: Proposal%s
    exit: [{id: bad, title: It hurts, fix: Ask., check: {field: pain_level, %s}%s}]  # here
"""


def test_a_field_of_ones_own_is_captured_by_the_stage_that_needs_it(only: Only, findings: Findings) -> None:
    capture = "\n    capture: [pain_level]"
    only("DG307", FIELD % ("integer", "", "", "above: 3", ""))
    assert findings(FIELD % ("integer", capture, "", "above: 3", "")) == []
    assert findings(FIELD % ("integer", "", capture, "above: 3", "")) == []
    assert findings(FIELD % ("integer", "", "", "filled: true", "")) == []
    assert findings(FIELD % ("boolean", "", "", "is: true", "")) == []
    assert findings(FIELD % ("integer", "", "", "above: 3", ", enforce: warn")) == []


def test_a_field_captured_only_later_is_told(only: Only) -> None:
    only(
        "DG307",
        """\
fields: {pain_level: {type: integer, title: How much it hurts}}
stages:
  - id: discovery
    title: Discovery
    exit: [{id: bad, title: It hurts, fix: Ask., check: {field: pain_level, above: 3}}]  # here
  - {id: proposal, title: Proposal, capture: [pain_level]}
""",
    )


def test_an_element_is_due_by_the_stage_that_blocks_on_it(only: Only, findings: Findings) -> None:
    text = """\
use: {frameworks: [{id: bant, due: {need: %s}}]}
stages:
  - id: discovery
    title: Discovery
    exit:
      - {id: need, title: Need, fix: Ask., check: {framework: bant, element: need, at_least: 2}%s}%s
  - {id: proposal, title: Proposal}
"""
    only("DG309", text % ("proposal", "", "  # here"))
    assert findings(text % ("discovery", "", "")) == []
    assert findings(text % ("proposal", ", enforce: warn", "")) == []


FORECAST = """\
stages:
  - id: discovery
    title: Discovery
    category: best_case
    probability: 40%%
  - id: proposal%s
    title: Proposal
    category: %s
    probability: %s
"""


def test_probability_does_not_fall(findings: Findings) -> None:
    assert findings(FORECAST % ("", "commit", "30%")) == [("DG310", 14, 5)]
    assert findings(FORECAST % ("", "commit", "40%")) == []


def test_the_forecast_category_does_not_fall(findings: Findings) -> None:
    assert findings(FORECAST % ("", "pipeline", "50%")) == [("DG311", 13, 5)]
    assert findings((FORECAST % ("", "x", "50%")).replace("    category: x\n", "")) == [("DG311", 11, 5)]
    assert findings(FORECAST % ("\n    after: won", "omitted", "10%")) == []


def test_overrides_expire(findings: Findings) -> None:
    stages = "stages: [{id: discovery, title: Discovery}]\n"
    assert findings(stages + "overrides: {reasons: [because]}\n") == [("DG312", 7, 1)]
    assert findings(stages + "overrides: {reasons: [because], expires: 14 days}\n") == []
    assert findings(stages) == []


def test_an_approval_needs_an_approver(only: Only, findings: Findings) -> None:
    text = STAGE + f"      - {{id: asked, title: Asked, enforce: approve, {CHECK}}}%s\n"
    only("DG313", text % "  # here")
    approvers = "overrides: {reasons: [because], expires: 14 days, approvers: [{role: manager}]}\n"
    assert findings(text % "" + approvers) == []


def test_every_stands_beside_some(only: Only, findings: Findings) -> None:
    every = "{every: contacts, where: {field: two_way, is: true}}"
    text = STAGE + "      - {id: asked, title: Asked, fix: Ask., check: %s}%s\n"
    only("DG314", text % (every, "  # here"))
    assert findings(text % (f"{{all: [{{some: contacts}}, {every}]}}", "")) == []
    assert findings(text % (f"{{all: [{{count: contacts, at_least: 1}}, {every}]}}", "")) == []
    assert findings(text % (f"{{not: {every}}}", "")) == []
    other = "      - {id: one, title: One, fix: Ask., check: {some: contacts}}\n"
    assert findings(text % (every, "") + other) == []
    loose = "      - {id: one, title: One, check: {some: contacts}, enforce: warn}\n"
    only("DG314", text % (every, "  # here") + loose)


def test_an_unknown_metric_gets_the_nearest_one(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(HEAD + "stages: [{id: a, title: A, health: [conversion, slip_rat]}]\n", encoding="utf-8")
    (found,) = load(file, workspace=tmp_path).diagnostics
    assert (found.code, found.where.line, found.where.column) == ("DG315", 6, 49)
    assert found.suggestion == "did you mean `slip_rate`?"
    assert found.width == len("slip_rat")


UNUSED = """\
params:
  window: {type: duration, default: 14 days, title: The window}
evidence_types:
  recap: {title: A recap}
conditions:
  known: {some: contacts, where: {field: last_two_way_on, within_last: {param: window}}}
stages:
  - id: discovery
    title: Discovery
    exit:
      - {id: a, title: A, fix: Ask., check: {condition: known}}
      - {id: b, title: B, fix: Ask., check: {evidence: recap}}
"""


def test_what_is_declared_is_used(findings: Findings) -> None:
    assert findings(UNUSED) == []
    assert findings(UNUSED.replace("{param: window}", "7 days")) == [("DG316", 7, 3)]
    assert findings(UNUSED.replace("{condition: known}", "{some: contacts}")) == [("DG317", 11, 3)]
    assert findings(UNUSED.replace("{evidence: recap}", "{some: activities}")) == [("DG318", 9, 3)]
    assert findings(UNUSED.replace("evidence: recap", "evidence: any")) == []


def test_a_parameter_that_only_a_shared_criterion_reads_is_used(tmp_path: Path, findings: Findings) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "shared.yaml").write_text(
        "kind: criteria/v1\nid: shared\ntitle: Shared\ncriteria:\n"
        "  - {id: large, title: Large, fix: Ask., check: {field: amount, above: {param: large}}}\n",
        encoding="utf-8",
    )
    text = "params: {large: {type: money, default: 5, title: Large}}\n" + STAGE + "      - {use: large}\n"
    assert findings(text) == []


def test_a_loss_has_reasons_to_choose_from(only: Only, findings: Findings) -> None:
    text = f"""\
stages: [{{id: discovery, title: Discovery}}]
outcomes:
  lost:%s
    require: [{{id: told, title: Told, fix: Ask., {CHECK}}}]
%s"""
    only("DG319", text % ("  # here", ""))
    assert findings(text % ("", "    reasons: [{id: price, counts_as: lost}]\n")) == []


def test_an_error_of_the_lint_keeps_a_process_from_holding(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    never = "      - {id: a, title: A, fix: Ask., check: {field: amount, above: 5, below: 3}}\n"
    file.write_text(HEAD + STAGE + never, encoding="utf-8")
    loaded = load(file, workspace=tmp_path)
    assert loaded.process is None
    assert not loaded.holds
