"""The rig of the fake environment of Dynamics 365: what the conformance suite does with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.dynamics import CLIENT, TENANT, Dynamics
from tests.fakes.dynamics.schema import made
from tests.fakes.dynamics.store import DEAL

from dealgate.ports import CrmAdapter, SetFields, Settings
from dealgate.sync.conformance import FAULTS, Cannot, Deal, Delivery, Refusal, Rig, Truth
from dealgate_adapters.dynamics import Dynamics as Adapter
from dealgate_adapters.dynamics import connect


def settings(
    crm: Dynamics, values: Mapping[str, Any] | None = None, clock: Callable[[], datetime] | None = None
) -> Settings:
    """What the adapter is opened with."""
    usual = {"url": crm.url, "login_url": crm.url, "tenant": TENANT, "client_id": CLIENT}
    secrets = {"client_secret": crm.secret, "webhook_secret": crm.hook}
    return Settings({**usual, **(values or {})}, secrets.get, clock or (lambda: crm.now))


def opened(crm: Dynamics, **values: Any) -> Adapter:
    """An adapter on the environment."""
    return Adapter(settings(crm, values))


class DynamicsRig(Rig):
    """A fresh environment, with one account and one user."""

    fields = {"name": ("Northwind rollout", "Northwind roll-out"), "estimatedvalue": (1000, 2500)}
    stage_field = "process.stageid"
    history_fields = {"stage": "stage", "at": "at", "by": "by"}
    secrets = ("s3cret~dataverse-client", "eyJ0-access-token", "hook-key-5f1d7c90")
    faults = frozenset(FAULTS)
    patience = 30.0

    def __init__(
        self, values: Mapping[str, Any] | None = None, prepare: Callable[[Dynamics], None] | None = None
    ) -> None:
        self.crm, self.values = Dynamics(), values or {}
        if prepare is not None:
            prepare(self.crm)
        self.crm.put("contact", "kim", fullname="Kim Lee", emailaddress1="kim@northwind.example")
        self.crm.put("connectionrole", "buyer", name="Economic Buyer")

    def adapter(self, clock_off: timedelta = timedelta(0)) -> CrmAdapter:
        return connect(settings(self.crm, self.values, lambda: self.crm.now + clock_off))

    def now(self) -> datetime:
        return self.crm.now

    def tick(self) -> None:
        self.crm.tick(minutes=20)

    def stages(self) -> Sequence[str]:
        return self.crm.stages()

    def put_deal(self, stage: str, **values: Any) -> str:
        ident = self.crm.deal(stage, **values)
        kim = ("contact", made("contact", "kim"))
        self.crm.put(
            "connection",
            record1id=(DEAL, ident),
            record2id=kim,
            record2roleid=("connectionrole", made("connectionrole", "buyer")),
        )
        self.crm.put("activitypointer", regardingobjectid=(DEAL, ident), activitytypecode="phonecall", subject="Call")
        self.crm.put("opportunityproduct", opportunityid=(DEAL, ident), productdescription="Seats", quantity=10)
        return ident

    def move(self, deal: str, stage: str) -> str | None:
        self.crm.move(deal, stage)
        return self.crm.ann()

    def edit(self, deal: str, **values: Any) -> None:
        self.crm.edit(DEAL, deal, **values)

    def truth(self) -> Truth:
        deals, held = {}, self.crm.store
        stages = {
            row.data["opportunityid"][1]: row.data["activestageid"][1]
            for row in held.of("opportunitysalesprocess").values()
        }
        for ident, row in held.of(DEAL).items():
            links = (row.data["customerid"][1], row.data["ownerid"][1])
            deals[ident] = Deal(stages[ident], {name: row.data[name] for name in self.fields}, links)
        tasks = [(row.data["regardingobjectid"][1], row.data["subject"]) for row in held.of("activitypointer").values()
                 if row.data["activitytypecode"] == "task"]  # fmt: skip
        notes = [(row.data["objectid"][1], row.data["notetext"]) for row in held.of("annotation").values()
                 if not row.data["notetext"].startswith(("Set: ", "Moved to "))]  # fmt: skip
        return Truth(deals, tasks, notes)

    def delete(self, deal: str) -> None:
        self.crm.store.delete(DEAL, deal)

    def fail(self, kind: str, when: str = "before") -> None:
        if kind == "token":
            self.crm.struck = 0
            self.crm.tokens += 1
            self.crm.revoked = True
        else:
            self.crm.fail(kind, when)

    def heal(self) -> int:
        self.crm.revoked = False
        return self.crm.heal()

    def requests(self) -> int:
        return len(self.crm.asked)

    def refusal(self, deal: str, key: str) -> Refusal:
        return Refusal(SetFields(deal, {"estimatedvalue": -1}, key), "The estimated revenue must not be negative")

    def delivery(self, deal: str) -> Delivery:
        raise Cannot(
            "Dataverse signs nothing: a webhook bears a key, and tests/adapters/dynamics/test_webhook.py tries that"
        )

    def close(self) -> None:
        self.crm.close()


def rig() -> DynamicsRig:
    """A fresh one."""
    return DynamicsRig()
