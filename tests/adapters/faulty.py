"""A line to a real server on which requests fail on purpose: before the server had them, or after it did them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Protocol

import httpx
from tests.fakes.patience import restored, shortened

AN_HOUR = "3600"


class Stoppable(Protocol):
    """A line on which what never ends is ended when the test is over."""

    stopped: bool


class _Endless(httpx.SyncByteStream):
    """An answer without an end: byte by byte, or as much as anybody takes. It ends with its line."""

    def __init__(self, line: Stoppable, piece: bytes, pause: float) -> None:
        self.line, self.piece, self.pause = line, piece, pause

    def __iter__(self) -> Iterator[bytes]:
        while not self.line.stopped:
            yield self.piece
            time.sleep(self.pause)


def struck(line: Stoppable, kind: str, request: httpx.Request) -> httpx.Response:
    """What comes back of a request that fails in one of the ways of the suite. Raises ReadError for ``lost``."""
    if kind == "lost":
        raise httpx.ReadError("cut", request=request)
    if kind == "hang":
        return httpx.Response(200, stream=_Endless(line, b" ", 0.05), request=request)
    if kind == "flood":
        return httpx.Response(200, stream=_Endless(line, b" " * 65536, 0.0), request=request)
    if kind in ("token", "server-error"):
        return httpx.Response(401 if kind == "token" else 500, request=request)
    return httpx.Response(429, headers={"Retry-After": AN_HOUR} if kind == "throttled" else {}, request=request)


class Faulty(httpx.BaseTransport):
    """The real transport; ``fail`` makes the next request that ``counts`` fail in one of the ways of the suite."""

    def __init__(self, counts: Callable[[httpx.Request], bool] = lambda _: True) -> None:
        self._real, self._counts = httpx.HTTPTransport(), counts
        self.planned: list[tuple[str, str]] = []
        self.struck = self.requests = 0
        self.stopped = False

    def fail(self, kind: str, when: str) -> None:
        self.struck, self.stopped = 0, False
        self.planned.append((kind, when))
        if kind == "hang":
            shortened()

    def heal(self) -> int:
        restored()
        self.planned.clear()
        self.stopped = True
        return self.struck

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        kind, when = self.planned[0] if self.planned and self._counts(request) else ("", "")
        if kind and kind != "hang":  # a server that hangs does so when it is asked again, too
            self.planned.pop(0)
        if kind and when == "before":
            return self._struck(kind, request)
        answer = self._real.handle_request(request)
        if kind:
            answer.read()
            answer.close()
            return self._struck(kind, request)
        return answer

    def _struck(self, kind: str, request: httpx.Request) -> httpx.Response:
        self.struck += 1
        return struck(self, kind, request)

    def close(self) -> None:
        """It serves the next adapter, too."""

    def end(self) -> None:
        self._real.close()
