"""The forecast, as it is typed: by every method, by parts, with what is proven, and held to what came."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dealgate.forecast.methods import methods

from .running import CHECKOUT, Ran, dealgate, golden

ON = ("--as-of", "2026-11-23")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    file = folder / "company.jsonl"
    made = dealgate("demo", "--deals", "600", *ON, "--save", str(file))
    assert made.code == 0, made.err
    return file


def forecast(*words: str | Path) -> Ran:
    return dealgate("forecast", *(str(word) for word in words))


def told(*words: str | Path, schema: str = "forecast") -> dict[str, Any]:
    made = forecast(*words, "--output", "json")
    assert made.code == 0, made.err
    found: dict[str, Any] = json.loads(made.out)
    jsonschema.validate(found, json.loads((CHECKOUT / f"schemas/output/{schema}.schema.json").read_text()))
    return found


def test_it_is_shown_at_eighty_columns(company: Path) -> None:
    golden("forecast-80.txt", forecast(company, *ON, "--by", "team", "--target", "900000").out)


def test_every_total_is_the_sum_of_what_it_lists(company: Path) -> None:
    for one in told(company, *ON)["methods"]:
        if one["total"] is not None:
            parts = Decimal(one["won"]) + Decimal(one["new"]) + sum(Decimal(deal["expected"]) for deal in one["deals"])
            assert parts == Decimal(one["total"]), one["id"]


@pytest.mark.parametrize("by", ["owner", "team", "region", "segment", "category", "stage"])
@pytest.mark.parametrize("method", ["commit", "stage-weighted", "historical"])
def test_parts_add_to_the_whole_to_the_cent(company: Path, by: str, method: str) -> None:
    found = told(company, *ON, "--method", method, "--by", by)
    (whole,) = found["methods"]
    for name in ("won", "open", "new", "total"):
        assert sum(Decimal(part[name]) for part in found["parts"]) == Decimal(whole[name]), name
    listed = [deal for part in found["parts"] for deal in part["deals"]]
    assert len(listed) == len(set(listed))
    assert {deal["id"] for deal in whole["deals"]} <= set(listed)


def test_csv_has_a_row_a_deal_and_adds_to_the_same(company: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(forecast(company, *ON, "--output", "csv").out)))
    for one in told(company, *ON)["methods"]:
        mine = [row for row in rows if row["method"] == one["id"] and row["what"] != "none"]
        if one["total"] is not None:
            assert sum(Decimal(row["amount"]) for row in mine) == Decimal(one["total"])


def test_what_is_called_and_not_proven_is_listed_with_what_it_lacks(company: Path) -> None:
    held = told(company, *ON)["evidence"]
    gap = Decimal(held["called"]) - Decimal(held["proven"])
    assert held["unproven"]
    assert sum(Decimal(one["amount"] or 0) for one in held["unproven"]) == gap
    assert all(one["unmet"] or one["unknown"] for one in held["unproven"])


def test_salesforce_weighted_by_the_crm(shared_data: Path) -> None:
    folder = shared_data / "salesforce_developer_sample"
    words = (folder, "--as-of", "2020-12-31", "--period", "all", "--method", "stage-weighted")
    (by_crm,) = told(*words, "--weights", "crm")["methods"]
    assert (by_crm["won"], by_crm["open"]) == ("3645000.00", "1094500.00")
    (whole,) = told(*words[:-1], "pipeline")["methods"]
    assert whole["open"] == "2115000.00"
    (by_process,) = told(*words, "--weights", "process")["methods"]
    assert by_process["open"] == "859000.00"


def test_maven_backtest_beats_the_naive_baseline(shared_data: Path) -> None:
    words = ("backtest", shared_data / "maven_crm_sales", "--as-of", "2017-12-31", "--periods", "4", "--at", "day1")
    golden("forecast-maven.txt", forecast(*words, "--basis", "count").out)
    for basis in ("count", "list_amount"):
        found = told(*words, "--basis", basis, schema="backtest")
        scores = {one["method"]: one for one in found["scores"]}
        assert scores["historical"]["n"] == scores["naive"]["n"] == 3
        assert scores["historical"]["wape"] < scores["naive"]["wape"]
        first = [one for one in found["forecasts"] if one["period"] == "2017-01-01"]
        assert all(one["forecast"] is None and one["reason"] for one in first), "Q1 refuses for want of history"
        naive = {one["period"]: one["forecast"] for one in found["forecasts"] if one["method"] == "naive"}
        came = {one["period"]: one["actual"] for one in found["forecasts"]}
        assert naive["2017-04-01"] == came["2017-01-01"], "naive is the previous quarter"


def test_maven_amounts_exist_only_after_the_outcome_and_so_forecast_nothing(shared_data: Path) -> None:
    words = ("backtest", shared_data / "maven_crm_sales", "--as-of", "2017-12-31", "--periods", "4", "--at", "day1")
    found = told(*words, schema="backtest")
    assert all(one["forecast"] is None for one in found["forecasts"])
    assert {one["reason"] for one in found["forecasts"] if one["period"] == "2017-10-01"} >= {
        "no open deal has an amount that was known by then",
        "no won deal has an amount that was known by then",
    }


def test_the_backtest_is_told_at_eighty_columns(company: Path) -> None:
    golden("forecast-backtest-80.txt", forecast("backtest", company, *ON, "--periods", "4", "--at", "day1,-14d").out)


def test_a_deal_is_explained(company: Path) -> None:
    deals = told(company, *ON, "--method", "historical")["methods"][0]["deals"]
    ident = max(deals, key=lambda one: Decimal(one["expected"]))["id"]
    golden("forecast-explain.txt", forecast("explain", company, *ON, "--deal", ident).out)
    found = told("explain", company, *ON, "--deal", ident, schema="forecast_explain")
    assert {one["id"] for one in found["methods"]} <= set(methods())


def test_calibration_is_a_change_of_the_file_and_changes_nothing(company: Path) -> None:
    file = CHECKOUT / "rules/processes/practical.yaml"
    before = file.read_bytes()
    golden("forecast-calibrate.txt", forecast("calibrate", company, *ON).out)
    found = told("calibrate", company, *ON, schema="calibrate")
    changed = [one for one in found["stages"] if one["proposed"]]
    assert changed
    assert all(f"+    probability: {one['proposed']}" in found["change"] for one in changed)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("scenario", "less"), [("without-largest", True), ("slip-month", True), ("best-quarter:qualification", False)]
)
def test_a_scenario_stands_beside_what_is(company: Path, scenario: str, less: bool) -> None:
    found = told(company, *ON, "--scenario", scenario, "--method", "historical")
    (one,) = found["methods"]
    assert found["scenario"]
    assert (Decimal(one["total"]) < Decimal(found["as_it_is"]["historical"])) is less


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--method", "history"), "DG850"),
        (("--target", "2.5m"), "DG853"),
        (("--scenario", "best-quatre"), "DG854"),
        (("--scenario", "own-calibration:Nobody"), "DG854"),
        (("--period", "Q4"), "DG902"),
    ],
)
def test_what_cannot_be_asked_says_what_can(company: Path, words: tuple[str, str], code: str) -> None:
    made = forecast(company, *ON, *words)
    assert (made.code, made.out) == (2, "")
    assert f"error {code}" in made.err


def test_a_backtest_needs_a_moment_and_a_period_that_is_over(company: Path) -> None:
    assert "error DG851" in forecast("backtest", company, *ON, "--at", "start").err
    assert "error DG852" in forecast("backtest", company, "--as-of", "2001-01-01").err


def test_without_a_past_each_method_says_why_it_says_nothing(tmp_path: Path) -> None:
    file = tmp_path / "deals.csv"
    file.write_text("id,name,stage,amount,close_date\nD-1,Contoso,proposal,1000,2026-12-01\n")
    made = forecast(file, "--as-of", "2026-11-23")
    assert made.code == 0, made.err
    golden("forecast-one-deal.txt", made.out)
    assert "error DG855" in forecast("calibrate", file, "--as-of", "2026-11-23").err
