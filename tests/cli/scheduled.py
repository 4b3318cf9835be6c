"""A workspace that runs by itself: the CRM in memory, whose clock is the only one, and a schedule over it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.cli.running import Ran, dealgate
from tests.cli.test_enforce import WRITE_BACK, Office
from tests.fakes.crm import FakeAdapter

from dealgate.cli import scheduling
from dealgate.cli.run.loop import Loop
from dealgate.cli.run.metrics import Metrics
from dealgate.ports import Action, Outcome

SCHEDULE = "schedule:\n  - {id: crm-sync, run: sync crm, every: 15 minutes}\n"
ENFORCE = '  - {id: crm-enforce, run: enforce crm, at: "09:00"}\n'
APPLY = ENFORCE.replace("}", ", apply: true}")
HEALTH = Path(".dealgate/health.json")


class Works(Office):
    """An office whose schedule is run. ``meanwhile`` is called after each page that is read."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.meanwhile: Callable[[], None] = lambda: None
        self.more = ""
        super().__init__(folder, monkeypatch)

    def written(self, write_back: str = WRITE_BACK, adapter: str = "fake") -> None:
        super().written(write_back, adapter)
        file = self.folder / "dealgate.yaml"
        file.write_text(file.read_text("utf-8") + self.more, "utf-8")

    def scheduled(self, text: str) -> None:
        """This stands at the end of dealgate.yaml."""
        self.more = text
        self.written()

    def adapter(self) -> FakeAdapter:
        works = self

        class Answering(FakeAdapter):
            def apply(self, action: Action) -> Outcome:
                return works.answer(action) or super().apply(action)

        return Answering(self.crm, meanwhile=lambda: works.meanwhile())

    def at(self, hour: int, minute: int = 0, day: int | None = None) -> None:
        """It is so late now, of the same day if no other is said."""
        self.crm.now = self.crm.now.replace(day=day or self.crm.now.day, hour=hour, minute=minute, second=0)

    def once(self, *words: object, code: int = 0, env: dict[str, str] | None = None) -> list[dict[str, Any]]:
        """What is due is done: the lines of the log."""
        ran = dealgate("run", "--once", *words, env=env)
        assert ran.code == code, ran.all
        return lines(ran)

    def state(self, job: str = "crm-sync") -> dict[str, Any]:
        """What is remembered of a job."""
        held: dict[str, Any] = json.loads(HEALTH.read_text("utf-8"))["jobs"][job]
        return held


def lines(ran: Ran) -> list[dict[str, Any]]:
    """A log as values; every line is one."""
    return [json.loads(line) for line in ran.err.splitlines()]


def of(log: list[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    """The lines of an event."""
    return [line for line in log if line["event"] == event]


@contextmanager
def looping(works: Works, wait: Callable[[float], None] | None = None) -> Iterator[Loop]:
    """A loop over the schedule, by the clock of the CRM."""
    here = scheduling.found()
    with scheduling.loop(
        here, lambda: works.crm.now, dry_run=False, metrics=Metrics(), metrics_to=None, human=False, wait=wait
    ) as loop:
        yield loop


@contextmanager
def listening(status: int = 200) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """A real server on this machine: its port, and the JSON that it was sent."""
    got: list[dict[str, Any]] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            held = json.loads(body) if self.headers["Content-Type"] == "application/json" else {"body": body}
            got.append({**held, "path": self.path})
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port, got
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def moment(text: str) -> datetime:
    """One in UTC."""
    return datetime.fromisoformat(f"{text}+00:00")
