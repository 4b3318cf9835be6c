"""A close date that is past speaks against a deal as far as it did of earlier ones, by what was known of them then."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from dealgate.forecast.chances import MIN_N, WEIGHT, by_history
from dealgate.forecast.dates import BEYOND, PAST, WITHIN, Told, by_date, cases_dated, kind
from dealgate.forecast.methods import Asked, Outlook, methods
from dealgate.forecast.snapshot import Snapshot
from dealgate.metrics.standing import Period

from .given import deal, snapshot

TODAY, LAST = date(2026, 11, 23), date(2026, 12, 31)
THIRD = Period(date(2026, 7, 1), date(2026, 9, 30))
ASKED = Asked(quarters=200)


def test_odds_are_drawn_towards_what_was_to_be_expected() -> None:
    told = Told(40, 4, 10.0, LAST)
    r = (4 + WEIGHT * 0.25) / (40 + WEIGHT)
    assert told.ratio == pytest.approx(r / (1 - r) / (0.25 / 0.75))


def test_what_came_as_expected_moves_nothing() -> None:
    assert Told(40, 10, 10.0, LAST).ratio == pytest.approx(1)


@pytest.mark.parametrize("told", [Told(MIN_N - 1, 0, 10.0, LAST), Told(40, 0, 0.0, LAST), Told(40, 40, 40.0, LAST)])
def test_of_too_few_and_of_a_sure_outcome_nothing_is_told(told: Told) -> None:
    assert told.ratio is None


def test_a_date_is_past_from_its_own_day_on() -> None:
    days = [None, TODAY, TODAY + timedelta(days=1), LAST, LAST + timedelta(days=1)]
    held = pl.DataFrame({"day": days}, schema={"day": pl.Date}).select(kind(pl.col("day"), pl.lit(TODAY), pl.lit(LAST)))
    assert held["kind"].to_list() == [None, PAST, WITHIN, WITHIN, BEYOND]


def stood(number: int, begun: date, dated: date, status: str, on: date, **more: Any) -> dict[str, Any]:
    """A deal that stood in the proposal stage with a close date, and closed on a day, which its record then bears."""
    end = f"{on}T09:00:00+00:00"
    changes = [
        {"field": "close_date", "to": dated.isoformat(), "at": f"{begun}T09:00:00+00:00"},
        {"field": "close_date", "from": dated.isoformat(), "to": on.isoformat(), "at": end},
    ]
    visit = {"stage": "proposal", "entered": f"{begun}T09:00:00+00:00", "left": end}
    made = deal(
        number, status=status, created_at=f"{begun}T08:00:00+00:00", closed_on=on.isoformat(), visits=[visit],
        close_date=on.isoformat(), changes=changes,
    )  # fmt: skip
    return {**made, **more}


def company(*, told: bool = True, late: int = 10) -> list[dict[str, Any]]:
    """Four quarters with ten deals each whose date was past in the middle and that were lost, and ten whose date was
    still to come, of which eight were won."""
    made, number = [], 0
    for first in (date(2025, 10, 1), date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1)):
        for n in range(late + 10):
            past = n < late
            dated = first + timedelta(days=30 if past else 70)
            status = "lost" if past or n >= late + 8 else "won"
            number += 1
            made.append(stood(number, first + timedelta(days=5), dated, status, first + timedelta(days=65 + n % 10)))
    made.append(stood(900, date(2025, 9, 1), date(2025, 9, 20), "lost", date(2025, 9, 25)))
    return made if told else [{**one, "changes": []} for one in made]


def now(*records: dict[str, Any], since: str = "2026-10-06") -> Snapshot:
    """Two open deals beside the records, one past its close date."""
    here = {"visits": [{"stage": "proposal", "entered": f"{since}T09:00:00+00:00"}]}
    late, timely = deal(1001, close_date="2026-11-02", **here), deal(1002, close_date="2026-12-10", **here)
    return snapshot(*records, late, timely, as_of=TODAY)


def chance(of: Snapshot, ident: str) -> float:
    return float(by_date(of).chances.filter(pl.col("id") == ident)["chance"].item())


def base(of: Snapshot, ident: str) -> float:
    return float(by_history(of).filter(pl.col("id") == ident)["chance"].item())


def test_where_deals_past_their_date_were_lost_one_has_less_of_a_chance_and_says_so() -> None:
    of = now(*company())
    assert base(of, "D-1001") == base(of, "D-1002") == chance(of, "D-1002")
    assert 0 < chance(of, "D-1001") < base(of, "D-1001") / 2
    made = methods()["monte-carlo"].make(of, ASKED)
    assert isinstance(made, Outlook)
    assert any("1 open deal past the close date: odds times" in note and "40 such deals" in note for note in made.notes)
    late = made.deals.filter(pl.col("id") == "D-1001")
    assert "past its close date: its odds times" in late["reason"].item()
    assert late["expected"].item() == pytest.approx(100_000 * chance(of, "D-1001"), abs=1)


def test_the_dates_of_earlier_deals_are_those_they_had_then_and_not_the_day_they_closed() -> None:
    cases = cases_dated(now(*company()))
    assert cases.height == 80
    assert cases.group_by("kind").agg(pl.col("won").sum(), pl.len()).sort("kind").rows() == [
        (PAST, 0, 40), (WITHIN, 32, 40),
    ]  # fmt: skip


def test_where_the_source_tells_no_change_of_a_date_nothing_is_learned_of_it() -> None:
    of = now(*company(told=False))
    assert cases_dated(of).filter(pl.col("kind").is_not_null()).is_empty()
    assert chance(of, "D-1001") == base(of, "D-1001")
    assert any("tell too little of it" in note for note in by_date(of).notes)


def test_fewer_than_the_least_move_nothing_and_it_is_said() -> None:
    of = now(*company(late=5))
    assert chance(of, "D-1001") == base(of, "D-1001")
    assert any("20 such deals of earlier periods tell too little" in note for note in by_date(of).notes)


def test_a_deal_without_a_clock_has_its_stages_share_moved_by_its_date() -> None:
    bare = {"visits": [], "created_at": None}
    of = now(*company(), deal(1003, close_date="2026-11-02", **bare), deal(1004, close_date="2026-12-10", **bare))
    assert by_history(of).filter(pl.col("id").is_in(["D-1003", "D-1004"]))["chance"].null_count() == 2
    assert 0 < chance(of, "D-1003") < 32 / 80 < chance(of, "D-1004") < 1
    assert any("2 open deals of which nothing tells since when" in note for note in by_date(of).notes)


def test_what_slips_by_a_month_was_no_later_before() -> None:
    of = now(*company(), since="2026-09-22")
    slipped = of.but(type(of.what_if)(months=1))
    assert chance(slipped, "D-1001") < base(slipped, "D-1001")
    assert chance(slipped, "D-1002") == base(slipped, "D-1002")


def test_nothing_that_comes_later_moves_a_chance() -> None:
    then = now(*company()).at(date(2026, 8, 14), THIRD)
    later = now(*company(), *[stood(2000 + n, date(2026, 8, 20), date(2026, 9, 1), "won", LAST) for n in range(50)])
    again = later.at(date(2026, 8, 14), THIRD)
    assert by_date(then).notes == by_date(again).notes
    assert by_date(then).chances.equals(by_date(again).chances)
