"""A lowered process means what the walker means, whatever columns there are."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings

import dealgate
from dealgate.compile.plan import make
from dealgate.compile.plan import nodes as n
from dealgate.compile.plan.build import build
from dealgate.compile.plan.make import FALSE, NULL, TRUE
from dealgate.compile.plan.plan import Plan, Shape
from dealgate.compile.reference import Walk
from dealgate.decide.judge import Judge

from .interpreter import Interpreter, rows_of, shape_of
from .strategies import Generated, cases, seeded


def agrees(made: Generated) -> None:
    judge = Judge(made.process, made.rates)
    data = [rows_of(deal, made.process) for deal in made.deals]
    plan = build(made.process, made.moment, shape_of(data))
    for deal, (row, children) in zip(made.deals, data, strict=True):
        found = Interpreter(plan, row, children)
        verdicts = judge.evaluate(deal, made.moment.as_of)
        assert [found.status(j) for j in plan.judged] == [v.status.value for v in verdicts]
        standing = judge.standing(deal, made.moment.as_of)
        assert found.value(plan.group) == standing.group
        assert bool(found.value(plan.counted)) is (standing.state is not None)
        walk = Walk(made.process, deal, made.moment)
        for framework in made.process.frameworks.values():
            assert found.value(plan.frameworks[framework.id]) == walk.framework_status(framework)[0]


@given(cases(criteria=6, deals=4))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_it_agrees_with_the_walker_on_generated_rules_and_deals(made: Generated) -> None:
    agrees(made)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 150, 50))
def test_it_agrees_on_many_more(first: int) -> None:
    for seed in range(first, first + 50):
        agrees(seeded(seed, 6, 6))


# ------------------------------------------------ what is constant is folded away


def practical(shape: Shape) -> Plan:
    playbook = dealgate.load("practical")
    return build(playbook.process, playbook.judge.moment(date(2026, 11, 23)), shape)


def test_where_there_are_no_columns_nothing_is_left_to_ask() -> None:
    plan = practical(Shape(frozenset({"id"}), {}))
    assert plan.steps == ()
    assert all(isinstance(j.holds, n.Constant) for j in plan.judged)
    assert plan.group == make.constant("unmapped")


def test_a_plan_reads_only_columns_there_are() -> None:
    shape = Shape(frozenset({"id", "stage", "status", "amount"}), {"contacts": frozenset({"role", "position"})})
    plan = practical(shape)
    read: set[str] = set()

    def see(value: n.Value) -> None:
        if isinstance(value, n.Column):
            read.add(value.name)
        for part in n.inside(value):
            see(part)

    for step in plan.steps:
        for value in (*step.aggregates.values(), *step.values.values()):
            see(value)
    for judged in plan.judged:
        see(judged.holds)
    assert read <= {"stage", "status", "amount", "role", "position"}
    assert "amount" in read


def test_kleene_logic_folds() -> None:
    x = n.Column("x", "boolean")
    assert make.conj([TRUE, x]) == x and make.conj([x, FALSE]) == FALSE and make.conj([]) == TRUE
    assert make.disj([x, TRUE]) == TRUE and make.disj([FALSE, x, x]) == x
    assert make.negate(make.negate(x)) == x and make.negate(NULL) == NULL
    assert make.compare("==", x, NULL) == NULL
    assert make.compare("==", x, TRUE) == x and make.compare("!=", x, TRUE) == make.negate(x)
    assert make.case([(FALSE, x), (TRUE, NULL)], x) == NULL
    assert make.is_(NULL, None) == TRUE and make.is_(make.is_null(x), None) == FALSE


def test_a_truth_is_no_number_though_python_has_them_equal() -> None:
    x = n.Column("x", "boolean")
    truth, number = make.case([(x, TRUE)], NULL), make.case([(x, make.constant(1))], NULL)
    assert truth != number and len({truth, number}) == 2
    assert make.constant(1) == make.constant(1) and make.constant(1) != TRUE and make.constant(0) != FALSE


def test_no_value_of_one_step_reads_another_of_it() -> None:
    made = seeded(7, 12, 4)
    data = [rows_of(deal, made.process) for deal in made.deals]
    plan = build(made.process, made.moment, shape_of(data))
    known: set[str] = set()

    def reads(value: n.Value) -> set[str]:
        if isinstance(value, n.Shared):
            return {value.name}
        return set().union(*(reads(part) for part in n.inside(value)))

    for step in plan.steps:
        assert all(reads(a) <= known for a in step.aggregates.values())
        known |= set(step.aggregates)
        assert all(reads(v) <= known for v in step.values.values())
        known |= set(step.values)
    assert all(reads(j.holds) <= known for j in plan.judged)
