"""The schedule as JSON (``schemas/output/run.schema.json``)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ...run.health import Health, JobHealth
from ..clean import dumps


def listed(found: Health) -> str:
    """Jobs, when each is due, and how they fare."""
    return health(found)


def health(found: Health) -> str:
    """The same."""
    return dumps({"good": found.good, "wrong": found.wrong or None, "jobs": [_job(job) for job in found.jobs]}, 1)


def _job(job: JobHealth) -> dict[str, Any]:
    held = job.held
    return {
        "id": job.one.job.id, "run": job.one.job.command, "source": job.one.source or None,
        "rhythm": str(job.one.times.rhythm), "time_zone": str(job.one.times.zone), "apply": job.one.job.apply,
        "due": _moment(job.due), "ran": _moment(held.ran), "outcome": held.outcome or None,
        "succeeded": _moment(held.succeeded), "failed": _moment(held.failed),
        "failing_since": _moment(held.failing_since), "code": held.code or None, "missed": held.missed,
        "wrong": job.wrong or None,
    }  # fmt: skip


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
