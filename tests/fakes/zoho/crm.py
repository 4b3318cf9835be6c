"""The organisation: its records, its people and what the API answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar

from tests.fakes.served import Reply, Request

from . import metadata, query
from .errors import Row, error
from .writes import Writes

CLIENT, SECRET = "1000.CLIENT7Q2ZL", "client-secret-93af"
REFRESH = "1000.refresh-51c7e0"
ZONE = timezone(timedelta(hours=5, minutes=30))
FIRST = 4876876000000100000
LAYOUT = "4876876000000091023"
DAY = 100_000
"""Credits of a day."""
_READ = {"Contact_Roles", "Stage_History", "Notes", "Tasks"}


class Zoho(Writes):
    """``people``: users by id; ``modules``: by module its records by id; ``roles``: by deal, contact and role."""

    throttled: ClassVar[Mapping[str, Any]] = {
        "code": "TOO_MANY_REQUESTS", "details": {}, "message": "You have made too many requests", "status": "error",
    }  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.modules: dict[str, dict[str, Row]] = {name: {} for name in metadata.FIELDS}
        self.bin: dict[str, list[Row]] = {name: [] for name in metadata.FIELDS}
        self.people: dict[str, Row] = {}
        self.roles: dict[str, dict[str, str]] = {}
        self.pipelines = {"Standard (Standard)": [stage for stage, _, _ in metadata.STAGES]}
        self.blueprints: dict[str, list[Row]] = {}
        self.locked: set[str] = set()
        self.hidden: set[tuple[str, str]] = set()
        self.denied: dict[str, Reply] = {}
        self.required: set[str] = set()
        self.watched: list[Row] = []
        self.tokens: dict[str, datetime] = {}
        self.granted: list[datetime] = []
        self.token_limit = 10
        self.refused = ""
        self.used = 0
        self.writes_alone = False
        self.number = FIRST
        self.robot = self.person("dealgate")

    # ------------------------------------------------ people, without the API

    def new_id(self) -> str:
        self.number += 1
        return str(self.number)

    def stamp(self, at: datetime | None = None) -> str:
        return (at or self.now).astimezone(ZONE).isoformat(timespec="seconds")

    def person(self, name: str, status: str = "active") -> str:
        ident = self.new_id()
        self.people[ident] = {
            "id": ident, "full_name": name, "email": f"{name.casefold().replace(' ', '.')}@acme.example",
            "status": status, "role": {"name": "CEO", "id": "4876876000000026005"},
            "profile": {"name": "Administrator", "id": "4876876000000026011"}, "Modified_Time": self.stamp(),
        }  # fmt: skip
        return ident

    def put(self, module: str, by: str | None = None, **values: Any) -> str:
        """Somebody makes a record."""
        ident, who = self.new_id(), {"id": by or self.robot, "name": self.people[by or self.robot]["full_name"]}
        now = self.stamp()
        row: Row = {
            "Owner": who, **values, "id": ident, "Created_By": who, "Modified_By": who, "Created_Time": now,
            "Modified_Time": now,
        }  # fmt: skip
        self.modules[module][ident] = row
        if module == "Deals":
            row.setdefault("Pipeline", next(iter(self.pipelines)))
            self._chance(row)
            self._entered(row)
        return ident

    def change(self, module: str, ident: str, by: str | None = None, **values: Any) -> None:
        """Somebody changes a record."""
        row, who = self.modules[module][ident], by or self.robot
        before = row.get("Stage")
        row |= values
        row |= {"Modified_By": {"id": who, "name": self.people[who]["full_name"]}, "Modified_Time": self.stamp()}
        if module == "Deals" and row["Stage"] != before:
            self._chance(row)
            self._entered(row)

    def _chance(self, row: Row) -> None:
        row["Probability"] = next(chance for stage, chance, _ in metadata.STAGES if stage == row["Stage"])

    def _entered(self, row: Row) -> None:
        """A row of the history: when a deal came into a stage. The one before learns where it went."""
        mine = [one for one in self.modules["DealHistory"].values() if one["Potential_Name"]["id"] == row["id"]]
        if mine:
            mine[-1]["Moved_To__s"] = row["Stage"]
        ident = self.new_id()
        self.modules["DealHistory"][ident] = {
            "id": ident, "Potential_Name": {"id": row["id"], "name": row.get("Deal_Name")}, "Moved_To__s": None,
            **{name: row.get(name) for name in ("Stage", "Amount", "Probability", "Closing_Date", "Modified_By")},
            "Modified_Time": row["Modified_Time"],
        }  # fmt: skip

    def delete(self, module: str, ident: str, by: str | None = None) -> None:
        """Somebody deletes a record; what belongs to a deal goes with it."""
        row, who = self.modules[module].pop(ident), by or self.robot
        self.bin[module].insert(0, {
            "id": ident, "display_name": row.get("Deal_Name"), "type": "recycle", "deleted_time": self.stamp(),
            "deleted_by": {"id": who, "name": self.people[who]["full_name"]}, "created_by": row["Created_By"],
        })  # fmt: skip
        for other in ("Tasks", "Events", "Calls"):
            for key, work in list(self.modules[other].items()):
                if (work.get("What_Id") or {}).get("id") == ident:
                    self.delete(other, key, by)
        for key, past in list(self.modules["DealHistory"].items()):
            if past["Potential_Name"]["id"] == ident:
                del self.modules["DealHistory"][key]

    # ------------------------------------------------ the API

    def is_counted(self, request: Request) -> bool:
        if request.path == "/oauth/v2/token":
            return False
        return not self.writes_alone or (request.method != "GET" and not request.path.endswith("/coql"))

    def struck_by(self, kind: str) -> Reply | None:
        if kind == "token":
            self.tokens.clear()
            return error(401, "INVALID_TOKEN", "invalid oauth token")
        return None

    def answer(self, request: Request) -> Reply:
        if request.path == "/oauth/v2/token":
            return self._token(request)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Zoho-oauthtoken" or self.tokens.get(token, self.now) <= self.now:
            return error(401, "INVALID_TOKEN", "invalid oauth token")
        headers = {}
        if self.used >= DAY:
            return Reply(429, self.throttled, {"X-API-CREDITS-REMAINING": "0"})
        self.used += 1
        reply = self._routed(request)
        if self.used * 2 >= DAY:
            headers["X-API-CREDITS-REMAINING"] = str(max(DAY - self.used, 0))
        return Reply(reply.status, reply.body, {**reply.headers, **headers})

    def _token(self, request: Request) -> Reply:
        said = {**request.query, **request.form()}
        if self.refused:
            return Reply(200, {"error": self.refused})
        if said.get("client_id") != CLIENT or said.get("client_secret") != SECRET:
            return Reply(200, {"error": "invalid_client"})
        grant = said.get("grant_type")
        if grant == "refresh_token" and said.get("refresh_token") != REFRESH:
            return Reply(200, {"error": "invalid_code"})
        if grant == "client_credentials" and said.get("soid") != "ZohoCRM.700600500":
            return Reply(200, {"error": "invalid_scope"})
        if grant not in ("refresh_token", "client_credentials"):
            return Reply(200, {"error": "unsupported_grant_type"})
        self.granted = [at for at in self.granted if at > self.now - timedelta(minutes=10)]
        if len(self.granted) >= self.token_limit:
            words = "You have made too many requests continuously. Please try again after some time."
            return Reply(400, {"error_description": words, "error": "Access Denied", "status": "failure"})
        self.granted.append(self.now)
        token = f"1000.access-{len(self.tokens)}-{self.new_id()}"
        self.tokens[token] = self.now + timedelta(hours=1)
        return Reply(200, {
            "access_token": token, "api_domain": self.url, "token_type": "Bearer", "expires_in": 3600,
            "scope": "ZohoCRM.modules.ALL",
        })  # fmt: skip

    def _routed(self, request: Request) -> Reply:
        found = re.fullmatch(r"/crm/v8/(.+)", request.path)
        if found is None:
            return error(404, "INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one")
        parts = found.group(1).split("/")
        for named in (parts[0], found.group(1)):
            if named in self.denied:
                return self.denied[named]
        own: Mapping[str, Callable[[Request], Reply]] = {
            "coql": self._query, "users": self._users, "org": self._org, "settings/fields": self._fields,
            "settings/layouts": self._layouts, "settings/pipeline": self._pipeline, "settings/modules": self._modules,
            "actions/watch": self._watch,
        }  # fmt: skip
        if found.group(1) in own:
            return own[found.group(1)](request)
        if parts[0] not in self.modules:
            return error(400, "INVALID_MODULE", "the module name given seems to be invalid", resource_path_index=0)
        return self._records(request, parts)

    def _query(self, request: Request) -> Reply:
        text = request.json().get("select_query")
        try:
            self.used += query.credits_of(text) - 1
            module = query.Parser(text).parse().module
            if module in self.denied:
                return self.denied[module]
            said = query.answered(text, lambda name: list(self.modules[name].values()))
        except query.Wrong as wrong:
            return Reply(400, wrong.body)
        return Reply(204) if said is None else Reply(200, said)

    def _users(self, request: Request) -> Reply:
        if "id" in request.query:
            return error(400, "INVALID_DATA", "invalid data")
        return self._paged(list(self.people.values()), request, "users")

    def _org(self, request: Request) -> Reply:
        return Reply(200, {"org": [{"company_name": "Acme", "iso_code": "EUR", "currency": "Euro - EUR"}]})

    def _fields(self, request: Request) -> Reply:
        module = request.query.get("module", "")
        if module not in metadata.FIELDS:
            return error(400, "INVALID_MODULE", "the module name given seems to be invalid")
        names = [name for name in metadata.FIELDS[module] if (module, name) not in self.hidden and name[0] != "$"]
        rows = [metadata.field(module, name, n) for n, name in enumerate(names)]
        return Reply(200, {"fields": rows})

    def _layouts(self, request: Request) -> Reply:
        names = metadata.FIELDS["Deals"]
        needed = metadata.MANDATORY["Deals"]
        fields = [
            {"api_name": name, "required": name in needed or name in self.required, "system_mandatory": name in needed}
            for name in names
        ]  # fmt: skip
        sections = [{"name": "Deal Information", "fields": fields}]
        return Reply(200, {"layouts": [{"id": LAYOUT, "name": "Standard", "sections": sections}]})

    def _pipeline(self, request: Request) -> Reply:
        if request.query.get("layout_id") != LAYOUT:
            return error(400, "INVALID_DATA", "the layout id is not valid", param_name="layout_id")
        rows = [metadata.pipeline(name, stages, n) for n, (name, stages) in enumerate(self.pipelines.items(), 1)]
        return Reply(200, {"pipeline": rows}) if rows else Reply(204)

    def _modules(self, request: Request) -> Reply:
        rows = [
            {"api_name": name, "module_name": name, "generated_type": "default", "api_supported": True, "id": f"{n}"}
            for n, name in enumerate(metadata.FIELDS)
        ]
        return Reply(200, {"modules": rows})

    def _watch(self, request: Request) -> Reply:
        wanted = request.query.get("channel_id")
        rows = [row for row in self.watched if wanted in (None, row["channel_id"])]
        return Reply(200, {"watch": rows, "info": {"count": len(rows), "more_records": False}}) if rows else Reply(204)

    # ------------------------------------------------ records

    def _records(self, request: Request, parts: list[str]) -> Reply:
        module = parts[0]
        if len(parts) == 1 and request.method == "GET":
            return self._listed(request, module)
        if len(parts) == 1 and request.method == "POST":
            return self._created(request, module)
        if len(parts) == 2 and parts[1] == "deleted" and request.method == "GET":
            return self._deleted(request, module)
        row = self.modules[module].get(parts[1]) if len(parts) > 1 else None
        if row is None:
            return error(400, "INVALID_DATA", "the related id given seems to be invalid", resource_path_index=1)
        if parts[2:] == ["actions", "blueprint"]:
            return self._blueprint(request, row)
        if len(parts) == 3 and request.method == "GET" and parts[2] in _READ:
            return self._related(request, row, parts[2])
        if len(parts) == 2 and request.method == "GET":
            return Reply(200, {"data": [row]})
        if len(parts) == 2 and request.method == "PUT":
            return self._updated(request, module, row)
        return error(400, "INVALID_REQUEST_METHOD", "The http request method type is not a valid one")

    def _listed(self, request: Request, module: str) -> Reply:
        names = request.query.get("fields", "").split(",")
        if names == [""] or len(names) > 50:
            return error(400, "REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", param_name="fields")
        rows = list(self.modules[module].values())
        since = request.headers.get("if-modified-since")
        if since:
            rows = [row for row in rows if _at(row["Modified_Time"]) > datetime.fromisoformat(since)]
            if not rows:
                return Reply(304)
        by = request.query.get("sort_by", "id")
        rows.sort(key=lambda row: (str(row[by]), row["id"]), reverse=request.query.get("sort_order") != "asc")
        if int(request.query.get("page", 1)) * int(request.query.get("per_page", 200)) > 2_000:
            return error(400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED", "the limit of page and per_page is exceeded")
        shown = [{"id": row["id"], **{name: row.get(name) for name in names if name}} for row in rows]
        return self._paged(shown, request, "data")

    def _paged(self, rows: list[Row], request: Request, name: str, most: int = 200) -> Reply:
        size = min(int(request.query.get("per_page", most)), most)
        page = int(request.query.get("page", 1))
        some = rows[(page - 1) * size : page * size]
        if not some:
            return Reply(204)
        info = {"per_page": size, "count": len(some), "page": page, "more_records": len(rows) > page * size}
        return Reply(200, {name: some, "info": info})

    def _deleted(self, request: Request, module: str) -> Reply:
        rows = self.bin[module]
        since = request.headers.get("if-modified-since")
        if since:
            rows = [row for row in rows if _at(row["deleted_time"]) >= datetime.fromisoformat(since)]
        return self._paged(rows, request, "data")

    def _related(self, request: Request, row: Row, name: str) -> Reply:
        if not request.query.get("fields"):
            return error(400, "REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", param_name="fields")
        ident, most = row["id"], 200
        if name == "Contact_Roles":
            most = 100
            rows = []
            for contact, role in self.roles.get(ident, {}).items():
                person = self.modules["Contacts"].get(contact)
                if person:
                    rows.append({**person, "Contact_Role": {"name": role, "id": "4876876000000007170"}})
        elif name == "Stage_History":
            rows = [one for one in self.modules["DealHistory"].values() if one["Potential_Name"]["id"] == ident]
        else:
            link = "Parent_Id" if name == "Notes" else "What_Id"
            rows = [one for one in self.modules[name].values() if (one.get(link) or {}).get("id") == ident]
        wanted = request.query["fields"].split(",")
        return self._paged(
            [{"id": one["id"], **{key: one.get(key) for key in wanted}} for one in rows], request, "data", most
        )


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
