"""On the sample company findings name the people who work that way, by what a CRM shows alone."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from dealgate import load
from dealgate.compile.frames import frames_of
from dealgate.documents.load import load_inspections
from dealgate.history import events_of, history_of, records_of
from dealgate.inspection.inspect import Inspected, inspect
from dealgate.inspection.learned import Learner
from dealgate.simulate import simulate

SEEDS = (11, 12, 13, 14)
"""None of those that the thresholds were looked at with."""
DAY = date(2026, 11, 20)
PLANTED = {
    "dates-at-the-end": ("date-pusher", "careful-date-pusher"),
    "single-threaded": ("single-threader", "hopeful-single-threader"),
    "no-decision-owner": ("single-threader",),
}
"""Rule → the habits that the simulator gives to those it should name. Labels are read here alone."""


def looked(seed: int) -> tuple[Inspected, dict[str, str]]:
    """What is found in a company, and the habit of each of its reps by name."""
    company, playbook = simulate(seed=seed, years=2, deals=2000, leads=0, as_of=DAY), load("practical")
    process, moment = playbook.process, playbook.judge.moment(DAY).as_of
    frames = frames_of([playbook.deal(record) for record in company.deals], process)
    history = history_of(events_of(frames, process, moment), process, moment, children=records_of(frames))
    loaded = load_inspections(process, ["risk", "forecast"], learn=Learner(history))
    habit_of = {str(truth["rep"]): str(truth["habit"]) for truth in company.truth.values()}
    habits = {rep["owner.name"]: habit_of.get(rep["owner.id"], "") for rep in company.reps}
    return inspect(playbook, history, [one.inspection for one in loaded if one.inspection]), habits


@pytest.mark.slow
def test_findings_name_the_planted_people_far_more_often_than_the_disciplined(
    capsys: pytest.CaptureFixture[str],
) -> None:
    fired: Counter[tuple[str, str]] = Counter()
    asked: Counter[tuple[str, str]] = Counter()
    for seed in SEEDS:
        found, habits = looked(seed)
        owners = {deal.id: str(deal.fields["owner.name"]) for deal in found.deals}
        for rule in PLANTED:
            named = [one.subject for one in found.findings if one.rule == rule]
            for subject in named:
                fired[rule, habits[owners.get(subject, subject)]] += 1
            for subject in (*named, *found.cleared[rule]):
                asked[rule, habits[owners.get(subject, subject)]] += 1
    for rule, planted in PLANTED.items():
        mine, theirs = (sum(c[rule, habit] for habit in planted) for c in (fired, asked))
        calm, of_calm = fired[rule, "disciplined"], asked[rule, "disciplined"]
        everyone = sum(count for (name, _), count in fired.items() if name == rule)
        with capsys.disabled():
            print(  # noqa: T201 - the figures are what it is for
                f"\n{rule}: {mine} of {theirs} planted ones named (recall {mine / theirs:.2f}), {calm} of {of_calm}"
                f" disciplined ones; {mine} of {everyone} named are planted (precision {mine / everyone:.2f})"
            )
        assert mine / theirs >= 2.5 * calm / of_calm
