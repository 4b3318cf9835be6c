"""A real Tryton for the tests that ask for it, with a company, people who sell, and a user for dealgate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.conftest import absent

from dealgate.ports import Settings
from dealgate_adapters.tryton import Tryton

from .api import Api
from .server import DATABASE, PASSWORD, NoTryton, Running, started

ROBOT = "dealgate-secret-91"


@dataclass
class Shop:
    """A database with a company in it. ``admin``: who set it up; ``bea``: who sells; ``robot``: dealgate's own user."""

    running: Running
    admin: Api
    bea: Api
    robot: int
    company: int
    currency: int
    customer: int
    contact: int
    employees: dict[str, int]

    def settings(self, **other: Any) -> Settings:
        secret = other.pop("password", ROBOT)
        values = {"url": self.running.url, "database": DATABASE, "user": "dealgate"} | other
        return Settings(values, {"password": secret}.get, lambda: datetime.now(UTC))

    def sell(self, count: int = 1, by: Api | None = None, **more: Any) -> list[int]:
        """New opportunities, by a person's client."""
        own = {
            "party": self.customer, "company": self.company, "currency": self.currency,
            "employee": self.employees["bea"], "contact": self.contact, "amount": Decimal("1000.50"),
        }  # fmt: skip
        return (by or self.bea).create(
            "sale.opportunity", *({"description": f"Deal {n}", **own, **more} for n in range(count))
        )

    def state(self, ident: int) -> str:
        return str(self.admin.read("sale.opportunity", [ident], "state")[0]["state"])

    def version(self, ident: int) -> str:
        return str(self.admin.read("sale.opportunity", [ident], "_timestamp")[0]["_timestamp"])

    def notes(self, ident: int) -> list[str]:
        rows = self.admin(
            "ir.note.search_read", [["resource", "=", f"sale.opportunity,{ident}"]], 0, None, None, ["message"]
        )
        return [row["message"] for row in rows]


@pytest.fixture(scope="session")
def shop() -> Iterator[Shop]:
    try:
        with started() as running:
            yield opened(running)
    except NoTryton as why:
        absent("tryton", str(why))


@pytest.fixture
def tryton(shop: Shop) -> Iterator[Tryton]:
    """The adapter, opened on the shop as dealgate's user."""
    adapter = Tryton(shop.settings())
    yield adapter
    adapter.close()


def opened(running: Running) -> Shop:
    """A company and its people, set up by the administrator."""
    admin = Api(running.url, DATABASE).login("admin", PASSWORD)
    euro = {"name": "Euro", "symbol": "€", "code": "EUR", "digits": 2, "rounding": Decimal("0.01")}
    [currency] = admin.create("currency.currency", euro)
    mail = {"type": "email", "value": "kim@example.com", "name": "Kim Lee"}
    us, ann, bea, customer = admin.create(
        "party.party", {"name": "Us Ltd"}, {"name": "Ann Adler"}, {"name": "Bea Blum"},
        {"name": "Customer & Sons", "contact_mechanisms": [["create", [mail]]]},
    )  # fmt: skip
    [company] = admin.create("company.company", {"party": us, "currency": currency})
    sellers = admin.create("company.employee", *({"party": one, "company": company} for one in (ann, bea)))
    groups = admin("res.group.search", [["name", "in", ["Sale Opportunity", "Sales"]]], 0, None, None)
    both = {"companies": [["add", [company]]], "company": company}
    admin("res.user.write", [1], {**both, "employees": [["add", [sellers[0]]]], "employee": sellers[0]})
    _, robot = admin.create(
        "res.user",
        {
            "name": "Bea", "login": "bea", "password": "bea-secret-1209", **both, "groups": [["add", groups]],
            "employees": [["add", [sellers[1]]]], "employee": sellers[1],
        },
        {"name": "dealgate", "login": "dealgate", "password": ROBOT, **both, "groups": [["add", groups]]},
    )  # fmt: skip
    [contact] = admin("party.contact_mechanism.search", [["party", "=", customer]], 0, None, None)
    return Shop(
        running, admin.login("admin", PASSWORD), Api(running.url, DATABASE).login("bea", "bea-secret-1209"), robot,
        company, currency, customer, contact, {"ann": sellers[0], "bea": sellers[1]},
    )  # fmt: skip
