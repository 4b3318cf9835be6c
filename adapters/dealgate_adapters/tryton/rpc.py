"""Speaking with a Tryton server: JSON-RPC at ``/DATABASE/rpc/``, a session, its types, and its ways of saying no."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import httpx

from dealgate.ports import Settings, Trouble

from .._api import told_by
from .._http import Answer, Http
from .._words import hidden

_CONTEXT = ("language", "company", "companies", "company_filter", "employee", "employees")
"""What of a user's preferences a client sends along: without it the server does not know for which company it acts."""

_PARTS = ("year", "month", "day", "hour", "minute", "second", "microsecond")


class Refused(Exception):
    """The server said no. ``kind``: user (an error or a missing right), warning (it wants a person to confirm),
    concurrency (the record is another by now), failure (an error of its own; without its text: it may hold anything).
    """

    def __init__(self, kind: str, text: str = "", rule: str = "") -> None:
        super().__init__(kind)
        self.kind, self.text, self.rule = kind, text, rule


class Server:
    """One database of a server, entered as one user."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        """``values``: url, database, user. The secret is ``password``. Raises Trouble."""
        self._settings = settings
        for name in ("url", "database", "user"):
            if not isinstance(settings.values.get(name), str) or not settings.values[name].strip():
                raise Trouble("unreachable", f"This source lacks `{name}`.", f"set `{name}` of the source")
        self.database: str = settings.values["database"]
        self.http = Http(settings.values["url"], settings.clock, transport=transport)
        self._path = f"/{quote(self.database, safe='')}/rpc/"
        self._session: str | None = None
        self._token = ""
        self._context: Mapping[str, Any] | None = None
        self.user_id = 0
        self._now: datetime | None = None

    @property
    def now(self) -> datetime:
        """The server's clock when it began with its last answer. Raises Trouble where it does not tell the time."""
        return told_by(self.http, self._now)

    @property
    def context(self) -> Mapping[str, Any]:
        """The user's own context, records that are archived included."""
        if self._context is None:
            said = self.call("model.res.user.get_preferences", True, context={})
            if not isinstance(said, dict):
                raise self.odd()
            self._context = {name: said[name] for name in _CONTEXT if name in said}
        return self._context

    def call(self, method: str, *params: Any, context: Mapping[str, Any] | None = None, repeat: bool = True) -> Any:
        """What a method gives. ``repeat``: it changes nothing. Raises Trouble, Refused, OutcomeUnknown."""
        own = self.context if context is None else context
        if self._session is None:
            self._login()
        answer = self._ask(method, [*params, own], repeat)
        if answer.status == 401:
            # a session ends on its own; what it refused was not done
            self._login()
            answer = self._ask(method, [*params, own], repeat)
        return self._result(answer, method)

    def read(
        self,
        model: str,
        domain: list[Any],
        names: list[str],
        limit: int | None = None,
        order: list[Any] | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> list[dict[str, Any]]:
        """The records of a model that a domain leaves, archived ones too, as its own types. Raises Trouble."""
        own = {**(self.context if context is None else context), "active_test": False}
        rows = self.ask(f"model.{model}.search_read", domain, 0, limit, order, names, context=own)
        if not isinstance(rows, list) or not all(isinstance(row, dict) and "id" in row for row in rows):
            raise self.odd()
        return rows

    def ask(self, method: str, *params: Any, context: Mapping[str, Any] | None = None) -> Any:
        """What a reading method gives; a refusal is Trouble."""
        try:
            return self.call(method, *params, context=context)
        except Refused as refused:
            raise self._barred(refused, method) from None

    def may_write(self, model: str) -> bool:
        """Whether the user has the right to write records of the model."""
        rights = self.ask("model.ir.model.access.get_access", [model])
        return bool(isinstance(rights, dict) and rights.get(model, {}).get("write"))

    def hide(self, text: str) -> str:
        """Words of the server's, on one line, short, and without what is secret."""
        return hidden(text, (self._settings.secret("password"), self._session, self._token))

    def odd(self) -> Trouble:
        """An answer that is none of Tryton's."""
        return Trouble(
            "odd", f"What {self.http.host} answers is not what Tryton answers.",
            "check the URL of this source: it is the one that Tryton's clients use",
        )  # fmt: skip

    def close(self) -> None:
        """Ends the session, where the server is still there to hear it."""
        if self._session is not None:
            with suppress(Trouble):  # it ends by itself
                self._ask("common.db.logout", [], repeat=False)
            self._session = None
        self.http.close()

    # ------------------------------------------------ the wire

    def _login(self) -> None:
        password = self._settings.secret("password")
        if not password:
            raise Trouble("unauthorised", "This source has no password.", "set its secret `password`")
        self._session = None
        answer = self._ask("common.db.login", [self._settings.values["user"], {"password": password}], repeat=True)
        if answer.status in (401, 403):
            raise Trouble(
                "unauthorised", f"Tryton at {self.http.host} does not let this user in: user or password is wrong.",
                "set `user` and the secret `password` of the source anew, and mind that an account may be locked",
            )  # fmt: skip
        try:
            said = self._result(answer, "common.db.login")
        except Refused:
            said = None
        if not isinstance(said, list) or len(said) < 2:
            raise Trouble(
                "unauthorised", f"Tryton at {self.http.host} asks this user for more than a password.",
                "use a user that logs in by password alone",
            )  # fmt: skip
        self.user_id, self._token = int(said[0]), str(said[1])
        named = f"{self._settings.values['user']}:{said[0]}:{said[1]}"
        self._session = base64.b64encode(named.encode()).decode()

    def _ask(self, method: str, params: list[Any], repeat: bool) -> Answer:
        body = json.dumps({"id": 1, "method": method, "params": params}, default=_encoded).encode()
        headers = {"Content-Type": "application/json"}
        if self._session is not None:
            headers["Authorization"] = f"Session {self._session}"
        answer = self.http.ask("POST", self._path, body=body, headers=headers, repeat=repeat)
        self._now = answer.now
        return answer

    def _result(self, answer: Answer, method: str) -> Any:
        model = ".".join(method.split(".")[1:-1])
        if answer.status == 404:
            raise Trouble(
                "gone", f"Tryton at {self.http.host} has no database `{self.database}`.",
                "correct `database` of the source",
            )  # fmt: skip
        if answer.status == 401:
            raise Trouble(
                "unauthorised", f"Tryton at {self.http.host} ended the session and gives no new one.",
                "set `user` and the secret `password` of the source anew",
            )  # fmt: skip
        if answer.status == 403:
            raise Refused("user", f"Tryton offers no {method}.", "forbidden")
        if answer.status == 413:
            raise Trouble("odd", f"The request is too large for {self.http.host}.", "ask for smaller pages")
        if answer.status != 200 or not isinstance(answer.json, dict):
            raise self.odd()
        if "result" in answer.json:
            return decoded(answer.json["result"])
        error = answer.json.get("error")
        if not isinstance(error, list) or not error:
            raise self.odd()
        raise self._refusal(error, model)

    def _refusal(self, error: list[Any], model: str) -> Exception:
        name, rest = str(error[0]), error[1] if len(error) > 1 else None
        words = [str(one) for one in rest[:2] if one] if isinstance(rest, list) else [str(rest or "")]
        if name == "UserError":
            return Refused("user", self.hide(" ".join(words)), "UserError")
        if name == "UserWarning":
            return Refused("warning", self.hide(" ".join(str(one) for one in (rest or [])[1:3] if one)), "UserWarning")
        if name == "ConcurrencyException":
            return Refused("concurrency", self.hide(" ".join(words)), name)
        if model and name.strip("'") == model:
            return Trouble(
                "gone", f"The database `{self.database}` has no {model}.",
                "activate the module that brings it (sale_opportunity), and update the database",
            )  # fmt: skip
        return Refused("failure", "", "failure")

    def _barred(self, refused: Refused, method: str) -> Trouble:
        if refused.kind == "failure":
            return Trouble(
                "odd", f"Tryton at {self.http.host} failed in {method}.",
                "look into the server's log; dealgate needs Tryton 8.2 or later",
            )  # fmt: skip
        return Trouble(
            "forbidden", f"Tryton refuses {method}: {refused.text}",
            "give the user of this source the groups that may read it",
        )  # fmt: skip


def decoded(value: Any) -> Any:
    """A value from the wire as Python has it; moments are in UTC."""
    if isinstance(value, list):
        return [decoded(one) for one in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("__class__")
    if kind == "datetime":
        return datetime(**{name: value[name] for name in _PARTS}, tzinfo=UTC)
    if kind == "date":
        return date(value["year"], value["month"], value["day"])
    if kind == "time":
        return time(value["hour"], value["minute"], value["second"], value["microsecond"])
    if kind == "timedelta":
        return timedelta(seconds=float(value["seconds"]))
    if kind == "Decimal":
        return Decimal(value["decimal"])
    if kind == "bytes":
        return base64.b64decode(value["base64"])
    return {name: decoded(one) for name, one in value.items()}


def _encoded(value: Any) -> Any:
    """A value of ours for the wire."""
    if isinstance(value, datetime):
        value = value.astimezone(UTC)
        return {"__class__": "datetime"} | {name: getattr(value, name) for name in _PARTS}
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    raise TypeError(type(value).__name__)
