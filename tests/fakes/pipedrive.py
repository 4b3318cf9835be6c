"""A Pipedrive on this machine, by its documentation: API v2 and what is left of v1, over real HTTP.

It holds what a company has, in ``Records``; here is what it answers: the envelope, cursors and offsets with their
largest pages, what each field takes, who is let in, how much is left of the two limits, and its ways to refuse. Where
the documentation is silent the fake does what is written in the comment beside it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.fakes.pipedrive_records import LISTED, Records, matching, stamped
from tests.fakes.served import Reply, Request, Served

TOKEN, RENEWED = "pd-token-11aa22bb33cc", "pd-token-44dd55ee66ff"
CLIENT, CLIENT_SECRET, REFRESH = "pd-client-77", "pd-client-secret-8899", "pd-refresh-0a1b2c3d"
HOOK_USER, HOOK_SECRET = "dealgate", "pd-hook-secret-5566"
MOST = 500
COSTS = {"one": 1, "list": 10, "write": 5, "v1": 20, "v1-write": 10}
FIELDS = {
    "dealFields": "deals", "personFields": "persons", "organizationFields": "organizations",
    "activityFields": "activities",
}  # fmt: skip


class No(Exception):
    """A refusal, as Pipedrive words it."""

    def __init__(self, status: int, error: str, info: str = "Please check developers.pipedrive.com") -> None:
        super().__init__(error)
        body = {"success": False, "error": error, "error_info": info, "data": None, "additional_data": None}
        self.reply = Reply(status, {**body, "errorCode": status} if status == 401 else body)


class Pipedrive(Served):
    """One company's Pipedrive. ``daily``: its budget of tokens; ``burst``: requests in two seconds."""

    throttled = {"success": False, "error": "request over limit", "errorCode": 429}

    def __init__(self) -> None:
        super().__init__()
        self.records = Records(lambda: self.now)
        self.token = TOKEN
        self.access: list[str] = []
        """Access tokens given by OAuth; the last one is taken."""
        self.refresh = REFRESH
        self.daily, self.spent = 300_000, 0
        self.burst, self.window, self.used = 80, self.now, 0
        self.banned = self.closed = False
        self.forbidden: set[str] = set()
        """Listings that the user may not read."""
        self.locked: set[str] = set()
        """Fields of deals that the user may not edit."""
        self.stale_cursors = False

    # ------------------------------------------------ the door

    def is_counted(self, request: Request) -> bool:
        # what fails after it was done is a write: of reading nothing would be left behind
        after = bool(self.planned) and self.planned[0][1] == "after"
        return request.path != "/oauth/token" and not (after and request.method == "GET")

    def struck_by(self, kind: str) -> Reply | None:
        if kind == "cursor":
            return No(400, "Invalid cursor provided").reply
        return None

    def answer(self, request: Request) -> Reply:
        try:
            if request.path == "/oauth/token":
                return self._granted(request)
            headers = self._let_in(request)
            said = self._routed(request)
            return Reply(201 if request.method == "POST" and "/v1/" in request.path else 200, said, headers)
        except No as no:
            return no.reply

    def _let_in(self, request: Request) -> dict[str, str]:
        if self.banned:
            raise _Page(403)
        given = request.headers.get("x-api-token") or request.query.get("api_token")
        bearer = request.headers.get("authorization", "")
        known = given == self.token or (bool(self.access) and bearer == f"Bearer {self.access[-1]}")
        if not known:
            raise No(401, "unauthorized access")
        if self.closed:
            raise No(402, "Your trial has expired")
        if (self.now - self.window).total_seconds() >= 2:
            self.window, self.used = self.now, 0
        self.used += 1
        if self.used > self.burst:
            self.tick(seconds=2)  # whoever waits finds the window over: the fake's clock is not the client's
            raise _Over({"x-ratelimit-limit": str(self.burst), "x-ratelimit-remaining": "0", "x-ratelimit-reset": "2"})
        self.spent += self._cost(request)
        if self.spent > self.daily:
            raise _Over({"x-daily-ratelimit-token-limit": str(self.daily), "x-daily-ratelimit-token-remaining": "0"})
        return {
            "x-ratelimit-limit": str(self.burst), "x-ratelimit-remaining": str(self.burst - self.used),
            "x-ratelimit-reset": "2", "x-daily-ratelimit-token-limit": str(self.daily),
            "x-daily-ratelimit-token-remaining": str(self.daily - self.spent),
        }  # fmt: skip

    def _cost(self, request: Request) -> int:
        if "/v2/" in request.path:
            if request.method != "GET":
                return COSTS["write"]
            return COSTS["one" if request.path.rpartition("/")[2].isdecimal() else "list"]
        return COSTS["v1" if request.method == "GET" else "v1-write"]

    def _granted(self, request: Request) -> Reply:
        wanted = base64.b64encode(f"{CLIENT}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {wanted}":
            return Reply(401, {"success": False, "error": "invalid_client"})
        if request.form() != {"grant_type": "refresh_token", "refresh_token": self.refresh}:
            return Reply(400, {"success": False, "error": "invalid_grant", "message": "refresh token is invalid"})
        self.access.append(f"pd-access-{len(self.access)}-9f8e7d6c")
        return Reply(
            200,
            {
                "access_token": self.access[-1], "token_type": "Bearer", "refresh_token": self.refresh,
                "scope": "base,deals:full", "expires_in": 3599, "api_domain": self.url,
            },
        )  # fmt: skip

    # ------------------------------------------------ what is asked

    def _routed(self, request: Request) -> Any:
        parts = [part for part in request.path.split("/") if part]
        # /v1/ is the old spelling of /api/v1/, which api.pipedrive.com still takes
        version, *path = parts[1:] if parts[:1] == ["api"] else parts if parts[:1] == ["v1"] else ["", ""]
        if not path or path[0] in self.forbidden:
            raise No(403 if path else 404, "Scope and URL mismatch" if path else "Unknown method .")
        query = dict(request.query)
        match version, request.method, path:
            case "v2", "GET", ["deals", "products"]:
                return self._products(query)
            case "v2", "GET", ["deals", "archived"]:
                return self._listed("deals", query, archived=True)
            case "v2", "GET", [table] if table in LISTED:
                return self._listed(table, query)
            case "v2", "GET", [table] if table in FIELDS:
                return self._fields(FIELDS[table], query)
            case "v2", "GET", [table, ident] if table in LISTED:
                return {"success": True, "data": self._public(table, self._single(table, ident), query)}
            case "v2", "PATCH", ["deals", ident]:
                return self._patched(ident, request)
            case "v2", "POST", ["activities"]:
                return self._task(_object(request))
            case "v1", "GET", ["users"]:
                return {"success": True, "data": list(self.records.tables["users"].values()), "additional_data": {}}
            case "v1", "GET", ["leads"]:
                return self._offset(list(self.records.tables["leads"].values()), query)
            case "v1", "GET", ["leads", ident]:
                return {"success": True, "data": self._single("leads", ident)}
            case "v1", "GET", ["notes"]:
                return self._notes(query)
            case "v1", "POST", ["notes"]:
                return self._note(_object(request))
            case "v1", "GET", ["deals", ident, "changelog"]:
                return self._changelog(ident, query)
            case "v1", "GET", ["deals", ident, "participants"]:
                return self._offset(self.records.participants_of(self._single("deals", ident)), query)
        raise No(404, f"Unknown method {request.path}.")

    def _single(self, table: str, ident: str) -> dict[str, Any]:
        row = self.records.tables[table].get(int(ident) if ident.isdecimal() else ident)
        if row is None:
            raise No(404, f"{table.removesuffix('s').title()} not found")
        return row

    def _public(self, table: str, row: Mapping[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
        """A row as it is given: what is counted only where it was asked for."""
        told = dict(row)
        for name in query.get("include_fields", "").split(","):
            if name == "products_count":
                told[name] = sum(one["deal_id"] == row["id"] for one in self.records.tables["deal_products"].values())
            if name == "participants_count":
                told[name] = len(self.records.participants_of(row))
        return told

    def _listed(self, table: str, query: dict[str, str], *, archived: bool = False) -> Any:
        rows = [row for row in self.records.tables[table].values() if matching(table, row, query, archived=archived)]
        limit, order = _limit(query), query.get("sort_by", "id")
        if order not in LISTED[table]:
            raise No(400, f"sort_by must be one of [{', '.join(LISTED[table])}]")
        down = query.get("sort_direction", "asc") == "desc"
        key: Callable[[Mapping[str, Any]], Any] = lambda row: (row[order], row["id"])  # noqa: E731
        rows.sort(key=key, reverse=down)
        if query.get("cursor"):
            behind = self._cursor(query["cursor"], order)
            rows = [row for row in rows if (key(row) < behind if down else key(row) > behind)]
        some = rows[:limit]
        onward = None
        if len(rows) > limit:
            last = {"field": order, "fieldValue": some[-1][order], "sortDirection": "asc", "id": some[-1]["id"]}
            onward = base64.urlsafe_b64encode(json.dumps(last, separators=(",", ":")).encode()).decode().rstrip("=")
        data = [self._public(table, row, query) for row in some]
        return {"success": True, "data": data, "additional_data": {"next_cursor": onward}}

    def _cursor(self, text: str, order: str) -> tuple[Any, Any]:
        try:
            said = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            if said["field"] == order and not self.stale_cursors:
                return said["fieldValue"], said["id"]
        except (ValueError, KeyError, TypeError):
            pass
        raise No(400, "Invalid cursor provided")

    def _fields(self, table: str, query: dict[str, str]) -> Any:
        shown = query.get("include_fields", "").split(",")
        apart = ("required_fields", "important_fields", "ui_visibility")
        rows = self.records.fields[table]
        start = int(query.get("cursor") or 0)
        limit = _limit(query)
        data = [{k: v for k, v in row.items() if k not in apart or k in shown} for row in rows[start : start + limit]]
        onward = str(start + limit) if start + limit < len(rows) else None
        return {"success": True, "data": data, "additional_data": {"next_cursor": onward}}

    def _products(self, query: dict[str, str]) -> Any:
        deals = [int(one) for one in query.get("deal_ids", "").split(",") if one]
        if not 1 <= len(deals) <= 100:
            raise No(400, "deal_ids must contain between 1 and 100 items")
        found = [row for row in self.records.tables["deal_products"].values() if row["deal_id"] in deals]
        found.sort(key=lambda row: row["id"])
        start, limit = int(query.get("cursor") or 0), _limit(query)
        onward = str(start + limit) if start + limit < len(found) else None
        return {"success": True, "data": found[start : start + limit], "additional_data": {"next_cursor": onward}}

    def _changelog(self, ident: str, query: dict[str, str]) -> Any:
        found = list(reversed(self.records.log.get(self._single("deals", ident)["id"], [])))  # the newest first
        start, limit = int(query.get("cursor") or 0), _limit(query)
        onward = str(start + limit) if start + limit < len(found) else None
        return {"success": True, "data": found[start : start + limit], "additional_data": {"next_cursor": onward}}

    def _offset(self, rows: list[dict[str, Any]], query: dict[str, str]) -> Any:
        """A listing of version 1; a listing without records has null as its data."""
        start, limit = int(query.get("start", 0)), _limit(query)
        more = start + limit < len(rows)
        pages = {"start": start, "limit": limit, "more_items_in_collection": more}
        if more:
            pages["next_start"] = start + limit
        data = rows[start : start + limit] or None
        return {"success": True, "data": data, "additional_data": {"pagination": pages}}

    def _notes(self, query: dict[str, str]) -> Any:
        deal = int(query["deal_id"])
        rows = [row for row in self.records.tables["notes"].values() if row["deal_id"] == deal]
        return self._offset(sorted(rows, key=lambda row: -row["id"]), query)

    # ------------------------------------------------ what is written

    def _patched(self, ident: str, request: Request) -> Any:
        row = self._single("deals", ident)
        if row["is_deleted"]:
            raise No(404, "Deal not found")
        values = _object(request)
        locked = self.locked & {*values, *values.get("custom_fields", {})}
        if locked:
            raise No(403, f"You do not have permissions to edit the field {sorted(locked)[0]}")
        self.records.checked(values, No)
        self.records.edit(int(ident), by=self.records.robot, source="api", **values)
        return {"success": True, "data": dict(row)}

    def _task(self, values: dict[str, Any]) -> Any:
        if values.get("type") not in ("call", "meeting", "task", "deadline", "email", "lunch"):
            raise No(400, "Activity type is not valid")
        if "owner_id" in values and values["owner_id"] not in self.records.tables["users"]:
            raise No(400, "Owner is not valid")
        if values.get("deal_id") not in self.records.tables["deals"]:
            raise No(400, "Deal is not valid")
        return {"success": True, "data": self.records.activity(**values)}

    def _note(self, values: dict[str, Any]) -> Any:
        if not isinstance(values.get("content"), str) or values.get("deal_id") not in self.records.tables["deals"]:
            raise No(400, "content and one of deal_id, person_id, org_id or lead_id are required")
        return {"success": True, "data": self.records.note(values["deal_id"], values["content"])}

    # ------------------------------------------------ webhooks

    def webhook(self, deal: int, action: str = "change", attempt: int = 1, **meta: Any) -> tuple[dict[str, str], bytes]:
        """Headers and body of a webhook of version 2 about a deal, as it is sent now."""
        row = self.records.tables["deals"][deal]
        said = {
            "meta": {
                "action": action, "entity": "deal", "company_id": "4711", "entity_id": str(deal),
                "correlation_id": f"c0ffee00-0000-4000-8000-{attempt:012d}",
                "id": f"deadbeef-0000-4000-8000-{deal:06d}{self.records.revision:06d}", "is_bulk_edit": False,
                "timestamp": stamped(self.now).replace("Z", ".000Z"), "type": "general", "user_id": "1",
                "version": "2.0", "webhook_id": "31", "webhook_owner_id": "1", "change_source": "app",
                "attempt": attempt, "host": "acme.pipedrive.com", "permitted_user_ids": ["1", "2"], **meta,
            },
            "data": None if action == "delete" else {**row, "custom_fields": {}}, "previous": {},
        }  # fmt: skip
        pair = base64.b64encode(f"{HOOK_USER}:{HOOK_SECRET}".encode()).decode()
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Basic {pair}",
            "User-Agent": "Pipedrive Webhooks",
        }
        return headers, json.dumps(said, separators=(",", ":")).encode()


class _Over(No):
    """Over one of the limits."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__(429, "request over limit")
        self.reply = Reply(429, Pipedrive.throttled, headers)


class _Page(No):
    """What stands before Pipedrive answers with a page."""

    def __init__(self, status: int) -> None:
        super().__init__(status, "")
        self.reply = Reply(status, b"<!DOCTYPE html><title>Access denied</title>", {"Content-Type": "text/html"})


def _limit(query: Mapping[str, str]) -> int:
    limit = int(query.get("limit", 100))
    if not 1 <= limit <= MOST:
        raise No(400, f"limit must be between 1 and {MOST}")
    return limit


def _object(request: Request) -> dict[str, Any]:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise No(415, "Unsupported Media Type")
    said = request.json()
    if not isinstance(said, dict):
        raise No(400, "body must be an object")
    return said
