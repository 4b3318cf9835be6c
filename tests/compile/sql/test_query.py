"""The whole query: statuses, state, readiness, counts; for no deals, nothing but nulls, and very many criteria."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlglot
from tests.compile.world import checked, process

from dealgate.compile.frames import Frames, frames_of
from dealgate.compile.plan.build import build
from dealgate.compile.plan.plan import Plan
from dealgate.compile.sql import load, run
from dealgate.compile.sql.dialects import DIALECTS
from dealgate.compile.sql.names import column_name, column_names, short
from dealgate.compile.sql.query import cannot, query, summary
from dealgate.compile.sql.shape import shape_of
from dealgate.decide.judge import Judge
from dealgate.model.deal import deal_from
from dealgate.model.process import Criterion, Process, Stage

from .running import Engine

TODAY = date(2026, 11, 23)


def ruled(*rules: dict[str, Any], **more: Any) -> Process:
    """A process whose first stage has some criteria, of weights 1, 1.5, 2 …"""
    base = process(0)
    made = tuple(
        Criterion(f"first.rule-{at}", f"Rule {at}", checked(rule, base, 0), "exit", "first", weight=Decimal(2 + at % 3) / 2, **more)
        for at, rule in enumerate(rules)
    )  # fmt: skip
    return base.replace(stages=(Stage("first", "First", exit=made), *base.stages[1:]))


SMALL = (
    {"field": "amount", "at_least": 500},
    {"all": [{"field": "close_date", "within_next": "30 days"}, {"field": "name", "contains": "acme"}]},
    {"some": "contacts", "where": {"field": "role", "is": "champion"}},
    {"count": "activities", "where": {"field": "at", "within_last": "14 days"}, "at_least": 2},
    {"field": "close_date", "changed": {"direction": "later", "at_least": 2}},
)
DEALS: tuple[dict[str, Any], ...] = (
    {"id": "a", "stage": "first", "amount": 900, "name": "ACME", "close_date": "2026-12-01", "contacts": [{"role": "champion"}],
     "activities": [{"at": "2026-11-20T10:00:00Z"}, {"at": "2026-11-21T10:00:00Z"}], "changes": []},
    {"id": "b", "stage": "first", "amount": 100, "contacts": [], "activities": []},
    {"id": "c", "stage": "second", "amount": 900},
    {"id": "d", "status": "won", "amount": 900},
    {"id": "e", "stage": "nowhere"},
    {"id": "f"},
)  # fmt: skip


def planned(rules: Process, *records: dict[str, Any]) -> tuple[Plan, Frames]:
    deals = [deal_from(r, rules.catalogue, rules.reading)[0] for r in records]
    frames = frames_of(deals, rules)
    return build(rules, Judge(rules).moment(TODAY), shape_of(frames, rules)), frames


def test_each_deal_has_its_statuses_and_state(engine: Engine) -> None:
    plan, frames = planned(ruled(*SMALL), *DEALS)
    staged = load.typed(plan, frames, engine.name)
    engine.put(staged)
    found = {r["id"]: r for r in run.statuses(plan, engine.place, staged.layout).rows(named=True)}
    assert {k: (r["group"], r["state"]) for k, r in found.items()} == {
        "a": ("open", "blocked"), "b": ("open", "blocked"), "c": ("open", "ready"), "d": ("won", None),
        "e": ("unmapped", None), "f": ("unmapped", None),
    }  # fmt: skip
    statuses = [found["a"][c] for c in column_names(plan).values()]
    assert statuses == ["met", "met", "met", "met", "unmet"]
    assert [found["b"][c] for c in column_names(plan).values()] == ["unmet", "unknown", "unmet", "unmet", "unknown"]
    assert (found["a"]["readiness_done"], found["a"]["readiness_total"]) == (11, 14)  # halves: 2 + 3 + 4 + 2 of 14
    assert found["a"]["readiness"] == 11 / 14
    assert found["c"]["readiness"] is None


def test_the_counts_are_those_of_the_statuses_and_no_deal_leaves_for_them(engine: Engine) -> None:
    plan, frames = planned(ruled(*SMALL), *DEALS, *({**DEALS[0], "id": str(n)} for n in range(5)))
    staged = load.typed(plan, frames, engine.name)
    engine.put(staged)
    rows = run.statuses(plan, engine.place, staged.layout).rows(named=True)
    found = run.counts(plan, engine.place, staged.layout)
    assert found.groups == Counter(r["group"] for r in rows)
    assert found.states == {("first", "blocked"): 7, ("second", "ready"): 1}
    for name, column in column_names(plan).items():
        counted = {k: v for k, v in found.criteria["first", name].items() if v}
        assert counted == Counter(r[column] for r in rows if r["id"] in "ab01234")


def test_no_deals_give_no_rows(engine: Engine) -> None:
    plan, frames = planned(ruled(*SMALL), *DEALS)
    none = Frames(frames.deals.clear(), {k: v.clear() for k, v in frames.children.items()})
    staged = load.typed(plan, none, engine.name)
    engine.put(staged)
    assert run.statuses(plan, engine.place, staged.layout).height == 0
    assert run.counts(plan, engine.place, staged.layout).groups == {}


def test_of_nothing_but_nulls_all_is_unknown(engine: Engine) -> None:
    import polars as pl

    plan, frames = planned(ruled(*SMALL), *DEALS)
    bare = frames.deals.select(
        pl.when(pl.col(c).is_in([]) | (pl.lit(c) == "id")).then(pl.col(c)).alias(c) if c != "id" else pl.col(c)
        for c in frames.deals.columns
    )
    children = {k: v.clear() for k, v in frames.children.items()}
    staged = load.typed(plan, Frames(bare, children), engine.name)
    engine.put(staged)
    rows = run.statuses(plan, engine.place, staged.layout).rows(named=True)
    assert {r[c] for r in rows for c in column_names(plan).values()} == {"unknown"}
    assert {r["group"] for r in rows} == {"unmapped"}


@pytest.mark.slow
def test_very_many_criteria_are_judged(engine: Engine) -> None:
    many = 1500
    rules = (
        {"field": "amount", "at_least": n} if n % 3 else {"count": "contacts", "at_least": n % 7 + 1}
        for n in range(many)
    )
    plan, frames = planned(ruled(*rules), *DEALS[:3])
    staged = load.typed(plan, frames, engine.name)
    engine.put(staged)
    made = run.statuses(plan, engine.place, staged.layout)
    row = made.row(0, named=True)
    assert [row[f"first__rule_{n}"] for n in (1, 899, 901, 0)] == ["met", "met", "unmet", "met"]
    assert row["state"] == "blocked"
    found = run.counts(plan, engine.place, staged.layout)
    assert found.criteria["first", "first.rule-1499"] == {
        "met": 0,
        "unmet": 2,
        "unknown": 0,
        "not_applicable": 0,
        "waived": 0,
    }


# ---------------------------------------------------------------- without an engine


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_printed_is_read_back_by_the_dialect(dialect: str) -> None:
    plan, _ = planned(ruled(*SMALL), *DEALS)
    for made in (query(plan, dialect, frameworks=True), *summary(plan, dialect)):
        said = sqlglot.parse_one(made.sql(), read=dialect).sql(dialect, identify=True)
        assert sqlglot.parse_one(said, read=dialect).sql(dialect, identify=True) == said
        assert not made.cannot


def test_clock_words_stand_in_one_row_so_that_a_view_is_of_one_moment() -> None:
    plan, _ = planned(ruled(*SMALL), *DEALS)
    parted, inline = query(plan, "duckdb").sql(), query(plan, "duckdb", inline=True).sql()
    assert "CAST('2026-11-23' AS DATE) AS \"today\"" in parted
    assert parted.count("2026-11-23'") == 1 < inline.count("2026-11-23'")


def test_what_a_dialect_cannot_do_is_told_and_left_null() -> None:
    rule = {"field": "name", "matches": "^a"}
    plan, frames = planned(ruled(rule, SMALL[0]), *DEALS)
    assert cannot(plan, "duckdb") == ()
    assert cannot(plan, "sqlite") == (("first.rule-0", "matches a pattern, and the dialect has none"),)
    assert cannot(plan, "spark") == ()
    from .running import database_engine

    with database_engine("sqlite://") as engine:
        staged = load.typed(plan, frames, "sqlite")
        engine.put(staged)
        row = run.statuses(plan, engine.place, staged.layout).row(0, named=True)
        assert (row["first__rule_0"], row["first__rule_1"], row["state"]) == (None, "met", None)
        assert run.counts(plan, engine.place, staged.layout).cannot == {"first.rule-0": cannot(plan, "sqlite")[0][1]}


def test_names_are_kept_apart_and_short() -> None:
    assert column_name("qualification.need-stated") == "qualification__need_stated"
    long = "a" * 80
    assert len(short(long)) == 63 and short(long) != short("a" * 81)
    base = process(0)
    names = ("account.employees", "first.a-b", "first.a_b", "first.A-b", *(f"first.{'x' * 70}{n}" for n in range(2)))
    made = tuple(
        Criterion(k, k, checked({"field": "account.employees", "above": 3}, base, 0), "exit", "first") for k in names
    )
    plan, _ = planned(
        base.replace(stages=(Stage("first", "First", exit=made), *base.stages[1:])), {"id": "x", "account.employees": 4}
    )
    found = column_names(plan)
    assert len({c.lower() for c in found.values()} | {"account__employees"}) == len(names) + 1
    assert all(len(c) <= 63 for c in found.values())


def test_staging_tables_may_be_called_otherwise() -> None:
    plan, _ = planned(ruled(*SMALL), *DEALS)
    made = query(plan, "postgres", tables={"deals": "staging.stg_deals", "contacts": "stg_contacts"}).sql()
    assert 'FROM "staging"."stg_deals" AS "d"' in made and 'FROM "stg_contacts" AS "t"' in made
