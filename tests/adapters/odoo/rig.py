"""The rig of a real Odoo: people's clients make and change what stands in it, and a line that can fail lies between it
and the adapter."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from dealgate.ports import CrmAdapter, SetFields, Settings
from dealgate.sync.conformance import Deal, Refusal, Rig, Truth
from dealgate_adapters.odoo import Odoo

from .conftest import Shop, plain
from .line import Line


class OdooRig(Rig):
    """One check's deals on the shop of the tests; they are deleted when it is over."""

    fields = {"expected_revenue": (1000, 2500), "referred": ("Northwind", "North & Wind's <b>")}
    stage_field = "stage_id"
    history_fields = {"stage": "new", "at": "at", "by": "user"}
    faults = frozenset({"throttled", "throttled-blind", "server-error", "lost", "token", "hang", "flood"})
    patience = 60.0

    def __init__(self, shop: Shop, protocol: str = "json2") -> None:
        self.shop, self.line, self.protocol = shop, Line(), protocol
        self.secrets = (shop.key,)
        self.mine: list[int] = []
        if protocol == "xmlrpc":  # its key stands in the body, where this line does not reach
            self.faults = self.faults - {"token"}

    def adapter(self, clock_off: timedelta = timedelta(0)) -> CrmAdapter:
        values = self.shop.settings(protocol=self.protocol)
        moved = Settings(values.values, values.secret, lambda: datetime.now(UTC) + clock_off)
        made = Odoo(moved, self.line)
        if self.line.fault is not None and self.line.fault[0] == "hang":
            made.server.http._longest = 1.0  # the real limit is a minute or two
        return made

    def now(self) -> datetime:
        return datetime.now(UTC)

    def tick(self) -> None:
        # Odoo tells whole seconds
        time.sleep(1.005 - datetime.now(UTC).microsecond / 1_000_000)

    def stages(self) -> Sequence[str]:
        return [str(self.shop.stages[name]) for name in ("New", "Qualified", "Proposition")]

    def put_deal(self, stage: str, **values: Any) -> str:
        [ident] = self.shop.sell(1, stage_id=int(stage), **values)
        self.mine.append(ident)
        return str(ident)

    def move(self, deal: str, stage: str) -> str | None:
        self.shop.bea.write("crm.lead", [int(deal)], stage_id=int(stage))
        return str(self.shop.bea.user)

    def edit(self, deal: str, **values: Any) -> None:
        self.shop.bea.write("crm.lead", [int(deal)], **values)

    def truth(self) -> Truth:
        names = ("stage_id", "partner_id", "user_id", *self.fields)
        rows = self.shop.admin.find("crm.lead", [["type", "=", "opportunity"]], *names)
        notes = self.shop.admin.find(
            "mail.message", [["model", "=", "crm.lead"], ["message_type", "=", "comment"]], "res_id", "body"
        )
        tasks = self.shop.admin.find("mail.activity", [["res_model", "=", "crm.lead"]], "res_id", "summary")
        return Truth(
            {str(row["id"]): self._deal(row) for row in rows},
            [(str(row["res_id"]), row["summary"]) for row in tasks],
            [(str(row["res_id"]), plain(row["body"])) for row in notes],
        )

    def _deal(self, row: dict[str, Any]) -> Deal:
        values = {name: row[name] for name in self.fields}
        values["expected_revenue"] = int(values["expected_revenue"])
        links = (
            f"res.partner,{self.shop.contact}",
            f"res.partner,{self.shop.customer}",
            f"res.users,{row['user_id'][0]}",
        )
        return Deal(str(row["stage_id"][0]), values, links)

    def delete(self, deal: str) -> None:
        self.shop.admin("crm.lead", "unlink", [int(deal)])
        self.mine.remove(int(deal))

    def fail(self, kind: str, when: str = "before") -> None:
        self.line.struck, self.line.stopped = 0, False
        if kind == "token":
            self.line.spoilt = True
        else:
            self.line.fault = (kind, when)

    def heal(self) -> int:
        self.line.fault, self.line.spoilt, self.line.stopped = None, False, True
        return self.line.struck

    def requests(self) -> int:
        return len(self.line.asked)

    def refusal(self, deal: str, key: str) -> Refusal:
        words = "The probability of closing the deal should be between 0% and 100%"
        return Refusal(SetFields(deal, {"probability": 200}, key), words)

    def close(self) -> None:
        self.line.close()
        if self.mine:
            self.shop.admin("crm.lead", "unlink", self.mine)
