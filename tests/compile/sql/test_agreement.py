"""Every engine says what the judge of single deals says, of generated rules and deals, status by status."""

from __future__ import annotations

from random import Random

import pytest
from tests.compile.strategies import generate

from .running import Engine, disagreements

MANY = 3


def test_what_the_judge_says_is_what_the_engine_says(engine: Engine) -> None:
    left_aside = 0
    for seed in range(MANY):
        found, cannot = disagreements(generate(Random(seed), criteria=6, deals=20), engine, inline=seed % 2 == 0)
        assert not found, (seed, found[:1])
        left_aside += len(cannot)
    assert left_aside <= {"sqlite": 3}.get(engine.name, 0)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_what_the_judge_says_of_many_is_what_the_engine_says(engine: Engine, part: int) -> None:
    left_aside = 0
    for seed in range(1000 + 25 * part, 1025 + 25 * part):
        found, cannot = disagreements(generate(Random(seed), criteria=20, deals=200), engine, inline=seed % 2 == 0)
        assert not found, (seed, found[:1])
        left_aside += len(cannot)
        assert all("pattern" in why or "digits" in why for why in cannot.values()), cannot
    assert left_aside <= {"sqlite": 50}.get(engine.name, 0)
