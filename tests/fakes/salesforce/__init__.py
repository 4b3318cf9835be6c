"""A Salesforce org over real HTTP: records, SOQL, paging, the composite resource, conditional writes, limits, OAuth.

By Salesforce's documentation of its REST API. Moments have whole seconds. A person's deeds are methods (``save``,
``delete``); programs come over HTTP, as the user ``robot``.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote_plus, urlsplit

from tests.fakes.served import AN_HOUR, Reply, Request, Served

from .oauth import Door
from .schema import STAGES, Field, Object, objects
from .soql import Malformed, Query, Row, parsed

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
VERSIONS = ("61.0", "62.0", "63.0", "66.0")
MOST, FEWEST = 2_000, 200
URI = 16_384
OPEN = ("Not Started", "Completed")


class No(Exception):
    """What the org refuses: a status and a list of errors."""

    def __init__(self, status: int, code: str, message: str, fields: tuple[str, ...] | None = None) -> None:
        super().__init__(code)
        error: dict[str, Any] = {"message": message, "errorCode": code}
        if fields is not None:
            error["fields"] = list(fields)
        self.status, self.body = status, [error]


class Salesforce(Served):
    """One org. ``hidden``: ``Object`` or ``Object.Field`` that the robot may not read; ``locked``: not write; ``most``:
    the rows of a page, where they are so heavy; ``rules``: validation rules, each a test and its words."""

    throttled: ClassVar[Mapping[str, Any]] = [{"message": "Too many requests", "errorCode": "TOO_MANY_REQUESTS"}]  # type: ignore[assignment]

    def __init__(self, public: str | bytes = b"", *, currencies: bool = False) -> None:
        self.objects: dict[str, Object] = objects()
        if currencies:
            for name in ("Account", "Lead", "Opportunity", "OpportunityHistory", "OpportunityLineItem"):
                self.objects[name].fields["CurrencyIsoCode"] = Field("CurrencyIsoCode", "picklist", 3)
        self.rows: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in self.objects}
        self.door = Door(public)
        self.hidden: set[str] = set()
        self.locked: set[str] = set()
        self.most, self.used, self.allowed = MOST, 0, 100_000
        self.rules: list[tuple[Callable[[Row], bool], str, str]] = []
        self.record_types: dict[str, tuple[str, tuple[str, ...]]] = {}
        self.locators: dict[str, tuple[str, Query, list[Row]]] = {}
        self.busy = 0
        self._numbers: dict[str, int] = {}
        super().__init__()
        self.ann = self.save("User", Name="Ann Adler", Username="ann@acme.example", IsActive=True, Department="North")
        self.robot = self.save("User", Name="dealgate", Username="robot@acme.example", IsActive=True)
        for number, (name, chance, closed, won, category) in enumerate(STAGES):
            self.save(
                "OpportunityStage", ApiName=name, MasterLabel=name, IsActive=True, SortOrder=number + 1,
                IsClosed=closed, IsWon=won, DefaultProbability=float(chance), ForecastCategory=category,
            )  # fmt: skip
        for number, name in enumerate(OPEN):
            self.save("TaskStatus", ApiName=name, MasterLabel=name, SortOrder=number, IsClosed=bool(number))

    # ------------------------------------------------ what people do

    def save(self, table: str, ident: str | None = None, *, by: str | None = None, **values: Any) -> str:
        """Somebody makes or changes a record, Ann if nobody is named. Raises No."""
        spec = self.objects[table]
        held = self.rows[table].get(ident or "")
        by = by or getattr(self, "ann", "")
        row = dict(held) if held else dict.fromkeys(spec.fields) | {
            "Id": self._new_id(spec), "IsDeleted": False, "CreatedDate": self.now, "CreatedById": by,
        }  # fmt: skip
        row |= values
        if held is None and "OwnerId" in spec.fields and row["OwnerId"] is None:
            row["OwnerId"] = by
        before = dict(held) if held else None
        _DERIVED.get(table, lambda crm, row, before: None)(self, row, before)
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

    # ------------------------------------------------ faults of its own

    def is_counted(self, request: Request) -> bool:
        return not request.path.startswith("/services/oauth2/")

    def struck_by(self, kind: str) -> Reply | None:
        if kind == "throttled-blind":
            return self._limited()
        if kind == "throttled":
            # Salesforce documents none for this API; a gateway before it may answer so
            return Reply(429, self.throttled, {"Retry-After": str(AN_HOUR)})
        if kind == "token":
            self.door.tokens.clear()
            return Reply(401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])
        if kind == "server-error":
            return Reply(500, [{"message": "An unexpected error occurred.", "errorCode": "UNKNOWN_EXCEPTION"}])
        return None

    def _limited(self) -> Reply:
        words = "TotalRequests Limit exceeded."
        return Reply(403, [{"message": words, "errorCode": "REQUEST_LIMIT_EXCEEDED"}], self._usage())

    def _usage(self) -> dict[str, str]:
        return {"Sforce-Limit-Info": f"api-usage={self.used}/{self.allowed}"}

    # ------------------------------------------------ over HTTP

    def answer(self, request: Request) -> Reply:
        path = request.path.rstrip("/")
        if path == "/services/oauth2/token" and request.method == "POST":
            status, said = self.door.ask(request.form(), request.headers, self.now)
            if status == 200:
                said |= {"instance_url": self.url, "id": f"{self.url}/id/00D5e000000fakeEAA/{self.robot}"}
            return Reply(status, said)
        if path == "/services/data":
            return Reply(200, [{"version": one, "url": f"/services/data/v{one}"} for one in VERSIONS])
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind not in ("Bearer", "OAuth") or token not in self.door.tokens:
            return Reply(401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])
        if self.used >= self.allowed:
            return self._limited()
        self.used += 1
        if len(request.path) + sum(len(quote_plus(name + value)) + 2 for name, value in request.query.items()) > URI:
            return Reply(414, b"URI Too Long")
        reply = self._tried(request)
        return Reply(reply.status, reply.body, {**self._usage(), **reply.headers})

    def _tried(self, request: Request) -> Reply:
        try:
            head, _, path = request.path.strip("/").removeprefix("services/data/").partition("/")
            if head.removeprefix("v") not in VERSIONS:
                raise No(404, "NOT_FOUND", "The requested resource does not exist")
            parts = path.split("/")
            if parts[0] == "sobjects" and len(parts) > 1 and parts[1] in self.hidden:
                raise No(404, "NOT_FOUND", "The requested resource does not exist")
            return self._routed(request, parts)
        except No as no:
            return Reply(no.status, no.body)

    def _routed(self, request: Request, parts: list[str]) -> Reply:
        match [request.method, *parts]:
            case ["GET", "query" | "queryAll" as way]:
                return self._query(request, way == "queryAll")
            case ["GET", "query" | "queryAll", locator]:
                return self._onward(request, locator)
            case ["POST", "composite"]:
                return self._composite(request)
            case ["GET", "limits"]:
                return Reply(200, {"DailyApiRequests": {"Max": self.allowed, "Remaining": self.allowed - self.used}})
            case ["GET", "sobjects", table, "describe"]:
                return Reply(200, self._described(self._object(table)))
            case ["POST", "sobjects", table]:
                spec = self._object(table)
                ident = self.save(spec.name, by=self.robot, **self._values(spec, request.json(), new=True))
                return Reply(201, {"id": ident, "success": True, "errors": []})
            case [_, "sobjects", table, ident]:
                return self._row(request, self._object(table), ident)
            case ["GET", "ui-api", "object-info", "Opportunity", "picklist-values", kind, "StageName"]:
                if kind not in self.record_types:
                    raise No(404, "NOT_FOUND", "The requested resource does not exist")
                values = [{"label": one, "value": one, "validFor": []} for one in self.record_types[kind][1]]
                return Reply(200, {"controllerValues": {}, "defaultValue": None, "values": values})
        raise No(404, "NOT_FOUND", "The requested resource does not exist")

    def _row(self, request: Request, spec: Object, ident: str) -> Reply:
        row = self.rows[spec.name].get(long_id(ident))
        if row is None:
            raise No(404, "NOT_FOUND", "The requested resource does not exist")
        if row["IsDeleted"]:
            raise No(404, "ENTITY_IS_DELETED", "entity is deleted", ())
        if request.method == "GET":
            return Reply(200, self._shown(spec, row, [one.name for one in self._seen(spec)]))
        if request.method == "DELETE":
            self.delete(spec.name, row["Id"])
            return Reply(204)
        if request.method != "PATCH":
            raise No(405, "METHOD_NOT_ALLOWED", f"HTTP Method '{request.method}' not allowed.")
        since = request.headers.get("if-unmodified-since")
        if since is not None and row["LastModifiedDate"] > parsedate_to_datetime(since):
            raise No(412, "PRECONDITION_FAILED", "One or more conditional request headers were not satisfied.")
        if self.busy:
            self.busy -= 1
            raise No(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", ())
        self.save(spec.name, row["Id"], by=self.robot, **self._values(spec, request.json(), new=False))
        return Reply(204)

    def _composite(self, request: Request) -> Reply:
        asked = request.json()
        parts = asked["compositeRequest"]
        if len(parts) > 25 or len({one["referenceId"] for one in parts}) < len(parts):
            raise No(400, "INVALID_INPUT", "at most 25 subrequests, each with an id of its own")
        writes = any(one["method"] != "GET" for one in parts)
        kept = copy.deepcopy(self.rows) if writes else self.rows
        told: list[dict[str, Any]] = []
        for one in parts:
            url = urlsplit(one["url"])
            body = b"" if one.get("body") is None else _json(one["body"])
            if b"@{" in body:
                # what follows names another part; none of those that come here has a part that it could mean
                raise No(400, "INVALID_INPUT", "Invalid reference specified. No value for it was found.")
            headers = {name.lower(): value for name, value in (one.get("httpHeaders") or {}).items()}
            reply = self._tried(Request(one["method"], url.path, dict(parse_qsl(url.query)), headers, body))
            told.append({
                "body": reply.body, "httpHeaders": {}, "httpStatusCode": reply.status, "referenceId": one["referenceId"],
            })  # fmt: skip
            if reply.status >= 400 and asked.get("allOrNone"):
                self.rows = kept
                return Reply(200, {"compositeResponse": [_halted(part, one, told[-1]) for part in parts]})
        return Reply(200, {"compositeResponse": told})

    # ------------------------------------------------ queries

    def _query(self, request: Request, every: bool) -> Reply:
        try:
            query = parsed(request.query.get("q", ""))
        except Malformed as wrong:
            raise No(400, "MALFORMED_QUERY", str(wrong)) from None
        spec = self._object(query.table)
        for name in query.used:
            self._named(spec, name)
        rows = [row for row in self.rows[spec.name].values() if every or not row["IsDeleted"]]
        rows = [row for row in rows if query.test(row, lambda row, name: self._read(spec, row, name))]
        for name, down in reversed(query.order):
            rows.sort(key=lambda row: _rank(self._read(spec, row, name)), reverse=down)
        rows = rows[: query.limit]
        if not query.names:
            return Reply(200, {"totalSize": len(rows), "done": True, "records": []})
        return self._page(request, spec.name, query, rows, len(rows), 0)

    def _page(self, request: Request, table: str, query: Query, rows: list[Row], total: int, before: int) -> Reply:
        said = request.headers.get("sforce-query-options", "")
        asked = int(said.removeprefix("batchSize=")) if said.startswith("batchSize=") else MOST
        size = min(max(asked, FEWEST), MOST, self.most)
        shown = [self._shown(self.objects[table], row, query.names) for row in rows[:size]]
        body: dict[str, Any] = {"totalSize": total, "done": len(rows) <= size, "records": shown}
        if len(rows) > size:
            locator = f"01g5e{len(self.locators):010}AAA"
            self.locators[locator] = (table, query, rows[size:])
            version = request.path.strip("/").split("/")[2]
            body["nextRecordsUrl"] = f"/services/data/{version}/query/{locator}-{before + size}"
        return Reply(200, body)

    def _onward(self, request: Request, locator: str) -> Reply:
        name, _, before = locator.partition("-")
        if name not in self.locators:
            raise No(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        table, query, rows = self.locators[name]
        return self._page(request, table, query, rows, int(before) + len(rows), int(before))

    def _read(self, spec: Object, row: Row, name: str) -> Any:
        head, _, rest = name.partition(".")
        if not rest:
            return row[head] if head in row else row[_spelled(spec, head)]
        target = self._target(row.get(f"{head}Id"))
        if target is None:
            return None
        return target[0] if rest == "Type" else target[1].get(rest)

    def _target(self, ident: Any) -> tuple[str, dict[str, Any]] | None:
        found = ((name, rows[ident]) for name, rows in self.rows.items() if ident in rows)
        return next(found, None) if ident else None

    def _named(self, spec: Object, name: str) -> None:
        head, _, rest = name.partition(".")
        wanted = f"{head}Id" if rest else head
        field = next((one for one in self._seen(spec) if one.name.lower() == wanted.lower()), None)
        if field is None or (rest and not field.to):
            raise No(400, "INVALID_FIELD", f"No such column '{name}' on entity '{spec.name}'.")

    def _shown(self, spec: Object, row: Row, names: list[str]) -> dict[str, Any]:
        told: dict[str, Any] = {
            "attributes": {"type": spec.name, "url": f"/services/data/v62.0/sobjects/{spec.name}/{row['Id']}"}
        }
        for name in names:
            head, _, rest = name.partition(".")
            value = _written(self._read(spec, row, name))
            if not rest:
                told[_spelled(spec, name)] = value
            elif self._target(row.get(f"{head}Id")) is None:
                told[head] = None
            else:
                told.setdefault(head, {"attributes": {"type": "Name"}})[rest] = value
        return told

    # ------------------------------------------------ what may be seen and written

    def _object(self, name: str) -> Object:
        found = next((one for one in self.objects.values() if one.name.lower() == name.lower()), None)
        if found is None or found.name in self.hidden:
            raise No(400, "INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return found

    def _seen(self, spec: Object) -> list[Field]:
        return [one for one in spec.fields.values() if f"{spec.name}.{one.name}" not in self.hidden]

    def _may_write(self, spec: Object, field: Field) -> bool:
        return field.writable and not {spec.name, f"{spec.name}.{field.name}"} & self.locked

    def _values(self, spec: Object, body: Mapping[str, Any], *, new: bool) -> dict[str, Any]:
        values = {}
        for name, value in body.items():
            field = next((one for one in self._seen(spec) if one.name.lower() == name.lower()), None)
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

    def _described(self, spec: Object) -> dict[str, Any]:
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
            "fields": [self._field(spec, one) for one in self._seen(spec)],
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


def _opportunity(crm: Salesforce, row: dict[str, Any], before: Mapping[str, Any] | None) -> None:
    """What follows from the stage."""
    stage = next((one for one in crm.rows["OpportunityStage"].values() if one["ApiName"] == row["StageName"]), None)
    if before is None or before["StageName"] != row["StageName"]:
        row["LastStageChangeDate"] = crm.now
        if stage is not None:
            row |= {"Probability": stage["DefaultProbability"], "ForecastCategory": stage["ForecastCategory"]}
    row["IsClosed"] = bool(stage and stage["IsClosed"])
    row["IsWon"] = bool(stage and stage["IsWon"])
    row["ExpectedRevenue"] = None if row["Amount"] is None else row["Amount"] * (row["Probability"] or 0) / 100


def _task(crm: Salesforce, row: dict[str, Any], before: Mapping[str, Any] | None) -> None:
    row["Status"] = row["Status"] or OPEN[0]
    row["Priority"] = row["Priority"] or "Normal"
    row["TaskSubtype"] = row["TaskSubtype"] or "Task"
    closed = any(one["ApiName"] == row["Status"] and one["IsClosed"] for one in crm.rows["TaskStatus"].values())
    if closed and not row["IsClosed"]:
        row["CompletedDateTime"] = crm.now
    row["IsClosed"] = closed


def _person(crm: Salesforce, row: dict[str, Any], before: Mapping[str, Any] | None) -> None:
    row["Name"] = " ".join(one for one in (row.get("FirstName"), row.get("LastName")) if one)


_DERIVED: dict[str, Callable[[Salesforce, dict[str, Any], Mapping[str, Any] | None], None]] = {
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


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    return value.isoformat() if isinstance(value, date) else value


def _spelled(spec: Object, name: str) -> str:
    """A field's name as it is spelled: a query may have it in other letters."""
    return name if name in spec.fields else next(one for one in spec.fields if one.lower() == name.lower())


def _rank(value: Any) -> tuple[bool, Any]:
    return value is not None, value


def _halted(part: Mapping[str, Any], wrong: Mapping[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    if part is wrong:
        return told
    words = "The transaction was rolled back since another operation in the same transaction failed."
    return {
        "body": [{"errorCode": "PROCESSING_HALTED", "message": words}], "httpHeaders": {}, "httpStatusCode": 400,
        "referenceId": part["referenceId"],
    }  # fmt: skip


def _json(value: Any) -> bytes:
    import json

    return json.dumps(value).encode()
