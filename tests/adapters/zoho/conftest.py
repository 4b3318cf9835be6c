"""What the tests of Zoho share: no waiting, and a fresh organisation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina

from dealgate_adapters import _http

from .rig import ZohoRig


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(_http, "CAP", 2 * 1024 * 1024)
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def rig() -> Iterator[ZohoRig]:
    made = ZohoRig()
    yield made
    made.close()
