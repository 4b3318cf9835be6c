"""What the fakes of vendors' CRMs have in common: real HTTP on this machine, a clock of their own, faults on purpose.

A fake subclasses ``Served`` and answers in ``answer``; the rest is here: requests are counted and served one after
another, each answer has the ``Date`` of the fake's clock, and the next request can be made to fail in each way of
``FAULTS`` that is not the vendor's own, before or after it was done.
"""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from .patience import restored, shortened

START = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
AN_HOUR = 3600


@dataclass(frozen=True)
class Request:
    """What came. ``path`` is without the query; ``query``: each name with its last value, ``every``: with all of them;
    ``headers`` by lower name."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    every: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def json(self) -> Any:
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        return {name: values[-1] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}


@dataclass(frozen=True)
class Reply:
    """What is answered: ``body`` is put as JSON unless it is bytes; None is an empty body."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def raw(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body, default=str).encode()


class Served:
    """A fake CRM, from its making until ``close``. ``asked``: each request as ``METHOD /path``."""

    throttled: ClassVar[Mapping[str, Any]] = {"message": "too many requests"}
    """The body that goes with the vendor's 429."""

    def __init__(self) -> None:
        self.now = START
        self.asked: list[str] = []
        self.planned: list[tuple[str, str]] = []
        self.struck = 0
        self.stopped = False
        self._one = threading.RLock()
        self._server = _Server(("127.0.0.1", 0), _Handler, self)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        restored()
        self.stopped = True
        self._server.shutdown()
        self._server.server_close()

    def tick(self, **by: float) -> datetime:
        """The clock moves on."""
        self.now += timedelta(**(by or {"seconds": 1}))
        return self.now

    # ------------------------------------------------ for the vendor's fake

    def answer(self, request: Request) -> Reply:
        """What this CRM answers; it runs alone."""
        raise NotImplementedError

    def is_counted(self, request: Request) -> bool:
        """Whether a planned fault may strike it (a request for a token: better not)."""
        return True

    def struck_by(self, kind: str) -> Reply | None:
        """The vendor's own way to fail so (``cursor``, and what differs from the usual); None: the usual way."""
        return None

    # ------------------------------------------------ faults

    def fail(self, kind: str, when: str = "before") -> None:
        """The next request fails: throttled, throttled-blind, server-error, lost, hang, flood, or the vendor's own."""
        self.struck, self.stopped = 0, False
        self.planned.append((kind, when))
        if kind == "hang":
            shortened()

    def heal(self) -> int:
        """Takes back what has not struck; how many did."""
        restored()
        self.planned.clear()
        self.stopped = True
        return self.struck

    def _served(self, request: Request) -> Reply | str:
        """A reply, or a way of failing that is none."""
        with self._one:
            self.asked.append(f"{request.method} {request.path}")
            kind, when = self.planned[0] if self.planned and self.is_counted(request) else ("", "")
            if kind and kind != "hang":  # what hangs does so when it is asked again, too
                self.planned.pop(0)
            if when != "before":
                reply = self.answer(request)
            if not kind:
                return reply
            self.struck += 1
            own = self.struck_by(kind)
            if own is not None:
                return own
            if kind == "throttled":
                return Reply(429, self.throttled, {"Retry-After": str(AN_HOUR)})
            if kind == "throttled-blind":
                return Reply(429, self.throttled)
            if kind == "server-error":
                return Reply(500, {"message": "internal error"})
            return kind


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], handler: type[_Handler], crm: Served) -> None:
        self.crm = crm
        super().__init__(address, handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has gone is no error of the fake's."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    disable_nagle_algorithm = True
    server: _Server

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        every = parse_qs(parts.query, keep_blank_values=True)
        query = {name: values[-1] for name, values in every.items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        crm = self.server.crm
        try:
            reply = crm._served(Request(self.command, parts.path, query, headers, body, every))
        except Exception as mistake:  # noqa: BLE001 - a mistake of the fake is told by the test, not by a hang
            reply = Reply(418, {"mistake of the fake": f"{type(mistake).__name__}: {mistake}"})
        with suppress(OSError):
            if isinstance(reply, Reply):
                self._reply(crm, reply)
            else:
                self._break(crm, reply)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = _serve

    def _reply(self, crm: Served, reply: Reply) -> None:
        raw = reply.raw()
        self._begin(crm, reply.status, {"Content-Type": "application/json", **reply.headers})
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _begin(self, crm: Served, status: int, headers: Mapping[str, str]) -> None:
        self.send_response_only(status)
        self.send_header("Date", format_datetime(crm.now, usegmt=True))
        for name, value in headers.items():
            self.send_header(name, value)

    def _break(self, crm: Served, kind: str) -> None:
        self.close_connection = True
        if kind == "lost":
            return
        self._begin(crm, 200, {"Content-Type": "application/json"})
        self.end_headers()
        piece, pause = (b" ", 0.05) if kind == "hang" else (b" " * 65536, 0.0)
        while not crm.stopped:
            self.wfile.write(piece)
            self.wfile.flush()
            if pause:
                threading.Event().wait(pause)

    def log_message(self, *_: object) -> None:
        pass
