"""Finding documents: the workspace's before the bundled ones, by id and version; and what dealgate.yaml says."""

from __future__ import annotations

from pathlib import Path

import pytest

from dealgate.bundled import bundled
from dealgate.documents.kinds import KINDS
from dealgate.documents.library import Library, Reference, kind_problem, shown
from dealgate.documents.workspace import find_workspace, reveal
from dealgate.model.diagnostics import Diagnostic, SourceFailed, Where

WORKSPACE = """\
kind: workspace/v1
id: here
title: Here
processes: [acme]
sources:
  crm:
    adapter: file
    path: data/deals.csv
    mapping: ours
    credentials: {token: "${env:LIBRARY_TEST_TOKEN}"}
store: {url: "${file:secrets/store}"}
"""


def document(kind: str, name: str, version: str = "1.0.0", more: str = "") -> str:
    return f"# a comment\nkind: {kind}/v1\nid: {name}\nversion: {version}\ntitle: T\nowner: O\n{more}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "dealgate.yaml").write_text(WORKSPACE, "utf-8")
    (tmp_path / "rules" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(diagnostics: list[Diagnostic]) -> list[str]:
    return [f"{d.where} {d.code} {d.message} | {d.suggestion}" for d in diagnostics]


@pytest.mark.parametrize(
    ("wanted", "there", "takes"),
    [
        ("a", "3.1.4", True),
        ("a", "", True),
        ("a@^1", "1.0.0", True),
        ("a@^1", "1.9.3", True),
        ("a@^1", "2.0.0", False),
        ("a@^1", "", False),
        ("a@^1.2", "1.1.9", False),
        ("a@^1.2", "1.10.0", True),
        ("a@^0.2", "0.2.9", True),
        ("a@^0.2", "0.3.0", False),
        ("a@^0", "0.9.0", True),
        ("a@1.2.0", "1.2.0", True),
        ("a@1.2.0", "1.2.1", False),
        ("a@1.2", "1.2.7", True),
    ],
)
def test_a_reference_takes_the_versions_it_names(wanted: str, there: str, takes: bool) -> None:
    reference = Reference.of(wanted)
    assert reference is not None
    assert reference.takes(there) is takes


@pytest.mark.parametrize("text", ["", "A b", "a@latest", "a@", "a@^1.2.3.4", "../a", "a@>=1"])
def test_other_texts_are_no_references(text: str) -> None:
    assert Reference.of(text) is None
    assert [d.code for d in Library().find("process", text).diagnostics] == ["DG400"]


def test_a_bundled_document_is_found_by_its_id_and_only_its_file_is_read() -> None:
    library = Library()
    found = library.find("process", "practical@^1")
    assert found.document is not None
    assert found.diagnostics == []
    assert list(library.files) == ["rules/processes/practical.yaml"]


def test_every_bundled_file_bears_its_id() -> None:
    for kind in KINDS.values():
        if kind.folder:
            for path in (bundled("rules") / kind.folder).glob("*.yaml"):
                if not path.name.endswith(".test.yaml"):
                    assert Library().open(path).word("id") == path.stem


def test_the_workspaces_document_stands_before_the_bundled_one(folder: Path) -> None:
    (folder / "rules" / "deep" / "x.yaml").write_text(document("framework", "bant"), "utf-8")
    found = Library(folder).find("framework", "bant").document
    assert found is not None
    assert found.file == "rules/deep/x.yaml"


def test_a_version_the_workspace_lacks_is_looked_for_among_the_bundled(folder: Path) -> None:
    (folder / "rules" / "x.yaml").write_text(document("framework", "bant", "7.0.0"), "utf-8")
    found = Library(folder).find("framework", "bant@^1").document
    assert found is not None
    assert found.word("version") == "1.0.0"
    assert told(Library(folder).find("framework", "bant@^9", Where("a.yaml", 3, 4)).diagnostics) == [
        "a.yaml:3:4 DG402 The framework `bant` is there as 7.0.0 and 1.0.0, but `^9` is wanted. | "
        "Ask for a version that is there, or bring the one you want."
    ]


def test_an_unknown_id_is_told_with_the_nearest_one_of_its_kind(folder: Path) -> None:
    (folder / "rules" / "x.yaml").write_text(document("process", "acme-emea"), "utf-8")
    library = Library(folder)
    assert told(library.find("process", "acme-emae", Where("a.yaml", 3, 4)).diagnostics) == [
        "a.yaml:3:4 DG401 There is no process `acme-emae`. | did you mean `acme-emea`?"
    ]
    assert library.find("framework", "acme-emea").document is None


def test_a_second_document_with_an_id_is_told_at_its_line(folder: Path) -> None:
    for name in ("a", "b"):
        (folder / "rules" / f"{name}.yaml").write_text(document("process", "acme"), "utf-8")
    (folder / "rules" / "c.yaml").write_text(document("framework", "acme"), "utf-8")
    library = Library(folder)
    second = [
        "rules/b.yaml:3:5 DG403 The process `acme` is in rules/a.yaml already. | "
        "Give one of them another id, or take it away."
    ]
    assert told(library.find("process", "acme").diagnostics) == second
    assert told(library.duplicates()) == second


def test_a_document_in_flow_style_is_found_too(folder: Path) -> None:
    (folder / "rules" / "x.yaml").write_text('{"kind": "process/v1", "id": "flow"}', "utf-8")
    assert Library(folder).find("process", "flow").document is not None


def test_hidden_folders_and_other_kinds_of_files_are_no_documents(folder: Path) -> None:
    for place in (".venv", "node_modules"):
        (folder / "rules" / place).mkdir()
        (folder / "rules" / place / "x.yaml").write_text(document("process", "hidden"), "utf-8")
    (folder / "rules" / "x.txt").write_text(document("process", "hidden"), "utf-8")
    assert "hidden" not in Library(folder).ids("process")


def test_a_kind_that_is_missing_or_none_is_told(folder: Path) -> None:
    for name, text in (("no", "id: a\n"), ("bad", "kind: proces/v1\n"), ("form", "kind: process/v2\n")):
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    library = Library()
    problems = [kind_problem(library.open(folder / f"{name}.yaml")) for name in ("no", "bad", "form")]
    assert [p.code if p else "" for p in problems] == ["DG404", "DG406", "DG406"]
    assert problems[1] is not None
    assert problems[1].suggestion == "did you mean `process/v1`?"
    assert str(problems[1].where) == "bad.yaml:1:7"


def test_a_bundled_path_is_shown_alike_on_every_machine(folder: Path) -> None:
    assert shown(bundled("rules") / "fields.yaml") == "rules/fields.yaml"
    assert shown(folder / "rules" / "x.yaml") == "rules/x.yaml"
    assert shown(folder.parent / "x.yaml") == str((folder.parent / "x.yaml").resolve())


def test_the_workspace_is_found_upward_and_read(folder: Path) -> None:
    assert find_workspace(folder / "rules" / "deep") == folder.resolve()
    workspace = Library(folder).workspace
    assert workspace.processes == ("acme",)
    assert workspace.rules == (folder / "rules",)
    source = workspace.sources["crm"]
    assert (source.adapter, source.mapping, source.path) == ("file", "ours", folder / "data" / "deals.csv")
    assert str(source.at) == "dealgate.yaml:6:3"


def test_a_secret_is_read_at_use_and_shown_nowhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Library(folder).workspace
    monkeypatch.setenv("LIBRARY_TEST_TOKEN", "hush-hush")
    (folder / "secrets").mkdir()
    (folder / "secrets" / "store").write_text("sqlite:///very-secret\n", "utf-8")
    assert workspace.sources["crm"].credential("token") == "hush-hush"
    assert workspace.sources["crm"].credential("other") is None
    assert reveal(workspace.store or "", folder) == "sqlite:///very-secret"
    assert "hush-hush" not in repr(workspace)
    assert "very-secret" not in repr(workspace)


def test_a_secret_that_cannot_be_had_is_refused_by_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Library(folder).workspace
    monkeypatch.delenv("LIBRARY_TEST_TOKEN", raising=False)
    with pytest.raises(SourceFailed, match="DG430 The environment variable `LIBRARY_TEST_TOKEN` is not set"):
        workspace.sources["crm"].credential("token")
    with pytest.raises(SourceFailed, match="DG431 The file `secrets/store`"):
        reveal(workspace.store or "", folder)
