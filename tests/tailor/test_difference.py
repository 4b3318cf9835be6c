"""What differs between two documents, told in groups and words, and what it means for the version."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest
from tests.cli.running import CHECKOUT, dealgate, golden

from dealgate.documents.whole import load_whole
from dealgate.tailor.difference import Difference, compare

BASE = """\
kind: process/v1
id: base
version: 1.2.3
title: Base
owner: Ops
currency: USD
use: {frameworks: [bant]}
params:
  large: {type: money, default: 50000, title: From here it is large}
conditions:
  engaged: {some: activities, where: {field: two_way, is: true}}
stages:
  - id: first
    title: First
    max_age: 14 days
    probability: 10%
    capture: [topic]
    exit:
      - {id: need, title: The need is stated, check: {framework: bant, element: need, at_least: 2}, fix: Ask.}
      - {id: talked, title: We talked, check: {condition: engaged}, enforce: warn, fix: Call.}
  - id: second
    title: Second
    category: commit
    exit:
      - {id: sponsor, title: A sponsor, applies_when: {field: amount, at_least: {param: large}}, check: {some: contacts, where: {field: role, is: executive_sponsor}}, enforce: approve, fix: Find one.}
outcomes:
  lost: {reasons: [{id: price}, {id: timing}]}
overrides: {reasons: [executive-request], expires: 14 days, approvers: [{role: manager}]}
"""


def difference(folder: Path, *changes: tuple[str, str], base: str = BASE) -> Difference:
    """From the base to the base with some texts replaced."""
    text = base
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    for name, body in {"old": base, "new": text}.items():
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "base.yaml").write_text(body, "utf-8")
    return compare(load_whole(folder / "old" / "base.yaml"), load_whole(folder / "new" / "base.yaml"))


def one(found: Difference) -> tuple[str, str, str, str]:
    assert len(found.changes) == 1, found.changes
    change = found.changes[0]
    return change.group, change.subject, change.words, found.advice


NEED = "First – “The need is stated”"
CASES = [
    ("max_age: 14 days", "max_age: 21 days", ("loosened", "First", "The longest stay is 21 days; before, 14 days.", "minor")),
    ("max_age: 14 days", "max_age: 7 days", ("tightened", "First", "The longest stay is 7 days; before, 14 days.", "major")),
    ("    max_age: 14 days\n", "", ("loosened", "First", "The longest stay is gone; it was 14 days.", "minor")),
    ("category: commit", "max_age: 9 days\n    category: commit", ("tightened", "Second", "The longest stay is now 9 days; before, there was none.", "major")),
    ("enforce: warn, fix: Call", "enforce: block, fix: Call", ("tightened", "First – “We talked”", "Where it is not met, it holds the deal; before, it warns.", "major")),
    ("enforce: warn, fix: Call", "fix: Call", ("tightened", "First – “We talked”", "Where it is not met, it holds the deal; before, it warns.", "major")),
    ("at_least: 2}, fix: Ask", "at_least: 2}, enforce: observe, fix: Ask", ("loosened", NEED, "Where it is not met, it is only counted; before, it holds the deal.", "minor")),
    ("need, at_least: 2}", "need, at_least: 3}", ("tightened", NEED, "It asks that BANT need is corroborated; before, that BANT need is stated by the buyer or better.", "major")),
    ("need, at_least: 2}", "need, at_least: 1}", ("loosened", NEED, "It asks that BANT need is asserted by the seller or better; before, that BANT need is stated by the buyer or better.", "minor")),
    ("applies_when: {field: amount, at_least: {param: large}}, ", "", ("tightened", "Second – “A sponsor”", "It applies to every deal; before, only where the amount is at least 50,000 USD.", "major")),
    ("default: 50000", "default: 80000", ("changed", "Parameter – “From here it is large”", "It is 80,000 USD; before, 50,000 USD.", "minor")),
    ("probability: 10%", "probability: 15%", ("changed", "First", "The probability is 15%; before, 10%.", "minor")),
    ("fix: Ask.", "fix: Ask twice.", ("reworded", NEED, "How to mend it: “Ask twice.” Before: “Ask.”", "patch")),
    ("title: Base", "title: Our base", ("reworded", "Our base", "The title: “Our base” Before: “Base”", "patch")),
    ("capture: [topic]", "capture: [topic, segment]", ("added", "First – segment", "This field must now be filled in.", "major")),
    ("    capture: [topic]\n", "", ("removed", "First – topic", "This field need not be filled in any more.", "minor")),
    ("{id: timing}", "{id: timing}, {id: terms}", ("added", "Lost – Reason – terms", "A new reason.", "minor")),
    (", {id: timing}", "", ("removed", "Lost – Reason – timing", "The reason is gone.", "major")),
    ("expires: 14 days", "expires: 30 days", ("loosened", "Overrides", "How long an exception lasts is 30 days; before, 14 days.", "minor")),
    ("    max_age: 14 days\n", "    max_age: 14 days # a remark\n", None),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), CASES)
def test_each_change_is_told_in_its_group(
    tmp_path: Path, old: str, new: str, expected: tuple[str, str, str, str] | None
) -> None:
    found = difference(tmp_path, (old, new))
    if expected is None:
        assert (found.changes, found.advice, found.least) == ((), "none", "1.2.3")
    else:
        assert one(found) == expected


@pytest.mark.parametrize("case", [case for case in CASES if case[2] and case[2][0] in ("tightened", "loosened")])
def test_what_is_tightened_one_way_is_loosened_the_other(tmp_path: Path, case: tuple[str, str, object]) -> None:
    there = difference(tmp_path, case[:2])
    back = compare(load_whole(tmp_path / "new" / "base.yaml"), load_whole(tmp_path / "old" / "base.yaml"))
    assert {there.changes[0].group, back.changes[0].group} == {"tightened", "loosened"}


def test_a_check_that_is_another_one_is_loosened_and_still_a_major_change(tmp_path: Path) -> None:
    found = difference(tmp_path, ("{condition: engaged}", "{field: topic, filled: true}"))
    assert found.changes[0].group == "loosened"
    assert found.changes[0].sideways
    assert found.advice == "major"


def test_a_criterion_that_holds_nothing_is_a_minor_addition_and_one_that_holds_is_major(tmp_path: Path) -> None:
    new = (
        "      - {id: extra, title: Extra, check: {field: topic, filled: true}, enforce: %s, fix: Ask.}\n  - id: second"
    )
    for enforce, advice in (("observe", "minor"), ("warn", "minor"), ("approve", "major"), ("block", "major")):
        found = difference(tmp_path, ("  - id: second", new % enforce))
        assert (found.changes[0].group, found.advice) == ("added", advice)


def test_the_lowest_version_follows_from_the_changes_and_one_too_low_is_told(tmp_path: Path) -> None:
    tighter = ("max_age: 14 days", "max_age: 7 days")
    assert (difference(tmp_path, tighter).least, difference(tmp_path, tighter).too_low) == ("2.0.0", True)
    raised = ("version: 1.2.3", "version: 2.0.0")
    assert not difference(tmp_path, tighter, raised).too_low
    assert difference(tmp_path, ("max_age: 14 days", "max_age: 21 days")).least == "1.3.0"
    assert difference(tmp_path, ("fix: Ask.", "fix: Ask twice.")).least == "1.2.4"


def test_a_shared_criterion_written_out_is_no_difference(tmp_path: Path) -> None:
    shared = (
        "kind: criteria/v1\nid: talk\ntitle: Talk\nconditions: {engaged: {some: activities, where: {field: two_way, is: true}}}\n"
        "criteria:\n  - {id: talked, title: We talked, check: {condition: engaged}, enforce: warn, fix: Call.}\n"
    )
    written = "{id: talked, title: We talked, check: {condition: engaged}, enforce: warn, fix: Call.}"
    section = "conditions:\n  engaged: {some: activities, where: {field: two_way, is: true}}\n"
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "talk.yaml").write_text(shared, "utf-8")
    found = difference(tmp_path, (written, "{use: talked}"), (section, ""))
    assert [c.words for c in found.changes] == []


def test_a_framework_that_both_use_is_compared_too(tmp_path: Path) -> None:
    bant = (CHECKOUT / "rules" / "frameworks" / "bant.yaml").read_text("utf-8")
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "bant.yaml").write_text(bant.replace("max_age: 90 days", "max_age: 30 days"), "utf-8")
    found = difference(tmp_path, ("title: Base", "title: Base"))
    assert [(c.group, c.subject, c.words) for c in found.changes] == [
        ("tightened", "BANT – Timeline", "The time that proof stays valid is 30 days; before, 90 days.")
    ]


def test_stages_in_another_order_are_told(tmp_path: Path) -> None:
    first, second = (
        BASE[BASE.index("  - id: first") : BASE.index("  - id: second")],
        BASE[BASE.index("  - id: second") : BASE.index("outcomes:")],
    )
    swapped = BASE.replace(first + second, second.replace("    category: commit\n", "") + first)
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    (tmp_path / "old" / "base.yaml").write_text(BASE.replace("    category: commit\n", ""), "utf-8")
    (tmp_path / "new" / "base.yaml").write_text(swapped, "utf-8")
    found = compare(load_whole(tmp_path / "old" / "base.yaml"), load_whole(tmp_path / "new" / "base.yaml"))
    assert [(c.group, c.subject, c.words) for c in found.changes] == [
        ("changed", "Stages", "They stand in another order.")
    ]


@pytest.mark.parametrize("name", ["practical", "leads", "bant", "core", "maven", "conversation"])
def test_a_document_does_not_differ_from_itself(name: str) -> None:
    assert compare(load_whole(name), load_whole(name)).changes == ()


CLIENT = """\
kind: process/v1
id: acme
title: Acme
version: 1.0.0
owner: Acme RevOps
extends: practical@^1
params: {large_deal: 80000}
change:
  stages:
    qualification:
      max_age: 21 days
      exit: {need-stated: {enforce: warn, fix: Ask what it costs.}, bant-passed: {enforce: block}}
add:
  exit:
    proposal:
      - {id: security-review, title: Security has agreed in writing, check: {field: terms, filled: true}, fix: Ask who reviews it.}
remove: [stages.close.exit.start-date-ahead]
loosens:
  - {what: stages.qualification.max_age, why: Discovery is longer here}
  - {what: stages.qualification.exit.need-stated, why: Two-month roll-out, until: 2027-01-31}
  - {what: stages.close.exit.start-date-ahead, why: The start follows the contract}
"""


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "acme.yaml").write_text(CLIENT, "utf-8")
    monkeypatch.chdir(tmp_path)
    return "acme.yaml"


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_a_client_against_its_base(client: str, form: str) -> None:
    ran = dealgate("diff", "practical", client, "--output", form)
    assert (ran.code, ran.err) == (0, "")
    golden(f"diff-{form}.txt", ran.out)


def test_the_json_form_is_what_its_schema_says(client: str) -> None:
    found = json.loads(dealgate("diff", "practical", client, "--output", "json").out)
    schema = json.loads((CHECKOUT / "schemas" / "output" / "diff.schema.json").read_text("utf-8"))
    jsonschema_rs.validator_for(schema).validate(found)
    loosened = [c for c in found["changes"] if c["group"] == "loosened"]
    assert [(c["place"], c["why"], c["until"]) for c in loosened] == [
        ("stages.qualification.max_age", "Discovery is longer here", None),
        ("stages.qualification.exit.need-stated.enforce", "Two-month roll-out", "2027-01-31"),
    ]
    assert found["least_version"] is None


def test_the_exit_status_says_that_something_differs_when_asked(client: str) -> None:
    assert dealgate("diff", "practical", client).code == 0
    assert dealgate("diff", "practical", client, "--detailed-exitcode").code == 1
    assert dealgate("diff", "practical", "practical", "--detailed-exitcode").code == 0


def test_two_kinds_and_what_is_not_there_are_refused(client: str) -> None:
    ran = dealgate("diff", "practical", "bant")
    assert (ran.code, "DG902" in ran.err) == (2, True)
    ran = dealgate("diff", "practicl", "practical")
    assert (ran.code, "did you mean `practical`?" in ran.err) == (3, True)
