"""A fake org, and an HTTP client that does not wait long."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina
from tests.fakes.salesforce import Salesforce as Fake

from dealgate_adapters import _http


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(_http, "LONGEST", 0.6)
    monkeypatch.setattr(_http, "SILENCE", 1.0)
    monkeypatch.setattr(_http, "CAP", 8 * 1024 * 1024)
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def crm() -> Iterator[Fake]:
    made = Fake()
    yield made
    made.close()
