"""init and map, and what is then done with what they made."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.cli.running import AS_OF, CHECKOUT, dealgate, golden, process, told

EXPORT = """\
Deal ID;Deal Name;Stage;Value;Close Date;Owner
0001;Northwind renewal;Qualification;"1.234,56";31.12.2026;Ada Okafor
0002;Contoso;Proposal;"12.000,00";15.01.2027;Ben Ruiz
0003;Fabrikam;Closed Won;"900,50";30.11.2026;Ada Okafor
0004;Litware;Discovery call;"7.000,00";28.02.2027;Cleo Adler
"""


def test_a_copied_workspace_validates_and_its_tests_pass_at_once(elsewhere: Path) -> None:
    made = dealgate("init", "mine")
    assert made.code == 0 and "mine/rules/processes/practical.yaml" in made.out
    folder = elsewhere / "mine"
    checked = told(process("validate", cwd=folder))
    assert (checked.code, checked.out) == (0, "") and "no diagnostics" in checked.err
    tested = told(process("test", "--coverage", cwd=folder))
    assert tested.code == 0 and "practical: " in tested.out and "Coverage: complete." in tested.out


def test_every_file_of_a_workspace_finds_its_schema(elsewhere: Path) -> None:
    dealgate("init", "mine")
    dealgate("init", "acme", "--client", "Acme")
    files = [p for folder in ("mine", "acme") for p in (elsewhere / folder).rglob("*.yaml")]
    assert len(files) > 5
    for file in files:
        line = file.read_text(encoding="utf-8").splitlines()[0]
        assert line.startswith("# yaml-language-server: $schema=")
        assert (file.parent / line.partition("=")[2]).is_file()


@pytest.mark.parametrize("client", ["Acme Corp", 'Ünïcode & "Söhne": GmbH', "---", "日本"])
def test_a_clients_overlay_validates_and_its_tests_pass_at_once(elsewhere: Path, client: str) -> None:
    assert dealgate("init", "client", "--client", client).code == 0
    checked = told(process("validate", cwd=elsewhere / "client"))
    assert (checked.code, checked.out) == (0, "")
    tested = told(process("test", cwd=elsewhere / "client"))
    assert tested.code == 0 and re.search(r"^[a-z-]+: \d+ cases passed$", tested.out, re.M)


def test_a_folder_that_holds_something_is_not_touched(elsewhere: Path) -> None:
    (elsewhere / "full").mkdir()
    (elsewhere / "full" / "mine.txt").write_text("mine", encoding="utf-8")
    ran = dealgate("init", "full")
    assert ran.code == 2 and "DG904" in ran.err
    assert [p.name for p in (elsewhere / "full").iterdir()] == ["mine.txt"]


def test_a_change_in_the_workspace_changes_what_is_judged(elsewhere: Path, company: Path) -> None:
    dealgate("init", "mine")
    folder = elsewhere / "mine"
    rules = folder / "rules/processes/practical.yaml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("title: Qualification", "title: First talk"), "utf-8")
    ran = told(process("check", company, *AS_OF, cwd=folder))
    assert ran.code == 0 and "First talk" in ran.out


def test_a_drafted_mapping_validates_and_reads_every_row_of_its_export(elsewhere: Path) -> None:
    (elsewhere / "export.csv").write_text(EXPORT, encoding="utf-8")
    draft = dealgate("map", "export.csv", "--out", "mapping.yaml")
    assert (draft.code, draft.out) == (0, "")
    text = (elsewhere / "mapping.yaml").read_text(encoding="utf-8")
    golden("map-draft.yaml", text)
    assert dealgate("validate", "mapping.yaml").code == 0
    ran = dealgate("check", "export.csv", "--mapping", "mapping.yaml", "--output", "jsonl", *AS_OF)
    assert ran.code == 0
    assert [line.partition('"id": "')[2][:4] for line in ran.out.splitlines()] == ["0001", "0002", "0003", "0004"]
    assert '"amount": {"amount": "1234.56"' in ran.out


def test_what_a_mapping_does_not_know_is_told_with_its_rows(elsewhere: Path) -> None:
    (elsewhere / "export.csv").write_text(EXPORT, encoding="utf-8")
    dealgate("map", "export.csv", "--out", "mapping.yaml")
    ran = dealgate("check", "export.csv", "--mapping", "mapping.yaml", *AS_OF)
    assert "Discovery call" in ran.err and "4 deals" in ran.out


def test_a_draft_never_replaces_the_export(elsewhere: Path) -> None:
    (elsewhere / "export.csv").write_text(EXPORT, encoding="utf-8")
    ran = dealgate("map", "export.csv", "--out", "export.csv")
    assert ran.code == 2 and "DG907" in ran.err
    assert (elsewhere / "export.csv").read_text(encoding="utf-8") == EXPORT


@pytest.mark.parametrize(
    "process_id", sorted(p.stem for p in (CHECKOUT / "rules/processes").glob("*.yaml") if "." not in p.stem)
)
def test_a_workspace_can_be_made_from_every_bundled_process(elsewhere: Path, process_id: str) -> None:
    assert dealgate("init", "one", "--from", process_id).code == 0
    assert told(process("validate", cwd=elsewhere / "one")).code == 0
    assert told(process("test", cwd=elsewhere / "one")).code == 0
