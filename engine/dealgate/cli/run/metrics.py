"""What Prometheus is told: in a registry of our own, served on a port or written to a file."""

from __future__ import annotations

from collections import Counter as Counts
from datetime import datetime
from pathlib import Path
from typing import Any

from ...model.diagnostics import Diagnostic, SourceFailed, Where, error
from ..jobs import Done
from .state import State

LOCAL = "127.0.0.1"
"""Where they are served if nothing else is said."""
_SECONDS = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600)


class Metrics:
    """The figures of this process. Labels are ids of jobs and sources, outcomes and codes; never a value of a deal."""

    def __init__(self) -> None:
        """All at nothing."""
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.registry = CollectorRegistry()
        self._server: Any = None
        self._thread: Any = None
        of, job = self.registry, ["job", "source"]
        self._runs = Counter("dealgate_job_runs", "Runs of jobs by outcome.", [*job, "outcome"], registry=of)
        self._seconds = Histogram(
            "dealgate_job_seconds", "How long runs of jobs took.", job, registry=of, buckets=_SECONDS
        )
        self._missed = Counter("dealgate_job_missed", "Times that a job was due and not run.", job, registry=of)
        self._success = Gauge(
            "dealgate_job_last_success_timestamp_seconds", "When a job last succeeded.", job, registry=of
        )
        self._failing = Gauge("dealgate_job_failing", "1 while a job fails.", job, registry=of)
        self._deals = Counter("dealgate_deals", "Deals that syncs read.", ["source", "what"], registry=of)
        self._diagnostics = Counter(
            "dealgate_diagnostics", "Diagnostics by code and severity.", [*job, "code", "severity"], registry=of
        )
        self._writes = Counter("dealgate_writes", "Writes into a CRM by outcome.", ["source", "outcome"], registry=of)
        self._findings = Gauge(
            "dealgate_findings", "Findings that are open and not snoozed.", ["source", "severity"], registry=of
        )
        self._budget = Gauge(
            "dealgate_crm_budget_left", "Requests that are left of the CRM's allowance.", ["source"], registry=of
        )

    def known(self, job: str, source: str, state: State) -> None:
        """What was so before this process began."""
        held = state.job(job)
        self._failing.labels(job, source).set(0 if held.failing_since is None else 1)
        if held.succeeded is not None:
            self._success.labels(job, source).set(held.succeeded.timestamp())

    def missed(self, job: str, source: str, count: int) -> None:
        """Times that were missed."""
        self._missed.labels(job, source).inc(count)

    def ran(self, job: str, source: str, outcome: str, seconds: float, done: Done | None, at: datetime) -> None:
        """A run that ended at a moment."""
        self._runs.labels(job, source, outcome).inc()
        self._seconds.labels(job, source).observe(seconds)
        if outcome == "done":
            self._success.labels(job, source).set(at.timestamp())
        if done is None:
            return
        for what, count in done.deals.items():
            self._deals.labels(source, what).inc(count)
        for outcome_of_write, count in done.writes.items():
            if outcome_of_write != "already":  # it was counted when it was done
                self._writes.labels(source, outcome_of_write).inc(count)
        for severity, count in done.findings.items():
            self._findings.labels(source, severity).set(count)
        if done.budget is not None:
            self._budget.labels(source).set(done.budget)

    def failing(self, job: str, source: str, failing: bool) -> None:
        """Whether a job fails."""
        self._failing.labels(job, source).set(int(failing))

    def told(self, job: str, source: str, diagnostics: list[Diagnostic]) -> None:
        """Diagnostics of a run."""
        for (code, severity), count in Counts((d.code, d.severity.word) for d in diagnostics).items():
            self._diagnostics.labels(job, source, code, severity).inc(count)

    def serve(self, port: int, address: str = LOCAL) -> int:
        """Serves them until ``stop``, and gives the port. Raises SourceFailed where that cannot be."""
        from prometheus_client import start_http_server

        try:
            self._server, self._thread = start_http_server(port, address, self.registry)
        except OSError as trouble:
            message = f"The metrics cannot be served there: {(trouble.strerror or 'no reason given').lower()}."
            raise SourceFailed(
                error("DG866", message, Where(f"{address}:{port}"), "name another --metrics-port")
            ) from None
        return int(self._server.server_port)

    def stop(self) -> None:
        """Serves them no more, where they were served."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = None

    def write(self, file: Path) -> None:
        """Writes them, whole or not at all. Raises SourceFailed where the file cannot be written."""
        from prometheus_client import generate_latest

        from ..render.write import whole

        with whole(file) as out:
            out.write(generate_latest(self.registry))
