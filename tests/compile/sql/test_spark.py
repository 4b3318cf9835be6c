"""Spark says what the judge of single deals says: on a sample, as it takes seconds to think about one query."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random

import pytest
from tests.compile.strategies import generate
from tests.conftest import absent
from tests.support.spark import NoSpark, session

from dealgate.compile.sql import load, run, store
from dealgate.compile.sql.names import column_names

from .running import Engine, disagreements
from .test_odd import odd
from .test_printer import CASES, table, values
from .test_query import DEALS, SMALL, planned, ruled

pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    pytest.mark.xdist_group("spark"),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning"),
]


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("spark")
    number = count()

    def place() -> Path:
        made = folder / str(next(number))
        made.mkdir()
        return made

    try:
        with session(folder) as found:
            yield Engine(run.on_spark(found), lambda staged: store.to_spark(staged, found, place()))
    except NoSpark as why:
        absent("spark", str(why))


def test_every_node_means_what_the_algebra_says(spark: Engine) -> None:
    spark.put(table(spark))
    wrong = {}
    for name, (node, expected) in CASES.items():
        found = values(spark, node)
        if found != expected:
            wrong[name] = (found, expected)
    assert not wrong


def test_each_deal_has_its_statuses_and_the_counts_are_theirs(spark: Engine) -> None:
    plan, frames = planned(ruled(*SMALL, {"field": "name", "matches": "^ac[a-m]+$"}), *DEALS)
    staged = load.typed(plan, frames, "spark")
    spark.put(staged)
    rows = {r["id"]: r for r in run.statuses(plan, spark.place, staged.layout).rows(named=True)}
    assert [rows["a"][c] for c in column_names(plan).values()] == ["met", "met", "met", "met", "unmet", "met"]
    assert {k: r["state"] for k, r in rows.items() if r["state"]} == {"a": "blocked", "b": "blocked", "c": "ready"}
    found = run.counts(plan, spark.place, staged.layout)
    assert found.groups == {"open": 3, "won": 1, "unmapped": 2}
    assert found.criteria["first", "first.rule-0"]["met"] == 1


@pytest.mark.parametrize("seed", range(4))
def test_what_the_judge_says_is_what_spark_says(spark: Engine, seed: int) -> None:
    found, cannot = disagreements(generate(Random(seed), criteria=6, deals=50), spark)
    assert not found, found[:1]
    assert all("Java" in why for why in cannot.values())


@pytest.mark.parametrize("case", ["nothing odd", "columns missing", "unknown choices", "NaN and infinities", "empty"])
def test_spark_judges_odd_columns_alike(case: str, spark: Engine, tmp_path: Path) -> None:
    assert disagreements(odd(case, tmp_path), spark) == ([], {})
