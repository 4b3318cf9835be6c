"""A fresh account for each test, and no waiting."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina
from tests.fakes.hubspot import HubSpotFake

from dealgate_adapters.hubspot import HubSpot

from .shop import opened


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def fake() -> Iterator[HubSpotFake]:
    made = HubSpotFake()
    yield made
    made.close()


@pytest.fixture
def hubspot(fake: HubSpotFake) -> Iterator[HubSpot]:
    with opened(fake) as adapter:
        yield adapter
