"""What is read of Dataverse, table by table, and how a row becomes a record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from dealgate.model.struct import Struct
from dealgate.model.values import parse_datetime
from dealgate.ports import Record

FORMATTED = "@OData.Community.Display.V1.FormattedValue"
POINTS_TO = "@Microsoft.Dynamics.CRM.lookuplogicalname"
ETAG = "@odata.etag"
_NUMBER = re.compile(r"[\d\s.,+-]*")


class Spec(Struct):
    """A table. ``select``: the columns to read; none: all of them, those of one's own too. ``of``: the lookups that may
    name the deal (or lead) that a record belongs to. ``links``: lookups to what several share."""

    table: str
    set: str
    key: str
    select: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    own: bool = False
    """Whether it is a deal or lead itself."""


STREAMS: Mapping[str, Spec] = {
    "users": Spec("systemuser", "systemusers", "systemuserid", (
        "fullname", "internalemailaddress", "domainname", "title", "isdisabled", "_businessunitid_value", "modifiedon",
    )),
    "accounts": Spec("account", "accounts", "accountid"),
    "contacts": Spec("contact", "contacts", "contactid"),
    "leads": Spec("lead", "leads", "leadid", links=("_ownerid_value", "_parentaccountid_value"), own=True),
    "deals": Spec(
        "opportunity", "opportunities", "opportunityid", own=True,
        links=("_ownerid_value", "_customerid_value", "_parentaccountid_value", "_parentcontactid_value"),
    ),
    "deal_contacts": Spec("connection", "connections", "connectionid", (
        "_record1id_value", "_record2id_value", "_record1roleid_value", "_record2roleid_value", "description",
        "statecode", "modifiedon",
    ), ("_record1id_value",), ("_record2id_value",)),
    "activities": Spec("activitypointer", "activitypointers", "activityid", (
        "subject", "activitytypecode", "_regardingobjectid_value", "_ownerid_value", "scheduledstart", "scheduledend",
        "actualstart", "actualend", "statecode", "statuscode", "createdon", "modifiedon",
    ), ("_regardingobjectid_value",)),
    "line_items": Spec("opportunityproduct", "opportunityproducts", "opportunityproductid", (
        "_opportunityid_value", "_productid_value", "productdescription", "quantity", "priceperunit", "baseamount",
        "manualdiscountamount", "extendedamount", "_transactioncurrencyid_value", "modifiedon",
    ), ("_opportunityid_value",)),
}  # fmt: skip
BY_TABLE: Mapping[str, str] = {spec.table: stream for stream, spec in STREAMS.items()}
_SHARED = frozenset({"systemuser", "account", "contact"})
_OWNING = frozenset({"opportunity", "lead"})


def record_of(spec: Spec, row: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> Record | None:
    """A row as a record; None where it belongs to no deal, and is of no account, person or user either."""
    ident = str(row[spec.key])
    data = {**flat(row), **(more or {})}
    deal = ident if spec.own else None
    if spec.of:
        deal = next((str(row[name]) for name in spec.of if row.get(name) and _to(row, name) in _OWNING), None)
        if deal is None:
            return None
    links = tuple(dict.fromkeys(str(row[name]) for name in spec.links if row.get(name) and _to(row, name) in _SHARED))
    if spec.table == "connection" and not links:
        return None  # the same connection seen from its other end, or one to something else than a person
    return Record(spec.table, ident, data, moment_of(row.get("modifiedon")), deal, links)


def gone(spec: Spec, ident: str) -> Record:
    """A record that is no more: its id is all that is told."""
    return Record(spec.table, ident, {spec.key: ident}, deal=ident if spec.own else None, gone=True)


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row by the names that it has, with ``COLUMN.name`` for what a lookup or choice is called, ``COLUMN.table`` for
    what a lookup leads to where that is not always the same, and amounts as text with every digit."""
    found: dict[str, Any] = {}
    for key, value in row.items():
        name, at, _ = key.partition("@")
        if not at:
            found[name] = _plain(value)
        elif key.endswith(FORMATTED) and _is_name(row.get(name), value, name):
            found[f"{name}.name"] = value
        elif key.endswith(POINTS_TO) and name in ("_customerid_value", "_ownerid_value", "_regardingobjectid_value"):
            found[f"{name}.table"] = value
    return found


def moment_of(text: Any) -> datetime | None:
    """A moment as Dataverse writes it."""
    return parse_datetime(text) if isinstance(text, str) else None


def _to(row: Mapping[str, Any], name: str) -> str:
    """The table that a lookup leads to; one that leads to one table alone may be without a word of it."""
    return str(row.get(f"{name}{POINTS_TO}") or name.removeprefix("_").removesuffix("id_value").removeprefix("parent"))


def _is_name(value: Any, formatted: Any, name: str) -> bool:
    """Whether a formatted value tells what an id or number means: of dates and amounts it is only other words."""
    if not isinstance(formatted, str):
        return False
    if name.startswith("_") and name.endswith("_value"):
        return True
    return isinstance(value, int) and not isinstance(value, bool) and not _NUMBER.fullmatch(formatted)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return None
    return value
