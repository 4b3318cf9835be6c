"""validate, test and rule."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.cli.running import CHECKOUT, dealgate, golden

from dealgate.cli.pages import codes, title_of

RULES = CHECKOUT / "rules"
FIVE = """\
kind: process/v1
id: five-mistakes
version: 1.0.0
title: A process with five mistakes
owner: Sales Operations
currency: USD
calendar: {time_zone: UTC}
stages:
  - id: qualification
    title: Qualification
    objectiv: Decide whether this is worth both sides' time.
    max_age: 14 dayz
    exit:
      - id: budget
        title: There is money
        check: {field: amuont, above: 0}
        fix: Ask for the range.
      - id: closing
        title: It closes after today
        check: {field: close_date, at_least: 5}
        fix: Ask for the date.
      - id: inbound
        title: It came in by itself
        check: {field: channel, is: inbuond}
        fix: Look it up.
"""
MISTAKES = [(11, "objective"), (12, "days"), (16, "amount"), (20, None), (24, "inbound")]


@pytest.fixture
def five(elsewhere: Path) -> Path:
    (elsewhere / "five.yaml").write_text(FIVE, encoding="utf-8")
    return Path("five.yaml")


def test_the_bundled_rules_hold_without_a_diagnostic() -> None:
    ran = dealgate("validate", RULES)
    assert (ran.code, ran.out) == (0, "")
    assert re.fullmatch(r"\d+ documents: no diagnostics\.\n", ran.err)


def test_without_a_path_the_bundled_rules_are_checked() -> None:
    assert dealgate("validate").err == dealgate("validate", RULES).err


def test_five_mistakes_are_five_diagnostics_each_at_its_line_with_what_was_meant(five: Path) -> None:
    ran = dealgate("validate", five, "--output", "json")
    found = json.loads(ran.out)
    assert ran.code == 3
    assert [d["line"] for d in found] == [line for line, _ in MISTAKES]
    assert all(d["column"] > 1 and re.fullmatch(r"DG\d{3}", d["code"]) for d in found)
    for diagnostic, (_, meant) in zip(found, MISTAKES, strict=True):
        assert diagnostic["severity"] == "error" and diagnostic["file"] == "five.yaml"
        assert meant is None or meant in (diagnostic["suggestion"] or "")


def test_five_mistakes_are_shown_with_their_lines_and_a_caret(five: Path) -> None:
    ran = dealgate("validate", five)
    assert ran.code == 3 and ran.err == "1 document: 5 errors.\n"
    golden("five-mistakes.txt", ran.out)


def test_sarif_and_github_say_the_same_as_the_json(five: Path) -> None:
    plain = json.loads(dealgate("validate", five, "--output", "json").out)
    places = [(d["code"], d["line"], d["column"]) for d in plain]
    log = json.loads(dealgate("validate", five, "--output", "sarif").out)
    assert log["version"] == "2.1.0"
    results = log["runs"][0]["results"]
    regions = [r["locations"][0]["physicalLocation"]["region"] for r in results]
    assert [(r["ruleId"], g["startLine"], g["startColumn"]) for r, g in zip(results, regions, strict=True)] == places
    assert {r["ruleId"] for r in results} == {rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]}
    lines = dealgate("validate", five, "--output", "github").out.splitlines()
    told = [re.match(r"::error file=five.yaml,line=(\d+),col=(\d+),title=(DG\d+)::", line) for line in lines]
    assert [(m[3], int(m[1]), int(m[2])) for m in told if m] == places


def test_a_process_may_be_named_by_its_id() -> None:
    assert dealgate("validate", "practical").code == 0


# ------------------------------------------------------------------------------------------------ test

FAILING = """\
kind: test/v1
process: practical
as_of: 2026-11-23
deals:
  empty: {stage: prospecting, contacts: [], activities: [], evidence: []}
cases:
  - name: nothing is known and yet it moves
    deal: empty
    move_to: qualification
    expect: {decision: allow}
  - name: nothing is known and nothing moves
    deal: empty
    move_to: qualification
    expect: {decision: block}
"""


@pytest.fixture
def failing(elsewhere: Path) -> Path:
    (elsewhere / "failing.test.yaml").write_text(FAILING, encoding="utf-8")
    return Path("failing.test.yaml")


def test_the_bundled_tests_pass_with_full_coverage() -> None:
    ran = dealgate("test", RULES, "--coverage")
    assert ran.code == 0 and "Coverage: complete." in ran.out
    found = json.loads(dealgate("test", RULES, "--coverage", "--output", "json").out)
    assert all(case["passed"] for suite in found["suites"] for case in suite["cases"])
    assert not any(gap["missing"] for gap in found["uncovered"])


def test_a_case_that_fails_shows_expected_actual_and_the_trace(failing: Path) -> None:
    ran = dealgate("test", failing)
    assert ran.code == 4
    golden("failing-case.txt", re.sub(r"practical\.yaml:[\d:]+", "practical.yaml:…", ran.out))


def test_a_failing_case_fails_in_json_and_junit_too(failing: Path) -> None:
    ran = dealgate("test", failing, "--output", "json")
    cases = json.loads(ran.out)["suites"][0]["cases"]
    assert (ran.code, [c["passed"] for c in cases]) == (4, [False, True])
    mismatch = cases[0]["mismatches"][0]
    assert (mismatch["expected"], mismatch["actual"]) == ("allow", "block") and cases[0]["line"] == 7
    ran = dealgate("test", failing, "--output", "junit")
    suite = ElementTree.fromstring(ran.out).find("testsuite")  # noqa: S314  our own output
    assert suite is not None and ran.code == 4
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert len(suite.findall("testcase/failure")) == 1


def test_a_verdict_that_no_case_expects_fails_the_coverage(elsewhere: Path) -> None:
    passing = FAILING.replace("{decision: allow}", "{decision: block}")
    (elsewhere / "passing.test.yaml").write_text(passing, encoding="utf-8")
    assert dealgate("test", "passing.test.yaml").code == 0
    ran = dealgate("test", "passing.test.yaml", "--coverage")
    assert ran.code == 4 and "Coverage: no case expects" in ran.out
    out = dealgate("test", "passing.test.yaml", "--coverage", "--output", "junit").out
    suites = ElementTree.fromstring(out)  # noqa: S314  our own output
    coverage = suites.find("testsuite[@name='coverage']")
    assert coverage is not None and int(coverage.get("failures", 0)) > 10


# ------------------------------------------------------------------------------------------------ rule


def test_every_code_has_its_page_and_its_line_in_the_list() -> None:
    listed = dealgate("rule").out.splitlines()
    assert listed == [f"{code}  {title_of(code)}" for code in codes()]
    for code in codes():
        ran = dealgate("rule", code.lower())
        assert ran.code == 0 and ran.out.startswith(f"# {code} ")


def test_an_unknown_code_is_answered_with_the_nearest() -> None:
    ran = dealgate("rule", "DG1011")
    assert ran.code == 2 and "DG101" in ran.err
