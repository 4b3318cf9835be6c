"""The dbt project: deterministic, documented by the process, and never in the way of other files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml
from tests.sources.mapped import process
from tests.sources.staging.staged import mapping_of

from dealgate.decide.judge import Judge
from dealgate.model.diagnostics import WrongUsage
from dealgate.publish.dbt import SHOWN, STATUSES, project
from dealgate.publish.dbt_write import MARK, write
from dealgate.publish.pushed import push
from dealgate.sources.staging.raw import Raw


def files(dialect: str = "duckdb", mapping: str = "maven") -> dict[str, str]:
    judged, raw = process(), Raw(have=frozenset({"*"}))
    moment = Judge(judged).moment(date(2017, 6, 30))
    mapped = mapping_of(mapping, judged)
    return project(push(judged, moment, dialect, mapped, raw=raw, shown=SHOWN), "sha256:0", mapped, raw, moment)


def test_the_same_documents_give_the_same_files() -> None:
    assert files() == files()


def test_every_file_says_in_its_first_line_who_wrote_it() -> None:
    assert all(MARK in text.partition("\n")[0] for text in files().values())


def test_models_read_sources_and_models_only() -> None:
    found = files(mapping="salesforce-export")
    staging = found["models/staging/practical__deals.sql"]
    assert "{{ source('salesforce_export', 'Opportunity') }}" in staging and 'FROM "Opportunity"' not in staging
    assert "{{ ref('practical__deals') }}" in found["models/staging/practical__contacts.sql"]
    assert "{{ ref('practical__deals') }}" in found["models/marts/practical__verdicts.sql"]
    assert "{{ ref('practical__verdicts') }}" in found["models/marts/practical__summary.sql"]


def test_a_criterion_s_column_has_its_title_its_proof_and_its_fix() -> None:
    marts = yaml.safe_load(files()["models/marts/_marts.yml"])
    columns = {column["name"]: column for column in marts["models"][0]["columns"]}
    one = columns["qualification__need_stated"]
    assert one["description"].startswith("The buyer has stated a problem and what it costs them (block). Proof: ")
    assert "If it is not: " in one["description"]
    assert one["data_tests"] == ["not_null", {"accepted_values": {"arguments": {"values": list(STATUSES)}}}]
    assert "unique" in columns["id"]["data_tests"]


def test_every_raw_table_is_a_source_and_the_key_is_tested() -> None:
    source = yaml.safe_load(files(mapping="salesforce-export")["models/staging/_sources.yml"])["sources"][0]
    tables = {table["name"]: table for table in source["tables"]}
    assert {"Opportunity", "Account", "OpportunityContactRole"} <= set(tables)
    assert tables["Opportunity"]["columns"][0]["name"] == "Id"


def test_children_are_tested_to_belong_to_deals() -> None:
    models = yaml.safe_load(files(mapping="salesforce-export")["models/staging/_staging.yml"])["models"]
    contacts = next(model for model in models if model["name"] == "practical__contacts")
    deal = next(column for column in contacts["columns"] if column["name"] == "deal")
    assert {"relationships": {"arguments": {"to": "ref('practical__deals')", "field": "id"}}} in deal["data_tests"]


def test_writing_again_changes_nothing(tmp_path: Path) -> None:
    found = files()
    assert write(tmp_path / "dbt", found) == len(found)
    assert write(tmp_path / "dbt", found) == 0


def test_a_file_of_somebody_else_is_never_replaced(tmp_path: Path) -> None:
    mine = tmp_path / "dbt_project.yml"
    mine.write_text("name: mine\n", encoding="utf-8")
    with pytest.raises(WrongUsage) as refused:
        write(tmp_path, files())
    assert [d.code for d in refused.value.diagnostics] == ["DG915"]
    assert mine.read_text(encoding="utf-8") == "name: mine\n"
    assert [path.name for path in tmp_path.iterdir()] == ["dbt_project.yml"]
