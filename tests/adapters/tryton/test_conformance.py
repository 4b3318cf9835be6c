"""The conformance suite on a real Tryton."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina

from dealgate.sync.conformance import run

from .conftest import Shop
from .rig import TrytonRig
from .server import NoTryton, started  # noqa: F401

NONE = "the adapter declares no webhooks"
SKIPPED = {
    "a_cursor_that_has_expired_is_told": "the rig does not make this fault: the CRM does not know the cursor any more",
    "an_action_that_is_not_declared_is_refused": "the adapter declares every action",
    "a_genuine_webhook_names_its_records": NONE,
    "a_forged_webhook_is_refused": NONE,
    "a_webhook_from_long_ago_is_refused": NONE,
    "a_webhook_that_comes_again_has_the_id_that_it_had": NONE,
    "a_later_webhook_has_another_id": NONE,
    "records_of_one_moment_at_the_edge_of_a_page_all_come": "the rig's CRM gave each record a moment of its own",
}
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
    assert skipped.items() ^ SKIPPED.items() == set()
