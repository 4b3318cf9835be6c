"""A line to a real server on which requests fail on purpose: before the server had them, or after it did them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import httpx
from tests.fakes.patience import restored, shortened

AN_HOUR = "3600"


class _Endless(httpx.SyncByteStream):
    def __init__(self, line: Faulty, piece: bytes, pause: float) -> None:
        self.line, self.piece, self.pause = line, piece, pause

    def __iter__(self) -> Iterator[bytes]:
        while not self.line.stopped:
            yield self.piece
            time.sleep(self.pause)


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
        if kind == "lost":
            raise httpx.ReadError("cut", request=request)
        if kind == "hang":
            return httpx.Response(200, stream=_Endless(self, b" ", 0.05))
        if kind == "flood":
            return httpx.Response(200, stream=_Endless(self, b" " * 65536, 0.0))
        if kind == "token":
            return httpx.Response(401)
        if kind == "server-error":
            return httpx.Response(500)
        return httpx.Response(429, headers={"Retry-After": AN_HOUR} if kind == "throttled" else {})

    def close(self) -> None:
        """It serves the next adapter, too."""

    def end(self) -> None:
        self._real.close()
