"""fmt and validate --fix, as typed."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest
from tests.cli.running import CHECKOUT, dealgate, process

RULES = CHECKOUT / "rules"
TIDY = (RULES / "frameworks/bant.yaml").read_text(encoding="utf-8")
MESSY = "\n\n" + TIDY.replace("id: ", "id:   ").replace("{", "{ ") + "\n\n"
MESSY = MESSY.replace("\n", "\r\n")
MISTAKEN = """\
kind: process/v1
id: mine
version: 1.0.0
title: Mine
owner:   Sales Operations
stages:
  - id: talking
    title: Talking
    objectiv: Find out.
    max_age: 14 dayz
    exit:
      - id: budget
        title: There is money
        check: {field: 'amuont', above: 0}
        fix: Ask.
outcomes: {lost: {reasons: [{id: price, counts_as: lost}]}}
"""


@pytest.fixture
def messy() -> Path:
    Path("messy.yaml").write_text(MESSY, encoding="utf-8", newline="")
    return Path("messy.yaml")


def workspace(folder: str = "ours") -> None:
    assert dealgate("init", folder).code == 0


@pytest.mark.parametrize("words", [(), ("--client", "Acme & Söhne")])
def test_what_init_writes_is_laid_out(words: tuple[str, ...]) -> None:
    assert dealgate("init", "ours", *words).code == 0
    ran = dealgate("fmt", "--check", "ours")
    assert (ran.code, ran.out) == (0, ""), ran.all


def test_what_map_drafts_is_laid_out() -> None:
    Path("export.csv").write_text("Deal ID,Stage,Value\n1,Qualification,100\n2,Proposal,200\n", encoding="utf-8")
    assert dealgate("map", "export.csv", "--out", "ours.yaml").code == 0
    assert dealgate("fmt", "--check", "ours.yaml").code == 0


def test_a_messy_file_is_written_anew_and_others_are_not_touched(messy: Path) -> None:
    Path("tidy.yaml").write_text(TIDY, encoding="utf-8")
    before = Path("tidy.yaml").stat()
    ran = dealgate("fmt", ".")
    assert (ran.code, ran.out, ran.err) == (0, "formatted messy.yaml\n", "1 file already so.\n")
    assert messy.read_bytes() == TIDY.encode()
    assert (Path("tidy.yaml").stat().st_ino, Path("tidy.yaml").stat().st_mtime_ns) == (
        before.st_ino,
        before.st_mtime_ns,
    )
    assert sorted(p.name for p in Path().iterdir()) == ["messy.yaml", "tidy.yaml"]


def test_check_names_what_would_change_and_changes_nothing(messy: Path) -> None:
    ran = dealgate("fmt", "--check", messy)
    assert (ran.code, ran.out) == (1, "would format messy.yaml\n")
    assert messy.read_bytes() == MESSY.encode()


def test_diff_shows_what_would_change_and_changes_nothing() -> None:
    Path("a.yaml").write_text("kind:  process/v1\nid: a", encoding="utf-8")
    ran = dealgate("fmt", "--diff", "a.yaml")
    shown = ["--- a.yaml", "+++ a.yaml", "@@ -1,2 +1,2 @@", "-kind:  process/v1", "-id: a",
             "\\ No newline at end of file", "+kind: process/v1", "+id: a"]  # fmt: skip
    assert (ran.code, ran.out.splitlines()) == (0, shown)
    assert dealgate("fmt", "--diff", "--check", "a.yaml").code == 1
    assert Path("a.yaml").read_text(encoding="utf-8") == "kind:  process/v1\nid: a"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_rights_and_links_stay(messy: Path) -> None:
    messy.chmod(0o640)
    Path("link.yaml").symlink_to(messy)
    ran = dealgate("fmt", "link.yaml", messy)
    assert ran.code == 0 and ran.out.count("formatted") == 1
    assert Path("link.yaml").is_symlink() and messy.read_bytes() == TIDY.encode()
    assert stat.S_IMODE(messy.stat().st_mode) == 0o640


def test_a_document_that_cannot_be_read_is_told_of_and_left(messy: Path) -> None:
    Path("bad.yaml").write_text("kind:   process/v1\nid: [a\n", encoding="utf-8")
    ran = dealgate("fmt", "bad.yaml", messy, "no-such.yaml")
    assert ran.code == 3 and "bad.yaml:2:5: error DG010" in ran.out and "no-such.yaml: error DG001" in ran.out
    assert Path("bad.yaml").read_text(encoding="utf-8") == "kind:   process/v1\nid: [a\n"
    assert messy.read_bytes() == TIDY.encode()


def test_what_is_no_document_of_ours_is_left_alone() -> None:
    Path("notes.md").write_text("a:   1\n", encoding="utf-8")
    Path("other.yaml").write_text("services:   {}\n", encoding="utf-8")
    ran = dealgate("fmt", "notes.md", "other.yaml")
    assert (ran.code, ran.out) == (0, "")
    assert "left alone: notes.md" in ran.err and "left alone: other.yaml" in ran.err
    assert Path("other.yaml").read_text(encoding="utf-8") == "services:   {}\n"


def test_without_a_path_the_workspace_is_meant_and_without_one_nothing(
    messy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in (["fmt"], ["validate", "--fix"]):
        ran = dealgate(*words)
        assert ran.code == 2 and "DG022" in ran.err
    workspace()
    monkeypatch.chdir("ours/rules")
    Path("frameworks/bant.yaml").write_text(MESSY, encoding="utf-8", newline="")
    ran = dealgate("fmt")
    assert (ran.code, ran.out) == (0, "formatted frameworks/bant.yaml\n")
    assert Path("../../messy.yaml").read_bytes() == MESSY.encode()


def test_files_of_the_installed_package_are_not_changed(messy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dealgate.documents.ours.belongs_to_the_package", lambda path: True)
    ran = dealgate("fmt", messy)
    assert ran.code == 3 and "DG021" in ran.out and messy.read_bytes() == MESSY.encode()
    assert dealgate("fmt", "--check", messy).code == 1


def test_a_copy_that_the_lock_holds_is_not_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert dealgate("init", "acme", "--client", "Acme").code == 0
    monkeypatch.chdir("acme")
    assert dealgate("lock").code == 0
    held = sorted(Path("locked").rglob("*.yaml"))
    assert held
    held[0].write_text(held[0].read_text(encoding="utf-8").replace("id: ", "id:   "), encoding="utf-8")
    before = held[0].read_bytes()
    assert dealgate("fmt").out == ""
    assert "DG021" in dealgate("fmt", held[0]).out
    assert held[0].read_bytes() == before


def test_standard_input_goes_to_standard_output() -> None:
    ran = process("fmt", "-", stdin=MESSY.encode())
    assert (ran.code, ran.out, ran.err) == (0, TIDY, "")
    assert process("fmt", "-", "--check", stdin=MESSY.encode()).code == 1
    assert process("fmt", "-", "--check", stdin=TIDY.encode()).code == 0
    for bad in (b"a: [", b"\xff\xfe", b"a: \xff"):
        ran = process("fmt", "-", stdin=bad)
        assert (ran.code, ran.out) == (3, "") and "standard input" in ran.err
    assert dealgate("fmt", "-", "x.yaml").code == 2


# ------------------------------------------------------------------------------------------------ validate --fix


@pytest.fixture
def mistaken() -> Path:
    Path("mine.yaml").write_text(MISTAKEN, encoding="utf-8", newline="\r\n")
    return Path("mine.yaml")


MENDED = MISTAKEN.replace("objectiv:", "objective:").replace("'amuont'", "'amount'").replace("\n", "\r\n").encode()


def test_fix_mends_what_is_sure_and_tells_the_rest(mistaken: Path) -> None:
    ran = dealgate("validate", "--fix", mistaken)
    assert mistaken.read_bytes() == MENDED
    assert ran.err.splitlines() == [
        "mended mine.yaml:9: objectiv → objective",
        "mended mine.yaml:14: amuont → amount",
        "1 document: 1 error.",
    ]
    assert ran.code == 3 and ran.out.startswith("mine.yaml:10:14: error DG105") and ran.out.count("error") == 1
    again = dealgate("validate", "--fix", mistaken)
    assert (again.code, again.out, again.err) == (3, ran.out, "1 document: 1 error.\n")


def test_fix_exits_with_what_is_left(mistaken: Path) -> None:
    mistaken.write_text(MISTAKEN.replace("dayz", "days"), encoding="utf-8")
    ran = dealgate("validate", "--fix", mistaken, "--output", "json")
    assert ran.code == 0 and not [d for d in json.loads(ran.out) if d["severity"] == "error"]


def test_fix_with_diff_shows_the_mends_and_writes_none(mistaken: Path) -> None:
    before = mistaken.read_bytes()
    ran = dealgate("validate", "--fix", "--diff", mistaken)
    assert mistaken.read_bytes() == before and ran.code == 3
    assert "-    objectiv: Find out." in ran.out and "+    objective: Find out." in ran.out
    assert "would mend mine.yaml:14: amuont → amount" in ran.err
    assert dealgate("validate", "--diff", mistaken).code == 2


def test_fix_leaves_documents_that_hold_as_they_are() -> None:
    workspace()
    files = {path: path.read_bytes() for path in Path("ours").rglob("*.yaml")}
    ran = dealgate("validate", "--fix", "ours")
    assert ran.code == 0 and "mended" not in ran.err
    assert {path: path.read_bytes() for path in Path("ours").rglob("*.yaml")} == files


def test_fix_does_not_touch_a_bundled_document_named_by_its_id() -> None:
    ran = dealgate("validate", "--fix", "practical")
    assert (ran.code, ran.err) == (0, "1 document: no diagnostics.\n")


def test_sarif_carries_the_mends_at_the_characters_they_replace(mistaken: Path) -> None:
    log = json.loads(dealgate("validate", mistaken, "--output", "sarif").out)
    fixes = [fix for result in log["runs"][0]["results"] for fix in result.get("fixes", ())]
    lines = MISTAKEN.splitlines()
    replaced = []
    for fix in fixes:
        for one in fix["artifactChanges"][0]["replacements"]:
            region = one["deletedRegion"]
            old = lines[region["startLine"] - 1][region["startColumn"] - 1 : region["endColumn"] - 1]
            replaced.append((old, one["insertedContent"]["text"]))
    assert replaced == [("objectiv", "objective"), ("amuont", "amount")]
