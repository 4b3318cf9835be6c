"""What a database or an embedded engine says of the deals adds up to what is said of each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .running import AS_OF, CHECKOUT, dealgate


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("company") / "company.jsonl"
    assert dealgate("demo", *AS_OF, "--deals", 150, "--save", path).code == 0
    return path


def test_duckdb_counts_what_single_deals_say(company: Path) -> None:
    single = dealgate("check", company, *AS_OF, "--output", "json", "--engine", "python")
    pushed = dealgate("check", company, *AS_OF, "--output", "json", "--engine", "duckdb")
    assert (single.code, pushed.code) == (0, 0), pushed.err
    found = json.loads(pushed.out)
    assert found["summary"] == json.loads(single.out)["summary"]
    assert sum(stage["open"] for stage in found["stages"]) == found["summary"]["open"]


def test_the_figures_fit_their_schema(company: Path) -> None:
    import jsonschema

    ran = dealgate("check", company, *AS_OF, "--output", "json", "--engine", "duckdb")
    schema = json.loads((CHECKOUT / "schemas/output/check-summary.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(ran.out), schema)


def test_the_table_has_the_sums_and_the_stages(company: Path) -> None:
    single = dealgate("check", company, *AS_OF, "--engine", "python")
    pushed = dealgate("check", company, *AS_OF, "--engine", "duckdb")
    assert pushed.code == 0
    assert pushed.out.splitlines()[:2] == single.out.splitlines()[:2]
    assert "Judged by duckdb." in pushed.out
    assert max(map(len, pushed.out.splitlines())) <= 80


def test_only_figures_come_back(company: Path) -> None:
    ran = dealgate("check", company, *AS_OF, "--output", "csv", "--engine", "duckdb")
    assert ran.code == 2 and "DG909" in ran.err
