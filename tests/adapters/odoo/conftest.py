"""A real Odoo for the tests that ask for it, with people who sell, an account, and a user for dealgate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from tests.conftest import absent

from dealgate.ports import Reference, Settings
from dealgate_adapters.odoo import Odoo

from .api import Api
from .server import DATABASE, NoOdoo, Running, started

PROTOCOLS = ("json2", "xmlrpc")


@dataclass
class Shop:
    """A database with people in it. ``admin``: who set it up; ``ann`` and ``bea`` sell; ``robot``: dealgate's own."""

    running: Running
    admin: Api
    ann: Api
    bea: Api
    robot: int
    customer: int
    contact: int
    stages: dict[str, int]

    @property
    def key(self) -> str:
        return self.running.secrets["key"]

    def settings(self, **other: Any) -> Settings:
        secret = other.pop("api_key", self.key)
        values = {"url": self.running.url, "database": DATABASE, "user": "dealgate"} | other
        return Settings(values, {"api_key": secret}.get, lambda: datetime.now(UTC))

    def sell(self, count: int = 1, by: Api | None = None, **more: Any) -> list[int]:
        """New opportunities, by a person's client."""
        own = {"type": "opportunity", "partner_id": self.contact, "expected_revenue": 1000.5}
        return (by or self.bea).create("crm.lead", *({"name": f"Deal {n}", **own, **more} for n in range(count)))

    def move(self, ids: list[int], stage: str, by: Api | None = None) -> None:
        (by or self.bea).write("crm.lead", ids, stage_id=self.stages[stage])

    def stage(self, ident: int) -> str:
        return str(self.admin.read("crm.lead", [ident], "stage_id")[0]["stage_id"][1])

    def version(self, ident: int) -> str:
        adapter = Odoo(self.settings())
        [record] = adapter.fetch([Reference("deals", str(ident))])
        adapter.close()
        assert record.version is not None
        return record.version

    def notes(self, ident: int) -> list[str]:
        """The texts that people see in the chatter."""
        rows = self.admin.find("mail.message", [["model", "=", "crm.lead"], ["res_id", "=", ident]], "body")
        return [text for row in rows if (text := plain(row["body"]))]

    def tasks(self, ident: int) -> list[dict[str, Any]]:
        """Those that are to be done; Odoo archives what was done."""
        names = ("summary", "note", "user_id", "date_deadline", "res_id")
        domain = [["res_model", "=", "crm.lead"], ["res_id", "=", ident], ["active", "=", True]]
        return self.admin.find("mail.activity", domain, *names)


def plain(markup: str) -> str:
    """A text as it is read."""
    return unescape(re.sub(r"<br ?/?>", "\n", re.sub(r"</?(p|span|div)[^>]*>", "", markup or "")))


def opened(running: Running) -> Shop:
    """The people of a database, and a customer of theirs."""
    admin, ann, bea = (Api(running.url, DATABASE, login, running.secrets[login]) for login in ("admin", "ann", "bea"))
    [customer] = bea.create("res.partner", {"name": "Customer & Sons", "is_company": True})
    person = {"name": "Kim Lee", "email": "kim@example.com", "parent_id": customer, "function": "Buyer"}
    [contact] = bea.create("res.partner", person)
    [robot] = admin.find("res.users", [["login", "=", "dealgate"]], "name")
    stages = {row["name"]: row["id"] for row in admin.find("crm.stage", [], "name")}
    return Shop(running, admin, ann, bea, robot["id"], customer, contact, stages)


@pytest.fixture(scope="session")
def shop() -> Iterator[Shop]:
    try:
        with started() as running:
            yield opened(running)
    except NoOdoo as why:
        absent("odoo", str(why))


@pytest.fixture(params=PROTOCOLS)
def odoo(shop: Shop, request: pytest.FixtureRequest) -> Iterator[Odoo]:
    """The adapter, opened on the shop as dealgate's user, in each way to speak."""
    adapter = Odoo(shop.settings(protocol=request.param))
    yield adapter
    adapter.close()
