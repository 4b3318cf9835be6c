"""Deals become typed columns and come back the same, what does not fit and what was never synced included."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dealgate.compile.frames import Frames, deals_of, dtype_of, frames_of
from dealgate.model.deal import Deal, deal_from
from dealgate.model.fields import Field
from dealgate.model.values import Money, Unfit

from .strategies import AS_OF, Maker
from .world import PLACES, process


def deal(record: dict[str, Any], place: int = 0) -> Deal:
    base = process(place)
    return deal_from(record, base.catalogue, base.reading)[0]


def at_one_clock(value: Any) -> Any:
    """Moments in UTC: in the hour that summer time ends twice, Python finds no moment equal to its own in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, dict):
        return {key: at_one_clock(one) for key, one in value.items()}
    return tuple(map(at_one_clock, value)) if isinstance(value, tuple) else value


def same(found: Deal, given: Deal) -> bool:
    return (
        (found.id, found.record, dict(found.unfit)) == (given.id, given.record, dict(given.unfit))
        and found.fields == at_one_clock(given.fields)
        and found.children == at_one_clock(given.children)
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**48), st.integers(0, 12))
def test_generated_deals_come_back_exactly(seed: int, many: int) -> None:
    chance = Random(seed)
    place = chance.randrange(len(PLACES))
    make = Maker(chance, process(place), chance.choice(AS_OF))
    deals = [deal({"id": str(n), **make.deal()}, place) for n in range(many)]
    frames = frames_of(deals, process(place))
    back = list(deals_of(frames, process(place)))
    assert len(back) == many == len(frames)
    for found, given_ in zip(back, deals, strict=True):
        assert same(found, given_), (found, given_)
    again = frames_of(back, process(place))
    assert again.deals.equals(frames.deals) and again.deals.schema == frames.deals.schema
    assert again.children.keys() == frames.children.keys()
    for name, child in again.children.items():
        assert child.equals(frames.children[name]) and child.schema == frames.children[name].schema


def frames(*records: dict[str, Any]) -> Frames:
    return frames_of([deal({"id": str(n), **record}) for n, record in enumerate(records)], process(0))


def test_columns_have_the_type_of_their_field() -> None:
    found = frames(
        {
            "name": " A ", "seats": 3, "fit": "1.250", "discount": "12.5%", "amount": 10, "close_date": date(2026, 1, 2),
            "created_at": "2026-01-02T03:04:05+01:00", "cycle": "14 days", "accepted": True, "tier": "gold",
            "segment": "smb", "tools": ["wiki", "crm"], "maturity": 2,
        }
    )  # fmt: skip
    row = found.deals.row(0, named=True)
    assert found.deals.schema["tier"] == pl.Enum(["bronze", "silver", "gold"])
    assert found.deals.schema["segment"] == pl.String
    assert (row["name"], row["seats"], row["maturity"], row["amount"]) == ("A", 3, 2, 1000)
    assert (row["fit"], row["discount"]) == (Decimal("1.25"), Decimal("0.125"))
    assert row["created_at"] == datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)
    assert (row["cycle"], row["accepted"], row["tools"]) == (timedelta(14), True, ["crm", "wiki"])
    assert row["status"] == "open", "as reading a record fills it"
    assert not [name for name in found.deals.columns if name.endswith((".unfit", ".currency", ".synced"))]
    assert not found.children


def test_a_currency_column_stands_only_where_one_is_not_the_process_s() -> None:
    both = frames({"amount": 10}, {"amount": {"amount": "5", "currency": "JPY"}}, {})
    assert both.deals["amount.currency"].to_list() == ["USD", "JPY", None]
    assert [one.fields.get("amount") for one in deals_of(both, process(0))] == [
        Money(1000, "USD"),
        Money(5, "JPY"),
        None,
    ]


def test_what_does_not_fit_is_kept_with_its_reason() -> None:
    found = frames({"amount": "NaN", "contacts": [{}, {"role": "boss"}]}, {"amount": 1, "status": "tbd"})
    assert found.deals["amount.unfit"].to_list() == [{"raw": "NaN", "why": "is not an amount of money"}, None]
    assert found.deals["status"].to_list() == ["open", None]
    contacts = found.children["contacts"]
    assert contacts.select("deal", "position").rows() == [("0", 0), ("0", 1)]
    assert contacts["role.unfit"].to_list()[1]["raw"] == "boss"


def test_never_synced_is_not_empty() -> None:
    some = frames({"contacts": [{"name": "Ann"}]}, {"contacts": []}, {})
    assert some.deals["contacts.synced"].to_list() == [True, True, False]
    assert [one.children.get("contacts") for one in deals_of(some, process(0))] == [({"name": "Ann"},), (), None]
    empty = frames({"contacts": []}, {"contacts": []})
    assert "contacts.synced" not in empty.deals.columns and empty.children["contacts"].height == 0


def test_what_was_read_for_no_record_stays_with_its_deal() -> None:
    lost = Deal("1", {"status": "open"}, {"evidence": ()}, {"evidence[0].level": Unfit("odd", "does not fit")})
    assert list(deals_of(frames_of([lost], process(0)), process(0))) == [lost]


def test_floats_stand_for_their_shortest_decimal() -> None:
    columns = Frames(pl.DataFrame({"id": ["1", "2"], "fit": [0.1, 1e-20]}), {})
    assert [one.fields["fit"] for one in deals_of(columns, process(0))] == [Decimal("0.1"), Decimal(0)]


def test_wanted_deals_come_with_their_own_children() -> None:
    many = frames(*({"contacts": [{"name": f"{n}"}]} for n in range(5)))
    (only,) = deals_of(many, process(0), ["3"])
    assert only.id == "3" and only.children["contacts"] == ({"name": "3"},)
    assert not list(deals_of(many, process(0), ["none"]))


def test_no_deals_are_columns_too() -> None:
    assert len(frames()) == 0
    assert not list(deals_of(frames(), process(0)))


def test_two_deals_of_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="one id"):
        frames_of([Deal("1", {}), Deal("1", {})], process(0))


def test_text_that_is_no_unicode_is_marked() -> None:
    found = frames({"name": "a\ud800b"}, {"close_date": "\udfff"})
    back = list(deals_of(found, process(0)))
    assert back[0].fields["name"] == "a\ufffdb" and back[1].unfit["close_date"].raw == "\ufffd"


@pytest.mark.parametrize("kind", ["text", "person", "reference", "number"])
def test_a_type_without_a_form_of_its_own_is_text(kind: str) -> None:
    assert dtype_of(Field("x", kind, "X"), 2) == (pl.Decimal(38, 2) if kind == "number" else pl.String)
