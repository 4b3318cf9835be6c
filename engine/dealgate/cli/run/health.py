"""What a probe is told: whether every job works and the schedule is alive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .loop import Scheduled
from .state import JobState, State

OVERDUE = timedelta(minutes=10)
"""How long after its time a job that is not begun means that nobody runs the schedule."""
HANGS = timedelta(hours=12)
"""How long a job may be at work."""


@dataclass(frozen=True)
class JobHealth:
    """One job: what is remembered, when it is due next, and what is wrong with it ("" if nothing)."""

    one: Scheduled
    held: JobState
    due: datetime | None
    wrong: str


@dataclass(frozen=True)
class Health:
    """All of it. ``wrong``: what is wrong with the schedule as a whole."""

    jobs: tuple[JobHealth, ...]
    wrong: str = ""

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.wrong and not any(job.wrong for job in self.jobs)


def health_of(jobs: Sequence[Scheduled], state: State | None, now: datetime, *, alive: bool = True) -> Health:
    """How the jobs fare by what was kept of them. ``alive``: whether the process of a job at work is there."""
    held = state or State()
    found = tuple(_job(one, held, now) for one in jobs)
    if state is None or state.at is None:
        return Health(found, "nothing has run here yet")
    since = state.running_since
    if state.running and since is not None and not alive:
        return Health(found, f"{state.running} was at work since {since:%Y-%m-%d %H:%M} UTC, and its process has ended")
    if state.running and since is not None and now - since > HANGS:
        return Health(found, f"{state.running} has been at work since {since:%Y-%m-%d %H:%M} UTC")
    return Health(found)


def _job(one: Scheduled, state: State, now: datetime) -> JobHealth:
    held = state.job(one.job.id)
    due = one.times.after(held.due if held.due is not None else now)
    wrong = ""
    if held.failing_since is not None:
        wrong = f"failing since {held.failing_since:%Y-%m-%d %H:%M} UTC ({held.code})"
    elif due is not None and now - due > OVERDUE and not state.running:
        wrong = f"due at {due:%Y-%m-%d %H:%M} UTC and not run"
    return JobHealth(one, held, due, wrong)
