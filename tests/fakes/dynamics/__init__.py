"""An environment of Dynamics 365 as the documentation of the Dataverse Web API describes it, over real HTTP.

It gives pages by links, tracks changes with deletions for as many days as it keeps them, wants ETags, does change sets as
a whole, logs changes, moves business processes step by step, and counts requests over five minutes. Nothing of Microsoft
is in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote, unquote

from tests.fakes.served import AN_HOUR, Reply, Request, Served

from . import multipart
from .definitions import definitions
from .lists import listed
from .odata import Bad
from .schema import TASKS, made
from .store import API, DEAL, EXPIRED, PROCESS, No, Row, Store

WINDOW, REQUESTS = timedelta(minutes=5), 6000
STAGES = ("Qualify", "Develop", "Propose", "Close")
TENANT, CLIENT = "contoso.example", "0b7e5a54-5f5c-4b8e-9a52-2f1d3f6f9a10"
_RECORD = re.compile(r"(\w+)\(([0-9a-fA-F-]{36})\)")


class Dynamics(Served):
    """One environment. ``secret``: the client secret; ``hook``: the key that webhooks bear; ``token``: the access token
    that is let in."""

    throttled: ClassVar[Mapping[str, Any]] = {
        "error": {
            "code": "0x80072322",
            "message": "Number of requests exceeded the limit of 6000 over time window of 300 seconds.",
        }
    }

    def __init__(self) -> None:
        self.secret, self.hook = "s3cret~dataverse-client", "hook-key-5f1d7c90"
        self.tokens, self.counted, self.revoked = 1, list[datetime](), False
        self.store = Store()
        super().__init__()
        self._fill()

    def _fill(self) -> None:
        put = self.put
        put("organization", "org", name="contoso", isauditenabled=True)
        put("transactioncurrency", "eur", isocurrencycode="EUR", currencyname="Euro")
        put("workflow", "osp", name="Opportunity Sales Process")
        for number, name in enumerate(STAGES):
            put(
                "processstage", f"stage-{number}", stagename=name, stagecategory=number, primaryentitytypecode=DEAL,
                processid=("workflow", made("workflow", "osp")),
            )  # fmt: skip
        put("systemuser", "dealgate", fullname="# dealgate", isdisabled=False)
        self.store.user = made("systemuser", "dealgate")
        put("systemuser", "ann", fullname="Ann Adler", isdisabled=False, internalemailaddress="ann@contoso.example")
        put("account", "northwind", name="Northwind", address1_country="Norway", industrycode=7)

    # ------------------------------------------------ what people do

    def put(self, table: str, word: str | None = None, by: str = "", **data: Any) -> str:
        """Somebody makes a record; its id, by a word where one is given."""
        return self.store.put(table, self.now, data, made(table, word) if word else None, by)

    def stages(self) -> list[str]:
        """The ids of the stages, in order."""
        return [made("processstage", f"stage-{number}") for number in range(len(STAGES))]

    def ann(self) -> str:
        return made("systemuser", "ann")

    def deal(self, stage: str, **data: Any) -> str:
        """Somebody makes an opportunity; its process begins in this stage."""
        usual = {
            "name": "Rollout", "customerid": ("account", made("account", "northwind")), "statuscode": 1,
            "ownerid": ("systemuser", self.ann()), "transactioncurrencyid": ("transactioncurrency", made("transactioncurrency", "eur")),
        }  # fmt: skip
        ident = self.put(DEAL, by=self.ann(), **{**usual, **data})
        path = self.stages()
        self.put(
            PROCESS, by=self.ann(), opportunityid=(DEAL, ident), activestageid=("processstage", stage),
            processid=("workflow", made("workflow", "osp")), activestagestartedon=self.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            traversedpath=",".join(path[: path.index(stage) + 1]), name="Opportunity Sales Process",
        )  # fmt: skip
        return ident

    def instance(self, deal: str) -> str:
        """The id of the process instance of an opportunity."""
        return next(key for key, row in self.store.of(PROCESS).items() if row.data["opportunityid"] == (DEAL, deal))

    def stage_of(self, deal: str) -> str:
        return str(self.store.of(PROCESS)[self.instance(deal)].data["activestageid"][1])

    def move(self, deal: str, stage: str, by: str = "") -> None:
        """Somebody clicks through the process to another stage."""
        path, ident = self.stages(), self.instance(deal)
        here, there = path.index(self.stage_of(deal)), path.index(stage)
        for place in range(here + 1, there + 1) if there > here else range(here - 1, there - 1, -1):
            data = {
                "activestageid": ("processstage", path[place]), "traversedpath": ",".join(path[: place + 1]),
                "activestagestartedon": self.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }  # fmt: skip
            self.store.change(PROCESS, ident, self.now, data, by or self.ann())

    def edit(self, table: str, ident: str, **data: Any) -> None:
        """Somebody changes a record."""
        self.store.change(table, ident, self.now, data, self.ann())

    def delivered(self, table: str, ident: str, attributes: Mapping[str, Any] | None = None) -> bytes:
        """The body of a webhook for an update, as a step that was registered for it posts it."""
        moment = f"/Date({int(self.now.timestamp() * 1000)})/"
        pairs = [{"key": key, "value": value} for key, value in (attributes or {}).items()]
        target = {"Attributes": pairs, "Id": ident, "LogicalName": table}
        return json.dumps(
            {
                "CorrelationId": made("correlation", self.store.version), "Depth": 1, "MessageName": "Update",
                "InputParameters": [{"key": "Target", "value": target}], "OperationCreatedOn": moment,
                "OperationId": made("operation", self.store.version), "OrganizationId": made("organization", "org"),
                "PostEntityImages": [], "PreEntityImages": [], "PrimaryEntityId": ident, "PrimaryEntityName": table,
                "RequestId": None, "Stage": 40, "UserId": self.ann(),
            }
        ).encode()  # fmt: skip

    # ------------------------------------------------ what programs ask

    @property
    def token(self) -> str:
        return f"eyJ0-access-token-{self.tokens}"

    def is_counted(self, request: Request) -> bool:
        kind, when = self.planned[0]
        if not request.path.startswith(API):
            return False
        if when == "after":
            return request.method == "PATCH" or b"changeset_" in request.body
        return kind != "cursor" or "$skiptoken" in request.query or "$deltatoken" in request.query

    def struck_by(self, kind: str) -> Reply | None:
        if kind == "cursor":
            return error(400, "0x80044352", EXPIRED)
        if kind == "server-error":
            return error(500, "0x80040216", "An unexpected error occurred.")
        return None

    def answer(self, request: Request) -> Reply:
        if request.path.endswith("/oauth2/v2.0/token"):
            return self._granted(request)
        if request.headers.get("authorization") != f"Bearer {self.token}":
            self.struck += self.revoked
            return Reply(401, b"", {"WWW-Authenticate": "Bearer error=invalid_token"})
        self.counted = [at for at in self.counted if at > self.now - WINDOW] + [self.now]
        left = REQUESTS - len(self.counted)
        limits = {"x-ms-ratelimit-burst-remaining-xrm-requests": str(max(0, left)), "OData-Version": "4.0"}
        if left < 0:
            return Reply(429, self.throttled, {"Retry-After": str(AN_HOUR // 60), **limits})
        reply = self._batch(request) if request.path == f"{API}$batch" else self._single(request)
        return Reply(reply.status, reply.body, {**limits, **reply.headers})

    def _granted(self, request: Request) -> Reply:
        form = request.form()
        shown = form.get("client_secret") == self.secret or self.signed(form)
        right = (
            request.path == f"/{TENANT}/oauth2/v2.0/token" and form.get("grant_type") == "client_credentials"
            and form.get("client_id") == CLIENT and shown
            and form.get("scope") == f"{self.url}/.default"
        )  # fmt: skip
        if not right:
            text = "AADSTS7000215: Invalid client secret provided."
            return Reply(401, {"error": "invalid_client", "error_description": text})
        return Reply(200, {"token_type": "Bearer", "expires_in": 3599, "access_token": self.token})

    def signed(self, form: Mapping[str, str]) -> bool:
        """Whether an assertion is signed by the certificate that the app registration has; None here."""
        return False

    def _single(self, request: Request) -> Reply:
        """One request, in a batch or by itself."""
        try:
            return self._done(request)
        except Bad as bad:
            return error(400, "0x80060888", str(bad))
        except No as no:
            return error(no.status, no.code, no.text)

    def _batch(self, request: Request) -> Reply:
        onward = "odata.continue-on-error" in request.headers.get("prefer", "")
        groups = multipart.parts(request)
        if sum(len(group.requests) for group in groups) > 1000:
            return error(400, "0x80048d19", "The batch has more than 1000 requests.")
        answered: list[multipart.Answered] = []
        for group in groups:
            held = self.store.snapshot() if group.whole else None
            replies: list[Reply] = []
            for one in group.requests:
                if group.whole and one.method == "GET":
                    replies = [error(400, "0x80060888", "GET is not allowed in a change set.")]
                else:
                    replies.append(self._single(one))
                if group.whole and replies[-1].status >= 400:
                    self.store.restore(held)
                    replies = replies[-1:]
                    break
            answered.append(multipart.Answered(replies, group.whole and replies[-1].status < 400))
            if replies[-1].status >= 400 and not onward:
                return multipart.answer(replies[-1].status, answered)
        return multipart.answer(200, answered)

    def _done(self, request: Request) -> Reply:
        path = unquote(request.path.removeprefix(API))
        if path.startswith("EntityDefinitions"):
            return definitions(self.store, path, request, self._cut)
        if path.startswith("RetrieveActivePath("):
            ident = path.partition("ProcessInstanceId=")[2].rstrip(")")
            row = self.store.of(PROCESS).get(ident)
            if row is None:
                raise No(404, "0x80040217", "The process instance does not exist.")
            stages = self.store.of("processstage")
            return Reply(
                200,
                {
                    "value": [
                        self._shown("processstage", one, stages[one], request) for one in self.store.path(row.data)
                    ]
                },
            )
        if path in ("WinOpportunity", "LoseOpportunity"):
            return self._closed(path, request)
        found = _RECORD.fullmatch(path)
        name = found.group(1) if found else path
        table = next((table for table, spec in self.store.tables.items() if spec.set == name), None)
        table = "activitypointer" if name == TASKS else table
        if table is None:
            raise No(404, "0x80060888", f"Resource not found for the segment '{name}'.")
        self._allowed({"GET": "Read", "POST": "Create", "PATCH": "Write", "DELETE": "Delete"}[request.method], table)
        if found is None:
            return listed(self, table, request) if request.method == "GET" else self._made(name, table, request, None)
        return self._on(name, table, found.group(2).lower(), request)

    def _allowed(self, what: str, table: str) -> None:
        called = {"audit": "AuditSummary", DEAL: "Opportunity", "annotation": "Note"}.get(table, table)
        if f"prv{what}{called}" in self.store.lacks:
            text = (
                f"Principal user (Id={self.store.user}, type=8, roleCount=1, privilegeCount=40, accessMode=4), is missing "
                f"prv{what}{called} privilege (Id={made('privilege', what, called)}) on OTC=3 for entity '{table}'."
            )
            raise No(403, "0x80040220", text)

    # ------------------------------------------------ one record

    def _on(self, name: str, table: str, ident: str, request: Request) -> Reply:
        row = self.store.of(table).get(ident)
        if request.method == "GET":
            if row is None:
                raise No(404, "0x80040217", f"{table} With Id = {ident} Does Not Exist")
            return Reply(200, self._shown(table, ident, row, request))
        if request.method == "DELETE":
            self.store.delete(table, ident)
            return Reply(204)
        match, none = request.headers.get("if-match"), request.headers.get("if-none-match")
        if row is None:
            if match is not None:
                raise No(404, "0x80040217", f"{table} With Id = {ident} Does Not Exist")
            self._allowed("Create", table)
            return self._made(name, table, request, ident)
        if none == "*":
            raise No(412, "0x80040237", "A record with matching key values already exists.")
        if match not in (None, "*", f'W/"{row.version}"'):
            text = "The version of the existing record doesn't match the RowVersion property provided."
            raise No(412, "0x80060882", text)
        self.store.change(table, ident, self.now, self._data(table, request))
        return self._wrote(name, table, ident, request, 200)

    def _made(self, name: str, table: str, request: Request, ident: str | None) -> Reply:
        data = self._data(table, request)
        if name == TASKS:
            data["activitytypecode"] = "task"
        key = self.store.tables[table].key
        ident = self.store.put(table, self.now, {k: v for k, v in data.items() if k != key}, ident or data.get(key))
        return self._wrote(name, table, ident, request, 201)

    def _wrote(self, name: str, table: str, ident: str, request: Request, status: int) -> Reply:
        headers = {"OData-EntityId": f"{self.url}{API}{name}({ident})", "Location": f"{self.url}{API}{name}({ident})"}
        if "return=representation" in request.headers.get("prefer", ""):
            return Reply(status, self._shown(table, ident, self.store.of(table)[ident], request), headers)
        return Reply(204, None, headers)

    def _data(self, table: str, request: Request) -> dict[str, Any]:
        """A body as columns. Raises No."""
        spec, found = self.store.tables[table], dict[str, Any]()
        for key, value in json.loads(request.body, parse_float=Decimal).items():
            name, _, bind = key.partition("@")
            if bind == "odata.type":
                continue
            if bind == "odata.bind":
                column = next(
                    (c for c in spec.columns if spec.columns[c].targets and (name == c or name.startswith(f"{c}_"))),
                    None,
                )
                where = _RECORD.search(str(value))
                target = next((t for t, s in self.store.tables.items() if where and s.set == where.group(1)), None)
                if column is None or where is None or target is None:
                    raise No(
                        400, "0x80048d19", f"Error identified in Payload provided by the user for Entity :'{table}'"
                    )
                found[column] = (target, where.group(2).lower())
                continue
            known = spec.columns.get(name)
            if name != spec.key and (known is None or known.targets):
                raise No(
                    400, "0x0", f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{table}'."
                )
            if known is not None and known.type in ("Money", "Decimal", "Integer") and isinstance(value, str):
                raise No(400, "0x80048d19", f"Cannot convert the literal to the expected type of '{name}'.")
            if name in self.store.closed:
                raise No(403, "", f"Attribute permission update is missing for column {name} of {table}.")
            found[name] = value
        return found

    def _closed(self, name: str, request: Request) -> Reply:
        self._allowed("Write", DEAL)
        said = request.json()
        where = _RECORD.search(str(said["OpportunityClose"]["opportunityid@odata.bind"]))
        assert where is not None
        self.store.change(
            DEAL, where.group(2), self.now, {"statecode": 1 if name[0] == "W" else 2, "statuscode": said["Status"]}
        )
        return Reply(204)

    # ------------------------------------------------ showing

    def _link(self, table_set: str, query: Mapping[str, str]) -> str:
        return f"{self.url}{API}{table_set}?" + "&".join(
            f"{key}={quote(value, safe=',')}" for key, value in query.items()
        )

    def _whole(self, table: str, ident: str, row: Row) -> dict[str, Any]:
        return self.store.shown(table, ident, row)

    def _shown(self, table: str, ident: str, row: Row, request: Request) -> dict[str, Any]:
        return self._cut(self._whole(table, ident, row), self.store.tables[table].key, request)

    def _cut(self, row: Mapping[str, Any], key: str, request: Request) -> dict[str, Any]:
        """The columns and annotations that were asked for."""
        wanted = [one.strip() for one in request.query.get("$select", "").split(",") if one.strip()]
        missing = [one for one in wanted if one not in row]
        if missing:
            raise Bad(f"Could not find a property named '{missing[0]}'.")
        notes = re.search(r'odata\.include-annotations="([^"]*)"', request.headers.get("prefer", ""))
        noted = notes.group(1) if notes else ""
        made = {}
        for name, value in row.items():
            base, at, note = name.partition("@")
            if base and wanted and base not in (*wanted, key):
                continue
            if at and base and note not in noted.split(",") and noted != "*":
                continue
            made[name] = float(value) if isinstance(value, Decimal) else value
        return made


def error(status: int, code: str, text: str) -> Reply:
    """An error as OData puts it."""
    return Reply(status, {"error": {"code": code, "message": text}})
