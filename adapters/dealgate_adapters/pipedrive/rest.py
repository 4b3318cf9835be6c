"""Speaking with Pipedrive: the two ways in, its envelope, its limits, and its ways of saying no.

Two limits hold. The burst: so many requests of one token in two seconds; whoever exceeds it gets 429 until the window
is over. The day's budget of tokens, which all users and programs of the company share and of which each endpoint has
its price; once it is used up, every request gets 429 until midnight of Pipedrive's own clock, in a zone that it does
not tell. Whoever goes on all the same is locked out for a while: 403 with a page of HTML.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import httpx

from dealgate.ports import Budget, Settings, Trouble

from .._api import Allowance, Api, Bearer, Token, address, fixed, granted, lasting, secret_of
from .._http import Answer, Http

LOGIN = "https://oauth.pipedrive.com"
DOMAINS = ("pipedrive.com",)
WINDOW = 2.0
"""Seconds of the burst."""
AT_ONCE = 8
"""Requests at a time: the smallest plan lets a user's token make 20 in two seconds, other programs included."""
LEFT, LIMIT = "x-daily-ratelimit-token-remaining", "x-daily-ratelimit-token-limit"
"""How much of the day's budget is left. Not in the documentation, sent since the budgets are; absent at times."""


class Refused(Exception):
    """Pipedrive said no. ``text`` is what it said."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(status)
        self.status, self.text = status, text


class Server:
    """One company's Pipedrive."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        """``values``: url, login_url. The secrets are ``token``; or ``refresh_token``, ``client_id`` and
        ``client_secret``, for which the token says where the API is. Asks nothing yet. Raises Trouble."""
        self._settings, self._transport = settings, transport
        self._url = _text(settings, "url")
        self._oauth = not (settings.secret("token") or "").strip() and bool(settings.secret("refresh_token"))
        if not self._oauth and not self._url:
            raise Trouble(
                "unreachable",
                "This source lacks `url`.",
                "set it to the company's address, https://COMPANY.pipedrive.com",
            )
        self._login = _text(settings, "login_url") or LOGIN
        self._refresh = ""
        self._bearer = Bearer(self._granted if self._oauth else fixed(settings, "token"), settings.clock, settings)
        self._api: Api | None = None

    @property
    def api(self) -> Api:
        """The API, once it is known where it is. Raises Trouble."""
        if self._api is None:
            http = Http(
                self._url or address(self._bearer.token().base, "Pipedrive", DOMAINS, (self._login,)),
                self._settings.clock,
                limited=_limited,
                transport=self._transport,
            )
            if self._oauth:
                self._api = Api(http, self._bearer, limits=_limits)
            else:
                self._api = Api(http, self._bearer, scheme="", header="x-api-token", limits=_limits)
        return self._api

    def close(self) -> None:
        """Ends the connections."""
        if self._api is not None:
            self._api.close()

    # ------------------------------------------------ asking

    def ask(
        self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None
    ) -> Mapping[str, Any]:
        """An answer's envelope. GET may be repeated, nothing else. Raises Refused, Trouble, OutcomeUnknown."""
        answer = self.api.ask(method, f"/api/{path}", query, body, repeat=method == "GET")
        if not isinstance(answer.json, dict):
            raise self._strange(answer)
        if 200 <= answer.status < 300 and answer.json.get("success") is not False:
            return answer.json
        if answer.status == 402:
            raise Trouble(
                "forbidden", "This Pipedrive account is not open: its trial is over, or a bill is due.",
                "ask an administrator of the account to look at its billing",
            )  # fmt: skip
        said = [answer.json.get(name) for name in ("error", "error_info")]
        # the hint to the developers' site that comes with every error helps nobody
        told = [str(one) for one in said if isinstance(one, str) and one and "developers.pipedrive.com" not in one]
        raise Refused(answer.status, self.api.hide(". ".join(told) or f"status {answer.status}", self._refresh))

    def read(self, what: str, path: str, query: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """As ``ask``, of something to read, whose refusals are Trouble. ``what`` names it. Raises Trouble."""
        try:
            return self.ask("GET", path, query)
        except Refused as refused:
            raise self._unread(what, query or {}, refused) from None

    def rows(self, said: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The records of an answer; Pipedrive puts none as null. Raises Trouble."""
        data = said.get("data") or []
        if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
            raise self._strange(None)
        return data

    def all(self, what: str, path: str, query: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Every record of a listing that has a cursor. Raises Trouble."""
        found: list[dict[str, Any]] = []
        cursor = None
        while True:
            said = self.read(what, path, {"limit": 500, **(query or {}), **({"cursor": cursor} if cursor else {})})
            found += self.rows(said)
            onward = following(said)
            if not onward or onward == cursor:
                return found
            cursor = onward

    def pages(self, ask: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Iterator[list[dict[str, Any]]]:
        """The pages of a listing of version 1, which counts places; ``ask`` asks with these words. Raises Trouble, and
        what ``ask`` raises."""
        start, before = 0, None
        while True:
            said = ask({"start": start, "limit": 500})
            rows = self.rows(said)
            first = rows[0].get("id") if rows else None
            if start and first is not None and first == before:
                raise Trouble(
                    "odd", f"{self.api.http.host} gives the same page again and again.",
                    "report it, with the version of dealgate",
                )  # fmt: skip
            yield rows
            told = (said.get("additional_data") or {}).get("pagination") or {}
            if not rows or not told.get("more_items_in_collection"):
                return
            start, before = start + len(rows), first

    # ------------------------------------------------ what an answer means

    def _unread(self, what: str, query: Mapping[str, Any], refused: Refused) -> Trouble:
        if refused.status == 403:
            return Trouble(
                "forbidden", f"The user of this source may not read {what} in Pipedrive: {refused.text}.",
                f"give its permission set the right to {what}, or the app the scope for them",
            )  # fmt: skip
        if refused.status == 400 and "cursor" in query:
            # the first page was asked for with the same words, so it is the cursor that it does not take
            return Trouble(
                "expired", f"Pipedrive does not take its cursor for {what} any more.", "read from the beginning"
            )
        if refused.status in (404, 410):
            return Trouble(
                "gone", f"Pipedrive has no {what} here: {refused.text}.",
                "look whether it was deleted, or whether the plan has it",
            )  # fmt: skip
        return Trouble(
            "odd", f"Pipedrive does not give {what}: {refused.text}.", "report it, with the version of dealgate"
        )

    def _strange(self, answer: Answer | None) -> Trouble:
        host = self.api.http.host
        if answer is not None and answer.status == 403:
            return Trouble(
                "throttled", f"{host} keeps this program out: too many requests came after it had asked for fewer.",
                "wait an hour, and find out which program goes on after the status 429",
            )  # fmt: skip
        return Trouble(
            "odd", f"{host} answers with something else than Pipedrive's JSON.",
            "check `url` of this source: https://COMPANY.pipedrive.com, without a path",
        )  # fmt: skip

    # ------------------------------------------------ a token

    def _granted(self) -> Token:
        secret = self._settings
        pair = f"{secret_of(secret, 'client_id')}:{secret_of(secret, 'client_secret')}"
        http = Http(self._login, self._settings.clock, transport=self._transport)
        try:
            said = granted(
                http, "/oauth/token",
                {"grant_type": "refresh_token", "refresh_token": self._refresh or secret_of(secret, "refresh_token")},
                {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"},
            )  # fmt: skip
        finally:
            http.close()
        fresh = said.get("refresh_token")
        self._refresh = fresh if isinstance(fresh, str) else self._refresh
        base = said.get("api_domain")
        return Token(
            str(said["access_token"]), lasting(said, self._settings.clock), base if isinstance(base, str) else ""
        )


def following(said: Mapping[str, Any]) -> str:
    """The cursor of the next page; "" on the last one."""
    more = said.get("additional_data")
    found = more.get("next_cursor") if isinstance(more, dict) else None
    return found if isinstance(found, str) else ""


def _limited(answer: Answer) -> Trouble | float | None:
    """What a 429 means: the day's budget, which no waiting here brings back, or the burst, which is over soon."""
    number = _number(answer.headers)
    if number(LEFT) == 0:
        return Trouble(
            "exhausted", "The company's budget of API tokens for today is used up.",
            "it begins anew at midnight of Pipedrive's servers; run it then, less often, or buy a top-up",
        )  # fmt: skip
    wait = number("x-ratelimit-reset")
    return float(wait) if wait is not None and "retry-after" not in answer.headers else None


def _limits(answer: Answer) -> tuple[Budget | None, Sequence[Allowance]]:
    number = _number(answer.headers)
    left, most = number(LEFT), number(LIMIT)
    budget = Budget(most - left, most) if left is not None and most is not None else None
    free, window = number("x-ratelimit-remaining"), number("x-ratelimit-limit")
    if free is None or window is None:
        return budget, ()
    return budget, [Allowance(free, window, float(number("x-ratelimit-reset") or WINDOW))]


def _number(headers: Mapping[str, str]) -> Callable[[str], int | None]:
    def found(name: str) -> int | None:
        text = headers.get(name, "").strip()
        return int(text) if text.isdecimal() else None

    return found


def _text(settings: Settings, name: str) -> str:
    value = settings.values.get(name)
    return value.strip() if isinstance(value, str) else ""
