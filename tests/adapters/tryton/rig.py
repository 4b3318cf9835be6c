"""The rig of a real Tryton: what the conformance suite does with it, faults on the line included."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.adapters.faulty import Faulty

from dealgate.ports import CrmAdapter, MoveStage, Settings
from dealgate.sync.conformance import Cannot, Deal, Refusal, Rig, Truth
from dealgate_adapters.tryton import Tryton

from .api import Denied
from .conftest import ROBOT, Shop

BUTTONS = {"opportunity": "opportunity", "converted": "convert", "lead": "lead", "lost": "lost"}


class TrytonRig(Rig):
    """A shop that stands already; the opportunities of one check are gone after it."""

    fields = {
        "description": ("Northwind rollout", "Northwind roll-out"),
        "amount": (Decimal("1000.50"), Decimal("2500.00")),
    }
    stage_field = "state"
    history_fields = {"stage": "state", "at": "at", "by": "user"}
    secrets = (ROBOT,)
    faults = frozenset({"throttled", "throttled-blind", "server-error", "lost", "token", "hang", "flood"})

    def __init__(self, shop: Shop) -> None:
        self.shop, self.line, self.made = shop, Faulty(), list[int]()

    def adapter(self, clock_off: timedelta = timedelta(0)) -> CrmAdapter:
        clock = lambda: datetime.now(UTC) + clock_off  # noqa: E731
        usual = self.shop.settings()
        return Tryton(Settings(usual.values, usual.secret, clock), self.line)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def tick(self) -> None:
        time.sleep(0.02)

    def stages(self) -> Sequence[str]:
        return ("lead", "opportunity", "converted")

    def put_deal(self, stage: str, **values: Any) -> str:
        [ident] = self.shop.sell(1, **values)
        self.made.append(ident)
        if stage != "lead":
            self.move(str(ident), stage)
        return str(ident)

    def move(self, deal: str, stage: str) -> str | None:
        self.shop.bea(f"sale.opportunity.{BUTTONS[stage]}", [int(deal)])
        return str(self.shop.bea.user)

    def edit(self, deal: str, **values: Any) -> None:
        self.shop.bea("sale.opportunity.write", [int(deal)], values)

    def truth(self) -> Truth:
        there = self.shop.admin("sale.opportunity.search", [["id", "in", self.made]], 0, None, None)
        rows = self.shop.admin.read("sale.opportunity", there, "state", "description", "amount", "party", "employee")
        users = {self.shop.employees["ann"]: "1", self.shop.employees["bea"]: str(self.shop.bea.user)}
        deals = {
            str(row["id"]): Deal(
                row["state"], {"description": row["description"], "amount": row["amount"]},
                (f"party.party,{row['party']}", f"res.user,{users[row['employee']]}"),
            )
            for row in rows
        }  # fmt: skip
        notes = tuple((str(ident), text) for ident in there for text in self.shop.notes(ident))
        return Truth(deals, notes, notes)  # a task is a note that says so

    def delete(self, deal: str) -> None:
        with suppress(Denied):
            self.shop.bea("sale.opportunity.cancel", [int(deal)])
        try:
            self.shop.admin("sale.opportunity.delete", [int(deal)])
        except Denied as no:
            raise Cannot("Tryton deletes cancelled opportunities alone") from no

    def fail(self, kind: str, when: str = "before") -> None:
        self.line.fail(kind, when)

    def heal(self) -> int:
        return self.line.heal()

    def requests(self) -> int:
        return self.line.requests

    def refusal(self, deal: str, key: str) -> Refusal:
        return Refusal(MoveStage(deal, "converted", "lead", key), "You can not call")

    def close(self) -> None:
        for ident in self.made:
            with suppress(Cannot):
                self.delete(str(ident))
        self.line.end()
