"""Calls as layers: which stand, what stands on each layer, and what each was worth; and the days to freeze on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealgate.forecast.layers import (
    BASE,
    Case,
    Layered,
    about,
    layered,
    layered_deal,
    moments,
    value_added,
)
from dealgate.metrics.figure import NoValue
from dealgate.metrics.standing import Period
from dealgate.model.call import LAYERS, MOMENTS, Call, known, standing
from dealgate.model.people import ERASED
from dealgate.model.teams import Team, Teams
from dealgate.model.values import Money

AT = datetime(2026, 11, 15, 12, tzinfo=UTC)
QUARTER = Period(date(2026, 10, 1), date(2026, 12, 31))
SAID = Call("c0", QUARTER.first, QUARTER.last, "manager", "Max Berg", "Asked", AT, AT, after=Money(400, "USD"))
COMMIT = ("commit",)


def said(layer: str, amount: int | None = None, days: int = 0, **more: object) -> Call:
    """A call of a layer's one author, some days on."""
    at = AT + timedelta(days=days)
    after = None if amount is None else Money(amount, "USD")
    return SAID.replace(**{"layer": layer, "author": layer, "after": after, "at": at, "recorded_at": at, **more})


def amounts(found: Layered) -> list[int | NoValue]:
    return [one.amount for one in found.layers]


# ---------------------------------------------------------------- which calls stand

NAMES = st.sampled_from(["Max Berg", "max  berg", "Lea Roth"])
DAYS = st.integers(0, 5).map(lambda n: AT + timedelta(days=n))


@st.composite
def many(draw: st.DrawFn) -> list[Call]:
    """Calls of a few people on a few things, each with an id of its own."""
    found = []
    for n in range(draw(st.integers(0, 12))):
        made = draw(DAYS)
        owner, team, deal = draw(
            st.sampled_from([("Rita", None, None), (None, "North", None), (None, None, None), ("Rita", None, "d1")])
        )
        found.append(
            SAID.replace(
                id=f"c{n}", layer=draw(st.sampled_from(LAYERS)), author=draw(NAMES), owner=owner, team=team, deal=deal,
                at=made, recorded_at=made + timedelta(days=draw(st.integers(0, 3))),
                last=draw(st.sampled_from([QUARTER.last, date(2026, 10, 31)])),
            )
        )  # fmt: skip
    return found


def thing(one: Call) -> object:
    """What no two calls that stand have in common."""
    return one.first, one.last, one.layer, one.scope, one.about.casefold(), " ".join(one.author.casefold().split())


@given(many())
def test_the_latest_call_on_a_thing_stands_and_every_thing_has_one(calls: list[Call]) -> None:
    stand = standing(calls)
    assert len({thing(one) for one in stand}) == len(stand)
    assert {thing(one) for one in stand} == {thing(one) for one in calls}
    order = {one.id: n for n, one in enumerate(calls)}
    for one in stand:
        same = [other for other in calls if thing(other) == thing(one)]
        assert one == max(same, key=lambda other: (other.at, other.recorded_at, order[other.id]))


@given(many(), DAYS, DAYS)
def test_no_view_sees_what_came_or_was_entered_later(calls: list[Call], as_of: datetime, known_at: datetime) -> None:
    seen = standing(known(calls, as_of, known_at))
    assert all(one.at <= as_of and one.recorded_at <= known_at for one in seen)
    earlier = [one for one in calls if one.at <= as_of and one.recorded_at <= known_at]
    assert seen == standing(earlier)


@given(many())
def test_calls_stand_in_the_order_they_were_made(calls: list[Call]) -> None:
    moments_of = [(one.at, one.recorded_at) for one in standing(calls)]
    assert moments_of == sorted(moments_of)


def test_who_were_erased_are_not_one_and_the_same() -> None:
    calls = [SAID.replace(id=f"c{n}", author=ERASED, owner="Rita") for n in range(2)]
    owners = [SAID.replace(id=f"o{n}", owner=ERASED) for n in range(2)]
    assert len(standing(calls + owners)) == 4


def test_calls_are_about_one_thing_in_exactly_one_period() -> None:
    rita, north, all_of_it, deal, month = (
        said("manager", 1, owner="Rita Lind"), said("manager", 2, team="North"), said("leader", 3),
        said("manager", 4, owner="Rita Lind", deal="d1"), said("leader", 5, last=date(2026, 10, 31)),
    )  # fmt: skip
    calls = (rita, north, all_of_it, deal, month)
    assert about(calls, QUARTER, owner="rita  LIND") == [rita]
    assert about(calls, QUARTER) == [all_of_it]
    assert about(calls, QUARTER, deal="d1") == [deal]
    assert about(calls, QUARTER, deal="D1") == []
    assert about(calls, QUARTER, team="north") == [north]
    assert about(calls, QUARTER, team="n") == []
    assert about(calls, QUARTER, team="n", teams=Teams({"n": Team("n", "North")})) == [north]


def test_a_call_about_an_owner_who_was_erased_is_about_nobody() -> None:
    assert about([said("rep", 1, owner=ERASED)], QUARTER, owner=ERASED) == []


# ---------------------------------------------------------------- what stands on each layer


def test_a_layer_without_a_call_has_what_lies_below() -> None:
    found = layered(365, [said("manager", 410)], "USD")
    assert amounts(found) == [365, 410, 410]
    assert [one.before for one in found.layers] == [365, 365, 410]
    assert [one.spoke for one in found.layers] == [False, True, False]
    manager = found.of("manager")
    assert (manager.call and manager.call.author, found.amount) == ("manager", 410)


def test_each_layer_overrides_those_below_whenever_it_spoke() -> None:
    found = layered(365, [said("leader", 300, days=-9), said("rep", 500), said("manager", 410, days=-2)], "USD")
    assert amounts(found) == [500, 410, 300]


def test_of_several_on_one_layer_the_last_stands_and_the_others_are_told() -> None:
    first, second = said("manager", 400, author="Max"), said("manager", 420, days=1, author="Lea")
    found = layered(365, [second, first], "USD").of("manager")
    assert (found.amount, found.call, found.others) == (420, second, (first,))


def test_a_call_of_nothing_and_one_below_nothing_are_calls() -> None:
    assert amounts(layered(365, [said("rep", 0), said("leader", -20)], "USD")) == [0, 0, -20]


def test_a_call_in_another_currency_or_without_an_amount_is_set_aside_and_told() -> None:
    euros, wordless = said("manager", after=Money(410, "EUR")), said("leader", category="commit")
    found = layered(365, [euros, wordless], "USD")
    assert amounts(found) == [365, 365, 365]
    assert found.aside == ((euros, "it is in another currency"), (wordless, "it names no amount"))


def test_what_is_said_of_parts_moves_the_whole_by_as_much() -> None:
    rita = layered(100, [said("rep", 130, owner="Rita"), said("manager", 90, owner="Rita")], "USD")
    tom = layered(50, [said("manager", 60, owner="Tom")], "USD")
    team = layered(150, [], "USD", [rita, tom])
    assert amounts(team) == [180, 150, 150]
    assert [one.moved for one in team.layers] == [30, -30, 0]
    assert [one.spoke for one in team.layers] == [True, True, False]


def test_a_word_on_the_whole_outweighs_the_same_layers_words_on_parts() -> None:
    rita = layered(100, [said("manager", 90, owner="Rita"), said("leader", 95, owner="Rita")], "USD")
    team = layered(150, [said("manager", 200, team="North")], "USD", [rita])
    assert amounts(team) == [150, 200, 205]


def test_a_layer_that_agrees_with_what_lies_below_has_spoken() -> None:
    rita = layered(100, [said("rep", 100, owner="Rita")], "USD")
    team = layered(150, [], "USD", [rita])
    assert (team.of("rep").spoke, team.said["rep"]) == (True, 150)


def test_over_a_method_that_has_no_value_a_call_still_stands() -> None:
    none = NoValue("no history")
    found = layered(none, [said("manager", 410)], "USD")
    assert amounts(found) == [none, 410, 410]
    rita = layered(none, [said("rep", 130, owner="Rita")], "USD")
    team = layered(150, [], "USD", [rita])
    unknown = NoValue("what a call changes is not known: no history")
    assert amounts(team) == [unknown] * 3
    assert amounts(layered(none, [], "USD")) == [none] * 3


@given(st.lists(st.tuples(st.integers(-99, 999), st.lists(st.tuples(st.sampled_from(LAYERS), st.integers(-9, 999))))))
def test_the_parts_add_to_the_whole_on_every_layer(people: list[tuple[int, list[tuple[str, int]]]]) -> None:
    parts = [layered(base, [said(layer, amount) for layer, amount in calls], "USD") for base, calls in people]
    whole = layered(sum(base for base, _ in people), [], "USD", parts)
    for layer in LAYERS:
        held = [part.of(layer).amount for part in parts]
        assert whole.of(layer).amount == sum(one for one in held if isinstance(one, int))


def test_a_deal_counts_where_its_category_does() -> None:
    found = layered_deal(100, "commit", [said("manager", category="best_case", deal="d1")], "USD", COMMIT)
    assert amounts(found) == [100, 0, 0]
    both = layered_deal(100, "commit", [said("manager", category="best_case")], "USD", ("commit", "best_case"))
    assert amounts(both) == [100, 100, 100]


def test_what_a_call_on_a_deal_does_not_name_stays_as_it_lies_below() -> None:
    calls = [said("rep", 80), said("manager", category="commit"), said("leader", 90, category="pipeline")]
    assert amounts(layered_deal(100, "best_case", calls, "USD", COMMIT)) == [0, 80, 0]


def test_a_deal_without_an_amount_counts_for_nothing_until_one_is_called() -> None:
    assert amounts(layered_deal(None, "commit", [said("manager", 50)], "USD", COMMIT)) == [0, 50, 50]


def test_a_deal_that_moved_since_the_call_is_not_counted_twice() -> None:
    # the manager called 80 when the CRM said 100; the rep has come down to 80 since
    call = said("manager", 80, deal="d1", before=Money(100, "USD"))
    owner = layered(300, [], "USD", [layered_deal(80, "commit", [call], "USD", COMMIT)])
    assert amounts(owner) == [300, 300, 300]


def test_a_call_on_a_deal_in_another_currency_is_set_aside_all_the_way_up() -> None:
    euros = said("manager", after=Money(80, "EUR"), category="pipeline", deal="d1")
    deal = layered_deal(100, "commit", [euros], "USD", COMMIT)
    assert amounts(deal) == [100, 100, 100]
    assert layered(300, [], "USD", [deal]).aside == ((euros, "it is in another currency"),)


# ---------------------------------------------------------------- what each was worth


def test_value_added_is_the_naive_error_less_the_layers() -> None:
    found = value_added([Case(100, {"rep": 130, "manager": 115}, 120)])
    assert (found["rep"].amount, found["manager"].amount) == (20 - 10, 20 - 5)
    assert found["manager"].added == Fraction(20, 120) - Fraction(5, 120)
    assert found["manager"].n == 1


def test_over_several_periods_it_is_the_difference_of_wapes() -> None:
    # the golden figures: forecasts of 100, 120, 80 where 110, 100, 100 came
    cases = [Case(n, {"rep": f}, a) for n, f, a in zip((100, 100, 100), (100, 120, 80), (110, 100, 100), strict=True)]
    found = value_added(cases)["rep"]
    assert (found.naive, found.error) == (Fraction(10, 310), Fraction(50, 310))
    assert found.error == pytest.approx(0.1613, abs=5e-5)
    assert (found.added, found.amount, found.n) == (Fraction(-40, 310), -40, 3)


def test_each_layer_is_measured_on_the_periods_in_which_it_spoke() -> None:
    silent = layered(100, [said("rep", 130)], "USD").said
    assert silent == {BASE: 100, "rep": 130, "manager": NoValue("nobody called"), "leader": NoValue("nobody called")}
    cases = [Case(90, silent, 120), Case(NoValue("no period before"), {"rep": 1, "manager": 2}, 3)]
    found = value_added([*cases, Case(90, {"manager": 100}, NoValue("it is not over"))])
    assert (found["rep"].n, found["rep"].amount, found[BASE].amount) == (1, 20, 10)
    assert found["rep"].left_out == {"no period before": 1, "it is not over": 1}
    assert found["manager"].n == 0
    assert found["leader"].added == NoValue("nobody called, no period before, it is not over")


def test_where_nothing_came_there_is_an_amount_and_no_share() -> None:
    found = value_added([Case(10, {"rep": 4}, 0)])["rep"]
    assert (found.n, found.amount, found.added) == (1, 6, NoValue("nothing came"))


def test_without_a_case_there_is_nothing_to_say() -> None:
    assert value_added([]) == {}


# ---------------------------------------------------------------- when forecasts are frozen


def test_the_moments_of_a_quarter() -> None:
    assert moments(QUARTER) == {"day1": date(2026, 10, 1), "mid": date(2026, 11, 15), "-14d": date(2026, 12, 17)}
    assert tuple(moments(QUARTER)) == MOMENTS


@pytest.mark.parametrize(
    ("days", "mid", "late"), [(1, 0, None), (2, 0, None), (3, 1, None), (14, 6, None), (15, 7, 0), (31, 15, 16)]
)
def test_the_moments_of_short_periods(days: int, mid: int, late: int | None) -> None:
    first = date(2026, 10, 1)
    found = moments(Period(first, first + timedelta(days=days - 1)))
    assert found["day1"] == first
    assert found["mid"] == first + timedelta(days=mid)
    none = NoValue("the period is shorter than 15 days")
    assert found["-14d"] == (none if late is None else first + timedelta(days=late))


@given(st.dates(max_value=date(2900, 1, 1)), st.integers(0, 800))
def test_the_moments_lie_in_the_period_and_the_middle_halves_it(first: date, more: int) -> None:
    period = Period(first, first + timedelta(days=more))
    found = moments(period)
    assert all(period.first <= one <= period.last for one in found.values() if isinstance(one, date))
    mid = found["mid"]
    assert isinstance(mid, date)
    assert (mid - period.first).days in ((period.last - mid).days, (period.last - mid).days - 1)
