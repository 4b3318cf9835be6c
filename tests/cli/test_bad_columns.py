"""What is odd in the data is a diagnostic, or unknown with its reason, and the same whichever engine judges."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.support.odd import CASES, CHECKS, GOOD, rules

import dealgate as product

from .running import AS_OF, TODAY, dealgate

Figures = tuple[dict[str, int], dict[str, dict[str, int]]]


def figures(data: Mapping[str, Any]) -> Figures:
    """The summary, and how many open deals have which status, of what `check` gives in JSON."""
    counts: dict[str, Counter[str]] = {}
    if "deals" in data:
        for deal in data["deals"]:
            for one in deal["criteria"] if deal["state"] else ():
                counts.setdefault(one["id"], Counter())[one["status"]] += 1
    else:
        for one in data["criteria"]:
            counts[one["id"]] = Counter({word: n for word, n in one.items() if word != "id" and n})
    return dict(data["summary"]), {name: dict(found) for name, found in counts.items()}


def checked(source: object, process: Path, *words: str) -> Figures:
    ran = dealgate("check", source, *AS_OF, "--process", process, "--output", "json", *words)
    assert ran.code == 0 and "Traceback" not in ran.all, ran.err
    return figures(json.loads(ran.out))


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[pl.DataFrame, set[str], Path, Path]:
    """The odd deals, the codes that tell of them, a file that holds them, and the process."""
    frame, codes = CASES[request.param]
    frame.write_parquet(tmp_path / "deals.parquet")
    return frame, codes, tmp_path / "deals.parquet", rules(tmp_path)


def test_every_engine_counts_the_same(case: tuple[pl.DataFrame, set[str], Path, Path]) -> None:
    frame, _, file, process = case
    one_by_one = checked(file, process, "--engine", "python")
    assert one_by_one[0]["deals"] == frame.height
    for engine in ("polars", "duckdb"):
        assert checked(file, process, "--engine", engine) == one_by_one, engine


def test_a_frame_is_judged_as_the_file_is_and_tells_why(case: tuple[pl.DataFrame, set[str], Path, Path]) -> None:
    frame, codes, file, process = case
    playbook = product.load(process)
    told: list[Any] = []
    ran = dealgate("check", file, *AS_OF, "--process", process, "--output", "json", "--engine", "python")
    deals = json.loads(ran.out)["deals"]
    held = playbook.evaluate_frame(frame, as_of=date.fromisoformat(TODAY), told=told.append)
    assert held.equals(playbook.evaluate_frame(frame.lazy(), as_of=date.fromisoformat(TODAY)).collect())
    rows = {row["id"]: row for row in held.iter_rows(named=True)}
    assert len(rows) == len(deals)
    for deal in deals:
        assert rows[deal["id"]]["state"] == deal["state"]
        for one in deal["criteria"] if deal["state"] else ():
            assert rows[deal["id"]][one["id"]] == one["status"], (deal["id"], one["id"])
            assert one["status"] != "unknown" or one["reason"]
    assert {d.code for d in told} == codes


@pytest.mark.slow
def test_fifteen_hundred_criteria_are_counted_the_same(tmp_path: Path) -> None:
    process = rules(tmp_path, copies=1500 // len(CHECKS) + 1)
    GOOD.write_parquet(tmp_path / "deals.parquet")
    one_by_one = checked(tmp_path / "deals.parquet", process, "--engine", "python")
    assert len(one_by_one[1]) > 1500
    for engine in ("polars", "duckdb"):
        assert checked(tmp_path / "deals.parquet", process, "--engine", engine) == one_by_one, engine
