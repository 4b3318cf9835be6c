"""Which verdicts a criterion can reach: never fewer than the walker finds, and fewer than all where it is plain."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from dealgate.compile import reach
from dealgate.compile.reference import Walk
from dealgate.model.process import Criterion, Stage

from .strategies import Generated, cases
from .world import checked, process

FILLED: dict[str, Any] = {"field": "name", "filled": True}
AMOUNT: dict[str, Any] = {"field": "amount", "above": 0}


def verdicts(check: Any, applies: Any = None) -> set[str]:
    base = process(0)
    other = Criterion("first.other", "Other", checked(FILLED, base, 0), "exit", "first")
    criterion = Criterion(
        "first.c",
        "C",
        checked(check, base, 0, ("first.other",)),
        "exit",
        "first",
        applies_when=None if applies is None else checked(applies, base, 0),
    )
    whole = base.replace(stages=(Stage("first", "First", exit=(criterion, other)),))
    return {s.value for s in reach.verdicts(criterion, whole)}


@pytest.mark.parametrize(
    ("check", "applies", "reached"),
    [
        (AMOUNT, None, {"met", "unmet", "unknown"}),
        (FILLED, None, {"met", "unmet"}),
        ({"not": FILLED}, None, {"met", "unmet"}),
        ({"field": "name", "placeholder": True}, None, {"met", "unmet"}),
        ({"all": [FILLED, AMOUNT]}, None, {"met", "unmet", "unknown"}),
        ({"framework": "bant", "is": "unknown"}, None, {"met", "unmet"}),
        ({"framework": "bant", "is": "qualified"}, None, {"met", "unmet", "unknown"}),
        ({"framework": "bant", "element": "need", "filled": True}, None, {"met", "unmet"}),
        ({"criterion": "first.other"}, None, {"met", "unmet"}),
        (FILLED, AMOUNT, {"met", "unmet", "unknown", "not_applicable"}),
        (FILLED, FILLED, {"met", "unmet", "not_applicable"}),
    ],
)
def test_what_a_criterion_can_reach(check: Any, applies: Any, reached: set[str]) -> None:
    assert verdicts(check, applies) == reached


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_every_answer_of_the_walker_is_among_those_it_can_reach(made: Generated) -> None:
    for deal in made.deals:
        walk = Walk(made.process, deal, made.moment)
        for criterion in made.process.criteria:
            assert walk.holds(criterion.check) in reach.answers(criterion.check, made.process)
