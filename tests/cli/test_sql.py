"""``dealgate sql`` prints a query, what creates a view of it, or writes dbt; ``validate --dialect`` tells the gaps."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot
from tests.cli.running import AS_OF, dealgate

MAVEN = ["--mapping", "maven", *AS_OF]


@pytest.mark.parametrize("dialect", ["snowflake", "bigquery", "databricks"])
def test_the_query_of_a_warehouse_is_read_back(dialect: str) -> None:
    ran = dealgate("sql", "--dialect", dialect, *MAVEN)
    assert ran.code == 0
    assert len(sqlglot.parse(ran.out, dialect=dialect)) == 1
    assert ran.out.startswith("-- Practical sales process: practical 1.0.0, sha256:")
    assert "as of 2026-11-23T23:59:59+00:00" in ran.out


def test_the_mapping_chooses_the_process() -> None:
    assert "leads" in dealgate("sql", "--dialect", "duckdb", "--mapping", "olist", *AS_OF).out.splitlines()[0]


def test_a_view_is_created_under_its_name() -> None:
    out = dealgate("sql", "--dialect", "postgres", *MAVEN, "--create", "view", "checks.deals").out
    assert 'CREATE VIEW "checks"."deals" AS\nWITH ' in out and out.rstrip().endswith(";")


def test_the_same_moment_gives_the_same_text() -> None:
    words = ["sql", "--dialect", "sqlite", *MAVEN]
    assert dealgate(*words).out == dealgate(*words).out


def test_strict_fails_where_a_criterion_cannot_be_judged(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "kind: mapping/v1\nid: mine\ntitle: Mine\nsource: {date_format: DD MMM YYYY}\n"
        "deals: {from: deals.csv, id: id, fields: {stage: {from: stage}, close_date: {from: close}}}\n",
        encoding="utf-8",
    )
    words = ["sql", "--dialect", "sqlite", "--mapping", file, *AS_OF]
    assert dealgate(*words).code == 0
    strict = dealgate(*words, "--strict")
    assert strict.code == 1 and strict.out == "" and "DG913" in strict.err
    told = dealgate("validate", "practical", "--dialect", "sqlite", "--mapping", file)
    assert told.code == 0 and "DG910" in told.out and "DG913" in told.out


def test_dbt_needs_a_mapping(tmp_path: Path) -> None:
    ran = dealgate("sql", "--dialect", "duckdb", "--dbt", tmp_path / "dbt", *AS_OF)
    assert ran.code == 2 and "DG916" in ran.err and not (tmp_path / "dbt").exists()


def test_dbt_is_written_once(tmp_path: Path) -> None:
    words = ["sql", "--dialect", "duckdb", *MAVEN, "--dbt", tmp_path / "dbt"]
    assert "7 of them new or changed" in dealgate(*words).err
    assert "0 of them new or changed" in dealgate(*words).err


def test_a_mapping_of_other_records_is_refused() -> None:
    ran = dealgate("sql", "--dialect", "duckdb", "--mapping", "olist", "--process", "practical", *AS_OF)
    assert ran.code == 3 and "DG654" in ran.err
