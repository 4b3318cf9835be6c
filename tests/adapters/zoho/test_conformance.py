"""The adapter of Zoho does what the contract asks, on a fake by the vendor's documentation."""

from __future__ import annotations

import pytest

from dealgate.sync.conformance import Result, checks, run

from .rig import ZohoRig

SKIPPED = {
    "an_action_that_is_not_declared_is_refused": "the adapter declares every action",
    "a_cursor_that_has_expired_is_told":
        "the rig does not make this fault: the CRM does not know the cursor any more",
    "without_webhooks_every_one_is_refused": "the adapter declares webhooks",
    **dict.fromkeys(
        (
            "a_genuine_webhook_names_its_records", "a_forged_webhook_is_refused", "a_webhook_from_long_ago_is_refused",
            "a_webhook_that_comes_again_has_the_id_that_it_had", "a_later_webhook_has_another_id",
        ),
        "Zoho signs no body: it sends a word back, which test_webhook.py tries",
    ),
}  # fmt: skip


@pytest.mark.parametrize("check", [one.id for one in checks()])
def test_what_the_contract_asks_is_true(check: str) -> None:
    (result,) = run(ZohoRig, [check])
    _right(result)


@pytest.mark.parametrize(
    "check",
    [
        "every_move_is_in_the_history", "the_history_tells_when", "the_history_tells_who",
        "a_move_comes_with_the_next_pull_of_the_history", "pages_of_any_size_give_the_same_records",
        "after_nothing_changed_nothing_comes",
    ],
)  # fmt: skip
def test_the_history_read_deal_by_deal_says_the_same(check: str) -> None:
    (result,) = run(lambda: ZohoRig(stage_history="deals"), [check])
    _right(result)


def _right(result: Result) -> None:
    told = f"expected {result.expected}, came {result.came}: {result.mend}"
    assert result.state != "failed", told
    if result.state == "skipped":
        assert SKIPPED.get(result.check.id) == result.reason
