"""A line to the server that can be cut, before a request or after it was answered, or let somebody else go first."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx


class Line(httpx.BaseTransport):
    """The real transport; ``cut`` names a method and when the line breaks, once."""

    def __init__(self) -> None:
        self._real = httpx.HTTPTransport()
        self.cut: tuple[str, str] | None = None
        self.meanwhile: tuple[str, Callable[[], object]] | None = None
        self.asked: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        method = json.loads(request.content)["method"].rpartition(".")[2]
        self.asked.append(method)
        if self.meanwhile is not None and self.meanwhile[0] == method:
            do, self.meanwhile = self.meanwhile[1], None
            do()
        when = self.cut[1] if self.cut is not None and self.cut[0] == method else None
        if when is not None:
            self.cut = None
        if when == "before":
            raise httpx.ReadError("cut", request=request)
        answer = self._real.handle_request(request)
        if when == "after":
            answer.read()
            answer.close()
            raise httpx.ReadError("cut", request=request)
        return answer

    def close(self) -> None:
        self._real.close()
