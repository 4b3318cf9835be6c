"""What an org holds: records with the moments and the history of each, who may see and write what, and its rules.

Moments have whole seconds. Ids are counted, object by object.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from .schema import Field, Object, objects
from .soql import Row

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
OPEN = ("Not Started", "Completed")


class No(Exception):
    """What the org refuses: a status and a list of errors."""

    def __init__(self, status: int, code: str, message: str, fields: tuple[str, ...] | None = None) -> None:
        super().__init__(code)
        error: dict[str, Any] = {"message": message, "errorCode": code}
        if fields is not None:
            error["fields"] = list(fields)
        self.status, self.body = status, [error]


class Records:
    """The records. ``hidden``: ``Object`` or ``Object.Field`` that the robot may not read; ``locked``: not write;
    ``rules``: validation rules of opportunities, each a test of a row, a code and words."""

    now: datetime

    def __init__(self, currencies: bool) -> None:
        self.objects: dict[str, Object] = objects()
        if currencies:
            for name in ("Account", "Lead", "Opportunity", "OpportunityHistory", "OpportunityLineItem"):
                self.objects[name].fields["CurrencyIsoCode"] = Field("CurrencyIsoCode", "picklist", 3)
        self.rows: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in self.objects}
        self.hidden: set[str] = set()
        self.locked: set[str] = set()
        self.rules: list[tuple[Callable[[Row], bool], str, str]] = []
        self.record_types: dict[str, tuple[str, tuple[str, ...]]] = {}
        self.ann = ""
        self._numbers: dict[str, int] = {}

    # ------------------------------------------------ what people do

    def save(self, table: str, ident: str | None = None, *, by: str | None = None, **values: Any) -> str:
        """Somebody makes or changes a record, Ann if nobody is named. Raises No."""
        spec = self.objects[table]
        held = self.rows[table].get(ident or "")
        by = by or self.ann
        row = dict(held) if held else dict.fromkeys(spec.fields) | {
            "Id": self._new_id(spec), "IsDeleted": False, "CreatedDate": self.now, "CreatedById": by,
        }  # fmt: skip
        row |= values
        if held is None and "OwnerId" in spec.fields and row["OwnerId"] is None:
            row["OwnerId"] = by
        before = dict(held) if held else None
        if table in _DERIVED:
            _DERIVED[table](self, row, before)
        for test, code, words in self.rules if table == "Opportunity" else ():
            if test(row):
                raise No(400, code, words, ())
        row |= {"LastModifiedDate": self.now, "LastModifiedById": by, "SystemModstamp": self.now}
        self.rows[table][row["Id"]] = row
        if table == "Opportunity":
            self._history(row, before, by)
        elif table in ("Task", "Event") and row["WhatId"] in self.rows["Opportunity"]:
            # its last activity is another, which moves this moment and not that of the last change
            self.rows["Opportunity"][row["WhatId"]]["SystemModstamp"] = self.now
        return str(row["Id"])

    def delete(self, table: str, ident: str) -> None:
        """Into the recycle bin, with what belongs to it."""
        row = self.rows[table][ident]
        row |= {"IsDeleted": True, "SystemModstamp": self.now}
        for child, name in self.objects[table].children.items():
            for one in self.rows[child].values():
                if one[name] == ident:
                    one |= {"IsDeleted": True, "SystemModstamp": self.now}

    def purge(self) -> None:
        """The recycle bin is emptied."""
        for rows in self.rows.values():
            for ident in [ident for ident, row in rows.items() if row["IsDeleted"]]:
                del rows[ident]

    def live(self, table: str) -> dict[str, dict[str, Any]]:
        return {ident: row for ident, row in self.rows[table].items() if not row["IsDeleted"]}

    def _new_id(self, spec: Object) -> str:
        number = self._numbers[spec.name] = self._numbers.get(spec.name, 0) + 1
        text = ""
        for _ in range(7):
            number, rest = divmod(number, 62)
            text = LETTERS[rest] + text
        return long_id(f"{spec.prefix}5e{text:0>10}")

    def _history(self, row: Mapping[str, Any], before: Mapping[str, Any] | None, by: str) -> None:
        told = ("StageName", "Amount", "Probability", "CloseDate")
        if before is not None and all(row[name] == before[name] for name in told):
            return
        mine = [one for one in self.rows["OpportunityHistory"].values() if one["OpportunityId"] == row["Id"]]
        if mine:
            mine[-1]["SystemModstamp"] = self.now  # from now on it is history
        more = {name: row[name] for name in (*told, "ExpectedRevenue", "ForecastCategory")}
        if "CurrencyIsoCode" in row:
            more["CurrencyIsoCode"] = row["CurrencyIsoCode"]
        self.save("OpportunityHistory", by=by, OpportunityId=row["Id"], **more)

    # ------------------------------------------------ what may be seen and written

    def object_of(self, name: str) -> Object:
        found = next((one for one in self.objects.values() if one.name.lower() == name.lower()), None)
        if found is None or found.name in self.hidden:
            raise No(400, "INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return found

    def seen(self, spec: Object) -> list[Field]:
        return [one for one in spec.fields.values() if f"{spec.name}.{one.name}" not in self.hidden]

    def _may_write(self, spec: Object, field: Field) -> bool:
        return field.writable and not {spec.name, f"{spec.name}.{field.name}"} & self.locked

    def values_of(self, spec: Object, body: Mapping[str, Any], *, new: bool) -> dict[str, Any]:
        values = {}
        for name, value in body.items():
            field = next((one for one in self.seen(spec) if one.name.lower() == name.lower()), None)
            if field is None:
                raise No(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {spec.name}")
            if spec.name in self.locked:
                raise No(400, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", ())
            if not self._may_write(spec, field):
                words = f"Unable to create/update fields: {name}. Please check the security settings of this field and verify that it is read/write for your profile or permission set."
                raise No(400, "INVALID_FIELD_FOR_INSERT_UPDATE", words, (name,))
            values[field.name] = _typed(field, value)
        missing = [one.name for one in spec.fields.values() if new and one.needed and values.get(one.name) is None]
        if missing:
            raise No(400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: {missing}", tuple(missing))
        owner = values.get("OwnerId")
        if owner and not (self.rows["User"].get(owner) or {}).get("IsActive"):
            raise No(400, "INACTIVE_OWNER_OR_USER", f"operation performed with inactive user [{owner}]", ("OwnerId",))
        return values

    def described(self, spec: Object) -> dict[str, Any]:
        kinds = [
            {"recordTypeId": "012000000000000AAA", "name": "Master", "active": True, "available": True, "master": True}
        ]
        if spec.name == "Opportunity":
            kinds += [
                {"recordTypeId": ident, "name": name, "active": True, "available": True, "master": False}
                for ident, (name, _) in self.record_types.items()
            ]
        return {
            "name": spec.name, "label": spec.name, "keyPrefix": spec.prefix, "queryable": True,
            "createable": spec.creatable, "updateable": spec.creatable, "recordTypeInfos": kinds,
            "fields": [self._field(spec, one) for one in self.seen(spec)],
        }  # fmt: skip

    def _field(self, spec: Object, one: Field) -> dict[str, Any]:
        head = one.name.removesuffix("Id") if one.to else None
        return {
            "name": one.name, "label": one.name.removesuffix("__c").replace("_", " "), "type": one.kind,
            "length": one.length, "custom": one.custom, "calculated": one.calculated,
            "updateable": self._may_write(spec, one), "createable": self._may_write(spec, one),
            "nillable": not one.needed, "referenceTo": list(one.to), "relationshipName": head,
            "restrictedPicklist": one.restricted,
            "picklistValues": [{"value": text, "label": text, "active": True} for text in one.options],
        }  # fmt: skip


def long_id(ident: str) -> str:
    """An id with the suffix that tells its capitals, as Salesforce documents it."""
    if len(ident) != 15:
        return ident
    parts = (ident[n : n + 5] for n in (0, 5, 10))
    return ident + "".join(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[sum(1 << n for n, letter in enumerate(part) if "A" <= letter <= "Z")]
        for part in parts
    )


def _opportunity(crm: Records, row: dict[str, Any], before: Mapping[str, Any] | None) -> None:
    """What follows from the stage."""
    stage = next((one for one in crm.rows["OpportunityStage"].values() if one["ApiName"] == row["StageName"]), None)
    if before is None or before["StageName"] != row["StageName"]:
        row["LastStageChangeDate"] = crm.now
        if stage is not None:
            row |= {"Probability": stage["DefaultProbability"], "ForecastCategory": stage["ForecastCategory"]}
    row["IsClosed"] = bool(stage and stage["IsClosed"])
    row["IsWon"] = bool(stage and stage["IsWon"])
    row["ExpectedRevenue"] = None if row["Amount"] is None else row["Amount"] * (row["Probability"] or 0) / 100


def _task(crm: Records, row: dict[str, Any], before: Mapping[str, Any] | None) -> None:
    row["Status"] = row["Status"] or OPEN[0]
    row["Priority"] = row["Priority"] or "Normal"
    row["TaskSubtype"] = row["TaskSubtype"] or "Task"
    closed = any(one["ApiName"] == row["Status"] and one["IsClosed"] for one in crm.rows["TaskStatus"].values())
    if closed and not row["IsClosed"]:
        row["CompletedDateTime"] = crm.now
    row["IsClosed"] = closed


def _person(crm: Records, row: dict[str, Any], before: Mapping[str, Any] | None) -> None:
    row["Name"] = " ".join(one for one in (row.get("FirstName"), row.get("LastName")) if one)


_DERIVED: dict[str, Callable[[Records, dict[str, Any], Mapping[str, Any] | None], None]] = {
    "Opportunity": _opportunity, "Task": _task, "Contact": _person, "Lead": _person,
}  # fmt: skip


def _typed(field: Field, value: Any) -> Any:
    """A value as the field takes it. Raises No."""
    if value is None or value == "":
        return None
    wrong = No(400, "JSON_PARSER_ERROR", f"Cannot deserialize the value of {field.name}")
    try:
        if field.kind in ("currency", "double", "percent"):
            if isinstance(value, bool):
                raise wrong
            return float(value)
        if field.kind == "date":
            return date.fromisoformat(value)
        if field.kind == "datetime":
            return datetime.fromisoformat(value).astimezone(UTC)
    except (TypeError, ValueError):
        raise wrong from None
    if field.kind in ("boolean", "int"):
        if isinstance(value, bool) is not (field.kind == "boolean"):
            raise wrong
        return value
    if not isinstance(value, str):
        raise wrong
    if field.restricted and value not in field.options:
        words = f"{field.name}: bad value for restricted picklist field: {value}"
        raise No(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", words, (field.name,))
    if field.length and len(value) > field.length:
        words = f"{field.name}: data value too large: {value} (max length={field.length})"
        raise No(400, "STRING_TOO_LONG", words, (field.name,))
    return value
