"""The whole way on the fake org: pulled, judged, written back, a person faster than we, and nothing done twice."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.cli.running import Ran, dealgate
from tests.fakes.salesforce import Salesforce as Fake
from tests.fakes.salesforce.oauth import CLIENT, SECRET
from tests.fakes.salesforce.schema import NAMES

from .rig import KEYS, TOKEN

pytestmark = pytest.mark.slow

STAGE = """\
  - id: {id}
    title: {title}
    exit:
      - id: known-{id}
        title: The amount is known in {title}
        check: {{field: amount, filled: true}}
        enforce: {enforce}
        proof: A number in writing.
        fix: Ask for the range they have in mind.
        coach: How much?
"""
PROCESS = """\
kind: process/v1
id: shop
version: 1.0.0
title: The shop
owner: Sales Operations
currency: USD
stages:
{stages}outcomes:
  won: {{require: []}}
  lost: {{require: [], reasons: [{{id: price, title: The price, counts_as: lost}}]}}
moves: {{skip: {{enforce: warn}}, back: {{enforce: warn}}, reopen: {{enforce: warn}}}}
"""
WORKSPACE = """\
kind: workspace/v1
id: shop
title: Shop
processes: [shop]
sources:
  crm:
    adapter: salesforce
    mapping: salesforce
    process: shop
    url: {url}
    options: {{key_field: {keys}}}
    credentials: {{client_id: "${{env:SF_ID}}", client_secret: "${{env:SF_SECRET}}"}}
    write_back:
      {{fields: {{readiness: Readiness__c, missing: Missing__c}}, tasks: leaked, notes: true, reverts: true, at_most: 5000}}
"""
OURS = ("prospecting", "qualification", "needs-assessment", "proposal", "close")


def run(*words: object) -> Ran:
    return dealgate(*words, env={"SF_ID": CLIENT, "SF_SECRET": SECRET})


def done(*words: object) -> Ran:
    ran = run(*words)
    assert ran.code == 0, ran.all
    return ran


@pytest.fixture
def shop(crm: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """A workspace on the org, whose clock is an hour behind."""
    crm.now = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    stages = "".join(
        STAGE.format(id=one, title=one.title(), enforce="block" if one == "prospecting" else "observe") for one in OURS
    )
    (tmp_path / "dealgate.yaml").write_text(WORKSPACE.format(url=crm.url, keys=KEYS), "utf-8")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "shop.yaml").write_text(PROCESS.format(stages=stages), "utf-8")
    monkeypatch.chdir(tmp_path)
    done("store", "init")
    return crm


def sell(crm: Fake, count: int, **more: Any) -> list[str]:
    crm.tick()
    return [
        crm.save("Opportunity", Name=f"Deal {n}", StageName=NAMES[0], CloseDate=date(2027, 3, 1), **more)
        for n in range(count)
    ]


def move(crm: Fake, deals: list[str], stage: str) -> None:
    crm.tick(minutes=1)
    for deal in deals:
        crm.save("Opportunity", deal, StageName=stage)


def test_deals_go_the_whole_way(shop: Fake) -> None:
    fine, bare = sell(shop, 30, Amount=1000.0), sell(shop, 12)
    done("sync")
    told = done("describe", "crm").out
    assert "Needs Analysis" in told and "MainCompetitors__c" in told, told
    move(shop, fine[:10] + bare[:6], NAMES[1])
    shop.tick(minutes=1)
    done("sync")
    plan = done("enforce", "crm", "--plan", "plan.json").out
    text = Path("plan.json").read_text("utf-8")
    moves = {one["deal"]: one for one in json.loads(text)["actions"] if one["kind"] == "move_stage"}
    assert set(moves) == set(bare[:6])
    assert {(one["expect_stage"], one["to_stage"]) for one in moves.values()} == {(NAMES[1], NAMES[0])}
    assert not any(secret in plan + text for secret in (SECRET, CLIENT, TOKEN))

    # a person closes one meanwhile; another gets a call logged, which is no change of the deal
    faster, called = bare[0], bare[1]
    move(shop, [faster], "Closed Lost")
    shop.save("Task", WhatId=called, Subject="Call", TaskSubtype="Call")
    shop.tick()
    ran = run("enforce", "crm", "--apply", "plan.json")
    assert ran.code == 1 and "conflict" in ran.out, ran.all
    rows = shop.rows["Opportunity"]
    assert (rows[faster]["StageName"], rows[faster]["Missing__c"], rows[faster][KEYS]) == ("Closed Lost", None, None)
    for deal in bare[1:6]:
        row = rows[deal]
        assert (row["StageName"], row["Missing__c"]) == (NAMES[0], "The amount is known in Prospecting")
        assert len(row[KEYS].split()) == 2  # the step back, and the fields
    assert all(rows[deal]["StageName"] == NAMES[1] for deal in fine[:10])
    tasks = [row["WhatId"] for row in shop.live("Task").values() if row["CreatedById"] == shop.robot]
    assert set(bare[1:6]) <= set(tasks)

    before = {name: {ident: dict(row) for ident, row in shop.rows[name].items()} for name in ("Opportunity", "Task")}
    run("enforce", "crm", "--apply", "plan.json")
    assert before == {name: shop.rows[name] for name in before}, "nothing is done twice"
    shop.tick(minutes=1)
    done("sync")
    done("enforce", "crm", "--plan", "again.json")
    again = json.loads(Path("again.json").read_text("utf-8"))
    assert [one for one in again["actions"] if one["kind"] == "move_stage"] == [], (
        "our own steps are not taken for theirs"
    )
    done("audit", "verify")


def test_an_operator_is_told_in_a_sentence_and_by_the_exit_code(shop: Fake) -> None:
    sell(shop, 3, Amount=1.0)
    shop.allowed = 4
    ran = run("sync")
    assert ran.code == 5
    assert "The requests that Salesforce allows this org in 24 hours are used up." in " ".join(ran.all.split())
    shop.allowed = 100_000
    shop.door.open = False
    shop.door.tokens.clear()
    ran = run("sync")
    assert ran.code == 5
    assert "does not renew the access (invalid_grant)" in " ".join(ran.all.split())
    assert not any(secret in ran.all for secret in (SECRET, CLIENT, TOKEN))
    shop.door.open = True
    assert run("sync").code == 0
