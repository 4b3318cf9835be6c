"""Planning: what follows from the rules, only what differs, and no more than is allowed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests.sync.enforcing import EVERYTHING, FIELDS, PROCESS, Office, office

from dealgate.model.diagnostics import DealgateError
from dealgate.ports import MoveStage
from dealgate.sync.actions import Plan
from dealgate.sync.allowed import Allowed
from dealgate.sync.plan import LONGEST, _listed, same


@pytest.fixture
def home(tmp_path: Path) -> Office:
    """Three deals in prospecting, read once."""
    made = office(tmp_path)
    for n in range(3):
        made.crm.tick()
        made.crm.deal(f"d{n}", "prospecting", Name=f"Deal {n}", Owner="Ada", Topic="Costs")
    made.sync()
    return made


def moved(home: Office, deal: str, *stages: str, by: str = "the API", **fields: object) -> None:
    for stage in stages:
        home.crm.tick(hours=1)
        home.crm.deal(deal, stage, by=by, **fields)
    home.crm.tick(minutes=1)
    home.sync()
    home.crm.tick(minutes=1)


def kinds(plan: Plan, deal: str) -> list[tuple[str, str]]:
    return [(a.kind, a.target) for a in plan.actions if a.deal == deal]


def then(plan: Plan) -> list[tuple[str, str, str]]:
    return [(leak.deal, leak.then, leak.why) for leak in plan.leaks]


# ------------------------------------------------ what is planned


def test_a_move_past_a_gate_is_planned_to_be_moved_back_with_who_and_through_what(home: Office) -> None:
    moved(home, "d0", "qualification")
    home.crm.tick(hours=1)
    home.crm.deal("d0", "proposal", by="Zed")
    list(home.crm.streams["stage_changes"].values())[-1].data["Channel"] = "api"
    home.sync()
    plan = home.plan()
    (move,) = [a for a in plan.actions if a.kind == "move_stage"]
    assert (move.deal, move.origin, move.to) == ("d0", "proposal", "qualification")
    assert (move.expect_stage, move.to_stage, move.visit) == ("proposal", "qualification", "proposal#1")
    assert move.expect_version == home.crm.record_version("d0")
    assert [one["id"] for one in move.criteria] == ["qualification.amount-known", "qualification.approved"]
    assert move.criteria[0]["where"].endswith("small.yaml:21")
    (leak,) = plan.leaks
    assert (leak.by, leak.channel, leak.decision, leak.then) == ("Zed", "api", "block", "revert")


def test_what_is_planned_beside_a_move_back_is_about_the_deal_as_it_will_stand(home: Office) -> None:
    moved(home, "d0", "qualification", "proposal")
    plan = home.plan()
    assert kinds(plan, "d0") == [
        ("move_stage", "qualification"),
        ("set_fields", "readiness, state, missing"),
        ("create_task", "qualification.amount-known"),
        ("create_task", "qualification.approved"),
        ("note", "qualification.step-known"),
    ]
    (fields,) = [a for a in plan.actions if a.deal == "d0" and a.kind == "set_fields"]
    assert {c.field: (c.before, c.after) for c in fields.changes} == {
        "readiness": (None, 0),
        "state": (None, "blocked"),
        "missing": (None, "The amount is known; The discount is approved; The next step is known"),
    }
    assert {a.visit for a in plan.actions if a.deal == "d0" and a.kind != "move_stage"} == {"qualification#2"}


def test_a_criterion_that_is_only_observed_leads_to_nothing(home: Office) -> None:
    moved(home, "d0", "qualification")
    plan = home.plan()
    assert "qualification.seen" not in {target for _, target in kinds(plan, "d0")}
    (fields,) = [a for a in plan.actions if a.deal == "d0" and a.kind == "set_fields"]
    assert "looked" not in str({c.field: c.after for c in fields.changes}["missing"])


def test_an_approval_is_asked_for_and_its_move_is_not_taken_back(home: Office) -> None:
    moved(home, "d0", "qualification", "proposal", Next="Call", Amount=1000)
    plan = home.plan()
    assert ("create_task", "qualification.approved") in kinds(plan, "d0")
    (task,) = [a for a in plan.actions if a.target == "qualification.approved"]
    assert task.subject == "Ask for approval: The discount is approved"
    assert task.assignee == "Ada"
    assert task.body is not None and "through" not in task.body and "by the API" in task.body
    assert ("move_stage", "qualification") not in kinds(plan, "d0")
    assert then(plan) == [("d0", "told", "approvals are asked for, not enforced")]


def test_what_has_been_mended_since_a_move_is_no_leak(home: Office) -> None:
    moved(home, "d0", "qualification", "proposal", Approved="true", Next="Call")
    home.crm.deal("d0", "proposal", Amount=900)
    home.crm.tick(minutes=1)
    home.sync()
    assert then(home.plan()) == []


def test_what_happened_before_the_source_was_first_read_is_left_alone(tmp_path: Path) -> None:
    home = office(tmp_path)
    home.crm.deal("d0", "qualification", Name="Old")
    moved(home, "d0", "proposal")
    assert then(home.plan()) == []
    since = Allowed(FIELDS, reverts=True, since=date(2026, 11, 1))
    home.allowed = since
    assert [t for _, t, _ in then(home.plan(every=True))] == ["revert"]


def test_a_deal_that_is_grandfathered_is_left_alone(tmp_path: Path) -> None:
    newer = PROCESS.replace(
        "check: {field: amount, filled: true}\n",
        "check: {field: amount, filled: true}\n        since: 2026-11-02\n        in_flight: grandfather\n",
    ).replace("enforce: approve\n", "enforce: warn\n")
    home = office(tmp_path, process=newer)
    home.crm.deal("d0", "qualification", Name="Old")
    home.sync()
    home.crm.tick(days=4)
    moved(home, "d0", "qualification")  # entered before the criterion came
    moved(home, "d0", "proposal")
    plan = home.plan()
    assert then(plan) == []
    assert "qualification.amount-known" not in {target for _, target in kinds(plan, "d0")}


def test_a_deal_that_was_closed_is_left_to_the_manager(home: Office) -> None:
    moved(home, "d0", "close", Status="won")
    plan = home.plan()
    assert ("d0", "manager", "a deal that was closed is not moved by itself") in then(plan)
    assert not [a for a in plan.actions if a.kind == "move_stage"]


def test_a_step_back_that_the_process_blocks_leaks_too(home: Office) -> None:
    moved(home, "d0", "qualification")
    moved(home, "d0", "prospecting", by="Ben")
    plan = home.plan()
    assert then(plan) == [("d0", "revert", "it is moved back")]
    (leak,) = plan.leaks
    assert (leak.origin, leak.to, leak.rules) == ("qualification", "prospecting", ("The move goes back.",))


# ------------------------------------------------ what is allowed


def test_nothing_is_planned_where_nothing_is_switched_on(home: Office) -> None:
    moved(home, "d0", "qualification", "proposal")
    home.allowed = Allowed()
    plan = home.plan()
    assert plan.actions == ()
    assert then(plan) == [("d0", "told", "reverts are off")]


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [
        ("observe", set()),
        ("warn", {"set_fields", "note"}),
        ("approve", {"set_fields", "create_task"}),
        ("block", {"set_fields", "note", "create_task", "move_stage"}),
    ],
)
def test_no_criterion_is_enforced_harder_than_the_mode(home: Office, mode: str, wanted: set[str]) -> None:
    moved(home, "d0", "qualification", "proposal")
    home.allowed = Allowed(FIELDS, tasks="all", notes=True, reverts=True, mode=mode)
    assert {kind for kind, _ in kinds(home.plan(), "d0")} == wanted


def test_tasks_of_leaked_moves_alone(home: Office) -> None:
    moved(home, "d1", "qualification")
    moved(home, "d0", "qualification", "proposal")
    home.allowed = Allowed(tasks="leaked", notes=False)
    plan = home.plan()
    assert kinds(plan, "d1") == []
    assert [t for k, t in kinds(plan, "d0") if k == "create_task"] == [
        "qualification.amount-known",
        "qualification.approved",
    ]


def test_what_the_adapter_cannot_do_is_left_out_and_counted(home: Office) -> None:
    moved(home, "d0", "qualification")
    plan = home.plan(able=("set_fields",))
    assert {a.kind for a in plan.actions} == {"set_fields"}
    assert plan.unable == {"create_task": 2, "note": 1}


def test_a_move_is_not_planned_where_the_stage_of_the_crm_is_not_sure(home: Office) -> None:
    from dealgate.ports import PipelineInfo, StageInfo
    from dealgate.sync.crm_stages import CrmStages

    twice = tuple(StageInfo(ident, "Qualification") for ident in ("q1", "q2"))
    stages = CrmStages([PipelineInfo("p", "P", (*twice, StageInfo("proposal", "Proposal")))], home.mapping)
    assert stages.here("proposal") is not None
    assert stages.back("qualification", "proposal") is None
    assert stages.back("proposal", "nowhere") is None


# ------------------------------------------------ only what differs


def test_planning_again_after_applying_gives_an_empty_plan(home: Office) -> None:
    moved(home, "d0", "qualification", "proposal")
    done = home.apply(home.plan())
    assert {one.outcome for one in done.results} == {"done"}
    assert home.apply(home.plan()).results == []
    for every in (False, True):
        again = home.round(every=every)
        assert again.plan.actions == ()
        assert again.plan.leaks == ()


def test_a_deal_that_nobody_changed_is_not_looked_at_again(home: Office) -> None:
    home.apply(home.plan())
    home.round()
    moved(home, "d1", "qualification")
    plan = home.plan()
    assert (plan.scope, plan.looked_at, {a.deal for a in plan.actions}) == ("changed", 1, {"d1"})


def test_another_playbook_has_every_deal_looked_at(home: Office) -> None:
    home.round()
    home.round()
    assert home.plan().scope == "changed"
    text = home.folder / "small.yaml"
    text.write_text(PROCESS.replace("version: 1.0.0", "version: 1.1.0"), "utf-8")
    import dealgate

    home.playbook = dealgate.load(text)
    assert (home.plan().scope, home.plan().looked_at) == ("all", 3)


def test_a_field_comes_back_to_a_value_that_it_had_before(home: Office) -> None:
    def field() -> object:
        return home.crm.live("deals")["d0"].data.get("Readiness")

    for topic, wanted in ((None, 0), ("Costs", 100), (None, 0), ("Costs", 100)):
        home.crm.tick(minutes=1)
        home.crm.deal("d0", "prospecting", Topic=topic)
        home.round()
        assert field() == wanted


def test_a_task_is_made_once_in_a_stay_and_again_in_the_next(home: Office) -> None:
    home.allowed = Allowed(tasks="all")
    moved(home, "d0", "qualification", Approved="true")
    home.round()
    assert home.round(every=True).plan.actions == ()
    moved(home, "d0", "prospecting", "qualification")
    assert kinds(home.plan(), "d0") == [("create_task", "qualification.amount-known")]
    assert home.plans[-1].actions[0].visit == "qualification#2"


def test_other_words_of_a_criterion_make_no_new_task_and_another_meaning_does(home: Office) -> None:
    import dealgate

    home.allowed = Allowed(tasks="all")
    moved(home, "d0", "qualification", Approved="true")
    home.round()
    text = home.folder / "small.yaml"
    text.write_text(PROCESS.replace("The amount is known", "We know the amount"), "utf-8")
    home.playbook = dealgate.load(text)
    assert home.plan().actions == ()
    text.write_text(PROCESS.replace("{field: amount, filled: true}", "{field: amount, at_least: 500}"), "utf-8")
    home.playbook = dealgate.load(text)
    assert kinds(home.plan(), "d0") == [("create_task", "qualification.amount-known")]


# ------------------------------------------------ against a person's will


def test_a_move_through_the_api_is_reverted_once_and_then_left_to_the_manager(home: Office) -> None:
    moved(home, "d0", "qualification", "proposal")
    home.round()
    assert home.crm.live("deals")["d0"].data["Stage"] == "qualification"
    moved(home, "d0", "proposal", by="the API")
    again = home.round()
    assert then(again.plan) == [("d0", "manager", "it was reverted once before")]
    assert home.crm.live("deals")["d0"].data["Stage"] == "proposal"
    assert sum(isinstance(one, MoveStage) for one in home.crm.writes) == 1


@pytest.mark.parametrize("cap", [0, 2])
def test_how_often_a_deal_is_moved_back_is_the_settings(home: Office, cap: int) -> None:
    home.allowed = Allowed(reverts=True, reverts_per_deal=cap)
    moved(home, "d0", "qualification")
    for _ in range(3):
        moved(home, "d0", "proposal")
        home.round()
    assert sum(isinstance(one, MoveStage) for one in home.crm.writes) == cap


def test_a_person_who_moves_it_back_needs_no_revert(home: Office) -> None:
    home.allowed = Allowed(reverts=True)
    moved(home, "d0", "qualification")
    moved(home, "d0", "proposal", "qualification")
    leaks = home.plan().leaks
    assert [(leak.origin, leak.to) for leak in leaks] == [("proposal", "qualification")], "going back is blocked here"


def test_our_own_writes_do_not_make_a_deal_changed_by_others(home: Office) -> None:
    moved(home, "d0", "qualification", "proposal")
    done = home.apply(home.plan())
    assert [one.outcome for one in done.results if one.action.deal == "d0"] == ["done"] * 5
    again = home.round()
    assert again.plan.scope == "changed"
    assert again.plan.actions == ()
    assert again.plan.leaks == (), "our step back is not past the gate, though going back is blocked"


# ------------------------------------------------ small parts


def test_a_list_that_does_not_fit_into_a_field_says_how_many_are_left_out() -> None:
    texts = [f"Criterion {n} is met as it should be" for n in range(20)]
    told = _listed(texts) or ""
    assert len(told) <= LONGEST
    assert told.endswith(f"and {20 - told.count('Criterion')} more")
    assert _listed([]) is None
    assert len(_listed(["x" * 999]) or "") == LONGEST


@pytest.mark.parametrize(
    ("held", "wanted", "answer"),
    [("50.0", 50, True), (None, None, True), ("", None, True), ("50", 51, False), (None, 0, False), ("a", "b", False)],
)
def test_a_value_is_the_same_however_the_crm_writes_it(held: object, wanted: object, answer: bool) -> None:
    assert same(held, wanted) is answer


def test_a_source_that_was_never_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DealgateError, match="DG981"):
        office(tmp_path).plan()


def test_everything_is_what_the_tests_switch_on() -> None:
    assert EVERYTHING.reverts and EVERYTHING.notes and EVERYTHING.tasks == "all"
