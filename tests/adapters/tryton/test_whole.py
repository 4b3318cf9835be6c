"""The whole way on a real Tryton: 200 opportunities pulled with their history, judged, and what follows written back."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.cli.running import Ran, dealgate

from .conftest import ROBOT, Shop
from .server import DATABASE

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("tryton")]

PROCESS = """\
kind: process/v1
id: shop
version: 1.0.0
title: The shop
owner: Sales Operations
currency: EUR
stages:
  - id: prospecting
    title: Prospecting
    exit:
      - id: amount-known
        title: The amount is known
        check: {field: amount, filled: true}
        proof: A number in writing.
        fix: Ask for the range they have in mind.
        coach: How much?
      - id: day-known
        title: The close date is known
        check: {field: close_date, filled: true}
        enforce: warn
        proof: Their date.
        fix: Ask for it.
        coach: When?
  - id: qualification
    title: Qualification
    exit:
      - id: likely
        title: It is more likely than not
        check: {field: probability, at_least: 50%}
        proof: Their words.
        fix: Ask what speaks against it.
        coach: Why so likely?
  - id: proposal
    title: Proposal
    exit:
      - id: sent
        title: The proposal was sent
        check: {field: next_step, filled: true}
        enforce: observe
        proof: The mail.
        fix: Send it.
        coach: When?
outcomes:
  won: {require: []}
  lost: {require: [], reasons: [{id: price, title: The price, counts_as: lost}]}
moves: {skip: {enforce: warn}, back: {enforce: warn}, reopen: {enforce: warn}}
"""
WORKSPACE = """\
kind: workspace/v1
id: shop
title: Shop
processes: [shop]
sources:
  crm:
    adapter: tryton
    mapping: tryton
    process: shop
    url: {url}
    options: {{database: {database}, user: dealgate}}
    credentials: {{password: "${{env:SHOP_PASSWORD}}"}}
    write_back: {{fields: {{missing: comment}}, tasks: leaked, notes: true, reverts: true, at_most: 5000}}
"""


def run(*words: object) -> Ran:
    return dealgate(*words, env={"SHOP_PASSWORD": ROBOT})


def done(*words: object) -> Ran:
    ran = run(*words)
    assert ran.code == 0, ran.all
    return ran


def read(shop: Shop, ids: list[int], *names: str) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in shop.admin.read("sale.opportunity", ids, *names)}


def test_200_opportunities_go_the_whole_way(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dealgate.yaml").write_text(WORKSPACE.format(url=shop.running.url, database=DATABASE), "utf-8")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "shop.yaml").write_text(PROCESS, "utf-8")
    monkeypatch.chdir(tmp_path)
    done("store", "init")
    ids = shop.sell(150) + shop.sell(50, by=shop.admin, amount=None)
    bare = ids[150:]

    told = done("sync", "--output", "json")
    assert {row["stream"]: row["new"] for row in json.loads(told.out)["streams"]}["deals"] >= 200

    # a person moves 40 by hand, 10 of them without an amount; another client moves 5 more by the API
    by_hand, by_api, closed = ids[:30] + bare[:10], bare[10:15], ids[140:145]
    shop.bea("sale.opportunity.opportunity", by_hand)
    shop.admin("sale.opportunity.opportunity", by_api)
    shop.bea("sale.opportunity.lost", closed)
    leaked = bare[:15]
    done("sync")

    plan = done("enforce", "crm", "--plan", "plan.json").out
    kept = json.loads(Path("plan.json").read_text("utf-8"))
    moves = {int(one["deal"]): one for one in kept["actions"] if one["kind"] == "move_stage"}
    assert set(moves) & set(ids) == set(leaked)
    assert {(moves[one]["expect_stage"], moves[one]["to_stage"]) for one in leaked} == {("opportunity", "lead")}
    assert "The amount is known" in plan and ROBOT not in plan + Path("plan.json").read_text("utf-8")

    # between the plan and its carrying out a person closes one of those that are to go back
    [faster] = leaked[:1]
    before = shop.bea.read("sale.opportunity", [faster], "comment")[0]["comment"]
    shop.bea("sale.opportunity.lost", [faster])
    ran = run("enforce", "crm", "--apply", "plan.json")
    assert ran.code == 1 and "conflict" in ran.out, ran.all

    # what stands there now, over Tryton's own API
    back = leaked[1:]
    assert shop.state(faster) == "lost"
    assert read(shop, [faster], "comment")[faster]["comment"] == before
    assert {row["state"] for row in read(shop, back, "state").values()} == {"lead"}
    assert {row["state"] for row in read(shop, ids[:30], "state").values()} == {"opportunity"}
    assert {row["state"] for row in read(shop, closed, "state").values()} == {"lost"}
    comments = {ident: row["comment"] for ident, row in read(shop, back, "comment").items()}
    assert all(text.startswith("The amount is known") for text in comments.values()), comments
    for ident in back:
        notes = shop.notes(ident)
        assert len([one for one in notes if "The amount is known" in one]) == 1, notes
    who = shop.admin.read("sale.opportunity", [back[0]], "write_uid")[0]["write_uid"]
    assert who == shop.robot

    # the same plan again does nothing again; the next one sees all of it, and leaves ours alone
    written = {ident: shop.version(ident) for ident in back}
    assert run("enforce", "crm", "--apply", "plan.json").code == 1
    assert {ident: shop.version(ident) for ident in back} == written
    done("sync")
    done("enforce", "crm", "--plan", "next.json")
    again = json.loads(Path("next.json").read_text("utf-8"))
    mine = [one for one in again["actions"] if int(one["deal"]) in ids]
    assert [one for one in mine if one["kind"] == "move_stage"] == []

    # one is put right by its owner and moved on: nobody takes that back
    shop.bea("sale.opportunity.write", [back[0]], {"amount": Decimal("900.00")})
    shop.bea("sale.opportunity.opportunity", [back[0]])
    done("sync")
    done("enforce", "crm", "--plan", "last.json")
    last = json.loads(Path("last.json").read_text("utf-8"))
    assert [one["kind"] for one in last["actions"] if one["deal"] == str(back[0]) and one["kind"] == "move_stage"] == []
    assert shop.state(back[0]) == "opportunity"
    assert done("audit", "verify").out.endswith(" links of the chain hold.\n")
