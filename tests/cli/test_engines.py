"""Deals that stand in a database are judged there, with the figures that single deals add up to; and its bad days."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from .running import AS_OF, Ran, dealgate
from .staged import Tables, made, tables_of

JSON = (*AS_OF, "--output", "json")
SECRET = "s3cret@/pass"  # noqa: S105


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("company") / "company.jsonl"
    assert dealgate("demo", *AS_OF, "--deals", 200, "--save", path).code == 0
    return path


@pytest.fixture(scope="module")
def single(company: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(dealgate("check", company, *JSON, "--engine", "python").out)
    return found


def in_sqlite(path: Path, tables: Tables) -> str:
    with closing(sqlite3.connect(path)) as connection:
        made(tables, connection.execute, "?")
        connection.commit()
    return f"sqlite:///{path}"


def in_duckdb(path: Path, tables: Tables) -> str:
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.begin()
        made(tables, connection.execute, "?")
        connection.commit()
    return f"duckdb:///{path}"


def in_postgres(url: str, schema: str, tables: Tables) -> str:
    import psycopg

    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
        connection.execute(f'CREATE SCHEMA "{schema}"')
        connection.execute(f'SET search_path TO "{schema}"')
        with connection.transaction():
            made(tables, lambda sql, row=None: connection.execute(sql, row), "%s")
    return f"{url}#{schema}"


@pytest.fixture(params=["sqlite", "duckdb", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Callable[[Tables], str]]]:
    """A dialect, and what makes tables there and gives their URL."""
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
        yield "postgres", lambda tables: in_postgres(url, "sales", tables)
    else:
        put = in_sqlite if request.param == "sqlite" else in_duckdb
        yield request.param, lambda tables: put(tmp_path / f"sales.{request.param}", tables)


RULES = """\
kind: process/v1
id: tiny
title: Tiny
version: 1.0.0
owner: Sales Operations
currency: USD
stages:
  - id: one
    title: One
    category: pipeline
    probability: 10%
    exit:
      - {id: ordered, title: An order, check: {field: next_step, matches: "^PO-[0-9]+$"}, fix: Ask.}
      - {id: named, title: A rival, check: {field: competitor, filled: true}, fix: Ask.}
  - {id: two, title: Two, category: commit, probability: 70%}
outcomes:
  won: {require: []}
  lost: {require: [], reasons: [{id: price, counts_as: lost}]}
"""


def told(ran: Ran, code: str, status: int) -> Ran:
    assert (ran.code, code in ran.err) == (status, True), ran
    assert "Traceback" not in ran.all and SECRET not in ran.all
    return ran


# ---------------------------------------------------------------- the figures


@pytest.mark.slow
@pytest.mark.parametrize("leave_out", [(), ("__folded", "__day", "position")], ids=["staged", "plain"])
def test_a_database_says_what_single_deals_add_up_to(
    place: tuple[str, Callable[[Tables], str]], company: Path, single: dict[str, Any], leave_out: tuple[str, ...]
) -> None:
    dialect, put = place
    ran = dealgate("check", put(tables_of(company, dialect, leave_out=leave_out)), *JSON)
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert (found["engine"], found["summary"], found["cannot"]) == (dialect, single["summary"], [])


@pytest.mark.slow
def test_verdicts_are_written_where_that_is_asked_for_and_never_over_a_table(
    place: tuple[str, Callable[[Tables], str]], company: Path, single: dict[str, Any]
) -> None:
    dialect, put = place
    url = put(tables_of(company, dialect))
    ran = dealgate("check", url, *JSON, "--into", "verdicts")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["into"] == "verdicts"
    told(dealgate("check", url, *JSON, "--into", "verdicts"), "DG927", 5)
    told(dealgate("check", url, *JSON, "--into", "deals"), "DG927", 5)
    told(dealgate("check", url, *JSON, "--into", "verdicts; DROP TABLE deals"), "DG932", 2)
    again = dealgate("check", url, *JSON)
    assert json.loads(again.out)["summary"] == single["summary"]


def test_a_verdict_that_is_written_is_that_of_the_single_deal(
    company: Path, single: dict[str, Any], tmp_path: Path
) -> None:
    url = in_duckdb(tmp_path / "sales.duckdb", tables_of(company, "duckdb"))
    assert dealgate("check", url, *JSON, "--into", "verdicts").code == 0
    import duckdb

    with duckdb.connect(str(tmp_path / "sales.duckdb"), read_only=True) as connection:
        read = connection.execute("SELECT * FROM verdicts")
        names = [column[0] for column in read.description]
        rows = {row[0]: dict(zip(names, row, strict=True)) for row in read.fetchall()}
    assert rows.keys() == {deal["id"] for deal in single["deals"]}
    for deal in single["deals"]:
        row = rows[deal["id"]]
        assert row["playbook"].startswith("practical@") and row["as_of"].startswith("2026-11-23T")
        if deal["status"] == "open":
            assert row["state"] == deal["state"]
            for verdict in deal["criteria"]:
                column = verdict["id"].replace(".", "__").replace("-", "_")
                assert row[column] == verdict["status"], (deal["id"], column)


def test_without_into_nothing_is_written(company: Path, tmp_path: Path) -> None:
    url = in_sqlite(tmp_path / "sales.sqlite", tables_of(company, "sqlite"))
    before = (tmp_path / "sales.sqlite").read_bytes()
    assert dealgate("check", url, *JSON).code == 0
    assert (tmp_path / "sales.sqlite").read_bytes() == before
    assert not list(tmp_path.glob("sales.sqlite-*"))


@pytest.mark.slow
@pytest.mark.spark
def test_spark_says_what_single_deals_add_up_to(company: Path, single: dict[str, Any]) -> None:
    pytest.importorskip("pyspark")
    ran = dealgate("check", company, *JSON, "--engine", "spark")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["summary"] == single["summary"]


# ---------------------------------------------------------------- columns as people have them

DEALS = """CREATE TABLE deals (id {key}, name {text}, stage {text}, amount {amount}, created_at {moment},
  close_date DATE, owner__name {text}, {more})"""
ROW = "INSERT INTO deals VALUES (1, 'Acme', 'qualification', 25000.50, {moment}, DATE '2026-12-20', 'Ann', {more})"
KINDS = {"key": "BIGINT", "text": "VARCHAR", "amount": "DECIMAL(12, 2)", "moment": "TIMESTAMP WITH TIME ZONE"}


def small(tmp_path: Path, *, kinds: dict[str, str] | None = None, more: str = "source VARCHAR", last: str = "NULL",
          moment: str = "TIMESTAMPTZ '2026-11-01 23:30:00+02'") -> str:  # fmt: skip
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "small.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(DEALS.format(**{**KINDS, **(kinds or {})}, more=more))
        connection.execute(ROW.format(moment=moment, more=last))
    return f"duckdb:///{path}"


def test_whole_ids_decimals_and_moments_with_a_zone_are_read_as_they_are(tmp_path: Path) -> None:
    ran = dealgate("check", small(tmp_path), *JSON)
    assert ran.code == 0, ran.err
    summary = json.loads(ran.out)["summary"]
    assert (summary["deals"], summary["open"], summary["ready"]) == (1, 1, 0)


def test_a_column_that_is_all_null_is_missing_and_never_met(tmp_path: Path) -> None:
    import duckdb

    url = small(tmp_path)
    with duckdb.connect(url.removeprefix("duckdb:///")) as connection:
        connection.execute("UPDATE deals SET amount = NULL, close_date = NULL, name = ''")
    found = json.loads(dealgate("check", url, *JSON).out)
    file = tmp_path / "same.csv"
    file.write_text("id,name,stage,amount,created_at,close_date\n1,,qualification,,2026-11-01T21:30:00Z,\n")
    same = json.loads(dealgate("check", file, *JSON, "--engine", "duckdb").out)
    assert found["summary"] == same["summary"]


def test_a_choice_that_no_one_knows_is_no_stage_of_the_process(tmp_path: Path) -> None:
    import duckdb

    url = small(tmp_path)
    with duckdb.connect(url.removeprefix("duckdb:///")) as connection:
        connection.execute("UPDATE deals SET stage = 'Nowhere'")
    assert json.loads(dealgate("check", url, *JSON).out)["summary"]["unmapped"] == 1


def test_a_moment_of_the_clock_gives_other_figures_than_the_day_before(tmp_path: Path) -> None:
    url = small(tmp_path)
    for as_of in ("2026-11-23", "2026-11-23T08:00:00Z"):
        ran = dealgate("check", url, "--as-of", as_of, "--output", "json")
        assert ran.code == 0 and json.loads(ran.out)["as_of"].startswith("2026-11-23T"), ran.err


# ---------------------------------------------------------------- raw tables, by a mapping


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "postgres"])
def test_raw_tables_are_judged_by_a_mapping_as_the_files_are(
    kind: str, shared_data: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    import csv

    tables: dict[str, tuple[dict[str, str], list[tuple[Any, ...]]]] = {}
    for file in sorted((shared_data / "maven_crm_sales").glob("*.csv")):
        with file.open(encoding="utf-8-sig", newline="") as lines:
            head, *rows = csv.reader(lines)
        tables[file.stem] = dict.fromkeys(head, "TEXT"), [tuple(cell or None for cell in row) for row in rows]
    day = ("--as-of", "2017-12-31", "--output", "json", "--mapping", "maven")
    put = {"sqlite": in_sqlite, "duckdb": in_duckdb}.get(kind)
    if put is None:
        url = in_postgres(request.getfixturevalue("postgres_url"), "raw", tables)
    else:
        if kind == "duckdb":  # a row at a time is slow there
            tables = {name: (types, []) for name, (types, _) in tables.items()}
        url = put(tmp_path / f"raw.{kind}", tables)
        if kind == "duckdb":
            import duckdb

            with duckdb.connect(str(tmp_path / "raw.duckdb")) as connection:
                for file in sorted((shared_data / "maven_crm_sales").glob("*.csv")):
                    connection.execute(
                        f"INSERT INTO {file.stem} SELECT * FROM read_csv(?, all_varchar=true)", [str(file)]
                    )
    ran = dealgate("check", url, *day)
    assert ran.code == 0, ran.err
    single = dealgate("check", shared_data / "maven_crm_sales", *day, "--engine", "polars")
    assert json.loads(ran.out)["summary"] == json.loads(single.out)["summary"]


# ---------------------------------------------------------------- bad days


def test_a_criterion_that_a_database_cannot_judge_is_told_and_never_met(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES, encoding="utf-8")
    rows = [("1", "one", "PO-1", "a"), ("2", "one", "x", "a"), ("3", "one", "PO-1", None)]
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as connection:
        connection.execute("CREATE TABLE deals (id TEXT, stage TEXT, next_step TEXT, competitor TEXT)")
        connection.executemany("INSERT INTO deals VALUES (?, ?, ?, ?)", rows)
        connection.commit()
    url = f"sqlite:///{tmp_path}/a.sqlite"
    ran = told(dealgate("check", url, *JSON, "--process", rules, "--into", "verdicts"), "DG930", 0)
    assert "rules.yaml:" in ran.err and "one.ordered" in ran.err
    found = json.loads(ran.out)
    assert [c["id"] for c in found["cannot"]] == ["one.ordered"]
    assert {k: found["summary"][k] for k in ("ready", "blocked", "unknown")} == {"ready": 0, "blocked": 1, "unknown": 2}
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as connection:
        held = connection.execute("SELECT id, one__ordered, one__named, state FROM verdicts ORDER BY id").fetchall()
    assert held == [("1", None, "met", "unknown"), ("2", None, "met", "unknown"), ("3", None, "unmet", "blocked")]


def test_a_column_of_the_wrong_type_is_told_with_the_type_it_should_have(tmp_path: Path) -> None:
    ran = told(dealgate("check", small(tmp_path, kinds={"amount": "DOUBLE"}), *JSON), "DG926", 5)
    assert "`deals.amount` is of type DOUBLE" in ran.err


def test_rows_without_an_id_and_with_the_same_one_are_told(tmp_path: Path) -> None:
    import duckdb

    url = small(tmp_path)
    with duckdb.connect(url.removeprefix("duckdb:///")) as connection:
        connection.execute("INSERT INTO deals SELECT * FROM deals; INSERT INTO deals(name) VALUES ('x')")
    ran = told(dealgate("check", url, *JSON), "DG929", 5)
    assert "1 rows of `deals` have no id" in ran.err and "another row has" in ran.err


def test_an_empty_table_is_no_error_and_is_said(tmp_path: Path) -> None:
    import duckdb

    url = small(tmp_path)
    with duckdb.connect(url.removeprefix("duckdb:///")) as connection:
        connection.execute("DELETE FROM deals")
    ran = told(dealgate("check", url, *JSON), "DG934", 0)
    assert json.loads(ran.out)["summary"]["deals"] == 0


def test_the_table_of_deals_is_missed_by_its_name_and_its_key(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as connection:
        connection.execute("CREATE TABLE Deal (id TEXT)")
    ran = told(dealgate("check", f"sqlite:///{tmp_path}/a.sqlite", *JSON), "DG924", 5)
    assert "`Deal`" in ran.err
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as connection:
        connection.execute("CREATE TABLE deals (number TEXT)")
    told(dealgate("check", f"sqlite:///{tmp_path}/a.sqlite", *JSON), "DG925", 5)


def test_what_sqlite_holds_is_looked_at_as_its_types_say_nothing(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.sqlite")) as connection:
        connection.execute("CREATE TABLE deals (id TEXT, stage TEXT, close_date DATE, amount NUMERIC)")
        connection.execute("INSERT INTO deals VALUES ('1', 'qualification', '20/12/2026', 12.5)")
        connection.commit()
    ran = told(dealgate("check", f"sqlite:///{tmp_path}/a.sqlite", *JSON), "DG926", 5)
    assert "`deals.close_date`" in ran.err and "`deals.amount`" in ran.err


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_file_that_is_not_there_is_not_made_and_one_of_another_kind_is_refused(tmp_path: Path, kind: str) -> None:
    told(dealgate("check", f"{kind}:///{tmp_path}/none.db", *JSON), "DG921", 5)
    assert not list(tmp_path.glob("none.db*"))
    (tmp_path / "other.db").write_bytes(b"no database at all " * 500)
    told(dealgate("check", f"{kind}:///{tmp_path}/other.db", *JSON), "DG921", 5)


@pytest.mark.parametrize("missing", ["duckdb", "psycopg", "pyspark"])
def test_a_driver_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str) -> None:
    import sys

    for name in [name for name in sys.modules if name.partition(".")[0] == missing]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    url = {"duckdb": f"duckdb:///{tmp_path}/x", "psycopg": "postgresql://a@localhost/x", "pyspark": "local[1]"}[missing]
    ran = told(dealgate("check", url, *JSON), "DG920", 5)
    assert missing in ran.err and "pip install" in ran.err


def test_a_server_that_does_not_answer_is_told_without_the_password() -> None:
    url = "postgresql://ann:${env:CRM_PASSWORD}@127.0.0.1:9/sales?password=s3cret"
    ran = told(dealgate("check", url, *JSON, env={"CRM_PASSWORD": SECRET}), "DG921", 5)
    assert "ann:***@127.0.0.1:9/sales" in ran.err and "s3cret" not in ran.all
    told(dealgate("check", url, *JSON, env={"CRM_PASSWORD": None}), "DG430", 5)


def test_urls_of_nothing_that_can_be_read_are_wrong_usage(tmp_path: Path, company: Path) -> None:
    told(dealgate("check", "oracle://ann@host/x", *JSON), "DG923", 2)
    told(dealgate("check", f"sqlite:///{tmp_path}/a.db", *JSON, "--engine", "duckdb"), "DG933", 2)
    told(dealgate("check", company, *JSON, "--engine", "postgres"), "DG933", 2)
    told(dealgate("check", company, *JSON, "--engine", "duckdb", "--into", "verdicts"), "DG933", 2)
    told(dealgate("check", "sqlite:///a.db", *JSON, "--engine", "python"), "DG933", 2)


def test_a_user_who_may_not_make_tables_is_told_so(postgres_url: str, company: Path) -> None:
    import psycopg

    url = in_postgres(postgres_url, "guarded", tables_of(company, "postgres"))
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS reader")
        connection.execute("CREATE ROLE reader LOGIN")
        told(dealgate("check", url.replace("postgres@", "reader@"), *JSON), "DG722", 5)
        connection.execute("GRANT USAGE ON SCHEMA guarded TO reader")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA guarded TO reader")
    assert dealgate("check", url.replace("postgres@", "reader@"), *JSON).code == 0
    told(dealgate("check", url.replace("postgres@", "reader@"), *JSON, "--into", "verdicts"), "DG928", 5)
    told(dealgate("check", url.replace("postgres@", "nobody@"), *JSON), "DG922", 5)
    told(dealgate("check", url.replace("/postgres?", "/nowhere?"), *JSON), "DG921", 5)
