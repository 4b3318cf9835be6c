"""The rig of the fake Zoho, and an adapter on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.zoho import CLIENT, REFRESH, SECRET, Zoho

from dealgate.ports import CrmAdapter, SetFields, Settings
from dealgate.sync.conformance import FAULTS, Cannot, Deal, Delivery, Refusal, Rig, Truth
from dealgate_adapters import zoho

HOOK = "our-word-7741-for-zoho"
KEYS = "Gate_Keys"


def settings(crm: Zoho, clock: Callable[[], datetime] | None = None, **values: Any) -> Settings:
    """Of an adapter on this fake; a value of None takes a setting away. Secrets begin with ``secret_``."""
    secrets = {
        "client_id": CLIENT, "client_secret": SECRET, "refresh_token": REFRESH, "webhook_secret": HOOK,
    }  # fmt: skip
    given = {"accounts_url": crm.url, "key_field": KEYS, "channels": "1000000068001", **values}
    for name in [one for one in given if one.startswith("secret_")]:
        secrets[name.removeprefix("secret_")] = given.pop(name)
    plain = {name: value for name, value in given.items() if value is not None}
    return Settings(plain, secrets.get, clock or (lambda: crm.now))


class ZohoRig(Rig):
    """A fresh organisation with an account, a contact and two people."""

    fields = {"Deal_Name": ("Northwind rollout", "Northwind roll-out"), "Amount": (1000, 2500)}
    stage_field = "Stage"
    history_fields = {"stage": "Stage", "at": "Modified_Time", "by": "Modified_By.id"}
    secrets = (CLIENT, SECRET, REFRESH, HOOK, "1000.access-")
    # a cursor is a moment and an id, which no CRM forgets
    faults = frozenset(FAULTS) - {"cursor"}
    patience = 20.0

    def __init__(self, **values: Any) -> None:
        self.crm, self.values = Zoho(), values
        self._open: list[zoho.Zoho] = []
        self.crm.token_limit = 10_000  # the suite signs in anew for each check
        self.ada = self.crm.person("Ada Brown")
        self.tick()
        self.ben = self.crm.person("Ben Carter")
        self.account = self.crm.put("Accounts", Account_Name="Northwind", Industry="Manufacturing")
        self.contact = self.crm.put("Contacts", First_Name="Kim", Last_Name="Lee", Email="kim@example.com")

    def adapter(self, clock_off: timedelta = timedelta(0)) -> CrmAdapter:
        return self.opened(lambda: self.crm.now + clock_off)

    def opened(self, clock: Callable[[], datetime] | None = None, **values: Any) -> zoho.Zoho:
        """An adapter with other settings, closed with the rig."""
        made = zoho.Zoho(settings(self.crm, clock, **{**self.values, **values}))
        self._open.append(made)
        return made

    def now(self) -> datetime:
        return self.crm.now

    def tick(self) -> None:
        self.crm.tick(minutes=20)  # more than the engine reads again, so that nothing is saved by that

    def stages(self) -> Sequence[str]:
        return ("Qualification", "Needs Analysis", "Value Proposition", "Id. Decision Makers")

    def put_deal(self, stage: str, **values: Any) -> str:
        person = {"id": self.ada, "name": "Ada Brown"}
        deal = self.crm.put(
            "Deals", self.ada, Stage=stage, Closing_Date="2027-01-31", Account_Name={"id": self.account},
            Contact_Name={"id": self.contact}, Owner=person, **values,
        )  # fmt: skip
        self.crm.roles[deal] = {self.contact: "Decision Maker"}
        self.crm.put("Tasks", self.ada, Subject="Call Kim", What_Id={"id": deal}, **{"$se_module": "Deals"})
        return deal

    def move(self, deal: str, stage: str) -> str | None:
        self.crm.change("Deals", deal, self.ben, Stage=stage)
        return self.ben

    def edit(self, deal: str, **values: Any) -> None:
        self.crm.change("Deals", deal, self.ben, **values)

    def truth(self) -> Truth:
        deals = {
            ident: Deal(
                row["Stage"], {name: row.get(name) for name in self.fields},
                (row["Account_Name"]["id"], row["Owner"]["id"], row["Contact_Name"]["id"]),
            )
            for ident, row in self.crm.modules["Deals"].items()
        }  # fmt: skip
        tasks = [(row["What_Id"]["id"], row["Subject"]) for row in self.crm.modules["Tasks"].values()]
        notes = [(row["Parent_Id"]["id"], row["Note_Content"]) for row in self.crm.modules["Notes"].values()]
        return Truth(deals, tasks, notes)

    def delete(self, deal: str) -> None:
        self.crm.delete("Deals", deal, self.ben)

    def fail(self, kind: str, when: str = "before") -> None:
        # what was done and lost its answer is a write: a read that is lost is only asked again
        self.crm.writes_alone = when == "after"
        self.crm.fail(kind, when)

    def heal(self) -> int:
        self.crm.writes_alone = False
        return self.crm.heal()

    def requests(self) -> int:
        return len(self.crm.asked)

    def refusal(self, deal: str, key: str) -> Refusal:
        return Refusal(SetFields(deal, {"Deal_Name": None}, key), "required field not found")

    def delivery(self, deal: str) -> Delivery:
        raise Cannot("Zoho signs no body: it sends a word back, which test_webhook.py tries")

    def close(self) -> None:
        for adapter in self._open:
            adapter.close()
        self.crm.close()
