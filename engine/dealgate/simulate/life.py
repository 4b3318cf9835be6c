"""The hidden truth of a deal and the path it takes, untruncated; the records are cut from it at ``as_of``."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random

from dealgate.simulate.days import DAY, pick, quarter_end, working_moment
from dealgate.simulate.parameters import (
    BATCH_MOVED,
    CANCELLED,
    CLOSE,
    LINGERS,
    NEEDS,
    PERIOD_END_PULL,
    QUIET,
    REASON_OF,
    REASONS,
    REOPENED,
    STAGE_SPREAD,
    STAGES,
    TRUTH_WEIGHT,
    TRUTHS,
    Habit,
    bounded,
)

_SPREAD_OF_TRUTH = math.sqrt(sum(weight**2 for weight in TRUTHS.values()) / 12)
_AVERAGE = dict.fromkeys(TRUTHS, 0.5)
_LONGEST = 9  # visits; then the deal is lost


@dataclass(slots=True)
class Visit:
    """A stay in a stage (index of STAGES), [entered, left) as moments; the last one's ``left`` is when it closed."""

    stage: int
    entered: int
    left: int


@dataclass(slots=True)
class Life:
    """A deal from creation to its end.

    ``quiet`` is the moment from which nobody works it, ``spells`` are the times (lost, reopened), ``closed`` the
    moment it ended as ``status``.
    """

    visits: list[Visit] = field(default_factory=list)
    spells: list[tuple[int, int]] = field(default_factory=list)
    quiet: int = 0
    closed: int = 0
    status: str = "open"
    reason: str = ""


def draw_truth(rng: Random, bonus: float) -> dict[str, float]:
    """How real each part is, 0 to 1; ``bonus`` lifts all, as a referral does."""
    return {name: min(1.0, max(0.0, rng.random() + bonus)) for name in TRUTHS}


def quality(truth: dict[str, float]) -> float:
    """The weighted truth, in standard deviations from the average deal."""
    return sum(weight * (truth[name] - _AVERAGE[name]) for name, weight in TRUTHS.items()) / _SPREAD_OF_TRUTH


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _loss_reason(rng: Random, truth: dict[str, float]) -> str:
    if rng.random() < 0.35:
        return pick(rng, REASONS)
    return REASON_OF[min(truth, key=truth.__getitem__)]


def live(
    rng: Random,
    created: int,
    first: int,
    habit: Habit,
    skill: float,
    truth: dict[str, float],
    size: float,
    evidence_matters: bool,
) -> Life:
    """A deal's path from the moment ``created`` in stage ``first``; ``size`` stretches its times."""
    # Without evidence_matters nothing that also shapes the evidence (truth, habit, skill) may touch path or pace.
    lift = TRUTH_WEIGHT * quality(truth) + skill if evidence_matters else 0.0
    life = Life()
    stage, entered, now = first, created, created
    cancelled = rng.random() < CANCELLED
    batch = False
    while True:
        push = 0.0
        pace, skip, back = size, 0.07, 0.1
        if evidence_matters:
            push = habit.late if stage == CLOSE else habit.hope
            pace *= habit.early_pace if stage <= NEEDS else habit.late_pace
            skip, back = bounded(habit.skip), bounded(habit.back)
        stay = STAGES[stage].days * pace * math.exp(rng.gauss(0, STAGE_SPREAD))
        leave = now + 1 + int(rng.random() * 20) if batch else working_moment(rng, now // DAY + max(1, round(stay)))
        batch = False
        room = len(life.visits) < _LONGEST
        if cancelled and rng.random() < 0.5:
            return _ended(life, Visit(stage, entered, leave), "cancelled", "")
        advances = rng.random() < _logistic(STAGES[stage].advance + lift + push)
        if advances and stage == CLOSE:
            signed = _signing(rng, leave) if evidence_matters else leave
            return _ended(life, Visit(stage, entered, signed), "won", "")
        if advances and room:
            life.visits.append(Visit(stage, entered, leave))
            stage = min(CLOSE, stage + (2 if rng.random() < skip else 1))
            batch = stage < CLOSE and rng.random() < BATCH_MOVED
            entered = now = leave
        elif stage > first and room and rng.random() < back:
            life.visits.append(Visit(stage, entered, leave))
            stage, entered, now = stage - 1, leave, leave
        elif not evidence_matters:  # a loss that lingers would tell itself by its age and what was gathered by then
            return _ended(life, Visit(stage, entered, leave), "lost", pick(rng, REASONS))
        elif rng.random() < QUIET:
            life.quiet = leave
            cleaned = working_moment(rng, leave // DAY + 60 + int(rng.random() * 260))
            return _ended(life, Visit(stage, entered, cleaned), "lost", "no-decision")
        elif room and not life.spells and rng.random() < REOPENED:
            now = working_moment(rng, leave // DAY + 5 + int(rng.random() * 70))
            life.spells.append((leave, now))
            if stage > first and rng.random() < 0.4:  # it starts again one stage before
                life.visits.append(Visit(stage, entered, now))
                stage, entered = stage - 1, now
        else:
            life.quiet = leave
            admitted = working_moment(rng, leave // DAY + int(rng.expovariate(1 / LINGERS)))
            reason = _loss_reason(rng, truth)
            return _ended(life, Visit(stage, entered, max(leave, admitted)), "lost", reason)


def _signing(rng: Random, ready: int) -> int:
    """When the buyer signs: some wait for the quarter's last three days."""
    last = quarter_end(ready // DAY)
    if last - ready // DAY < 18 and rng.random() < PERIOD_END_PULL:
        pulled = working_moment(rng, last - int(rng.random() * 3))
        if ready < pulled and pulled // DAY <= last:
            return pulled
    return ready


def _ended(life: Life, last: Visit, status: str, reason: str) -> Life:
    life.visits.append(last)
    life.closed, life.status, life.reason = last.left, status, reason
    life.quiet = life.quiet or last.left
    return life
