"""A client's overlay of the enterprise process: short, spoken of correctly, and refused at the right line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.cli.running import CHECKOUT, dealgate

from dealgate.documents.load import load
from dealgate.documents.whole import load_whole
from dealgate.tailor.difference import compare

EXAMPLE = CHECKOUT / "examples" / "client"


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(EXAMPLE / "harbour.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "harbour.yaml"


def told(path: Path) -> list[tuple[int, str, str]]:
    return [(d.where.line, d.code, d.message) for d in load(path).diagnostics if d.severity.word == "error"]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_it_is_under_thirty_lines_and_holds(client: Path) -> None:
    assert len(client.read_text("utf-8").splitlines()) < 30
    assert load(client).diagnostics == []


def test_the_difference_names_what_it_changes_and_nothing_else(client: Path) -> None:
    found = compare(load_whole("enterprise"), load_whole(client))
    assert [(c.group, ".".join(c.place)) for c in found.changes] == [
        ("loosened", "stages.qualification.max_age"),
        ("loosened", "stages.discovery.exit.stakeholders-engaged.enforce"),
        ("added", "stages.technical-win.exit.site-visited"),
        ("added", "stages.paper.exit.crew-named"),
        ("removed", "stages.post-sale.exit.reference-answered"),
    ]
    assert all(c.why for c in found.changes if c.group in ("loosened", "removed"))


def test_its_own_tests_pass(client: Path) -> None:
    shutil.copy(EXAMPLE / "harbour.test.yaml", client.parent)
    ran = dealgate("test", "harbour.test.yaml")
    assert (ran.code, "5 cases passed" in ran.out) == (0, True)


def test_loosening_in_silence_is_an_error_at_its_line(client: Path) -> None:
    edit(client, "  - {what: stages.qualification.max_age, why: Ports decide after the season}\n", "")
    assert told(client) == [
        (10, "DG420", "This is milder than the base and not said to be: stages.qualification.max_age, it rises from 30 days to 45 days.")
    ]  # fmt: skip


def test_touching_what_is_not_there_is_an_error_at_its_line(client: Path) -> None:
    edit(client, "stakeholders-engaged: {enforce: warn}", "stakeholder-engaged: {enforce: warn}")
    assert told(client)[0][:2] == (11, "DG410")
    assert "did you mean `stakeholders-engaged`?" in (load(client).diagnostics[0].suggestion or "")


def test_two_overlays_that_conflict_are_told_at_both_lines(client: Path) -> None:
    other = client.with_name("season.yaml")
    other.write_text(
        "kind: process/v1\nid: season\ntitle: Season\nversion: 1.0.0\nowner: Ops\nextends: enterprise@^1\n"
        "change: {stages: {qualification: {max_age: 20 days}}}\n",
        "utf-8",
    )
    found = [d for d in load("enterprise", overlays=[client, other]).diagnostics if d.code == "DG412"]
    assert [(Path(d.where.file).name, d.where.line) for d in found] == [("season.yaml", 7)]
    assert "stages.qualification.max_age" in found[0].message
    assert "harbour.yaml:10" in found[0].message


def test_the_published_playbook_tells_what_differs_and_why(client: Path) -> None:
    ran = dealgate("publish", "harbour.yaml", "--out", "book", "--as", "markdown")
    assert ran.code == 0, ran.err
    page = Path("book/differences.md").read_text("utf-8")
    for word in (
        "The longest stay is 45 days; before, 30 days.", "Ports decide after the season", "30 Jun 2027",
        "The buyer's operators have seen a crane at work", "Contracts forbid references",
    ):  # fmt: skip
        assert word in page
    stage = Path("book/stage-post-sale.md").read_text("utf-8")
    assert "reference or expansion ask" not in stage
    assert "The buyer has named the crew that will be trained" in Path("book/stage-paper.md").read_text("utf-8")
