"""A process and a mapping as one query: the verdicts of the check, and what is told of what a dialect cannot do."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from tests.sources.mapped import HEAD, process
from tests.sources.staging.staged import ORDER, Database, mapping_of, raw_tables

from dealgate.decide.judge import Judge
from dealgate.model.process import Process
from dealgate.publish.pushed import DIALECTS, Pushed, push
from dealgate.sources.open import open_source
from dealgate.sources.staging.raw import Raw

DAY = date(2017, 6, 30)
MAPPING = """
source: {date_format: DD MMM YYYY, currency: USD}
deals:
  from: deals.csv
  id: id
  fields: {stage: {from: stage}, amount: {from: amount}, close_date: {from: close}, name: {from: name}}
"""


def pushed(
    dialect: str, mapping: str | Path = "maven", judged: Process | None = None, raw: Raw | None = None
) -> Pushed:
    judged = judged or process()
    return push(judged, Judge(judged).moment(DAY), dialect, mapping_of(mapping, judged), raw=raw)


def hand(tmp_path: Path, text: str = MAPPING) -> Path:
    file = tmp_path / "mapping.yaml"
    file.write_text(HEAD + text, encoding="utf-8")
    return file


def verdicts(folder: Path, mapping: str, name: str, dialect: str, address: str = "") -> list[Any]:
    """Where the query and the judge disagree."""
    judged = process(name)
    judge = Judge(judged)
    moment = judge.moment(DAY)
    mapped = mapping_of(mapping, judged)
    database = Database(dialect, raw_tables(folder, mapped), address)
    found = push(judged, moment, dialect, mapped, raw=Raw(tables=database.columns, order=ORDER))
    cursor = database.connection.execute(found.sql())
    names = [one[0] for one in cursor.description]
    rows = {row[0]: dict(zip(names, row, strict=True)) for row in cursor.fetchall()}
    database.close()
    deals = open_source(folder, process=judged, mapping=mapping).deals
    assert set(rows) == {deal.id for deal in deals}
    columns = {criterion.id: column for column, criterion in found.columns.items()}
    wrong: list[Any] = []
    for deal in deals:
        row, standing = rows[deal.id], judge.standing(deal, moment.as_of)
        for verdict in judge.evaluate(deal, moment.as_of):
            if row[columns[verdict.criterion.id]] != verdict.status.value:
                wrong.append((deal.id, verdict.criterion.id, row[columns[verdict.criterion.id]], verdict.status.value))
        if (row["group"], row["state"]) != (standing.group, standing.state and standing.state.value):
            wrong.append((deal.id, row["group"], row["state"]))
    return wrong


@pytest.mark.parametrize("dialect", ["duckdb", "sqlite"])
def test_the_query_over_a_salesforce_export_gives_the_verdicts_of_the_check(shared_data: Path, dialect: str) -> None:
    assert verdicts(shared_data / "salesforce_developer_sample", "salesforce-export", "practical", dialect) == []


@pytest.mark.slow
@pytest.mark.parametrize("dialect", ["duckdb", "sqlite", "postgres"])
@pytest.mark.parametrize(
    ("folder", "mapping", "name"),
    [("maven_crm_sales", "maven", "practical"), ("olist_marketing_funnel", "olist", "leads")],
)
def test_the_query_over_thousands_of_deals_gives_the_verdicts_of_the_check(
    shared_data: Path, postgres_url: str, folder: str, mapping: str, name: str, dialect: str
) -> None:
    assert verdicts(shared_data / folder, mapping, name, dialect, postgres_url) == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_whole_query_is_read_back_by_its_dialect(dialect: str) -> None:
    text = pushed(dialect, "salesforce-export", raw=Raw(have=frozenset({"*"}))).sql()
    (read,) = sqlglot.parse(text, dialect=dialect)
    assert isinstance(read, sqlglot.exp.Select)
    steps = [cte.alias.casefold() for cte in read.args["with_"].expressions]
    assert len(set(steps)) == len(steps)


def test_every_column_says_which_criterion_it_is() -> None:
    found = pushed("duckdb")
    assert [column.alias for column in found.check.selects][:2] == [
        "id",
        "recycle__has_recycle_reason",
    ] or found.columns
    assert '"qualification__has_amount", /* Amount is captured (block) */' in found.sql()


def test_what_the_dialect_cannot_make_is_told_and_left_out(tmp_path: Path) -> None:
    found = pushed("sqlite", hand(tmp_path))
    told = [(d.code, d.severity.word) for d in found.diagnostics]
    assert ("DG910", "warning") in told and ("DG913", "warning") in told
    refused = next(d for d in found.diagnostics if d.code == "DG913" and "close-date-ahead" in d.message)
    assert refused.where.file.endswith("practical.yaml") and refused.where.line > 0
    assert "qualification__close_date_ahead" not in found.sql()
    assert "qualification__has_amount" in found.sql()
    assert "qualification__close_date_ahead" in pushed("duckdb", hand(tmp_path)).sql()


def test_a_list_inside_rows_is_no_empty_collection(tmp_path: Path) -> None:
    text = "deals: {from: deals.jsonl, id: id, fields: {stage: {from: stage}}}\n"
    text += "contacts: {from: deals.jsonl#contacts, fields: {name: {from: name}, role: {from: role}}}\n"
    found = pushed("duckdb", hand(tmp_path, text))
    assert any(d.code == "DG910" and "`contacts`" in d.message for d in found.diagnostics)
    assert any(d.code == "DG913" and "prospecting.contact-named" in d.message for d in found.diagnostics)


def test_optional_tables_are_told_until_they_are_named() -> None:
    told = next(d for d in pushed("duckdb", "salesforce-export").diagnostics if d.code == "DG912")
    assert "OpportunityContactRole.csv" in told.message and told.suggestion and "--have" in told.suggestion
    named = pushed("duckdb", "salesforce-export", raw=Raw(have=frozenset({"*"})))
    assert not any(d.code == "DG912" for d in named.diagnostics)
    assert '"OpportunityContactRole"' in named.sql()


def test_raw_names_and_schemas_are_written_as_the_database_keeps_them() -> None:
    text = pushed("snowflake", raw=Raw(schema=("crm", "raw"), spelled="upper")).sql()
    assert '"crm"."raw"."SALES_PIPELINE"' in text and '"DEAL_STAGE"' in text


def test_without_a_mapping_the_check_reads_ready_tables() -> None:
    judged = process()
    found = push(judged, Judge(judged).moment(DAY), "postgres")
    tables = {table.name for table in found.whole().find_all(sqlglot.exp.Table)}
    assert {"deals", "contacts", "activities"} <= tables and "sales_pipeline" not in tables
