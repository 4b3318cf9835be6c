"""Answers as people type them: read as they are meant, or refused with how to write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dealgate.cli.start.answers import (
    NotUnderstood,
    read_amount,
    read_buyer,
    read_client,
    read_crm,
    read_currency,
    read_cycle,
    read_team,
)
from dealgate.cli.start.crm import ROUTES
from dealgate.model.suits import BUYERS
from dealgate.model.values import Duration


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("25000", "25000", None),
        ("25k", "25000", None),
        (" 25 K ", "25000", None),
        ("€25k", "25000", "EUR"),
        ("25k €", "25000", "EUR"),
        ("25k EUR", "25000", "EUR"),
        ("eur 25000", "25000", "EUR"),
        ("25 000 €", "25000", "EUR"),
        ("25\u00a0000 kr", "25000", None),
        ("25'000 CHF", "25000", "CHF"),
        ("25,000", "25000", None),
        ("$25,000.50", "25000.5", None),
        ("25.000,50 €", "25000.5", "EUR"),
        ("1.250.000", "1250000", None),
        ("1,250,000", "1250000", None),
        ("12,5", "12.5", None),
        ("1.5m", "1500000", None),
        ("1,5 Mio €", "1500000", "EUR"),
        ("2 million", "2000000", None),
        ("12,00,000 INR", "1200000", "INR"),
        ("\uff12\uff15k", "25000", None),
        ("£9", "9", "GBP"),
        ("US$ 300", "300", "USD"),
    ],
)
def test_an_amount_is_read_as_it_is_meant(text: str, amount: str, currency: str | None) -> None:
    assert read_amount(text) == (Decimal(amount), currency)


@pytest.mark.parametrize("text", ["25.000", "25.000 €", "€ 1.234", "2,500k", "2.500k"])
def test_an_amount_that_two_people_read_differently_is_refused_with_both_readings(text: str) -> None:
    with pytest.raises(NotUnderstood, match=r"to some and .* to others"):
        read_amount(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "0", "0k", "-5", "(25)", "25%", "ten", "10k-50k", "10 to 50", "1e400", "9" * 40, "25kk", "25k m", "½",
     "nan", "inf", "25k" * 40, "٢٥", "25\x1b[31m", "1,2,3", "12.34.56", "1_000", "0x10", "999999999999999999k"],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        read_amount(text)
    assert str(refused.value).isprintable() and len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("60 days", Duration(60, "day")),
        ("60days", Duration(60, "day")),
        ("60d", Duration(60, "day")),
        ("2 months", Duration(2, "month")),
        ("2 mo.", Duration(2, "month")),
        ("Two Months", Duration(2, "month")),
        ("a quarter", Duration(1, "quarter")),
        ("8 wks", Duration(8, "week")),
        ("1 year", Duration(1, "year")),
        ("10 business days", Duration(10, "day", True)),
        ("10 working days", Duration(10, "day", True)),
        ("\uff16 weeks", Duration(6, "week")),
    ],
)
def test_a_cycle_is_read_as_it_is_meant(text: str, length: Duration) -> None:
    assert read_cycle(text) == length


@pytest.mark.parametrize(
    "text",
    ["", "60", "0 days", "-2 months", "2-3 months", "1.5 months", "soon", "months", "5 minutes", "2 business months",
     "99999999 days", "60 days or so", "2 fortnights"],
)  # fmt: skip
def test_what_is_no_cycle_is_refused(text: str) -> None:
    with pytest.raises(NotUnderstood):
        read_cycle(text)


def test_a_number_without_a_unit_is_asked_for_its_unit() -> None:
    with pytest.raises(NotUnderstood, match="Write the unit too"):
        read_cycle("60")


@pytest.mark.parametrize(("text", "team"), [("8", 8), ("8 people", 8), ("1 rep", 1), ("one", 1), ("120 sellers", 120)])
def test_a_team_is_a_whole_number(text: str, team: int) -> None:
    assert read_team(text) == team


@pytest.mark.parametrize("text", ["", "0", "-1", "8.5", "a few", "8-10", "9999999", "8 cats"])
def test_what_is_no_team_is_refused(text: str) -> None:
    with pytest.raises(NotUnderstood):
        read_team(text)


@pytest.mark.parametrize(
    ("text", "code"), [("eur", "EUR"), (" JPY ", "JPY"), ("€", "EUR"), ("£", "GBP"), ("kč", "CZK")]
)
def test_a_currency_is_a_code_or_the_sign_of_one_alone(text: str, code: str) -> None:
    assert read_currency(text) == code


@pytest.mark.parametrize("text", ["", "$", "¥", "euro", "XYZ", "EURO", "€€"])
def test_what_is_no_certain_currency_is_refused(text: str) -> None:
    with pytest.raises(NotUnderstood, match="ISO 4217"):
        read_currency(text)


@pytest.mark.parametrize(
    ("text", "buyer"),
    [("few-people", "few-people"), ("Few people", "few-people"), ("comm", "committee"), ("4", "tender")],
)
def test_who_buys_is_named_begun_or_numbered(text: str, buyer: str) -> None:
    assert read_buyer(text) == buyer


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("comittee", "Did you mean committee"),
        ("god", "It is one of"),
        ("8", "It is one of"),
        ("0", "one of"),
        ("", "one of"),
        ("c", "one of"),
    ],
)
def test_another_buyer_is_refused_with_the_nearest_or_all(text: str, hint: str) -> None:
    with pytest.raises(NotUnderstood, match=hint):
        read_buyer(text)


def test_every_buyer_and_crm_is_understood_by_its_own_name() -> None:
    assert [read_buyer(name) for name in BUYERS] == list(BUYERS)
    assert [read_crm(route.id) for route in ROUTES] == [route.id for route in ROUTES]
    assert read_crm("SalesForce") == "salesforce"


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\x1b[31mb", "\u202etxt", "x" * 121])
def test_a_client_without_a_visible_name_is_refused(name: str) -> None:
    with pytest.raises(NotUnderstood):
        read_client(name)


# ------------------------------------------------------------------------------------------------ what always holds

READERS = (read_amount, read_cycle, read_team, read_currency, read_buyer, read_crm, read_client)


@given(st.text(max_size=80), st.sampled_from(READERS))
@example("\ud800", read_client)
@example("Kč", read_amount)
@example("1." + "0" * 40, read_amount)
def test_any_text_is_read_or_refused_in_plain_words(text: str, read) -> None:  # type: ignore[no-untyped-def]
    try:
        read(text)
    except NotUnderstood as why:
        assert str(why).isprintable()


@given(
    st.integers(1, 10**14), st.sampled_from(["EUR", "USD", "JPY"]), st.sampled_from(["{a} {c}", "{c} {a}", "{a}{c}"])
)
def test_an_amount_as_we_print_it_is_read_back(amount: int, currency: str, form: str) -> None:
    for text in (f"{amount:,}", str(amount), f"{amount:,}".replace(",", " "), f"{amount:,}".replace(",", "'")):
        assert read_amount(form.format(a=text, c=currency)) == (Decimal(amount), currency)


@given(st.integers(1, 9_999), st.sampled_from("kK"), st.integers(0, 99))
def test_thousands_are_a_thousand_times_as_much(whole: int, k: str, part: int) -> None:
    assert read_amount(f"{whole}{k}")[0] == whole * 1000
    assert (
        read_amount(f"{whole}.{part:02}{k}")[0] == read_amount(f"{whole},{part:02}{k}")[0] == whole * 1000 + part * 10
    )


@given(st.integers(1, 999), st.integers(0, 999))
def test_a_point_before_three_digits_is_never_guessed(whole: int, part: int) -> None:
    if whole == 0:
        return
    with pytest.raises(NotUnderstood):
        read_amount(f"{whole}.{part:03}")


@given(st.integers(1, 999_999), st.sampled_from(["hour", "day", "week", "month", "quarter", "year"]), st.booleans())
def test_a_duration_as_we_print_it_is_read_back(count: int, unit: str, business: bool) -> None:
    length = Duration(count, unit, business and unit == "day")
    assert read_cycle(str(length)) == length
