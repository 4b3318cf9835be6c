"""The conformance suite on a real Tryton."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina

from dealgate.sync.conformance import run

from .conftest import Shop
from .rig import TrytonRig
from .server import NoTryton, started  # noqa: F401

SKIPPED: dict[str, str] = {}
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("tryton")]


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with stamina.set_testing(True, attempts=2):
        yield


def test_the_adapter_of_tryton_does_what_the_contract_asks(shop: Shop, hasty: None) -> None:
    found = list(run(lambda: TrytonRig(shop)))
    failed = [f"{one.check.id}: expected {one.expected}, came {one.came}" for one in found if one.state == "failed"]
    assert not failed, "\n".join(failed)
    skipped = {one.check.id: one.reason for one in found if one.state == "skipped"}
    assert skipped == SKIPPED
