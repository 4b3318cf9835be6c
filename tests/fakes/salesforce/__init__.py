"""A Salesforce org over real HTTP: records, SOQL, paging, the composite resource, conditional writes, limits, OAuth.

By Salesforce's documentation of its REST API. Moments have whole seconds. A person's deeds are methods (``save``,
``delete``); programs come over HTTP, as the user ``robot``.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote_plus, urlsplit

from tests.fakes.served import AN_HOUR, Reply, Request, Served

from .oauth import Door
from .records import OPEN, No, Records, long_id
from .schema import STAGES, Object
from .soql import Malformed, Query, Row, parsed

VERSIONS = ("61.0", "62.0", "63.0", "66.0")
MOST, FEWEST = 2_000, 200
URI = 16_384


class Salesforce(Records, Served):
    """One org. ``used`` and ``allowed``: requests of 24 hours; ``most``: the rows of a page, where they are so heavy;
    ``busy``: how many writes find their record held by somebody."""

    throttled: ClassVar[Mapping[str, Any]] = [{"message": "Too many requests", "errorCode": "TOO_MANY_REQUESTS"}]  # type: ignore[assignment]

    def __init__(self, public: str | bytes = b"", *, currencies: bool = False) -> None:
        Records.__init__(self, currencies)
        self.door = Door(public)
        self.most, self.used, self.allowed, self.busy = MOST, 0, 100_000, 0
        self.locators: dict[str, tuple[str, Query, Sequence[Row]]] = {}
        Served.__init__(self)
        self.ann = self.save("User", Name="Ann Adler", Username="ann@acme.example", IsActive=True, Department="North")
        self.robot = self.save("User", Name="dealgate", Username="robot@acme.example", IsActive=True)
        for number, (name, chance, closed, won, category) in enumerate(STAGES):
            self.save(
                "OpportunityStage", ApiName=name, MasterLabel=name, IsActive=True, SortOrder=number + 1,
                IsClosed=closed, IsWon=won, DefaultProbability=float(chance), ForecastCategory=category,
            )  # fmt: skip
        for number, name in enumerate(OPEN):
            self.save("TaskStatus", ApiName=name, MasterLabel=name, SortOrder=number, IsClosed=bool(number))

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
                return Reply(200, self.described(self.object_of(table)))
            case ["POST", "sobjects", table]:
                spec = self.object_of(table)
                ident = self.save(spec.name, by=self.robot, **self.values_of(spec, request.json(), new=True))
                return Reply(201, {"id": ident, "success": True, "errors": []})
            case [_, "sobjects", table, ident]:
                return self._row(request, self.object_of(table), ident)
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
            return Reply(200, self._shown(spec, row, [one.name for one in self.seen(spec)]))
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
        self.save(spec.name, row["Id"], by=self.robot, **self.values_of(spec, request.json(), new=False))
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
            body = b"" if one.get("body") is None else json.dumps(one["body"]).encode()
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
        spec = self.object_of(query.table)
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

    def _page(self, request: Request, table: str, query: Query, rows: Sequence[Row], total: int, before: int) -> Reply:
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
        field = next((one for one in self.seen(spec) if one.name.lower() == wanted.lower()), None)
        if field is None or (rest and not set(field.to) - self.hidden):
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
