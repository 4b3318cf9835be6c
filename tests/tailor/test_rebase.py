"""An overlay on a base that moved: what only one side touched goes by itself, the rest is shown at both places."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cli.running import CHECKOUT, Ran, dealgate, golden

from dealgate.documents.edits import exactly
from dealgate.documents.load import load
from dealgate.model.diagnostics import Edit

BASE = """\
kind: process/v1
id: base
version: 1.0.0
title: Base
owner: Ops
currency: USD
stages:
  - id: qualification
    title: Qualification
    max_age: 14 days
    exit:
      - {id: need, title: The need is stated, check: {field: topic, filled: true}, fix: Ask.}
      - {id: talked, title: We talked, check: {some: activities}, enforce: warn, fix: Call.}
  - id: close
    title: Close
    slas:
      - {id: sign, from: stage_entered_on, to: left.close, within: 9 days}
    exit:
      - {id: paper, title: The paper has a date, check: {field: signed_on, filled: true}, fix: Date it.}
      - {id: start, title: The start is agreed, check: {field: starts_on, filled: true}, fix: Agree it.}
overrides: {reasons: [executive-request], expires: 14 days, approvers: [{role: manager}]}
"""
ACME = """\
# What differs at Acme.
kind: process/v1
id: acme
title: Acme
version: 1.0.0
owner: Acme RevOps
extends: base@^1   # their base
change:
  stages:
    qualification:
      max_age: 21 days   # longer here
    close:
      exit: {start: {enforce: warn}}
add:
  exit:
    qualification:
      - {id: security, title: Security agrees, check: {criterion: qualification.need}, fix: Ask.}
remove:
  - stages.close.exit.paper
loosens:
  - {what: stages.qualification.max_age, why: Discovery is longer here}
  - {what: stages.close.exit.start, why: The start follows later}
  - {what: stages.close.exit.paper, why: Paper is the lawyers' affair}
"""
RENAMED = (
    "  - id: qualification\n    title: Qualification\n",
    "  - id: qualify\n    title: Qualify\n    replaces: [qualification]\n",
)
TIGHTENED = ("check: {some: activities}, enforce: warn,", "check: {some: activities}, enforce: block,")
REMOVED = (
    "      - {id: start, title: The start is agreed, check: {field: starts_on, filled: true}, fix: Agree it.}\n",
    "",
)
MAJOR = ("version: 1.0.0", "version: 2.0.0")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def moved(*changes: tuple[str, str], overlay: str = ACME, words: tuple[str, ...] = ()) -> Ran:
    """Rebases the overlay from the base to the base with some texts replaced."""
    text = BASE
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    for folder, body in (("old", BASE), ("new", text)):
        Path(folder).mkdir(exist_ok=True)
        Path(folder, "base.yaml").write_text(body, "utf-8")
    Path("acme.yaml").write_text(overlay, "utf-8", newline="")
    return dealgate("rebase", "acme.yaml", "--from", "old/base.yaml", "--onto", "new/base.yaml", *words)


def holds_on_the_new_base() -> bool:
    Path("whole").mkdir(exist_ok=True)
    shutil.copy("acme.yaml", "whole")
    shutil.copy("new/base.yaml", "whole")
    return load(Path("whole/acme.yaml")).holds


def test_a_renamed_stage_and_a_tightened_criterion_merge_and_a_removed_criterion_that_the_overlay_changes_does_not() -> (
    None
):
    ran = moved(RENAMED, TIGHTENED, REMOVED, MAJOR)
    assert ran.code == 1
    golden("rebase-conflict.txt", ran.out)
    assert Path("acme.yaml").read_text("utf-8") == ACME, "nothing is written while there is a conflict"


def test_when_the_conflict_is_mended_the_overlay_moves_and_keeps_its_comments_and_layout() -> None:
    mended = ACME.replace("    close:\n      exit: {start: {enforce: warn}}\n", "").replace(
        "  - {what: stages.close.exit.start, why: The start follows later}\n", ""
    )
    ran = moved(RENAMED, TIGHTENED, REMOVED, MAJOR, overlay=mended)
    assert ran.code == 0, ran.all
    golden("rebase-moved.txt", ran.out)
    written = Path("acme.yaml").read_text("utf-8")
    assert written == mended.replace("    qualification:\n", "    qualify:\n").replace(
        "qualification.", "qualify."
    ).replace("base@^1", "base@^2")
    assert holds_on_the_new_base()
    assert moved(RENAMED, TIGHTENED, REMOVED, MAJOR, overlay=mended, words=("--dry-run",)).code == 0


def test_a_base_that_did_not_move_changes_nothing() -> None:
    ran = moved()
    assert (ran.code, "The overlay fits the new base as it is." in ran.out) == (0, True)
    assert Path("acme.yaml").read_text("utf-8") == ACME


def test_what_the_base_changed_elsewhere_is_taken_and_told() -> None:
    found = json.loads(moved(TIGHTENED, words=("--output", "json")).out)
    assert [(c["group"], c["place"]) for c in found["taken"]] == [
        ("tightened", "stages.qualification.exit.talked.enforce")
    ]
    assert (found["conflicts"], found["written"]) == ([], False)


CONFLICTS = [
    (("max_age: 14 days", "max_age: 10 days"), "stages.qualification.max_age", "both change it", "acme.yaml:11:7", "new/base.yaml:10:5"),
    (("check: {field: signed_on, filled: true}", "check: {field: signed_on, on_or_before: {date: today}}"), "stages.close.exit.paper", "the overlay removes what the base has changed", "acme.yaml:19:5", "new/base.yaml:19:50"),
    (REMOVED, "stages.close.exit.start.enforce", "the base has removed it", "acme.yaml:13:22", "old/base.yaml:20:9"),
    (("      - {id: talked,", "      - {id: security, title: Ours, check: {some: activities}, fix: Ask.}\n      - {id: talked,"), "stages.qualification.exit.security", "the base now has one of its own", "acme.yaml:17:9", "new/base.yaml:13:9"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "place", "words", "ours", "theirs"), CONFLICTS)
def test_two_wills_about_one_place_are_shown_at_both(
    change: tuple[str, str], place: str, words: str, ours: str, theirs: str
) -> None:
    ran = moved(change, words=("--output", "json"))
    found = json.loads(ran.out)
    schema = json.loads((CHECKOUT / "schemas" / "output" / "rebase.schema.json").read_text("utf-8"))
    jsonschema_rs.validator_for(schema).validate(found)
    assert ran.code == 1
    assert [{k: c[k] for k in ("place", "words", "here", "there")} for c in found["conflicts"]] == [
        {"place": place, "words": words, "here": ours, "there": theirs}
    ]


def test_what_the_base_now_does_itself_is_no_conflict_and_a_removal_is_taken_out() -> None:
    gone = (
        "      - {id: paper, title: The paper has a date, check: {field: signed_on, filled: true}, fix: Date it.}\n",
        "",
    )
    ran = moved(gone, ("max_age: 14 days", "max_age: 21 days"))
    written = Path("acme.yaml").read_text("utf-8")
    assert "stages.close.exit.paper" not in written
    assert ran.code == 0, ran.all
    assert "The base now says the same about `stages.qualification.max_age`." in ran.out


@pytest.mark.parametrize(
    "line", ["remove: [stages.close.exit.paper]", "remove: [stages.close.exit.paper, stages.close.slas.sign]"]
)
def test_a_removal_in_brackets_is_taken_out_too(line: str) -> None:
    overlay = ACME.replace("remove:\n  - stages.close.exit.paper", line).replace(
        "loosens:\n",
        "loosens:\n  - {what: stages.close.slas.sign, why: No promise}\n" if "sign" in line else "loosens:\n",
    )
    gone = (
        "      - {id: paper, title: The paper has a date, check: {field: signed_on, filled: true}, fix: Date it.}\n",
        "",
    )
    ran = moved(gone, overlay=overlay)
    assert ran.code == 0, ran.all
    assert "exit.paper" not in Path("acme.yaml").read_text("utf-8")
    assert holds_on_the_new_base()


def test_line_ends_stay_as_they_are() -> None:
    assert moved(MAJOR, overlay=ACME.replace("\n", "\r\n")).code == 0
    assert Path("acme.yaml").read_bytes() == ACME.replace("base@^1", "base@^2").replace("\n", "\r\n").encode()


def test_a_stage_that_two_were_merged_into_is_no_rename_and_nothing_is_guessed() -> None:
    merged = BASE[BASE.index("  - id: close") : BASE.index("overrides:")]
    into = (
        "  - id: qualification\n    title: Qualification\n",
        "  - id: work\n    title: Work\n    replaces: [qualification, close]\n",
    )
    found = json.loads(moved(into, (merged, ""), words=("--output", "json")).out)
    assert {c["words"] for c in found["conflicts"]} == {"the base has removed it"}
    assert found["moved"] == []


def test_without_a_lock_the_old_base_has_to_be_named() -> None:
    moved()
    ran = dealgate("rebase", "acme.yaml")
    assert (ran.code, "--from FILE" in ran.err) == (2, True)
    ran = dealgate("rebase", "old/base.yaml", "--from", "old/base.yaml")
    assert (ran.code, "extends no other" in ran.err) == (2, True)


def test_the_lock_of_a_workspace_is_the_old_base_and_what_is_bundled_the_new_one(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dealgate("init", "client", "--client", "Acme").code == 0
    monkeypatch.chdir(here / "client")
    assert dealgate("lock").code == 0
    copy = Path("locked/processes/practical.yaml")
    older = copy.read_text("utf-8").replace("max_age: 14 days", "max_age: 12 days", 1)
    from dealgate.documents.lock import FILE, hashed

    lock = Path(FILE).read_text("utf-8").replace(hashed(copy.read_text("utf-8")), hashed(older))
    copy.write_text(older, "utf-8")
    Path(FILE).write_text(lock, "utf-8")
    found = json.loads(dealgate("rebase", "--output", "json").out)
    assert [(c["group"], c["place"]) for c in found["taken"]] == [("loosened", "stages.qualification.max_age")]


@settings(max_examples=200)
@given(st.lists(st.text("ab \t#:é", min_size=0, max_size=12), min_size=1, max_size=6), st.data())
def test_an_edit_changes_its_place_and_nothing_else(lines: list[str], data: st.DataObject) -> None:
    text = "\n".join(lines)
    n = data.draw(st.integers(0, len(lines) - 1))
    start = data.draw(st.integers(0, len(lines[n])))
    end = data.draw(st.integers(start, len(lines[n])))
    new = data.draw(st.text("xyz", max_size=4))
    made = exactly(text, [Edit(n + 1, start + 1, lines[n][start:end], new)])
    expected = [*lines[:n], lines[n][:start] + new + lines[n][end:], *lines[n + 1 :]]
    assert made == "\n".join(expected)


def test_an_edit_that_does_not_find_its_text_is_refused() -> None:
    with pytest.raises(ValueError, match="line 1"):
        exactly("abc", [Edit(1, 1, "x", "y")])
