"""Odd columns are judged alike by the judge of single deals and by each database."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests.compile.strategies import Generated
from tests.support.odd import CASES, rules

import dealgate
from dealgate.sources.open import open_source

from .running import Engine, disagreements


def odd(case: str, folder: Path) -> Generated:
    """A case's deals as a file of them is read."""
    playbook = dealgate.load(rules(folder))
    CASES[case][0].write_parquet(folder / "deals.parquet")
    deals = open_source(folder / "deals.parquet", process=playbook.process).deals
    return Generated(playbook.process, (), playbook.judge.moment(date(2026, 11, 23)), None, tuple(deals))


@pytest.mark.parametrize("case", CASES)
def test_a_database_says_what_the_judge_says(case: str, engine: Engine, tmp_path: Path) -> None:
    assert disagreements(odd(case, tmp_path), engine) == ([], {})
