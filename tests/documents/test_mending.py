"""Mends: what has one sure mend is mended, and not a character more."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealgate.documents.edits import as_in_file, edited
from dealgate.documents.mending import mended
from dealgate.documents.tabs import spaced
from dealgate.documents.yaml import parse, plain_data
from dealgate.model.diagnostics import Diagnostic, Edit, Severity

HEAD = """\
kind: process/v1
id: mine
version: 1.0.0
title: Mine
owner: Sales Operations
currency: USD
"""
STAGE = """\
stages:
  - id: talking
    title: Talking   # stays
    exit:
      - id: budget
        title: There is money
        check: {CHECK}
        fix: Ask.
outcomes:
  lost: {reasons: [{id: price, counts_as: lost}]}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def mend(text: str) -> tuple[str, list[tuple[str, str]], list[Diagnostic]]:
    """The text after its mends, what was replaced by what, and what is left."""
    path = Path("p.yaml")
    path.write_text(text, encoding="utf-8", newline="")
    found = mended([path])
    left = [*found.taken_back, *(d for one in found.loaded for d in one.diagnostics)]
    return found.texts.get(path.resolve(), text), [one.words for one in found.made], left


CHECKS = [
    ("field: amuont, above: 0", "field: amount, above: 0"),
    ("'field': 'amuont', above: 0", "'field': 'amount', above: 0"),
    ("field:   amount ,at-least: 5", "field:   amount ,at_least: 5"),
    ("field: close_date, is: null", "field: close_date, filled: false"),
    ("field: close_date, is_not: ~", "field: close_date, filled: true"),
    ("field: deal_type, is: New", "field: deal_type, is: new"),
    ("field: topic, is: 12", 'field: topic, is: "12"'),
    ("field: topic, is: 1e3", 'field: topic, is: "1e3"'),
    ("field: topic, is: true", 'field: topic, is: "true"'),
    ("some: contactz", "some: contacts"),
]


@pytest.mark.parametrize(("check", "after"), CHECKS, ids=[c for c, _ in CHECKS])
def test_one_sure_mend_is_made_and_nothing_else_changes(check: str, after: str) -> None:
    text = HEAD + STAGE.replace("CHECK", check)
    done, made, left = mend(text)
    assert done == text.replace(check, after)
    assert made and not [d for d in left if d.severity is Severity.ERROR]


@pytest.mark.parametrize(
    "check",
    [
        "field: discount, above: 15",  # 15% or 1500%?
        "field: close_date, within_last: 14",  # days, weeks?
        "field: amount, it: 5",  # `is` or `in`
        "field: zzz, above: 0",
        "field: probability, above: 012",
        "field: close_date, is: ",
    ],
)
def test_what_has_no_one_mend_stays_and_is_told(check: str) -> None:
    text = HEAD + STAGE.replace("CHECK", check)
    done, made, left = mend(text)
    assert (done, made) == (text, [])
    assert [d for d in left if d.severity is Severity.ERROR]


def test_a_mend_lets_more_be_seen_and_that_is_mended_too() -> None:
    text = HEAD.replace("process/v1", "proces/v1").replace("owner:", "Owner:") + STAGE.replace(
        "CHECK", "field: amuont, above: 1"
    )
    done, made, left = mend(text)
    assert done == HEAD + STAGE.replace("CHECK", "field: amount, above: 1")
    assert made == [("proces/v1", "process/v1"), ("Owner", "owner"), ("amuont", "amount")]
    assert not left


def test_a_mend_that_brings_an_error_is_taken_back_and_told() -> None:
    text = HEAD + STAGE.replace("CHECK", "field: amount, filled: true").replace(
        "    title: Talking", "    objectiv: One\n    objektive: Two\n    title: Talking"
    )
    done, made, left = mend(text)
    assert done == text.replace("objectiv:", "objective:") and made == [("objectiv", "objective")]
    told = [d for d in left if d.code == "DG023"]
    assert [(d.where.line, d.severity) for d in told] == [(10, Severity.INFO)] and "DG012" in told[0].message
    assert [d.where.line for d in left if d.severity is Severity.ERROR] == [10]


def test_a_truth_value_is_not_quoted_where_text_would_not_fit() -> None:
    text = HEAD + STAGE.replace("CHECK", "some: contacts, where: {field: two_way, is: yes}")
    done, made, left = mend(text)
    assert (done, made) == (text, [])
    assert sorted(d.code for d in left) == ["DG023", "DG106"]


def test_a_truth_value_that_only_a_key_of_ours_takes_is_written_out() -> None:
    text = HEAD + STAGE.replace("CHECK", "field: amount, filled: true").replace(
        "fix: Ask.", "fix: Ask.\n        stays: Yes"
    )
    assert mend(text)[0] == text.replace("stays: Yes", "stays: true")


def test_a_file_that_is_only_used_is_not_mended() -> None:
    Path("rules").mkdir()
    Path("rules/base.yaml").write_text(
        HEAD.replace("owner:", "Owner:") + STAGE.replace("CHECK", "field: amount, above: 1")
    )
    Path("over.yaml").write_text("kind: process/v1\nid: over\ntitle: Over\nversion: 1.0.0\nowner: Ops\nextends: mine\n")
    Path("dealgate.yaml").write_text("kind: workspace/v1\nid: w\ntitle: W\nprocesses: [over]\n")
    found = mended(["over.yaml"])
    assert not found.texts and not found.made
    assert [d for one in found.loaded for d in one.diagnostics if d.where.file == "rules/base.yaml"]


def test_a_file_of_the_installed_package_is_not_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    text = HEAD.replace("owner:", "Owner:") + STAGE.replace("CHECK", "field: amount, above: 1")
    monkeypatch.setattr("dealgate.documents.ours.belongs_to_the_package", lambda path: True)
    assert mend(text)[:2] == (text, [])


def test_tabs_become_spaces_where_one_reading_is_left() -> None:
    text = HEAD.replace("mine", "a") + "stages:\n\t- id: a\n\t  title: b\n\t  exit:\n\t\t- id: c\n"
    edits = spaced(text, "p.yaml")
    done = edited(text, edits)
    root, found = parse(done, "p.yaml")
    assert root is not None and not found and "\t" not in done
    assert [e.line for e in edits] == [8, 9, 10, 11]


@pytest.mark.parametrize(
    "text",
    [
        "a:\n  b:\n\tc: 1\n",  # below a, or below b?
        "a:\n\tb: [\n",  # not to be read with spaces either
        "a:\n\tb: 1\n\tb: 2\n",
        "a: |\n  x\n  \ty\nb:\n\tc: 1\n",  # the text in `a` would change
        "a: 1\n",
    ],
)
def test_tabs_stay_where_it_is_not_sure_what_they_mean(text: str) -> None:
    assert spaced(text, "p.yaml") == ()


@given(st.integers(1, 4), st.data())
def test_a_document_indented_with_tabs_says_what_it_says_with_spaces(depth: int, data: st.DataObject) -> None:
    lines = ["a0:"]
    for level in range(1, depth + 1):
        lines += ["\t" * level + f"k{level}_{n}: {n}" for n in range(data.draw(st.integers(0, 2)))]
        lines.append("\t" * level + f"a{level}:" + (" 1" if level == depth else ""))
    text = "\n".join(lines) + "\n"
    root, found = parse(edited(text, spaced(text, "p")), "p")
    wanted, _ = parse(text.replace("\t", "  "), "p")
    assert root is not None and wanted is not None and not found
    assert plain_data(root) == plain_data(wanted)


def test_edits_are_made_from_the_last_and_only_where_their_words_stand() -> None:
    text = "a: bc, d: bc\ne: 'bc'\nf: bcd\ng: bc.d"
    edits = [Edit(1, 4, "bc", "longer"), Edit(1, 11, "bc", "x"), Edit(2, 4, "bc", "y"), Edit(3, 4, "bc", "no"),
             Edit(4, 4, "bc", "no"), Edit(9, 1, "bc", "no"), Edit(1, 5, "zz", "no")]  # fmt: skip
    assert edited(text, edits) == "a: longer, d: x\ne: 'y'\nf: bcd\ng: bc.d"


def test_line_ends_and_the_mark_at_the_start_stay() -> None:
    raw = "\ufeffa: b\r\nc: d\ne: f\r\n".encode()
    assert as_in_file(raw, "a: x\nc: d\ne: y\n") == "\ufeffa: x\r\nc: d\ne: y\r\n".encode()
