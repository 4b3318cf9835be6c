"""What the organisation's modules have: fields that can be read, by the settings of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dealgate.ports import Trouble

from . import coql
from .auth import Server

_UNREAD = frozenset(
    {
        "subform", "imageupload", "profileimage", "fileupload", "multiselectlookup", "multiuserlookup",
        "event_reminder", "ALARM", "RRULE", "consent_lookup", "multireminder",
    }
)  # fmt: skip
"""Types of fields that a query does not give."""
_POINTERS = frozenset({"lookup", "ownerlookup", "userlookup"})
_FIRST = ("id", "Modified_Time")


class Catalogue:
    """The fields of each module, asked for once."""

    def __init__(self, server: Server, only: Sequence[str] = ()) -> None:
        """``only``: of the custom fields of deals, those to read; none: all."""
        self._server, self._only = server, tuple(only)
        self._fields: dict[str, list[Mapping[str, Any]]] = {}
        self._dropped: dict[str, set[str]] = {}
        self._currency: str | None = None

    def fields(self, module: str) -> list[Mapping[str, Any]]:
        """The metadata of a module's fields, those that the user may see. Raises Trouble."""
        if module not in self._fields:
            said = self._server.get("/settings/fields", {"module": module}, of=f"the fields of {module}")
            rows: list[Mapping[str, Any]] = [
                row for row in said.get("fields", ()) if isinstance(row, dict) and isinstance(row.get("api_name"), str)
            ]
            if not rows:
                raise Trouble(
                    "forbidden", f"The user of this source sees no field of {module} in Zoho.",
                    "let an administrator give the user's profile access to the module",
                )  # fmt: skip
            self._fields[module] = rows
        return self._fields[module]

    def field(self, module: str, name: str) -> Mapping[str, Any] | None:
        """The metadata of a field; None where there is none that the user may see."""
        return next((row for row in self.fields(module) if row["api_name"] == name), None)

    def columns(self, module: str) -> list[str]:
        """What a query asks for. Raises Trouble."""
        names = [
            row["api_name"] for row in self.fields(module)
            if str(row.get("data_type")) not in _UNREAD and coql.is_name(row["api_name"])
            and not (self._only and module == "Deals" and row.get("custom_field") and row["api_name"] not in self._only)
        ]  # fmt: skip
        named = list(dict.fromkeys([*_FIRST, *names]))
        if len(named) > coql.COLUMNS:
            raise Trouble(
                "odd", f"{module} has {len(named)} fields, and Zoho gives {coql.COLUMNS} at a time.",
                "name the custom fields of deals that you need under `fields` of the source",
            )  # fmt: skip
        return self.left(module, named)

    def pointers(self, module: str) -> list[str]:
        """The fields that point to another record."""
        return [row["api_name"] for row in self.fields(module) if str(row.get("data_type")) in _POINTERS]

    def left(self, module: str, named: Sequence[str]) -> list[str]:
        """The columns without those that Zoho turned out not to give."""
        gone = self._dropped.get(module, set())
        return [name for name in named if name not in gone]

    def drop(self, module: str, column: str) -> bool:
        """Zoho does not give this column. False where nothing can be read without it, or it was dropped before."""
        gone = self._dropped.setdefault(module, set())
        if column in _FIRST or column in gone:
            return False
        gone.add(column)
        return True

    def judged(self) -> list[str]:
        """The fields of a deal whose change is somebody's: those that can be written."""
        return [name for name in self.columns("Deals") if (row := self.field("Deals", name)) and writable(row)]

    def currency(self) -> str | None:
        """What amounts are in where deals do not say so themselves: an organisation of one currency. Raises Trouble."""
        if self.field("Deals", "Currency") is not None:
            return None
        if self._currency is None:
            rows = self._server.get("/org", of="the currency of the organisation").get("org") or [{}]
            code = rows[0].get("iso_code")
            if not isinstance(code, str) or not code:
                raise Trouble("odd", "Zoho does not tell the organisation's currency.", "set it under Setup, Company")
            self._currency = code
        return self._currency


def writable(row: Mapping[str, Any]) -> bool:
    """Whether the API lets a field be written."""
    may = row.get("operation_type")
    fixed = row.get("read_only") or row.get("field_read_only")
    return bool((not isinstance(may, dict) or may.get("api_update")) and not fixed)
