"""Response, acceptance, conversion, activities, evidence and what follows the sale, on a few deals each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dealgate.compile.frames import MOMENT
from dealgate.metrics import Measured, Past
from dealgate.metrics.work_time import business_minutes
from dealgate.model.values import Duration

from .given import Told, day, deal, history, measured

# day 0 is Thursday 2026-01-01 at midnight UTC; working hours are 9:00 to 17:30
NINE = 9 / 24


def activities(*rows: tuple[Any, ...]) -> dict[str, pl.DataFrame]:
    """Rows ``deal, type, day`` and then what is said of each."""
    held = [
        {
            "deal": row[0],
            "type": row[1],
            "at": day(row[2]),
            "two_way": True,
            "held": True,
            "automated": None,
            "direction": "out",
            "subject": "x",
            "next_step_agreed": None,
        }
        | (row[3] if len(row) > 3 else {})
        for row in rows
    ]
    kinds: dict[str, Any] = {"at": MOMENT, "automated": pl.Boolean, "next_step_agreed": pl.Boolean}
    return {"activities": pl.DataFrame(held, schema_overrides=kinds)}


def values(found: Measured, name: str, measure: str | None = None, **keys: str) -> tuple[Any, ...]:
    figure = found.figure(name, measure, **keys)
    return figure.numerator, figure.n


def inbound(name: str, at: float, **fields: str) -> list[Told]:
    return deal(name, f"1@{at}", channel="inbound", **fields)


def test_leads_that_nobody_touched_are_censored_and_not_dropped() -> None:
    told = [*inbound("a", NINE), *inbound("b", NINE), *inbound("c", NINE)]
    # one after half an hour, one after two working hours, one never
    past = history(
        told, as_of=1 + NINE, children=activities(("a", "email", NINE + 0.5 / 24), ("b", "call", NINE + 2 / 24))
    )
    found = measured(past, "response_median", "response_p90", "response_in_sla", "never_touched_share")
    assert found.figure("response_median").value == 120
    assert found.figure("response_p90").value is None
    assert found.figure("response_p90").n == 3
    # promised within one business hour
    assert values(found, "response_in_sla") == (1, 3)
    assert values(found, "never_touched_share") == (1, 3)


def test_a_lead_that_is_not_late_yet_is_not_decided() -> None:
    past = history(inbound("a", NINE), as_of=NINE + 0.5 / 24, children=activities(("b", "email", 0)))
    assert measured(past, "response_in_sla").figure("response_in_sla").reason == "no lead is decided"


def test_what_is_automated_is_no_touch() -> None:
    sent = activities(("a", "email", NINE + 0.01, {"automated": True, "two_way": False, "held": None}))
    found = measured(history(inbound("a", NINE), as_of=9, children=sent), "never_touched_share")
    assert values(found, "never_touched_share") == (1, 1)


def test_the_promise_is_kept_to_those_it_was_made_to() -> None:
    told = [*inbound("a", NINE), *deal("b", f"1@{NINE}", channel="outbound")]
    past = history(told, as_of=9, children=activities(("b", "email", NINE)))
    assert values(measured(past, "never_touched_share"), "never_touched_share") == (1, 1)
    assert values(measured(past, "never_touched_share", leads="all"), "never_touched_share") == (1, 2)


def test_a_first_touch_that_is_told_goes_before_activities() -> None:
    touched = (day(NINE) + timedelta(minutes=10)).isoformat()
    past = history(inbound("a", NINE, first_human_touch_at=touched), as_of=9, children=activities(("a", "call", 3)))
    assert measured(past, "response_median").figure("response_median").value == 10


@settings(deadline=None)
@given(st.integers(0, 60 * 24 * 30), st.integers(0, 60 * 24 * 20))
def test_working_minutes_are_those_that_the_calendar_adds(start: int, minutes: int) -> None:
    past = Past(history(inbound("a", 0)))
    begin = day(0) + timedelta(minutes=start)
    end = past.calendar.add_business_time(begin, Duration(minutes, "minute", business=True)).astimezone(UTC)
    found = business_minutes(past, *(pl.Series([at]).cast(MOMENT) for at in (begin, end)))
    assert found[0] == pytest.approx(minutes)


def test_leads_are_accepted_refused_or_not_decided() -> None:
    told = [
        *deal("a", "1@0 2@1", accepted="true"),
        *deal("b", "1@0 2@1", accepted="false"),
        *deal("c", "1@0 2@1 L5"),
        *deal("d", "1@0 2@1"),
    ]
    assert values(measured(history(told), "sql_acceptance"), "sql_acceptance") == (1, 3)


def test_meetings_count_once_whoever_was_invited() -> None:
    told = deal("a", "1@0 2@5")
    held = activities(
        ("a", "meeting", 1, {"next_step_agreed": True}),
        ("a", "meeting", 1, {"next_step_agreed": None}),
        ("a", "meeting", 2, {"next_step_agreed": False}),
        ("a", "meeting", 3, {"held": False}),
        ("a", "demo", 6),
        ("a", "call", 6),
        ("a", "email", 7, {"automated": True}),
    )
    found = measured(history(told, children=held), "activity_count", "meeting_to_next_step", "lead_to_meeting")
    assert [found.figure("activity_count", m).value for m in ("meetings", "connects", "proposals")] == [3, 1, 0]
    assert values(found, "meeting_to_next_step") == (1, 2)
    assert values(found, "lead_to_meeting", "cohort") == (1, 1)
    by = measured(history(told, children=held), "activity_count", by=["stage"])
    assert by.figure("activity_count", "meetings", stage="prospecting").value == 2


def test_what_was_not_read_of_a_deal_is_not_none() -> None:
    told = [*deal("a", "1@0"), *deal("b", "1@0"), ("a", "@contacts", "read", 0.0)]
    people = {"contacts": pl.DataFrame({"deal": ["a"], "engaged": [True]})}
    found = measured(history(told, children=people), "multi_threaded_share")
    assert values(found, "multi_threaded_share") == (0, 1)
    assert [(one.reason, one.n) for one in found.left_out["multi_threaded_share"]] == [
        ("its contacts were not read", 1)
    ]


@pytest.mark.parametrize(
    ("engaged", "hit"), [([True, True], 1), ([True, False], 0), ([True, None], None), ([None, None, True, True], 1)]
)
def test_people_of_whom_it_is_unknown_decide_nothing(engaged: list[bool | None], hit: int | None) -> None:
    people = {
        "contacts": pl.DataFrame(
            {"deal": ["a"] * len(engaged), "engaged": engaged}, schema_overrides={"engaged": pl.Boolean}
        )
    }
    figure = measured(history(deal("a", "1@0"), children=people), "multi_threaded_share").figure("multi_threaded_share")
    assert figure.numerator == hit


def test_a_recap_is_confirmed_by_the_buyer_alone() -> None:
    rows = [("a", True, 2), ("b", False, 2), ("c", True, 1)]
    held = pl.DataFrame(
        {
            "deal": [row[0] for row in rows],
            "type": ["confirmed-recap"] * 3,
            "from_buyer": [row[1] for row in rows],
            "level": [row[2] for row in rows],
        }
    )
    told = [one for name in "abcd" for one in deal(name, "1@0")]
    assert values(
        measured(history(told, children={"evidence": held}), "recap_confirmed_share"), "recap_confirmed_share"
    ) == (1, 4)


def test_a_move_under_an_exception_is_one_in_the_stage_whose_criterion_it_waived() -> None:
    told = [*deal("a", "1@0 2@5 3@20"), *deal("b", "1@0 2@5")]
    given_ = pl.DataFrame(
        {"deal": ["a"], "criterion": ["qualification.need-stated"], "approved_on": [day(10).date()]},
    )
    found = measured(history(told, children={"overrides": given_}), "override_share")
    assert values(found, "override_share", stage="qualification") == (1, 1)
    assert values(found, "override_share", stage="prospecting") == (0, 2)


def test_proposals_are_counted_from_their_history() -> None:
    told: list[Told] = [*deal("a", "1@0 4@1"), *deal("b", "1@0 4@1"), *deal("c", "1@0 4@1")]
    told += [("a", "proposal_sent_on", "2026-01-05", 4.0), ("a", "proposal_sent_on", "2026-01-09", 8.0)]
    told += [("b", "proposal_sent_on", "2026-01-05", 4.0), ("b", "discount", "15%", 4.0)]
    reviewed = activities(("a", "proposal_review", 6))
    found = measured(history(told, as_of=30, children=reviewed), "reproposal_count", "live_review_share", "discount")
    assert found.figure("reproposal_count").value == 0.5
    assert values(found, "reproposal_count", "share") == (1, 2)
    assert values(found, "live_review_share") == (1, 2)
    assert found.figure("discount", "median").value == pytest.approx(0.15)


def test_customers_wait_for_value_hand_over_leave_and_refer() -> None:
    told: list[Told] = [
        *deal("a", "1@0 W10"),
        *deal("b", "1@0 W10", handoff_pack="x", success_baseline="y", renewal_date="2027-01-01"),
        *deal("c", "1@0 L10"),
    ]
    told += [("a", "first_value_on", "2026-01-31", 30.0), ("a", "reference_answer", "agreed", 40.0)]
    told += [("a", "handoff_pack", "x", 11.0), ("b", "reference_answer", "asked", 40.0)]
    told += [("b", "account.status", "customer", 10.0), ("b", "account.status", "former_customer", 100.0)]
    found = measured(history(told, as_of=300), "time_to_value", "handoff_completeness", "referral_rate", "early_churn")
    assert found.figure("time_to_value").value == 20
    assert found.figure("time_to_value", "p75").value is None, "half of them wait still"
    assert values(found, "handoff_completeness") == (1, 2)
    assert values(found, "referral_rate") == (1, 1)
    assert found.figure("early_churn", "share").value == pytest.approx(0.5)


def test_a_commit_is_kept_where_the_deal_is_won_in_the_period_it_was_dated_in() -> None:
    told: list[Told] = []
    for name, path, close in (
        ("kept", "1@0 W50", "2026-03-01"),
        ("late", "1@0 W100", "2026-03-01"),
        ("lost", "1@0 L20", "2026-03-01"),
        ("running", "1@0", "2026-06-01"),
        ("never", "1@0 W50", "2026-03-01"),
    ):
        told += deal(name, path, close_date=close)
        if name != "never":
            told.append((name, "forecast_category", "commit", 10.0))
    found = measured(history(told, as_of=120), "commit_hit_rate")
    assert values(found, "commit_hit_rate") == (1, 3)


def test_a_disqualified_deal_was_lost_as_lost_and_not_as_no_decision() -> None:
    told: list[Told] = [*deal("a", "1@0 L5"), *deal("b", "1@0 L5"), *deal("c", "1@0 2@5"), *deal("d", "1@0")]
    told += [("a", "outcome_reason", "poor-fit", 5.0), ("b", "outcome_reason", "no-budget", 5.0)]
    found = measured(history(told), "disqualified_share", "win_rate")
    assert values(found, "disqualified_share", stage="prospecting") == (1, 3)
    assert values(found, "win_rate") == (0, 1)
    assert values(found, "win_rate", "broad") == (0, 2)


def test_the_index_of_a_stage_is_the_weighted_share_of_its_targets() -> None:
    told = [one for n in range(10) for one in deal(f"d{n}", "1@0 2@5" if n < 4 else "1@0 2@30" if n < 5 else "1@0 L9")]
    found = measured(history(told, as_of=40), "stage_health", target_conversion=50, target_on_time=90)
    # conversion 5 of 10 meets its target; on time 9 of 10 too; nothing went back; 10 × nothing more is known of it
    assert found.figure("stage_health", "conversion", stage="prospecting").value == pytest.approx(0.5)
    assert found.figure("stage_health", "on_time", stage="prospecting").value == Fraction(9, 10)
    assert found.figure("stage_health", stage="prospecting").value == pytest.approx(100)
    assert "some_components_missing" in found.figure("stage_health", stage="prospecting").flags


def test_open_deals_meet_some_of_what_their_stage_asks() -> None:
    told = [*deal("a", "1@0", source="web", segment="smb"), *deal("b", "1@0")]
    found = measured(history(told, as_of=5), "criterion_share", "evidence_completeness")
    having = found.figure("criterion_share", stage="prospecting", criterion="prospecting.has-source")
    assert (having.numerator, having.n) == (1, 2)
    completeness = found.figure("evidence_completeness", stage="prospecting")
    assert completeness.numerator == 2


def test_datetimes_with_and_without_fractions_are_read() -> None:
    for text in ("2026-01-01T09:10:00+00:00", "2026-01-01T09:10:00.000000+00:00"):
        past = Past(history(inbound("a", NINE, first_human_touch_at=text)))
        held = past.last_moment("first_human_touch_at")["first_human_touch_at"][0]
        assert held == datetime(2026, 1, 1, 9, 10, tzinfo=UTC)
