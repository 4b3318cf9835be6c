"""The two ways to speak with an Odoo: JSON-2 (19 and later) and XML-RPC (before).

Both do one thing: call a method of a model with named arguments, and give what it returned, numbers with a point as
Decimal. What the server says against it is Refused, by the name of Odoo's own exception. No traceback of the server's
is ever shown: it may hold anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from xml.parsers.expat import ExpatError
from xmlrpc.client import Fault, ResponseError, dumps, loads

import httpx

from dealgate.ports import Settings, Trouble

from .._http import Answer, Http


class Refused(Exception):
    """The server said no. ``kind``: user (a rule of Odoo's or of the database's), access (no right), missing (the
    record is gone), model (there is no such model or method), failure (an error of its own, without its text)."""

    def __init__(self, kind: str, text: str = "", rule: str = "") -> None:
        super().__init__(kind)
        self.kind, self.text, self.rule = kind, text, rule


class Wire(Protocol):
    """A way to speak. ``now``: the server's clock at its last answer, None where it does not tell."""

    now: datetime | None

    def call(
        self, model: str, method: str, ids: Sequence[int] | None, named: Mapping[str, Any], *, repeat: bool
    ) -> Any:
        """What a method gives; ``ids`` for one of records. Raises Trouble, Refused, OutcomeUnknown."""


class Json2:
    """``POST /json/2/MODEL/METHOD`` with the API key as a bearer token."""

    def __init__(self, settings: Settings, http: Http) -> None:
        self._settings, self._http = settings, http
        self.now: datetime | None = None

    def call(
        self, model: str, method: str, ids: Sequence[int] | None, named: Mapping[str, Any], *, repeat: bool
    ) -> Any:
        """What a method gives; ``ids`` for one of records. Raises Trouble, Refused, OutcomeUnknown."""
        body = dict(named) if ids is None else {"ids": list(ids), **named}
        headers = {
            "Authorization": f"bearer {key_of(self._settings)}", "Content-Type": "application/json",
            "X-Odoo-Database": self._settings.values["database"],
        }  # fmt: skip
        raw = json.dumps(body, default=_number).encode()
        answer = self._http.ask("POST", f"/json/2/{model}/{method}", body=raw, headers=headers, repeat=repeat)
        self.now = answer.now
        if answer.status == 200 and answer.body in (b"", b"null"):
            return answer.json
        raise self._refusal(answer)

    def _refusal(self, answer: Answer) -> Exception:
        said = answer.json if isinstance(answer.json, dict) else {}
        name, text = str(said.get("name") or "").rpartition(".")[2], str(said.get("message") or "")
        if answer.status == 401:
            return denied(self._http)
        if not name:
            # before a database is chosen, Odoo answers with a page; so does an Odoo before 19
            return no_database(self._http, self._settings) if answer.status == 404 else odd(self._http)
        if name == "NotFound":
            return Refused("model", text, name)
        if name == "MissingError":
            return Refused("missing", text, name)
        if name in ("AccessError", "AccessDenied"):
            return Refused("access", text, name)
        return Refused("user", text, name)


class XmlRpc:
    """``/xmlrpc/2``: the login and the API key become a user id, which every call bears with the key."""

    _FAULTS: Mapping[int, str] = {2: "user", 4: "access"}

    def __init__(self, settings: Settings, http: Http) -> None:
        self._settings, self._http = settings, http
        self._user: int | None = None
        self.now: datetime | None = None

    def call(
        self, model: str, method: str, ids: Sequence[int] | None, named: Mapping[str, Any], *, repeat: bool
    ) -> Any:
        """What a method gives; ``ids`` for one of records. Raises Trouble, Refused, OutcomeUnknown."""
        values, key = self._settings.values, key_of(self._settings)
        if self._user is None:
            said = self._ask("common", "authenticate", (values["database"], values["user"], key, {}), repeat=True)
            if not isinstance(said, int) or isinstance(said, bool):
                raise denied(self._http)
            self._user = said
        at = [] if ids is None else [list(ids)]
        params = (values["database"], self._user, key, model, method, at, dict(named))
        return self._ask("object", "execute_kw", params, repeat=repeat)

    def _ask(self, service: str, method: str, params: tuple[Any, ...], *, repeat: bool) -> Any:
        raw = dumps(params, method, allow_none=True).encode()
        headers = {"Content-Type": "text/xml", "Accept": "text/xml"}
        answer = self._http.ask("POST", f"/xmlrpc/2/{service}", body=raw, headers=headers, repeat=repeat)
        self.now = answer.now
        if answer.status in (401, 403):
            raise denied(self._http)
        if answer.status != 200:
            raise odd(self._http)
        try:
            (found,), _ = loads(answer.body)
        except Fault as fault:
            raise self._refusal(fault) from None
        except (ExpatError, ResponseError, ValueError, TypeError, LookupError):
            raise odd(self._http) from None
        return _exact(found)

    def _refusal(self, fault: Fault) -> Exception:
        text = str(fault.faultString)
        if fault.faultCode == 3:
            return denied(self._http)
        if re.match(r"Object \S+ doesn't exist", text):
            return Refused("model", text, "NotFound")
        if fault.faultCode == 2 and text.startswith("Record does not exist"):
            return Refused("missing", text, "MissingError")
        if fault.faultCode in self._FAULTS:
            return Refused(self._FAULTS[fault.faultCode], text, "AccessError" if fault.faultCode == 4 else "UserError")
        if re.search(r'database "[^"]*" does not exist', text):
            return no_database(self._http, self._settings)
        return Refused("failure")


WIRES: Mapping[str, type[Json2] | type[XmlRpc]] = {"json2": Json2, "xmlrpc": XmlRpc}
"""By the setting ``protocol``."""


def wire_of(settings: Settings, http: Http) -> Wire:
    """The way to speak that the settings ask for. Raises Trouble."""
    name = str(settings.values.get("protocol") or "json2")
    if name not in WIRES:
        raise Trouble("odd", f"`protocol` is {name[:20]!r}.", "set it to json2 (Odoo 19 and later) or xmlrpc (before)")
    needed = ("url", "database", "user") if name == "xmlrpc" else ("url", "database")
    for one in needed:
        held = settings.values.get(one)
        if not isinstance(held, str) or not held.strip():
            raise Trouble("unreachable", f"This source lacks `{one}`.", f"set `{one}` of the source")
    if not _sendable(settings.values["database"]):
        raise Trouble("gone", "`database` of this source cannot be the name of one.", "correct it")
    return WIRES[name](settings, http)


def http_of(settings: Settings, transport: httpx.BaseTransport | None) -> Http:
    """The line to the server. Raises Trouble."""
    return Http(str(settings.values.get("url") or ""), settings.clock, transport=transport)


def key_of(settings: Settings) -> str:
    """The API key. Raises Trouble."""
    key = (settings.secret("api_key") or "").strip()
    if not key:
        raise Trouble("unauthorised", "This source has no API key.", "set its secret `api_key`")
    if not _sendable(key):
        raise Trouble("unauthorised", "The API key of this source cannot be one.", "set its secret `api_key` anew")
    return key


def denied(http: Http) -> Trouble:
    """The key is not taken."""
    return Trouble(
        "unauthorised", f"Odoo at {http.host} does not take this API key: it is wrong, expired or of another user.",
        "make a new one in Odoo (My Preferences, Security, Add API Key), and set the secret `api_key` of the source",
    )  # fmt: skip


def no_database(http: Http, settings: Settings) -> Trouble:
    """The database is not there; an Odoo without JSON-2 answers just so."""
    named = settings.values["database"]
    return Trouble(
        "gone", f"Odoo at {http.host} has no database `{named}`, or does not speak this protocol.",
        "correct `database` of the source; before Odoo 19, set `protocol: xmlrpc` and `user`",
    )  # fmt: skip


def odd(http: Http) -> Trouble:
    """An answer that is none of Odoo's."""
    return Trouble(
        "odd", f"What {http.host} answers is not what Odoo answers.",
        "check the URL of this source: it is the one that people open Odoo at, without a path",
    )  # fmt: skip


def failed(answer: Answer | None) -> bool:
    """Whether this is Odoo's own word over JSON-2 that it failed, and so undid the transaction; a proxy's is none."""
    said = answer.json if answer is not None and answer.status == 500 else None
    return isinstance(said, dict) and {"name", "message", "arguments"} <= set(said)


def _sendable(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)


def _exact(value: Any) -> Any:
    """A value from XML as JSON would have brought it."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, list):
        return [_exact(one) for one in value]
    if isinstance(value, dict):
        return {name: _exact(one) for name, one in value.items()}
    return value
