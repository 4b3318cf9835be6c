"""How a deal stands in its stage, and sums that lose nothing."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dealgate.decide.playbook import Playbook
from dealgate.decide.report import check

from .house import TODAY, deal, playbook


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Playbook:
    return playbook(tmp_path_factory.mktemp("rules"))


@pytest.mark.parametrize(
    ("changes", "state", "readiness"),
    [
        ({}, "ready", Fraction(1)),
        ({"next_step": ...}, "ready", Fraction(1, 3)),
        ({"evidence": ...}, "unknown", Fraction(2, 3)),
        ({"evidence": [{"element": "bant.need", "answer": "no", "dated": TODAY}]}, "blocked", Fraction(2, 3)),
        ({"stage": "second", "amount": ...}, "unknown", Fraction(2, 3)),
        ({"stage": "second", "amount": 0}, "blocked", Fraction(2, 3)),
    ],
)
def test_state_and_weighted_readiness(
    small: Playbook, changes: dict[str, Any], state: str, readiness: Fraction
) -> None:
    standing = small.standing(deal(**changes), as_of=TODAY)
    assert (standing.state, standing.readiness) == (state, readiness)


def test_a_lost_deal_is_not_judged(small: Playbook) -> None:
    standing = small.standing(deal(status="lost"), as_of=TODAY)
    assert (standing.group, standing.state, standing.verdicts) == ("lost", None, ())


def test_a_won_deal_in_a_stage_after_won_is_judged_there_and_is_never_open(small: Playbook) -> None:
    standing = small.standing(deal(status="won", stage="after"), as_of=TODAY)
    assert (standing.group, standing.state) == ("won", "blocked")
    assert {v.criterion.id for v in standing.verdicts} == {"after.started"}


@pytest.mark.parametrize("changes", [{"stage": "fourth"}, {"stage": ...}, {"status": "sleeping"}])
def test_a_stage_or_status_nobody_knows_makes_a_deal_unmapped_not_open(
    small: Playbook, changes: dict[str, Any]
) -> None:
    assert small.standing(deal(**changes), as_of=TODAY).group == "unmapped"


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "stage": st.sampled_from(["first", "second", "third", "after", "fourth", ...]),
                "status": st.sampled_from(["open", "won", "lost", "cancelled", "sleeping", ...]),
                "amount": st.sampled_from([0, 10, ..., "n/a"]),
                "evidence": st.sampled_from([[], ...]),
            }
        )
    )
)
@settings(max_examples=60, deadline=None)
def test_the_sums_add_up_whatever_the_deals(small: Playbook, changes: list[dict[str, Any]]) -> None:
    summary = check(small, [small.deal(deal(**c)) for c in changes], TODAY).summary
    assert summary["deals"] == len(changes)
    assert summary["deals"] == sum(summary[k] for k in ("open", "won", "lost", "cancelled", "unmapped"))
    assert summary["open"] == summary["ready"] + summary["blocked"] + summary["unknown"]


@pytest.mark.parametrize(("pipeline", "group"), [("smb", "open"), ("enterprise", "unmapped"), (..., "open")])
def test_a_deal_of_another_pipeline_is_not_judged_and_not_lost(tmp_path: Path, pipeline: object, group: str) -> None:
    other = playbook(tmp_path, more="applies_to: {field: pipeline, in: [smb]}\n")
    standing = other.standing(deal(pipeline=pipeline), as_of=TODAY)
    assert standing.group == group
    assert (standing.state is None) is (group == "unmapped")


def test_a_bare_date_is_the_end_of_that_day_in_the_process_zone(small: Playbook) -> None:
    moment = small.judge.moment(TODAY)
    assert moment.as_of.isoformat() == "2026-11-23T23:59:59.999999+01:00"
    assert moment.today == TODAY
