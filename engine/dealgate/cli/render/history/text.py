"""A deal's past for a person: a line a step, oldest first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ....compile.words import choice, value
from ....history.story import BEGUN, GONE, STAGE, STATUS, Step
from ....model.process import Process
from ...past import Past
from ..clean import one_line
from ..explain import wrapped
from ..width import width

_ORIGINS = {"dated": "by a date", "seen": "as seen"}
_MARGIN = 13
"""Columns that a day takes."""


def render(steps: list[Step], ident: str, past: Past) -> str:
    """The heading, the steps, and how they are known."""
    process = past.playbook.process
    named = [s.after for s in steps if s.field is not None and s.field.id == "name" and s.after]
    lines = [one_line(f"{named[-1] if named else ident} ({ident})"), ""]
    for step in steps:
        told = _told(step, process)
        if told:
            mark = f" ({_ORIGINS[step.origin]})" if step.origin in _ORIGINS and step.kind in (STAGE, STATUS) else ""
            who = f" – {step.by}" if step.by else ""
            first, *more = wrapped(one_line(f"{told}{mark}{who}"), width(100) - _MARGIN, "  ")
            lines.append(f"{_day(step.at, process):>{_MARGIN - 2}}  {first}")
            lines += [" " * _MARGIN + line for line in more]
    began = [s.after for s in steps if _is_first_value(s)]
    if began:
        lines += ["", *wrapped(f"And {len(began)} fields as they stand, with no change told.", width(100))]
    lines += ["", *wrapped(_known(past), width(100))]
    return "\n".join(lines)


def _known(past: Past) -> str:
    history = past.history
    zone = history.process.calendar.zone
    told = f"As of {_written(history.as_of.astimezone(zone))}"
    if history.known_at is not None:
        told += f", by what was known on {_written(history.known_at.astimezone(zone))}"
    if history.reconstructed:
        told += ". The past was loaded when it was over: it is reconstructed, not watched"
    return told + "."


def _written(at: datetime) -> str:
    return f"{at.day} {at:%b %Y}"


def _day(at: datetime | None, process: Process) -> str:
    return "" if at is None else _written(at.astimezone(process.calendar.zone))


def _is_first_value(step: Step) -> bool:
    return step.field is not None and step.days is None and step.kind not in (STAGE, STATUS) and step.before is None


def _told(step: Step, process: Process) -> str:
    if step.kind == BEGUN:
        return "Begun" if step.at else "Begun, nobody knows when"
    if step.kind == GONE:
        return "Deleted" if step.after == "deleted" else f"Merged into {str(step.after).removeprefix('merged:')}"
    after = f" after {step.days} day{'' if step.days == 1 else 's'}" if step.days is not None else ""
    if step.kind == STAGE:
        return _stage(step, process) + after
    if step.kind == STATUS:
        if step.before is None and step.after == "open":
            return ""
        reopened = step.after == "open"
        return ("Reopened" if reopened else choice(str(step.after)).capitalize()) + after
    assert step.field is not None
    if _is_first_value(step):
        return ""
    title = step.field.title
    return f"{title}: {_shown(step.before, step)} → {_shown(step.after, step)}"


def _shown(held: Any, step: Step) -> str:
    return "nothing" if held is None else value(held, step.field)


def _stage(step: Step, process: Process) -> str:
    titles = {stage.id: stage.title for stage in process.stages}
    if step.after is None:
        return "In no stage"
    title = titles.get(step.after, step.after)
    if step.before is None:
        return f"In {title}"
    over = f", over {' and '.join(titles[s] for s in step.skipped)}" if step.skipped else ""
    return f"{'Back to' if step.back else 'On to'} {title}{over}"
