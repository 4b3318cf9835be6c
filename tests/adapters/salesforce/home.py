"""A company in a fake org, and a mirror and a store that it is pulled into."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.fakes.salesforce import Salesforce as Fake
from tests.fakes.salesforce.schema import NAMES
from tests.support.targets import target_in

from dealgate.history import history_of
from dealgate.ports import CrmAdapter
from dealgate.store import Store
from dealgate.sync.mirror import Mirror
from dealgate.sync.project import Taken, Target, take_over
from dealgate.sync.pull import Run, pull


@dataclass
class Home:
    """Where a pull goes."""

    mirror: Mirror
    store: Store
    target: Target

    def sync(self, adapter: CrmAdapter, limit: int = 2_000, **more: Any) -> tuple[Run, Taken]:
        run = pull(adapter, self.mirror, limit=limit, **more)
        assert run.watermark is not None, run.troubles
        return run, take_over(self.mirror, self.target, run.watermark, run.watermark)

    def now(self, *fields: str) -> dict[str, tuple[Any, ...]]:
        """Each deal with these fields, as the store has them."""
        events = self.store.events()
        last = events["recorded_at"].max()
        assert isinstance(last, datetime)
        held = history_of(events, self.target.process, last + timedelta(seconds=2), None, self.store.children())
        frames = [dict(held.now(name).select("id", name).iter_rows()) for name in fields]
        return {ident: tuple(frame.get(ident) for frame in frames) for ident in frames[0]}

    def close(self) -> None:
        self.mirror.close()
        self.store.close()


def home(folder: Path, process_id: str = "practical") -> Home:
    folder.mkdir(exist_ok=True)
    target = target_in(folder, "salesforce", process_id)
    return Home(Mirror(folder / "mirror.db"), target.store, target)


def company(crm: Fake, deals: int) -> list[str]:
    """Deals in all stages, most of them moved there, with people, activities and line items."""
    bea = crm.save("User", Name="Bea Blum", Username="bea@acme.example", IsActive=True, ManagerId=crm.ann)
    accounts = [
        crm.save(
            "Account", Name=f"Company {n}'s \"Ltd\"", BillingCountry="SE", NumberOfEmployees=50 + n,
            AnnualRevenue=1e7 + n, OwnerId=bea,
        )
        for n in range(5)
    ]  # fmt: skip
    people = [crm.save("Contact", FirstName="Kim", LastName=f"Lee {n}", Email=f"kim{n}@example.com") for n in range(5)]
    seats = crm.save("Product2", Name="Seats")
    made = []
    for n in range(deals):
        crm.tick()
        deal = crm.save(
            "Opportunity", Name=f"Deal {n}", StageName=NAMES[0], Amount=1000.25 + n, CloseDate=date(2027, 1, n % 28 + 1),
            AccountId=accounts[n % 5], OwnerId=crm.ann if n % 2 else bea, LeadSource="Web", Type="New Customer",
            NextStep="Call", by=bea, MainCompetitors__c="Nobody",
        )  # fmt: skip
        made.append(deal)
        for stage in NAMES[1 : n % len(NAMES) + 1] if n % len(NAMES) < 8 else [NAMES[n % len(NAMES)]]:
            crm.tick()
            crm.save("Opportunity", deal, StageName=stage)
        crm.save("OpportunityContactRole", OpportunityId=deal, ContactId=people[n % 5], Role="Economic Buyer")
        crm.save("Task", WhatId=deal, WhoId=people[n % 5], Subject="Call Kim", TaskSubtype="Call", Status="Completed")
        crm.save("Event", WhatId=deal, Subject="Demo", EventSubtype="Event", StartDateTime=crm.now)
        crm.save("OpportunityLineItem", OpportunityId=deal, Product2Id=seats, Quantity=10.0, TotalPrice=1000.25 + n)
    crm.save("Task", WhatId=accounts[0], Subject="Of no deal")
    crm.tick(minutes=20)
    return made
