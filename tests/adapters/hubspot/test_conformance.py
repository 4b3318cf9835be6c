"""HubSpot's adapter does what the contract asks of adapters, on a fake by HubSpot's documentation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina

from dealgate.sync.conformance import checks, run
from dealgate_adapters import _http

from .rig import HubSpotRig

SKIPPED = {
    "a_cursor_that_has_expired_is_told": (
        "the rig does not make this fault: the CRM does not know the cursor any more"
    ),
    "an_action_that_is_not_declared_is_refused": "the adapter declares every action",
    "without_webhooks_every_one_is_refused": "the adapter declares webhooks",
}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(_http, "CAP", 1024 * 1024)
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.mark.parametrize("check", [check.id for check in checks()])
def test_conformance(check: str) -> None:
    [found] = run(HubSpotRig, [check])
    if check in SKIPPED:
        assert (found.state, found.reason) == ("skipped", SKIPPED[check])
    else:
        assert found.state == "passed", f"expected {found.expected}, came {found.came}{found.reason}"
