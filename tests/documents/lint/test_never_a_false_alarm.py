"""What the lint calls impossible never happens: whatever generated deals come to was thought possible."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from tests.compile.strategies import Generated, cases, generate

from dealgate.compile.reference import Walk
from dealgate.documents.lint._solve import Solver
from dealgate.model.deal import Deal
from dealgate.model.verdict import Status


def holds_up(made: Generated) -> None:
    """Every answer on every deal was possible, alone, beside `applies_when`, and all that pass together."""
    solver = Solver(made.process)
    for deal in made.deals:
        if off_the_scale(made, deal):
            continue
        walk = Walk(made.process, deal, made.moment)
        passed = []
        for criterion in made.process.criteria:
            check, applies = solver.check(criterion), solver.applies(criterion)
            answer = walk.holds(criterion.check)
            assert answer in solver.answers(check), criterion.check
            if applies is not None and criterion.applies_when is not None:
                when = walk.holds(criterion.applies_when)
                assert when in solver.answers(applies), criterion.applies_when
                assert (when, answer) in solver.together(applies, check), criterion
            if walk.verdict(criterion) in (Status.MET, Status.NOT_APPLICABLE):
                passed.append(solver.passes(criterion))
        assert solver.all_true(passed), deal


def off_the_scale(made: Generated, deal: Deal) -> bool:
    """Whether a level is higher than its framework has them, which no rule can mean."""
    for item in deal.children.get("evidence") or ():
        framework = made.process.frameworks.get((item.get("element") or "").partition(".")[0])
        if framework is not None and (item.get("level") or 0) > framework.highest:
            return True
    return False


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_what_happens_was_possible(made: Generated) -> None:
    holds_up(made)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_what_happens_was_possible_in_many_more(seed: int) -> None:
    chance = Random(seed)
    for _ in range(100):
        holds_up(generate(chance, criteria=8, deals=6))
