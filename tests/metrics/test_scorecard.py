"""Scorecards: what was to be reached, what was, and how far it can be trusted."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from tests.metrics import company
from tests.metrics.streams import at, deal, history
from tests.metrics.test_quotas import TEAMS, closed, owner, quota

from dealgate.metrics.hierarchy import seen_by
from dealgate.metrics.scorecard import Card, Item, Scorecard, scorecard
from dealgate.metrics.waterfall import waterfall
from dealgate.model.targets import Span, Target, Targets
from dealgate.model.values import Duration, Money

Q2 = {"first": date(2026, 4, 1), "last": date(2026, 6, 30)}
NOW = datetime(2026, 5, 15, 23, tzinfo=UTC)
ROWS = [
    *closed("a", "01-05", "04-10", "30 USD"), *owner("a", "Ada", "o-1"),
    *closed("b", "01-05", "02-10", "20 USD"), *owner("b", "Ada", "o-1"),
    *closed("late", "01-05", "03-20", "500 USD"), *owner("late", "Ada", "o-1"),
    *closed("c", "04-01", "05-01", "50 USD"), *owner("c", "Bob", "o-2"),
    *closed("e", "04-01", "05-01", "7 USD"), *owner("e", "Eve", "o-3"),
    *deal("f", "01-05", amount=None, day=None, stage="needs-assessment"), *owner("f", "Ada", "o-1"),
    *deal("x", "01-05", amount="9 USD", stage="prospecting"),
]  # fmt: skip


def card(made: Scorecard, kind: str, name: str | None) -> Card:
    return next(one for one in made.cards if (one.kind, one.name) == (kind, name))


def item(made: Scorecard, kind: str, name: str | None, metric: str, stage: str | None = None) -> Item:
    return next(one for one in card(made, kind, name).items if (one.metric, one.stage) == (metric, stage))


def made(*targets: Target, quotas: Any = (), rows: Any = ROWS, **more: Any) -> Scorecard:
    document = Targets("t", "T", quotas=tuple(quotas), targets=targets)
    return scorecard(history(rows, NOW), [document], **{**Q2, "min_n": 0, **more})


QUOTAS = [quota("2026-Q2", "100", "Ada"), quota("2026-Q2", "40", "o-2"), quota("2026-Q2", "10", "Eve")]


def test_a_card_holds_quota_gap_pace_and_the_trend_on_the_same_day() -> None:
    ada = item(made(quotas=QUOTAS), "owner", "o-1", "attainment")
    assert (ada.actual.value, ada.target, ada.gap, ada.met) == (30, 100, 70, False)
    assert ada.pace is not None
    # 33 of 65 business days are gone
    assert ada.pace.value == Fraction(30, 100) / Fraction(33, 65)
    # by the 33rd business day of the first quarter, February 16, 20 had been won; the 500 of March come later
    assert (ada.before.value, ada.trend, ada.improved) == (20, 10, True)
    bob = item(made(quotas=QUOTAS), "owner", "o-2", "attainment")
    assert (bob.gap, bob.met) == (-10, True)
    assert card(made(quotas=QUOTAS), "owner", "o-2").title == "Bob"


def test_what_a_team_wins_and_is_to_win_rolls_up() -> None:
    scored = made(quotas=QUOTAS, teams=TEAMS)
    assert [one.name for one in scored.cards if one.kind == "team"] == ["world", "north", "south"]
    north, south, world = (item(scored, "team", name, "attainment") for name in ("north", "south", "world"))
    assert (north.actual.value, north.target) == (80, 140)
    # Ada is listed in two teams, and in the first of them with her deals
    assert (south.actual.value, south.target) == (7, 10)
    assert (world.actual.value, world.target) == (87, 150)
    assert item(scored, "company", None, "attainment").actual.value == 87


def test_the_nearest_target_counts() -> None:
    span = Span.of
    targets = [
        Target("win_rate", Decimal("0.9")),
        Target("win_rate", Decimal("0.8"), span=span("2026")),
        Target("win_rate", Decimal("0.7"), span=span("2026-Q2")),
        Target("win_rate", Decimal("0.6"), owner="Bob"),
        Target("win_rate", Decimal("0.5"), span=span("2026-Q3"), owner="Bob"),
        Target("win_rate", Decimal("0.4"), owner="Nobody"),
    ]
    scored = made(*targets)
    assert item(scored, "company", None, "win_rate").target == Decimal("0.7")
    bob = item(scored, "owner", "o-2", "win_rate")
    assert (bob.target, bob.actual.value, bob.gap, bob.met) == (Decimal("0.6"), 1, Fraction(-2, 5), True)
    # nobody is called so, and what is farther away was never asked for
    assert [t.value for t in scored.unused] == [Decimal("0.9"), Decimal("0.8"), Decimal("0.4")]


def test_a_target_may_be_of_a_stage_of_lower_figures_and_of_a_duration() -> None:
    scored = made(
        Target("win_rate", Decimal("0.5"), stage="qualification"),
        Target("time_in_stage", Duration(10, "day"), stage="qualification", direction="lower"),
        Target("win_rate", Money(100, "USD")),
    )
    assert item(scored, "company", None, "win_rate", "qualification").target == Decimal("0.5")
    slow = item(scored, "company", None, "time_in_stage", "qualification")
    assert (slow.target, slow.direction, slow.met) == (10, "lower", False)
    assert slow.gap is not None
    assert slow.gap > 0
    assert item(scored, "company", None, "win_rate").note == "the target is not in share"


def test_a_sum_has_its_part_of_the_target_by_now() -> None:
    won = item(made(Target("won_value", Money(20000, "USD"), span=Span.of("2026-Q2"))), "company", None, "won_value")
    assert (won.actual.value, won.target, won.gap) == (87, 200, 113)
    assert won.pace is not None
    assert won.pace.value == Fraction(87, 200) / Fraction(33, 65)
    # a year's sum is not a quarter's
    yearly = Target("won_value", Money(1, "USD"), span=Span.of("2026"))
    assert item(made(yearly, metrics=("won_value",)), "company", None, "won_value").target is None


def test_a_card_says_how_complete_its_deals_are() -> None:
    trust = card(made(), "owner", "o-1").trust
    # won: a (3 of its fields are asked for in each of five stages …); open and past two stages: f
    assert (trust.dated.numerator, trust.dated.n) == (1, 2)
    assert (trust.priced.numerator, trust.priced.n) == (1, 2)
    assert trust.captured.n == 18 + 7
    assert trust.captured.numerator == 2
    assert card(made(), "company", None).trust.owned.value == Fraction(4, 5)
    assert not trust.reconstructed


def test_coverage_is_held_against_what_earlier_periods_needed() -> None:
    covered = item(
        made(quotas=QUOTAS, rows=[*ROWS, *deal("o", "05-02", amount="35 USD"), *owner("o", "Ada", "o-1")]),
        "owner",
        "o-1",
        "coverage",
    )
    assert covered.actual.value == Fraction(35, 70)
    assert item(made(quotas=QUOTAS), "owner", "o-2", "coverage").met is True


def test_teams_see_their_deals_wherever_their_owners_are() -> None:
    known = history([*ROWS, ("x", "owner.team", "The South", at("02-02"))], NOW)
    below = seen_by(known, TEAMS, 1).at(NOW, "owner.team")
    assert dict(below.select("id", "owner.team").rows()) == {
        "a": "north", "b": "north", "late": "north", "c": "north", "e": "south", "f": "north", "x": "south",
    }  # fmt: skip
    assert set(seen_by(known, TEAMS, 0).at(NOW, "owner.team")["owner.team"]) == {"world"}


@pytest.mark.slow
def test_the_waterfall_of_the_sample_company_balances_between_any_two_month_ends() -> None:
    past = company.past()
    days = [date(2025, month, 28) for month in range(1, 13)] + [date(2026, month, 28) for month in range(1, 11)]
    for start, end in zip(days, days[1:] + days[-1:], strict=True):
        quarter = past.process.calendar.period(end, "quarter")
        for period in (None, quarter):
            for scope in (None, {"owner.team": "EMEA sales"}):
                made_ = waterfall(past, start, end, period, scope=scope)
                assert made_.differences() == {}


@pytest.mark.slow
def test_teams_of_the_sample_company_add_up_to_all_of_it() -> None:
    scored = scorecard(
        company.past(), [company.targets()], company.teams(), first=date(2026, 10, 1), last=date(2026, 12, 31)
    )
    assert scored.before_as_of == date(2026, 8, 21)
    teams = [one for one in scored.cards if one.kind == "team" and one.name != "all"]
    won = [item(scored, "team", one.name, "attainment") for one in teams]
    whole, top = item(scored, "company", None, "attainment"), item(scored, "team", "all", "attainment")
    assert sum(Fraction(one.actual.value or 0) for one in won) == whole.actual.value == top.actual.value
    assert sum(Fraction(one.target or 0) for one in won) == whole.target == top.target
    owners = [item(scored, "owner", one.name, "attainment") for one in scored.cards if one.kind == "owner"]
    assert sum(Fraction(one.actual.value or 0) for one in owners) == whole.actual.value
    assert all(one.trust.reconstructed for one in scored.cards)
