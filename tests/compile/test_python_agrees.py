"""The compiled function agrees with the walker on every generated condition and deal; nothing falls over."""

from __future__ import annotations

import re
from datetime import timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from dealgate.compile import reach
from dealgate.compile.program import Program
from dealgate.compile.reference import Walk
from dealgate.compile.words import Words
from dealgate.decide.judge import Judge
from dealgate.decide.reasons import Reasons
from dealgate.decide.waivers import overrides_of
from dealgate.model.values import plain
from dealgate.model.verdict import Status

from .strategies import Generated, cases, generate

RAW = re.compile(r"_|Decimal\(|frozenset|datetime|timedelta|Fraction|None|\b(?:True|False)\b|[{}<>]|  ")


def agrees(made: Generated) -> None:
    """Every criterion of every deal: one status from both, a reason, a value for each label."""
    judge = Judge(made.process, made.rates)
    program = Program(made.process, Reasons(made.process).tell)
    reachable = {k.id: reach.verdicts(k, made.process) for k in made.process.criteria}
    for deal in made.deals:
        walk = Walk(made.process, deal, made.moment)
        verdicts = program.run(deal, made.moment)
        for verdict in verdicts:
            expected = walk.verdict(verdict.criterion)
            assert verdict.status is expected, (verdict.criterion.check, verdict.criterion.applies_when, deal)
            assert expected in reachable[verdict.criterion.id], verdict.criterion
            readable(verdict.reason)
            assert plain(dict(verdict.values)) is not None
            assert set(verdict.missing) <= set(verdict.values)
        valid = {o.criterion for o in overrides_of(deal) if o.valid(made.moment.today)}
        for before, after in zip(verdicts, judge.evaluate(deal, made.moment.as_of), strict=True):
            open_ = before.status in (Status.UNMET, Status.UNKNOWN)
            waived = open_ and before.criterion.id in valid
            assert after.status is (Status.WAIVED if waived else before.status)
            readable(after.reason)
        judge.standing(deal, made.moment.as_of)


def readable(text: str) -> None:
    """A sentence of English, without what only a programmer reads."""
    said = re.sub(r"“[^”]*”", "“”", text)
    assert text.endswith((".", "…")), text
    assert text[0] == text[0].upper(), text
    assert not RAW.search(said), text


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_the_compiled_function_agrees_with_the_walker(made: Generated) -> None:
    agrees(made)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_the_compiled_function_agrees_with_the_walker_on_many_more(seed: int) -> None:
    chance = Random(seed)
    for _ in range(250):
        agrees(generate(chance, criteria=8, deals=6))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases(deals=0))
def test_every_condition_reads_as_a_sentence(made: Generated) -> None:
    words = Words(made.process)
    for criterion in made.process.criteria:
        for condition in (criterion.check, criterion.applies_when):
            if condition is not None:
                readable(words.sentence(condition))


def test_all_answers_are_reached() -> None:
    """The deals are not all missing what the rules ask for: each verdict comes up often."""
    chance, seen = Random(7), dict.fromkeys(Status, 0)
    for _ in range(60):
        made = generate(chance)
        program = Program(made.process, lambda _: "")
        for deal in made.deals:
            for verdict in program.run(deal, made.moment):
                seen[verdict.status] += 1
    total = sum(seen.values())
    for status in (Status.MET, Status.UNMET, Status.UNKNOWN):
        assert seen[status] > total / 10, seen
    assert seen[Status.NOT_APPLICABLE] > total / 50, seen


def test_a_condition_nested_beyond_what_python_parses_is_judged() -> None:
    for seed in range(300):
        made = generate(Random(seed), criteria=1, deals=1)
        depth, data = 0, made.rules[0][0]
        while isinstance(data, dict) and set(data) & {"all", "any", "not"}:
            inner = next(iter(data.values()))
            data, depth = (inner[0] if isinstance(inner, list) else inner), depth + 1
        if depth > 30:
            agrees(made)
            return
    raise AssertionError("no deep condition was made")


def test_a_moment_is_kept_only_while_it_is_the_same() -> None:
    made = generate(Random(3))
    program = Program(made.process, lambda _: "")
    later = type(made.moment)(made.moment.as_of + timedelta(days=40), made.moment.calendar, made.moment.currency)
    for moment in (made.moment, later, made.moment):
        for verdict in program.run(made.deals[0], moment):
            assert verdict.status is Walk(made.process, made.deals[0], moment).verdict(verdict.criterion)
