"""What holds for every history, whatever the seed, the size and the day."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dealgate.simulate import Company, simulate

STAGES = ["prospecting", "qualification", "needs-assessment", "proposal", "close", "post-sale"]
LEAD_STAGES = ["new", "working", "accepted", "qualified"]
AHEAD = {"close_date", "next_step_on", "next_meeting_at", "decision_date", "starts_on", "renewal_date", "revisit_on"}
COLLECTIONS = ["contacts", "activities", "evidence", "line_items", "plan_steps", "visits", "changes"]

# the arguments, not the company, so that a failure shows a line
arguments = st.builds(
    dict,
    seed=st.integers(0, 10**6),
    years=st.integers(1, 3),
    deals=st.integers(0, 60),
    leads=st.integers(0, 90),
    as_of=st.dates(date(1990, 1, 1), date(2060, 12, 31)),
    evidence_matters=st.booleans(),
    leaking=st.booleans(),
)
few = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def check_visits(record: dict[str, Any], stages: list[str]) -> None:
    visits = record["visits"]
    assert visits
    assert visits[0]["entered"] == record["created_at"]
    for before, after in itertools.pairwise(visits):
        assert before["entered"] < before["left"] == after["entered"]
        assert before["stage"] != after["stage"]
    assert "left" not in visits[-1]
    assert record["stage"] == visits[-1]["stage"]
    assert {visit["stage"] for visit in visits} <= set(stages)


def check_changes(deal: dict[str, Any]) -> None:
    if "changes" not in deal:
        return
    moments = [change["at"] for change in deal["changes"]]
    assert moments == sorted(moments)
    assert not moments or deal["created_at"] <= moments[0]
    chains: dict[str, list[dict[str, Any]]] = {}
    for change in deal["changes"]:
        chains.setdefault(change["field"], []).append(change)
    for name, chain in chains.items():
        for before, after in itertools.pairwise(chain):
            assert after.get("from") == before["to"], name
        now = deal.get(name)
        assert chain[-1]["to"] == (now.isoformat() if isinstance(now, date) else str(now)), name
    stays = [visit["stage"] for visit in deal["visits"]]
    assert [change["to"] for change in chains.get("stage", [])] == stays[1:]
    assert [change["at"] for change in chains.get("stage", [])] == [visit["entered"] for visit in deal["visits"][1:]]


def check_outcome(deal: dict[str, Any]) -> None:
    assert (deal["status"] == "open") == ("closed_on" not in deal)
    assert (deal["status"] == "won") == (deal["stage"] == "post-sale")
    if deal["status"] == "won":
        assert deal["close_date"] == deal["closed_on"]
        assert deal["visits"][-1]["entered"].date() == deal["closed_on"]
        assert deal.get("signed_on", deal["closed_on"]) == deal["closed_on"]
    if "outcome_reason" in deal:
        assert deal["status"] == "lost"
    if "closed_on" in deal:
        assert deal["created_at"].date() <= deal["closed_on"]


def check_life(deal: dict[str, Any]) -> None:
    last = end_of(deal["closed_on"]) if deal["status"] in ("lost", "cancelled") else None
    for row in deal.get("activities", []):
        assert deal["created_at"] <= row["at"]
        assert last is None or row["at"] < last
        assert row["at"] <= deal["updated_at"]
        assert row["held"] or not row["two_way"]
    for piece in deal.get("evidence", []):
        assert piece.get("dated", deal["created_at"].date()) >= deal["created_at"].date()
        assert last is None or piece.get("dated", date.min) <= deal["closed_on"]
        assert ("element" in piece) != ("type" in piece)
    answered = {row["contact_name"] for row in deal.get("activities", []) if row["two_way"]}
    if "activities" in deal and "contacts" in deal:
        assert answered == {person["name"] for person in deal["contacts"] if person["two_way"]}
    if deal.get("line_items") and "amount" in deal:
        total = sum(item["amount"] for item in deal["line_items"])
        assert deal["amount"] <= total <= deal["amount"] * 106 / 100


def dates_in(record: dict[str, Any], inside: str = "") -> list[tuple[str, date]]:
    found = []
    for name, value in record.items():
        if isinstance(value, date):
            found.append((inside + name, value.date() if isinstance(value, datetime) else value))
        elif name in COLLECTIONS:
            found += [pair for row in value for pair in dates_in(row, f"{name}.")]
    return found


@few
@given(arguments)
def test_every_deal_has_a_history_without_contradiction(chosen: dict[str, Any]) -> None:
    company = simulate(**chosen)
    for deal in company.deals:
        check_visits(deal, STAGES)
        check_changes(deal)
        check_outcome(deal)
        check_life(deal)


@few
@given(arguments)
def test_every_lead_has_a_history_without_contradiction(chosen: dict[str, Any]) -> None:
    company = simulate(**chosen)
    deals = {deal["id"]: deal for deal in company.deals}
    for lead in company.leads:
        check_visits(lead, LEAD_STAGES)
        assert (lead["status"] == "won") == ("converted_to" in lead) == ("converted_at" in lead)
        if "converted_to" in lead:
            deal = deals[lead["converted_to"]]
            assert deal["lead"] == lead["id"]
            assert deal["account.id"] == lead["account.id"]
            assert lead["created_at"] < lead["converted_at"] == deal["created_at"]
        for row in lead.get("activities", []):
            assert lead["created_at"] < row["at"] <= lead["updated_at"]
            assert row["at"] >= lead["first_human_touch_at"]
    origins = [deal["lead"] for deal in company.deals if "lead" in deal]
    assert len(origins) == len(set(origins))
    assert set(origins) == {lead["id"] for lead in company.leads if "converted_to" in lead}


@few
@given(arguments)
def test_nothing_that_has_happened_is_dated_after_as_of(chosen: dict[str, Any]) -> None:
    company = simulate(**chosen)
    for record in (*company.deals, *company.leads, *company.reps):
        for name, day in dates_in(record):
            assert day <= company.as_of or name in AHEAD or name == "plan_steps.due", name


@few
@given(arguments)
def test_every_owner_was_hired_before_the_deal_and_is_in_the_team(chosen: dict[str, Any]) -> None:
    company = simulate(**chosen)
    hired = {rep["owner.id"]: rep["hired_on"] for rep in company.reps}
    for record in (*company.deals, *company.leads):
        assert hired[record["owner.id"]] <= company.as_of
        if not any(change["field"] == "owner.name" for change in record.get("changes", [{"field": "owner.name"}])):
            assert hired[record["owner.id"]] <= record["created_at"].date()
    assert set(company.truth) == {deal["id"] for deal in company.deals}


@pytest.mark.parametrize("hidden", ["need", "habit", "skill", "quality", "truth", "leaked"])
def test_no_record_tells_the_hidden_truth(company: Company, hidden: str) -> None:
    assert all(hidden not in record for record in (*company.deals, *company.leads, *company.reps))


def test_deals_come_by_way_of_skips_steps_back_reopenings_and_pushes(company: Company) -> None:
    skips = backs = reopened = pushed = 0
    for deal in company.deals:
        path = [STAGES.index(visit["stage"]) for visit in deal["visits"]]
        skips += any(b - a > 1 and b < 5 for a, b in itertools.pairwise(path))
        backs += any(b < a for a, b in itertools.pairwise(path))
        changes = deal.get("changes", [])
        reopened += any(c["field"] == "status" and c["to"] == "open" for c in changes)
        pushed += any(c["field"] == "close_date" and c.get("from", "9") < c["to"] for c in changes)
    many = len(company.deals)
    assert 0.05 < skips / many < 0.3
    assert 0.02 < backs / many < 0.25
    assert 0.005 < reopened / many < 0.1
    assert 0.2 < pushed / many < 0.9
