"""Calls of deals, owners and teams move the whole, on their own layer, and change no deal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from dealgate.forecast.called import GONE, NOBODY, Spoken, called, stood
from dealgate.forecast.snapshot import Snapshot
from dealgate.metrics.figure import NoValue
from dealgate.model.call import Call
from dealgate.model.teams import Team, Teams
from dealgate.model.values import Money

from .given import Q4, TODAY, deal, ended, snapshot

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
TEAMS = Teams({"north": Team("north", "North", members=("Rita Lind",)), "south": Team("south", "South")})
COMMIT = {"forecast_category": "commit"}


def said(layer: str, amount: int | None, n: int = 0, **about: Any) -> Call:
    after = None if amount is None else Money(amount * 100, "USD")
    author = f"{layer} {n}"
    return Call(f"c{layer}{n}{about}", Q4.first, Q4.last, layer, author, "Heard so", AT, AT, after=after, **about)


def company(*more: dict[str, Any]) -> Snapshot:
    rows = [
        deal(1, **COMMIT),
        deal(2, forecast_category="best_case", amount="300.00"),
        deal(3, owner__name="Sam Roth", owner__team="South", amount="200.00", **COMMIT),
        deal(4, close_date="2027-02-01", amount="400.00", **COMMIT),
        ended(5, "won", TODAY, amount="50.00"),
        *more,
    ]
    return replace(snapshot(*rows), teams=TEAMS)


def amounts(one: Spoken) -> list[int]:
    return [value // 100 for layer in one.layers if isinstance(value := layer.amount, int)]


def test_without_a_call_what_stands_is_the_reps_commit() -> None:
    made = called(company(), [])
    assert not made.spoke
    assert amounts(made) == [1250, 1250, 1250]


def test_a_rep_moves_the_whole_by_what_he_moves_of_his_own() -> None:
    made = called(company(), [said("rep", 1500, owner="Rita Lind")])
    assert amounts(made) == [1700, 1700, 1700]  # Rita stood at 1,050, and says 1,500
    north, rita = made.within()
    assert (north.kind, north.name, amounts(north)) == ("team", "North", [1500, 1500, 1500])
    assert (rita.kind, amounts(rita)) == ("owner", [1500, 1500, 1500])


def test_a_manager_lies_over_the_reps_of_the_team_and_a_leader_over_all() -> None:
    calls = [
        said("rep", 1500, owner="Rita Lind"),
        said("manager", 1200, team="north"),
        said("leader", 1300),
    ]
    made = called(company(), calls)
    assert amounts(made) == [1700, 1400, 1300]  # the manager takes 300 off what the reps say


def test_a_deal_counts_as_it_is_called() -> None:
    promoted = called(company(), [said("rep", None, deal="D-2", category="commit")])
    assert amounts(promoted) == [1550, 1550, 1550]
    left_out = called(company(), [said("manager", None, deal="D-1", category="pipeline")])
    assert amounts(left_out) == [1250, 250, 250]
    less = called(company(), [said("manager", 600, deal="D-1")])
    assert amounts(less) == [1250, 850, 850]


def test_a_deal_of_a_later_period_counts_once_it_is_called_for_this_one() -> None:
    made = called(company(), [said("manager", None, deal="D-4", category="commit")])
    assert amounts(made) == [1250, 1650, 1650]


def test_an_owner_whose_deals_are_in_several_teams_is_called_once() -> None:
    rows = company(
        deal(6, owner__name="Ann Both", owner__team="South", amount="100.00", **COMMIT),
        deal(7, owner__name="Ann Both", owner__team="West", amount="100.00", **COMMIT),
    )
    made = called(rows, [said("rep", 500, owner="Ann Both")])
    assert amounts(made) == [1750, 1750, 1750]  # 1,450 and 300 more
    assert [(one.kind, one.name) for one in made.within()] == [("owner", "Ann Both")]


def test_what_is_about_nothing_that_is_there_is_set_aside() -> None:
    calls = [said("rep", 9, owner="Nobody Known"), said("rep", 9, deal="D-5"), said("leader", 9, team="Moon")]
    made = called(company(), calls)
    assert amounts(made) == [1250, 1250, 1250]
    assert [(one.scope, reason) for one, reason in made.layered.aside] == [
        ("owner", NOBODY),
        ("deal", GONE),
        ("team", NOBODY),
    ]


def test_a_call_in_another_currency_is_set_aside() -> None:
    foreign = said("rep", 9, owner="Rita Lind").replace(after=Money(900, "EUR"))
    made = called(company(), [foreign])
    assert made.layered.aside == ((foreign, "it is in another currency"),)
    assert amounts(made) == [1250, 1250, 1250]


def test_where_no_deal_has_a_date_only_a_call_of_the_whole_is_known() -> None:
    seen = snapshot(deal(1, close_date=None, **COMMIT))
    made = called(seen, [said("leader", 700)])
    rep, manager, leader = made.layers
    assert isinstance(rep.amount, NoValue)
    assert isinstance(manager.amount, NoValue)
    assert leader.amount == 70000


@pytest.mark.parametrize(
    ("about", "before"),
    [({"owner": "Rita Lind"}, 1050), ({"team": "north"}, 1050), ({"team": "South"}, 200), ({}, 1250)],
)
def test_what_stood_until_a_call_is_known(about: dict[str, str], before: int) -> None:
    assert stood(company(), said("manager", 1, **about), []) == Money(before * 100, "USD")


def test_what_stood_follows_the_calls_before() -> None:
    earlier = [said("rep", 1500, owner="Rita Lind")]
    assert stood(company(), said("manager", 1, 1, team="north"), earlier) == Money(150000, "USD")
    assert stood(company(), said("leader", 1, 1), earlier) == Money(170000, "USD")
