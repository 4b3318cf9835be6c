"""Frames as users have them: each value is what ``model.fields.read`` makes of it, and what does not fit is told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dealgate.compile.columns.door import Door, open_door
from dealgate.model.deal import deal_from
from dealgate.model.diagnostics import Severity, WrongUsage
from dealgate.model.fields import read
from dealgate.model.values import Money, Unfit

from ..world import process

PROCESS = process(1)  # Berlin, EUR
ZONE = ZoneInfo("Europe/Berlin")


def opened(columns: dict[str, Any], **children: pl.DataFrame) -> Door:
    height = max((len(c) for c in columns.values()), default=0)
    held = {"id": [str(n) for n in range(height)], **columns}
    return open_door(pl.DataFrame(held), children, PROCESS)


def taken(columns: dict[str, Any]) -> pl.DataFrame:
    return opened(columns).frames.deals.lazy().collect()


def codes(door: Door) -> list[str]:
    return [d.code for d in door.diagnostics]


# ------------------------------------------------ value by value

TEXTS = st.sampled_from(
    [
        "", "  ", "tbd", " TBD ", "n/a", "x", "\u00a0?\u3000", "new", " new", "renewal", "first", "crm", "12", " 12 ", "1e3", "12.5",
        "-0.5", "15%", "12.5 %", "true", "False ", "yes", "2026-03-29", "2026-03-29T02:30", "2026-10-25 02:30:00", "31/31/2026",
        "2026-03-29T02:30:00+02:00", "14 days", "1 month", "36 hours", "100 USD", "99.999", "5 EUR", "straße", "TO BE DEFINED", "ﬀ",
        "99999999999999999999999", "0.1234567890123456789", "gold", "no",
    ]
)  # fmt: skip
NAMES = (
    "name", "amount", "discount", "close_date", "created_at", "deal_type", "accepted", "account.employees", "tier", "cycle",
    "fit", "seats", "maturity", "stage", "answered", "channel",
)  # fmt: skip
TYPED = {
    "integers": st.lists(st.one_of(st.none(), st.integers(-5, 10**18 - 1)), min_size=1, max_size=5),
    "floats": st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6).map(lambda x: round(x, 3)), st.sampled_from([float("nan"), float("inf"), 0.1, 1e15, 2.5])), min_size=1, max_size=5),
    "decimals": st.lists(st.one_of(st.none(), st.decimals(-1000, 1000, places=3)), min_size=1, max_size=5),
    "booleans": st.lists(st.one_of(st.none(), st.booleans()), min_size=1, max_size=5),
    "dates": st.lists(st.one_of(st.none(), st.dates(date(1990, 1, 1), date(2090, 1, 1))), min_size=1, max_size=5),
    "naive": st.lists(st.one_of(st.none(), st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)), st.sampled_from([datetime(2026, 3, 29, 2, 30), datetime(2026, 10, 25, 2, 30)])), min_size=1, max_size=5),
    "moments": st.lists(st.one_of(st.none(), st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))), min_size=1, max_size=5),
    "lengths": st.lists(st.one_of(st.none(), st.timedeltas(timedelta(-9), timedelta(99))), min_size=1, max_size=5),
}  # fmt: skip


def expected(raw: Any, name: str) -> Any:
    value = read(raw, PROCESS.catalogue.deal[name], PROCESS.reading)
    if isinstance(value, datetime):  # an hour that the clocks skip equals no other zone's
        return value.astimezone(UTC)
    return None if isinstance(value, Unfit) else value


def held(frame: pl.DataFrame, name: str) -> list[Any]:
    """A column's values as a deal holds them."""
    if name not in frame.columns:
        return [None] * frame.height
    values = frame[name].to_list()
    if PROCESS.catalogue.deal[name].type == "money":
        code = f"{name}.currency"
        currencies = frame[code].to_list() if code in frame.columns else [None] * frame.height
        return [None if v is None else Money(v, c or PROCESS.currency) for v, c in zip(values, currencies, strict=True)]
    return [Decimal(repr(v)) if isinstance(v, float) else v for v in values]


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), TEXTS), min_size=1, max_size=6), st.sampled_from(NAMES))
def test_text_is_read_value_by_value(texts: list[str | None], name: str) -> None:
    column = pl.Series(texts, dtype=pl.String)
    assert held(taken({name: column}), name) == [expected(raw, name) for raw in texts]


@settings(deadline=None)
@given(st.data(), st.sampled_from(sorted(TYPED)), st.sampled_from(NAMES))
def test_typed_columns_are_read_value_by_value(data: st.DataObject, kind: str, name: str) -> None:
    values = data.draw(TYPED[kind])
    column = pl.Series(values, dtype=pl.Int64) if kind == "integers" else pl.Series(values, strict=False)
    if kind == "decimals":
        column = column.cast(pl.Decimal(38, 3))
    wanted = [expected(raw, name) for raw in values]
    assert held(taken({name: column}), name) == wanted


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.sampled_from(["open", "won", "tbd", "strange", " lost ", ""])), min_size=1))
def test_status_is_filled_as_a_deal_fills_it(words: list[str | None]) -> None:
    found = held(taken({"status": pl.Series(words, dtype=pl.String)}), "status")
    for word, status in zip(words, found, strict=True):
        deal, _ = deal_from({"id": "1", "status": word}, PROCESS.catalogue, PROCESS.reading)
        assert (status or "unmapped") == deal.status


# ------------------------------------------------ the frame


def test_what_is_typed_is_not_touched() -> None:
    options = pl.Enum(PROCESS.catalogue.deal["tier"].options)
    frame = pl.DataFrame(
        {
            "id": ["1"],
            "fit": [0.5],
            "close_date": [date(2026, 1, 1)],
            "status": ["open"],
            "tier": ["gold"],
        }
    ).with_columns(
        pl.col("tier").cast(options), pl.col("status").cast(pl.Enum(PROCESS.catalogue.deal["status"].options))
    )
    door = open_door(frame, None, PROCESS)
    assert door.frames.deals is frame and not door.diagnostics


def test_texts_known_to_be_clean_are_not_looked_at() -> None:
    frame = pl.DataFrame({"id": ["1"], "name": ["Acme"], "status": ["open"]})
    frame = frame.with_columns(pl.col("status").cast(pl.Enum(PROCESS.catalogue.deal["status"].options)))
    assert open_door(frame, None, PROCESS, clean=True).frames.deals is frame


def test_a_column_of_a_wrong_type_is_missing_and_told_once() -> None:
    door = opened({"close_date": [1.5, 2.5], "accepted": [1, 0]})
    assert codes(door) == ["DG643", "DG643"]
    assert not {"close_date", "accepted"} & set(door.layout.deals)


def test_values_that_do_not_fit_are_counted() -> None:
    door = opened({"tier": ["gold", "lead", "tbd", None, ""], "amount": [1.0, float("nan"), float("inf"), 0.001, None]})
    told = {d.message for d in door.diagnostics}
    assert told == {
        "1 value of `tier` does not fit and counts as missing.",
        "3 values of `amount` do not fit and count as missing.",
    }
    assert all(d.severity is Severity.WARNING for d in door.diagnostics)


def test_a_strange_column_is_told_with_the_name_it_is_near() -> None:
    door = opened({"stagee": ["first"]}, contactz=pl.DataFrame({"deal": ["0"]}))
    assert codes(door) == ["DG642", "DG642"]
    assert door.diagnostics[0].suggestion == "Did you mean `stage`?"


@pytest.mark.parametrize("deals", [{"name": ["a"]}, {"id": ["a", None]}, {"id": [1.5]}])
def test_deals_need_ids(deals: dict[str, Any]) -> None:
    with pytest.raises(WrongUsage, match="DG640"):
        open_door(pl.DataFrame(deals), None, PROCESS)


def test_child_records_need_their_deal() -> None:
    with pytest.raises(WrongUsage, match="DG641"):
        opened({}, contacts=pl.DataFrame({"role": ["champion"]}))


def test_whole_numbers_may_be_ids() -> None:
    assert open_door(pl.DataFrame({"id": [7]}), None, PROCESS).frames.deals.lazy().collect()["id"].to_list() == ["7"]


def test_lists_of_structs_are_collections() -> None:
    contacts = [[{"role": "champion", "shoe": 44}, {"role": "nobody", "shoe": 1}], None, []]
    door = opened({"contacts": contacts})
    assert taken({"contacts": contacts})["contacts"].to_list() == [[{"role": "champion"}, {"role": None}], None, []]
    assert "contacts.role" not in door.layout.whole


def test_money_of_other_currencies_keeps_them() -> None:
    found = taken({"amount": ["5 USD", "7", None]})
    assert held(found, "amount") == [Money(500, "USD"), Money(700, "EUR"), None]


def test_lazy_frames_stay_lazy() -> None:
    deals = pl.LazyFrame({"id": [1], "close_date": ["2026-01-01"], "tier": ["gold"]})
    door = open_door(deals, None, PROCESS)
    assert isinstance(door.frames.deals, pl.LazyFrame)
    assert door.frames.deals.collect()["close_date"].to_list() == [date(2026, 1, 1)]


def test_empty_frames_are_empty() -> None:
    door = open_door(
        pl.DataFrame({"id": pl.Series([], dtype=pl.String), "amount": pl.Series([], dtype=pl.Float64)}), None, PROCESS
    )
    assert door.frames.deals.lazy().collect().height == 0 and not door.diagnostics
