"""A fake org, and an HTTP client that does not wait before it asks again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina
from tests.fakes.salesforce import Salesforce as Fake


@pytest.fixture(autouse=True)
def _quick() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def crm() -> Iterator[Fake]:
    made = Fake()
    yield made
    made.close()
