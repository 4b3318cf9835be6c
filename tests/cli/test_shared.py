"""Several processes of a workspace share the deals of a source: each judges its own, and all of them add up."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import polars as pl
import pytest

from .running import AS_OF, CHECKOUT, dealgate, golden

PROCESS = """\
kind: process/v1
id: {id}
title: {title}
version: 1.0.0
owner: Sales Operations
applies_to: {{field: segment, in: [{segments}]}}
stages:
  - {{id: {first}, title: {first_title}, capture: [{capture}]}}
  - {{id: close, title: Close}}
"""
CSV = """\
id,name,stage,status,amount,segment,only_large
S1,Northwind,talk,open,900,smb,
S2,Contoso,close,open,100,smb,
S3,Adatum,talk,lost,100,smb,
L1,Fabrikam,discover,open,90000,enterprise,yes
L2,Litware,talk,open,80000,enterprise,no
X1,Tailspin,talk,open,1000,,
X2,Wingtip,talk,open,1000,government,
"""


@pytest.fixture
def house(elsewhere: Path) -> Path:
    """A workspace with a process for small and one for large customers, whose stages and fields differ."""
    (elsewhere / "rules").mkdir()
    small = PROCESS.format(
        id="small", title="Small customers", segments="smb", first="talk", first_title="First talk", capture="amount"
    )
    large = PROCESS.format(
        id="large", title="Large customers", segments="enterprise", first="discover", first_title="Discovery",
        capture="close_date",
    )  # fmt: skip
    large += "fields: {only_large: {type: text, title: Asked of large ones only}}\n"
    (elsewhere / "rules/small.yaml").write_text(small, encoding="utf-8")
    (elsewhere / "rules/large.yaml").write_text(large, encoding="utf-8")
    text = "kind: workspace/v1\nid: w\ntitle: W\nprocesses: [small, large]\n"
    (elsewhere / "dealgate.yaml").write_text(text, encoding="utf-8")
    (elsewhere / "deals.csv").write_text(CSV, encoding="utf-8")
    return elsewhere


def deals(*words: str) -> dict[str, Any]:
    found = json.loads(dealgate("check", "deals.csv", *AS_OF, "--output", "json", *words).out)
    return {d["id"]: d for d in found["deals"]}


def test_each_process_has_its_own_heading_and_there_is_one_total(house: Path) -> None:
    ran = dealgate("check", "deals.csv", *AS_OF)
    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= 80
    golden("check-shared-80.txt", ran.out)
    golden("check-shared-told.txt", ran.err)


@pytest.mark.parametrize("engine", ["python", "polars"])
def test_every_deal_says_its_process_and_none_is_lost(house: Path, engine: str) -> None:
    ran = dealgate("check", "deals.csv", *AS_OF, "--output", "json", "--engine", engine)
    found = json.loads(ran.out)
    schema = json.loads((CHECKOUT / "schemas/output/check-routed.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, schema)
    assert {d["id"]: d["process"] for d in found["deals"]} == {
        "S1": "small", "S2": "small", "S3": "small", "L1": "large", "L2": "large", "X1": None, "X2": None,
    }  # fmt: skip
    assert [p["summary"]["deals"] for p in found["processes"]] == [3, 2]
    assert (found["summary"]["deals"], found["summary"]["unmapped"]) == (7, 3)
    held = {d["id"]: d for d in found["deals"]}
    assert held["X1"]["unmapped"] == "it is not known whether `small` or `large` takes it"
    assert held["X2"]["unmapped"] == "none takes it"
    assert held["L2"]["unmapped"] == "its stage is “talk”, which the process does not have"


def test_a_process_that_is_named_judges_alone(house: Path) -> None:
    found = json.loads(dealgate("check", "deals.csv", *AS_OF, "--output", "json", "--process", "large").out)
    assert found["playbook"]["id"] == "large" and "processes" not in found
    assert [d["id"] for d in found["deals"] if d["status"] == "open"] == ["L1"]


@pytest.mark.parametrize("output", ["jsonl", "csv", "html", "parquet", "xlsx"])
def test_every_output_has_every_deal(house: Path, output: str) -> None:
    ran = dealgate("check", "deals.csv", *AS_OF, "--output", output, "--out", f"out.{output}")
    assert ran.code == 0, ran.err
    wanted = {"S1": "small", "L1": "large", "X1": None}
    path = house / f"out.{output}"
    if output == "jsonl":
        found = {d["id"]: d["process"] for d in map(json.loads, path.read_text("utf-8").splitlines())}
    elif output == "csv":
        rows = csv.DictReader(io.StringIO(path.read_text("utf-8")))
        found = {row["id"]: row["process"] or None for row in rows}
    elif output == "parquet":
        found = dict(pl.read_parquet(path).select("id", "process").iter_rows())
    elif output == "xlsx":
        found = dict(pl.read_excel(path).select("id", "process").iter_rows())
    else:
        text = path.read_text("utf-8")
        assert "<h2>Small customers</h2>" in text and "Tailspin: it is not known whether" in text
        return
    assert len(found) == 7 and {k: found[k] for k in wanted} == wanted


def test_explain_gate_and_qualify_take_the_process_of_the_deal(house: Path) -> None:
    assert "Discovery" in dealgate("explain", "deals.csv", *AS_OF, "--deal", "L1").out
    assert "First talk" in dealgate("explain", "deals.csv", *AS_OF, "--deal", "Northwind").out
    left = dealgate("explain", "deals.csv", *AS_OF, "--deal", "X2")
    assert left.code == 0 and "Not judged: none takes it." in left.out
    gate = dealgate("gate", "deals.csv", *AS_OF, "--deal", "L1", "--to", "close", "--output", "json")
    assert json.loads(gate.out)["playbook"]["id"] == "large" and gate.code == 1
    refused = dealgate("gate", "deals.csv", *AS_OF, "--deal", "X1", "--to", "close")
    assert (refused.code, refused.out) == (1, "") and "Not judged: it is not known" in refused.err
    scored = dealgate("qualify", "deals.csv", *AS_OF, "--output", "json")
    told = json.loads(scored.out)["processes"]
    assert [(p["playbook"]["id"], [d["id"] for d in p["deals"]]) for p in told] == [
        ("small", ["S1", "S2"]), ("large", ["L1", "L2"]),
    ]  # fmt: skip
    assert "DG759" in scored.err


def test_metrics_rest_on_the_deals_of_their_process_and_say_what_is_left_out(house: Path) -> None:
    ran = dealgate("metrics", "deals.csv", *AS_OF, "--metric", "win_rate", "--output", "json", "--process", "small")
    assert "4 deals are left out, which the process small is not for" in ran.err
    assert json.loads(ran.out)["playbook"]["id"] == "small"


def test_fail_on_looks_at_all_processes(house: Path) -> None:
    assert dealgate("check", "deals.csv", *AS_OF, "--fail-on", "blocked").code == 1
    assert deals()["L1"]["state"] == "blocked" and deals()["S1"]["state"] == "ready"


def test_a_field_that_one_process_knows_is_no_stranger(house: Path) -> None:
    assert "DG684" not in dealgate("check", "deals.csv", *AS_OF).err
    assert "`only_large`" in dealgate("check", "deals.csv", *AS_OF, "--process", "small").err
