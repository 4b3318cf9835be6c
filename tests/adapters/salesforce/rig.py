"""The rig of Salesforce: the fake org, a person who works in it, and the adapter on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from tests.fakes.salesforce import Salesforce as Fake
from tests.fakes.salesforce.oauth import CLIENT, SECRET
from tests.fakes.salesforce.schema import NAMES

from dealgate.ports import CrmAdapter, SetFields, Settings
from dealgate.sync.conformance import FAULTS, Deal, Refusal, Rig, Truth
from dealgate_adapters.salesforce import Salesforce

TOKEN = "00D5e000000fake!AQ.access-"  # noqa: S105 - how each token of the fake begins
KEYS = "Dealgate_Keys__c"


def settings(crm: Fake, clock_off: timedelta = timedelta(0), **other: Any) -> Settings:
    """What a source would have: client credentials, unless ``secrets`` says otherwise."""
    secrets = other.pop("secrets", {"client_id": CLIENT, "client_secret": SECRET})
    values = {"url": crm.url, "key_field": KEYS, **other}
    return Settings({k: v for k, v in values.items() if v is not None}, secrets.get, lambda: crm.now + clock_off)


class SalesforceRig(Rig):
    """An org with an account, a contact, an activity and a line item for each deal."""

    fields = {"Name": ("Northwind rollout", "Northwind's roll-out"), "Amount": (1000.0, 2500.0)}
    stage_field = "StageName"
    history_fields = {"stage": "StageName", "at": "CreatedDate", "by": "CreatedById"}
    secrets = (CLIENT, SECRET, TOKEN)
    # a cursor is a moment and an id, which no CRM forgets
    faults = frozenset(FAULTS) - {"cursor"}
    patience = 20.0

    def __init__(self) -> None:
        self.crm = Fake()
        self.crm.rules.append((
            lambda row: (row["Amount"] or 0) < 0, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "An amount is never negative.",
        ))  # fmt: skip
        self.account = self.crm.save("Account", Name="Northwind", BillingCountry="SE", OwnerId=self.crm.ann)
        self.contact = self.crm.save("Contact", FirstName="Kim", LastName="Lee", AccountId=self.account)

    def adapter(self, clock_off: timedelta = timedelta(0)) -> CrmAdapter:
        return Salesforce(settings(self.crm, clock_off))

    def now(self) -> datetime:
        return self.crm.now

    def tick(self) -> None:
        self.crm.tick(minutes=20)  # more than the engine reads again, so that nothing is saved by that

    def stages(self) -> Sequence[str]:
        return NAMES[:5]

    def put_deal(self, stage: str, **values: Any) -> str:
        deal = self.crm.save(
            "Opportunity", StageName=stage, CloseDate=date(2026, 12, 15), AccountId=self.account, **values
        )
        self.crm.save("OpportunityContactRole", OpportunityId=deal, ContactId=self.contact, Role="Decision Maker")
        self.crm.save("Task", WhatId=deal, WhoId=self.contact, Subject="Call", TaskSubtype="Call")
        self.crm.save("Event", WhatId=deal, Subject="Meeting", StartDateTime=self.crm.now)
        self.crm.save("OpportunityLineItem", OpportunityId=deal, Name="Seats", Quantity=10.0, TotalPrice=1000.0)
        return deal

    def move(self, deal: str, stage: str) -> str | None:
        self.crm.save("Opportunity", deal, StageName=stage)
        return self.crm.ann

    def edit(self, deal: str, **values: Any) -> None:
        self.crm.save("Opportunity", deal, **values)

    def truth(self) -> Truth:
        deals = {
            ident: Deal(row["StageName"], {name: row[name] for name in self.fields}, (row["AccountId"], row["OwnerId"]))
            for ident, row in self.crm.live("Opportunity").items()
        }
        made = [row for row in self.crm.live("Task").values() if row["CreatedById"] == self.crm.robot]
        tasks = tuple((row["WhatId"], row["Subject"]) for row in made if not row["IsClosed"])
        notes = tuple((row["WhatId"], row["Description"]) for row in made if row["IsClosed"])
        return Truth(deals, tasks, notes)

    def delete(self, deal: str) -> None:
        self.crm.delete("Opportunity", deal)

    def fail(self, kind: str, when: str = "before") -> None:
        self.crm.fail(kind, when)

    def heal(self) -> int:
        return self.crm.heal()

    def requests(self) -> int:
        return len(self.crm.asked)

    def refusal(self, deal: str, key: str) -> Refusal:
        return Refusal(SetFields(deal, {"Amount": -1}, key), "An amount is never negative.")

    def close(self) -> None:
        self.crm.close()


def rig() -> SalesforceRig:
    """A fresh one."""
    return SalesforceRig()
