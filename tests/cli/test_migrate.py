"""Deals in flight under other stages: previewed, judged where they are now, and told of everywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from .running import AS_OF, CHECKOUT, dealgate, golden

HEAD = "kind: process/v1\nid: %s\ntitle: %s\nversion: %s\nowner: Sales Operations\ncurrency: EUR\n"
OLD = (
    HEAD % ("house", "House process", "1.0.0")
    + """\
stages:
  - {id: demo, title: Demo, capture: [amount]}
  - {id: negotiation, title: Negotiation}
  - {id: close, title: Close}
"""
)
NEW = (
    HEAD % ("house", "House process", "2.0.0")
    + """\
stages:
  - id: needs
    title: Needs assessment
    replaces: [demo]
    capture: [amount]
    exit:
      - {id: dated, title: The close date is agreed with the buyer, check: {field: close_date, filled: true}, fix: Ask.}
  - {id: proposal, title: Proposal}
  - {id: close, title: Close}
becomes:
  negotiation: [{stage: close, when: {field: amount, at_least: 50000}}, {stage: proposal}]
"""
)
CSV = """\
id,name,stage,status,amount,close_date
A1,Northwind,demo,open,12000.50,
A2,Contoso,demo,open,9000 USD,2026-12-20
A3,Fabrikam,negotiation,open,80000,2026-12-20
A4,Litware,negotiation,open,,2026-12-20
A5,Tailspin,close,open,70000,2026-12-20
A6,Adatum,demo,won,5000,2026-10-20
A7,Proseware,Negotation,open,3000,2026-12-20
A8,Wingtip,negotiation,open,4000,2026-12-20
"""


@pytest.fixture
def house(elsewhere: Path) -> Path:
    """A folder with the deals and both versions of the process."""
    for name, text in (("old.yaml", OLD), ("new.yaml", NEW), ("deals.csv", CSV)):
        (elsewhere / name).write_text(text, encoding="utf-8")
    return elsewhere


def schema(name: str) -> Any:
    return json.loads((CHECKOUT / f"schemas/output/{name}.schema.json").read_text(encoding="utf-8"))


def test_the_preview_at_80_columns(house: Path) -> None:
    ran = dealgate("migrate", "deals.csv", "--process", "new.yaml", "--from", "old.yaml", *AS_OF)
    assert ran.code == 1
    assert max(map(len, ran.out.splitlines())) <= 80
    golden("migrate-80.txt", ran.out)


def test_the_preview_as_json_fits_its_schema_and_names_every_deal(house: Path) -> None:
    ran = dealgate("migrate", "deals.csv", "--process", "new.yaml", "--from", "old.yaml", *AS_OF, "--output", "json")
    found = json.loads(ran.out)
    jsonschema.validate(found, schema("migrate"))
    assert {(m["from"], m["to"]): (m["ids"], m["closed"]) for m in found["moved"]} == {
        ("demo", "needs"): (["A1", "A2"], 1),
        ("negotiation", "proposal"): (["A8"], 0),
        ("negotiation", "close"): (["A3"], 0),
        ("negotiation", None): (["A4"], 0),
        ("Negotation", None): (["A7"], 0),
    }
    demo = found["moved"][0]
    assert demo["amounts"] == [{"amount": "12000.50", "currency": "EUR"}, {"amount": "9000.00", "currency": "USD"}]
    assert demo["states"] == {"ready": 1, "unknown": 0, "blocked": 1}
    assert found["nowhere"] == ["A4", "A7"] and found["stays"] == 1
    assert found["newly_blocked"] == {"ids": ["A1"], "most_often_by": "needs.dated", "deals": 1}
    assert {(t["before"], t["after"]): t["deals"] for t in found["turns"]} == {
        ("ready", "ready"): 4,
        ("ready", "blocked"): 1,
        ("ready", None): 1,
    }


def test_a_preview_that_leaves_no_deal_behind_ends_well_and_writes_nothing(house: Path) -> None:
    text = "\n".join(line for line in CSV.splitlines() if line[:2] not in ("A4", "A7"))
    (house / "deals.csv").write_text(text + "\n", encoding="utf-8")
    before = {path.name: path.read_bytes() for path in house.iterdir()}
    ran = dealgate("migrate", "deals.csv", "--process", "new.yaml", *AS_OF)
    assert ran.code == 0 and "left in none" not in ran.out
    assert {path.name: path.read_bytes() for path in house.iterdir()} == before


@pytest.mark.parametrize("engine", ["python", "polars", "duckdb"])
def test_every_engine_judges_deals_in_the_stages_of_now_and_tells(house: Path, engine: str) -> None:
    ran = dealgate("check", "deals.csv", "--process", "new.yaml", *AS_OF, "--engine", engine, "--output", "json")
    summary = json.loads(ran.out)["summary"]
    assert (summary["open"], summary["won"], summary["unmapped"], summary["blocked"]) == (5, 1, 2, 1)
    assert "info DG756: 3 deals are in `demo`, which is now `needs`." in ran.err
    assert "it is not known which of its successors it is in: A4." in ran.err
    assert "1 deal is in `Negotation`, a stage that the process does not have: A7." in ran.err


def test_a_database_reads_former_stages_and_says_what_it_cannot(house: Path) -> None:
    import duckdb

    with duckdb.connect(str(house / "crm.duckdb")) as base:
        base.execute("CREATE TABLE deals (id TEXT, name TEXT, stage TEXT, status TEXT, amount DECIMAL(18, 2))")
        rows = [("A1", "N", "demo", "open", 10), ("A2", "C", "demo", "open", None), ("A3", "F", "close", "open", 5)]
        base.executemany("INSERT INTO deals VALUES (?, ?, ?, ?, ?)", rows)
    (house / "sure.yaml").write_text(NEW.partition("becomes:")[0], encoding="utf-8")
    words = ["--output", "json", *AS_OF]
    ran = dealgate("check", "duckdb:///crm.duckdb", "--process", "sure.yaml", *words)
    found = json.loads(ran.out)
    assert {s["stage"]: s["open"] for s in found["stages"]} == {"needs": 2, "close": 1}, ran.err
    assert "DG756: Deals in `demo` are read as in `needs`, which it is now." in ran.err
    split = dealgate("check", "duckdb:///crm.duckdb", "--process", "new.yaml", *words)
    assert split.code == 5 and "DG931" in split.err and "`negotiation` was split by conditions" in split.err


def test_json_says_where_a_deal_was_and_why_it_is_nowhere(house: Path) -> None:
    ran = dealgate("check", "deals.csv", "--process", "new.yaml", *AS_OF, "--output", "json")
    found = json.loads(ran.out)
    jsonschema.validate(found, schema("check"))
    deals = {d["id"]: d for d in found["deals"]}
    assert (deals["A1"]["stage"], deals["A1"]["was"]) == ("needs", "demo")
    assert "was" not in deals["A5"] and "unmapped" not in deals["A5"]
    assert deals["A4"]["unmapped"].startswith("its stage was “negotiation”, which the process has no more")
    assert deals["A7"]["unmapped"] == "its stage is “Negotation”, which the process does not have"


def test_explain_and_gate_say_where_the_source_has_the_deal(house: Path) -> None:
    words = ["deals.csv", "--process", "new.yaml", *AS_OF]
    told = "Its source has it in `demo`, which is now Needs assessment."
    assert told in dealgate("explain", *words, "--deal", "A1").out
    assert told in dealgate("gate", *words, "--deal", "A1", "--to", "proposal").out
    assert "Its source has it" not in dealgate("explain", *words, "--deal", "A5").out
    decision = json.loads(dealgate("gate", *words, "--deal", "A1", "--to", "proposal", "--output", "json").out)
    jsonschema.validate(decision, schema("gate"))
    assert (decision["from"], decision["was"], decision["decision"]) == ("needs", "demo", "block")
    lost = " ".join(dealgate("explain", *words, "--deal", "A4").out.split())
    assert "Not judged: its stage was “negotiation”, which the process has no more" in lost


def test_the_store_is_read_in_the_stages_of_now_and_keeps_what_it_has(house: Path) -> None:
    text = "kind: workspace/v1\nid: w\ntitle: W\nprocesses: [house]\nsources: {crm: {path: deals.csv}}\n"
    (house / "dealgate.yaml").write_text(text, encoding="utf-8")
    (house / "rules").mkdir()
    (house / "rules/house.yaml").write_text(OLD, encoding="utf-8")
    assert dealgate("store", "init").code == 0
    loaded = dealgate("store", "load", "crm", *AS_OF)
    assert loaded.code == 0, loaded.err
    (house / "rules/house.yaml").write_text(NEW, encoding="utf-8")
    ran = dealgate("check", "store", *AS_OF, "--output", "json")
    assert "3 deals are in `demo`, which is now `needs`." in ran.err
    deals = {d["id"]: d["stage"] for d in json.loads(ran.out)["deals"]}
    assert (deals["A1"], deals["A3"], deals["A8"], deals["A4"]) == ("needs", "close", "proposal", None)
    assert "3 deals are in `demo`, which is now `needs`." in dealgate("metrics", *AS_OF, "--metric", "win_rate").err
    preview = json.loads(dealgate("migrate", "store", *AS_OF, "--output", "json").out)
    assert {(m["from"], m["to"]): len(m["ids"]) for m in preview["moved"]}[("demo", "needs")] == 2
    (house / "rules/house.yaml").write_text(OLD, encoding="utf-8")
    back = {
        d["id"]: d["stage"] for d in json.loads(dealgate("check", "store", *AS_OF, "--output", "json").out)["deals"]
    }
    assert (back["A1"], back["A3"], back["A4"]) == ("demo", "negotiation", "negotiation")
