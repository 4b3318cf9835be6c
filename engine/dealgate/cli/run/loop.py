"""The loop: what is due is done, one at a time; what was missed is told and done once; what fails is told once.

It is stepped: ``step`` does what is due now and ends. Time comes from a clock and passes in ``wait``, both given.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...model.diagnostics import DealgateError, Diagnostic
from ...model.schedule import Job
from ...sync.one import LOCKED
from ..jobs import Asked, Done, News, Stopped, ended_after, kind_of
from ..logs import Redactor, mistake_of, words
from ..reading import fold
from .metrics import Metrics
from .notices import Notices
from .rhythm import MOST, Times
from .state import JobState, State, save
from .traces import Traces

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from ...documents.workspace import ConfiguredSource

ON_TIME = timedelta(minutes=1)
"""A job that begins this soon after it was due is on time."""
BACK = timedelta(minutes=10)
"""How far a clock may be set back without anything being due anew."""
LOOK = timedelta(seconds=30)
"""How long we sleep at most: a machine may sleep, and a clock be set."""
BUSY = 3
"""How often in a row another process may hold a source before that is a failure."""
_OUTCOMES = {
    "done": ("info", "done"), "failed": ("error", "failed"), "busy": ("warning", "not run"),
    "stopped": ("warning", "stopped"),
}  # fmt: skip
"""By outcome how much it weighs in the log, and the word for it."""


@dataclass(frozen=True)
class Scheduled:
    """A job with its times, and how its source is found anew for each run."""

    job: Job
    times: Times
    source: str
    find: Callable[[], ConfiguredSource | None]


@dataclass
class Surroundings:
    """What a loop works with. ``dry_run``: nothing is written into a CRM, whatever the workspace says; ``stopping``:
    whether the run is to end; ``secrets``: what must not be shown, asked before each job, since secrets are renewed;
    ``metrics_to``: a file that gets the metrics after each step."""

    health: Path
    clock: Callable[[], datetime]
    wait: Callable[[float], None]
    stopping: Callable[[], bool]
    log: FilteringBoundLogger
    redactor: Redactor
    secrets: Callable[[], set[str]]
    metrics: Metrics
    notices: Notices
    traces: Traces
    dry_run: bool = False
    metrics_to: Path | None = None


class Loop:
    """The jobs of a workspace, and what is remembered of them."""

    def __init__(self, jobs: Sequence[Scheduled], state: State, around: Surroundings) -> None:
        """A job that was not known before, or not with this rhythm, is due from its next time on."""
        self.jobs, self.state, self.around = jobs, state, around
        now = around.clock()
        for one in jobs:
            held, rhythm = state.job(one.job.id), f"{one.job.command} {one.times.rhythm}"
            if held.due is None or held.rhythm != rhythm:
                held.due, held.rhythm = now, rhythm
            if one.job.id == state.running:
                self._died(one, held)
            around.metrics.known(one.job.id, one.source, state)
        state.jobs = {one.job.id: state.jobs[one.job.id] for one in jobs}
        state.running, state.running_since = "", None

    def run(self) -> None:
        """Until it is to end."""
        around = self.around
        while not around.stopping():
            self.step()
            if around.stopping():
                break
            following = self.next()
            left = LOOK if following is None else min(LOOK, following[0] - around.clock())
            around.wait(max(0.0, left.total_seconds()))

    def next(self) -> tuple[datetime, Scheduled] | None:
        """The job that is due next, and when."""
        found = []
        for one in self.jobs:
            due = self.state.job(one.job.id).due
            assert due is not None
            if (at := one.times.after(due)) is not None:
                found.append((at, one))
        return min(found, key=lambda pair: pair[0], default=None)

    def step(self) -> int:
        """Does what is due now, in the order in which it stands in the workspace, and gives how many jobs ran."""
        now, due = self.around.clock(), []
        for one in self.jobs:
            held = self.state.job(one.job.id)
            assert held.due is not None
            if held.due - now > BACK:
                said = f"the clock was at {held.due:%Y-%m-%d %H:%M} UTC and went back; it is due from now on"
                self.around.log.warning("clock", job=one.job.id, said=said)
                held.due = now
            if times := one.times.between(held.due, now):
                due.append((one, times))
        ran = 0
        for one, times in due:
            if self.around.stopping():
                break
            self._missed(one, times)
            self._run(one, times[-1])
            ran += 1
        self._save()
        return ran

    # ------------------------------------------------ one job

    def _died(self, one: Scheduled, held: JobState) -> None:
        """Its process was killed while it was at work: it is due again, but not if that was so the last time too."""
        assert held.due is not None
        said = f"its process ended while it was at work, before {self.around.clock():%Y-%m-%d %H:%M} UTC"
        held.outcome = "stopped"
        if held.died:
            said += ", as the time before; it is left for its next time"
            self.around.log.error("died", job=one.job.id, source=one.source or None, said=said)
            self._became(one, "failed", held, [], f"I{said[1:]}")
        else:
            said += "; it runs again now"
            self.around.log.warning("died", job=one.job.id, source=one.source or None, said=said)
            held.due -= timedelta(microseconds=1)
        held.died = not held.died

    def _missed(self, one: Scheduled, times: list[datetime]) -> None:
        now = self.around.clock()
        late = now - times[-1] > ON_TIME
        missed = len(times) if late else len(times) - 1
        if not missed:
            return
        self.state.job(one.job.id).missed += missed
        self.around.metrics.missed(one.job.id, one.source, missed)
        count = f"{MOST:,} times or more" if missed >= MOST else "once" if missed == 1 else f"{missed:,} times"
        said = f"due {count} since {times[0]:%Y-%m-%d %H:%M} UTC and not run; it runs once now"
        self.around.log.warning("missed", job=one.job.id, source=one.source or None, count=missed, said=said)
        self._tell(one, News("missed", f"{one.job.id}: {said}."))

    def _run(self, one: Scheduled, due: datetime) -> None:
        around, job = self.around, one.job
        held = self.state.job(job.id)
        before, began = held.due, around.clock()
        held.due, held.ran = due, began
        self.state.running, self.state.running_since = job.id, began
        self._save()
        done: Done | None = None
        wrong: list[Diagnostic] = []
        with around.traces.job(job.kind, {"job": job.id, "source": one.source}) as trace:

            def step(stream: str, count: int, _every: int | None) -> None:
                trace.step(stream or "store", count)
                if around.stopping():
                    raise ended_after(stream, count)

            try:
                around.redactor.know(around.secrets())
                asked = Asked(job, one.find(), job.apply and not around.dry_run, step, around.stopping, held.mark)
                done = kind_of(job.kind).do(asked)
                outcome, said, wrong = "failed" if done.failures else "done", done.said, list(done.failures)
            except Stopped as stopped:
                # it has not been done: it is due again when the next run begins
                outcome, said, held.due, done = "stopped", str(stopped), before, stopped.done
            except DealgateError as refusal:
                outcome, said, wrong = "failed", "", list(refusal.diagnostics)
            except Exception as mistake:
                if os.environ.get("DEALGATE_TRACEBACK"):
                    raise
                outcome, said = "failed", mistake_of(mistake)
            if any(d.code == LOCKED for d in wrong):
                held.busy += 1
                outcome = "busy" if held.busy < BUSY else "failed"
            elif outcome != "stopped":
                held.busy = 0
            trace.found["outcome"] = outcome
        took = (around.clock() - began).total_seconds()
        held.outcome, held.seconds, held.died = outcome, took, False
        told = [*(done.diagnostics if done is not None else ()), *wrong]
        around.metrics.ran(job.id, one.source, outcome, took, done, around.clock())
        around.metrics.told(job.id, one.source, told)
        self._log(one, outcome, said, took, done, told)
        self._became(one, outcome, held, wrong, said)
        for news in done.news if done is not None else ():
            self._tell(one, news)
        if done is not None and outcome == "done":
            held.mark = done.mark
        self.state.running, self.state.running_since = "", None
        self._save()

    def _became(self, one: Scheduled, outcome: str, held: JobState, wrong: list[Diagnostic], said: str) -> None:
        """A success or a failure is noted; the first of either after the other is told."""
        now, job = self.around.clock(), one.job.id
        if outcome == "done":
            held.succeeded = now
            if held.failing_since is not None and held.told:
                since = f"{held.failing_since:%Y-%m-%d %H:%M} UTC"
                self._tell(one, News("recovered", f"{job} works again; it failed since {since}."))
            held.failing_since, held.code, held.told = None, "", False
        elif outcome == "failed":
            held.failed = now
            if held.failing_since is None:
                held.failing_since, held.told = now, False
            held.code = wrong[0].code if wrong else "mistake"
            if not held.told:
                why = " ".join(f"{d.code}: {d.message}" for d in wrong[:3]) or said
                hint = next((d.suggestion for d in wrong if d.suggestion), None)
                text = f"{job} failed. {why}{f' What to do: {hint}.' if hint else ''}".replace("..", ".")
                held.told = self._tell(one, News("failed", text)) or not self.around.notices.asked("failed")
        self.around.metrics.failing(job, one.source, held.failing_since is not None)

    # ------------------------------------------------ what is told

    def _tell(self, one: Scheduled, news: News) -> bool:
        told, wrong = self.around.notices.tell(news.event, news.text)
        for name in told:
            said = f"{name} was told ({news.event})"
            self.around.log.info("told", job=one.job.id, to=name, about=news.event, said=said)
        for d in wrong:
            self.around.log.warning("not_told", job=one.job.id, code=d.code, about=news.event, said=words(d))
        return bool(told)

    def _log(
        self, one: Scheduled, outcome: str, said: str, took: float, done: Done | None, told: Sequence[Diagnostic]
    ) -> None:
        about: dict[str, Any] = {"job": one.job.id, "source": one.source or None}
        more: dict[str, Any] = {"seconds": round(took, 3)}
        if done is not None:
            more |= {"deals": dict(done.deals) or None, "writes": dict(done.writes) or None, "budget_left": done.budget}
            more |= {"findings": dict(done.findings) or None}
        log = self.around.log
        tells = {"error": log.error, "warning": log.warning, "info": log.info}
        for d in fold(told)[0]:
            tells[d.severity.word]("diagnostic", **about, code=d.code, said=words(d))
        codes = list(dict.fromkeys(d.code for d in told if d.severity.word == "error"))
        busy = ["another process is at work on the source"] if outcome == "busy" else codes
        text = "; ".join([*busy, *([said] if said else [])])
        weight, word = _OUTCOMES[outcome]
        tells[weight]("ran", **about, outcome=outcome, **more, said=f"{word}{f': {text}' if text else ''}")

    def _save(self) -> None:
        around = self.around
        self.state.at = around.clock()
        try:
            save(self.state, around.health)
            if around.metrics_to is not None:
                around.metrics.write(around.metrics_to)
        except DealgateError as refusal:
            for d in refusal.diagnostics:
                around.log.error("not_kept", code=d.code, said=words(d))
