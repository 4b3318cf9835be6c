"""Applying: exactly the plan, once, never over what a person did meanwhile; and what it refuses."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.fakes.crm import FakeAdapter, Faults, Killed
from tests.sync.enforcing import EVERYTHING, Office, office

from dealgate.documents.workspace import ConfiguredSource
from dealgate.model.diagnostics import DealgateError
from dealgate.model.override import OverrideRequest, Step
from dealgate.ports import Action, CreateTask, MoveStage, Outcome, Record, Reference, SetFields, Trouble
from dealgate.sync.actions import Plan, plain_plan, read_plan
from dealgate.sync.allowed import Allowed, allowed_of
from dealgate.sync.apply import Applied, refuse


@pytest.fixture
def home(tmp_path: Path) -> Office:
    """Two deals: one went past a gate that blocks, the other stands where it should; both were read since."""
    made = office(tmp_path)
    for n in range(2):
        made.crm.tick()
        made.crm.deal(f"d{n}", "qualification", Name=f"Deal {n}", Owner="Ada", Approved="true", Next="Call")
    made.sync()
    made.crm.tick(hours=1)
    made.crm.deal("d0", "proposal", by="the API")
    made.crm.tick(minutes=1)
    made.sync()
    made.crm.tick(minutes=1)
    return made


def outcomes(done: Applied, deal: str | None = None) -> list[tuple[str, str]]:
    return [(one.action.kind, one.outcome) for one in done.results if deal in (None, one.action.deal)]


def stage(home: Office, deal: str) -> Any:
    return home.crm.live("deals")[deal].data["Stage"]


class Answering(FakeAdapter):
    """Answers some kinds of action in its own way."""

    def __init__(self, home: Office, answer: Callable[[Action], Outcome | None]) -> None:
        super().__init__(home.crm)
        self.answer = answer

    def apply(self, action: Action) -> Outcome:
        self.crm.requests += 1
        return self.answer(action) or self.outcome(action)


# ------------------------------------------------ exactly the plan


def test_a_plan_is_done_as_it_stands(home: Office) -> None:
    plan = home.plan()
    done = home.apply(plan)
    assert outcomes(done) == [
        ("move_stage", "done"), ("set_fields", "done"), ("create_task", "done"),
        ("set_fields", "done"), ("create_task", "done"),
    ]  # fmt: skip
    assert [action.key for action in home.crm.writes] == [action.key for action in plan.actions]
    assert stage(home, "d0") == "qualification"
    deal = home.crm.live("deals")["d1"].data
    assert (deal["Readiness"], deal["Gate"], deal["Missing"]) == (50, "blocked", "The amount is known")
    (task, _) = [one for one in home.crm.writes if isinstance(one, CreateTask)]
    assert (task.deal, task.subject, task.owner) == ("d0", "The amount is known", "Ada")
    assert "The deal was moved from Qualification to Proposal on 2026-11-01 09:00 UTC by the API." in task.body


def test_the_same_plan_again_does_nothing(home: Office) -> None:
    plan = home.plan()
    home.apply(plan)
    requests = home.crm.requests
    again = home.apply(plan)
    assert {one.outcome for one in again.results} == {"already"}
    assert (again.writes, home.crm.requests) == (0, requests)


def test_every_deal_is_read_before_it_is_written_to(home: Office) -> None:
    seen: list[str] = []

    class Watched(FakeAdapter):
        def fetch(self, refs: Sequence[Reference]) -> list[Record]:
            seen.extend(f"read {ref.id}" for ref in refs)
            return super().fetch(refs)

        def apply(self, action: Action) -> Outcome:
            seen.append(f"{type(action).__name__} {action.deal}")
            return super().apply(action)

    home.apply(home.plan(), Watched(home.crm))
    assert seen == [
        "read d0", "MoveStage d0", "read d0", "SetFields d0", "CreateTask d0",
        "read d1", "SetFields d1", "CreateTask d1",
    ]  # fmt: skip


def test_each_write_is_conditional_on_the_version_that_was_planned_or_that_we_left(home: Office) -> None:
    plan = home.plan()
    versions = {}

    def watch(action: Action) -> None:
        if isinstance(action, (SetFields, MoveStage)):
            versions[type(action).__name__, action.deal] = action.expect_version
            assert action.expect_version == home.crm.record_version(action.deal)
        home.crm.tick()

    home.apply(plan, Answering(home, watch))
    assert versions["MoveStage", "d0"] == plan.actions[0].expect_version
    assert versions["SetFields", "d0"] != plan.actions[1].expect_version
    assert None not in versions.values()


# ------------------------------------------------ a person's change


def test_a_person_who_moves_the_deal_between_plan_and_apply_is_not_overruled(home: Office) -> None:
    plan = home.plan()
    home.crm.deal("d0", "close", by="Ben", Amount=77)
    before = dict(home.crm.live("deals")["d0"].data)
    done = home.apply(plan)
    assert outcomes(done, "d0") == [("move_stage", "conflict"), ("set_fields", "conflict"), ("create_task", "conflict")]
    assert outcomes(done, "d1") == [("set_fields", "done"), ("create_task", "done")]
    assert done.results[0].text == "the deal was changed since the plan was made"
    assert home.crm.live("deals")["d0"].data == before
    again = home.apply(plan)
    assert {outcome for _, outcome in outcomes(again, "d0")} == {"conflict"}
    assert home.crm.live("deals")["d0"].data == before
    assert [a.deal for a in home.round().plan.actions if a.deal == "d0"], "the next plan looks at it again"


def test_a_person_who_comes_between_our_look_and_our_write_is_not_overruled(home: Office) -> None:
    plan = home.plan()

    class Late(FakeAdapter):
        def fetch(self, refs: Sequence[Reference]) -> list[Record]:
            found = super().fetch(refs)
            self.crm.tick()
            self.crm.deal("d0", "close", by="Ben")
            return found

    done = home.apply(plan, Late(home.crm))
    assert {outcome for _, outcome in outcomes(done, "d0")} == {"conflict"}
    assert stage(home, "d0") == "close"


def test_a_person_who_comes_between_two_of_our_writes_is_not_overruled(home: Office) -> None:
    plan = home.plan()

    def between(action: Action) -> None:
        if isinstance(action, SetFields) and action.deal == "d0":
            home.crm.tick()
            home.crm.deal("d0", "close", by="Ben")

    done = home.apply(plan, Answering(home, between))
    assert outcomes(done, "d0") == [("move_stage", "done"), ("set_fields", "conflict"), ("create_task", "conflict")]
    assert stage(home, "d0") == "close"


def test_a_field_of_ours_that_somebody_filled_is_not_overwritten_where_there_are_no_versions(home: Office) -> None:
    plan = home.plan()
    bare = replace(plan, actions=tuple(replace(a, expect_version=None) for a in plan.actions))
    home.crm.live("deals")["d1"].data["Readiness"] = 3
    done = home.apply(bare)
    assert outcomes(done, "d1") == [("set_fields", "conflict"), ("create_task", "conflict")]
    assert "`Readiness` was changed" in done.results[-1].text
    assert home.crm.live("deals")["d1"].data["Readiness"] == 3


def test_a_deal_that_is_gone_is_a_conflict(home: Office) -> None:
    plan = home.plan()
    home.crm.delete("d1")
    done = home.apply(plan)
    assert [(one.outcome, one.text) for one in done.results if one.action.deal == "d1"] == [
        ("conflict", "the deal is gone")
    ] * 2


# ------------------------------------------------ what the CRM refuses


@pytest.mark.parametrize("kind", ["rejected", "forbidden"])
def test_what_the_crm_refuses_is_told_in_its_words_and_tried_again_the_next_time(home: Office, kind: str) -> None:
    plan = home.plan()
    told = Outcome(kind, "FIELD_LOCKED", "Readiness is locked by the administrator.")
    done = home.apply(plan, Answering(home, lambda a: told if isinstance(a, SetFields) else None))
    assert [(one.outcome, one.text) for one in done.refused] == [
        (kind, "FIELD_LOCKED: Readiness is locked by the administrator.")
    ] * 2
    assert outcomes(done, "d1") == [("set_fields", kind), ("create_task", "done")]
    again = home.apply(plan)
    assert outcomes(again) == [
        ("move_stage", "already"), ("set_fields", "done"), ("create_task", "already"),
        ("set_fields", "done"), ("create_task", "already"),
    ]  # fmt: skip


def test_where_a_move_is_refused_nothing_is_written_that_rests_on_it(home: Office) -> None:
    told = Outcome("rejected", "no-button", "No button.")
    done = home.apply(home.plan(), Answering(home, lambda a: told if isinstance(a, MoveStage) else None))
    assert outcomes(done, "d0") == [("move_stage", "rejected"), ("set_fields", "conflict"), ("create_task", "conflict")]
    assert "Readiness" not in home.crm.live("deals")["d0"].data


def test_a_deal_whose_write_failed_is_looked_at_again_though_nobody_changed_it(home: Office) -> None:
    told = Outcome("forbidden", "", "No.")
    home.apply(home.plan(), Answering(home, lambda a: told if a.deal == "d1" else None))
    home.round()
    assert home.plans[-1].scope == "changed"
    assert home.crm.live("deals")["d1"].data["Readiness"] == 50


# ------------------------------------------------ limits and waits


def test_a_run_makes_no_more_writes_than_the_limit_and_the_next_goes_on(home: Office) -> None:
    plan = home.plan()
    for n, more in ((2, True), (2, True), (2, False)):
        done = home.apply(plan, at_most=2)
        assert (done.writes, bool(done.stopped)) == (n if more else 1, more)
        assert (home.store.outbox("crm").last() is None) is more
    assert len(home.crm.writes) == 5
    assert [one.outcome for one in done.results] == ["already"] * 4 + ["done"]
    assert home.apply(home.plan(), at_most=0).stopped == ""


def test_a_limit_of_none_writes_nothing(home: Office) -> None:
    done = home.apply(home.plan(), at_most=0)
    assert (done.stopped, home.crm.writes) == ("limit", [])


def test_a_crm_that_asks_to_wait_is_not_waited_for_and_told_when_to_come_again(home: Office) -> None:
    plan = home.plan()
    at = home.crm.now + timedelta(minutes=3)
    done = home.apply(plan, Answering(home, lambda a: Outcome("throttled", retry_at=at) if a.deal == "d1" else None))
    assert (done.stopped, done.retry_at) == ("throttled", at)
    assert done.trouble is not None and (done.trouble.kind, done.trouble.retry_at) == ("throttled", at)
    assert outcomes(done, "d1") == [("set_fields", "left"), ("create_task", "left")]
    assert set(home.states().values()) == {"done", "planned"}
    assert outcomes(home.apply(plan), "d1") == [("set_fields", "done"), ("create_task", "done")]


def test_a_crm_that_fails_stops_the_run_with_what_was_asked_unsure(home: Office) -> None:
    plan = home.plan()

    class Broken(FakeAdapter):
        def apply(self, action: Action) -> Outcome:
            self.outcome(action)
            raise Trouble("unreachable", "The CRM did not answer.", "run it again")

    done = home.apply(plan, Broken(home.crm))
    assert done.stopped == "trouble" and done.trouble is not None
    assert list(home.states().values()).count("sent") == 1
    assert len(home.crm.writes) == 1
    again = home.apply(plan)
    assert outcomes(again)[0] == ("move_stage", "already")
    assert len(home.crm.writes) == len(plan.actions)


@pytest.mark.parametrize("kind", ["throttled", "forbidden"])
def test_a_write_that_may_have_been_done_stays_unsure_until_the_crm_lets_us_look(home: Office, kind: str) -> None:
    plan = home.plan()

    class Broken(FakeAdapter):
        def apply(self, action: Action) -> Outcome:
            self.outcome(action)
            raise Trouble("unreachable", "The CRM did not answer.", "run it again")

    home.apply(plan, Broken(home.crm))
    home.apply(plan, Answering(home, lambda a: Outcome(kind) if isinstance(a, MoveStage) else None))
    assert home.states()["d0 move_stage qualification"] == "sent"
    done = home.apply(plan)
    assert outcomes(done, "d0")[0] == ("move_stage", "already")
    assert sum(isinstance(one, MoveStage) for one in home.crm.writes) == 1


# ------------------------------------------------ crashes


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("nth", range(5))
def test_a_process_that_dies_over_any_request_is_gone_on_with_and_does_nothing_twice(
    home: Office, nth: int, after: bool
) -> None:
    plan = home.plan()
    count = iter(range(99))

    def dying(action: Action) -> Outcome | None:
        home.crm.tick()
        if next(count) == nth:
            if after:
                adapter.outcome(action)
            raise Killed
        return None

    adapter = Answering(home, dying)
    with pytest.raises(Killed):
        home.apply(plan, adapter)
    home.store.close()  # a process of its own takes over
    done = home.apply(plan)
    assert {one.outcome for one in done.results} <= {"done", "already"}
    assert [one.key for one in home.crm.writes] == [one.key for one in plan.actions]
    assert home.round().plan.actions == ()
    assert home.store.verify_audit() is None


def test_after_a_crash_a_person_s_change_is_a_conflict_still(home: Office) -> None:
    plan = home.plan()

    def dying(action: Action) -> Outcome | None:
        if isinstance(action, MoveStage):
            raise Killed
        return None

    with pytest.raises(Killed):
        home.apply(plan, Answering(home, dying))
    home.crm.tick()
    home.crm.deal("d0", "close", by="Ben")
    done = home.apply(plan)
    assert {outcome for _, outcome in outcomes(done, "d0")} == {"conflict"}
    assert stage(home, "d0") == "close"


def test_a_write_that_may_have_been_done_is_settled_by_the_next_plan_too(home: Office) -> None:
    def dying(action: Action) -> Outcome | None:
        if isinstance(action, MoveStage):
            raise Killed
        return None

    with pytest.raises(Killed):
        home.apply(home.plan(), Answering(home, dying))
    done = home.apply(home.plan())
    assert outcomes(done, "d0")[0] == ("move_stage", "done"), "the try that may have been one does not count against it"
    assert set(home.states().values()) == {"done"}


def test_what_a_plan_left_is_dropped_once_a_later_one_isoutcome(home: Office) -> None:
    home.apply(home.plan(), at_most=1)
    home.round()
    home.round()
    assert set(home.states().values()) <= {"done", "dropped"}
    assert home.plan().looked_at == 0


# ------------------------------------------------ refusals


def source(tmp_path: Path, **write_back: Any) -> ConfiguredSource:
    return ConfiguredSource("crm", "fake", {"write_back": write_back}, tmp_path)


def test_a_plan_of_another_playbook_is_refused(home: Office) -> None:
    plan = replace(home.plan(), playbook={"id": "small", "version": "0.9.0", "digest": "sha256:0"})
    refused(home, plan, "DG984")


def test_a_plan_for_another_source_is_refused(home: Office) -> None:
    refused(home, replace(home.plan(), source="other"), "DG986")


def test_a_plan_made_under_other_settings_is_refused(home: Office) -> None:
    refused(home, home.plan(), "DG986", replace(EVERYTHING, reverts=False))


def test_a_plan_that_is_too_old_is_refused(home: Office) -> None:
    plan = home.plan()
    home.crm.tick(hours=25)
    refused(home, plan, "DG985")


def test_a_plan_that_looks_at_another_day_is_refused(home: Office) -> None:
    plan = home.plan()
    for days in (-9, 9):
        refused(home, replace(plan, as_of=plan.as_of + timedelta(days=days)), "DG985")


def test_a_plan_of_now_is_not_refused(home: Office) -> None:
    refuse(home.plan(), home.playbook, source(home.folder), EVERYTHING, home.crm.now)


def refused(home: Office, plan: Plan, code: str, allowed: Allowed = EVERYTHING) -> None:
    with pytest.raises(DealgateError, match=code) as caught:
        refuse(plan, home.playbook, source(home.folder), allowed, home.crm.now)
    assert caught.value.exit_status == 1


def test_a_plan_comes_back_from_its_file_as_it_was(home: Office, tmp_path: Path) -> None:
    plan, file = home.plan(), tmp_path / "plan.json"
    file.write_text(json.dumps(plain_plan(plan)), "utf-8")
    back = read_plan(file)
    assert back.hash == plan.hash
    assert (back.actions, back.leaks, back.made_at) == (plan.actions, plan.leaks, plan.made_at)


@pytest.mark.parametrize(
    "edit",
    [
        lambda held: held["actions"].pop(),
        lambda held: held["actions"][0].update(to_stage="close"),
        lambda held: held["allowed"].update(at_most=9_999),
        lambda held: held.update(made_at="2026-11-09T00:00:00+00:00"),
        lambda held: held["actions"][0].update(more=1),
    ],
)
def test_a_plan_that_was_edited_is_refused(home: Office, tmp_path: Path, edit: Callable[[Any], Any]) -> None:
    held, file = plain_plan(home.plan()), tmp_path / "plan.json"
    held = json.loads(json.dumps(held))
    edit(held)
    file.write_text(json.dumps(held), "utf-8")
    with pytest.raises(DealgateError, match="DG983"):
        read_plan(file)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"form": 9}', '{"form": 1}', "\0", '{"form": 1, "hash": "x"}'])
def test_what_is_no_plan_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "plan.json"
    file.write_text(text, "utf-8")
    with pytest.raises(DealgateError, match=r"DG98[23]"):
        read_plan(file)
    with pytest.raises(DealgateError, match="DG982"):
        read_plan(tmp_path / "none.json")


@pytest.mark.parametrize(
    "odd",
    [
        {"fields": {"readyness": "X"}}, {"fields": {"score.meddic": "X"}}, {"tasks": "some"}, {"mode": "hard"},
        {"at_most": -1}, {"at_most": "many"}, {"reverts_per_deal": -2}, {"expires": "1 month"}, {"since": "soon"},
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(home: Office, tmp_path: Path, odd: dict[str, Any]) -> None:
    with pytest.raises(DealgateError, match="DG980"):
        allowed_of(source(tmp_path, **odd), home.playbook.process)


def test_settings_that_are_left_out_are_off(home: Office, tmp_path: Path) -> None:
    assert allowed_of(source(tmp_path), home.playbook.process) == Allowed()
    assert Allowed().plain() == {
        "fields": {}, "tasks": "none", "notes": False, "reverts": False, "mode": "block", "since": None,
        "at_most": 100, "reverts_per_deal": 1, "expires": 24.0,
    }  # fmt: skip


# ------------------------------------------------ what is kept


def test_the_chain_tells_every_step_by_ids_and_digests_alone(home: Office) -> None:
    plan = home.plan()
    told = Outcome("rejected", "Ada said no", "Ada Lovelace, +44 20 7946 0018, said no.")
    home.apply(plan, Answering(home, lambda a: told if isinstance(a, SetFields) else None))
    with home.store._database.reading() as connection:
        links = connection.execute(sa.text("SELECT action, payload FROM audit ORDER BY id")).all()
        rows = connection.execute(sa.text("SELECT * FROM outbox")).all()
    words = [action for action, _ in links if action.startswith("enforce")]
    assert words == [
        "enforce.begin", "enforce.sent", "enforce.done", "enforce.sent", "enforce.failed", "enforce.sent",
        "enforce.done", "enforce.sent", "enforce.failed", "enforce.sent", "enforce.done", "enforce.end",
    ]  # fmt: skip
    assert plan.hash in links[-1].payload
    for personal in ("Ada", "Deal 0", "7946", "the API"):
        assert personal not in str(links[-len(words) :]) + str(rows)
    assert home.store.verify_audit() is None


def test_a_link_that_was_changed_is_found(home: Office) -> None:
    home.apply(home.plan())
    with home.store._database.writing() as connection:
        connection.execute(sa.text("DROP TRIGGER audit_no_update"))
        connection.execute(sa.text("UPDATE audit SET payload = '{}' WHERE action = 'enforce.done'"))
    assert home.store.verify_audit() is not None


def test_a_plan_that_failed_in_every_request_is_done_in_the_end(home: Office) -> None:
    plan = home.plan()
    for run in range(200):
        done = home.apply(plan, FakeAdapter(home.crm, Faults(random.Random(run), 2)))
        if not done.stopped:
            break
    assert not done.stopped and not done.refused
    assert [one.key for one in home.crm.writes] == [one.key for one in plan.actions]


# ------------------------------------------------ overrides


def test_an_override_that_is_decided_or_runs_out_has_its_deal_looked_at_again(home: Office) -> None:
    def settled() -> None:
        home.round()
        home.crm.deal("other", "prospecting", Name=f"{home.crm.now}")
        home.round()
        assert home.plan().looked_at == 0

    settled()
    now = home.crm.now
    (criterion,) = (k for k in home.playbook.process.criteria if k.id == "qualification.approved")
    asked = OverrideRequest(
        "", "crm", "deal", "d0", criterion.id, "small@1.0.0", "digest", "strategic", "They are new.", "Ada", "", now, now
    )  # fmt: skip
    with home.store.overriding() as overrides:
        held = overrides.ask(asked)
    assert home.plan().looked_at == 0, "it is asked for, and nothing follows from that"
    home.crm.tick(minutes=5)
    now = home.crm.now
    with home.store.overriding() as overrides:
        held = overrides.decide(held, Step("approved", "Cy", now, now, now.date() + timedelta(days=2)))
    assert home.plan().looked_at == 1
    settled()
    home.crm.tick(days=4)
    assert home.plan().looked_at == 1, "it has run out"
    settled()


# ------------------------------------------------ what nobody knows


def test_a_write_that_no_later_plan_names_is_told_once_and_still_counts_as_a_move_of_ours(home: Office) -> None:
    class Broken(FakeAdapter):
        def apply(self, action: Action) -> Outcome:
            raise Trouble("unreachable", "The CRM did not answer.", "run it again")

    home.apply(home.plan(), Broken(home.crm))
    assert home.states()["d0 move_stage qualification"] == "sent"
    home.crm.tick(minutes=10)
    home.crm.deal("d0", "proposal", Amount=900, Approved="true")
    home.crm.tick(minutes=10)
    home.sync()
    home.crm.tick(minutes=1)
    done = home.apply(home.plan())
    assert [(row.item.deal, row.item.kind) for row in done.unsure] == [("d0", "move_stage")]
    assert home.states()["d0 move_stage qualification"] == "dropped"
    assert home.store.verify_audit() is None
    home.crm.tick(minutes=1)
    done = home.round()
    assert done.unsure == []
    rows = home.store.outbox("crm").rows().values()
    assert [row.item.deal for row in rows if row.item.kind == "move_stage" and row.may_be_done] == ["d0"]
