"""The schedule as text: each job, when it is due, and how it fares."""

from __future__ import annotations

from datetime import UTC, datetime

from ...run.health import Health, JobHealth
from ..clean import one_line
from ..explain import wrapped
from ..width import width

_FAR = datetime.max.replace(tzinfo=UTC)


def listed(found: Health) -> str:
    """What would run when, what is due first first."""
    jobs = sorted(found.jobs, key=lambda job: job.due or _FAR)
    lines = []
    for job in jobs:
        due = _local(job) or "never"
        does = f"{job.one.job.command}, {job.one.times.rhythm}{_applies(job)}"
        lines += [f"{due}  {one_line(job.one.job.id)}", *wrapped(f"    {one_line(does)}", width(), "      ")]
        lines += wrapped(f"    {_last(job)}", width(), "      ")
    return "\n".join(lines)


def health(found: Health) -> str:
    """Whether all is well, and what is not."""
    lines = []
    if found.wrong:
        lines += wrapped(f"Not well: {one_line(found.wrong)}.", width(), "")
    for job in found.jobs:
        lines += wrapped(f"{one_line(job.one.job.id)}: {one_line(job.wrong) or _last(job)}", width(), "    ")
    return "\n".join([*lines, "All is well."] if found.good else lines)


def _applies(job: JobHealth) -> str:
    return ", applied at once" if job.one.job.apply else ""


def _local(job: JobHealth) -> str:
    return f"{job.due.astimezone(job.one.times.zone):%a %Y-%m-%d %H:%M %Z}" if job.due else ""


def _last(job: JobHealth) -> str:
    held = job.held
    if held.ran is None:
        return "has not run yet"
    ran = f"last ran {held.ran:%Y-%m-%d %H:%M} UTC: {held.outcome}"
    if held.failing_since is not None:
        return f"{ran}, failing since {held.failing_since:%Y-%m-%d %H:%M} UTC ({held.code})"
    return ran
