"""A fresh account for each test, and no waiting."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina
from tests.fakes.hubspot import HubSpotFake

from dealgate_adapters import _http


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(_http, "LONGEST", 5.0)
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def fake() -> Iterator[HubSpotFake]:
    made = HubSpotFake()
    yield made
    made.close()
