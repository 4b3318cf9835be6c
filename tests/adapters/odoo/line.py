"""A line to the server that can be cut, before a request or after it was answered; let somebody else go first; answer
in the server's stead; or spoil the key."""

from __future__ import annotations

import xmlrpc.client
from collections.abc import Callable

import httpx
from tests.adapters.faulty import struck

WRITES = ("web_save", "message_post")
LASTING = ("hang", "flood")
"""Faults that strike until they are healed: asked again, the server does the same."""


class Line(httpx.BaseTransport):
    """The real transport. ``cut``: a method and when the line breaks, once; ``meanwhile``: a method and what somebody
    does before it; ``fault``: what becomes of the next request, and when; ``spoilt``: the key is not the one."""

    def __init__(self) -> None:
        self._real = httpx.HTTPTransport()
        self.cut: tuple[str, str] | None = None
        self.meanwhile: tuple[str, Callable[[], object]] | None = None
        self.fault: tuple[str, str] | None = None
        self.spoilt = self.stopped = False
        self.struck = 0
        self.asked: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        method = method_of(request)
        self.asked.append(method)
        if self.meanwhile is not None and self.meanwhile[0] == method:
            do, self.meanwhile = self.meanwhile[1], None
            do()
        if self.spoilt:
            self.struck += 1
            request.headers["Authorization"] = "bearer no-key-of-anybody"
        kind, when = self._due(method)
        if kind is None:
            return self._real.handle_request(request)
        if when == "after":
            answer = self._real.handle_request(request)
            answer.read()
            answer.close()
        return struck(self, kind, request)

    def _due(self, method: str) -> tuple[str | None, str]:
        """The fault that strikes this request, if one does. After the deed means a request that does something."""
        if self.cut is not None and self.cut[0] == method:
            when, self.cut = self.cut[1], None
            return "lost", when
        if self.fault is not None and (self.fault[1] == "before" or method in WRITES):
            kind, when = self.fault
            if kind not in LASTING:
                self.fault = None
            self.struck += 1
            return kind, when
        return None, ""

    def close(self) -> None:
        self._real.close()


def method_of(request: httpx.Request) -> str:
    """The method of a model that a request calls."""
    if "/xmlrpc/" not in request.url.path:
        return request.url.path.rpartition("/")[2]
    params, name = xmlrpc.client.loads(request.content)
    return str(params[4]) if name == "execute_kw" else str(name)
