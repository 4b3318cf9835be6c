"""A workspace on a vendor's fake over real HTTP, worked by the command line; and everything that it leaves behind."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from tests.cli.running import Ran, dealgate
from tests.fakes.served import Reply, Request, Served

from dealgate.cli.stored import store_url
from dealgate.documents.load import load
from dealgate.history import history_of
from dealgate.store import open_store
from dealgate.sync.conformance import Rig

WRITE_BACK = {"tasks": "all", "notes": True, "reverts": True, "at_most": 5000}
SCHEDULE = [
    {"id": "crm-sync", "run": "sync crm", "every": "15 minutes"},
    {"id": "crm-enforce", "run": "enforce crm", "at": "09:00", "apply": True},
]


@dataclass
class Cause:
    """Why a CRM cannot be asked, or does not do what it is asked. ``stop`` brings it about, ``go`` ends it; ``write``:
    it is about writing."""

    title: str
    stop: Callable[[], object]
    go: Callable[[], object]
    write: bool = False
    code: int = 5


@dataclass
class Heard:
    """What went over the wire: every credential that was sent or given, by whatever name."""

    secrets: set[str] = field(default_factory=set)
    hosts: list[str] = field(default_factory=list)

    def request(self, request: Request, login: bool) -> None:
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        self.secrets |= {value or kind, request.headers.get("x-api-token", "")}
        if login:
            body = request.body.decode("utf-8", "replace")
            self.secrets |= {value for name, value in parse_qsl(body) if name in SECRET_NAMES}

    def reply(self, reply: Reply) -> None:
        if isinstance(reply.body, dict):
            self.secrets |= {str(reply.body[name]) for name in ("access_token", "refresh_token") if name in reply.body}


SECRET_NAMES = ("client_secret", "refresh_token", "assertion", "client_assertion")


class Place:
    """A workspace ``crm`` on a fake. Its clock is the only one."""

    name: str
    adapter = ""
    options: Mapping[str, Any] = {}
    credentials: Mapping[str, str] = {}
    fields: Mapping[str, str] = {}
    login = "/token"
    rig: Rig
    fake: Served
    title_field: str
    amount_field: str

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.heard = folder, Heard()
        self.echo = False
        self.begin: dict[str, Any] = {}
        """Where new deals begin, where it is not the rig's first stage."""
        self.rig, self.fake = self.made()
        self._listen(monkeypatch)
        monkeypatch.setattr("dealgate.cli.options.now", lambda: self.fake.now)
        for name, value in self.credentials.items():
            monkeypatch.setenv(self.env(name), value)
        self.write()
        monkeypatch.chdir(folder)
        self.done("store", "init")

    @abstractmethod
    def made(self) -> tuple[Rig, Served]:
        """A rig, and the fake in it."""

    @abstractmethod
    def causes(self) -> Iterator[Cause]:
        """All that can be wrong with this CRM."""

    def places(self, url: str) -> dict[str, Any]:
        """The settings that say where the CRM is."""
        return {"url": url}

    # ------------------------------------------------ the workspace

    def env(self, name: str) -> str:
        return f"CRM_{name.upper()}"

    def write(self, url: str | None = None, **options: Any) -> None:
        """dealgate.yaml, with the CRM at another address if one is given."""
        source = {
            "adapter": self.adapter or self.name, "mapping": self.name, "process": "practical",
            **self.places(url or self.fake.url), "credentials": {n: f"${{env:{self.env(n)}}}" for n in self.credentials},
            "write_back": {**WRITE_BACK, "fields": self.fields},
        }  # fmt: skip
        source["options"] = {**self.options, **source.get("options", {}), **options}
        here = {
            "kind": "workspace/v1", "id": "acme", "title": "Acme", "processes": ["practical"],
            "sources": {"crm": source}, "schedule": SCHEDULE,
        }  # fmt: skip
        (self.folder / "dealgate.yaml").write_text(json.dumps(here, indent=1), "utf-8")

    def run(self, *words: object) -> Ran:
        return dealgate(*words, columns=100)

    def done(self, *words: object) -> Ran:
        ran = self.run(*words)
        assert ran.code == 0, ran.all
        return ran

    # ------------------------------------------------ people at work

    def sell(self, count: int) -> list[str]:
        """New deals in the first stage, with all that the rig gives them."""
        self.fake.tick(minutes=20)
        begin = {"stage": self.rig.stages()[0], **self.begin}
        return [
            self.rig.put_deal(**begin, **{self.title_field: f"Deal {n}", self.amount_field: 1000 + n})
            for n in range(count)
        ]

    def leak(self, deals: list[str]) -> None:
        """A person moves them past their gates."""
        self.fake.tick(minutes=20)
        for deal in deals:
            self.rig.move(deal, self.rig.stages()[1])
        self.fake.tick(minutes=20)

    # ------------------------------------------------ what stands where

    def stored(self) -> dict[str, tuple[Any, ...]]:
        """By deal its name, amount, stage and status, as the store has them."""
        with open_store(store_url(None)) as store:
            events = store.events()
            process = load("practical").need()
            held = history_of(events, process, self.fake.now + timedelta(days=1), None, store.children())
            names = ("name", "amount", "stage", "status")
            return {str(row[0]): row[1:] for row in held.now(*names).select("id", *names).iter_rows()}

    def standing(self) -> dict[str, tuple[str, float]]:
        """By deal its name and amount, as the CRM has them."""
        return {
            ident: (deal.values[self.title_field], float(deal.values[self.amount_field]))
            for ident, deal in self.rig.truth().deals.items()
        }

    # ------------------------------------------------ the wire

    def _listen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answer = self.fake.answer

        def heard(request: Request) -> Reply:
            self.heard.request(request, request.path.endswith(self.login))
            reply = self.through(request) or answer(request)
            self.heard.reply(reply)
            if self.echo and reply.status >= 400:
                return Reply(reply.status, _with(reply.body, self._said(request)), reply.headers)
            return reply

        monkeypatch.setattr(self.fake, "answer", heard)

    def through(self, request: Request) -> Reply | None:
        """What is answered instead; a test puts something here."""
        return None

    def _said(self, request: Request) -> str:
        """What a careless server says of a request that it refuses."""
        headers = [request.headers.get(name, "") for name in ("authorization", "x-api-token")]
        return " ".join(("for", *headers, *self.credentials.values()))

    def close(self) -> None:
        self.rig.close()  # type: ignore[attr-defined]


def _with(body: Any, words: str) -> Any:
    """The same error, and these words wherever it has its own."""
    if isinstance(body, dict):
        return {
            name: f"{value} {words}" if name in _WORDS and isinstance(value, str) else _with(value, words)
            for name, value in body.items()
        }
    return [_with(one, words) for one in body] if isinstance(body, list) else body


_WORDS = ("message", "error", "error_description", "error_info")


@contextmanager
def instead(place: Place, reply: Callable[[Request], Reply | None]) -> Iterator[None]:
    """The CRM answers with this where it is not None."""
    before = place.through
    place.through = reply  # type: ignore[method-assign]
    try:
        yield
    finally:
        place.through = before  # type: ignore[method-assign]


def host(place: Place) -> str:
    """The fake's, as messages have it."""
    return urlsplit(place.fake.url).netloc
