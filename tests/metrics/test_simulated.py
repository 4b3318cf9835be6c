"""Metrics of the sample company: those that processes name, and criteria judged as for a single deal."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache

import pytest

import dealgate
from dealgate.compile.frames import frames_of
from dealgate.decide.playbook import Playbook
from dealgate.history import History, events_of, history_of
from dealgate.metrics import Asked, Past, measure
from dealgate.metrics.judged import statuses_of
from dealgate.model.deal import Deal
from dealgate.simulate import simulate

AS_OF = datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC)
UNSAID = {"sql_acceptance", "commit_hit_rate", "lead_to_meeting"}
"""What the sample company tells nothing of: whether deals were accepted; commits of periods that are over; and, of its
leads, meetings."""


@cache
def sample(name: str) -> tuple[Playbook, tuple[Deal, ...], History]:
    playbook = dealgate.load(name)
    company = simulate(seed=5, years=2, deals=150, leads=200, as_of=date(2026, 6, 30))
    records = company.deals if name == "practical" else company.leads
    deals = tuple(playbook.deal(record) for record in records)
    frames = frames_of(deals, playbook.process)
    children = {kind: frame for kind, frame in frames.children.items() if kind not in ("visits", "changes")}
    events = events_of(frames, playbook.process, AS_OF)
    return playbook, deals, history_of(events, playbook.process, AS_OF, children=children)


@pytest.mark.parametrize("name", ["practical", "leads"])
def test_every_metric_that_a_stage_names_has_cases_in_that_stage(name: str) -> None:
    playbook, _, history = sample(name)
    named = {(stage.id, metric) for stage in playbook.process.stages for metric in stage.health}
    found = measure(history, sorted({m for _, m in named}), Asked(by=("stage",), policies={"min_n": 0}))
    # a quantile that so few have come to that there is none is an answer too
    answered = {(row.keys.get("stage"), row.metric) for row in found.rows if row.figure.n > 0}
    assert {one for one in named - answered if one[1] not in UNSAID} == set()


def test_criteria_are_judged_as_they_are_for_a_single_deal() -> None:
    playbook, deals, history = sample("practical")
    found = {row["deal"]: row for row in statuses_of(Past(history)).iter_rows(named=True)}
    assert len(found) == len(deals)
    wrong = [
        (deal.id, verdict.criterion.id, verdict.status.value, found[deal.id][verdict.criterion.id])
        for deal in deals
        for verdict in playbook.evaluate(deal, as_of=AS_OF)
        if found[deal.id][verdict.criterion.id] != verdict.status.value
    ]
    assert wrong == []
