"""One database of an Odoo server, entered as one user: its context, its fields, and its ways of saying no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from dealgate.ports import Settings, Trouble

from .._api import told_by
from .._words import hidden
from .wire import Refused, http_of, key_of, odd, wire_of

MODULE: Mapping[str, str] = {"crm.lead": "crm", "crm.stage": "crm", "mail.message": "mail", "res.partner": "base"}
"""By model, the module that brings it."""
RIGHTS: Mapping[str, str] = {
    "mail.tracking.value": "a role with read access to the models mail.tracking.value and ir.model.fields",
    "ir.model.fields": "a role with read access to the models mail.tracking.value and ir.model.fields",
}
"""By model, what the user needs that no role of Sales has."""


class Server:
    """The database, as the user of the key sees it."""

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        """``values``: url, database, protocol, and for XML-RPC user. The secret is ``api_key``. Raises Trouble."""
        self._settings = settings
        self.http = http_of(settings, transport)
        self._wire = wire_of(settings, self.http)
        self._context: Mapping[str, Any] | None = None
        self._fields: dict[str, Mapping[str, Mapping[str, Any]]] = {}
        self._tracked: Mapping[int, tuple[str, str]] = {}
        self._model_id = 0

    @property
    def now(self) -> datetime:
        """The server's clock when it began with its last answer. Raises Trouble where it does not tell the time."""
        return told_by(self.http, self._wire.now)

    @property
    def context(self) -> Mapping[str, Any]:
        """The user's language, with archived records included: a lost opportunity is an archived one."""
        if self._context is None:
            said = self._named("res.users", "context_get", None, {}, True)
            if not isinstance(said, dict) or not isinstance(said.get("uid"), int):
                raise odd(self.http)
            self._context = {"lang": said.get("lang") or "en_US", "uid": said["uid"]}
        return {"lang": self._context["lang"], "active_test": False}

    @property
    def user_id(self) -> int:
        """The user of the key."""
        _ = self.context
        assert self._context is not None
        return int(self._context["uid"])

    def call(
        self, model: str, method: str, ids: Sequence[int] | None = None, *, repeat: bool = True, **named: Any
    ) -> Any:
        """What a method gives. ``repeat``: it changes nothing. Raises Trouble, Refused, OutcomeUnknown."""
        return self._wire.call(model, method, ids, {"context": dict(self.context), **named}, repeat=repeat)

    def ask(self, model: str, method: str, ids: Sequence[int] | None = None, **named: Any) -> Any:
        """What a reading method gives; a refusal is Trouble."""
        return self._named(model, method, ids, {"context": dict(self.context), **named}, True)

    def read(
        self, model: str, domain: list[Any], names: Sequence[str], limit: int | None = None, order: str = "id"
    ) -> list[dict[str, Any]]:
        """The records of a model that a domain leaves, archived ones too. Raises Trouble."""
        rows = self.ask(model, "search_read", domain=domain, fields=list(names), order=order, limit=limit or False)
        if not isinstance(rows, list) or not all(isinstance(row, dict) and "id" in row for row in rows):
            raise odd(self.http)
        return rows

    def count(self, model: str, domain: list[Any]) -> int:
        """How many records a domain leaves. Raises Trouble."""
        found = self.ask(model, "search_count", domain=domain)
        if not isinstance(found, int):
            raise odd(self.http)
        return found

    def fields(self, model: str) -> Mapping[str, Mapping[str, Any]]:
        """By name what is known of the fields that the user may see. Asked once. Raises Trouble."""
        if model not in self._fields:
            wanted = ["string", "type", "store", "readonly", "selection", "relation"]
            found = self.ask(model, "fields_get", allfields=[], attributes=wanted)
            if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
                raise odd(self.http)
            self._fields[model] = found
        return self._fields[model]

    @property
    def lead_fields(self) -> Mapping[int, tuple[str, str]]:
        """By the id of a field of crm.lead, its name and type: history and tasks name things so. Raises Trouble."""
        if not self._tracked:
            rows = self.read("ir.model.fields", [["model", "=", "crm.lead"]], ["name", "ttype", "model_id"])
            self._tracked = {row["id"]: (str(row["name"]), str(row["ttype"])) for row in rows}
            self._model_id = int(rows[0]["model_id"][0]) if rows else 0
        return self._tracked

    @property
    def lead_model(self) -> int:
        """The id of the model crm.lead. Raises Trouble."""
        _ = self.lead_fields
        return self._model_id

    def hide(self, text: str) -> str:
        """Words of the server's, on one line, short, and without what is secret."""
        return hidden(text, [key_of(self._settings)])

    def close(self) -> None:
        """Closes the connections; a key has no session to end."""
        self.http.close()

    def _named(self, model: str, method: str, ids: Sequence[int] | None, named: Mapping[str, Any], repeat: bool) -> Any:
        try:
            return self._wire.call(model, method, ids, named, repeat=repeat)
        except Refused as refused:
            raise self._barred(refused, model, method) from None

    def _barred(self, refused: Refused, model: str, method: str) -> Trouble:
        if refused.kind == "model":
            module = MODULE.get(model, "that brings it")
            return Trouble(
                "gone", f"The database `{self._settings.values['database']}` has no {model}.{method}.",
                f"install the module {module} in Odoo; dealgate needs Odoo 17 or later",
            )  # fmt: skip
        if refused.kind == "access":
            needed = RIGHTS.get(model, "the role Sales: Administrator, or what else reads it")
            return Trouble(
                "forbidden", f"The user of the API key may not read {model}.",
                f"give the user {needed}: docs/crm/odoo.md",
            )  # fmt: skip
        if refused.kind == "failure":
            text = f"Odoo at {self.http.host} failed in {model}.{method}."
            return Trouble("odd", text, "look into the server's log; dealgate needs Odoo 17 or later")
        return Trouble("odd", f"Odoo refuses {model}.{method}: {self.hide(refused.text)}", "look into the server's log")
