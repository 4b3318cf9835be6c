"""Raw values become typed ones exactly, or are kept raw; nothing makes reading fall over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dealgate.model.currencies import MINOR_DIGITS
from dealgate.model.deal import deal_from
from dealgate.model.fields import TYPES, Catalogue, Collection, Field, Reading, read
from dealgate.model.values import Money, Unfit, money, parse_decimal, parse_percent, plain, times

FIELDS = {
    kind: Field(kind, kind, kind.capitalize(), options=("a", "b", "n/a") if "choice" in kind else ()) for kind in TYPES
}
CATALOGUE = Catalogue(FIELDS, {"contacts": Collection("contacts", "Contacts", "contact", FIELDS)})
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(max_size=12) | st.dates()
    | st.datetimes() | st.datetimes(timezones=st.just(UTC)) | st.fractions()
    | st.sampled_from(["tbd", "1e3", "NaN", "31/31/2026", "2026-02-30", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
                       "5 USD", "5.001 USD", "12%", "٣", "-", "14 days", "Infinity", "1,5", " ", "a"])
)  # fmt: skip
JUNK = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*FIELDS, "contacts", "amount", "currency", "x", 1, None]), inner, max_size=4)
    ),
    max_leaves=8,
)
FORMS: dict[str, tuple[type, ...]] = {
    "text": (str,), "person": (str,), "reference": (str,), "choice": (str,), "integer": (int,), "level": (int,),
    "number": (Decimal,), "percent": (Decimal,), "money": (Money,), "date": (date,), "datetime": (datetime,),
    "duration": (timedelta,), "boolean": (bool,), "multi_choice": (frozenset,),
}  # fmt: skip
ZONES = st.sampled_from([UTC, ZoneInfo("America/New_York"), ZoneInfo("Pacific/Kiritimati")])


@settings(max_examples=1000, deadline=None)
@given(JUNK, st.sampled_from(sorted(TYPES)), ZONES)
def test_any_raw_value_is_typed_missing_or_kept_raw(raw: Any, kind: str, zone: Any) -> None:
    value = read(raw, FIELDS[kind], Reading(zone=zone))
    assert value is None or isinstance(value, (Unfit, *FORMS[kind]))
    plain(value)


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from([*FIELDS, "contacts", "id", "strange", 3]), JUNK, max_size=6), ZONES)
def test_any_record_becomes_a_deal_and_nothing_is_lost(record: dict[str, Any], zone: Any) -> None:
    deal, strange = deal_from(record, CATALOGUE, Reading(zone=zone))
    for key, raw in record.items():
        if key in FIELDS and read(raw, FIELDS[key], Reading(zone=zone)) is not None:
            assert (key in deal.fields) is not (key in deal.unfit)
        if key in ("strange", 3):
            assert str(key) in strange
        if key == "contacts" and isinstance(raw, list):
            assert len(deal.children["contacts"]) == len(raw)
        elif key == "contacts":
            assert "contacts" not in deal.children
            assert raw is None or "contacts" in strange


@given(st.sampled_from(sorted(MINOR_DIGITS)), st.integers(1 - 10**18, 10**18 - 1))
def test_money_is_exact_in_every_currency(currency: str, minor: int) -> None:
    amount = Money(minor, currency)
    assert money(f"{amount.major:f}", currency) == amount
    assert money(amount.major, currency) == amount
    assert read(f"{amount.major:f} {currency}", FIELDS["money"], Reading()) == amount
    assert money(f"{amount.major:f}{'' if MINOR_DIGITS[currency] else '.'}1", currency) is None


@pytest.mark.parametrize(
    ("raw", "currency", "minor"),
    [
        ("10", "JPY", 10), ("10.0", "JPY", 10), ("10.5", "JPY", None), ("1.005", "KWD", 1005), ("1.0005", "KWD", None),
        ("1.10", "USD", 110), (1.1, "USD", 110), (0.1 + 0.2, "USD", None), ("1e3", "USD", None), ("NaN", "USD", None),
        (float("inf"), "USD", None), (True, "USD", None), ("1,000", "USD", None), ("5", "XYZ", None), ("", "USD", None),
        (Decimal("1E+99999999"), "USD", None), (10**200, "USD", None),
    ],
)  # fmt: skip
def test_an_amount_is_taken_as_written_or_not_at_all(raw: object, currency: str, minor: int | None) -> None:
    assert money(raw, currency) == (None if minor is None else Money(minor, currency))


@pytest.mark.parametrize("raw", ["NaN", "inf", "1e3", "1_000", "0x10", "", "1 2", "٣", True, float("nan"), None, []])
def test_what_is_no_plain_number_is_none(raw: object) -> None:
    assert parse_decimal(raw) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=1 - 10**20, max_value=10**20 - 1, places=6))
def test_a_number_keeps_every_digit(number: Decimal) -> None:
    assert parse_decimal(f"{number:f}") == number
    assert parse_percent(f"{number:f}%") == number / 100
    assert times(number, Decimal("0.8")) * 5 == number * 4


@pytest.mark.parametrize(
    ("raw", "kind", "placeholder"),
    [("tbd", "text", True), (" N/A ", "date", True), ("?", "money", True), ("n/a", "choice", None), ("tbd", "choice", True),
     ("c", "choice", False), ("tbd soon", "text", None)],
)  # fmt: skip
def test_a_placeholder_is_missing_unless_the_field_declares_it_as_a_choice(
    raw: str, kind: str, placeholder: bool | None
) -> None:
    value = read(raw, FIELDS[kind], Reading())
    if placeholder is None:
        assert value == raw
    else:
        assert isinstance(value, Unfit)
        assert value.placeholder is placeholder
        assert value.raw.strip() == raw.strip()


def test_a_process_may_add_placeholders() -> None:
    assert read("asap", FIELDS["text"], Reading()) == "asap"
    assert isinstance(read("ASAP", FIELDS["text"], Reading(placeholders=frozenset({"asap"}))), Unfit)


def test_a_bare_number_is_no_percentage_and_no_checkbox() -> None:
    assert isinstance(read(15, FIELDS["percent"], Reading()), Unfit)
    assert isinstance(read("15", FIELDS["percent"], Reading()), Unfit)
    assert isinstance(read(1, FIELDS["boolean"], Reading()), Unfit)


def test_a_collection_that_is_no_list_is_not_taken_for_an_empty_one() -> None:
    deal, strange = deal_from({"contacts": "none"}, CATALOGUE, Reading())
    assert "contacts" not in deal.children
    assert strange == ["contacts"]


def test_a_status_that_does_not_fit_is_not_taken_for_open() -> None:
    catalogue = Catalogue({"status": Field("status", "choice", "Status", options=("open", "won"))}, {})
    assert deal_from({}, catalogue, Reading())[0].fields["status"] == "open"
    deal, _ = deal_from({"status": "closed?"}, catalogue, Reading())
    assert "status" not in deal.fields
    assert "status" in deal.unfit
