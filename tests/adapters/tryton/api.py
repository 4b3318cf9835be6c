"""Tryton's API as a person's client would use it: apart from the adapter, so that one judges the other."""

from __future__ import annotations

import base64
import http.client
import json
import urllib.error
import urllib.request
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any


class Down(Exception):
    """Nobody answers."""


class Denied(Exception):
    """The server's words, or its status."""


class Api:
    """One user's session."""

    def __init__(self, url: str, database: str) -> None:
        self.url, self.database, self.session = url, database, ""
        self.context: dict[str, Any] = {}
        self.user = 0

    def version(self) -> str:
        return str(self._post("/rpc/", "common.server.version", []))

    def login(self, user: str, password: str) -> Api:
        self.session, self.context = "", {}
        number, token, *_ = self._post(f"/{self.database}/rpc/", "common.db.login", [user, {"password": password}])
        self.session = base64.b64encode(f"{user}:{number}:{token}".encode()).decode()
        self.user = number
        self.context = self("res.user.get_preferences", True)
        return self

    def __call__(self, method: str, *params: Any, **context: Any) -> Any:
        return self._post(f"/{self.database}/rpc/", f"model.{method}", [*params, {**self.context, **context}])

    def create(self, model: str, *values: dict[str, Any]) -> list[int]:
        return list(self(f"{model}.create", list(values)))

    def read(self, model: str, ids: list[int], *names: str) -> list[dict[str, Any]]:
        rows = self(f"{model}.read", ids, list(names))
        return sorted(rows, key=lambda row: ids.index(row["id"]))

    def _post(self, path: str, method: str, params: list[Any]) -> Any:
        body = json.dumps({"id": 1, "method": method, "params": params}, default=_encoded).encode()
        headers = {"Content-Type": "application/json"}
        if self.session:
            headers["Authorization"] = f"Session {self.session}"
        request = urllib.request.Request(self.url + path, body, headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
                said = json.load(answer, object_hook=_decoded)
        except urllib.error.HTTPError as status:
            with status:
                raise Denied(str(status.code)) from None
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError) as failed:
            raise Down(str(failed)) from None
        if "error" in said:
            raise Denied(json.dumps(said["error"][:2], default=str))
        return said["result"]


def _encoded(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    raise TypeError(type(value).__name__)


def _decoded(said: dict[str, Any]) -> Any:
    kind = said.get("__class__")
    if kind == "Decimal":
        return Decimal(said["decimal"])
    if kind == "date":
        return date(said["year"], said["month"], said["day"])
    if kind == "datetime":
        return datetime(
            *(said[n] for n in ("year", "month", "day", "hour", "minute", "second", "microsecond")), tzinfo=UTC
        )
    return said
