"""Spans of OpenTelemetry, a job and each of its streams; nothing is imported where no endpoint is set."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ...model.diagnostics import Diagnostic, warning

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""Environment variables of OpenTelemetry that say where spans go; without one there are none."""
NAME = "dealgate"


class Traces:
    """Spans by a clock; none at all without a tracer."""

    def __init__(
        self, clock: Callable[[], datetime], tracer: Tracer | None = None, end: Callable[[], None] = lambda: None
    ):
        """``end``: sends what is left, when the process ends."""
        self.clock, self.tracer, self.end = clock, tracer, end

    @contextmanager
    def job(self, name: str, attributes: Mapping[str, str]) -> Iterator[Trace]:
        """The span of a job. What is raised in it, but for its words, is noted."""
        if self.tracer is None:
            yield Trace(self, None)
            return
        from opentelemetry import trace as api

        given: dict[str, Any] = {f"dealgate.{key}": value for key, value in attributes.items() if value}
        span = self.tracer.start_span(f"{NAME} {name}", attributes=given, start_time=_nanoseconds(self.clock()))
        made = Trace(self, api.set_span_in_context(span))
        try:
            yield made
        finally:
            made.close()
            for key, value in made.found.items():
                span.set_attribute(f"dealgate.{key}", value)
            if made.found.get("outcome") == "failed":
                span.set_status(api.StatusCode.ERROR)
            span.end(_nanoseconds(self.clock()))


class Trace:
    """A job's span while it runs. ``found``: what is noted at its end."""

    def __init__(self, traces: Traces, context: Any) -> None:
        """``context``: that of the job's span; None where there is none."""
        self.traces, self.context = traces, context
        self.found: dict[str, str | int] = {}
        self._stream, self._read, self._since = "", 0, traces.clock()

    def step(self, stream: str, read: int) -> None:
        """A stream has come so far; the one before it has ended with its own last step."""
        if self.context is None:
            return
        if stream != self._stream:
            self.close()
            self._stream = stream
        self._read, self._until = read, self.traces.clock()

    def close(self) -> None:
        """The stream that was being read has ended; the next one begins there."""
        if self.context is None or not self._stream:
            return
        assert self.traces.tracer is not None
        span = self.traces.tracer.start_span(
            f"{NAME} {self._stream}", context=self.context, start_time=_nanoseconds(self._since),
            attributes={"dealgate.stream": self._stream, "dealgate.read": self._read},
        )  # fmt: skip
        span.end(_nanoseconds(self._until))
        self._since, self._stream, self._read = self._until, "", 0


def asked_for(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment says where spans go."""
    return any(environment.get(name) for name in ENDPOINTS)


def traces_of(
    clock: Callable[[], datetime], environment: Mapping[str, str] = os.environ
) -> tuple[Traces, list[Diagnostic]]:
    """Spans to the endpoint that the environment names, by OTLP over HTTP; none where it names none, or where the
    extra is not there, which is told."""
    if not asked_for(environment):
        return Traces(clock), []
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        message = "An endpoint for spans is set, and OpenTelemetry is not installed."
        return Traces(clock), [warning("DG867", message, suggestion="install dealgate[otel], or unset the endpoint")]
    named = {} if environment.get("OTEL_SERVICE_NAME") else {"service.name": NAME}
    provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Traces(clock, provider.get_tracer(NAME), provider.shutdown), []


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1_000
