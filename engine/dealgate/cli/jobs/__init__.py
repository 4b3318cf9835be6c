"""The kinds of jobs that can be scheduled: one file a kind, found by its name, which is the command's.

Each has ``do(asked)``, which gives a ``Done``; ``SOURCE``, whether it is done with a source; ``FLAGS``, the options it
takes in a schedule; and ``APPLY``, whether ``apply`` means something to it. What it raises is a failure of the job:
told, and tried again when it is due again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...model.diagnostics import Diagnostic, error
from ...sync.one import Patience

if TYPE_CHECKING:
    from ...documents.workspace import ConfiguredSource
    from ...model.schedule import Job

Step = Callable[[str, int, int | None], None]
"""As ``synced`` tells its steps. It raises Stopped where the run is to end."""

PATIENCE = 60.0
"""Seconds that a job waits for another process at work on its source: `listen`, which takes a few, or a command."""


@dataclass(frozen=True)
class Asked:
    """What is to be done. ``apply``: whether the CRM may be written to; ``step`` is told of each step, and ``stopping``
    is asked before one that should not be broken off; ``told``: what the job last left in ``Done.mark``."""

    job: Job
    given: ConfiguredSource | None
    apply: bool
    step: Step
    stopping: Callable[[], bool]
    told: str = ""

    @property
    def source(self) -> ConfiguredSource:
        """The source, of a kind that is done with one."""
        assert self.given is not None, "a kind with SOURCE is given one"
        return self.given

    @property
    def patience(self) -> Patience:
        """With another process that is at work on the source, until the run is to end."""

        def ending() -> None:
            if self.stopping():
                raise Stopped("ended while another process was at work on the source")

        return Patience(PATIENCE, ending)


@dataclass(frozen=True)
class News:
    """Something to tell people of: an event of ``notifications`` and a sentence with ids and amounts at most."""

    event: str
    text: str


@dataclass
class Done:
    """What came of a job. ``said``: a sentence. ``failures``: why it failed, where it did; ``diagnostics``: what it had
    to tell besides. Of deals, what was read, changed and gone; of writes how many by outcome; of the CRM's allowance
    what is left; of findings how many are open, by severity. ``mark``: what the next run of the job is given as
    ``told``."""

    said: str
    deals: Mapping[str, int] = field(default_factory=dict)
    writes: Counter[str] = field(default_factory=Counter)
    budget: int | None = None
    diagnostics: Sequence[Diagnostic] = ()
    failures: Sequence[Diagnostic] = ()
    news: Sequence[News] = ()
    mark: str = ""
    findings: Mapping[str, int] = field(default_factory=dict)


class Stopped(Exception):
    """The job ended after a step because it was asked to; what was done is kept, and told by ``done`` if that is
    given."""

    def __init__(self, said: str, done: Done | None = None) -> None:
        """``said``: how far it came."""
        super().__init__(said)
        self.done = done


def ended_after(stream: str, count: int) -> Stopped:
    """What a step of a sync raises where the run is to end."""
    return Stopped(f"ended after {count:,} of {stream.replace('_', ' ') or 'the deals'}")


def kinds() -> list[str]:
    """Every kind there is."""
    return sorted(path.stem.replace("_", "-") for path in Path(__file__).parent.glob("[!_]*.py"))


def kind_of(name: str) -> Any:
    """The module of a kind."""
    return import_module(f"{__name__}.{name.replace('-', '_')}")


def unfit(jobs: Sequence[Job]) -> list[Diagnostic]:
    """What is wrong with jobs as such: a kind or an option that there is not."""
    from ...documents.suggest import nearest

    found = []
    for job in jobs:
        if job.kind not in kinds():
            near = nearest(job.kind, kinds())
            hint = f"did you mean `{near}`?" if near else f"there are {', '.join(kinds())}"
            found.append(error("DG861", f"`{job.kind}` cannot be scheduled.", job.where, hint))
            continue
        kind = kind_of(job.kind)
        if job.source and not kind.SOURCE:
            message = f"A scheduled {job.kind} takes no source."
            found.append(error("DG861", message, job.where, f"leave out `{job.source}`"))
        for flag in job.flags:
            if flag not in kind.FLAGS:
                hint = f"it takes {', '.join(f'--{one}' for one in kind.FLAGS) or 'none'}"
                found.append(error("DG861", f"A scheduled {job.kind} has no option `--{flag}`.", job.where, hint))
        if job.apply and not kind.APPLY:
            found.append(error("DG861", f"There is nothing to apply in {job.kind}.", job.where, "leave out `apply`"))
    return found
