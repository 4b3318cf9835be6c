"""The whole way on a real Odoo, by the commands that an operator types: 200 opportunities are pulled with their history,
moved by hand and by API, judged by `practical`, and what follows is planned and written; a person's move in between
stands."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.running import Ran, dealgate

from .conftest import PROTOCOLS, Shop
from .server import DATABASE

pytestmark = [pytest.mark.slow, pytest.mark.odoo, pytest.mark.xdist_group("odoo")]

WORKSPACE = """\
kind: workspace/v1
id: sales
title: Sales
processes: [practical]
sources:
  crm:
    adapter: odoo
    process: practical
    mapping: odoo
    url: {url}
    options: {{database: {database}, user: dealgate, protocol: {protocol}}}
    credentials: {{api_key: "${{env:OUR_ODOO_KEY}}"}}
    write_back:
      fields: {{readiness: x_readiness, missing: x_missing, state: x_gate}}
      tasks: leaked
      notes: true
      reverts: true
      mode: block
      at_most: 2000
"""
SHOWN = os.environ.get("DEALGATE_SHOW")
"""A file to write down what was seen, for a person to read."""

Run = Callable[..., Ran]


@pytest.fixture(params=PROTOCOLS)
def ran(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Run:
    """Types a command in a workspace on the shop."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUR_ODOO_KEY", shop.key)
    text = WORKSPACE.format(url=shop.running.url, database=DATABASE, protocol=request.param)
    Path("dealgate.yaml").write_text(text, "utf-8")

    def typed(*words: object) -> Ran:
        found = dealgate(*words, columns=100)
        show(f"$ dealgate {' '.join(map(str, words))}   # exit {found.code}", found.all)
        assert shop.key not in found.all
        return found

    assert typed("store", "init").code == 0
    return typed


def show(*texts: str) -> None:
    if SHOWN:
        with Path(SHOWN).open("a", encoding="utf-8") as out:
            out.write("\n".join(texts) + "\n")


def planned() -> list[dict[str, Any]]:
    return list(json.loads(Path("plan.json").read_text("utf-8"))["actions"])


def test_200_opportunities_are_enforced_and_a_person_is_never_overruled(shop: Shop, ran: Run, tmp_path: Path) -> None:
    before = shop.admin("crm.lead", "search_count", [["type", "=", "opportunity"]])
    ids = shop.sell(120) + shop.sell(80, by=shop.ann, expected_revenue=77.07)
    shop.move(ids[:60], "Qualified")
    assert ran("sync", "crm").code == 0
    assert ran("enforce", "crm", "--plan", "first.json").code == 0, "what stood there before is no leak"
    assert not [
        one for one in json.loads(Path("first.json").read_text("utf-8"))["actions"] if one["kind"] == "move_stage"
    ]

    # people and a program move some on, past the gate: nothing that Qualified asks for is there
    by_hand, by_api, late = ids[0], ids[1], ids[2]
    shop.move([by_hand, late], "Proposition")
    shop.move([by_api], "Proposition", by=shop.admin)
    shop.ann.write("crm.lead", ids[100:103], active=False, probability=0)
    synced = ran("sync", "crm")
    assert synced.code == 0, synced.all
    made = ran("enforce", "crm", "--plan", "plan.json")
    assert made.code == 0, made.all
    plan = planned()
    kinds = Counter(one["kind"] for one in plan)
    moves = {int(one["deal"]): one for one in plan if one["kind"] == "move_stage"}
    assert {by_hand, by_api, late} == set(moves)
    assert kinds["set_fields"] >= 197 and kinds["create_task"] >= 3, kinds
    lost = [one["kind"] for one in plan if int(one["deal"]) in ids[100:103]]
    assert set(lost) == {"create_task"}, "of a lost opportunity its owner is asked why, and it is not moved"

    # a person comes between the plan and its apply
    shop.bea.write("crm.lead", [late], expected_revenue=4321.0, x_missing="my own words")
    theirs = [ids[5], ids[6]]
    shop.move([theirs[0]], "New")
    shop.bea.write("crm.lead", [theirs[1]], name="Renamed meanwhile")
    names = ("stage_id", "expected_revenue", "x_readiness", "x_missing", "x_gate", "name")
    held = shop.admin.read("crm.lead", [late, *theirs], *names)

    done = ran("enforce", "crm", "--apply", "plan.json")
    assert done.code == 1, "the conflicts are told"
    assert "conflict" in done.all
    assert shop.admin.read("crm.lead", [late, *theirs], *names) == held, "nothing is overwritten"
    assert not [task for one in (late, *theirs) for task in shop.tasks(one)]

    # all is seen again over the API
    assert [shop.stage(one) for one in (by_hand, by_api, late)] == ["Qualified", "Qualified", "Proposition"]
    told = shop.admin.find(
        "mail.tracking.value", [["mail_message_id.res_id", "=", by_hand], ["field_id.name", "=", "stage_id"]],
        "create_uid", "old_value_char", "new_value_char",
    )  # fmt: skip
    steps = [(row["create_uid"][1], row["old_value_char"], row["new_value_char"]) for row in told]
    assert steps == [
        ("Bea Blum", "New", "Qualified"), ("Bea Blum", "Qualified", "Proposition"), ("dealgate", "Proposition", "Qualified"),
    ]  # fmt: skip
    wanted = {int(one["deal"]): {c["crm_field"]: c["after"] for c in one["changes"]}
              for one in plan if one["kind"] == "set_fields" and int(one["deal"]) not in (late, *theirs)}  # fmt: skip
    rows = shop.admin.read("crm.lead", list(wanted), "x_readiness", "x_missing", "x_gate")
    for row in rows:
        assert {name: row[name] for name in wanted[row["id"]]} == wanted[row["id"]]
    tasks = shop.tasks(by_hand)
    asked = [one for one in plan if one["kind"] == "create_task" and int(one["deal"]) == by_hand]
    assert sorted(task["summary"] for task in tasks) == sorted(one["subject"] for one in asked)
    assert {task["user_id"][0] for task in tasks} == {shop.bea.user}
    assert all("The deal was moved from Qualification to Proposal" in task["note"] for task in tasks)
    marks = shop.admin.find("mail.message", [["message_id", "like", "dealgate.invalid"]], "message_id")
    keys = Counter(row["message_id"] for row in marks)
    assert max(keys.values()) == 1, "each deed once"
    applied = [one for one in plan if int(one["deal"]) not in (late, *theirs)]
    assert {f"<dealgate.{one['key']}@dealgate.invalid>" for one in applied} <= set(keys)

    # the same again does nothing, and the next round sees what people did
    again = ran("enforce", "crm", "--apply", "plan.json")
    assert again.code == 1
    assert len(shop.admin.find("mail.message", [["message_id", "like", "dealgate.invalid"]], "id")) == len(marks)
    assert ran("sync", "crm").code == 0
    assert ran("enforce", "crm", "--plan", "next.json").code == 0
    coming = json.loads(Path("next.json").read_text("utf-8"))
    assert {int(one["deal"]) for one in coming["actions"]} <= {late, *theirs}
    assert late in {int(one["deal"]) for one in coming["actions"] if one["kind"] == "move_stage"}
    assert ran("enforce", "crm", "--apply", "next.json").code == 0
    assert shop.stage(late) == "Qualified"
    assert shop.admin.read("crm.lead", [late], "expected_revenue")[0]["expected_revenue"] == 4321.0
    assert ran("audit", "verify").code == 0
    held_back = shop.key.encode()
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and held_back in file.read_bytes()]
    show(
        f"opportunities: {before} before, {len(ids)} made; planned {dict(kinds)}; marks in Odoo {len(marks)}",
        f"history of {by_hand}: {steps}",
        f"tasks on {by_hand}: {[(task['summary'], task['user_id'][1]) for task in tasks]}",
        f"fields of {by_hand}: {shop.admin.read('crm.lead', [by_hand], 'x_readiness', 'x_gate', 'x_missing')}",
        f"the person's, untouched by the apply: {held}",
    )
    shop.admin("crm.lead", "unlink", ids)
