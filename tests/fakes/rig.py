"""The rig of the CRM in memory: what the conformance suite does with it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.crm import STAGES, Crm, FakeAdapter

from dealgate.ports import CreateTask, CrmAdapter, Note, SetFields
from dealgate.sync.conformance import FAULTS, Deal, Delivery, Refusal, Rig, Truth

RENEWED = "tok-renewed-1"


class FakeRig(Rig):
    """A fresh CRM in memory, with one account and one user."""

    fields = {"Name": ("Northwind rollout", "Northwind roll-out"), "Amount": (1000, 2500)}
    stage_field = "Stage"
    history_fields = {"stage": "Stage", "at": "At", "by": "By"}
    secrets = (Crm.token, RENEWED, Crm.hook_secret)
    faults = frozenset(FAULTS)
    patience = 5.0

    def __init__(
        self, kind: type[FakeAdapter] = FakeAdapter, able: Mapping[str, Any] | None = None, deletes: str = "stream"
    ) -> None:
        self.crm, self.kind, self.able = Crm(deletes), kind, able or {}
        self.given, self.number = self.crm.token, 0
        self.crm.put("accounts", "a1", {"Name": "Northwind"})
        self.tick()
        self.crm.put("users", "u1", {"Name": "Ada"})
        self.crm.put("accounts", "a2", {"Name": "Contoso"})

    def adapter(self, clock_off: timedelta = timedelta(0)) -> CrmAdapter:
        return self.kind(self.crm, clock=lambda: self.crm.now + clock_off, token=self.given, able=self.able)

    def now(self) -> datetime:
        return self.crm.now

    def tick(self) -> None:
        self.crm.tick(minutes=20)  # more than the engine reads again, so that nothing is saved by that

    def stages(self) -> Sequence[str]:
        return STAGES

    def put_deal(self, stage: str, **values: Any) -> str:
        self.number += 1
        ident = f"d{self.number:03}"
        self.crm.deal(ident, stage, Account="a1", Owner="u1", **values)
        self.crm.put("deal_contacts", f"c{self.number:03}", {"Deal": ident, "Name": "Ann"}, ident)
        return ident

    def move(self, deal: str, stage: str) -> str | None:
        self.crm.deal(deal, stage, by="Ben")
        return "Ben"

    def edit(self, deal: str, **values: Any) -> None:
        self.crm.deal(deal, self.crm.live("deals")[deal].data["Stage"], **values)

    def truth(self) -> Truth:
        deals = {
            ident: Deal(row.data["Stage"], {name: row.data.get(name) for name in self.fields}, row.links)
            for ident, row in self.crm.live("deals").items()
        }
        tasks = tuple((one.deal, one.subject) for one in self.crm.writes if isinstance(one, CreateTask))
        notes = tuple((one.deal, one.body) for one in self.crm.writes if isinstance(one, Note))
        return Truth(deals, tasks, notes)

    def delete(self, deal: str) -> None:
        self.crm.delete(deal)

    def fail(self, kind: str, when: str = "before") -> None:
        self.crm.struck, self.crm.stopped = 0, False
        if kind == "token":
            self.crm.token = RENEWED
        else:
            self.crm.planned.append((kind, when))

    def heal(self) -> int:
        self.crm.planned.clear()
        self.crm.stopped = True
        self.given = self.crm.token
        return self.crm.struck

    def requests(self) -> int:
        return self.crm.requests

    def refusal(self, deal: str, key: str) -> Refusal:
        return Refusal(SetFields(deal, {"Amount": -1}, key), "Amount must not be negative")

    def delivery(self, deal: str) -> Delivery:
        url, body = "https://hooks.example/crm", json.dumps({"deals": [deal]}).encode()
        return Delivery(self.crm.signed(url, body, self.crm.now), body, url, self.crm.now)


def rig() -> FakeRig:
    """A fresh one."""
    return FakeRig()
