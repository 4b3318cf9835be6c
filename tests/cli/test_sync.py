"""``dealgate sync`` from a real database into the store of a workspace, as a person types it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import sqlalchemy as sa
from tests.adapters.sql.base import STAGES, START, Database, filled, history, opportunity

from dealgate.cli.syncing import mapping_digest
from dealgate.documents.library import Library
from dealgate.documents.load import load
from dealgate.sources.mapping.load import load_mapping

from .running import CHECKOUT, dealgate, golden, process, told

SOURCE = """\
  {name}:
    adapter: sql
    title: Salesforce by Fivetran
    url: {url}
    options: {{shape: fivetran-salesforce{options}}}
"""


def workspace(
    folder: Path, url: str = "sqlite:///crm.db", options: str = "", more: str = "", store: bool = True
) -> None:
    """A workspace with one source, and a store that is ready."""
    text = "kind: workspace/v1\nid: mine\ntitle: Mine\nprocesses: [practical]\nrules: [none]\nsources:\n"
    (folder / "dealgate.yaml").write_text(text + SOURCE.format(name="crm", url=url, options=options) + more, "utf-8")
    if store and not (folder / "dealgate.db").exists():
        assert dealgate("store", "init").code == 0


@pytest.fixture
def crm(elsewhere: Path) -> Iterator[Database]:
    """The source of the workspace: forty deals in the tables that Fivetran keeps."""
    url = f"sqlite:///{elsewhere / 'crm.db'}"
    db = Database(url, sa.create_engine(url))
    filled(db, 40)
    workspace(elsewhere)
    yield db
    db.engine.dispose()


def shown(text: str, folder: Path) -> str:
    """What is printed, without the folder of the test."""
    return text.replace(str(folder), "HERE")


def as_json(*words: str) -> dict[str, Any]:
    ran = dealgate("sync", *words, "--output", "json")
    found: dict[str, Any] = json.loads(ran.out)
    schema = json.loads((CHECKOUT / "schemas/output/sync.schema.json").read_text("utf-8"))
    jsonschema_rs.validate(schema, found)
    return found


def deals() -> int:
    stats = dict(line.split() for line in dealgate("store", "stats").out.splitlines())
    return int(stats["deals"])


def test_a_sync_keeps_what_is_new_and_the_next_one_what_has_changed(elsewhere: Path, crm: Database) -> None:
    told_so = ["# the first time", dealgate("sync").out, "# the second time", dealgate("sync", "crm").out]
    crm.now = START + timedelta(days=1)
    crm.put("opportunity", [opportunity(crm, 5, STAGES[3], amount=Decimal("9.99")), opportunity(crm, 99)])
    crm.put("opportunity_history", [history(crm, 5, 9, STAGES[3], START)])
    crm.run("UPDATE opportunity SET is_deleted = 1, _fivetran_synced = '2026-11-02 09:00:00' WHERE id = '00600007'")
    told_so += ["# changed, new and deleted", dealgate("sync").out]
    crm.run("DELETE FROM opportunity WHERE id = '00600008'")
    told_so += ["# --full", dealgate("sync", "--full").out, "# --since", dealgate("sync", "--since", "2026-11-02").out]
    golden("sync-80.txt", shown("\n".join(told_so), elsewhere))
    assert max(map(len, "\n".join(told_so).replace(str(elsewhere), "").splitlines())) <= 80
    assert deals() == 41, "what is gone is still known"


def test_a_dry_run_keeps_nothing(elsewhere: Path, crm: Database) -> None:
    golden("sync-dry-80.txt", dealgate("sync", "--dry-run").out)
    assert deals() == 0
    assert not (elsewhere / ".dealgate" / "crm.mirror.db").exists()
    assert as_json("--dry-run")["taken"] is None
    assert as_json()["taken"]["new_deals"] == 40
    held = (elsewhere / ".dealgate" / "crm.mirror.db").read_bytes()
    crm.put("opportunity", [opportunity(crm, 99)])
    assert as_json("--dry-run")["waiting"] == 1
    assert (elsewhere / ".dealgate" / "crm.mirror.db").read_bytes() == held


def test_json_tells_each_stream(crm: Database) -> None:
    found = as_json()
    assert [one["stream"] for one in found["streams"]] == [
        "users", "accounts", "contacts", "deals", "stage_changes", "deal_contacts", "activities",
    ]  # fmt: skip
    assert {one["stream"]: one["new"] for one in found["streams"]}["deals"] == 40
    assert all(one["complete"] and one["full"] for one in found["streams"])
    assert (found["dry_run"], found["waiting"], found["refused"]) == (False, 0, [])


def test_the_schema_of_a_sync_refuses_what_is_not_exact(crm: Database) -> None:
    found = as_json()
    schema = json.loads((CHECKOUT / "schemas/output/sync.schema.json").read_text("utf-8"))
    for wrong in ({**found, "waiting": -1}, {**found, "more": 1}, {k: v for k, v in found.items() if k != "taken"}):
        assert not jsonschema_rs.is_valid(schema, wrong)


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (", deals_table: oportunity", "DG976", "did you mean `opportunity`?"),
        (", deals_id: iid", "DG976", "did you mean `id`?"),
        (", schema_name: x", "DG975", "did you mean `schema`?"),
    ],
)
def test_a_wrong_table_is_told_with_what_is_meant(
    elsewhere: Path, crm: Database, options: str, code: str, words: str
) -> None:
    workspace(elsewhere, options=options)
    ran = told(dealgate("sync"))
    assert (ran.code, ran.out) == (5, "")
    assert f"error {code}: " in ran.err and words in ran.err
    if code == "DG976" and "table" in options:
        golden("sync-wrong-table.txt", ran.err)


def test_a_stream_that_fails_is_told_and_nothing_is_taken_over(elsewhere: Path, crm: Database) -> None:
    dealgate("sync")
    crm.run("DROP TABLE opportunity_history", "CREATE TABLE opportunity_history (id TEXT, opportunity_id TEXT)")
    crm.run("INSERT INTO opportunity_history VALUES (NULL, '0061')")
    crm.put("opportunity", [opportunity(crm, 99)])
    ran = told(dealgate("sync"))
    assert ran.code == 5
    assert "Nothing was taken over" in ran.out and "Waiting: 1 deal." in ran.out
    assert "not read to its end" in ran.out
    assert "error DG975: A row of `opportunity_history` has nothing in `id`" in ran.err
    assert "crm, stage changes" in ran.err


def test_what_does_not_fit_the_mapping_is_told(crm: Database) -> None:
    crm.put("opportunity", [opportunity(crm, 3, "Legal review")])
    ran = dealgate("sync")
    assert ran.code == 5
    assert "1 deal is in `Legal review`, a stage of the CRM that the mapping does not know" in ran.err


def test_without_a_store_nothing_is_read(elsewhere: Path, crm: Database) -> None:
    (elsewhere / "dealgate.db").unlink()
    ran = told(dealgate("sync"))
    assert ran.code == 5 and "dealgate store init" in ran.err
    assert not (elsewhere / ".dealgate" / "crm.mirror.db").exists()


def test_a_source_is_named_or_the_only_one(elsewhere: Path, crm: Database) -> None:
    ran = told(dealgate("sync", "cmr"))
    assert (ran.code, "did you mean `crm`?" in ran.err) == (2, True)
    workspace(elsewhere, more=SOURCE.format(name="other", url="sqlite:///crm.db", options=""))
    ran = told(dealgate("sync"))
    assert (ran.code, "name one: crm, other" in ran.err) == (2, True)
    assert dealgate("sync", "other").code == 0


def test_an_adapter_that_there_is_not_is_told_with_those_that_there_are(elsewhere: Path, crm: Database) -> None:
    text = (elsewhere / "dealgate.yaml").read_text("utf-8")
    (elsewhere / "dealgate.yaml").write_text(text.replace("adapter: sql", "adapter: sqll"), "utf-8")
    ran = told(dealgate("sync"))
    assert ran.code == 2
    assert "There is no adapter `sqll`" in ran.err and "did you mean `sql`?" in ran.err


def test_there_is_no_source_without_a_workspace(elsewhere: Path) -> None:
    ran = told(dealgate("sync"))
    assert (ran.code, "make one with `dealgate init`" in ran.err) == (2, True)


def test_the_file_is_seen_from_the_workspace_wherever_the_command_is_run(elsewhere: Path, crm: Database) -> None:
    (elsewhere / "deep").mkdir()
    os.chdir(elsewhere / "deep")
    assert dealgate("sync").code == 0
    assert deals() == 40
    assert list((elsewhere / "deep").iterdir()) == []


def test_an_address_with_a_secret_is_filled_in_and_never_told(elsewhere: Path, crm: Database) -> None:
    workspace(elsewhere, url="postgresql://ada:${env:CRM_PASSWORD}@127.0.0.1:1/crm")
    ran = told(dealgate("sync", env={"CRM_PASSWORD": "hunter2"}))
    assert (ran.code, "error DG970: The database at 127.0.0.1 cannot be reached." in ran.err) == (5, True)
    assert "hunter2" not in ran.all
    assert not any(b"hunter2" in file.read_bytes() for file in elsewhere.rglob("*") if file.is_file())
    ran = told(dealgate("sync"))
    assert "error DG430" in ran.err, "the variable is not set"


def test_a_second_sync_of_the_source_waits_and_is_refused(elsewhere: Path, crm: Database) -> None:
    (elsewhere / ".dealgate").mkdir()
    held = sqlite3.connect(elsewhere / ".dealgate" / "crm.lock", isolation_level=None)
    held.execute("BEGIN EXCLUSIVE")
    ran = told(dealgate("sync"))
    assert (ran.code, "error DG979: Another process is at work on this source." in ran.err) == (5, True)
    held.close()
    assert dealgate("sync").code == 0


def test_a_process_of_its_own_does_the_same(elsewhere: Path, crm: Database) -> None:
    first = process("sync", cwd=elsewhere)
    assert first.code == 0 and "40 deals taken over, 40 of them new" in first.out
    second = process("sync", cwd=elsewhere, env={"PYTHONHASHSEED": "7"})
    assert second.out.endswith("Nothing changed.\n")


def test_a_mapping_has_one_hash_in_every_process_and_another_when_it_says_something_else() -> None:
    code = (
        "from dealgate.cli.syncing import mapping_digest as d; from dealgate.documents.load import load;"
        "from dealgate.documents.library import Library; from dealgate.sources.mapping.load import load_mapping as m;"
        "p = load('practical').need(); print(d(m('fivetran-salesforce', p, Library())))"
    )
    path = os.pathsep.join(str(CHECKOUT / folder) for folder in ("engine", "adapters"))
    found = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True, timeout=60,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(found) == 1
    mine = load("practical").need()
    digests = {
        mapping_digest(load_mapping(name, mine, Library())) for name in ("fivetran-salesforce", "fivetran-hubspot")
    }
    assert len(digests) == 2 and found <= {f"{one}\n" for one in digests}


def test_when_the_mapping_says_something_else_all_deals_are_taken_over_again(elsewhere: Path, crm: Database) -> None:
    dealgate("sync")
    text = (CHECKOUT / "rules/mappings/fivetran-salesforce.yaml").read_text("utf-8")
    (elsewhere / "ours.yaml").write_text(
        text.replace("id: fivetran-salesforce", "id: ours").replace("Qualification: q", "Qualification: prospecting #"),
        "utf-8",
    )
    workspace(elsewhere, more="    mapping: ours\n")
    config = elsewhere / "dealgate.yaml"
    config.write_text(config.read_text("utf-8").replace("rules: [none]", "rules: [ours.yaml]"), "utf-8")
    ran = dealgate("sync")
    assert "40 deals taken over, 0 of them new" in ran.out, ran.all
