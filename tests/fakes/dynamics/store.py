"""The records of an environment: with versions, what was deleted, a log of changes, and rules of its own."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .schema import NAMES, Table, made, tables

PROCESS, DEAL = "opportunitysalesprocess", "opportunity"
API = "/api/data/v9.2/"
EXPIRED = "Version stamp associated with the client has expired. Please perform a full sync."
FORMATTED = "@OData.Community.Display.V1.FormattedValue"
POINTS_TO = "@Microsoft.Dynamics.CRM.lookuplogicalname"
Link = tuple[str, str]
"""Where a lookup leads: (table, id)."""


class No(Exception):
    """The environment refuses: a status, a code, and words."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status, self.code, self.text = status, code, text


def absent(table: str, ident: str) -> No:
    return No(404, "0x80040217", f"Entity '{table}' With Id = {ident} Does Not Exist")


@dataclass
class Row:
    data: dict[str, Any]
    version: int


@dataclass
class Store:
    """``lacks``: privileges that the application user does not have; ``closed``: columns that it may not write."""

    tables: dict[str, Table] = field(default_factory=tables)
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    deleted: list[tuple[int, str, str]] = field(default_factory=list)
    """(version, table, id) of what was deleted."""
    version: int = 1000
    number: int = 0
    auditing: bool = True
    lacks: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    user: str = made("user", "dealgate")

    def of(self, table: str) -> dict[str, Row]:
        return self.rows.setdefault(table, {})

    def snapshot(self) -> Any:
        return copy.deepcopy((self.rows, self.deleted, self.version, self.number))

    def restore(self, held: Any) -> None:
        self.rows, self.deleted, self.version, self.number = held

    # ------------------------------------------------ writing

    def put(self, table: str, at: datetime, data: Mapping[str, Any], ident: str | None = None, by: str = "") -> str:
        """A new record. Raises No."""
        self.number += 1
        ident = ident or made(table, self.number)
        if ident in self.of(table):
            raise No(412, "0x80040237", "A record with matching key values already exists.")
        spec, stamp = self.tables[table], _stamp(at)
        self.check(table, data, None)
        whole = dict.fromkeys(spec.columns) | {"statecode": 0, "statuscode": 1} | dict(data)
        whole |= {spec.key: ident, "modifiedon": stamp, "modifiedby": ("systemuser", by or self.user)}
        whole["createdon"] = data.get("createdon") or stamp
        whole = {name: value for name, value in whole.items() if name in spec.columns or name == spec.key}
        self.version += 1
        self.of(table)[ident] = Row(whole, self.version)
        self.log(table, ident, 1, dict.fromkeys(data, (None, None)), at, by)
        return ident

    def change(self, table: str, ident: str, at: datetime, data: Mapping[str, Any], by: str = "") -> None:
        """Columns of a record get values. Raises No."""
        row = self.of(table).get(ident)
        if row is None:
            raise absent(table, ident)
        self.check(table, data, row.data)
        changes = {name: (row.data.get(name), value) for name, value in data.items() if row.data.get(name) != value}
        self.version += 1
        row.data |= {**data, "modifiedon": _stamp(at), "modifiedby": ("systemuser", by or self.user)}
        row.version = self.version
        self.log(table, ident, 2, changes, at, by)

    def delete(self, table: str, ident: str) -> None:
        """A record goes, with all that hangs on it. Raises No."""
        if self.of(table).pop(ident, None) is None:
            raise absent(table, ident)
        self.version += 1
        self.deleted.append((self.version, table, ident))
        for other, rows in self.rows.items():
            if other == "audit":
                continue
            for key in [key for key, row in rows.items() if (table, ident) in row.data.values()]:
                if table == DEAL and other in (
                    PROCESS,
                    "connection",
                    "activitypointer",
                    "annotation",
                    "opportunityproduct",
                ):
                    self.delete(other, key)

    def log(
        self, table: str, ident: str, operation: int, changes: Mapping[str, tuple[Any, Any]], at: datetime, by: str
    ) -> None:
        if not (self.auditing and self.tables[table].audited and changes):
            return
        said = [
            {"logicalName": name, "oldValue": _logged(old), "newValue": _logged(new)}
            for name, (old, new) in changes.items()
            if operation == 2
        ]
        row = {
            "createdon": _stamp(at), "objecttypecode": table, "objectid": (table, ident), "operation": operation,
            "action": operation, "changedata": json.dumps({"changedAttributes": said}),
            "userid": ("systemuser", by or self.user), "auditid": made("audit", table, ident, self.version),
        }  # fmt: skip
        self.of("audit")[str(row["auditid"])] = Row(row, self.version)

    def check(self, table: str, data: Mapping[str, Any], held: Mapping[str, Any] | None) -> None:
        """Rules that every write goes through. Raises No."""
        for name, value in data.items():
            column = self.tables[table].columns.get(name)
            if isinstance(value, tuple) and value[0] in self.tables and value[1] not in self.of(value[0]):
                raise absent(value[0], value[1])
            if column is not None and column.type == "String" and isinstance(value, str) and len(value) > 400:
                text = f"A validation error occurred.  The length of the '{name}' attribute of the '{table}' entity exceeded the maximum allowed length of '400'."
                raise No(400, "0x80044331", text)
        value = data.get("estimatedvalue")
        if table == DEAL and value is not None and float(value) < 0:
            raise No(400, "0x80040265", "The estimated revenue must not be negative (plug-in Guard).")
        if table == PROCESS and held is not None and "activestageid" in data:
            path = self.path(held)
            here, there = path.index(held["activestageid"][1]), path.index(data["activestageid"][1])
            if abs(here - there) != 1:
                raise No(400, "0x80040265", "A business process flow moves to the next stage or to the one before.")
            if data.get("traversedpath") != ",".join(path[: there + 1]):
                raise No(400, "0x80040265", "The traversed path does not lead to the active stage.")

    def path(self, instance: Mapping[str, Any]) -> list[str]:
        """The stages that an instance goes through."""
        mine = [
            (row.data["stagecategory"], ident)
            for ident, row in self.of("processstage").items()
            if row.data["processid"] == instance["processid"]
        ]
        return [ident for _, ident in sorted(mine)]

    # ------------------------------------------------ showing

    def shown(self, table: str, ident: str, row: Row) -> dict[str, Any]:
        """A row as the Web API gives it, with every annotation."""
        spec = self.tables[table]
        found: dict[str, Any] = {"@odata.etag": f'W/"{row.version}"', spec.key: ident}
        for name, column in spec.columns.items():
            value = row.data.get(name)
            if column.targets:
                key = f"_{name}_value"
                found[key] = None if value is None else value[1]
                if value is not None:
                    found[key + POINTS_TO] = value[0]
                    called = self.called(*value)
                    if called is not None:
                        found[key + FORMATTED] = called
                continue
            found[name] = row.version if name == "versionnumber" else value
            if value is None:
                continue
            if column.options:
                found[name + FORMATTED] = column.options.get(value, str(value))
            elif column.type in ("Money", "Integer", "Decimal"):
                found[name + FORMATTED] = f"{value:,}"
            elif column.type == "Boolean":
                found[name + FORMATTED] = "Yes" if value else "No"
            elif column.type == "DateTime":
                found[name + FORMATTED] = f"{str(value)[5:7]}/{str(value)[8:10]}/{str(value)[:4]}"
        return found

    def called(self, table: str, ident: str) -> str | None:
        row = self.of(table).get(ident)
        name = NAMES.get(table)
        return None if row is None or name is None else row.data.get(name)


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _logged(value: Any) -> str | None:
    if value is None:
        return None
    return f"{value[0]},{value[1]}" if isinstance(value, tuple) else str(value)
