"""Overrides for a person."""

from __future__ import annotations

from collections import Counter
from datetime import tzinfo

from ....compile.words import choice
from ....metrics.overridden import Became, Outcomes, StageOutcomes
from ....model.override import STATES, OverrideRequest, Step
from ...overriding import Listed, Shown
from ...past import Past
from ..clean import one_line
from ..explain import wrapped
from ..figures import between, day, shown
from ..width import width


def one(found: Shown) -> str:
    """Its state, the deal and the criterion, the reason, and who did what when."""
    request = found.request
    deal = f"{found.name} ({request.deal})" if found.name else request.deal
    rule = f"{found.title} ({request.criterion}, {request.playbook})" if found.title else (
        f"{request.criterion} ({request.playbook})"
    )  # fmt: skip
    lines = [f"{request.id}: {_state(found)}", deal, rule, f"{choice(request.reason)}: {request.text}"]
    lines.append(f"asked for by {request.requester} on {_told(request, found.zone)}")
    for step in request.steps:
        why = f": {step.why}" if step.why else ""
        lines.append(f"{step.what} by {step.by} on {_told(step, found.zone)}{why}")
    first, *more = (one_line(line) for line in lines)
    return "\n".join([first, *(part for line in more for part in wrapped(f"  {line}", width(), "    "))])


def listed(found: Listed) -> str:
    """Each, and how many there are by state."""
    if not found.shown:
        return "There is no such override."
    states = Counter(one.state for one in found.shown)
    counts = ", ".join(f"{states[state]} {state}" for state in STATES if states[state])
    many = len(found.shown)
    end = f"{many} override{'' if many == 1 else 's'}: {counts}."
    return "\n\n".join([*(one(item) for item in found.shown), end])


def _state(found: Shown) -> str:
    asked = found.request.until
    if found.state == "requested" and asked is not None:
        return f"requested, until {day(asked)}"
    if found.until is None or found.state not in ("approved", "expired"):
        return found.state
    return f"{found.state}, {'holds until' if found.state == 'approved' else 'held until'} {day(found.until)}"


def _told(made: OverrideRequest | Step, zone: tzinfo) -> str:
    """The day it was made, and the day it was entered where that was later."""
    at, entered = (moment.astimezone(zone).date() for moment in (made.at, made.recorded_at))
    return day(at) if entered <= at else f"{day(at)} (entered on {day(entered)})"


def outcomes(found: Outcomes, past: Past) -> str:
    """A block a stage: overridden deals and the others, their win rates one below the other."""
    if not found.stages:
        return "No override was approved by then."
    process = past.playbook.process
    lines: list[str] = []
    for stage in found.stages:
        known = process.stage(stage.stage)
        title = "All stages" if stage.stage is None else known.title if known is not None else stage.stage
        lines += [title, *_block(stage), ""]
    if found.gone:
        lines += wrapped(f"{found.gone} overridden deal{'s are' if found.gone > 1 else ' is'} no more.", width())
    told = "The two differ for more reasons than the override: who gets one is no chance."
    return "\n".join([*lines, *wrapped(told, width())])


def _block(stage: StageOutcomes) -> list[str]:
    return [_line("overridden", stage.overridden), _line("not overridden", stage.others)]


def _line(label: str, found: Became) -> str:
    counts = f"{found.deals:>5,} deal{'' if found.deals == 1 else 's'}: "
    counts += f"{found.won:,} won, {found.lost:,} lost, {found.open:,} open"
    counts += f", {found.cancelled:,} cancelled" if found.cancelled else ""
    rate = found.win_rate
    if rate.value is None:
        return f"  {label:<14} {counts}; win rate: {rate.reason}"
    return f"  {label:<14} {counts}; {shown(rate)} won ({between(rate)}, n {rate.n:,})"
