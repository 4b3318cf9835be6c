"""What a CRM's call is answered: whether it is for us, from whom it says, and kept. No socket and no clock is here.

The answer to a caller that is not known is a bare status. Why is nobody's business but the operator's, who sees how
often it happened.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from dealgate.model.diagnostics import DealgateError
from dealgate.model.struct import Struct, field
from dealgate.ports import BadSignature, CrmAdapter

from .headers import Headers
from .inbox import FULL, KEPT, OLD, REPEATED, Inbox

HOOKS = "/hooks/"
HEALTH = "/health"
RETRY_AFTER = 30
"""Seconds after which a CRM that was sent away may come again."""
REFUSED, FAILED, UNKNOWN, LARGE = "refused", "failed", "unknown", "large"
"""Not genuine · not to be kept, or not to be read, by a fault of ours · for no source of ours · over the limit."""
_STATUS = {KEPT: 200, REPEATED: 200, OLD: 401, FULL: 503}


class Request(Struct):
    """A request without its body. ``target`` is the path, with its query."""

    method: str
    target: str
    headers: Iterable[tuple[str, str]] = ()


class Answer(Struct):
    """What is answered."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Called(Struct):
    """A source that can be called. ``public_url``: the address that the CRM was given; None: the one asked for here."""

    name: str
    adapter: CrmAdapter
    public_url: str | None = None


class Door:
    """The door of a workspace. One call at a time. ``counts``: by source and word, since it was opened."""

    def __init__(
        self, sources: Iterable[Called], inbox: Inbox, clock: Callable[[], datetime], here: str,
        troubles: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """``here``: our own address, such as http://127.0.0.1:8787. ``troubles``: by source the code of what keeps it
        from being worked off, kept up to date by who does that."""
        self._sources = {one.name: one for one in sources}
        self._inbox, self._clock, self._here = inbox, clock, here.rstrip("/")
        self._troubles = {} if troubles is None else troubles
        self.counts: Counter[tuple[str, str]] = Counter()
        self.mistakes: dict[str, str] = {}
        """By source the code or the kind of what last kept a call from being read or kept."""

    def at_once(self, asked: Request) -> Answer | None:
        """The answer to what needs no body to be refused; None where it has to be read."""
        path = asked.target.partition("?")[0]
        if path == HEALTH:
            allowed = "GET"
        elif self._source(path) is not None:
            allowed = "POST"
        else:
            self.counts["", UNKNOWN] += 1
            return Answer(404)
        return None if asked.method == allowed else Answer(405, {"Allow": allowed})

    def too_large(self, asked: Request) -> Answer:
        """The answer to a body over the limit."""
        source = self._source(asked.target.partition("?")[0])
        self.counts[source.name if source else "", LARGE] += 1
        return Answer(413)

    def answer(self, asked: Request, body: bytes) -> Answer:
        """The answer to a request that was read whole."""
        refused = self.at_once(asked)
        if refused is not None:
            return refused
        path, _, query = asked.target.partition("?")
        source = self._source(path)
        if source is None:
            return self._health()
        address = source.public_url or f"{self._here}{path}"
        became = self._kept(source, asked, body, f"{address}?{query}" if query else address)
        self.counts[source.name, became] += 1
        status = _STATUS.get(became, 401 if became == REFUSED else 503)
        return Answer(status, {"Retry-After": str(RETRY_AFTER)} if status == 503 else {})

    def _source(self, path: str) -> Called | None:
        return self._sources.get(path.removeprefix(HOOKS)) if path.startswith(HOOKS) else None

    def _kept(self, source: Called, asked: Request, body: bytes, url: str) -> str:
        now = self._clock()
        try:
            said = source.adapter.parse_webhook(Headers(asked.headers), body, url, now)
        except BadSignature:
            return REFUSED
        except Exception as mistake:  # noqa: BLE001 - an adapter of others, on whatever a stranger sends
            return self._failed(source, mistake)
        try:
            return self._inbox.keep(source.name, said, now)
        except Exception as trouble:  # noqa: BLE001 - a full disk, a lock, odd words of an adapter: the CRM has it still
            return self._failed(source, trouble)

    def _failed(self, source: Called, why: Exception) -> str:
        code = why.diagnostics[0].code if isinstance(why, DealgateError) and why.diagnostics else type(why).__name__
        self.mistakes[source.name] = code
        return FAILED

    def _health(self) -> Answer:
        try:
            waiting = {name: self._inbox.count(name) for name in self._sources}
        except sqlite3.Error:
            return Answer(503, {"Content-Type": "application/json"}, b'{"status":"the inbox cannot be read"}\n')
        told = {
            "status": "ok" if not self._troubles else "behind",
            "sources": {
                name: {
                    "waiting": waiting[name],
                    **{word: self.counts[name, word] for word in (KEPT, REPEATED, REFUSED, OLD, LARGE, FULL, FAILED)},
                    "trouble": self._troubles.get(name),
                }
                for name in self._sources
            },
        }
        return Answer(200, {"Content-Type": "application/json"}, json.dumps(told).encode() + b"\n")


def is_address(text: str) -> bool:
    """Whether a text is an address that a CRM can be given."""
    return re.fullmatch(r"https?://[^\s/?#]+[^\s?#]*", text) is not None
