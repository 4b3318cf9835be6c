"""A HubSpot account with people who sell in it, and where a pull of it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.fakes.hubspot import APP, CLIENT, HubSpotFake
from tests.support.targets import held_by, past_of, target_in

from dealgate.decide.playbook import Playbook
from dealgate.documents.load import load
from dealgate.ports import Settings
from dealgate.sync.mirror import Mirror
from dealgate.sync.project import Taken, Target, take_over
from dealgate.sync.pull import Run, pull
from dealgate_adapters.hubspot import HubSpot


def settings(fake: HubSpotFake, secrets: dict[str, str] | None = None, **values: Any) -> Settings:
    held = {"token": fake.token, "webhook_secret": CLIENT["secret"]} if secrets is None else secrets
    return Settings({"url": fake.url, "app_id": APP, **values}, held.get, lambda: fake.now)


@contextmanager
def opened(fake: HubSpotFake, secrets: dict[str, str] | None = None, **values: Any) -> Iterator[HubSpot]:
    adapter = HubSpot(settings(fake, secrets, **values))
    try:
        yield adapter
    finally:
        adapter.close()


@dataclass
class Home:
    """Where a pull goes. Each pull is made by a fresh adapter, as another process would."""

    fake: HubSpotFake
    mirror: Mirror
    target: Target
    open: Callable[[], Any]

    def pull(self, **more: Any) -> Run:
        with self.open() as adapter:
            return pull(adapter, self.mirror, **more)

    def sync(self, **more: Any) -> tuple[Run, Taken]:
        run = self.pull(**more)
        assert run.watermark is not None, run.troubles
        return run, take_over(self.mirror, self.target, run.watermark, run.watermark)

    def past(self) -> Any:
        return past_of(self.target, self.fake.now + timedelta(seconds=2))

    def now(self, *fields: str) -> dict[str, tuple[object, ...]]:
        """By deal its fields, as the store has them."""
        return held_by(self.target, self.fake.now + timedelta(seconds=2), *fields)


@contextmanager
def home(fake: HubSpotFake, folder: Path, **values: Any) -> Iterator[Home]:
    target = target_in(folder, "hubspot")
    mirror = Mirror(folder / "mirror.db")
    try:
        yield Home(fake, mirror, target, lambda: opened(fake, **values))
    finally:
        mirror.close()
        target.store.close()


def judge() -> Playbook:
    return Playbook(load("practical").need(), lambda: "made for the test")


def at(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def sell(fake: HubSpotFake, many: int, **more: Any) -> list[str]:
    """New deals with a company, a contact and an owner each, a second apart."""
    made = []
    company = fake.portal.create("companies", {"name": "Northwind", "industry": "COMPUTER_SOFTWARE"}).id
    ann = fake.portal.create("contacts", {"firstname": "Ann", "lastname": "Lee", "email": "ann@nw.example"}).id
    for n in range(many):
        fake.tick()
        values = {
            "dealname": f"Deal {n}", "amount": f"{1000 + n}.50", "deal_currency_code": "EUR", "hubspot_owner_id": "11",
            "closedate": "2026-12-31T00:00:00Z", "dealtype": "newbusiness", **more,
        }  # fmt: skip
        deal = fake.portal.create("deals", values).id
        fake.portal.link("deals", deal, "companies", company, primary=True)
        fake.portal.link("deals", deal, "contacts", ann, (2_001, "Champion"))
        made.append(deal)
    fake.tick()
    return made
