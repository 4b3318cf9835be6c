"""One Salesforce org behind its REST API: asked with a token, its refusals in its own words, its allowance read."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from dealgate.model.struct import Struct
from dealgate.ports import Budget, Settings, Trouble

from .._api import Allowance, Api, Bearer, Token, address
from .._http import Answer, Http, checked
from .auth import grant
from .soql import is_id

MOST = 2_000
"""Rows that a query gives at once."""
LONG = 2_000
"""Characters of a query from which on it goes into a body: Salesforce advises no longer URIs, and takes 16 KB."""
DOMAINS = ("salesforce.com", "salesforce.mil", "sfcrmproducts.cn")
"""Of Salesforce's own clouds: the world's, the United States government's, and the one in China."""
_VERSION = re.compile(r"v?(\d{2,3})(?:\.0)?")
_USAGE = re.compile(r"(?<![\w-])api-usage=(\d+)/(\d+)")
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,60}")
_NO_API = ("API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED")


class Refused(Exception):
    """What Salesforce does not do: its ``code``, its own words, and the fields that it names."""

    def __init__(self, status: int, code: str, text: str, fields: Sequence[str] = ()) -> None:
        super().__init__(code)
        self.status, self.code, self.text, self.fields = status, code, text, tuple(fields)


class Found(Struct):
    """Rows of a query. ``total``: how many it has in all; ``onward``: where the rest is, "" where these are all."""

    rows: list[dict[str, Any]]
    total: int
    onward: str = ""


class Org:
    """One org."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        """``values``: url, and login_url, api_version, user, audience. Asks nothing yet. Raises Trouble."""
        self._settings, self._transport = settings, transport
        url = str(settings.values.get("url") or "")
        if not url:
            raise Trouble("unreachable", "The source lacks `url`.", "give it as https://MYDOMAIN.my.salesforce.com")
        version = _VERSION.fullmatch(str(settings.values.get("api_version") or "62.0"))
        if version is None or int(version[1]) < 62:
            raise Trouble("odd", "The option `api_version` cannot be read.", "give 62.0, or a later one")
        self.root = f"/services/data/v{version[1]}.0"
        self._url = checked(url)
        self._login = Http(str(settings.values.get("login_url") or url), settings.clock, transport=transport)
        self._bearer = Bearer(self._granted, settings.clock, settings)
        self._apis: dict[str, Api] = {}
        self._lock = threading.Lock()
        self._described: dict[str, Mapping[str, Any]] = {}
        self._sought: set[str] = set()
        self.user = ""
        """The id of the user that we are, once we were let in."""

    def close(self) -> None:
        """Ends the connections."""
        self._login.close()
        for api in self._apis.values():
            api.close()

    @property
    def requests(self) -> int:
        """How many requests were made, for tokens too."""
        return sum(http.requests for http in {self._login, *(api.http for api in self._apis.values())})

    @property
    def now(self) -> datetime:
        """The server's clock when it began with the last answer. Raises Trouble where it does not tell."""
        return self._api().now

    @property
    def budget(self) -> Budget:
        """What is left of the requests of any 24 hours."""
        return self._api().budget

    def hide(self, text: object) -> str:
        """Words of Salesforce's, short and without what is secret."""
        return self._api().hide(text)

    # ------------------------------------------------ asking

    def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, *, repeat: bool
    ) -> Answer:
        """One request; ``path`` is behind the API's version. Raises Refused, Trouble, OutcomeUnknown."""
        answer = self._api().ask(method, f"{self.root}{path}", body=body, headers=headers, repeat=repeat)
        if answer.status >= 400:
            raise self._refused(answer.status, answer.json)
        return answer

    def together(self, parts: Sequence[Mapping[str, Any]], *, repeat: bool) -> list[Any]:
        """Several requests as one, done all or none of them; their bodies. Raises as ``ask`` does, for the part that
        was refused."""
        named = [{"referenceId": f"part{number}", **part} for number, part in enumerate(parts)]
        answer = self.ask("POST", "/composite", {"allOrNone": True, "compositeRequest": named}, repeat=repeat)
        told = answer.json.get("compositeResponse") if isinstance(answer.json, dict) else None
        if not isinstance(told, list) or len(told) != len(parts):
            raise self.odd()
        refused = [
            self._refused(one["httpStatusCode"], one.get("body")) for one in told if one["httpStatusCode"] >= 400
        ]
        # of the others it only says that they were taken back
        for one in sorted(refused, key=lambda one: isinstance(one, Refused) and one.code == "PROCESSING_HALTED"):
            raise one
        return [one.get("body") for one in told]

    def found(self, soql: str, *, every: bool = False, most: int = MOST) -> Found:
        """The first rows of a query; ``every``: deleted ones too. ``most``: how many at once, 200 to 2,000."""
        path = self.query_path(soql, every=every)
        headers = {"Sforce-Query-Options": f"batchSize={max(200, most)}"} if most < MOST else {}
        if len(path) <= LONG:
            return self._rows(self.ask("GET", path, headers=headers, repeat=True).json)
        part = {"method": "GET", "url": self.root + path, "httpHeaders": headers}
        return self._rows(self.together([part], repeat=True)[0])

    def rows(self, soql: str, *, every: bool = False) -> list[dict[str, Any]]:
        """All rows of a query."""
        found = self.found(soql, every=every)
        rows = list(found.rows)
        while found.onward:
            before = found.onward
            found = self._rows(self.ask("GET", before.removeprefix(self.root), repeat=True).json)
            if found.onward == before:
                raise self.odd()  # it would go on for ever
            rows += found.rows
        return rows

    def query_path(self, soql: str, *, every: bool = False) -> str:
        """A query as a path."""
        return f"/{'queryAll' if every else 'query'}?{urlencode({'q': soql})}"

    def described(self, table: str) -> Mapping[str, Any]:
        """What an object is, asked once. Raises Trouble where the user may not read it."""
        held = self._described.get(table)
        if held is None:
            try:
                held = self.ask("GET", f"/sobjects/{quote(table, safe='')}/describe", repeat=True).json
            except Refused as refused:
                raise self._unknown(refused) or self.unread(refused, table) from None
            if not isinstance(held, dict) or not isinstance(held.get("fields"), list):
                raise self.odd()
            self._described[table] = held
        return held

    def learn(self, tables: Sequence[str]) -> None:
        """What these objects are, asked once and all in one request. What cannot be read is left to ``described``."""
        unknown = [name for name in tables if name not in self._described and name not in self._sought]
        if len(unknown) < 2:
            return
        self._sought.update(unknown)
        parts = [
            {"method": "GET", "url": f"{self.root}/sobjects/{quote(name, safe='')}/describe", "referenceId": name}
            for name in unknown
        ]
        try:
            said = self.ask("POST", "/composite", {"allOrNone": False, "compositeRequest": parts}, repeat=True).json
        except Refused:
            return
        for one in (said.get("compositeResponse") or ()) if isinstance(said, dict) else ():
            body = one.get("body")
            if isinstance(body, dict) and isinstance(body.get("fields"), list):
                self._described[one["referenceId"]] = body

    def forget(self, table: str) -> None:
        """What an object is has changed: it is asked again."""
        self._described.pop(table, None)

    def fields(self, table: str) -> dict[str, Mapping[str, Any]]:
        """The fields of an object that the user may read, by name."""
        return {one["name"]: one for one in self.described(table)["fields"]}

    # ------------------------------------------------ what goes wrong

    def odd(self) -> Trouble:
        """An answer that is none."""
        return Trouble(
            "odd", f"{self._api().http.host} sent what is no answer of its REST API.", "check the `url` of this source"
        )

    def unread(self, refused: Refused, table: str) -> Trouble:
        """Why an object cannot be read, for an operator."""
        if refused.code in ("INVALID_TYPE", "NOT_FOUND") or refused.code.startswith("INSUFFICIENT_ACCESS"):
            return Trouble(
                "forbidden", f"The user of this source may not read {table}, or the org has none.",
                f"give the user read access to {table} by a permission set, or leave its stream out by `without`",
            )  # fmt: skip
        if refused.code == "INVALID_FIELD":
            return Trouble(
                "gone", f"A field of {table} that was there is not: {self.hide(refused.text)}",
                "run it again; if it stays so, give the user access to the field, or take it out of `fields`",
            )  # fmt: skip
        return Trouble(
            "odd", f"Salesforce does not answer a query of {table} ({refused.code}): {self.hide(refused.text)}",
            "look up its words; if the query is too heavy, name the custom fields that you need by `fields`",
        )  # fmt: skip

    def _unknown(self, refused: Refused) -> Trouble | None:
        """Whether it is the version of the API that is not there. The list of them needs no token and costs nothing."""
        if refused.code != "NOT_FOUND":
            return None
        told = self._login.ask("GET", "/services/data/", repeat=True).json
        known = [str(one.get("version")) for one in told] if isinstance(told, list) else []
        mine = self.root.rpartition("v")[2]
        if not known or mine in known:
            return None
        return Trouble("gone", f"The org has no version {mine} of the API.", f"set `api_version` to {known[-1]}")

    def _refused(self, status: int, body: Any) -> Refused | Trouble:
        """What stands in the body of an error: a list of code, words and fields."""
        told = [one for one in body if isinstance(one, dict)] if isinstance(body, list) else []
        codes = [str(one.get("errorCode") or "") for one in told]
        words = " ".join(str(one.get("message") or "") for one in told)
        code = next((one for one in codes if _CODE.fullmatch(one)), f"STATUS_{status}")
        if code == "REQUEST_LIMIT_EXCEEDED":
            if "concurrent" in words.casefold():
                return Trouble(
                    "throttled", "Salesforce works on too many long requests of this org at once.",
                    "wait some minutes, and run it again: it goes on where it stood",
                )  # fmt: skip
            return Trouble(
                "exhausted", "The requests that Salesforce allows this org in 24 hours are used up.",
                "wait: it counts the last 24 hours, so some come back every hour; Setup, System Overview shows by whom",
            )  # fmt: skip
        if code in _NO_API:
            return Trouble(
                "forbidden", "The API is not enabled for the user of this source, or for the org.",
                "give the user the permission API Enabled",
            )  # fmt: skip
        fields = [str(name) for one in told for name in one.get("fields") or ()]
        return Refused(status, code, words or f"It answered with status {status}.", fields)

    # ------------------------------------------------ inside

    def _granted(self) -> Token:
        said = grant(self._settings, self._login)
        base = address(said.get("instance_url"), "Salesforce", DOMAINS, (self._url, self._login.base))
        last = str(said.get("id") or "").rpartition("/")[2]
        self.user = last if is_id(last) else ""
        return Token(said["access_token"], None, base or self._url)

    def _api(self) -> Api:
        base = self._bearer.token().base
        with self._lock:
            if base not in self._apis:
                same = base.rstrip("/") == self._login.base
                http = self._login if same else Http(base, self._settings.clock, transport=self._transport)
                self._apis[base] = Api(http, self._bearer, limits=_limits)
            return self._apis[base]

    def _rows(self, body: Any) -> Found:
        if not isinstance(body, dict) or not isinstance(body.get("records"), list):
            raise self.odd()
        onward = "" if body.get("done") else str(body.get("nextRecordsUrl") or "")
        if onward and not onward.startswith(self.root + "/query"):
            raise self.odd()
        return Found(body["records"], int(body.get("totalSize") or 0), onward)


def _limits(answer: Answer) -> tuple[Budget | None, Sequence[Allowance]]:
    told = _USAGE.search(answer.headers.get("sforce-limit-info", ""))
    return (Budget(int(told[1]), int(told[2])) if told else None), ()
