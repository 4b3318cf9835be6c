"""A lock holds the bundled documents a workspace rests on; what is installed later moves nothing by itself."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest
from tests.cli.running import CHECKOUT, dealgate

from dealgate.documents.load import load
from dealgate.documents.lock import FILE, hashed
from dealgate.model.values import Duration


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    assert dealgate("init", tmp_path / "client", "--client", "Acme").code == 0
    monkeypatch.chdir(tmp_path / "client")
    return tmp_path / "client"


def states(*words: str) -> dict[str, str]:
    found = json.loads(dealgate("lock", "--output", "json", *words).out)
    schema = json.loads((CHECKOUT / "schemas" / "output" / "lock.schema.json").read_text("utf-8"))
    jsonschema_rs.validator_for(schema).validate(found)
    return {f"{one['kind']} {one['id']}": one["state"] for one in found["documents"]}


def as_if_locked(file: str, old: str, new: str) -> None:
    """As if this text had been bundled when the lock was written."""
    copy = Path(file)
    before = copy.read_text("utf-8")
    after = before.replace(old, new, 1)
    assert after != before
    copy.write_text(after, "utf-8")
    lock = json.loads(Path(FILE).read_text("utf-8"))
    for one in lock["documents"]:
        if one["file"] == file:
            one["sha256"] = hashed(after)
            one["version"] = new.removeprefix("version: ") if new.startswith("version: ") else one["version"]
    Path(FILE).write_text(json.dumps(lock), "utf-8")


def test_it_holds_the_process_its_frameworks_shared_criteria_and_the_core_fields_and_nothing_else() -> None:
    added = states()
    assert set(added.values()) == {"added"}
    assert {"process practical", "framework bant", "framework icp", "criteria discovery", "fields core"} <= set(added)
    assert not {"process leads", "mapping maven"} & set(added)
    assert set(states().values()) == {"kept"}
    assert all(Path(one["file"]).is_file() for one in json.loads(Path(FILE).read_text("utf-8"))["documents"])


def test_the_rules_are_those_that_are_held_whatever_is_installed() -> None:
    dealgate("lock")
    as_if_locked("locked/processes/practical.yaml", "max_age: 14 days", "max_age: 12 days")
    stage = load(Path("rules/processes/acme.yaml")).need().stage("qualification")
    assert stage is not None
    assert stage.max_age == Duration(12, "day")
    assert dealgate("validate").code == 0
    assert dealgate("test").code == 0


def test_a_check_tells_what_is_installed_and_an_update_takes_it() -> None:
    dealgate("lock")
    as_if_locked("locked/processes/practical.yaml", "version: 1.0.0", "version: 0.9.0")
    ran = dealgate("lock", "--check")
    assert (ran.code, "~ process practical 0.9.0: 1.0.0 is installed" in ran.out) == (1, True)
    assert "version: 0.9.0" in Path("locked/processes/practical.yaml").read_text("utf-8"), "a check writes nothing"
    dealgate("lock")
    assert "version: 0.9.0" in Path("locked/processes/practical.yaml").read_text("utf-8"), "what is held stays held"
    assert states("--update")["process practical"] == "moved"
    assert "version: 1.0.0" in Path("locked/processes/practical.yaml").read_text("utf-8")
    assert dealgate("lock", "--check").code == 0


def test_what_nothing_uses_any_more_falls_away() -> None:
    dealgate("lock")
    overlay = Path("rules/processes/acme.yaml")
    text = overlay.read_text("utf-8")
    overlay.write_text(text.replace("extends: practical@^1", "extends: leads@^1"), "utf-8")
    assert states("--check")["process practical"] == "unused"
    dealgate("lock")
    assert not Path("locked/processes/practical.yaml").exists()
    assert Path("locked/processes/leads.yaml").exists()


def test_a_copy_that_was_changed_by_hand_or_is_gone_is_refused_at_its_line() -> None:
    dealgate("lock")
    copy = Path("locked/frameworks/bant.yaml")
    text = copy.read_text("utf-8")
    copy.write_text(text + "# mine\n", "utf-8")
    ran = dealgate("validate")
    assert (ran.code, "locked/frameworks/bant.yaml:1:1: error DG461" in ran.out + ran.err) == (3, True)
    copy.write_bytes(text.replace("\n", "\r\n").encode())
    assert dealgate("validate").code == 0, "how lines end does not count"
    copy.unlink()
    ran = dealgate("validate")
    assert (ran.code, "DG460" in ran.out + ran.err) == (3, True)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"documents": 5}', '{"documents": [{"kind": "process"}]}', "[" * 5_000,
                                  '{"documents": [{"kind": "process", "id": "x", "version": "1", "sha256": "0", "file": "../../x.yaml"}]}'])  # fmt: skip
def test_a_lock_that_dealgate_did_not_write_is_told(text: str) -> None:
    Path(FILE).write_text(text, "utf-8")
    ran = dealgate("validate")
    assert (ran.code, "DG460" in ran.out + ran.err) == (3, True)


def test_a_lock_belongs_to_a_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = dealgate("lock")
    assert (ran.code, "DG902" in ran.err) == (2, True)
