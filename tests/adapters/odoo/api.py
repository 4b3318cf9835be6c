"""Odoo's API as a person's client would use it: by password over XML-RPC, apart from the adapter, so that one judges
the other."""

from __future__ import annotations

import xmlrpc.client
from typing import Any


class Denied(Exception):
    """The server's words."""


class Api:
    """One user."""

    def __init__(self, url: str, database: str, login: str, password: str) -> None:
        self.database, self.password = database, password
        common = xmlrpc.client.ServerProxy(f"{url}/xmlrpc/2/common")
        self.user = int(str(common.authenticate(database, login, password, {})))
        self._object = xmlrpc.client.ServerProxy(f"{url}/xmlrpc/2/object", allow_none=True)

    def __call__(self, model: str, method: str, *params: Any, **named: Any) -> Any:
        try:
            return self._object.execute_kw(self.database, self.user, self.password, model, method, params, named)
        except xmlrpc.client.Fault as fault:
            raise Denied(fault.faultString) from None

    def create(self, model: str, *values: dict[str, Any]) -> list[int]:
        return list(self(model, "create", list(values)))

    def write(self, model: str, ids: list[int], **values: Any) -> None:
        self(model, "write", ids, values)

    def read(self, model: str, ids: list[int], *names: str) -> list[dict[str, Any]]:
        rows = self(model, "read", ids, list(names))
        return sorted(rows, key=lambda row: ids.index(row["id"]))

    def find(self, model: str, domain: list[Any], *names: str, order: str = "id") -> list[dict[str, Any]]:
        return list(self(model, "search_read", domain, list(names), order=order, context={"active_test": False}))
