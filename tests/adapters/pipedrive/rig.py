"""The rig of Pipedrive's fake: what the conformance suite does with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html import unescape
from typing import Any

from tests.fakes.pipedrive import (
    CLIENT,
    CLIENT_SECRET,
    HOOK_SECRET,
    HOOK_USER,
    REFRESH,
    RENEWED,
    TOKEN,
    Pipedrive,
)
from tests.fakes.pipedrive_records import PLAN

from dealgate.ports import CrmAdapter, SetFields, Settings
from dealgate.sync.conformance import FAULTS, Deal, Delivery, Refusal, Rig, Truth
from dealgate_adapters.pipedrive import connect

HOOKS = {"webhook_user": HOOK_USER, "webhook_secret": HOOK_SECRET}


class PipedriveRig(Rig):
    """A fresh company, entered by an API token."""

    fields: Mapping[str, tuple[Any, Any]] = {
        "title": ("Northwind rollout", "Northwind roll-out"), "value": (1000, 2500), PLAN: (31, 32),
    }  # fmt: skip
    stage_field = "stage_id"
    history_fields = {"stage": "stage_id", "at": "time", "by": "actor_user_id"}
    secrets = (TOKEN, RENEWED, HOOK_SECRET, CLIENT_SECRET, REFRESH)
    faults = frozenset(FAULTS)
    patience = 20.0
    options: Mapping[str, Any] = {}

    def __init__(self) -> None:
        self.crm = Pipedrive()
        self.crm.burst = 10**6  # the clock stands still between ticks, and with it the window of the burst
        self.given = TOKEN
        self.org = self.crm.records.account("Northwind")
        self.person = self.crm.records.person("Kim Lee", "kim@northwind.example", self.org)
        self.tick()

    def close(self) -> None:
        self.crm.close()

    def adapter(self, clock_off: timedelta = timedelta(0)) -> CrmAdapter:
        return connect(self.settings(clock_off))

    def settings(self, clock_off: timedelta = timedelta(0)) -> Settings:
        secrets = {**HOOKS, "token": self.given}
        return Settings({"url": self.crm.url, **self.options}, secrets.get, lambda: self.crm.now + clock_off)

    def now(self) -> datetime:
        return self.crm.now

    def tick(self) -> None:
        self.crm.tick(minutes=20)  # more than the engine reads again, so that nothing is saved by that

    def stages(self) -> Sequence[str]:
        return [str(stage) for stage in self.crm.records.tables["stages"]]

    def put_deal(self, stage: str, **values: Any) -> str:
        return str(self.crm.records.deal(stage=int(stage), org_id=self.org, person_id=self.person, **_apart(values)))

    def move(self, deal: str, stage: str) -> str | None:
        self.crm.records.edit(int(deal), by=3, stage_id=int(stage))
        return "3"

    def edit(self, deal: str, **values: Any) -> None:
        self.crm.records.edit(int(deal), **_apart(values))

    def delete(self, deal: str) -> None:
        self.crm.records.delete(int(deal))

    def truth(self) -> Truth:
        tables = self.crm.records.tables
        deals = {
            str(ident): Deal(
                str(row["stage_id"]), {"title": row["title"], "value": row["value"], PLAN: row["custom_fields"][PLAN]},
                (f"organizations:{row['org_id']}", f"persons:{row['person_id']}", f"users:{row['owner_id']}"),
            )
            for ident, row in tables["deals"].items() if not row["is_deleted"]
        }  # fmt: skip
        tasks = [
            (str(row["deal_id"]), f"{row['subject']}\n{_text(row['note'])}") for row in tables["activities"].values()
        ]
        notes = [(str(row["deal_id"]), _text(row["content"])) for row in tables["notes"].values()]
        return Truth(deals, tasks, notes)

    def fail(self, kind: str, when: str = "before") -> None:
        if kind == "token":
            self.crm.struck, self.crm.token = 1, RENEWED
        else:
            self.crm.fail(kind, when)

    def heal(self) -> int:
        self.given = self.crm.token
        return self.crm.heal()

    def requests(self) -> int:
        return len(self.crm.asked)

    def refusal(self, deal: str, key: str) -> Refusal:
        return Refusal(SetFields(deal, {"value": -1}, key), "Deal value must not be negative")

    def delivery(self, deal: str) -> Delivery:
        headers, body = self.crm.webhook(int(deal))
        return Delivery(headers, body, "https://hooks.acme.example/hooks/crm", self.crm.now, covers_body=False)


class OAuthRig(PipedriveRig):
    """The same, entered by an app: a token for an hour, and the address of the API with it."""

    def settings(self, clock_off: timedelta = timedelta(0)) -> Settings:
        secrets = {**HOOKS, "refresh_token": REFRESH, "client_id": CLIENT, "client_secret": CLIENT_SECRET}
        return Settings({"login_url": self.crm.url}, secrets.get, lambda: self.crm.now + clock_off)

    def fail(self, kind: str, when: str = "before") -> None:
        if kind == "token":
            self.crm.struck = 1
            self.crm.access.append("pd-access-of-somebody-else")
        else:
            self.crm.fail(kind, when)


def _apart(values: Mapping[str, Any]) -> dict[str, Any]:
    """Custom fields stand apart from Pipedrive's own."""
    own = {name: value for name, value in values.items() if len(name) != 40}
    custom = {name: value for name, value in values.items() if len(name) == 40}
    return {**own, **({"custom_fields": custom} if custom else {})}


def _text(html: str | None) -> str:
    return unescape(re.sub(r"<br ?/?>", "\n", html or ""))


def rig() -> PipedriveRig:
    """A fresh one."""
    return PipedriveRig()
