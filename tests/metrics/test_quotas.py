"""Quotas rolled up; attainment, coverage, pacing and what is to go, by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from tests.metrics.streams import at, deal, history

from dealgate.metrics.cases import Past
from dealgate.metrics.figure import NoValue
from dealgate.metrics.measure import Measured, measure
from dealgate.metrics.quota import Quotas, with_targets
from dealgate.metrics.spec import Asked
from dealgate.model.calendar import Rates
from dealgate.model.targets import Quota, Span, Targets
from dealgate.model.teams import Team, Teams

Rows = list[tuple[Any, ...]]
Q2 = (date(2026, 4, 1), date(2026, 6, 30))


def quota(
    period: str, amount: str, owner: str | None = None, team: str | None = None, currency: str | None = None
) -> Quota:
    span = Span.of(period)
    assert span is not None
    return Quota(span, Decimal(amount), currency, owner=owner, team=team)


def given(
    rows: Rows, *quotas: Quota, until: datetime | None = None, teams: Teams | None = None, rates: Rates | None = None
) -> Past:
    past = Past(history(rows, until) if until else history(rows), rates)
    return with_targets(past, [Targets("t", "T", quotas=quotas)], teams)


def held(past: Past) -> Quotas:
    found: Quotas = past.memo["targets"]
    return found


TEAMS = Teams({
    "world": Team("world", "World", members=("Max",)),
    "north": Team("north", "The north", "world", members=("Ada", "o-2")),
    "south": Team("south", "The south", "world", members=("Eve", "Ada")),
})  # fmt: skip


def owner(name: str, who: str, ident: str) -> Rows:
    return [(name, "owner.name", who, at("01-02", 9)), (name, "owner.id", ident, at("01-02", 9))]


PEOPLE = [*deal("x", "01-02"), *owner("x", "Bob", "o-2"), *deal("y", "01-02"), *owner("y", "Ada", "o-1")]


def test_a_quota_is_that_of_the_period_or_of_parts_that_cover_it() -> None:
    quotas = held(given(PEOPLE, quota("2026-Q2", "10", "Ada"), quota("2026-Q1", "5", "ada "), quota("2026-04", "3", "o-1"),
                        quota("2026-04", "1", "Bob"), quota("2026-05", "2", "Bob"), quota("2026-06", "4", "o-2")))  # fmt: skip
    assert quotas.of(*Q2, owner="o-1") == 1000
    assert quotas.of(*Q2, owner="Ada") == 1000
    assert quotas.of(*Q2, owner="Bob") == 700
    assert quotas.of(date(2026, 1, 1), date(2026, 6, 30), owner="Ada") == 1500
    assert quotas.of(date(2026, 1, 1), date(2026, 12, 31), owner="Ada") == NoValue(
        "quotas are set for a part of the period only"
    )
    assert quotas.of(date(2026, 4, 1), date(2026, 4, 15), owner="Ada") == NoValue(
        "quotas are set for a part of the period only"
    )
    assert quotas.of(*Q2, owner="Eve") == NoValue("no quota is set")


def test_a_team_has_its_own_quota_or_that_of_its_members_and_nobody_counts_twice() -> None:
    members = [
        quota("2026-Q2", "10", "Ada"),
        quota("2026-Q2", "20", "Bob"),
        quota("2026-Q2", "40", "Eve"),
        quota("2026-Q2", "80", "Zoe"),
    ]
    quotas = held(given(PEOPLE, *members, teams=TEAMS))
    assert quotas.of(*Q2, team="The North") == 3000
    # Ada is listed in two teams, and counts in the first
    assert quotas.of(*Q2, team="south") == 4000
    assert quotas.of(*Q2, team="world") == 7000
    assert quotas.of(*Q2) == 15000
    quotas = held(given(PEOPLE, *members, quota("2026-Q2", "35", team="north"), teams=TEAMS))
    assert quotas.of(*Q2, team="north") == 3500
    assert quotas.of(*Q2, team="world") == 7500
    quotas = held(given(PEOPLE, *members, quota("2026-Q2", "500"), teams=TEAMS))
    assert quotas.of(*Q2) == 50000
    assert quotas.of(*Q2, team="elsewhere") == NoValue("no quota is set")


def test_a_quota_in_another_currency_needs_a_rate() -> None:
    rates = Rates("USD", {"EUR": ((date(2026, 1, 1), Decimal("1.5")),)})
    in_euro = quota("2026-Q2", "10.01", "Ada", currency="EUR")
    assert held(given(PEOPLE, in_euro, rates=rates)).of(*Q2, owner="Ada") == 1502
    assert held(given(PEOPLE, in_euro)).of(*Q2, owner="Ada") == NoValue("a quota is in a currency no rate leads from")


def asked(past: Past, *metrics: str, by: tuple[str, ...] = (), **policies: Any) -> Measured:
    return measure(past, metrics, Asked(by=by, policies=policies))


def closed(name: str, begun: str, won: str, amount: str = "100 USD", day: str | None = None) -> Rows:
    return [*deal(name, begun, amount=amount, day=day or won), (name, "status", "won", at(won))]


SOLD = [
    *closed("a", "01-05", "04-10", "30 USD"), *owner("a", "Ada", "o-1"),
    *closed("b", "01-05", "05-10", "50.50 USD"), *owner("b", "Bob", "o-2"),
    *closed("c", "01-05", "05-11", "7 USD"), *owner("c", "Ada", "o-1"),
    ("c", "status", "lost", at("05-12")),
    *closed("d", "01-05", "03-31"), *owner("d", "Ada", "o-1"),
    *deal("e", "01-05", amount="40 USD", stage="proposal"), *owner("e", "Ada", "o-1"),
    *deal("f", "01-05", amount="90 USD", stage="prospecting"), *owner("f", "Ada", "o-1"),
    *deal("g", "01-05", amount="60 USD", stage="proposal", day="09-01"), *owner("g", "Ada", "o-1"),
]  # fmt: skip
NOW = at("05-15")


def test_attainment_is_what_is_won_in_the_period_against_its_quota() -> None:
    past = given(
        SOLD, quota("2026-Q2", "100", "Ada"), quota("2026-Q2", "50", "Bob"), quota("2026-Q2", "5", "Zoe"), until=NOW
    )
    made = asked(past, "attainment", by=("owner",))
    ada = made.figure("attainment", owner="o-1")
    assert (ada.value, ada.n) == (Fraction(3, 10), 1)
    assert made.figure("attainment", "gap", owner="o-1").value == Decimal("70.00")
    assert made.figure("attainment", owner="o-2").value == Fraction(101, 100)
    assert made.figure("attainment", owner="Zoe").value == 0
    whole = asked(past, "attainment")
    assert whole.figure("attainment").value == Fraction(8050, 15500)
    assert whole.figure("attainment", "won").value == Decimal("80.50")


def test_coverage_is_what_is_open_and_qualified_against_what_is_left() -> None:
    past = given(SOLD, quota("2026-Q2", "100", "Ada"), quota("2026-Q2", "50", "Bob"), until=NOW)
    made = asked(past, "coverage", by=("owner",))
    assert made.figure("coverage", owner="o-1").value == Fraction(40, 70)
    assert made.figure("coverage", "remaining", owner="o-1").value == 70
    attained = made.figure("coverage", owner="o-2")
    assert (attained.value, attained.reason) == (None, "attained")
    start = asked(past, "coverage", by=("owner",), policy="at_start").figure("coverage", owner="o-1")
    # as the quarter began: a, c and e
    assert start.value == Fraction(30 + 7 + 40, 100)
    assert asked(past, "coverage", by=("owner",), qualified_rank=0).figure("coverage", owner="o-1").value == Fraction(
        130, 70
    )


def test_without_quotas_or_by_another_key_there_is_a_reason() -> None:
    for name in ("attainment", "coverage", "pacing", "coverage_to_go"):
        figure = measure(history(SOLD, NOW), [name]).figure(name)
        assert figure.reason == "no quotas are given"
        figure = asked(given(SOLD, quota("2026", "1"), until=NOW), name, by=("segment",)).figure(name)
        assert figure.reason == "quotas are by owner and team, for one period"


def test_pacing_is_linear_by_business_days_where_history_is_short() -> None:
    past = given(SOLD, quota("2026-Q2", "150"), until=NOW)
    made = asked(past, "pacing")
    # from April 1 to May 15 there are 33 of 65 business days
    assert made.figure("pacing", "usual").value == Fraction(33, 65)
    assert made.figure("pacing").value == Fraction(8050, 15000) / Fraction(33, 65)
    assert made.figure("pacing").flags == ("expected_by_linear",)


def test_pacing_follows_history_where_it_is_long_enough() -> None:
    rows = deal("first", "01-01")
    # by the tenth business day a quarter of each month's value is won
    for month in range(2, 8):
        rows += closed(f"early{month}", "01-05", f"{month:02d}-03", "25 USD")
        rows += closed(f"late{month}", "01-05", f"{month:02d}-25", "75 USD")
    rows += closed("now", "01-05", "08-03", "10 USD")
    past = given(rows, quota("2026-08", "100"), until=at("08-14"))
    made = asked(past, "pacing", every="month")
    assert made.figure("pacing", "usual").value == Fraction(1, 4)
    assert made.figure("pacing").value == Fraction(10, 25)
    assert made.figure("pacing").flags == ("expected_by_history",)


def test_what_is_to_go_adds_chances_and_what_begins_and_closes_late() -> None:
    rows = deal("first", "01-01", day="12-31")
    for month in range(2, 6):
        # dated in the month as it began and open on the fifth business day: half are won in it
        rows += closed(f"w{month}", "01-05", f"{month:02d}-20", "10 USD")
        rows += deal(f"s{month}", "01-05", day=f"{month:02d}-20")
        # begun and closed after that day
        rows += closed(f"n{month}", f"{month:02d}-15", f"{month:02d}-25", "30 USD")
    rows += deal("open", "01-05", amount="100 USD", day="06-20")
    past = given(rows, quota("2026-06", "160"), until=datetime(2026, 6, 5, 23, 59, tzinfo=UTC))
    made = asked(past, "coverage_to_go", every="month")
    assert made.figure("coverage_to_go", "from_pipeline").value == 50
    assert made.figure("coverage_to_go", "create_and_close").value == 30
    assert made.figure("coverage_to_go").value == Fraction(80, 160)
    alone = given(deal("open", "06-01", day="06-20"), quota("2026-06", "160"), until=at("06-05"))
    assert (
        asked(alone, "coverage_to_go", every="month").figure("coverage_to_go").reason
        == "no earlier period to learn from"
    )


@pytest.mark.parametrize("by", [(), ("owner",), ("team",), ("owner", "team")])
def test_every_metric_of_quotas_answers_for_every_grouping(by: tuple[str, ...]) -> None:
    past = given(
        [*SOLD, ("e", "owner.team", "north", at("01-05"))], quota("2026-Q2", "100", "Ada"), until=NOW, teams=TEAMS
    )
    made = asked(past, "attainment", "coverage", "pacing", "coverage_to_go", by=by)
    assert {row.metric for row in made.rows} == {"attainment", "coverage", "pacing", "coverage_to_go"}
    assert all((row.figure.value is None) == (row.figure.reason is not None) for row in made.rows)
