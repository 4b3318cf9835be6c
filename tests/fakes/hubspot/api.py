"""The API of the fake: what it answers, and what it refuses, as HubSpot's documentation has it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.fakes.served import Reply, Request, Served

from .portal import CODES, LOGGED, MOMENT, READ_ONLY, TYPES, By, Invalid, Obj, Portal, iso

APP = "4711"
CLIENT = {"id": "client-1", "secret": "client-secret-ab12", "refresh": "refresh-secret-cd34"}
SCOPES = {"deals": "deals", "contacts": "contacts", "companies": "companies", "line_items": "line_items"}
ALL_SCOPES = frozenset(
    {f"crm.objects.{one}.{way}" for one in SCOPES for way in ("read", "write")} | {"crm.objects.owners.read"}
)
DEFAULTS = {
    "deals": ("amount", "closedate", "createdate", "dealname", "dealstage", "hs_lastmodifieddate", "hs_object_id",
              "pipeline"),
    "contacts": ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    "companies": ("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
}  # fmt: skip


class Stop(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, category: str, message: str, **more: Any) -> None:
        super().__init__(message)
        body = {"status": "error", "message": message, "correlationId": "0-fake", "category": category, **more}
        self.reply = Reply(status, body)


class HubSpotFake(Served):
    """An account of HubSpot. ``lag``: how late its search is; ``daily_left``, ``window``: what may still be asked."""

    throttled = {
        "status": "error", "message": "You have reached your ten_secondly_rolling limit.", "errorType": "RATE_LIMIT",
        "correlationId": "0-fake", "policyName": "TEN_SECONDLY_ROLLING",
    }  # fmt: skip

    def __init__(self) -> None:
        self.portal = Portal(lambda: self.now)
        self.token = "pat-eu1-secret-1"  # noqa: S105 - made up
        self.granted: dict[str, datetime] = {}
        self.scopes = set(ALL_SCOPES)
        self.lag = timedelta(0)
        self.daily, self.daily_left = 650_000, 650_000
        self.window, self.window_left = 190, 190
        self.grants = 0
        self.associated = 500  # of one record, in one answer
        super().__init__()
        self.portal.owner("11", 9001, "Ada", "Berg")
        self.portal.owner("12", 9002, "Ben", "Cole")
        self.portal.owner("13", 9003, "Cy", "Dahl", archived=True)

    # ------------------------------------------------ webhooks

    def signed(self, url: str, body: bytes, at: datetime, secret: str = CLIENT["secret"]) -> dict[str, str]:
        """The headers of a delivery (signature version 3)."""
        stamp = str(int(at.timestamp() * 1000))
        told = hmac.new(secret.encode(), b"POST" + url.encode() + body + stamp.encode(), hashlib.sha256).digest()
        return {
            "Content-Type": "application/json", "X-HubSpot-Request-Timestamp": stamp,
            "X-HubSpot-Signature-v3": base64.b64encode(told).decode(),
        }  # fmt: skip

    # ------------------------------------------------ answers

    def is_counted(self, request: Request) -> bool:
        return not request.path.startswith("/oauth/")

    def answer(self, request: Request) -> Reply:
        try:
            if request.path == "/oauth/v3/token":
                return self._grant(request.form())
            self._let_in(request)
            self._count()
            reply = self._routed(request)
        except Stop as stop:
            reply = stop.reply
        if request.path.endswith("/search"):
            return reply  # says nothing of limits
        limits = {
            "X-HubSpot-RateLimit-Daily": str(self.daily), "X-HubSpot-RateLimit-Daily-Remaining": str(self.daily_left),
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000", "X-HubSpot-RateLimit-Max": str(self.window),
            "X-HubSpot-RateLimit-Remaining": str(self.window_left),
        }  # fmt: skip
        return Reply(reply.status, reply.body, {**limits, **reply.headers})

    def _grant(self, form: Mapping[str, str]) -> Reply:
        right = {
            "grant_type": "refresh_token", "client_id": CLIENT["id"], "client_secret": CLIENT["secret"],
            "refresh_token": CLIENT["refresh"],
        }  # fmt: skip
        if dict(form) != right:
            return Reply(400, {"status": "BAD_REFRESH_TOKEN", "message": "missing or invalid refresh token"})
        self.grants += 1
        token = f"oauth-secret-{self.grants}"
        self.granted[token] = self.now + timedelta(minutes=30)
        return Reply(200, {"token_type": "bearer", "access_token": token, "refresh_token": CLIENT["refresh"],
                           "expires_in": 1800, "hub_id": 1})  # fmt: skip

    def _let_in(self, request: Request) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token == self.token:
            return
        self.struck += 1
        if token in self.granted:
            if self.granted[token] > self.now:
                self.struck -= 1
                return
            raise Stop(401, "EXPIRED_AUTHENTICATION", "The OAuth token used to make this call expired.")
        raise Stop(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")

    def _count(self) -> None:
        if self.daily_left < 1:
            raise Stop(429, "RATE_LIMITS", "You have reached your daily limit.", policyName="DAILY",
                       errorType="RATE_LIMIT")  # fmt: skip
        self.daily_left -= 1

    def _routed(self, request: Request) -> Reply:
        for method, pattern, answer in _ROUTES:
            found = re.fullmatch(pattern, request.path)
            if found and method == request.method:
                parts = [CODES.get(part, part) for part in found.groups()]
                for kind in parts[:1]:
                    self._scope(kind, "write" if answer in _WRITES else "read")
                return answer(self, request, *parts)
        raise Stop(404, "OBJECT_NOT_FOUND", "no such address")

    def _scope(self, kind: str, way: str) -> None:
        if kind not in self.portal.objects and kind != "owners":
            raise Stop(404, "OBJECT_NOT_FOUND", f"Unable to infer object type from: {kind}")
        needed = f"crm.objects.{'contacts' if kind in LOGGED else kind}.{way}"
        if needed not in self.scopes:
            raise Stop(
                403, "MISSING_SCOPES", "This app hasn't been granted all required scopes to make this call.",
                errors=[{"message": "One or more of the following scopes are required.",
                         "context": {"requiredGranularScopes": [needed]}}],
            )  # fmt: skip

    # ------------------------------------------------ people, pipelines, properties

    def _owners(self, request: Request, _kind: str) -> Reply:
        rows = [one for one in self.portal.owners if one["archived"] == (_is_true(request, "archived"))]
        return Reply(200, self._paged(rows, request, 500))

    def _pipelines(self, _request: Request, _kind: str) -> Reply:
        made = {"createdAt": "2020-01-01T00:00:00Z", "updatedAt": "2020-01-01T00:00:00Z"}
        return Reply(200, {"results": [{**made, **one} for one in self.portal.pipelines if not one["archived"]]})

    def _properties(self, _request: Request, kind: str) -> Reply:
        own = self.portal.own.get(kind, {})
        return Reply(
            200,
            {
                "results": [
                    {
                        "name": name, "label": name.replace("_", " ").title(), "type": type_, "fieldType": "text",
                        "groupName": "information", "description": "", "options": [], "hubspotDefined": name not in own,
                        "modificationMetadata": {"archivable": True, "readOnlyDefinition": False,
                                                 "readOnlyValue": name in READ_ONLY},
                    }
                    for name, type_ in self.portal.known(kind).items()
                ]
            },
        )  # fmt: skip

    # ------------------------------------------------ records

    def _list(self, request: Request, kind: str) -> Reply:
        archived = _is_true(request, "archived")
        rows = [held for held in self.portal.objects[kind].values() if (held.archived is not None) is archived]
        names, past = _names(request, "properties"), _names(request, "propertiesWithHistory")
        page = self._paged(sorted(rows, key=lambda one: int(one.id)), request, 50 if past else 100)
        page["results"] = [self._shown(kind, held, names, past) for held in page["results"]]
        return Reply(200, page)

    def _get(self, request: Request, kind: str, ident: str) -> Reply:
        names, past = _names(request, "properties"), _names(request, "propertiesWithHistory")
        return Reply(200, self._shown(kind, self._record(kind, ident), names, past))

    def _create(self, request: Request, kind: str) -> Reply:
        said = request.json()
        wanted = [
            (TYPES_BACK[one["associationTypeId"]], str(link["to"]["id"]))
            for link in said.get("associations") or () for one in link["types"]
        ]  # fmt: skip
        for (_, to), other in wanted:
            if other not in self.portal.live(to):
                raise Stop(400, "VALIDATION_ERROR", f"{to} {other} does not exist")
        made = self._valid(lambda: self.portal.create(kind, said["properties"], _API))
        for (_, to), other in wanted:
            self.portal.link(kind, made.id, to, other)
        return Reply(201, self._shown(kind, made, tuple(said["properties"]), ()))

    def _update(self, request: Request, kind: str, ident: str) -> Reply:
        found = self._record(kind, ident)
        values = request.json()["properties"]
        held = self._valid(lambda: self.portal.update(kind, found.id, values, _API))
        return Reply(200, self._shown(kind, held, tuple(values), ()))

    def _delete(self, _request: Request, kind: str, ident: str) -> Reply:
        self.portal.archive(kind, ident)
        return Reply(204)

    def _batch(self, request: Request, kind: str) -> Reply:
        said = request.json()
        past = said.get("propertiesWithHistory") or ()
        if len(said["inputs"]) > (50 if past else 100):
            what = "for property histories is 50" if past else "is 100"
            raise Stop(400, "VALIDATION_ERROR", f"The maximum number of inputs supported in a batch request {what}.")
        live = self.portal.live(kind)
        ids = [str(one["id"]) for one in said["inputs"]]
        rows = [self._shown(kind, live[one], said.get("properties") or (), past) for one in ids if one in live]
        absent = [one for one in ids if one not in live]
        return self._batched(rows, "Could not get some objects", absent)

    def _search(self, request: Request, kind: str) -> Reply:
        said = request.json()
        groups, sorts = said.get("filterGroups") or [], said.get("sorts") or []
        limit, after = int(said.get("limit") or 10), int(said.get("after") or 0)
        filters = [one for group in groups for one in group["filters"]]
        if limit > 200 or len(groups) > 5 or len(filters) > 25 or len(sorts) > 1 or after + limit > 10_000:
            raise Stop(400, "VALIDATION_ERROR", "There was a problem with the request: beyond the limits of the search")
        found = [
            (held, values) for held, values in self.portal.indexed(kind, self.lag)
            if not groups or any(all(_passes(values, one) for one in group["filters"]) for group in groups)
        ]  # fmt: skip
        for one in sorts:
            name = one if isinstance(one, str) else one["propertyName"]
            down = not isinstance(one, str) and one.get("direction") == "DESCENDING"
            found.sort(key=lambda pair: _ordered(pair[1].get(name)), reverse=down)
        rows = [
            self._shown(kind, held, said.get("properties") or (), (), values)
            for held, values in found[after : after + limit]
        ]
        more = {"paging": {"next": {"after": str(after + limit)}}} if after + limit < len(found) else {}
        return Reply(200, {"total": len(found), "results": rows, **more})

    def _associations(self, request: Request, kind: str, to: str) -> Reply:
        inputs = request.json()["inputs"]
        if len(inputs) > 1000:
            raise Stop(400, "VALIDATION_ERROR", "At most 1000 inputs are allowed.")
        rows, absent = [], []
        for one in inputs:
            ident, after = str(one["id"]), int(one.get("after") or 0)
            every = list(self.portal.linked(kind, ident, to).items())
            found = dict(every[after : after + self.associated])
            if not found:
                absent.append(ident)
                continue
            told = [
                {
                    "toObjectId": int(other),
                    "associationTypes": [
                        {"category": "USER_DEFINED" if number > 1_000 else "HUBSPOT_DEFINED", "typeId": number,
                         "label": label} for number, label in types.items()
                    ],
                }
                for other, types in found.items()
            ]  # fmt: skip
            onward = after + self.associated
            more = {"paging": {"next": {"after": str(onward)}}} if onward < len(every) else {}
            rows.append({"from": {"id": ident}, "to": told, **more})
        return self._batched(rows, f"No {to} is associated with", absent)

    def _batched(self, rows: list[Any], message: str, absent: list[str]) -> Reply:
        body = {"status": "COMPLETE", "results": rows, "startedAt": iso(self.now), "completedAt": iso(self.now)}
        if not absent:
            return Reply(200, body)
        wrong = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": message, "context": {"ids": absent}}
        return Reply(207, {**body, "numErrors": 1, "errors": [wrong]})

    # ------------------------------------------------ pieces

    def _record(self, kind: str, ident: str) -> Obj:
        # the id of a record that went into another leads to that one, as HubSpot says of contacts
        found = self.portal.live(kind).get(self.portal.merged.get(ident, ident))
        if found is None:
            raise Stop(404, "OBJECT_NOT_FOUND", "resource not found")
        return found

    def _valid(self, write: Callable[[], Obj]) -> Obj:
        try:
            return write()
        except Invalid as invalid:
            told = [
                {"isValid": False, "message": message, "error": error, "name": name, "localizedErrorMessage": message}
                for name, error, message in invalid.wrong
            ]
            raise Stop(400, "VALIDATION_ERROR", f"Property values were not valid: {json.dumps(told)}") from None

    def _shown(
        self, kind: str, held: Obj, names: Any, past: Any, values: Mapping[str, str | None] | None = None
    ) -> dict[str, Any]:
        moment = MOMENT.get(kind, "hs_lastmodifieddate")
        wanted = dict.fromkeys((*(names or DEFAULTS.get(kind, ())), moment, "hs_object_id"))
        source, known = values or held.properties, self.portal.known(kind)
        body: dict[str, Any] = {
            "id": held.id, "properties": {name: source.get(name) for name in wanted if name in known},
            "createdAt": iso(held.created), "updatedAt": source.get(moment), "archived": held.archived is not None,
        }  # fmt: skip
        if held.archived is not None:
            body["archivedAt"] = iso(held.archived)
        if past:
            body["propertiesWithHistory"] = {name: held.history.get(name, []) for name in past if name in known}
        return body

    def _paged(self, rows: list[Any], request: Request, most: int) -> dict[str, Any]:
        limit, after = int(request.query.get("limit", 10)), int(request.query.get("after", 0))
        if limit > most:
            raise Stop(400, "VALIDATION_ERROR", f"limit must be {most} or less")
        more = {"paging": {"next": {"after": str(after + limit)}}} if after + limit < len(rows) else {}
        return {"results": rows[after : after + limit], **more}


_API = By("INTEGRATION", APP, None)
TYPES_BACK = {number: pair for pair, number in TYPES.items()}
_WRITES = (HubSpotFake._create, HubSpotFake._update, HubSpotFake._delete)
_OBJECTS = "/crm/v3/objects/([a-z_0-9-]+)"
_ROUTES = (
    ("GET", "/crm/v3/(owners)/?", HubSpotFake._owners),
    ("GET", "/crm/v3/pipelines/([a-z_0-9-]+)", HubSpotFake._pipelines),
    ("GET", "/crm/v3/properties/([a-z_0-9-]+)", HubSpotFake._properties),
    ("POST", f"{_OBJECTS}/search", HubSpotFake._search),
    ("POST", f"{_OBJECTS}/batch/read", HubSpotFake._batch),
    ("POST", "/crm/v4/associations/([a-z_0-9-]+)/([a-z_0-9-]+)/batch/read", HubSpotFake._associations),
    ("GET", _OBJECTS, HubSpotFake._list),
    ("POST", _OBJECTS, HubSpotFake._create),
    ("GET", f"{_OBJECTS}/([^/]+)", HubSpotFake._get),
    ("PATCH", f"{_OBJECTS}/([^/]+)", HubSpotFake._update),
    ("DELETE", f"{_OBJECTS}/([^/]+)", HubSpotFake._delete),
)  # fmt: skip


def _names(request: Request, name: str) -> tuple[str, ...]:
    """Names with commas between, or the parameter given again and again: HubSpot takes both."""
    return tuple(one for text in request.every.get(name, ()) for one in text.split(",") if one)


def _is_true(request: Request, name: str) -> bool:
    return request.query.get(name, "").lower() == "true"


def _ordered(value: str | None) -> tuple[int, Any]:
    """Nothing first; numbers by their size, moments and texts as texts."""
    if value is None:
        return 0, Decimal(0)
    return (1, Decimal(value)) if re.fullmatch(r"-?\d+(\.\d+)?", value) else (2, value)


def _comparable(held: str, value: str) -> tuple[Any, Any]:
    if re.match(r"\d{4}-\d\d-\d\dT", held):
        moment = datetime.fromisoformat(held)
        return int(moment.timestamp() * 1000 + 0.5), int(value)
    try:
        return Decimal(held), Decimal(value)
    except ArithmeticError:
        return held, value


def _passes(values: Mapping[str, str | None], said: Mapping[str, Any]) -> bool:
    held, operator = values.get(said["propertyName"]), said["operator"]
    if operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return bool(held) is (operator == "HAS_PROPERTY")
    if operator in ("IN", "NOT_IN"):
        return (held in said["values"]) is (operator == "IN")
    if held is None:
        return operator == "NEQ"
    mine, theirs = _comparable(held, str(said["value"]))
    return {
        "EQ": mine == theirs, "NEQ": mine != theirs, "GT": mine > theirs, "GTE": mine >= theirs, "LT": mine < theirs,
        "LTE": mine <= theirs,
    }[operator]  # fmt: skip
