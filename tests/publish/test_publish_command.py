"""``dealgate publish``: what it writes, what it refuses to touch, and what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.running import dealgate

from dealgate.publish.folder import MARKER, write

WORKSPACE = """\
kind: workspace/v1
id: acme
title: Acme
processes: [acme]
brand: {name: Acme Ltd, logo: art/logo.svg, colours: {accent: "#ffcc00"}}
"""
OVERLAY = """\
kind: process/v1
id: acme
title: Acme's way
version: 1.0.0
owner: Acme RevOps
extends: practical@^1
change:
  stages:
    close: {max_age: 30 days}
loosens:
  - {what: stages.close.max_age, why: Legal takes a month here}
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "art").mkdir()
    (tmp_path / "rules").mkdir()
    (tmp_path / "dealgate.yaml").write_text(WORKSPACE, encoding="utf-8")
    (tmp_path / "rules" / "acme.yaml").write_text(OVERLAY, encoding="utf-8")
    (tmp_path / "art" / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_says_what_it_wrote_and_what_to_open(tmp_path: Path) -> None:
    ran = dealgate("publish", "practical", "--out", tmp_path / "site")
    written = len(list((tmp_path / "site").iterdir())) - 1
    assert ran.code == 0 and ran.out == ""
    assert f"{written} files in" in ran.err and f"{written} new or changed" in ran.err
    assert str(tmp_path / "site" / "index.html") in "".join(ran.err.split("\n"))
    again = dealgate("publish", "practical", "--out", tmp_path / "site")
    assert " 0 new or changed" in again.err


@pytest.mark.parametrize(
    ("form", "first"), [("site", "index.html"), ("file", "playbook.html"), ("markdown", "index.md")]
)
def test_each_form_is_written_with_the_file_to_open(form: str, first: str, tmp_path: Path) -> None:
    assert dealgate("publish", "leads", "--out", tmp_path / "out", "--as", form).code == 0
    assert (tmp_path / "out" / first).is_file()


def test_the_workspace_gives_process_name_logo_and_colours(workspace: Path) -> None:
    ran = dealgate("publish", "--out", "site")
    assert ran.code == 0
    assert "DG954" in ran.err and "#ffcc00" in ran.err
    index = (workspace / "site" / "index.html").read_text(encoding="utf-8")
    assert "Acme Ltd" in index and "logo.svg" in index and (workspace / "site" / "logo.svg").is_file()
    differs = (workspace / "site" / "differences.html").read_text(encoding="utf-8")
    assert "Legal takes a month here" in differs
    assert "at most 30 days" in (workspace / "site" / "stage-close.html").read_text(encoding="utf-8")


def test_an_earlier_version_gives_a_change_log(tmp_path: Path) -> None:
    from dealgate.bundled import bundled

    text = (bundled("rules") / "processes" / "practical.yaml").read_text(encoding="utf-8")
    before = text.replace("version: 1.0.0", "version: 0.9.0", 1).replace("max_age: 14 days", "max_age: 30 days", 1)
    assert before.count("max_age: 14 days") < text.count("max_age: 14 days")
    (tmp_path / "old.yaml").write_text(before, encoding="utf-8")
    ran = dealgate("publish", "practical", "--since", tmp_path / "old.yaml", "--out", tmp_path / "site")
    assert ran.code == 0
    log = (tmp_path / "site" / "changes.html").read_text(encoding="utf-8")
    for said in ("since Practical sales process 0.9.0", "Tightened", "is 14 days; before, 30 days", "major change"):
        assert said in log
    assert dealgate("publish", "practical", "--since", "bant", "--out", tmp_path / "site").code == 2
    assert dealgate("publish", "practical", "--since", "nothing", "--out", tmp_path / "site").code == 3


def test_flags_rule_over_the_workspace(workspace: Path) -> None:
    ran = dealgate("publish", "--out", "site", "--client", "Other", "--colour", "accent=#0a3d62")
    assert ran.code == 0 and "DG954" not in ran.err
    assert "Acme Ltd" not in (workspace / "site" / "index.html").read_text(encoding="utf-8")
    assert "#0a3d62" in (workspace / "site" / "style.css").read_text(encoding="utf-8")


def test_a_folder_that_it_did_not_make_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    ran = dealgate("publish", "--out", tmp_path)
    assert ran.code == 2 and "DG955" in ran.err
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_in_place_of_the_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("mine", encoding="utf-8")
    ran = dealgate("publish", "--out", tmp_path / "site")
    assert ran.code == 2 and "DG955" in ran.err
    assert (tmp_path / "site").read_text(encoding="utf-8") == "mine"


def test_what_an_earlier_playbook_wrote_goes_and_what_others_put_there_stays(tmp_path: Path) -> None:
    out = tmp_path / "site"
    dealgate("publish", "practical", "--out", out)
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    ran = dealgate("publish", "leads", "--out", out)
    assert ran.code == 0 and "taken away" in ran.err
    assert (out / "notes.txt").is_file() and not (out / "stage-proposal.html").exists()


def test_a_file_of_somebody_else_with_the_name_of_a_page_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "site"
    dealgate("publish", "leads", "--out", out)
    (out / "stage-proposal.html").write_text("mine", encoding="utf-8")
    ran = dealgate("publish", "practical", "--out", out)
    assert ran.code == 2 and "DG955" in ran.err
    assert (out / "stage-proposal.html").read_text(encoding="utf-8") == "mine"
    assert (out / "stage-new.html").is_file()


def test_a_list_of_files_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("mine", encoding="utf-8")
    out = tmp_path / "site"
    out.mkdir()
    (out / MARKER).write_text("../outside\n/etc/hosts\n..\n", encoding="utf-8")
    write(out, {"index.html": b"x"})
    assert (tmp_path / "outside").is_file()
    assert (out / MARKER).read_text(encoding="utf-8") == "index.html\n"


def test_a_process_that_does_not_hold_is_not_published(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("kind: process/v1\nid: broken\n", encoding="utf-8")
    ran = dealgate("publish", broken, "--out", tmp_path / "site")
    assert ran.code == 3 and not (tmp_path / "site").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--colour", "blue"], "DG902"), (["--colour", "accent=blue"], "DG957"), (["--colour", "sky=#123456"], "DG957"),
        (["--logo", "none.svg"], "DG956"),
    ],
)  # fmt: skip
def test_a_brand_that_cannot_be_used_is_refused_before_anything_is_written(
    words: list[str], code: str, tmp_path: Path
) -> None:
    ran = dealgate("publish", "--out", tmp_path / "site", *words)
    assert ran.code == 2 and code in ran.err
    assert not (tmp_path / "site").exists()
