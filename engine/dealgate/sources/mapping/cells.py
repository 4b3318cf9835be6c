"""One cell as the field's type, under the forms a mapping declares: read exactly, or Unfit with the raw text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from dealgate.model.currencies import MINOR_DIGITS
from dealgate.model.fields import Field, Reading
from dealgate.model.fields import read as read_model
from dealgate.model.values import (
    EXACT,
    LARGEST_INTEGER,
    LARGEST_MINOR,
    LONGEST,
    Money,
    Unfit,
    bounded,
    money,
    parse_duration,
    times,
)
from dealgate.sources.forms import FALSE_WORDS, TRUE_WORDS, Number, exact, parse_boolean, parse_date, read_number
from dealgate.sources.forms.text import SPACES

from .model import Layout, Value, fold

ISO = "ISO 8601"
UNLISTED = "is not among the values that the mapping lists"
NO_DATE = "is no date"
AMBIGUOUS = "may be a date, but no format is declared"
_LIKE_A_DATE = re.compile(r"[0-9]{1,4}[./ -][0-9A-Za-z]{1,9}[./ ,-]+[0-9]{1,4}\b")
_UNITS = {"minutes": 60, "hours": 3600, "days": 86400, "weeks": 604800}
SYMBOLS: Mapping[str, frozenset[str]] = {
    "$": frozenset("USD CAD AUD NZD SGD HKD MXN TWD BRL ARS CLP COP".split()),
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP"}),
    "¥": frozenset({"JPY", "CNY"}),
    "₹": frozenset({"INR"}),
    "₽": frozenset({"RUB"}),
    "₩": frozenset({"KRW"}),
    "₪": frozenset({"ILS"}),
    "₫": frozenset({"VND"}),
    "₴": frozenset({"UAH"}),
    "₺": frozenset({"TRY"}),
    "₦": frozenset({"NGN"}),
    "₱": frozenset({"PHP"}),
    "฿": frozenset({"THB"}),
    "¢": frozenset(),
    "kr": frozenset({"SEK", "NOK", "DKK", "ISK"}),
    "kr.": frozenset({"SEK", "NOK", "DKK", "ISK"}),
    "zł": frozenset({"PLN"}),
    "Kč": frozenset({"CZK"}),
    "Ft": frozenset({"HUF"}),
    "lei": frozenset({"RON"}),
    "Fr.": frozenset({"CHF"}),
    "R$": frozenset({"BRL"}),
    "US$": frozenset({"USD"}),
    "CA$": frozenset({"CAD"}),
    "C$": frozenset({"CAD"}),
    "AU$": frozenset({"AUD"}),
    "A$": frozenset({"AUD"}),
    "NZ$": frozenset({"NZD"}),
    "S$": frozenset({"SGD"}),
    "HK$": frozenset({"HKD"}),
}
"""The currencies a symbol may stand for."""
_NOT_THERE = object()


def cell_text(raw: Any) -> str:
    """A cell as text, trimmed; whole floats without their point, as the sheet shows them. Empty for none."""
    if raw is None:
        return ""
    if isinstance(raw, str):
        return raw.strip(SPACES)
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, (float, Decimal)):
        number = shown_number(raw)
        return "" if number is None else f"{number:f}"
    if isinstance(raw, datetime):
        return (raw.date() if raw.tzinfo is None and raw.time() == datetime.min.time() else raw).isoformat()
    if isinstance(raw, date):
        return raw.isoformat()
    if isinstance(raw, (list, tuple)):
        return ";".join(cell_text(item) for item in raw)
    return str(raw)


def shown_number(raw: object) -> Decimal | None:
    """A typed cell's number. A float is taken with 15 digits, as spreadsheets show it: 59.970000000000006 is 59.97."""
    number = exact(raw)
    if isinstance(raw, float) and number is not None and abs(raw) < 1e15:
        number = Decimal(f"{raw:.15g}")
    if number is not None and number == number.to_integral_value():
        return number.quantize(Decimal(1)) if abs(number) < 10**20 else number
    return number


class CellReader:
    """Reads the cells of one mapped field."""

    def __init__(self, value: Value, field: Field, layout: Layout, reading: Reading) -> None:
        """``layout`` gives what the value does not declare, ``reading`` what neither does."""
        self.value, self.field, self.layout, self.reading = value, field, layout, reading
        self.mark = value.decimal_mark or layout.decimal_mark
        self.missing = value.missing | layout.missing
        self.moment_zone: tzinfo = value.zone or layout.zone or reading.zone
        self.true = layout.true_words or TRUE_WORDS
        self.false = layout.false_words or FALSE_WORDS
        declared = (layout.date_format, layout.datetime_format)
        if field.type == "datetime":
            declared = declared[::-1]
        self.formats = (value.format,) if value.format else tuple(f for f in declared if f) or (ISO,)
        self.declared = self.formats != (ISO,) or value.format == ISO
        self.options = {option.casefold(): option for option in field.readable}
        self.values = None if value.values is None else {k: self.ours(v) for k, v in value.values.items()}
        self.otherwise = self.ours(value.otherwise)
        self.constant = self.ours(value.constant)
        self._parse = _PARSERS[field.type]

    def ours(self, literal: Any) -> Any:
        """A value of ours, as the mapping writes it, typed; None for none."""
        if literal is None:
            return None
        if self.field.type == "multi_choice" and not isinstance(literal, list):
            return literal
        if self.field.type == "duration" and isinstance(literal, int) and self.value.unit:
            return timedelta(seconds=literal * _UNITS[self.value.unit])
        typed = read_model(literal, self.field, self.reading)
        if isinstance(typed, Unfit) and self.field.type == "text":
            return str(literal)
        return typed

    def read(self, raw: Any, currency: str | None = None) -> Any:
        """The typed value, None where there is none, or Unfit. ``currency`` is what the row says."""
        if self.value.ours and not isinstance(raw, str):
            return read_model(raw, self.field, self.reading)
        return self._many(raw) if self.field.type == "multi_choice" else self._one(raw, currency)

    def _one(self, raw: Any, currency: str | None) -> Any:
        text = cell_text(raw)
        if not text or text.casefold() in self.missing:
            return None
        if self.values is not None:
            hit = self.values.get(fold(text), _NOT_THERE)
            if hit is not _NOT_THERE:
                return hit
        if self.otherwise is not None:
            return self.otherwise
        if isinstance(raw, str) and text.casefold() in self.reading.placeholders and text not in self.field.readable:
            return Unfit(text, "placeholder")
        if self.values is not None and not self.value.keep_unlisted:
            return Unfit(text, UNLISTED)
        found = self._parse(self, text if isinstance(raw, str) else raw, text, currency)
        return Unfit(text, self._why(text)) if found is None else found

    def _why(self, text: str) -> str:
        if self.field.type in ("date", "datetime"):
            return AMBIGUOUS if not self.declared and _LIKE_A_DATE.match(text) else NO_DATE
        if self.field.type == "choice":
            return f"is not one of the options of {self.field.title}"
        if self.field.type == "percent":
            return "is no percentage: it has no % sign, and no scale is declared"
        return "does not fit its type"

    def _many(self, raw: Any) -> Any:
        split = self.value.split
        parts = raw if isinstance(raw, (list, tuple)) else cell_text(raw).split(split) if split else [cell_text(raw)]
        words = [word for word in map(cell_text, parts) if word and word.casefold() not in self.missing]
        if not words:
            known = isinstance(raw, (list, tuple)) or (self.value.empty_is_none and raw is not None)
            return frozenset() if known and self.value.empty_is_none else None
        found = [self._one(word, None) for word in words]
        wrong = next((one for one in found if isinstance(one, Unfit)), None)
        if wrong is not None:
            return Unfit("; ".join(words), wrong.why)
        return frozenset(one for one in found if one is not None)

    # -- by type: (the cell, its text, the row's currency) → the value, None where it does not fit, or Unfit

    def number(self, raw: Any, text: str) -> Number | None:
        """A number as written, multiplied as declared."""
        if isinstance(raw, str):
            if not self._grouped(text):
                return None
            found = read_number(text, self.mark)
        else:
            plain = shown_number(raw)
            found = None if plain is None else Number(plain)
        if found is None or self.value.times is None:
            return found
        product = times(found.value, self.value.times)
        return Number(product, found.currency, found.percent)

    def _grouped(self, text: str) -> bool:
        """Whether thousands stand apart as declared."""
        declared = self.layout.thousands_mark
        if declared is None:
            return True
        gaps = {char for char in ".,' \u00a0\u2007\u2009\u202f\u2019" if char in text.strip(SPACES)} - {self.mark}
        spaces = {" ", "\u00a0", "\u2007", "\u2009", "\u202f"}
        allowed = spaces if declared == " " else {"'", "\u2019"} if declared == "'" else {declared}
        inside = {g for g in gaps if any(a.isdigit() and b.isdigit() for a, b in _around(text, g))}
        return inside <= allowed

    def money(self, raw: Any, text: str, currency: str | None) -> Any:
        """An amount in the declared currency, the row's, the one beside it, or the process's, in this order."""
        number = self.number(raw, text)
        if number is None or number.percent:
            return None
        declared = self.value.currency or currency or self.layout.currency
        chosen = declared or self.reading.currency
        if number.currency:
            may_be = SYMBOLS.get(number.currency, frozenset({number.currency}))
            if number.currency not in SYMBOLS and number.currency not in MINOR_DIGITS:
                return Unfit(text, f"names no known currency: {number.currency}")
            if chosen not in may_be:
                if declared or len(may_be) != 1:
                    return Unfit(text, f"is not in {chosen}")
                chosen = next(iter(may_be))
        if chosen not in MINOR_DIGITS:
            return Unfit(text, "is in an unknown currency")
        found = money(number.value, chosen)
        if found is None and abs(number.value.scaleb(MINOR_DIGITS[chosen], EXACT)) < LARGEST_MINOR:
            return Unfit(text, f"has more decimals than {chosen} has")
        return found

    def percent(self, raw: Any, text: str) -> Decimal | None:
        """A share as a fraction; a bare number only where its scale is declared."""
        number = self.number(raw, text)
        if number is None or number.currency:
            return None
        if number.percent or self.value.scale == "0..100":
            return bounded(number.value.scaleb(-2, EXACT))
        return bounded(number.value) if self.value.scale == "0..1" else None

    def integer(self, raw: Any, text: str) -> int | None:
        """A whole number."""
        number = self.number(raw, text)
        if number is None or number.percent or abs(number.value) > LARGEST_INTEGER:
            return None
        return int(number.value) if number.value == number.value.to_integral_value() else None

    def duration(self, raw: Any, text: str) -> timedelta | None:
        """A length of time, or a bare number of the declared unit."""
        if isinstance(raw, timedelta):
            return raw if abs(raw) <= LONGEST else None
        written = parse_duration(text)
        if written is not None:
            return written.delta
        number = self.number(raw, text) if self.value.unit else None
        if number is None or number.percent:
            return None
        micro = int(times(number.value, Decimal(_UNITS[self.value.unit or ""] * 1_000_000)))
        return timedelta(microseconds=micro) if abs(micro) <= LARGEST_INTEGER else None

    def moment(self, raw: Any, text: str) -> date | datetime | None:
        """A date or datetime as the cell says it, under the declared formats."""
        if isinstance(raw, date):
            return raw
        if isinstance(raw, bool):
            return None
        for form in self.formats:
            found = parse_date(text, form)
            if found is not None:
                return found
        return None

    def day(self, raw: Any, text: str) -> date | None:
        """A date. A moment with a zone is the day in the value's zone, else the process's; without one, its own."""
        found = self.moment(raw, text)
        if isinstance(found, datetime):
            if found.tzinfo is None:
                return found.date()
            try:
                return found.astimezone(self.value.zone or self.reading.zone).date()
            except OverflowError:
                return None
        return found

    def instant(self, raw: Any, text: str) -> datetime | None:
        """A moment; one without a zone is in the value's, the file's or the process's."""
        found = self.moment(raw, text)
        if found is None:
            return None
        if not isinstance(found, datetime):
            found = datetime(found.year, found.month, found.day)
        aware = found if found.tzinfo else found.replace(tzinfo=self.moment_zone)
        try:
            aware.astimezone(UTC)
        except OverflowError:
            return None
        return aware

    def flag(self, raw: Any, text: str) -> bool | None:
        """True or false, in the declared words."""
        return raw if isinstance(raw, bool) else parse_boolean(text, self.true, self.false)

    def choice(self, _raw: Any, text: str) -> str | None:
        """One of the options, in any case; any word where the field is open."""
        return self.options.get(text.casefold()) or (text if self.field.open or not self.field.options else None)


def _around(text: str, mark: str) -> list[tuple[str, str]]:
    return [(text[i - 1], text[i + 1]) for i in range(1, len(text) - 1) if text[i] == mark]


def _number(reader: CellReader, raw: Any, text: str, _c: str | None) -> Decimal | None:
    number = reader.number(raw, text)
    if number is None:
        return None
    return bounded(number.value.scaleb(-2, EXACT) if number.percent else number.value)


_PARSERS: dict[str, Callable[[CellReader, Any, str, str | None], Any]] = {
    "text": lambda _r, _raw, text, _c: text,
    "person": lambda _r, _raw, text, _c: text,
    "reference": lambda _r, _raw, text, _c: text,
    "integer": lambda r, raw, text, _c: r.integer(raw, text),
    "level": lambda r, raw, text, _c: None if (found := r.integer(raw, text)) is None or found < 0 else found,
    "number": _number,
    "money": lambda r, raw, text, currency: r.money(raw, text, currency),
    "percent": lambda r, raw, text, _c: r.percent(raw, text),
    "date": lambda r, raw, text, _c: r.day(raw, text),
    "datetime": lambda r, raw, text, _c: r.instant(raw, text),
    "duration": lambda r, raw, text, _c: r.duration(raw, text),
    "boolean": lambda r, raw, text, _c: r.flag(raw, text),
    "choice": lambda r, raw, text, _c: r.choice(raw, text),
    "multi_choice": lambda r, raw, text, _c: r.choice(raw, text),
}


def spelled(value: Any) -> Any:
    """A typed value as history keeps it: text that the model reads back as the same value."""
    if isinstance(value, Money):
        return f"{value.major:f} {value.currency}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (frozenset, set)):
        return "; ".join(sorted(value))
    return str(value)


def spelled_in(value: Any, field: Field) -> str | None:
    """The same for what was read for a field: a percent with its sign, what does not fit as it stands."""
    if value is None:
        return None
    if isinstance(value, Unfit):
        return value.raw
    if field.type == "percent" and isinstance(value, Decimal):
        return f"{value.scaleb(2, EXACT):f}%"
    return str(spelled(value))


__all__ = ["AMBIGUOUS", "ISO", "NO_DATE", "UNLISTED", "CellReader", "cell_text", "shown_number", "spelled_in"]
