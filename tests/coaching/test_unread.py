"""What no criterion and no condition reads is left out of the frames, and changes no verdict."""

from __future__ import annotations

from tests.inspection.test_fast import company

from dealgate.metrics.cases import Past
from dealgate.metrics.judged import reads_changes


def test_verdicts_need_no_changes_where_no_criterion_reads_them() -> None:
    playbook, history = company(31, 120)
    assert not reads_changes(playbook.process)
    whole = playbook.evaluate_frame(history.frames(), as_of=history.as_of)
    assert playbook.evaluate_frame(history.frames(changes=False), as_of=history.as_of).equals(whole)


def test_frames_without_collections_hold_the_same_fields() -> None:
    _, history = company(31, 60)
    bare, whole = history.frames(children=False), history.frames()
    assert not bare.children
    assert whole.children
    assert whole.deals.select(bare.deals.columns).equals(bare.deals)


def test_a_field_is_told_by_its_own_events_alone() -> None:
    _, history = company(31, 60)
    past = Past(history)
    for field in ("stage", "amount", "owner.name", "nothing"):
        told = past.told(field)
        assert told["value"].to_list() == history.part(field)["value"].to_list()
        assert told["deal"].cast(str).to_list() == history.part(field)["deal"].to_list()
