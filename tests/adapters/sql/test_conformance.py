"""The adapter of databases passes the suite that every adapter passes, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

from dealgate.sync.conformance import checks, run

from .base import Database
from .rig import PostgresRig, SqlRig

pytestmark = pytest.mark.slow

NO_FIELD = "the rig names no field that may be written"
NO_FAULT = "the rig does not make this fault: "
NO_WEBHOOK = "the adapter declares no webhooks"
UNNAMED = "the rig names no secret of six characters or more"
SKIPPED = {
    # the tables are the client's: they are read and never written, and the stage is in them
    "describe_lists_the_fields_that_can_be_written": NO_FIELD,
    "an_action_that_is_repeated_undoes_nothing": "the adapter writes no fields",
    "a_move_from_another_stage_is_a_conflict": "the adapter does not declare `move_stage`",
    "a_write_on_a_changed_deal_is_a_conflict": "the adapter writes neither fields nor stages",
    "a_write_leaves_all_else_as_it_is": "the rig names one field only that may be written",
    "an_outcome_tells_the_new_version": NO_FIELD,
    "a_refusal_is_told_in_the_crms_words": "the rig has no rule of the CRM to show",
    "rows_stand_alone": "the adapter does not declare `move_stage`",
    # a loader's table says when a row was loaded, and seldom who wrote it
    "the_history_tells_who": "the adapter does not declare that it knows who made a change",
    # a database counts no requests, has no tokens, and a place in a table is never forgotten
    "a_throttled_pull_tells_when_to_come_again": (
        f"{NO_FAULT}too many requests, and the CRM says when it lets us in again: in an hour"
    ),
    "a_throttled_pull_without_a_time_loses_nothing": (
        f"{NO_FAULT}too many requests, and the CRM does not say until when"
    ),
    "a_throttled_write_tells_when_to_come_again": (
        f"{NO_FAULT}too many requests, and the CRM says when it lets us in again: in an hour"
    ),
    "a_token_that_expires_loses_nothing": (
        f"{NO_FAULT}the token that the adapter uses has expired; until `heal`, if it is one that a person has to renew"
    ),
    "a_cursor_that_has_expired_is_told": f"{NO_FAULT}the CRM does not know the cursor any more",
    "an_answer_that_never_ends_is_left": f"{NO_FAULT}the CRM begins to answer and never ends",
    "an_answer_without_end_is_left": f"{NO_FAULT}the CRM answers without end",
    "a_genuine_webhook_names_its_records": NO_WEBHOOK,
    "a_forged_webhook_is_refused": NO_WEBHOOK,
    "a_webhook_from_long_ago_is_refused": NO_WEBHOOK,
    "a_webhook_that_comes_again_has_the_id_that_it_had": NO_WEBHOOK,
    "a_later_webhook_has_another_id": NO_WEBHOOK,
}
NO_PASSWORD = dict.fromkeys(
    ("no_trouble_holds_a_secret", "no_record_and_no_cursor_holds_a_secret", "no_secret_is_logged"), UNNAMED
)
"""Of SQLite, whose address holds none."""


@pytest.mark.parametrize("check", [check.id for check in checks()])
def test_the_adapter_does_what_the_contract_asks(check: str, db: Database) -> None:
    rig, skipped = (SqlRig, SKIPPED | NO_PASSWORD) if db.sqlite else (PostgresRig, SKIPPED)
    [found] = run(lambda: rig(db), [check])
    told = f"expected {found.expected}, came {found.came}"
    assert (found.state, found.reason) == (("skipped", skipped[check]) if check in skipped else ("passed", "")), told
