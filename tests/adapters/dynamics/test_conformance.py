"""The adapter of Dynamics 365 does what the contract asks, on a fake by the documentation of the Web API."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
import stamina
from tests.adapters.dynamics.rig import DynamicsRig
from tests.fakes.dynamics import Dynamics

from dealgate.sync.conformance import Result, checks, run
from dealgate_adapters import _http

UNSIGNED = "Dataverse signs nothing: a webhook bears a key, and tests/adapters/dynamics/test_webhook.py tries that"
SKIPPED = {
    "an_action_that_is_not_declared_is_refused": "the adapter declares every action",
    "what_changed_first_comes_first": "the cursor is delta",
    "without_webhooks_every_one_is_refused": "the adapter declares webhooks",
    "a_genuine_webhook_names_its_records": UNSIGNED,
    "a_forged_webhook_is_refused": UNSIGNED,
    "a_webhook_from_long_ago_is_refused": UNSIGNED,
    "a_webhook_that_comes_again_has_the_id_that_it_had": UNSIGNED,
    "a_later_webhook_has_another_id": UNSIGNED,
}


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(_http, "CAP", 2_000_000)
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


def told(results: Sequence[Result]) -> str:
    return "\n".join(f"{one.check.id}: expected {one.expected}, came {one.came}" for one in results if one.expected)


def untracked(crm: Dynamics) -> None:
    for table in crm.store.tables.values():
        table.tracked = False


@pytest.mark.slow
def test_every_check_passes_or_is_skipped_for_a_reason_that_stands_here() -> None:
    found = list(run(DynamicsRig))
    assert [one for one in found if one.state == "failed"] == [], told(found)
    assert {one.check.id: one.reason for one in found if one.state == "skipped"} == SKIPPED


@pytest.mark.slow
def test_where_no_changes_are_tracked_all_but_deletions_is_seen_all_the_same() -> None:
    found = list(run(lambda: DynamicsRig(prepare=untracked), about("Pages and cursors", "What changes")))
    # without tracking, only a full pull shows what is gone
    failed = {one.check.id for one in found if one.state == "failed"}
    assert failed == {"a_deletion_is_told_as_declared"}, told(found)
    assert {one.check.id for one in found if one.state == "skipped"} == {"what_changed_first_comes_first"}


@pytest.mark.slow
def test_with_a_column_for_keys_every_action_is_done_once_too() -> None:
    found = list(run(lambda: DynamicsRig({"marker_column": "new_keys"}), about("Actions")))
    assert [one for one in found if one.state != "passed"] == [], told(found)


def about(*parts: str) -> list[str]:
    return [check.id for check in checks() if check.about in parts]
