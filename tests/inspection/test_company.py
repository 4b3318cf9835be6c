"""On the sample company habits are told of the people who have them, and of none who is disciplined; by what a CRM
shows alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest

from dealgate import load
from dealgate.compile.frames import frames_of
from dealgate.documents.load import load_inspections
from dealgate.history import events_of, history_of, records_of
from dealgate.inspection.inspect import Inspected, inspect
from dealgate.inspection.learned import Learner
from dealgate.simulate import deals, parameters, simulate

SEEDS = range(301, 321)
"""None of those that the thresholds were looked at with, which were 1 to 32, 101 to 120 and 201 to 220."""
DAY = date(2026, 11, 20)
NOISE = (0.07, 0.92)
"""Wider than the company's own: everybody breaks every rule more often, and keeps it less."""
HABITS = {
    "happy-ears": ("happy-ears", ("hopeful-single-threader",)),
    "dates-by-default": ("date-pusher", ("careful-date-pusher",)),
    "calls-low": ("sandbagger", ()),
    "one-contact-habit": ("single-threader", ("hopeful-single-threader",)),
}
"""Rule → the simulator's habit that it is to find, and those with half of it, who are counted on neither side. Labels
are read here alone."""
GIANT = "single-threaded-giant"
ENOUGH = 0.85


LEAKS = range(901, 921)
"""Seeds of companies of which each other one has a stage that leaks; looked at before were 801 to 806."""


def looked(seed: int) -> tuple[Inspected, dict[str, str]]:
    """What is found in a company, and the habit of each of its reps by name, of those who are there still."""
    company, playbook = simulate(seed=seed, years=2, deals=1500, leads=0, as_of=DAY), load("practical")
    process, moment = playbook.process, playbook.judge.moment(DAY).as_of
    frames = frames_of([playbook.deal(record) for record in company.deals], process)
    history = history_of(events_of(frames, process, moment), process, moment, children=records_of(frames))
    loaded = load_inspections(process, ["habits"], learn=Learner(history))
    habit_of = {str(truth["rep"]): str(truth["habit"]) for truth in company.truth.values()}
    habits = {rep["owner.name"]: habit_of[rep["owner.id"]] for rep in company.reps if rep["owner.id"] in habit_of}
    return inspect(playbook, history, [one.inspection for one in loaded if one.inspection]), habits


def giants(seed: int) -> set[str]:
    """The giants with one contact, were every deal's contacts read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deals, "NOT_SYNCED", 0)
        company = simulate(seed=seed, years=2, deals=1500, leads=0, as_of=DAY)
    return {
        str(one["id"])
        for one in company.deals
        if one["status"] == "open"
        and float(one.get("amount") or 0) >= 60_000
        and sum(bool(c.get("engaged") or c.get("two_way")) for c in one["contacts"]) < 2
    }


def judged(found: Inspected, rule: str) -> Iterator[tuple[str, bool]]:
    """Of whom a rule could tell, and whether it fired; what it could not tell of those it applies to is a miss."""
    for name, _, subject in found.unknown:
        if name == rule:
            yield subject, False
    for one in found.findings:
        if one.rule == rule:
            yield one.subject, True
    for subject in found.cleared[rule]:
        yield subject, False


@pytest.mark.slow
def test_habits_are_told_of_those_who_have_them_and_of_nobody_disciplined(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parameters, "NOISE", NOISE)
    counts: dict[str, Counter[str]] = {rule: Counter() for rule in (*HABITS, GIANT)}
    for seed in SEEDS:
        found, habits = looked(seed)
        alone = giants(seed)
        for subject, fired in judged(found, GIANT):
            right = subject in alone
            counts[GIANT][("found" if fired else "missed") if right else "false" if fired else "calm"] += 1
        for rule, (planted, half) in HABITS.items():
            for subject, fired in judged(found, rule):
                habit = habits[subject]
                if habit in half:
                    counts[rule]["half, named" if fired else "half, not named"] += 1
                    continue
                counts[rule][
                    ("found" if fired else "missed") if habit == planted else "false" if fired else "calm"
                ] += 1
                counts[rule]["disciplined"] += fired and habit == "disciplined"
    for rule, count in counts.items():
        found_, missed, false = count["found"], count["missed"], count["false"]
        recall, precision = found_ / (found_ + missed), found_ / (found_ + false)
        with capsys.disabled():
            print(  # noqa: T201 - the figures are what it is for
                f"\n{rule}: recall {recall:.2f} ({found_} of {found_ + missed}), precision {precision:.2f} ({found_} of"
                f" {found_ + false}), {count['calm']} others calm, disciplined named: {count['disciplined']},"
                f" with half the habit: {count['half, named']} of {count['half, named'] + count['half, not named']}"
            )
    for rule, count in counts.items():
        assert count["found"] / (count["found"] + count["missed"]) >= ENOUGH, rule
        assert count["found"] / (count["found"] + count["false"]) >= ENOUGH, rule
        assert count["disciplined"] == 0, rule


def stages(seed: int, leaking: bool) -> tuple[str, str]:
    """The stage that leaks in a company and the one that is named, empty where there is none."""
    company, playbook = simulate(seed=seed, years=2, deals=1500, leads=0, as_of=DAY, leaking=leaking), load("practical")
    process, moment = playbook.process, playbook.judge.moment(DAY).as_of
    frames = frames_of([playbook.deal(record) for record in company.deals], process)
    history = history_of(events_of(frames, process, moment), process, moment, children=records_of(frames))
    loaded = load_inspections(process, ["hygiene"], learn=Learner(history))
    found = inspect(playbook, history, [one.inspection for one in loaded if one.inspection])
    named = [one.stage or "" for one in found.findings if one.rule == "leaking-stage"]
    planted = {str(truth["leaked"]) for truth in company.truth.values()} - {""}
    return "".join(planted), "".join(named)


@pytest.mark.slow
def test_a_stage_that_leaks_is_named_and_none_where_none_does(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parameters, "NOISE", NOISE)
    pairs = [stages(seed, seed % 2 == 0) for seed in LEAKS]
    planted, named = sum(bool(one) for one, _ in pairs), sum(bool(one) for _, one in pairs)
    right = sum(bool(one) and one == other for one, other in pairs)
    assert planted == len(LEAKS) / 2 and len({one for one, _ in pairs}) == 4, "no leak, and each of three stages"
    with capsys.disabled():
        print(  # noqa: T201 - the figures are what it is for
            f"\nleaking-stage: recall {right / planted:.2f} ({right} of {planted}), precision"
            f" {right / max(named, 1):.2f} ({right} of {named}), companies without a leak:"
            f" {len(LEAKS) - planted}, named there: {sum(bool(other) and not one for one, other in pairs)}"
        )
    assert right / planted >= ENOUGH
    assert right / named >= ENOUGH
