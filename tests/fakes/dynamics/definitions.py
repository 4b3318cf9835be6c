"""Definitions of tables and columns, as the Web API tells them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.fakes.served import Reply, Request

from .odata import compiled
from .schema import made
from .store import Store

_DEFINED = re.compile(
    r"EntityDefinitions\((?:LogicalName='(\w+)'|([0-9a-f-]{36}))\)/Attributes(?:/Microsoft\.Dynamics\.CRM\.(\w+))?"
)


def definitions(store: Store, path: str, request: Request, cut: Callable[..., dict[str, Any]]) -> Reply:
    """What `EntityDefinitions` answers: tables, and the columns of one."""
    ids = {made("definition", table): table for table in store.tables}
    found = _DEFINED.fullmatch(path)
    if found is None:
        rows = [
            {
                "MetadataId": made("definition", name), "LogicalName": name, "SchemaName": name.title(),
                "EntitySetName": spec.set, "PrimaryIdAttribute": spec.key, "PrimaryNameAttribute": "name",
                "ChangeTrackingEnabled": spec.tracked, "IsAuditEnabled": {"Value": spec.audited, "CanBeChanged": True},
            }
            for name, spec in store.tables.items()
        ]  # fmt: skip
        test = compiled(request.query.get("$filter", ""))
        return Reply(200, {"value": [cut(row, "MetadataId", request) for row in rows if test(row)]})
    table = found.group(1) or ids[found.group(2)]
    spec, kind = store.tables[table], found.group(3)
    if kind:
        wanted = kind.removesuffix("AttributeMetadata")
        return Reply(200, {"value": [
            {"LogicalName": name, "MetadataId": made(table, name), "OptionSet": {"Options": [
                {"Value": value, "Label": _label(text)} for value, text in column.options.items()]}}
            for name, column in spec.columns.items() if column.type == wanted
        ]})  # fmt: skip
    columns = [(spec.key, "Uniqueidentifier", False, False)]
    columns += [(name, c.type, c.writable, c.custom) for name, c in spec.columns.items()]
    return Reply(200, {"value": [
        {
            "MetadataId": made(table, name), "LogicalName": name, "SchemaName": name, "AttributeType": type_,
            "AttributeOf": None, "DisplayName": _label(name.title()), "IsValidForRead": True,
            "IsValidForUpdate": writable, "IsCustomAttribute": custom,
        }
        for name, type_, writable, custom in columns
    ]})  # fmt: skip


def _label(text: str) -> dict[str, Any]:
    label = {"Label": text, "LanguageCode": 1033}
    return {"UserLocalizedLabel": label, "LocalizedLabels": [label]}
