"""What a move checks, and what it comes to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dealgate.decide.gate import Decision
from dealgate.decide.playbook import Playbook
from dealgate.model.diagnostics import WrongUsage

from .house import NEED, TODAY, deal, playbook


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Playbook:
    return playbook(tmp_path_factory.mktemp("rules"))


def move(small: Playbook, to: str, reason: str = "", **changes: Any) -> Decision:
    return small.gate(deal(**changes), to, as_of=TODAY, reason=reason)


def checked(decision: Decision) -> set[str]:
    return {v.criterion.id for v in decision.verdicts}


def test_a_step_forward_checks_the_exits_of_the_stage_left_and_the_entry_of_the_target(small: Playbook) -> None:
    decision = move(small, "second")
    assert decision.outcome == "allow"
    assert checked(decision) == {"first.has-need", "first.nice", "second.dated"}


def test_what_stays_is_judged_again_in_every_later_stage(small: Playbook) -> None:
    assert "first.has-need" in checked(move(small, "third", stage="second"))
    assert "first.nice" not in checked(move(small, "third", stage="second"))
    assert "first.has-need" in checked(move(small, "won", stage="third", signed_on=TODAY))


def test_a_skip_checks_the_exits_of_the_stages_skipped_and_asks_what_the_process_says(small: Playbook) -> None:
    decision = move(small, "third")
    assert {"second.sized", "second.watched"} <= checked(decision)
    assert [rule.kind for rule in decision.rules] == ["skip"]
    assert decision.outcome == "needs_approval"


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, "allow"),
        ({"next_step": ...}, "warn"),
        ({"evidence": []}, "block"),
        ({"evidence": ...}, "block"),
        ({"evidence": [{**NEED, "level": 1}]}, "block"),
        ({"close_date": ...}, "block"),
        ({"close_date": ..., "next_step": ...}, "block"),
    ],
)
def test_the_hardest_criterion_not_met_decides(small: Playbook, changes: dict[str, Any], outcome: str) -> None:
    assert move(small, "second", **changes).outcome == outcome


@pytest.mark.parametrize("amount", [0, ...])
def test_an_approve_criterion_holds_when_unknown_as_when_unmet(small: Playbook, amount: object) -> None:
    assert move(small, "third", stage="second", amount=amount).outcome == "needs_approval"


def test_observe_never_changes_a_decision(small: Playbook) -> None:
    decision = move(small, "third", stage="second", competitor=...)
    assert decision.outcome == "allow"
    assert [v.criterion.id for v in decision.verdicts if v.status == "unmet"] == ["second.watched"]


def test_a_step_back_asks_for_a_reason_and_checks_nothing(small: Playbook) -> None:
    assert move(small, "first", stage="second").outcome == "warn"
    assert move(small, "first", stage="second", reason="The need was not real").outcome == "allow"
    assert not move(small, "first", stage="second").verdicts


def test_lost_checks_only_what_lost_requires(small: Playbook) -> None:
    assert checked(move(small, "lost")) == {"lost.why"}
    assert move(small, "lost").outcome == "block"
    assert move(small, "lost", outcome_reason="price").outcome == "allow"


def test_won_checks_every_later_open_stage_and_what_won_requires(small: Playbook) -> None:
    decision = move(small, "won")
    assert checked(decision) == {
        "first.has-need", "first.nice", "second.sized", "second.watched", "third.terms", "won.signed",
    }  # fmt: skip
    assert decision.outcome == "block"
    assert move(small, "won", signed_on=TODAY).outcome == "allow"


def test_a_stage_after_won_is_reached_by_winning(small: Playbook) -> None:
    assert "won.signed" in checked(move(small, "after", stage="third"))
    assert checked(move(small, "after", stage="third", status="won")) == set()


@pytest.mark.parametrize(
    ("closed_on", "outcome"),
    [
        ("2026-11-01", "needs_approval"),
        ("2026-08-25", "needs_approval"),
        ("2026-08-24", "block"),
        (..., "needs_approval"),
    ],
)
def test_a_lost_deal_is_opened_again_only_within_its_days(small: Playbook, closed_on: object, outcome: str) -> None:
    decision = move(small, "first", status="lost", closed_on=closed_on)
    assert decision.outcome == outcome
    assert decision.rules[0].kind == "reopen"


def test_a_deal_without_a_stage_must_meet_all_before_the_target(small: Playbook) -> None:
    decision = move(small, "third", stage=...)
    assert {"first.nice", "second.sized"} <= checked(decision)
    assert decision.origin is None


def test_a_move_to_the_stage_it_stands_in_is_no_move(small: Playbook) -> None:
    assert move(small, "first").outcome == "allow"


def test_a_target_that_is_none_is_refused_by_name(small: Playbook) -> None:
    with pytest.raises(WrongUsage, match="DG702") as refused:
        move(small, "fourth")
    assert "third" in str(refused.value.diagnostics[0].suggestion)


def test_a_lead_that_becomes_an_opportunity_is_stamped_with_who_when_and_which_version(small: Playbook) -> None:
    decision = small.gate({"id": "L1", "accepted": True}, "opportunity", as_of=TODAY, by="Dana")
    assert decision.outcome == "allow"
    assert decision.stamp is not None
    assert (decision.stamp.by, decision.stamp.playbook) == ("Dana", "small@1.0.0")
    assert decision.stamp.at.date() == TODAY
    assert decision.stamp.digest == small.digest


@pytest.mark.parametrize("accepted", [False, ...])
def test_a_lead_that_may_not_is_not_stamped(small: Playbook, accepted: object) -> None:
    record = {"id": "L1"} if accepted is ... else {"id": "L1", "accepted": accepted}
    decision = small.gate(record, "opportunity", as_of=TODAY)
    assert decision.outcome == "block"
    assert decision.stamp is None


def test_an_approved_override_waives_and_the_move_goes_through(small: Playbook) -> None:
    override = {"criterion": "first.has-need", "requester": "Rep", "approver": "Boss", "approved_on": "2026-11-20"}
    assert move(small, "second", evidence=[], overrides=[override]).outcome == "allow"


@pytest.mark.parametrize(
    "change",
    [
        {"approved_on": "2026-11-08"},
        {"approver": "rep"}, {"approver": ""}, {"approved_on": "2026-11-24"}, {"expires": "2026-11-22"},
        {"revoked_on": "2026-11-23"}, {"criterion": "first.nice"},
    ],
)  # fmt: skip
def test_an_override_that_does_not_hold_waives_nothing(small: Playbook, change: dict[str, str]) -> None:
    override = {"criterion": "first.has-need", "requester": "Rep", "approver": "Boss", "approved_on": "2026-11-20"}
    assert move(small, "second", evidence=[], overrides=[{**override, **change}]).outcome == "block"


def test_a_waived_criterion_that_is_met_stays_met(small: Playbook) -> None:
    override = {"criterion": "first.has-need", "requester": "Rep", "approver": "Boss", "approved_on": "2026-11-20"}
    statuses = {v.criterion.id: v.status for v in move(small, "second", overrides=[override]).verdicts}
    assert statuses["first.has-need"] == "met"


@pytest.mark.parametrize(
    ("in_flight", "entered", "at_rest", "moving"),
    [
        ("grandfather", "2026-10-01", "not_applicable", "not_applicable"),
        ("next_move", "2026-10-01", "not_applicable", "unmet"),
        ("immediate", "2026-10-01", "unmet", "unmet"),
        ("grandfather", "2026-11-05", "unmet", "unmet"),
        ("grandfather", None, "unmet", "unmet"),
    ],
)
def test_a_new_criterion_binds_deals_in_flight_as_it_says(
    tmp_path: Path, in_flight: str, entered: str | None, at_rest: str, moving: str
) -> None:
    small = playbook(tmp_path, since=f"since: 2026-11-01, in_flight: {in_flight}")
    record = deal(stage="third", terms=..., signed_on=TODAY)
    if entered:
        record["visits"] = [{"stage": "third", "entered": entered}]
    resting = {v.criterion.id: v.status for v in small.evaluate(record, as_of=TODAY)}
    decided = {v.criterion.id: v.status for v in small.gate(record, "won", as_of=TODAY).verdicts}
    assert (resting["third.terms"], decided["third.terms"]) == (at_rest, moving)


def test_a_criterion_not_yet_in_force_binds_nobody(tmp_path: Path) -> None:
    small = playbook(tmp_path, since="since: 2027-01-01, in_flight: grandfather")
    statuses = {v.criterion.id: v.status for v in small.evaluate(deal(stage="third", terms=...), as_of=TODAY)}
    assert statuses["third.terms"] == "not_applicable"
