"""Speaking with a Dataverse environment: the token, requests and batches, and its ways of saying no."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from dealgate.model.struct import Struct
from dealgate.ports import Budget, Settings, Trouble

from .._api import Allowance, Api, Bearer, Token, granted, lasting
from .._http import Answer, Http
from .auth import shown
from .batch import Part, Piece, composed, pieces

API = "/api/data/v9.2/"
LOGIN = "https://login.microsoftonline.com"
MOST = 5_000
"""Records a page, and no more."""
WINDOW = 300
"""Seconds over which requests are counted."""
REQUESTS = 6_000
"""Requests that a user may make in that time, of each web server."""
NOTED = "OData.Community.Display.V1.FormattedValue,Microsoft.Dynamics.CRM.lookuplogicalname"
EXPIRED = frozenset({"0x80044352", "0x80044353"})
"""Codes for a version stamp that has expired, or is not known."""
_HEADERS = {"OData-MaxVersion": "4.0", "OData-Version": "4.0"}
_CODE = re.compile(r"0x[0-9a-fA-F]{1,8}")
_PRIVILEGE = re.compile(r"\bprv[A-Za-z0-9_]+")


class Said(Struct):
    """An error as OData puts it."""

    code: str
    text: str

    @property
    def privilege(self) -> str:
        """The privilege that it says is missing, "" where it says of none."""
        found = _PRIVILEGE.search(self.text)
        return found.group() if found else ""


class Server:
    """One environment, entered as one application user."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        """``values``: url, tenant, client_id; and login_url. The secrets are in `auth`. Raises Trouble."""
        self._settings = settings
        self.http = Http(_text(settings, "url"), settings.clock, transport=transport)
        self._login = Http(_text(settings, "login_url", LOGIN), settings.clock, transport=transport)
        self._tenant, self._client = _text(settings, "tenant"), _text(settings, "client_id")
        self.api = Api(self.http, Bearer(self._token, settings.clock, settings), limits=_limits)

    @property
    def now(self) -> datetime:
        """The server's clock when it began with its last answer. Raises Trouble where it does not tell the time."""
        return self.api.now

    def _token(self) -> Token:
        path = f"/{quote(self._tenant, safe='')}/oauth2/v2.0/token"
        form = {
            "grant_type": "client_credentials", "client_id": self._client, "scope": f"{self.http.base}/.default",
            **shown(self._settings, self._client, f"{self._login.base}{path}"),
        }  # fmt: skip
        try:
            said = granted(self._login, path, form)
        except Trouble as trouble:
            if trouble.kind != "unauthorised":
                raise
            raise Trouble(
                trouble.kind, trouble.message,
                "check `tenant`, `client_id`, and whether the app's client secret or certificate has ended",
            ) from None  # fmt: skip
        return Token(str(said["access_token"]), lasting(said, self._settings.clock))

    # ------------------------------------------------ reading

    def get(self, path: str, *, size: int | None = None, track: bool = False, what: str = "") -> dict[str, Any]:
        """What a path under the API is answered. ``size``: records a page; ``what``: what is read, for an operator.
        Raises Trouble."""
        answer = self.api.ask("GET", API + path, headers={**_HEADERS, **prefer(size, track)}, repeat=True)
        return self.judged(answer.status, answer.json, what, token="token=" in path)

    def several(self, paths: Sequence[str]) -> list[Piece]:
        """What several paths are answered, in one request. Raises Trouble; what single ones came to, the pieces say."""
        parts = [Part("GET", API + path, headers={**_HEADERS, **prefer()}) for path in paths]
        found = self._batch(parts, whole=False, repeat=True)
        if len(found) != len(paths):
            raise self.odd()
        return found

    def rows(self, paths: Sequence[str], what: str) -> list[dict[str, Any]]:
        """The rows of several lists, in one request. Raises Trouble."""
        found: list[dict[str, Any]] = []
        for piece in self.several(paths) if paths else ():
            found += self.listed(self.judged(piece.status, piece.json, what))
        return found

    def listed(self, said: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The rows of a list. Raises Trouble where it is none."""
        rows = said.get("value")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self.odd()
        return rows

    def onward(self, link: object) -> str:
        """The path under the API that a link of the server's leads to. Raises Trouble where it leads elsewhere."""
        there, here = urlsplit(str(link)), urlsplit(self.http.base)
        head, found, path = there.path.partition(API)
        if (there.scheme, there.netloc) != (here.scheme, here.netloc) or not found or head != here.path.rstrip("/"):
            raise Trouble(
                "odd", f"{self.http.host} sends us on to another address; we do not follow it.",
                "check the URL of this source: use the one of the environment itself",
            )  # fmt: skip
        return f"{path}?{there.query}" if there.query else path

    # ------------------------------------------------ writing

    def change(self, parts: Sequence[Part], *, repeat: bool) -> list[Piece]:
        """Does all of the parts or none; what each was answered, or the one that was refused. ``repeat``: doing it
        twice does it once. Raises Trouble, OutcomeUnknown."""
        return self._batch([Part(one.method, API + one.path, one.body, one.headers) for one in parts], True, repeat)

    def _batch(self, parts: Sequence[Part], whole: bool, repeat: bool) -> list[Piece]:
        body, kind = composed(parts, whole=whole)
        headers = {**_HEADERS, "Content-Type": kind, "Prefer": "odata.continue-on-error"}
        answer = self.api.ask("POST", f"{API}$batch", body=body, headers=headers, repeat=repeat)
        found = pieces(answer.body, answer.headers.get("content-type", ""))
        if not found:
            self.judged(answer.status, answer.json, "")
            raise self.odd()
        return found

    # ------------------------------------------------ its ways of saying no

    def judged(self, status: int, body: Any, what: str, *, token: bool = False) -> dict[str, Any]:
        """The body of what was read. Raises Trouble. ``token``: it was asked with a token of the server's."""
        if status == 200 and isinstance(body, dict) and "error" not in body:
            return body
        said, host = self.said(body), self.http.host
        if token and (status == 410 or said.code.lower() in EXPIRED):
            raise Trouble(
                "expired", f"{host} keeps changes for some days only, and the last sync was before that.",
                "run it again: it reads from the beginning",
            )  # fmt: skip
        if status == 403:
            lacks = f" It lacks the privilege {said.privilege}." if said.privilege else ""
            raise Trouble(
                "forbidden", f"The application user may not read {what or 'this'} in {host}.{lacks}",
                f"give its security role {said.privilege or 'the right to read'} at organization level",
            )  # fmt: skip
        if status == 404:
            raise Trouble(
                "gone", f"{host} has no {what or 'such table'} any more, or never had.",
                "check the options of this source that name tables, and that the app that brings them is installed",
            )  # fmt: skip
        if status in (429, 500, 502, 503, 504):
            raise Trouble(
                "throttled" if status == 429 else "unreachable", f"{host} did not get to it (status {status}).",
                "wait, and run it again: it goes on where it stood",
            )  # fmt: skip
        if status != 200:
            code = f", {said.code}" if said.code else ""
            raise Trouble(
                "odd", f"{host} refuses what it was asked for {what or 'its data'} (status {status}{code}).",
                "look the code up in the error codes of Dataverse; a column that is named may not be there",
            )  # fmt: skip
        raise self.odd()

    def said(self, body: Any) -> Said:
        """What an error says: its code, and its words without what is secret."""
        error = body.get("error") if isinstance(body, dict) else None
        error = error if isinstance(error, dict) else {}
        found = _CODE.fullmatch(str(error.get("code") or ""))
        return Said(found.group() if found else "", self.api.hide(error.get("message") or ""))

    def odd(self) -> Trouble:
        """An answer that is none."""
        return Trouble(
            "odd", f"{self.http.host} does not answer as the Web API of Dataverse does.",
            "check the URL of this source: it is the one of the environment, without a path",
        )  # fmt: skip

    def close(self) -> None:
        """Ends the connections."""
        self.api.close()
        self._login.close()


def prefer(size: int | None = None, track: bool = False) -> dict[str, str]:
    """The header that asks for names beside ids, for pages of a size, and for a link to what changes later."""
    wanted = ["odata.track-changes"] if track else []
    wanted += [f"odata.maxpagesize={size}"] if size else []
    return {"Prefer": ",".join([*wanted, f'odata.include-annotations="{NOTED}"'])}


def _limits(answer: Answer) -> tuple[Budget | None, list[Allowance]]:
    left = answer.headers.get("x-ms-ratelimit-burst-remaining-xrm-requests", "")
    if not left.isdecimal():
        return None, []
    held = int(left)
    # counted over five minutes: for the pace, a fifth of it a minute
    return Budget(max(0, REQUESTS - held), REQUESTS), [Allowance(held // 5, REQUESTS // 5, WINDOW / 5)]


def _text(settings: Settings, key: str, usual: str = "") -> str:
    found = str(settings.values.get(key) or usual).strip()
    if not found:
        raise Trouble("unreachable", f"This source lacks `{key}`.", f"set `{key}` of the source")
    return found
