"""One framework in place of another is one line of a process; what still speaks of the old one is told where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from dealgate.documents.load import load
from dealgate.model.diagnostics import Diagnostic, Severity

PROCESS = """kind: process/v1
id: small
version: 1.0.0
title: Small
owner: Ops
currency: USD
use: {frameworks: [bant, icp], criteria: [asked, conversation]}
conditions:
  signs: {framework: bant, element: authority, at_least: 2}
stages:
  - id: qualification
    title: Qualification
    objective: Decide.
    enter:
      - use: fits-profile
    exit:
      - use: need-told
      - use: need-told-again
      - id: signer-known
        title: We know who signs
        check: {condition: signs}
        fix: Ask who signed the last time.
outcomes:
  won: {require: [{id: passed, title: Passed, check: {framework: bant, is: qualified}, fix: Ask.}]}
"""
SHARED = """kind: criteria/v1
id: asked
title: Asked
version: 1.0.0
owner: Ops
conditions:
  told: {framework: bant, element: need, at_least: 2}
  unused: {framework: bant, element: budget, at_least: 2}
criteria:
  - id: need-told
    title: The need is told
    check: {condition: told}
    fix: Ask.
  - id: need-told-again
    title: The need is told, and there is a date
    check: {all: [{condition: told}, {framework: bant, element: timeline, filled: true}]}
    fix: Ask.
  - id: nobody-uses-it
    title: Not used by anybody
    check: {framework: bant, is: qualified}
    fix: Ask.
"""


def swapped(text: str, old: str, new: str) -> str:
    """The text with one framework for another in its `use` line, and nothing else."""
    lines = text.splitlines()
    places = [n for n, line in enumerate(lines) if "frameworks: [" in line]
    assert len(places) == 1
    lines[places[0]] = lines[places[0]].replace(old, new)
    return "\n".join(lines) + "\n"


def workspace(folder: Path, shared: str) -> Path:
    """A workspace with shared criteria; the file of its process, yet to be written."""
    (folder / "dealgate.yaml").write_text("kind: workspace/v1\nid: w\ntitle: W\nprocesses: [small]\n", encoding="utf-8")
    for kind, name, text in (("criteria", "asked.yaml", shared), ("processes", "small.yaml", "")):
        (folder / "rules" / kind).mkdir(parents=True)
        (folder / "rules" / kind / name).write_text(text, encoding="utf-8")
    return folder / "rules" / "processes" / "small.yaml"


def told(diagnostics: tuple[Diagnostic, ...] | list[Diagnostic]) -> list[tuple[str, str, int]]:
    return [(d.code, Path(d.where.file).name, d.where.line) for d in diagnostics]


def lines_with(text: str, word: str) -> list[int]:
    return [n for n, line in enumerate(text.splitlines(), 1) if word in line]


def test_the_practical_process_with_champ_in_place_of_bant_tells_each_criterion_that_speaks_of_bant(
    tmp_path: Path, checkout: Path
) -> None:
    text = (checkout / "rules" / "processes" / "practical.yaml").read_text(encoding="utf-8")
    file = tmp_path / "practical.yaml"
    file.write_text(swapped(text, "bant", "champ"), encoding="utf-8")
    places = lines_with(text, "{framework: bant")
    assert len(places) >= 5
    found = load(file).diagnostics
    assert told(found) == [("DG218", "practical.yaml", line) for line in places]
    at = text.splitlines()
    for diagnostic in found:
        asked = at[diagnostic.where.line - 1]
        assert asked[diagnostic.where.column - 1 :].startswith("bant")
        assert diagnostic.message == "No framework `bant` is in use here."
        if "element: authority" in asked:
            assert diagnostic.suggestion == "`champ` has an element `authority` too"
        elif "element" in asked:
            assert diagnostic.suggestion is not None
            assert diagnostic.suggestion.startswith(
                "`champ` has `challenges`, `authority`, `money` and `prioritisation`; `icp` has `firmographic`,"
            )
        else:
            assert diagnostic.suggestion == "in use: `champ` and `icp`"


@pytest.mark.parametrize("pinned", ["champ@^1", "{id: champ, due: {authority: proposal}}"])
def test_a_swap_may_pin_a_version_or_bind_due_stages_anew(tmp_path: Path, checkout: Path, pinned: str) -> None:
    text = (checkout / "rules" / "processes" / "practical.yaml").read_text(encoding="utf-8")
    file = tmp_path / "practical.yaml"
    file.write_text(swapped(text, "bant", pinned), encoding="utf-8")
    assert [d.code for d in load(file).diagnostics] == ["DG218"] * len(lines_with(text, "{framework: bant"))


def test_criteria_in_shared_documents_are_told_there_once_and_only_where_they_are_used(tmp_path: Path) -> None:
    file = workspace(tmp_path, SHARED)
    file.write_text(PROCESS, encoding="utf-8")
    assert [d for d in load(file).diagnostics if d.severity is Severity.ERROR] == []
    file.write_text(swapped(PROCESS, "bant", "champ"), encoding="utf-8")
    assert sorted(d for d in told(load(file).diagnostics)) == [
        ("DG218", "asked.yaml", 7),
        ("DG218", "asked.yaml", 16),
        ("DG218", "small.yaml", 9),
        ("DG218", "small.yaml", 24),
    ]


def test_a_bundled_shared_criterion_is_told_where_its_condition_stands(tmp_path: Path, checkout: Path) -> None:
    text = (checkout / "rules" / "processes" / "practical.yaml").read_text(encoding="utf-8")
    shared = (checkout / "rules" / "criteria" / "conversation.yaml").read_text(encoding="utf-8")
    file = tmp_path / "practical.yaml"
    file.write_text(swapped(text, ", icp", ""), encoding="utf-8")
    expected = [("DG218", "conversation.yaml", line) for line in lines_with(shared, "framework: icp")]
    assert len(expected) == 2
    assert told(load(file).diagnostics) == expected


def test_a_swap_that_every_criterion_follows_holds(tmp_path: Path) -> None:
    follows = {"need": "challenges", "timeline": "prioritisation"}
    shared, process = SHARED, swapped(PROCESS, "bant", "champ")
    for old, new in follows.items():
        shared = shared.replace(f"element: {old}", f"element: {new}")
    file = workspace(tmp_path, shared.replace("bant", "champ").replace("budget", "money"))
    file.write_text(process.replace("bant", "champ"), encoding="utf-8")
    assert [d.code for d in load(file).diagnostics if d.severity is Severity.ERROR] == []


def test_where_no_framework_is_in_use_the_message_says_so(tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(
        PROCESS.replace("use: {frameworks: [bant, icp], criteria: [asked, conversation]}\n", "")
        .replace("      - use: need-told\n      - use: need-told-again\n", "")
        .replace("    enter:\n      - use: fits-profile\n", ""),
        encoding="utf-8",
    )
    found = [d for d in load(file).diagnostics if d.severity is Severity.ERROR]
    assert [d.code for d in found] == ["DG218", "DG218"]
    assert {d.suggestion for d in found} == {"none is; name some under `use: {frameworks: […]}`"}


def test_an_overlay_that_swaps_is_told_the_places_in_its_base(tmp_path: Path, checkout: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(
        "kind: process/v1\nid: acme\nversion: 1.0.0\ntitle: Acme\nowner: Ops\nextends: practical@^1\n"
        "use: {frameworks: [champ]}\nremove: [use.frameworks.bant]\n"
        "loosens: [{what: use.frameworks.bant, why: We work with CHAMP}]\n",
        encoding="utf-8",
    )
    text = (checkout / "rules" / "processes" / "practical.yaml").read_text(encoding="utf-8")
    expected = [("DG218", "practical.yaml", line) for line in lines_with(text, "{framework: bant")]
    assert told(load(file).diagnostics) == expected
