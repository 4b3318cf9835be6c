"""The conformance suite: a CRM in memory passes it, and each check finds the fault that it is there for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.fakes.broken import BROKEN, Make, of
from tests.fakes.crm import Crm, FakeAdapter
from tests.fakes.cursors import KINDS
from tests.fakes.rig import FakeRig

from dealgate.ports import Action, CrmAdapter, Cursor, Outcome, Page
from dealgate.sync.conformance import Result, Rig, Truth, checks, run

IDS = [check.id for check in checks()]
PAIRS = [(name, make) for name, makes in BROKEN.items() for make in makes]


def states(results: Sequence[Result]) -> dict[str, set[str]]:
    return {state: {one.check.id for one in results if one.state == state} for state in ("passed", "failed", "skipped")}


def told(results: Sequence[Result]) -> str:
    return "\n".join(f"{one.check.id}: expected {one.expected}, came {one.came}" for one in results if one.expected)


def test_the_crm_in_memory_passes_and_what_is_skipped_has_its_reason() -> None:
    found = list(run(FakeRig))
    assert states(found)["failed"] == set(), told(found)
    assert {one.check.id: one.reason for one in found if one.state == "skipped"} == {
        "an_action_that_is_not_declared_is_refused": "the adapter declares every action",
        "without_webhooks_every_one_is_refused": "the adapter declares webhooks",
    }


def test_streams_that_are_read_whole_each_time_pass_beside_others_that_are_not() -> None:
    found = list(run(lambda: FakeRig(able={"whole": ("users", "deals")})))
    assert states(found)["failed"] == set(), told(found)
    assert "the_cursor_resumes_exactly" in states(found)["skipped"]


def test_what_was_skipped_passes_where_less_is_declared() -> None:
    found = states(list(run(lambda: FakeRig(able={"webhooks": False, "actions": ("note",), "change_source": False}))))
    assert found["failed"] == set()
    assert {"an_action_that_is_not_declared_is_refused", "without_webhooks_every_one_is_refused"} <= found["passed"]
    assert {"a_forged_webhook_is_refused", "rows_stand_alone", "the_history_tells_who"} <= found["skipped"]


@pytest.mark.parametrize("deletes", ["stream", "flag", "none"])
@pytest.mark.parametrize("cursor", KINDS)
def test_every_kind_of_cursor_and_of_deletion_passes(cursor: str, deletes: str) -> None:
    found = list(run(lambda: FakeRig(KINDS[cursor], deletes=deletes)))
    assert states(found)["failed"] == set(), told(found)
    assert len(states(found)["skipped"]) <= 6


@pytest.mark.parametrize(("name", "make"), PAIRS, ids=[f"{name}-{make().kind.__name__}" for name, make in PAIRS])
def test_a_broken_adapter_fails_the_check_for_its_fault_and_no_other(name: str, make: Make) -> None:
    found = list(run(_hasty(make) if name == "an_answer_that_never_ends_is_left" else make))
    assert states(found)["failed"] == {name}, told(found)
    failed = next(one for one in found if one.state == "failed")
    assert failed.expected and failed.came and failed.mend


def test_every_check_has_a_broken_adapter() -> None:
    assert set(BROKEN) == set(IDS)


def test_a_check_is_a_sentence_of_its_own() -> None:
    sentences = [check.sentence for check in checks()]
    assert len(set(sentences)) == len(sentences) == len(set(IDS))
    assert [one for one in sentences if not one.endswith(".") or len(one) > 130] == []
    assert all(check.about for check in checks())


class Nothing(FakeAdapter):
    """Says that it did it."""

    def outcome(self, action: Action) -> Outcome:
        return Outcome("applied")


class Stuck(FakeAdapter):
    def page(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        return super().page(stream, None, limit).replace(more=True, next=cursor or Cursor(self.crm.now, "x"))


class Raises(FakeAdapter):
    def page(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        raise LookupError(f"no answer to GET /deals?token={self.token}")


def test_an_adapter_that_only_says_so_is_found() -> None:
    found = states(list(run(of(Nothing))))["failed"]
    assert {"an_action_is_done", "another_process_knows_the_key", "a_write_on_a_changed_deal_is_a_conflict"} <= found


def test_a_stream_without_an_end_is_a_failure_and_no_endless_loop() -> None:
    found = {one.check.id: one for one in run(of(Stuck))}
    assert found["every_declared_stream_can_be_pulled"].came == "the same cursor again, and `more`"


def test_a_mistake_is_told_with_its_place_and_without_the_secrets_of_the_rig() -> None:
    (found,) = run(of(Raises), ["what_changed_first_comes_first"])
    assert (found.state, found.expected) == ("failed", "an answer, or Trouble")
    assert found.came.startswith("LookupError at test_conformance.py:")
    assert found.came.endswith("no answer to GET /deals?token=***")


class Bare(Rig):
    """What a rig has to have, and no more: a CRM that makes no faults, tells no secrets, deletes nothing."""

    fields: dict[str, tuple[Any, Any]] = {}
    stage_field = "Stage"

    def __init__(self) -> None:
        self.whole = FakeRig(able={"webhooks": False})

    def adapter(self, clock_off: timedelta = timedelta(0)) -> CrmAdapter:
        return self.whole.adapter(clock_off)

    def now(self) -> datetime:
        return self.whole.now()

    def tick(self) -> None:
        self.whole.tick()

    def stages(self) -> Sequence[str]:
        return self.whole.stages()

    def put_deal(self, stage: str, **values: Any) -> str:
        return self.whole.put_deal(stage, **values)

    def move(self, deal: str, stage: str) -> str | None:
        return self.whole.move(deal, stage)

    def edit(self, deal: str, **values: Any) -> None:
        self.whole.edit(deal, **values)

    def truth(self) -> Truth:
        return self.whole.truth()


def test_what_a_rig_cannot_do_is_skipped_with_the_reason_and_never_passed() -> None:
    found = list(run(Bare))
    assert states(found)["failed"] == set(), told(found)
    skipped = {one.check.id: one.reason for one in found if one.state == "skipped"}
    assert all(skipped.values())
    assert skipped["a_lost_connection_loses_nothing"].startswith("the rig does not make this fault")
    assert "the rig names no secret of six characters or more" in skipped.values()
    assert skipped["a_deletion_is_told_as_declared"] == "the rig cannot delete a deal"
    assert skipped["requests_grow_with_the_pages_not_with_the_records"] == "the rig does not count requests"
    assert len(skipped) > 20


def test_a_fault_that_struck_nothing_is_skipped_not_passed() -> None:
    class Deaf(FakeRig):
        def fail(self, kind: str, when: str = "before") -> None:
            self.crm.struck = 0

    found = states(list(run(Deaf)))
    assert found["failed"] == set()
    assert {"a_lost_connection_loses_nothing", "a_write_that_fails_after_it_was_done_is_found"} <= found["skipped"]


def test_every_rig_is_closed_and_every_adapter() -> None:
    closed: list[str] = []

    class Closing(FakeAdapter):
        def close(self) -> None:
            closed.append("adapter")

    class Counted(FakeRig):
        def close(self) -> None:
            closed.append("rig")

    list(run(lambda: Counted(Closing), ["what_changed_first_comes_first", "fetch_reads_again"]))
    assert closed.count("rig") == 2
    assert closed.count("adapter") >= 4


def _hasty(make: Make) -> Make:
    def made() -> FakeRig:
        rig = make()
        rig.patience = 0.5
        return rig

    return made


def test_a_rig_starts_with_a_crm_of_its_own() -> None:
    assert FakeRig().crm is not FakeRig().crm
    assert isinstance(FakeRig().crm, Crm)
