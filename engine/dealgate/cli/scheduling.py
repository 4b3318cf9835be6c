"""The schedule of the workspace for a command: its jobs with their times, and a loop over them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.diagnostics import DocumentsDoNotHold, Where, WrongUsage, error

if TYPE_CHECKING:
    from ..documents.workspace import ConfiguredSource, Workspace
    from ..model.schedule import Job, Schedule
    from .run.health import Health
    from .run.loop import Loop, Scheduled
    from .run.metrics import Metrics

LOCK = "run.lock"


@dataclass(frozen=True)
class Found:
    """The schedule of a workspace, with its jobs and their times."""

    workspace: Workspace
    schedule: Schedule
    jobs: tuple[Scheduled, ...]

    @property
    def place(self) -> Path:
        """Its folder of working copies."""
        from .syncing import FOLDER

        return self.workspace.folder / FOLDER


def found() -> Found:
    """The schedule of the workspace here. Raises WrongUsage where there is none, DocumentsDoNotHold where it does not
    hold."""
    from ..documents.library import Library
    from ..documents.load import load_workspace
    from ..documents.resolve import has_errors
    from ..documents.workspace import FILE, find_workspace
    from ..model.schedule import Schedule
    from .jobs import unfit

    folder = find_workspace(Path.cwd())
    if folder is None:
        message, hint = "There is no workspace here, and so no schedule.", "make one with `dealgate init`"
        raise WrongUsage(error("DG863", message, suggestion=hint))
    loaded = load_workspace(folder)
    schedule = loaded.schedule or Schedule()
    wrong = [*loaded.diagnostics, *unfit(schedule.jobs)]
    if has_errors(wrong):
        raise DocumentsDoNotHold(*wrong)
    if not schedule.jobs:
        message, hint = "Nothing is scheduled in this workspace.", "say what and when under `schedule` in dealgate.yaml"
        raise WrongUsage(error("DG863", message, Where(FILE), hint))
    return Found(Library(folder).workspace, schedule, tuple(_scheduled(job) for job in schedule.jobs))


def _scheduled(job: Job) -> Scheduled:
    from .jobs import kind_of
    from .options import playbook_of
    from .run.loop import Scheduled
    from .run.rhythm import Times
    from .syncing import source_named

    def find() -> ConfiguredSource | None:
        return source_named(job.source or None) if kind_of(job.kind).SOURCE else None

    source = find()
    calendar = playbook_of(source.process if source is not None else None).process.calendar
    return Scheduled(job, Times(job.rhythm, calendar), source.name if source is not None else "", find)


def health(here: Found, now: datetime) -> Health:
    """How the jobs fare."""
    from .run import state
    from .run.health import health_of

    file = here.place / state.FILE
    held = state.load(file)
    if held is None or not held.running or _at_work(here.place / LOCK):
        return health_of(here.jobs, held, now)
    again = state.load(file)  # it may have ended well between the two looks
    died = again is not None and (again.running, again.running_since) == (held.running, held.running_since)
    return health_of(here.jobs, again, now, alive=not died)


def _at_work(lock: Path) -> bool:
    """Whether a process runs the schedule; also where that cannot be known."""
    from ..model.diagnostics import SourceFailed
    from ..sync.one import Patience, alone

    if not lock.exists():
        return False
    try:
        with alone(lock, "", Patience(0.0)):
            return False
    except SourceFailed:
        return True


def secrets_of(folder: Path) -> set[str]:
    """The values of all secrets that the workspace names, as they are now."""
    from ..documents.library import Library
    from ..documents.workspace import secrets_in

    workspace = Library(folder).workspace
    sources = [source.settings for source in workspace.sources.values()]
    return secrets_in([*sources, workspace.store, workspace.settings], folder)


@contextmanager
def loop(
    here: Found, clock: Callable[[], datetime], *, dry_run: bool, metrics: Metrics, metrics_to: Path | None,
    human: bool | None, wait: Callable[[float], None] | None = None,
) -> Iterator[Loop]:  # fmt: skip
    """A loop over the jobs, alone in the workspace; SIGTERM and SIGINT end it after the step at work.

    Raises SourceFailed where another one is at work.
    """
    from ..sync.one import alone
    from .ending import asked_to_end
    from .logs import Redactor, set_up
    from .run import state as states
    from .run.loop import Loop, Surroundings
    from .run.notices import Notices, lacking
    from .run.state import State
    from .run.traces import traces_of

    folder, notices = here.workspace.folder, here.schedule.notices
    hint = "wait until it has ended, or end it"
    busy = error("DG862", "Another `dealgate run` is at work in this workspace.", Where(folder.name), hint)
    redactor = Redactor(secrets_of(folder))
    with (
        alone(here.place / LOCK, "", busy=busy),
        set_up(redactor, clock, human=human) as log,
        asked_to_end() as ending,
    ):
        file = here.place / states.FILE
        state = states.load(file)
        if state is None and file.exists():
            log.warning("forgotten", said=f"{states.FILE} could not be read; what was missed before is not known")
        state = state or State()
        traces, wrong = traces_of(clock)
        for d in [*lacking(notices), *wrong]:
            log.warning("lacking", code=d.code, said=f"{d.code}: {d.message} What to do: {d.suggestion}")
        title = here.workspace.title or here.workspace.id
        around = Surroundings(
            file, clock, wait or ending.wait, ending.asked, log, redactor, lambda: secrets_of(folder), metrics,
            Notices(notices, folder, title, state, redactor, clock), traces, dry_run, metrics_to,
        )  # fmt: skip
        made = Loop(here.jobs, state, around)
        log.info("begun", jobs=len(here.jobs), said=_begun(made, dry_run))
        try:
            yield made
        finally:
            traces.end()
            log.info("ended", said="asked to end" if ending.asked() else "ended")


def _begun(made: Loop, dry_run: bool) -> str:
    jobs = f"{len(made.jobs)} job{'' if len(made.jobs) == 1 else 's'}"
    following = made.next()
    when = f"; next is {following[1].job.id} at {following[0]:%Y-%m-%d %H:%M} UTC" if following else ""
    return f"{jobs}{when}{'; a dry run: nothing is written into a CRM' if dry_run else ''}"
