"""What the bundled processes ask, every engine answers as the judge of single deals does."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from tests.bundled_cases import NAMES, playbook, told

from dealgate.decide.judge import Judge

from .running import Engine, disagreements


@pytest.mark.parametrize("name", NAMES)
def test_the_deals_of_its_tests_are_judged_by_every_engine_alike(engine: Engine, name: str) -> None:
    process = playbook(name).process
    deals, as_of = told(name)
    made: Any = SimpleNamespace(process=process, moment=Judge(process).moment(as_of), rates=None, deals=deals)
    found, cannot = disagreements(made, engine)
    assert not found, found[:1]
    assert not cannot
