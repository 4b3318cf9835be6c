"""Every bundled process says what a reader needs, and judges the deals of its tests alike on every engine."""

from __future__ import annotations

import pytest
from polars.testing import assert_frame_equal
from tests.bundled_cases import NAMES, playbook, told

from dealgate.compile.frames import frames_of
from dealgate.decide.batch import check_frames
from dealgate.decide.report import check

pytestmark = pytest.mark.parametrize("name", NAMES)


def test_every_stage_is_told_in_full(name: str) -> None:
    process = playbook(name).process
    lacking = [
        f"{stage.id}: {what}"
        for stage in process.stages
        for what in ("objective", "owner", "max_age", "exit", "health", "coaching", "failure_patterns")
        if not getattr(stage, what)
    ]
    if process.record == "deal":
        lacking += [stage.id for stage in process.open_stages if stage.probability is None]
    assert not lacking
    assert process.description and process.suits is not None and process.reasons


def test_every_criterion_says_what_proves_it_and_what_to_do(name: str) -> None:
    criteria = [k for k in playbook(name).process.criteria if k.part not in ("capture", "recycle")]
    assert [k.id for k in criteria if not (k.proof and k.fix)] == []


def test_the_deals_of_its_tests_are_judged_in_columns_as_one_by_one(name: str) -> None:
    book = playbook(name)
    deals, as_of = told(name)
    single, batch = check(book, deals, as_of), check_frames(book, frames_of(deals, book.process), as_of)
    assert batch.summary == single.summary
    assert_frame_equal(batch.table().collect(), single.table().collect())
