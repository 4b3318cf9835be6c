"""Companies that are sold to; some look like each other, as in any CRM."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from dealgate.simulate.days import pick
from dealgate.simulate.parameters import SEGMENTS, Record
from dealgate.simulate.people import INDUSTRIES, REGIONS, company_name
from dealgate.simulate.texts import TECHNOLOGIES, TRIGGERS


@dataclass(slots=True)
class Account:
    """A company. ``segment`` is an index of SEGMENTS; ``customer_since`` the moment of its first won deal, or 0."""

    name: str
    region: str
    segment: int
    record: Record
    customer_since: int = 0


def found(rng: Random, number: int, known: list[Account], year: int) -> Account:
    """A new account, in one of twenty-five cases named almost like a known one."""
    industry = pick(rng, INDUSTRIES)
    region = pick(rng, tuple(REGIONS))
    country, form = pick(rng, REGIONS[region])
    base = company_name(rng, industry)
    parent = ""
    if known and rng.random() < 0.04:
        twin = pick(rng, known)
        name = pick(rng, (twin.name.upper(), f"{twin.name} {form}", f"{twin.name} ({country})", twin.name))
        parent = twin.name if rng.random() < 0.3 else ""
    else:
        name = f"{base} {form}" if rng.random() < 0.6 else base
    roll = rng.random()
    segment = 0 if roll < SEGMENTS[0][1] else 1 if roll < SEGMENTS[0][1] + SEGMENTS[1][1] else 2
    low, high = SEGMENTS[segment][2]
    employees = int(low * math.exp(rng.random() * math.log(high / low)))
    record: Record = {
        "account.id": f"A-{number:04d}",
        "account.name": name,
        "account.industry": industry,
        "account.employees": employees,
        "account.revenue": Decimal(employees * (60 + int(rng.random() * 140)) * 1000),
        "account.country": country,
        "account.status": "prospect",
        "account.technologies": [t for t in TECHNOLOGIES if rng.random() < 0.3],
        "account.founded": year - 2 - int(rng.random() ** 2 * 110),
    }
    if parent:
        record["account.parent"] = parent
    if rng.random() < 0.45:
        record["account.trigger"] = pick(rng, TRIGGERS)
    for key in ("account.employees", "account.revenue", "account.industry", "account.founded"):
        if rng.random() < 0.07:
            del record[key]
    return Account(name, region, segment, record)


def settle(rng: Random, accounts: list[Account]) -> None:
    """Say of each account what it is by now: customer, former customer, excluded or prospect."""
    for account in accounts:
        roll = rng.random()
        if account.customer_since:
            account.record["account.status"] = "former_customer" if roll < 0.05 else "customer"
        elif roll < 0.02:
            account.record["account.status"] = "excluded"
