"""The connection to one organisation: the token of its data centre, its limits, and what its errors mean."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from dealgate.ports import Budget, Settings, Trouble

from .._api import Allowance, Api, Bearer, Token, address, granted, lasting, secret_of
from .._http import Answer, Http
from . import coql

ACCOUNTS = "https://accounts.zoho.com"
"""The accounts server of the data centre in the US; others have their own."""
DOMAINS = tuple(
    f"zohoapis.{one}" for one in ("com", "eu", "in", "com.au", "com.cn", "jp", "ca", "sa", "uk")
)  # fmt: skip
"""Of Zoho's data centres. Where there is a newer one, `url` names it."""
VERSION = "/crm/v8"
TOKEN = "/oauth/v2/token"  # noqa: S105
AT_ONCE = 5
"""Requests at a time that the smallest edition allows."""
_TOO_OFTEN = frozenset({"access_denied", "access denied"})
_STALE = frozenset({"INVALID_TOKEN", "AUTHENTICATION_FAILURE"})
_WORD = re.compile(r"[A-Za-z0-9_.$-]{1,60}")


class BadColumn(Exception):
    """Zoho does not give this column of a query."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


class Server:
    """Requests to an organisation. Asks nothing before it has to."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        """``values``: accounts_url, url, soid, concurrency, credits. Raises Trouble."""
        self._settings, self._transport = settings, transport
        values = settings.values
        self._accounts = Http(str(values.get("accounts_url") or ACCOUNTS), settings.clock, transport=transport)
        self._base = str(values.get("url") or "")
        self.bearer = Bearer(self._token, settings.clock, settings)
        self.at_once = _number(values, "concurrency", AT_ONCE, 25) or AT_ONCE
        self._credits = _number(values, "credits", None, 10**9)
        self._api: Api | None = None
        if self._base:
            self._opened(self._base)  # an address that is none is told at once

    # ------------------------------------------------ the token

    def _token(self) -> Token:
        """Zoho gives ten tokens in ten minutes for a refresh token, so one is kept as long as it holds."""
        said = granted(self._accounts, TOKEN, self._form(), too_often=lambda code: code.casefold() in _TOO_OFTEN)
        return Token(str(said["access_token"]), lasting(said, self._settings.clock), str(said.get("api_domain") or ""))

    def _form(self) -> Mapping[str, str]:
        client = {
            "client_id": secret_of(self._settings, "client_id"),
            "client_secret": secret_of(self._settings, "client_secret"),
        }
        organisation = self._settings.values.get("soid")
        if organisation and not self._settings.secret("refresh_token"):
            scope = ",".join(SCOPES)
            return {**client, "grant_type": "client_credentials", "scope": scope, "soid": f"ZohoCRM.{organisation}"}
        return {
            **client, "grant_type": "refresh_token", "refresh_token": secret_of(self._settings, "refresh_token"),
        }  # fmt: skip

    @property
    def api(self) -> Api:
        """The API, where the token says it is, unless the settings say so. Raises Trouble."""
        if self._api is None:
            base = address(self.bearer.token().base, "Zoho", DOMAINS, (self._accounts.base,))
            if not base:
                raise Trouble(
                    "odd", "Zoho does not say where the API of this organisation is.",
                    "set `url` of the source, such as https://www.zohoapis.eu",
                )  # fmt: skip
            self._opened(base)
        assert self._api is not None
        return self._api

    def _opened(self, base: str) -> None:
        http = Http(base, self._settings.clock, transport=self._transport, limited=self._used_up)
        self._api = Api(http, self.bearer, scheme="Zoho-oauthtoken", limits=self._limits, stale=_stale)

    # ------------------------------------------------ limits

    def _limits(self, answer: Answer) -> tuple[Budget | None, Sequence[Allowance]]:
        """Zoho tells what is left once half of a day's credits are used, and never how many those are."""
        left = _credits(answer)
        if left is None or self._credits is None:
            return None, ()
        return Budget(max(self._credits - left, 0), self._credits), ()

    def _used_up(self, answer: Answer) -> Trouble | None:
        """Zoho answers 429 for both: too many at once, and no credits left. Which of them the header tells, that it
        sends from half of a day's credits on."""
        if _credits(answer) != 0:
            return None
        return Trouble(
            "exhausted", "The API credits of this Zoho organisation are used up.",
            "wait: credits come back 24 hours after they were used; or buy more under Setup, APIs and SDKs",
        )  # fmt: skip

    # ------------------------------------------------ asking

    @property
    def now(self) -> datetime:
        """The server's clock at the last answer. Raises Trouble."""
        return self.api.now

    @property
    def budget(self) -> Budget:
        """What was left of the credits at the last answer that told."""
        return self._api.budget if self._api else Budget()

    def get(
        self, path: str, query: Mapping[str, Any] | None = None, *, of: str, headers: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        """What a path gives; nothing where there is nothing. ``of``: in messages, what is read. Raises Trouble."""
        answer = self.api.ask("GET", VERSION + path, query, headers=headers, repeat=True)
        return self.told(answer, of)

    def query(self, text: str, of: str) -> Mapping[str, Any]:
        """What a COQL query gives: ``data`` and ``info``. Raises Trouble, BadColumn."""
        answer = self.api.ask("POST", f"{VERSION}/coql", body={"select_query": text}, repeat=True)
        said = answer.json if isinstance(answer.json, dict) else {}
        if answer.status == 400 and said.get("code") == "INVALID_QUERY":
            column = (said.get("details") or {}).get("column_name")
            if isinstance(column, str) and coql.is_name(column):
                raise BadColumn(column)
        return self.told(answer, of)

    def write(self, method: str, path: str, body: Any) -> Answer:
        """A write, asked for once. Raises Trouble, OutcomeUnknown."""
        return self.api.ask(method, VERSION + path, body=body, repeat=False)

    def told(self, answer: Answer, of: str) -> Mapping[str, Any]:
        """The body of an answer that is one, {} where Zoho has none. Raises Trouble."""
        if answer.status in (204, 304):
            return {}
        if answer.status == 200 and isinstance(answer.json, dict):
            return answer.json
        raise self.refusal(answer, of)

    def refusal(self, answer: Answer, of: str) -> Trouble:
        """What an answer that gives nothing means to an operator."""
        code, message, details = problem(answer)
        if code == "OAUTH_SCOPE_MISMATCH":
            return Trouble(
                "forbidden", f"The access of this source does not cover {of} in Zoho.",
                f"make a new refresh token with the scopes {', '.join(SCOPES)}",
            )  # fmt: skip
        if code in ("NO_PERMISSION", "AUTHORIZATION_FAILED") or answer.status == 403:
            named = [one for one in details.get("permissions", ()) if isinstance(one, str) and _WORD.fullmatch(one)]
            lacking = f" (it lacks {', '.join(named)})" if named else ""
            return Trouble(
                "forbidden", f"The user of this source may not read {of} in Zoho{lacking}.",
                "let an administrator give the user's profile this permission, or leave the stream out",
            )  # fmt: skip
        if code in ("INVALID_MODULE", "NOT_SUPPORTED"):
            return Trouble(
                "gone", f"This Zoho organisation has no {of} that can be read.",
                "switch the module on in Zoho, or leave the stream out with `leave_out` of the source",
            )  # fmt: skip
        words = self.api.hide(f"{code}: {message}" if message else code) or f"status {answer.status}"
        return Trouble("odd", f"Zoho does not give {of} ({words}).", "report it, with the version of this adapter")

    def close(self) -> None:
        """Ends the connections."""
        self._accounts.close()
        if self._api is not None:
            self._api.close()


SCOPES = (
    "ZohoCRM.modules.ALL", "ZohoCRM.coql.READ", "ZohoCRM.users.READ", "ZohoCRM.org.READ",
    "ZohoCRM.settings.fields.READ", "ZohoCRM.settings.layouts.READ", "ZohoCRM.settings.pipeline.READ",
    "ZohoCRM.notifications.READ",
)  # fmt: skip
"""What the access of a source has to cover."""


def problem(answer: Answer) -> tuple[str, str, Mapping[str, Any]]:
    """Code, message and details of an error, which stand in the body or in the first row of its ``data``."""
    said = answer.json if isinstance(answer.json, dict) else {}
    rows = said.get("data")
    if "code" not in said and isinstance(rows, list) and rows and isinstance(rows[0], dict):
        said = rows[0]
    code, message, details = said.get("code"), said.get("message"), said.get("details")
    known = code if isinstance(code, str) and _WORD.fullmatch(code) else ""
    return known, message if isinstance(message, str) else "", details if isinstance(details, dict) else {}


def _stale(answer: Answer) -> bool:
    """A token that ended. Of the same status is one that does not cover what was asked for, which no new one mends."""
    return answer.status == 401 and (problem(answer)[0] in _STALE or problem(answer)[0] == "")


def _credits(answer: Answer) -> int | None:
    said = answer.headers.get("x-api-credits-remaining", "").strip()
    return int(said) if re.fullmatch(r"[0-9]{1,12}", said) else None


def _number(values: Mapping[str, Any], name: str, default: int | None, most: int) -> int | None:
    """A whole number of the settings. Raises Trouble where it is none."""
    if values.get(name) is None:
        return default
    text = str(values[name])
    if not re.fullmatch(r"[0-9]{1,10}", text) or not 1 <= int(text) <= most:
        raise Trouble("odd", f"The option `{name}` cannot be read.", f"set it to a number from 1 to {most}")
    return int(text)
