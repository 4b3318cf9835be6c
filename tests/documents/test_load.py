"""From a reference or paths to checked documents and all that is wrong in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dealgate.documents.load import Loaded, load, load_documents, load_framework
from dealgate.model.diagnostics import DocumentsDoNotHold

HEAD = "kind: process/v1\nid: {id}\nversion: 1.0.0\ntitle: T\nowner: O\n"
SMALL = (
    HEAD.format(id="small")
    + """\
stages:
  - id: first
    title: First
    max_age: 14 days
    exit:
      - id: sized
        title: It has an amount
        check: {field: amount, above: 0}
        fix: Ask.
"""
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(name: str, text: str) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def told(loaded: Loaded) -> list[str]:
    return [f"{d.where} {d.code} {d.message}" for d in loaded.diagnostics if d.severity.word != "info"]


def errors(loaded: Loaded) -> list[str]:
    return [f"{d.where} {d.code} {d.message}" for d in loaded.diagnostics if d.severity.word == "error"]


def test_a_bundled_process_reads_only_what_it_uses() -> None:
    loaded = load("practical")
    assert told(loaded) == []
    assert loaded.process is not None
    assert (loaded.id, loaded.version, loaded.kind) == ("practical", "1.0.0", "process")
    assert sorted(loaded.files) == [
        "rules/criteria/after-sale.yaml",
        "rules/criteria/conversation.yaml",
        "rules/criteria/decision.yaml",
        "rules/criteria/discovery.yaml",
        "rules/criteria/loss.yaml",
        "rules/criteria/paperwork.yaml",
        "rules/fields.yaml",
        "rules/frameworks/bant.yaml",
        "rules/frameworks/icp.yaml",
        "rules/processes/practical.yaml",
    ]


def test_a_framework_is_loaded_by_itself() -> None:
    loaded = load_framework("bant@^1")
    assert told(loaded) == []
    assert loaded.framework is not None
    assert loaded.process is None
    assert loaded.digest.startswith("sha256:")


def test_an_unknown_process_is_refused_with_its_diagnostics() -> None:
    loaded = load("practcal")
    assert [d.suggestion for d in loaded.diagnostics] == ["did you mean `practical`?"]
    with pytest.raises(DocumentsDoNotHold, match="DG401 There is no process `practcal`"):
        loaded.need()


def test_a_missing_file_a_wrong_kind_and_a_workspace_of_none_are_told() -> None:
    assert [d.code for d in load("none.yaml").diagnostics] == ["DG001"]
    written(
        "f.yaml",
        "kind: framework/v1\nid: f\nversion: 1.0.0\ntitle: F\nowner: O\nlevels: [a]\nelements: [{id: e, title: E}]\n",
    )
    assert errors(load("f.yaml")) == [
        "f.yaml:1:7 DG408 A process is needed here, and this is a document of kind `framework/v1`."
    ]
    written("ws/dealgate.yaml", "kind: workspace/v1\nid: w\ntitle: W\nprocesses: [practical, leads]\n")
    assert [d.code for d in load(Path("ws")).diagnostics] == ["DG408"]


def test_a_workspace_with_one_process_is_that_process() -> None:
    written("dealgate.yaml", "kind: workspace/v1\nid: w\ntitle: W\nprocesses: [small]\n")
    written("rules/small.yaml", SMALL)
    assert load(Path()).need().id == "small"
    assert load("small").need().id == "small"


def test_an_overlay_is_the_base_with_its_changes_and_each_criterion_knows_its_file() -> None:
    written("small.yaml", SMALL)
    written(
        "acme.yaml",
        HEAD.format(id="acme") + "extends: small@^1\n"
        "change: {stages: {first: {max_age: 7 days}}}\n"
        "add: {exit: {first: [{id: dated, title: Dated, check: {field: close_date, filled: true}, fix: Ask.}]}}\n",
    )
    loaded = load("acme.yaml")
    assert errors(loaded) == []
    process = loaded.need()
    assert str(process.stages[0].max_age) == "7 days"
    assert [(c.id, c.at.file, c.at.line) for c in process.criteria] == [
        ("first.sized", "small.yaml", 11),
        ("first.dated", "acme.yaml", 8),
    ]
    assert list(loaded.files)[:2] == ["acme.yaml", "small.yaml"]


def test_an_overlay_of_an_overlay_works_and_keeps_what_each_loosens() -> None:
    written("small.yaml", SMALL)
    written(
        "acme.yaml",
        HEAD.format(id="acme") + "extends: small\nchange: {stages: {first: {max_age: 21 days}}}\n"
        "loosens: [{what: stages.first.max_age, why: Longer, until: 2027-01-31}]\n",
    )
    written(
        "emea.yaml",
        HEAD.format(id="emea") + "extends: acme\nchange: {stages: {first: {exit: {sized: {enforce: warn}}}}}\n"
        "loosens: [{what: stages.first.exit.sized, why: New there}]\n",
    )
    loaded = load("emea.yaml")
    assert errors(loaded) == []
    assert str(loaded.need().stages[0].max_age) == "21 days"
    assert loaded.need().stages[0].exit[0].enforce == "warn"
    assert [(one.what, one.why, str(one.until)) for one in loaded.loosened] == [
        ("stages.first.max_age", "Longer", "2027-01-31"),
        ("stages.first.exit.sized.enforce", "New there", "None"),
    ]


def test_documents_that_extend_each_other_are_one_error_that_lists_the_way() -> None:
    written("a.yaml", HEAD.format(id="a") + "extends: b\n")
    written("b.yaml", HEAD.format(id="b") + "extends: c\n")
    written("c.yaml", HEAD.format(id="c") + "extends: a\n")
    assert errors(load("a.yaml")) == ["c.yaml:6:10 DG405 The process `a` extends itself: a → b → c → a."]
    every = {line for one in load_documents([Path()]) for line in errors(one)}
    assert every == {"c.yaml:6:10 DG405 The process `a` extends itself: a → b → c → a."}


def test_an_overlay_with_the_id_of_a_bundled_process_extends_that_one() -> None:
    written("practical.yaml", HEAD.format(id="practical").replace("1.0.0", "1.1.0") + "extends: practical@^1\n")
    loaded = load("practical.yaml")
    assert errors(loaded) == []
    assert loaded.need().version == "1.1.0"
    assert loaded.need().stages


def test_the_whole_document_is_held_against_the_schema_again_at_the_overlays_line() -> None:
    written("small.yaml", SMALL)
    written("acme.yaml", HEAD.format(id="acme") + "extends: small\nchange: {stages: {first: {max_aeg: 7 days}}}\n")
    found = errors(load("acme.yaml"))
    assert len(found) == 1
    assert found[0].startswith("acme.yaml:7:27 DG1")


def test_overlays_of_one_base_are_put_on_together_unless_they_touch_the_same_place() -> None:
    written("small.yaml", SMALL)
    for name, body in (
        ("a", "change: {stages: {first: {max_age: 9 days}}}\n"),
        ("b", "change: {stages: {first: {objective: Begin}}}\n"),
        ("c", "change: {stages: {first: {max_age: 8 days}}}\n"),
    ):
        written(f"{name}.yaml", HEAD.format(id=name) + "extends: small\n" + body)
    both = load("small.yaml", overlays=["a", "b"])
    assert errors(both) == []
    assert (str(both.need().stages[0].max_age), both.need().stages[0].objective) == ("9 days", "Begin")
    conflict = load("small.yaml", overlays=["a", "c"])
    assert [line.split(";")[0] for line in errors(conflict)] == [
        "c.yaml:7:27 DG412 Two overlays change `stages.first.max_age`"
    ]
    written("d.yaml", HEAD.format(id="d") + "extends: leads\n")
    assert [d.code for d in load("small.yaml", overlays=["d.yaml"]).diagnostics] == ["DG407"]


def test_five_different_mistakes_are_five_diagnostics() -> None:
    written(
        "five.yaml",
        HEAD.format(id="five")
        + """\
use: {frameworks: [bant]}
stages:
  - id: first
    title: First
    max_aeg: 14 days
    exit:
      - id: sized
        title: It has an amount
        check: {field: amuont, above: 0}
        fix: Ask.
      - id: dated
        title: It has a date
        check: {field: close_date, after: 12}
        fix: Ask.
      - id: proven
        title: It has proof
        check: {framework: bant, element: bugdet, at_least: 2}
        fix: Ask.
        enforce: blok
""",
    )
    loaded = load("five.yaml")
    assert [(d.where.line, d.where.column) for d in loaded.diagnostics if d.severity.word == "error"] == [
        (10, 5),
        (14, 24),
        (18, 43),
        (22, 43),
        (24, 18),
    ]


def test_a_shared_criterion_is_found_without_being_named_and_told_where_it_stands() -> None:
    written(
        "shared.yaml",
        "kind: criteria/v1\nid: ours\ntitle: Ours\ncriteria:\n"
        "  - {id: dated, title: Dated, check: {field: close_date, filled: true}, fix: Ask.}\n",
    )
    written("p.yaml", SMALL + "      - {use: dated, enforce: warn}\n")
    loaded = load("p.yaml")
    assert errors(loaded) == []
    criterion = loaded.need().criterion("first.dated")
    assert criterion is not None
    assert criterion.enforce == "warn"
    assert "shared.yaml" in loaded.files


def test_a_folder_is_every_document_in_it_and_files_without_kind_are_told() -> None:
    written("rules/p.yaml", SMALL)
    written("rules/q.yaml", SMALL)
    written("rules/f.yaml", "deals: []\n")
    written("rules/p.test.yaml", "kind: test/v1\nprocess: smal\nas_of: 2026-11-23\ndeals: {}\ncases: []\n")
    found = {one.file: errors(one) for one in load_documents([Path("rules")])}
    assert list(found) == ["rules/f.yaml", "rules/p.test.yaml", "rules/p.yaml", "rules/q.yaml"]
    assert found["rules/p.yaml"] == []
    assert found["rules/f.yaml"] == ["rules/f.yaml:1:1 DG404 This file is no document of ours: it has no `kind:`."]
    assert "rules/p.test.yaml:2:10 DG401 There is no process `smal`." in found["rules/p.test.yaml"]
    assert found["rules/q.yaml"] == ["rules/q.yaml:2:5 DG403 The process `small` is in rules/p.yaml already."]


def test_an_empty_folder_and_a_missing_file_are_told() -> None:
    Path("empty").mkdir()
    assert [d.code for one in load_documents(["empty", "no.yaml"]) for d in one.diagnostics] == ["DG001", "DG409"]


def test_a_workspace_names_only_what_is_there() -> None:
    written(
        "dealgate.yaml",
        "kind: workspace/v1\nid: w\ntitle: W\nprocesses: [practical, nine]\n"
        "sources: {crm: {adapter: file, path: x.csv, process: practicl}}\n",
    )
    (one,) = load_documents(["dealgate.yaml"])
    assert errors(one) == [
        "dealgate.yaml:4:24 DG401 There is no process `nine`.",
        "dealgate.yaml:5:54 DG401 There is no process `practicl`.",
    ]


@pytest.mark.slow
def test_every_bundled_document_holds(checkout: Path) -> None:
    loaded = load_documents([checkout / "rules"])
    assert [line for one in loaded for line in told(one)] == []
    assert {"process", "framework", "fields", "test"} <= {one.kind for one in loaded}
