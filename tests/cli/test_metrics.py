"""Metrics and scorecards on the command line."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import fastexcel
import jsonschema
import pytest

from dealgate.cli.render.figures import between, change, number, shown, spark
from dealgate.metrics.figure import Figure, nothing
from dealgate.metrics.shares import share
from dealgate.model.metrics import METRICS

from .running import AS_OF, dealgate, golden
from .test_past import schema, told

TARGETS = """\
kind: targets/v1
id: fy26
title: Fiscal year 2026
version: 1.0.0
owner: Sales Operations
currency: USD
quotas:
  - {period: 2026-Q4, amount: 900000}
  - {owner: Zanele Eriksen, period: 2026-Q4, amount: 100000}
targets:
  - {metric: win_rate, value: 30%}
  - {metric: stalled_share, value: 20%, direction: lower}
"""


@pytest.fixture
def targets(tmp_path: Path) -> Path:
    path = tmp_path / "targets.yaml"
    path.write_text(TARGETS, encoding="utf-8")
    return path


# ------------------------------------------------ metrics


@pytest.mark.parametrize("columns", [80, 100])
def test_the_table_of_metrics_fits_its_terminal(company: Path, columns: int) -> None:
    ran = dealgate("metrics", company, *AS_OF, columns=columns)
    assert ran.code == 0, ran.err
    assert max(map(len, ran.out.splitlines())) <= columns
    golden(f"metrics-{columns}.txt", ran.out)


def test_groups_and_quarters_read_well(company: Path) -> None:
    by_owner = dealgate("metrics", company, *AS_OF, "--metric", "win_rate", "--by", "owner")
    by_quarter = dealgate("metrics", company, *AS_OF, "--metric", "win_rate", "--by", "segment,quarter")
    golden("metrics-by-owner.txt", by_owner.out)
    golden("metrics-by-quarter.txt", by_quarter.out)
    assert re.search(r"[▁▂▃▄▅▆▇█·]{4,}", by_quarter.out)


def test_a_comparison_shows_how_far_figures_have_moved(company: Path) -> None:
    days = ("--since", "2026-07-01", "--until", "2026-09-30")
    words = ("metrics", company, *AS_OF, "--metric", "win_rate", *days)
    previous = dealgate(*words, "--compare", "previous")
    assert previous.code == 0 and "pts" in previous.out, previous.err
    assert dealgate(*words, "--compare", "year").code == 0
    told(dealgate("metrics", company, *AS_OF, "--compare", "previous"), "DG902", 2)


def test_json_and_csv_hold_the_same_figures(company: Path) -> None:
    words = ("metrics", company, *AS_OF, "--metric", "win_rate", "--metric", "cycle_time", "--by", "owner")
    found = json.loads(dealgate(*words, "--output", "json").out)
    jsonschema.Draft202012Validator(schema("metrics")).validate(found)
    rows = list(csv.DictReader(io.StringIO(dealgate(*words, "--output", "csv").out)))
    assert len(rows) == len(found["figures"]) > 10
    for row, figure in zip(rows, found["figures"], strict=True):
        assert (row["metric"], row["measure"], row["owner"]) == (figure["metric"], figure["measure"], figure["owner"])
        assert row["value"] == ("" if figure["value"] is None else str(figure["value"]))
        assert (figure["value"] is None) is bool(figure["reason"])


def test_a_workbook_and_a_page_are_whole(company: Path, tmp_path: Path) -> None:
    words = ("metrics", company, *AS_OF, "--by", "stage")
    for output in ("xlsx", "html"):
        assert dealgate(*words, "--output", output, "--out", tmp_path / f"m.{output}").code == 0
    book = fastexcel.read_excel(tmp_path / "m.xlsx")
    assert book.sheet_names == ["Figures", "Meanings"]
    page = (tmp_path / "m.html").read_text(encoding="utf-8")
    assert "<svg" in page and not re.search(r"https?://|<script|<link", page)
    told(dealgate(*words, "--output", "xlsx"), "DG902", 2)


def test_every_metric_is_listed_and_told_in_full() -> None:
    listed = dealgate("metrics", "--list").out
    assert [name for name in METRICS if not re.search(rf"^{name} ", listed, re.M)] == []
    whole = dealgate("metrics", "--list", "--metric", "win_rate").out
    golden("metrics-win-rate.txt", whole)
    told(dealgate("metrics", "--list", "--metric", "winrate"), "DG960", 2)


@pytest.mark.parametrize(
    "words", [("--metric", "nope"), ("--by", "nope"), ("--policy", "reopen_policy"), ("--policy", "reopen_policy=x")]
)
def test_what_is_none_is_told(company: Path, words: tuple[str, str]) -> None:
    ran = dealgate("metrics", company, *AS_OF, *words)
    assert ran.code == 2 and "Traceback" not in ran.all and re.search(r"DG\d{3}", ran.err), ran


def test_an_export_says_that_its_history_is_backfilled_and_what_has_no_date(shared_data: Path) -> None:
    words = ("metrics", shared_data / "maven_crm_sales", "--as-of", "2018-01-01", "--metric", "win_rate")
    ran = dealgate(*words)
    assert "63.2 %" in ran.out and "6,711" in ran.out
    assert "backfilled" in ran.out and "500 deals, in Prospecting, have no date of any kind" in ran.out.replace(
        "\n", " "
    )


# ------------------------------------------------ scorecards


def test_a_scorecard_holds_figures_against_targets(company: Path, targets: Path) -> None:
    ran = dealgate("scorecard", company, "--targets", targets, *AS_OF, columns=100)
    assert ran.code == 0, ran.err
    assert max(map(len, ran.out.splitlines())) <= 100
    golden("scorecard.txt", ran.out)


def test_the_json_of_scorecards_holds_to_its_schema(company: Path, targets: Path) -> None:
    words = ("scorecard", company, "--targets", targets, *AS_OF)
    found = json.loads(dealgate(*words, "--output", "json").out)
    jsonschema.Draft202012Validator(schema("scorecard")).validate(found)
    kinds = [card["kind"] for card in found["cards"]]
    assert kinds[0] == "company" and {"team", "owner"} <= set(kinds)
    one = json.loads(dealgate(*words, "--owner", "zanele eriksen", "--output", "json").out)
    assert [card["title"] for card in one["cards"]] == ["Zanele Eriksen"]
    quota: dict[str, Any] = next(item for item in one["cards"][0]["items"] if item["metric"] == "attainment")
    assert quota["target"] == 100000
    told(dealgate(*words, "--owner", "Nobody"), "DG901", 2)
    rows = list(csv.DictReader(io.StringIO(dealgate(*words, "--output", "csv").out)))
    assert len(rows) == sum(len(card["items"]) for card in found["cards"])


def test_targets_that_do_not_hold_are_told_at_their_line(company: Path, targets: Path) -> None:
    targets.write_text(TARGETS.replace("win_rate", "winrate"), encoding="utf-8")
    ran = dealgate("scorecard", company, "--targets", targets, *AS_OF)
    assert ran.code == 3 and "targets.yaml:" in ran.err and "win_rate" in ran.err, ran


# ------------------------------------------------ figures


def test_figures_are_written_as_people_write_them() -> None:
    half = share(107, 152)
    assert (shown(half), between(half)) == ("70.4 %", "63–77 %")
    assert number(10_005_534, "USD") == "10,005,534 USD"
    assert number(2000, "USD/day") == "2,000 USD a day"
    assert (number(57, "days"), number(-1.25, "days")) == ("57 days", "−1.3 days")
    assert shown(nothing("none", unit="share")) == "–"
    before = Figure(value=0.5, unit="share", n=3)
    assert change(Figure(value=0.45, unit="share", n=3), before) == "−5 pts"
    assert change(before, None) == ""
    assert spark([1, 2, None, 3]) == "▁▅·█" and spark([2, 2]) == "▅▅" and spark([None]) == "·"
