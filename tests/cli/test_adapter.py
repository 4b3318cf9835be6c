"""dealgate adapter: the list, and the check of one that somebody writes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.cli.running import CHECKOUT, dealgate, golden, process

from dealgate.sync.conformance import checks

EXAMPLE = CHECKOUT / "examples" / "adapter"
MAKES = """\
from tests.fakes.broken import BROKEN
from tests.fakes.rig import rig

forgetful = BROKEN["another_process_knows_the_key"][0]
"""


@pytest.fixture
def written(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module of somebody's in the folder they stand in."""
    (elsewhere / "their_rigs.py").write_text(MAKES, "utf-8")
    monkeypatch.delitem(sys.modules, "their_rigs", raising=False)
    return elsewhere


def test_every_sentence_is_told_with_what_came_of_it(written: Path) -> None:
    ran = dealgate("adapter", "check", "their_rigs")
    assert ran.code == 0, ran.all
    golden("adapter-check-80.txt", ran.out)


def test_what_fails_is_told_with_what_was_expected_what_came_and_how_to_mend_it(written: Path) -> None:
    some = ("an_action_is_done", "another_process_knows_the_key", "no_secret_is_logged")
    ran = dealgate("adapter", "check", "their_rigs:forgetful", *(word for name in some for word in ("--only", name)))
    assert ran.code == 1
    golden("adapter-check-failed-80.txt", ran.out)


def test_as_json_it_is_the_same_and_fits_its_schema(written: Path) -> None:
    ran = dealgate("adapter", "check", "their_rigs:forgetful", "--output", "json")
    found = json.loads(ran.out)
    schema = json.loads((CHECKOUT / "schemas/output/adapter-check.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(found)
    assert ran.code == 1
    assert [one["id"] for one in found["checks"]] == [one.id for one in checks()]
    assert (found["failed"], found["passed"] + found["skipped"]) == (1, len(checks()) - 1)


def test_one_check_alone_is_tried_and_a_name_that_is_none_is_refused(written: Path) -> None:
    ran = dealgate("adapter", "check", "their_rigs", "--only", "fetch_reads_again")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "The check holds.")
    refused = dealgate("adapter", "check", "their_rigs", "--only", "fetch_reads_agian")
    assert refused.code == 2
    assert "did you mean `fetch_reads_again`?" in refused.err


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("x = 1\n", "DG969", "`odd_rig` has no `rig` that makes a rig."),
        ("rig = 7\n", "DG969", "`odd_rig` has no `rig` that makes a rig."),
        ("import nowhere_at_all\n", "DG968", "There is no module `nowhere_at_all`, which `odd_rig` imports."),
        ("def rig(:\n", "DG968", "`odd_rig` cannot be imported: SyntaxError at odd_rig.py:1."),
        ("raise ValueError\n", "DG968", "`odd_rig` cannot be imported: ValueError at odd_rig.py:1."),
        ("\n1 / 0\n", "DG968", "`odd_rig` cannot be imported: ZeroDivisionError at odd_rig.py:2."),
    ],
)
def test_a_module_that_cannot_be_used_is_refused_in_words(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, text: str, code: str, said: str
) -> None:
    (elsewhere / "odd_rig.py").write_text(text, "utf-8")
    monkeypatch.delitem(sys.modules, "odd_rig", raising=False)
    ran = dealgate("adapter", "check", "odd_rig")
    assert (ran.code, ran.out) == (2, "")
    assert f"error {code}: {said}" in ran.err
    assert str(elsewhere) not in sys.path


@pytest.mark.parametrize("name", ["nowhere", "no.where", ".", "a..b", ":rig", "odd rig"])
def test_a_name_of_no_module_is_refused_in_words(name: str) -> None:
    ran = dealgate("adapter", "check", name)
    assert ran.code == 2
    assert "error DG968" in ran.err


def test_a_rig_that_cannot_be_made_is_told_by_every_check_and_no_traceback(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (elsewhere / "shut_rig.py").write_text("def rig():\n    raise ConnectionError('no server')\n", "utf-8")
    monkeypatch.delitem(sys.modules, "shut_rig", raising=False)
    ran = dealgate("adapter", "check", "shut_rig")
    assert ran.code == 1
    assert "ConnectionError at shut_rig.py:2: no server" in ran.out


def test_an_adapter_that_a_package_brings_is_listed_and_opened_by_its_entry_point(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tomllib

    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text("utf-8"))["project"]
    installed = elsewhere / "installed"
    info = installed / "dealgate_json_crm-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 0.1.0\n", "utf-8")
    points = project["entry-points"]["dealgate.adapters"]
    lines = ["[dealgate.adapters]", *(f"{name} = {value}" for name, value in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines), "utf-8")
    (installed / "json_crm.py").write_bytes((EXAMPLE / "json_crm.py").read_bytes())
    listed = process("adapter", "list", "--output", "json", env=_path(installed))
    assert {"name": "json_crm", "origin": "dealgate-json-crm (json_crm:connect)", "title": None} in json.loads(
        listed.out
    )
    assert "json_crm" in process("adapter", "list", env=_path(installed)).out

    workspace = elsewhere / "workspace"
    workspace.mkdir()
    (workspace / "rules").mkdir()
    (workspace / "rules/json-crm.yaml").write_bytes((EXAMPLE / "json-crm.yaml").read_bytes())
    (workspace / "dealgate.yaml").write_text(
        "kind: workspace/v1\nid: mine\ntitle: Mine\nprocesses: [practical]\n"
        "sources:\n  crm: {adapter: json_crm, mapping: json-crm, options: {path: crm.json}}\n",
        "utf-8",
    )
    moment = "2026-11-20T09:00:00+00:00"
    deal = {
        "name": "Northwind rollout",
        "amount": 1000,
        "stage": "offer",
        "revision": 1,
        "deleted": False,
        "changed": moment,
    }
    moves = [{"deal": "D1", "stage": "offer", "at": moment, "by": "Ben"}]
    held = {"stages": ["lead", "offer"], "deals": {"D1": deal}, "moves": moves, "notes": [], "done": []}
    (workspace / "crm.json").write_text(json.dumps(held), "utf-8")
    assert process("store", "init", cwd=workspace, env=_path(installed)).code == 0
    synced = process("sync", "crm", "--output", "json", cwd=workspace, env=_path(installed))
    assert synced.code == 0, synced.all
    assert json.loads(synced.out)["taken"]["new_deals"] == 1


def _path(installed: Path) -> dict[str, str]:
    import os

    return {"PYTHONPATH": os.pathsep.join(str(one) for one in (CHECKOUT / "engine", CHECKOUT / "adapters", installed))}
