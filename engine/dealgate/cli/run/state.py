"""What is remembered of jobs from one run to the next, and read by probes: ``.dealgate/health.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from ..render.clean import dumps
from ..render.write import put

T = TypeVar("T")
FORM = 1
"""The version of the file's form."""
FILE = "health.json"


@dataclass
class JobState:
    """One job. Moments are in UTC.

    ``rhythm``: the one that ``due`` was counted by; ``due``: up to when its times have been dealt with. ``outcome``:
    done, failed, busy or stopped, of the last run, which began at ``ran`` and took ``seconds``. ``failing_since``: the
    first failure since the last success; ``code`` says which, ``told`` whether anybody was told of it. ``busy``: how
    often in a row another process held the source. ``missed``: times that were missed, in all. ``died``: its process
    was killed while it was at work, and it has not come to its end since. ``mark``: the job's own.
    """

    rhythm: str = ""
    due: datetime | None = None
    ran: datetime | None = None
    outcome: str = ""
    seconds: float = 0.0
    succeeded: datetime | None = None
    failed: datetime | None = None
    failing_since: datetime | None = None
    code: str = ""
    told: bool = False
    busy: int = 0
    missed: int = 0
    died: bool = False
    mark: str = ""


@dataclass
class NoticeState:
    """One place of notifications: when it was told, within the last hour, and how many were held back since."""

    sent: list[datetime] = field(default_factory=list)
    held: int = 0


@dataclass
class State:
    """All of it. ``at``: when it was written; ``running``: the job at work, and since when."""

    at: datetime | None = None
    running: str = ""
    running_since: datetime | None = None
    jobs: dict[str, JobState] = field(default_factory=dict)
    notices: dict[str, NoticeState] = field(default_factory=dict)

    def job(self, name: str) -> JobState:
        """That of a job."""
        return self.jobs.setdefault(name, JobState())

    def notice(self, name: str) -> NoticeState:
        """That of a place of notifications."""
        return self.notices.setdefault(name, NoticeState())


def save(state: State, file: Path) -> None:
    """Writes it, whole or not at all. Raises SourceFailed where it cannot be written."""
    put(dumps({"form": FORM, **_plain(asdict(state))}, 1), file, exact=True, parents=True)


def load(file: Path) -> State | None:
    """What is in the file; None where there is none, or none that can be read."""
    try:
        held = json.loads(file.read_text("utf-8"))
        if held.pop("form") != FORM:
            return None
        jobs = {name: _of(JobState, one) for name, one in held.pop("jobs").items()}
        notices = {}
        for name, one in held.pop("notices").items():
            notices[name] = NoticeState([_moment(at) for at in one["sent"]], int(one["held"]))
        state = _of(State, held)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    state.jobs, state.notices = jobs, notices
    return state


_MOMENTS = frozenset({"at", "running_since", "due", "ran", "succeeded", "failed", "failing_since"})


def _of(kind: type[T], held: Mapping[str, Any]) -> T:
    known = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    values = {name: value for name, value in held.items() if name in known}
    return kind(**{name: _moment(one) if name in _MOMENTS and one else one for name, one in values.items()})


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a moment without a zone")
    return found


def _plain(held: Any) -> Any:
    if isinstance(held, datetime):
        return held.isoformat()
    if isinstance(held, dict):
        return {name: _plain(one) for name, one in held.items()}
    if isinstance(held, list):
        return [_plain(one) for one in held]
    return held
