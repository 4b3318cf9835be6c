"""Facts are taken from a history as a person would tell them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from tests.inspection.looking import DROP, TODAY, deal

from dealgate.coaching.kinds import events, findings, makers, metrics, verdicts
from dealgate.model.finding import Finding, Snooze
from dealgate.model.play import ATTRIBUTES, EVENTS, Bound, Need
from dealgate.model.values import Duration

from .ground import asked, ground, said

QUARTER = Duration(1, "quarter")


def changed(field: str, at: str, before: str | None, after: str, **more: str) -> dict[str, str | None]:
    """One change of a field."""
    return {"field": field, "at": f"{at}T09:00:00+00:00", "from": before, "to": after, **more}


def test_every_kind_that_can_be_given_has_its_maker() -> None:
    assert makers().keys() == ATTRIBUTES.keys() - {"conclusion"}


def test_every_event_has_its_maker() -> None:
    assert events.MAKERS.keys() == EVENTS.keys()


# ------------------------------------------------ verdicts

NEED = Need("verdict", tests=(("criterion", ("needs.pain-stated",)),))


def test_a_verdict_is_asked_for_from_its_stage_on() -> None:
    held = [
        deal(id="D-1", stage="discover", visits=[]),
        deal(id="D-2", stage="needs", visits=[], pain_statement=DROP),
        deal(id="D-3", stage="close", visits=[]),
        deal(id="D-4", stage="close", status="won", visits=[]),
    ]
    found = verdicts.facts(ground(held), asked(NEED))
    assert found is not None
    assert found.rows.select("deal", "criterion", "stage", "status", "owner", "team").rows() == [
        ("D-2", "needs.pain-stated", "needs", "unmet", "Rita Lind", "North"),
        ("D-3", "needs.pain-stated", "close", "met", "Rita Lind", "North"),
    ]
    assert found.rows["says"].to_list() == ["The pain is written down: not met", "The pain is written down: met"]
    assert found.lines["needs.pain-stated"].file.endswith("plain.yaml")


def test_a_verdict_that_no_play_asks_for_is_not_made() -> None:
    other = Need("verdict", tests=(("criterion", ("close.signed",)),))
    found = verdicts.facts(ground([deal()]), asked(other))
    assert found is not None
    assert found.rows.height == 0


# ------------------------------------------------ findings


def test_a_silenced_finding_is_no_fact() -> None:
    open_ = Finding("ageing", "risk", "deal", "D-1", "warn", "Old", deals=("D-1",), owner="Rita Lind", reason="90 days")
    silent = open_.replace(subject="D-2", snoozed=Snooze("Budget opens", date(2026, 12, 1), "Max"))
    found = findings.facts(ground([deal()], [open_, silent]), asked(Need("finding")))
    assert said(found, "rule", "severity", "deal", "owner", "on", "says") == [
        ("ageing", "warn", "D-1", "Rita Lind", TODAY, "Old: 90 days")
    ]


def test_a_finding_on_a_team_that_rests_on_one_deal_names_the_deal() -> None:
    one = Finding("commit-on-one-deal", "forecast", "team", "North", "high", "Too large", deals=("D-9",), team="North")
    two = one.replace(deals=("D-9", "D-8"))
    assert said(findings.facts(ground([deal()], [one, two]), asked(Need("finding"))), "deal", "team", "value") == [
        ("D-9", "North", Decimal(1)),
        (None, "North", Decimal(2)),
    ]


def test_a_finding_on_the_pipeline_is_told_to_each_team_with_open_deals_among_those_it_rests_on() -> None:
    deals = [deal(), deal(id="D-2"), deal(id="D-3", owner__name="Tom Two", owner__team="South")]
    one = Finding("leaking-stage", "hygiene", "pipeline", "", "high", "Leaks", stage="needs", deals=("D-1", "D-2", "D-3", "D-9"))  # fmt: skip
    told = findings.facts(ground(deals, [one, one.replace(deals=("D-8", "D-9"))]), asked(Need("finding")))
    assert said(told, "rule", "stage", "deal", "team", "value") == [
        ("leaking-stage", "needs", None, "North", Decimal(2)),
        ("leaking-stage", "needs", None, "South", Decimal(1)),
        ("leaking-stage", "needs", None, None, Decimal(2)),
    ]


# ------------------------------------------------ events


def happened(event: str, *records: object, within: Duration | None = QUARTER) -> list[tuple[object, ...]]:
    """Deal, day and figure of each event of a kind."""
    need = Need("event", tests=(("event", (event,)),), within=within)
    return said(events.facts(ground(records), asked(need)), "deal", "on", "value")  # type: ignore[arg-type]


PUSHED = deal(changes=[changed("close_date", "2026-11-10", "2026-12-15", "2027-01-20")], close_date="2027-01-20")


def test_a_close_date_moved_into_a_later_quarter_is_pushed() -> None:
    assert happened("pushed", PUSHED) == [("D-1", date(2026, 11, 10), Decimal(36))]
    assert happened("pulled_in", PUSHED) == []


def test_a_close_date_moved_into_an_earlier_quarter_is_pulled_in() -> None:
    held = deal(changes=[changed("close_date", "2026-11-10", "2027-01-20", "2026-12-15")])
    assert happened("pulled_in", held) == [("D-1", date(2026, 11, 10), Decimal(36))]


def test_what_happened_before_any_play_looks_back_is_left_out() -> None:
    assert happened("pushed", PUSHED, within=Duration(5, "day")) == []
    assert happened("pushed", PUSHED, within=None) != []


def test_moves_are_told_by_their_way() -> None:
    steps = [
        {"stage": "discover", "entered": "2026-11-01T09:00:00+00:00", "left": "2026-11-03T09:00:00+00:00"},
        {"stage": "trial", "entered": "2026-11-03T09:00:00+00:00", "left": "2026-11-05T09:00:00+00:00"},
        {"stage": "needs", "entered": "2026-11-05T09:00:00+00:00"},
    ]
    held = deal(stage="needs", visits=steps, created_at="2026-11-01T09:00:00+00:00")
    assert happened("moved", held) == [("D-1", date(2026, 11, 3), None)]
    assert happened("skipped", held) == [("D-1", date(2026, 11, 3), None)]
    assert happened("moved_back", held) == [("D-1", date(2026, 11, 5), None)]
    assert happened("created", held) == [("D-1", date(2026, 11, 1), None)]


def test_an_amount_that_changed_tells_by_what_share() -> None:
    held = deal(changes=[changed("amount", "2026-11-12", "25000.00", "20000.00")])
    assert happened("amount_changed", held) == [("D-1", date(2026, 11, 12), Decimal("0.2"))]


def test_a_deal_is_quiet_when_nothing_happened_for_more_than_two_weeks() -> None:
    quiet = deal(id="D-2", activities=[{"type": "meeting", "at": "2026-11-01T09:00:00+00:00", "two_way": True}],
                 visits=[{"stage": "proposal", "entered": "2026-10-01T09:00:00+00:00"}])  # fmt: skip
    assert happened("no_activity", deal(), quiet) == [("D-2", TODAY, Decimal(22))]


def test_an_exception_is_an_event_with_its_criterion() -> None:
    one = {"criterion": "needs.pain-stated", "approver": "Max Berg", "requester": "Rita Lind",
           "approved_on": "2026-11-16", "expires": "2026-11-30"}  # fmt: skip
    need = Need("event", tests=(("event", ("overridden",)),))
    found = events.facts(ground([deal(overrides=[one])]), asked(need))
    assert said(found, "deal", "criterion", "stage", "on") == [
        ("D-1", "needs.pain-stated", "needs", date(2026, 11, 16))
    ]


def test_an_event_belongs_to_whoever_had_the_deal_then() -> None:
    held = deal(
        owner__name="Tom Two",
        close_date="2027-01-20",
        changes=[
            changed("close_date", "2026-11-10", "2026-12-15", "2027-01-20"),
            changed("owner.name", "2026-11-15", "Rita Lind", "Tom Two"),
        ],
    )
    need = Need("event", tests=(("event", ("pushed",)),), within=QUARTER)
    assert said(events.facts(ground([held]), asked(need)), "owner") == [("Rita Lind",)]


# ------------------------------------------------ metrics


def closed(n: int, status: str, day: str, owner: str = "Rita Lind") -> dict[str, object]:
    """A deal that was closed on a day."""
    return deal(
        id=f"C-{n}", status=status, owner__name=owner, closed_on=day, created_at="2026-05-01T09:00:00+00:00",
        stage="close",
        visits=[{"stage": "close", "entered": "2026-06-01T09:00:00+00:00", "left": f"{day}T09:00:00+00:00"}],
        changes=[changed("status", day, "open", status)],
    )  # fmt: skip


WIN_RATE = Need("metric", tests=(("id", ("win_rate",)), ("period", ("quarter",))))


def test_a_figure_is_of_the_quarter_up_to_today_by_owner() -> None:
    held = [closed(n, "won" if n < 9 else "lost", "2026-10-15") for n in range(12)]
    held += [closed(n, "lost", "2026-07-15") for n in range(20, 35)]
    found = metrics.facts(ground(held), asked(WIN_RATE, scope="owner"))
    assert said(found, "id", "owner", "team", "value", "unit") == [
        ("win_rate", "Rita Lind", None, Decimal("0.75"), "%")
    ]


def test_a_figure_that_rests_on_too_few_is_not_known() -> None:
    held = [closed(n, "won", "2026-10-15") for n in range(3)]
    assert said(metrics.facts(ground(held), asked(WIN_RATE, scope="owner")), "owner", "value") == [("Rita Lind", None)]


@pytest.mark.parametrize(("before", "change"), [(12, Decimal("-0.25")), (3, None)])
def test_a_change_is_against_the_quarter_before(before: int, change: Decimal | None) -> None:
    held = [closed(n, "won" if n < 9 else "lost", "2026-10-15") for n in range(12)]
    held += [closed(n, "won", "2026-07-15") for n in range(20, 20 + before)]
    falling = WIN_RATE.replace(change=(Bound("below", Decimal(0)),))
    found = metrics.facts(ground(held), asked(falling, scope="owner"))
    assert said(found, "value", "change") == [(Decimal("0.75"), change)]
