"""The waterfall balances, and each deal stands under the cause that it should."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.metrics.streams import BEGIN, END, at, deal, history, practical, streams
from tests.metrics.test_real_data import read

from dealgate.compile.events import DELETED, MERGED, RECORD, THERE
from dealgate.metrics.waterfall import LINES, Waterfall, waterfall
from dealgate.model.calendar import Rates

Q2 = (date(2026, 4, 1), date(2026, 6, 30))
RATES = Rates("USD", {"EUR": ((date(2026, 1, 1), Decimal("1.1")), (date(2026, 5, 1), Decimal("1.2345")))})
_MOMENTS = st.integers(0, 364).map(lambda n: BEGIN + timedelta(days=n))


def flow(rows: list[tuple[Any, ...]], start: str = "04-01", end: str = "06-30", **more: Any) -> Waterfall:
    made = waterfall(history(rows), at(start), at(end), more.pop("period", Q2), **more)
    made.check()
    return made


def lines(made: Waterfall) -> dict[str, tuple[int, int]]:
    return {line.cause: (line.count, line.amount) for line in made.lines if line.count or line.amount or line.deals}


STAYS = {"begin": (1, 10000), "end": (1, 10000)}
GOES = {"begin": (1, 10000)}
COMES = {"end": (1, 10000)}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (deal("a", "01-05"), STAYS),
        (deal("a", "05-05"), COMES | {"new": (1, 10000)}),
        ([*deal("a", "01-05"), ("a", "status", "won", at("05-05"))], GOES | {"won": (-1, -10000)}),
        ([*deal("a", "01-05"), ("a", "status", "lost", at("05-05"))], GOES | {"lost": (-1, -10000)}),
        ([*deal("a", "01-05"), ("a", "status", "cancelled", at("05-05"))], GOES | {"cancelled": (-1, -10000)}),
        ([*deal("a", "01-05"), ("a", RECORD, DELETED, at("05-05"))], GOES | {"deleted": (-1, -10000)}),
        ([*deal("a", "01-05"), ("a", RECORD, MERGED + "b", at("05-05"))], GOES | {"merged": (-1, -10000)}),
        ([*deal("a", "01-05"), ("a", "close_date", "2026-07-01", at("05-05"))], GOES | {"pushed_out": (-1, -10000)}),
        ([*deal("a", "01-05"), ("a", "close_date", "2026-03-31", at("05-05"))], GOES | {"pulled_out": (-1, -10000)}),
        ([*deal("a", "01-05"), ("a", "close_date", None, at("05-05"))], GOES | {"undated": (-1, -10000)}),
        (
            [*deal("a", "01-05", day="09-01"), ("a", "close_date", "2026-06-30", at("05-05"))],
            COMES | {"pulled_in": (1, 10000)},
        ),
        (
            [*deal("a", "01-05", day="02-01"), ("a", "close_date", "2026-04-01", at("05-05"))],
            COMES | {"pushed_in": (1, 10000)},
        ),
        (
            [*deal("a", "01-05"), ("a", "status", "lost", at("02-05")), ("a", "status", "open", at("05-05"))],
            COMES | {"reopened": (1, 10000)},
        ),
        ([*deal("a", "01-05"), ("a", "amount", "125.50 USD", at("05-05"))],
         {"begin": (1, 10000), "increase": (0, 2550), "end": (1, 12550)}),
        ([*deal("a", "01-05"), ("a", "amount", None, at("05-05"))],
         {"begin": (1, 10000), "decrease": (0, -10000), "end": (1, 0)}),
        # created and won: in both
        ([*deal("a", "04-05"), ("a", "status", "won", at("05-05"))], {"new": (1, 10000), "won": (-1, -10000)}),
        # created and lost: it was never there at either date
        ([*deal("a", "04-05"), ("a", "status", "lost", at("05-05"))], {}),
        # a later period's deal that was won in this one
        ([*deal("a", "01-05", day="09-01"), ("a", "status", "won", at("05-05"))],
         {"pulled_in": (1, 10000), "won": (-1, -10000)}),
        # closing cleared the amount
        ([*deal("a", "01-05"), ("a", "amount", None, at("05-05")), ("a", "status", "lost", at("05-05"))],
         GOES | {"lost": (-1, -10000)}),
        # won for more than it stood at
        ([*deal("a", "01-05"), ("a", "amount", "150 USD", at("05-05")), ("a", "status", "won", at("05-05"))],
         {"begin": (1, 10000), "increase": (0, 5000), "won": (-1, -15000)}),
        # corrected by an import, then raised by a person
        ([*deal("a", "01-05"), ("a", "amount", "90 USD", at("05-05"), None, "import"),
          ("a", "amount", "120 USD", at("05-06"), None, "person")],
         {"begin": (1, 10000), "increase": (0, 3000), "data_fix": (0, -1000), "end": (1, 12000)}),
        (deal("a", "01-05", amount=None), {"begin": (1, 0), "end": (1, 0)}),
    ],
)  # fmt: skip
def test_each_thing_that_happens_has_its_line(
    rows: list[tuple[Any, ...]], expected: dict[str, tuple[int, int]]
) -> None:
    assert lines(flow(rows)) == expected


def test_the_causes_go_by_their_precedence() -> None:
    pushed = ("a", "close_date", "2026-09-01", at("05-01"))
    won = ("a", "status", "won", at("05-02"))
    left = ("a", "owner.team", "south", at("05-03"))
    gone = ("a", RECORD, DELETED, at("05-04"))
    rows = [*deal("a", "01-05"), ("a", "owner.team", "north", at("01-05", 9)), pushed]
    scope = {"owner.team": "north"}
    assert lines(flow(rows, scope=scope)).keys() == {"begin", "pushed_out"}
    for more, cause in [(won, "won"), (left, "scope_out"), (gone, "deleted")]:
        rows = [*rows, more]
        assert lines(flow(rows, scope=scope)).keys() == {"begin", cause}


def test_a_scope_may_be_an_expression_and_unknown_is_not_in_it() -> None:
    rows = [*deal("a", "01-05"), *deal("b", "01-05"), *deal("c", "01-05", amount="5 USD")]
    rows += [("a", "owner.team", "north", at("01-05", 9)), ("c", "owner.team", "east", at("01-05", 9))]
    made = flow(rows, scope=pl.col("owner.team").is_in(["north", "south"]))
    assert lines(made) == STAYS
    assert made.scope_unknown == 1
    assert lines(flow(rows, scope={"owner.team": ["north", "east"]}))["end"] == (2, 10500)


def test_rates_have_a_line_of_their_own_and_what_no_rate_leads_to_stands_apart() -> None:
    rows = [*deal("a", "01-05", amount="100.01 EUR"), *deal("b", "01-05", amount="5000 JPY"), *deal("c", "05-05")]
    made = flow(rows, rates=RATES)
    assert lines(made) == {"begin": (2, 11001), "new": (1, 10000), "exchange": (0, 1345), "end": (3, 22346)}
    assert made["begin"].apart == made["end"].apart == {"JPY": 5000}
    steady = flow(rows, rates=RATES, rates_on=date(2026, 4, 1))
    assert "exchange" not in lines(steady)
    without = flow(rows)
    assert without["begin"].amount == 0
    assert without["begin"].apart == {"EUR": 10001, "JPY": 5000}


def test_a_deal_that_changes_into_a_currency_without_a_rate_moves_there() -> None:
    rows = [*deal("a", "01-05"), ("a", "amount", "70 EUR", at("05-05"))]
    made = flow(rows)
    assert made["decrease"].amount == -10000
    assert made["increase"].apart == made["end"].apart == {"EUR": 7000}


def test_what_is_missing_is_said() -> None:
    rows = [*deal("a", "01-05", amount=None), *deal("b", "01-05", day=None), ("c", RECORD, THERE, None)]
    rows += [("c", "status", "open", None), *deal("d", "01-05", amount=None), ("d", "amount", "3 USD", at("05-01"))]
    made = flow(rows)
    assert (made.without_amount, made.without_date, made.undated, made.assumed) == (1, 1, 1, 1)


def test_a_waterfall_over_the_whole_pipeline_knows_no_dates() -> None:
    rows = [*deal("a", "01-05", day=None), ("a", "close_date", "2027-01-01", at("05-05"))]
    assert lines(flow(rows, period=None)) == STAYS


def test_two_dates_the_wrong_way_round_are_refused() -> None:
    made = history(deal("a", "01-05"), at("06-30"))
    with pytest.raises(ValueError, match="no earlier"):
        waterfall(made, at("05-01"), at("04-01"))
    with pytest.raises(ValueError, match="history ends"):
        waterfall(made, at("05-01"), at("07-01"))


def test_the_deals_behind_a_line_can_be_listed() -> None:
    rows = [*deal("a", "01-05"), *deal("b", "05-05"), *deal("c", "05-06")]
    made = flow(rows)
    assert sorted(made.deals("new")) == ["b", "c"]
    assert made["new"].deals == 2
    with pytest.raises(KeyError):
        made["nothing"]


# ------------------------------------------------ for any dates, and any history


def _pipeline(rows: list[tuple[Any, ...]], moment: datetime, period: tuple[date, date] | None) -> Iterator[str]:
    """The open deals by a walk over the rows, one by one: an oracle that shares nothing with the columns."""
    order = sorted(range(len(rows)), key=lambda n: (rows[n][3] is not None, rows[n][3] or BEGIN, n))
    by_deal: dict[str, list[tuple[Any, ...]]] = {}
    for n in order:
        by_deal.setdefault(rows[n][0], []).append(rows[n])
    for name, own in by_deal.items():
        records = [row for row in own if row[1] == RECORD]
        begun = next((row[3] for row in records if row[2] == THERE), None)
        # what is deleted for good at the end of all that is known was deleted at its last word
        state = records[-1][2] if records else THERE
        gone = (
            next((row[3] for row in reversed(_changes(records)) if row[2] == state), None) if state != THERE else None
        )
        if begun is None or begun > moment or (gone is not None and gone <= moment):
            continue
        held: dict[str, str | None] = {}
        for row in own:
            if row[3] is None or row[3] <= moment:
                held[row[1]] = row[2]
        if "close_date" not in held:
            held["close_date"] = next((row[2] for row in own if row[1] == "close_date"), None)
        day = held["close_date"]
        dated = period is None or (day is not None and period[0].isoformat() <= day <= period[1].isoformat())
        if held.get("status") == "open" and dated:
            yield name


def _changes(records: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [row for n, row in enumerate(records) if n == 0 or row[2] != records[n - 1][2]]


@pytest.mark.slow
@settings(deadline=None)
@given(
    streams(),
    _MOMENTS,
    _MOMENTS,
    st.sampled_from([None, Q2, (date(2026, 1, 1), date(2026, 12, 31)), (date(2026, 5, 5), date(2026, 5, 5))]),
    st.sampled_from([None, RATES]),
    st.sampled_from([None, {"owner.team": "north"}]),
)
def test_the_identity_holds_for_any_two_dates(
    rows: list[tuple[Any, ...]],
    one: datetime,
    other: datetime,
    period: tuple[date, date] | None,
    rates: Rates | None,
    scope: dict[str, str] | None,
) -> None:
    start, end = sorted([one, other])
    made = waterfall(history(rows), start, end, period, rates=rates, scope=scope)
    assert made.differences() == {}
    for line in ("begin", "end"):
        assert made[line].count == made[line].deals
    # one cause of coming and one of going, at most
    causes = made.moves.filter(~pl.col("line").is_in(["begin", "end"]), pl.col("count") != 0)
    assert causes.group_by("deal", "count").len()["len"].max() in (None, 1)
    if scope is None:
        assert sorted(made.deals("begin")) == sorted(_pipeline(rows, start, period))
        assert sorted(made.deals("end")) == sorted(_pipeline(rows, end, period))


@pytest.mark.slow
@settings(deadline=None)
@given(streams(), st.lists(_MOMENTS, min_size=3, max_size=3))
def test_where_one_waterfall_ends_the_next_begins(rows: list[tuple[Any, ...]], moments: list[datetime]) -> None:
    first, middle, last = sorted(moments)
    known = history(rows)
    before, after = waterfall(known, first, middle, Q2), waterfall(known, middle, last, Q2)
    assert (before["end"].count, before["end"].amount) == (after["begin"].count, after["begin"].amount)
    assert before["end"].apart == after["begin"].apart


def test_nothing_happens_between_a_date_and_itself() -> None:
    made = waterfall(history(deal("a", "01-05")), END, END)
    assert set(lines(made)) <= {"begin", "end"}
    assert list(LINES) == [line.cause for line in made.lines]
    assert made.currency == practical().currency


def test_the_pipeline_of_a_real_company_follows_its_quarters(shared_data: Path) -> None:
    past = read(shared_data / "maven_crm_sales", "practical", date(2017, 12, 31))
    ends = [date(2017, 3, 31), date(2017, 6, 30), date(2017, 9, 30), date(2017, 12, 31)]
    quarters = [waterfall(past, start, end) for start, end in pairwise([date(2016, 10, 19), *ends])]
    assert all(not made.differences() for made in quarters)
    # counted from the file: won by quarter, and open (all of them Engaging) in the middle of the year
    assert [-made["won"].count for made in quarters] == [531, 1254, 1257, 1196]
    assert quarters[1]["end"].count == 1686
    assert sum(-made["won"].amount for made in quarters) == 1000553400
    assert {made.undated for made in quarters} == {500}
    assert quarters[0].reconstructed
