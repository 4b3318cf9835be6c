from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import fastexcel
import jsonschema
import polars as pl
import pytest
from tests.cli.running import AS_OF, CHECKOUT, dealgate, golden

from dealgate.cli.render.rows import COLUMNS
from dealgate.cli.render.timing import line


@pytest.fixture(scope="module")
def found(company: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(dealgate("check", company, "--output", "json", *AS_OF).out)
    return report


@pytest.mark.parametrize("columns", [80, 100])
def test_the_table_fits_its_terminal(company: Path, columns: int) -> None:
    out = dealgate("check", company, *AS_OF, columns=columns).out
    assert max(map(len, out.splitlines())) <= columns
    golden(f"check-{columns}.txt", out)


def test_the_table_shows_every_open_deal_when_asked(company: Path, found: dict[str, Any]) -> None:
    out = dealgate("check", company, "--limit", 0, *AS_OF).out
    assert len(re.findall(r"^  [✗?✓] ", out, re.M)) == found["summary"]["open"]
    assert "more open deals" not in out


def test_the_json_holds_to_its_schema_and_loses_no_deal(found: dict[str, Any], records: list[dict[str, Any]]) -> None:
    shape = json.loads((CHECKOUT / "schemas/output/check.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(shape).validate(found)
    sums = found["summary"]
    assert sums["deals"] == len(records) == len(found["deals"])
    assert sums["deals"] == sum(sums[k] for k in ("open", "won", "lost", "cancelled", "unmapped"))
    assert sums["open"] == sum(sums[k] for k in ("ready", "blocked", "unknown"))
    assert [d["id"] for d in found["deals"]] == [r["id"] for r in records]


def test_json_lines_are_the_deals_of_the_json(company: Path, found: dict[str, Any]) -> None:
    out = dealgate("check", company, "--output", "jsonl", *AS_OF).out
    assert [json.loads(line) for line in out.splitlines()] == found["deals"]


def rows_of(company: Path, output: str, out: Path) -> list[dict[str, Any]]:
    ran = dealgate("check", company, "--output", output, "--out", out, *AS_OF)
    assert (ran.code, ran.out) == (0, "")
    if output == "csv":
        with out.open(encoding="utf-8", newline="") as file:
            return [{k: v or None for k, v in row.items()} for row in csv.DictReader(file)]
    if output == "xlsx":
        return fastexcel.read_excel(out).load_sheet(0).to_polars().to_dicts()
    return pl.read_parquet(out).to_dicts()


@pytest.mark.parametrize("output", ["csv", "xlsx", "parquet"])
def test_a_file_of_rows_says_what_the_json_says(
    company: Path, found: dict[str, Any], tmp_path: Path, output: str
) -> None:
    rows = rows_of(company, output, tmp_path / f"deals.{output}")
    assert tuple(rows[0])[: len(COLUMNS)] == COLUMNS  # Parquet goes on with a column a criterion
    assert len(rows) == len(found["deals"])
    for row, deal in zip(rows, found["deals"], strict=True):
        assert (row["id"], row["name"], row["status"], row["state"]) == (
            deal["id"], deal["name"], deal["status"], deal["state"],
        )  # fmt: skip
        amount = None if row["amount"] is None else round(float(row["amount"]), 2)
        assert amount == (None if deal["amount"] is None else float(deal["amount"]["amount"]))
        gaps = [c for c in deal["criteria"] if c["status"] in ("unmet", "unknown")]
        assert (row["gaps"] or "") == "; ".join(c["title"] for c in gaps)


def test_csv_on_standard_output_is_csv(company: Path, found: dict[str, Any]) -> None:
    out = dealgate("check", company, "--output", "csv", *AS_OF).out
    assert [row["id"] for row in csv.DictReader(io.StringIO(out))] == [d["id"] for d in found["deals"]]


@pytest.mark.parametrize("output", ["xlsx", "parquet"])
def test_a_binary_format_asks_for_a_file(company: Path, output: str) -> None:
    ran = dealgate("check", company, "--output", output, *AS_OF)
    assert (ran.code, ran.out) == (2, "")
    assert "DG902" in ran.err and "--out" in ran.err


def test_the_page_is_whole_and_asks_nothing_of_the_network(company: Path, found: dict[str, Any]) -> None:
    out = dealgate("check", company, "--output", "html", *AS_OF).out
    assert out.startswith("<!doctype html>") and out.rstrip().endswith("</html>")
    assert not re.search(r"https?://|<script|<link|@import|url\(", out)
    assert out.count("<tr>") == found["summary"]["open"] + 1


@pytest.mark.parametrize("output", ["json", "csv", "xlsx", "parquet"])
def test_a_file_that_cannot_be_written_is_told_and_leaves_nothing(company: Path, tmp_path: Path, output: str) -> None:
    ran = dealgate("check", company, "--output", output, "--out", tmp_path / "missing" / "deals", *AS_OF)
    assert ran.code == 5 and "DG903" in ran.err
    ran = dealgate("check", company, "--output", output, "--out", tmp_path, *AS_OF)
    assert ran.code == 5 and "DG903" in ran.err
    assert not list(tmp_path.glob("*.part"))


def test_the_report_never_replaces_the_export_it_reads(tmp_path: Path) -> None:
    export = tmp_path / "deals.csv"
    export.write_text("id,stage\n1,qualification\n", encoding="utf-8")
    ran = dealgate("check", export, "--output", "csv", "--out", export, *AS_OF)
    assert ran.code == 2 and "DG907" in ran.err
    assert export.read_text(encoding="utf-8") == "id,stage\n1,qualification\n"


def test_deals_of_the_same_name_are_told_apart_by_their_ids(tmp_path: Path) -> None:
    export = tmp_path / "deals.csv"
    export.write_text("id,name,stage\nA-1,Twin,qualification\nA-2,Twin,qualification\nB,One,close\n", encoding="utf-8")
    out = dealgate("check", export, *AS_OF).out
    assert "A-1 Twin" in out and "A-2 Twin" in out and "B One" not in out


@pytest.mark.parametrize("engine", ["python", "polars", "duckdb"])
def test_timing_tells_of_reading_and_judging_apart(company: Path, engine: str) -> None:
    plain = dealgate("check", company, *AS_OF, "--output", "json", "--engine", engine)
    timed = dealgate("check", company, *AS_OF, "--output", "json", "--engine", engine, "--timing")
    assert timed.out == plain.out
    said = r"[\d,]+ deals read in [\d.]+ s \([\d.,]+( million)? a second\), judged in [\d.]+ s \([\d.,]+( million)? a second\)\."
    assert re.search(said, timed.err), timed.err


def test_timing_of_what_is_judged_where_it_is_or_as_it_streams_by() -> None:
    assert line(10_000_000, None, 18.94) == "10,000,000 deals read and judged in 18.9 s (530,000 a second)."
    assert line(1, 0.25, 0.0004) == "1 deal read in 0.250 s (4 a second), judged in 0.000 s (2,500 a second)."
    assert line(0, 0.1, 0.0) == "0 deals read in 0.100 s, judged in 0.000 s."
