"""Foreign text is read exactly under its declared form, or not at all; what reads two ways is never guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dealgate.sources.forms import (
    Ambiguous,
    Number,
    detect_date_format,
    detect_decimal_mark,
    detect_percent_scale,
    exact,
    known_format,
    parse_boolean,
    parse_date,
    parse_number,
    parse_percent,
    read_moment,
    read_number,
)

D = Decimal


@pytest.mark.parametrize(
    ("text", "mark", "value"),
    [
        ("1200", ".", "1200"),
        ("007", ".", "7"),
        ("1,200.50", ".", "1200.50"),
        ("1.200,50", ",", "1200.50"),
        ("$1,200", ".", "1200"),
        ("-$5", ".", "-5"),
        ("$-5", ".", "-5"),
        ("US$ 1,200.00", ".", "1200.00"),
        ("€1.200", ",", "1200"),
        ("1 200,5 €", ",", "1200.5"),
        ("1\u202f200,5\u00a0EUR", ",", "1200.5"),
        ("USD 300", ".", "300"),
        ("1'200.5", ".", "1200.5"),
        ("1’200.5", ".", "1200.5"),
        ("(300)", ".", "-300"),
        ("($1,200.00)", ".", "-1200.00"),
        ("300-", ".", "-300"),
        ("−12", ".", "-12"),
        ("+3", ".", "3"),
        (".5", ".", "0.5"),
        ("5.", ".", "5"),
        ("12,34,567", ".", "1234567"),
        ("15%", ".", "0.15"),
        ("15,5 %", ",", "0.155"),
        ("1E+05", ".", "100000"),
        ("9999999999999999999999999.99", ".", "9999999999999999999999999.99"),
    ],
)
def test_a_number_reads_exactly_in_its_form(text: str, mark: str, value: str) -> None:
    assert parse_number(text, mark) == D(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("", "."),
        ("abc", "."),
        ("1,5", "."),
        ("1.5", ","),
        ("12,34", "."),
        ("1,200,5", "."),
        ("1,200 300", "."),
        ("1.200.300", "."),
        ("(300", "."),
        ("300)", "."),
        ("(-300)", "."),
        ("--3", "."),
        ("$5€", "."),
        ("NaN", "."),
        ("Infinity", "."),
        ("1e99", "."),
        ("٣", "."),
        ("1 2", "."),
        ("12 Monkeys", "."),
        (".", "."),
        ("9" * 200_000, "."),
        ("2026-01-05", "."),
    ],
)
def test_what_does_not_fit_is_no_number(text: str, mark: str) -> None:
    assert parse_number(text, mark) is None  # type: ignore[arg-type]


def test_the_currency_and_the_percent_sign_are_told() -> None:
    assert read_number("EUR 1.200", ",") == Number(D(1200), "EUR")
    assert read_number("$5") == Number(D(5), "$")
    assert read_number("15%") == Number(D(15), None, True)


AMOUNTS = st.decimals(-(10**12), 10**12, places=2)


@given(AMOUNTS, st.sampled_from([(".", ","), (",", "."), (",", "\u00a0"), (".", "'")]))
def test_a_written_amount_reads_back(amount: Decimal, marks: tuple[str, str]) -> None:
    mark, gap = marks
    text = f"{amount:,.2f}".replace(",", "\0").replace(".", mark).replace("\0", gap)
    assert parse_number(text, mark) == amount  # type: ignore[arg-type]


@given(st.text("0123456789.,-+()$€% eE'\u00a0xUSD", max_size=14))
def test_no_text_breaks_the_number_reader(text: str) -> None:
    for mark in (".", ","):
        one = read_number(text, mark)  # type: ignore[arg-type]
        assert one is None or one.value.is_finite()


@pytest.mark.parametrize(
    ("values", "mark"),
    [
        (["1,234.50", "10"], "."),
        (["1.234,50", "10"], ","),
        (["1,234", "1,5"], ","),
        (["1,234", "0.5"], "."),
        (["1", "20", ""], "."),
        (["a", ""], None),
        (["1,234", "5,678"], Ambiguous((".", ","), 0)),
        (["7", "1.234"], Ambiguous((".", ","), 1)),
        (["1,5", "1.5"], Ambiguous((".", ","))),
    ],
)
def test_the_decimal_mark_is_found_or_left_open(values: list[str], mark: object) -> None:
    assert detect_decimal_mark(values) == mark


def test_percents_beside_fractions_are_one_share() -> None:
    assert parse_percent("15%") == parse_percent("0.15") == parse_percent("15", scale="0..100") == D("0.15")
    assert parse_percent("15%", scale="0..100") == D("0.15")
    assert parse_percent("$15") is None


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        (["15%", "0.15", "0"], "0..1"),
        (["10", "90", "100"], "0..100"),
        (["0.5", "15"], Ambiguous(("0..1", "0..100"))),
        (["0", "1"], Ambiguous(("0..1", "0..100"))),
        (["15%"], "0..1"),
        (["x"], None),
    ],
)
def test_the_scale_of_percents_is_found_or_left_open(values: list[str], scale: object) -> None:
    assert detect_percent_scale(values) == scale


def test_a_typed_cell_is_the_number_it_prints() -> None:
    assert exact(0.1) == D("0.1")
    assert exact(12) == 12
    assert exact(True) is None
    assert exact(float("nan")) is None
    assert exact("12") is None


@pytest.mark.parametrize(
    ("text", "form", "value"),
    [
        ("2026-01-05", "YYYY-MM-DD", date(2026, 1, 5)),
        ("25/04/2026", "DD/MM/YYYY", date(2026, 4, 25)),
        ("4/3/2026", "MM/DD/YYYY", date(2026, 4, 3)),
        ("25.04.2026", "DD.MM.YYYY", date(2026, 4, 25)),
        ("2026-01-05 10:30:15", "YYYY-MM-DD HH:MM:SS", datetime(2026, 1, 5, 10, 30, 15)),
        ("2020-07-09 11:04:22.087", "YYYY-MM-DD HH:MM:SS", datetime(2020, 7, 9, 11, 4, 22, 87000)),
        ("1/5/2026 12:05 AM", "MM/DD/YYYY HH:MM AM", datetime(2026, 1, 5, 0, 5)),
        ("5 March 2026", "DD MMM YYYY", date(2026, 3, 5)),
        ("Mar 5, 2026", "MMM DD, YYYY", date(2026, 3, 5)),
        ("05/03/68", "DD/MM/YY", date(2068, 3, 5)),
        ("05/03/69", "DD/MM/YY", date(1969, 3, 5)),
        ("2026-01-05", "ISO 8601", date(2026, 1, 5)),
        ("2026-01-05T10:30:00Z", "ISO 8601", datetime(2026, 1, 5, 10, 30, tzinfo=UTC)),
        ("2018-10-13T17:16:45.000+0000", "ISO 8601", datetime(2018, 10, 13, 17, 16, 45, tzinfo=UTC)),
        (
            "2026-01-05T10:30-05:30",
            "ISO 8601",
            datetime(2026, 1, 5, 10, 30, tzinfo=timezone(timedelta(hours=-5, minutes=-30))),
        ),
        ("1", "excel serial", datetime(1900, 1, 1)),
        ("59", "excel serial", datetime(1900, 2, 28)),
        ("61", "excel serial", datetime(1900, 3, 1)),
        ("46027.4375", "excel serial", datetime(2026, 1, 5, 10, 30)),
        ("44565", "excel serial 1904", datetime(2026, 1, 5)),
        ("1772323200", "unix seconds", datetime(2026, 3, 1, tzinfo=UTC)),
        ("1772323200500", "unix milliseconds", datetime(2026, 3, 1, 0, 0, 0, 500000, tzinfo=UTC)),
    ],
)
def test_a_date_reads_in_its_declared_format(text: str, form: str, value: object) -> None:
    assert parse_date(f" {text}\u00a0", form) == value
    assert known_format(form)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("31/31/2026", "DD/MM/YYYY"),
        ("29/02/2026", "DD/MM/YYYY"),
        ("05/03/26", "DD/MM/YYYY"),
        ("05/03/2026", "DD/MM/YY"),
        ("2026-01-05 10:30", "YYYY-MM-DD"),
        ("2026-01-05", "YYYY-MM-DD HH:MM:SS"),
        ("0000-01-01", "YYYY-MM-DD"),
        ("2026-01-05 24:00:00", "YYYY-MM-DD HH:MM:SS"),
        ("2026-01-05T10:61:00Z", "ISO 8601"),
        ("2026-W01-1", "ISO 8601"),
        ("13/01/2026 13:00 PM", "DD/MM/YYYY HH:MM AM"),
        ("5 \u017fep 2026", "DD MMM YYYY"),
        ("٢٠٢٦-01-05", "YYYY-MM-DD"),
        ("60", "excel serial"),
        ("0", "excel serial"),
        ("-1", "excel serial"),
        ("999999999999", "excel serial"),
        ("tbd", "excel serial"),
        ("", "ISO 8601"),
    ],
)
def test_what_is_no_date_in_its_format_is_none(text: str, form: str) -> None:
    assert parse_date(text, form) is None


@pytest.mark.parametrize(
    "form", ["", "DD", "YYYY-MM", "hello", "DD/DD/YYYY", "DD/MM/YYYY HH", "DD/MM/YYYY YY", "%Y-%m"]
)
def test_an_unknown_format_is_refused(form: str) -> None:
    assert not known_format(form)
    with pytest.raises(ValueError, match="unknown date format"):
        read_moment("2026-01-05", form)


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["2026-01-05", "", "2026-02-05"], "YYYY-MM-DD"),
        (["2018-10-13 17:16:45"], "YYYY-MM-DD HH:MM:SS"),
        (["2018-10-13T17:16:45.000Z"], "ISO 8601"),
        (["2026-01-05", "2026-01-05 10:00:00"], "ISO 8601"),
        (["03/04/2026", "05/06/2026"], Ambiguous(("DD/MM/YYYY", "MM/DD/YYYY"), 0)),
        (["03/03/2026", "05/06/2026"], Ambiguous(("DD/MM/YYYY", "MM/DD/YYYY"), 1)),
        (["03/04/2026", "25/04/2026"], "DD/MM/YYYY"),
        (["03/04/2026", "04/25/2026"], "MM/DD/YYYY"),
        (["25/04/2026", "04/25/2026"], Ambiguous(("DD/MM/YYYY", "MM/DD/YYYY"), 0)),
        (["03.04.2026"], "DD.MM.YYYY"),
        (["25-04-2026 10:00"], "DD-MM-YYYY HH:MM"),
        (["1/25/2026 1:05 PM"], "MM/DD/YYYY HH:MM AM"),
        (["5 Mar 2026"], "DD MMM YYYY"),
        (["25/04/26"], Ambiguous(("DD/MM/YY", "YY/MM/DD"))),
        (["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08", "tbd"], "YYYY-MM-DD"),
        (["soon", "2026-01-05"], None),
        (["1", "46027"], None),
        ([""], None),
    ],
)
def test_a_date_format_is_found_or_left_open(values: list[str], form: object) -> None:
    assert detect_date_format(values) == form


FORMS = st.sampled_from(
    ["YYYY-MM-DD", "YYYY-MM-DD HH:MM:SS", "DD/MM/YYYY", "MM/DD/YYYY", "ISO 8601", "excel serial", "DD MMM YYYY"]
)
DATE_TEXT = (
    st.dates().map(str)
    | st.datetimes().map(lambda moment: str(moment)[:19])
    | st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat())
    | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2})?", fullmatch=True)
    | st.from_regex(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}", fullmatch=True)
    | st.decimals(0, 80_000, places=4).map(str)
    | st.text("0123456789-/: TZ.\u00a0Mar", max_size=20)
)


@settings(max_examples=300)
@given(DATE_TEXT, FORMS)
def test_no_text_breaks_the_date_reader(text: str, form: str) -> None:
    moment = read_moment(text, form)
    assert moment is None or parse_date(text, form) == moment.value()


@given(st.dates(date(1900, 3, 1), date(9999, 12, 31)))
def test_excel_counts_days_as_it_shows_them(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    assert parse_date(str(serial), "excel serial") == datetime(day.year, day.month, day.day)


def test_flags_read_in_many_words_and_no_others() -> None:
    assert [parse_boolean(text) for text in ("1", "TRUE", " Yes ", "x", "Y")] == [True] * 5
    assert [parse_boolean(text) for text in ("0", "false", "No", "N")] == [False] * 4
    assert [parse_boolean(text) for text in ("", "2", "maybe")] == [None] * 3
