"""HubSpot's fake, as the conformance suite works with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.hubspot import APP, CLIENT, By, HubSpotFake

from dealgate.ports import CrmAdapter, Settings
from dealgate.ports import SetFields as Set
from dealgate.sync.conformance import FAULTS, Deal, Delivery, Refusal, Rig, Truth
from dealgate_adapters.hubspot import HubSpot

OLD, RENEWED = "pat-eu1-secret-1", "pat-eu1-secret-2"
HOOK = "https://hooks.us.example/hooks/crm?from=hubspot"
BEN = By("CRM_UI", "userId:9002", 9002)


class HubSpotRig(Rig):
    """A fresh account, with a company and three people."""

    fields = {"dealname": ("Northwind rollout", "Northwind roll-out"), "amount": ("1000.50", "2500")}
    stage_field = "dealstage"
    history_fields = {"stage": "dealstage", "at": "at", "by": "by"}
    secrets = (OLD, RENEWED, CLIENT["secret"], CLIENT["refresh"])
    # no cursor of HubSpot's is kept: a place is a moment and an id, which it cannot forget
    faults = frozenset(FAULTS) - {"cursor"}
    patience = 5.0

    def __init__(self) -> None:
        self.fake = HubSpotFake()
        self.portal = self.fake.portal
        self.given = OLD
        self.company = self.portal.create("companies", {"name": "Northwind"}).id
        self.person = self.portal.create("contacts", {"firstname": "Ann", "email": "ann@northwind.example"}).id
        self.number = 0

    def adapter(self, clock_off: timedelta = timedelta(0)) -> CrmAdapter:
        return HubSpot(self.settings(lambda: self.fake.now + clock_off))

    def settings(self, clock: Any) -> Settings:
        secrets = {"token": self.given, "webhook_secret": CLIENT["secret"]}
        return Settings({"url": self.fake.url, "app_id": APP}, secrets.get, clock)

    def now(self) -> datetime:
        return self.fake.now

    def tick(self) -> None:
        self.fake.tick(minutes=20)  # more than the engine reads again, so that nothing is saved by that

    def stages(self) -> Sequence[str]:
        return ("appointmentscheduled", "qualifiedtobuy", "presentationscheduled", "contractsent")

    def put_deal(self, stage: str, **values: Any) -> str:
        made = self.portal.create("deals", {"dealstage": stage, "hubspot_owner_id": "11", **values}).id
        self.portal.link("deals", made, "companies", self.company, primary=True)
        self.portal.link("deals", made, "contacts", self.person, (2_001, "Champion"))
        call = self.portal.create("calls", {"hs_timestamp": "2026-11-01T08:00:00Z", "hs_call_status": "COMPLETED"})
        self.portal.link("calls", call.id, "deals", made)
        item = self.portal.create("line_items", {"name": "Seats", "quantity": "10"})
        self.portal.link("line_items", item.id, "deals", made)
        return made

    def move(self, deal: str, stage: str) -> str | None:
        self.portal.update("deals", deal, {"dealstage": stage}, BEN)
        return "12"

    def edit(self, deal: str, **values: Any) -> None:
        self.portal.update("deals", deal, values, BEN)

    def truth(self) -> Truth:
        deals = {
            ident: Deal(
                str(held.properties["dealstage"]), {name: held.properties.get(name) for name in self.fields},
                (f"company:{self.company}", "owner:11"),
            )
            for ident, held in self.portal.live("deals").items()
        }  # fmt: skip
        return Truth(deals, self._told("tasks", "hs_task_subject"), self._told("notes", "hs_note_body"))

    def _told(self, kind: str, name: str) -> list[tuple[str, str]]:
        return [
            (deal, str(held.properties[name]))
            for ident, held in self.portal.live(kind).items() for deal in self.portal.linked(kind, ident, "deals")
        ]  # fmt: skip

    def delete(self, deal: str) -> None:
        self.portal.archive("deals", deal)

    def fail(self, kind: str, when: str = "before") -> None:
        if kind == "token":
            self.fake.struck, self.fake.stopped = 0, False
            self.fake.token = RENEWED
        else:
            self.fake.fail(kind, when)

    def heal(self) -> int:
        self.given = self.fake.token
        return self.fake.heal()

    def requests(self) -> int:
        return len(self.fake.asked)

    def refusal(self, deal: str, key: str) -> Refusal:
        return Refusal(Set(deal, {"amount": "plenty"}, key), "plenty was not a valid number")

    def delivery(self, deal: str) -> Delivery:
        self.number += 1
        event = {
            "eventId": 70_000 + self.number, "subscriptionId": 5, "portalId": 1, "appId": int(APP),
            "occurredAt": int(self.now().timestamp() * 1000), "subscriptionType": "deal.propertyChange",
            "attemptNumber": 0, "objectId": int(deal), "propertyName": "dealstage",
            "propertyValue": self.portal.objects["deals"][deal].properties["dealstage"], "changeSource": "CRM_UI",
            "sourceId": "userId:9002",
        }  # fmt: skip
        body = json.dumps([event]).encode()
        return Delivery(self.fake.signed(HOOK, body, self.now()), body, HOOK, self.now())

    def close(self) -> None:
        self.fake.close()


def rig() -> HubSpotRig:
    """A fresh one."""
    return HubSpotRig()
