"""How HubSpot lets us in, what its answers say of its limits, and its refusals in its own words.

A private app, or an app for one account, has a token that a person makes and that does not end. Any other app has a
refresh token, from which access tokens of half an hour are made (OAuth v3: everything in the body, nothing in the URL).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx

from dealgate.ports import Budget, Settings, Trouble

from .._api import Allowance, Api, Bearer, Token, fixed, granted, lasting, secret_of
from .._http import Answer, Http

URL = "https://api.hubapi.com"
TOKENS = "/oauth/v3/token"


class Refused(Exception):
    """What HubSpot does not do. ``rule``: its category or error code; ``text``: its own words, with no secret."""

    def __init__(self, status: int, rule: str, text: str) -> None:
        super().__init__(rule)
        self.status, self.rule, self.text = status, rule, text


class Server:
    """One account of HubSpot, entered as one app."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        """``values``: url (where a sandbox or a fake stands in), time_zone (the account's). Raises Trouble."""
        self._settings = settings
        self._zone = _zone(settings.values.get("time_zone"))
        http = Http(str(settings.values.get("url") or URL), settings.clock, transport=transport, limited=self._limited)
        self.api = Api(http, Bearer(_grants(settings, http), settings.clock, settings), limits=self._limits)

    @property
    def now(self) -> datetime:
        """The server's clock when it began with its last answer. Raises Trouble."""
        return self.api.now

    def read(
        self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None
    ) -> Mapping[str, Any]:
        """What a request that changes nothing gives. Raises Trouble."""
        try:
            return self._said(self.api.ask(method, path, query, body, repeat=True))
        except Refused as refused:
            raise self._barred(refused) from None

    def find(self, path: str, query: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """One record; None where it is not there. Raises Trouble."""
        try:
            return self._said(self.api.ask("GET", path, query, repeat=True))
        except Refused as refused:
            if refused.status == 404:
                return None
            raise self._barred(refused) from None

    def write(self, method: str, path: str, body: Any) -> Mapping[str, Any]:
        """What a write gives. Raises Refused, Trouble, OutcomeUnknown."""
        return self._said(self.api.ask(method, path, body=body, repeat=False))

    def rows(self, said: Mapping[str, Any], key: str = "id") -> list[Mapping[str, Any]]:
        """The rows of an answer, each with this key. Raises Trouble."""
        found = said.get("results")
        if not isinstance(found, list) or not all(isinstance(row, dict) and key in row for row in found):
            raise self.odd()
        return found

    def odd(self) -> Trouble:
        """An answer that is none of HubSpot's."""
        return Trouble(
            "odd", f"What {self.api.http.host} answers is not what HubSpot answers.", "check the URL of this source"
        )

    def close(self) -> None:
        """Ends the connections."""
        self.api.close()

    # ------------------------------------------------ answers

    def _said(self, answer: Answer) -> Mapping[str, Any]:
        body = answer.json
        # 207: of a batch some have nothing to tell
        if answer.status in (200, 201, 207) and isinstance(body, dict):
            return body
        if answer.status in (423, 477):
            # a record that another write holds; an account that is being moved to another data centre
            wait = answer.headers.get("retry-after", "")
            until = self._settings.clock() + timedelta(seconds=min(int(wait), 86_400) if wait.isdecimal() else 2)
            raise Trouble(
                "throttled", f"{self.api.http.host} cannot be written to just now.",
                "wait, and run it again: it goes on where it stood", until,
            )  # fmt: skip
        if not isinstance(body, dict) or not isinstance(body.get("message"), str):
            raise Refused(answer.status, "", "") if answer.status in (403, 404) else self.odd()
        raise Refused(answer.status, _rule(body), self.api.hide(_words(body)))

    def _barred(self, refused: Refused) -> Trouble:
        if refused.status == 403:
            return Trouble(
                "forbidden", f"HubSpot does not let this app read that: {refused.text or 'it gives no reason'}",
                "give the app the scopes that docs/crm/hubspot.md lists; an OAuth app has to be installed again then",
            )  # fmt: skip
        if refused.status == 404:
            return Trouble(
                "gone", f"HubSpot has not, or no more, what was asked for: {refused.text or 'it gives no reason'}",
                "look whether the object is switched on in this account",
            )  # fmt: skip
        return Trouble(
            "odd", f"HubSpot does not take the question: {refused.text or f'status {refused.status}'}",
            "report it with this message to whoever looks after dealgate",
        )  # fmt: skip

    # ------------------------------------------------ limits

    def _limited(self, answer: Answer) -> Trouble | float | None:
        body = answer.json if isinstance(answer.json, dict) else {}
        if body.get("policyName") == "DAILY" or "daily" in str(body.get("message", "")).lower():
            return Trouble(
                "exhausted", "The requests that this HubSpot account may make in a day are used up.",
                "run it again tomorrow: it goes on where it stood; other apps of the account use the same allowance",
                self._midnight(answer.now),
            )  # fmt: skip
        if "retry-after" in answer.headers:
            return None
        # HubSpot tells of a window of ten seconds and when it began to nobody; of searches in a second, neither
        return 10.0 if body.get("policyName") == "TEN_SECONDLY_ROLLING" else None

    def _limits(self, answer: Answer) -> tuple[Budget | None, Sequence[Allowance]]:
        told = {
            name: int(value)
            for name in ("daily", "daily-remaining", "max", "remaining", "interval-milliseconds")
            if (value := answer.headers.get(f"x-hubspot-ratelimit-{name}", "")).isdecimal()
        }
        budget = None
        if "daily" in told and "daily-remaining" in told:
            used = max(told["daily"] - told["daily-remaining"], 0)
            budget = Budget(used, told["daily"], self._midnight(answer.now))
        if not {"max", "remaining", "interval-milliseconds"} <= set(told):
            return budget, ()  # a search says nothing of limits
        return budget, (Allowance(told["remaining"], told["max"], told["interval-milliseconds"] / 1000),)

    def _midnight(self, now: datetime | None) -> datetime | None:
        """When the day ends by which HubSpot counts: at midnight where the account is."""
        if self._zone is None:
            return None
        here = (now or self._settings.clock()).astimezone(self._zone)
        return datetime.combine(here.date() + timedelta(days=1), time(), self._zone)


def _grants(settings: Settings, http: Http) -> Callable[[], Token]:
    """A token that was made by a person where there is one, else one from the refresh token."""
    if (settings.secret("token") or "").strip() or not (settings.secret("refresh_token") or "").strip():
        return fixed(settings, "token")

    def fetch() -> Token:
        names = ("client_id", "client_secret", "refresh_token")
        said = granted(
            http, TOKENS, {"grant_type": "refresh_token", **{name: secret_of(settings, name) for name in names}}
        )
        return Token(said["access_token"], lasting(said, settings.clock))

    return fetch


def _zone(name: object) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Trouble(
            "odd", "The option `time_zone` names no zone.", "write it as Europe/Berlin, or leave it out"
        ) from None


def _rule(body: Mapping[str, Any]) -> str:
    errors = body.get("errors")
    code = errors[0].get("code") if isinstance(errors, list) and errors and isinstance(errors[0], dict) else None
    inner = _inner(body)
    return str((inner[0].get("error") if inner else None) or code or body.get("category") or "")[:60]


def _words(body: Mapping[str, Any]) -> str:
    """What it says: of values that are not valid, each with its own message; of scopes, which."""
    inner = _inner(body)
    if inner:
        return " ".join(str(one.get("message") or one.get("error") or "") for one in inner)
    words = [str(body["message"])]
    for one in body.get("errors") or ():
        context = one.get("context") if isinstance(one, dict) else None
        for names in context.values() if isinstance(context, dict) else ():
            words.append(", ".join(map(str, names)) if isinstance(names, list) else str(names))
    return " ".join(words)


def _inner(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What was wrong with each value, which HubSpot writes as JSON into the message."""
    _, found, rest = str(body.get("message", "")).partition("[")
    try:
        told = json.loads(found + rest) if found else []
    except ValueError:
        return []
    return [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []


def part(ident: str) -> str:
    """An id as one piece of a path, whatever stands in it."""
    return quote(ident, safe="")
