"""Numbers as people and programs write them, read exactly: ``1.234,56``, ``$1,200``, ``(300)``, ``15%``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Literal

from dealgate.sources.forms.text import SPACES, Ambiguous

DecimalMark = Literal[".", ","]
Scale = Literal["0..1", "0..100"]

# Beyond 28 digits Python's decimals begin to round; no amount of money has as many.
_MOST_DIGITS = 28
_MOST_CHARACTERS = 80
_LARGEST_EXPONENT = 30
_SYMBOL = r"[A-Z]{0,3}[$€£¥₹₽₩₪₫₴₺₦₱฿¢]|kr\.?|zł|Kč|Ft|lei|Fr\.|[A-Z]{3}"
_MINUS = str.maketrans({"\u2212": "-", "\u2013": "-", "\uff0b": "+", "\u2019": "'"})
_GAP = f"[{SPACES}]*"
_AROUND = re.compile(
    rf"(?P<open>\(?){_GAP}(?P<sign>[+-]?){_GAP}(?P<before>{_SYMBOL})?{_GAP}(?P<inner>[+-]?){_GAP}"
    rf"(?P<body>[0-9.,][0-9., '\u00a0\u2007\u2009\u202f]*?(?:[eE][+-]?[0-9]{{1,2}})?){_GAP}"
    rf"(?P<percent>%?){_GAP}(?P<after>{_SYMBOL})?{_GAP}(?P<trail>-?){_GAP}(?P<close>\)?)"
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written: ``value`` exact and not scaled, the currency and whether a percent sign stood beside it."""

    value: Decimal
    currency: str | None = None
    percent: bool = False


@cache
def _body(mark: str) -> re.Pattern[str]:
    groups = "|".join(
        # One kind of separator throughout; thousands, or Indian lakhs before the last thousand.
        rf"[0-9]{{1,3}}(?:{gap}[0-9]{{3}})+|[0-9]{{1,2}}(?:{gap}[0-9]{{2}})+{gap}[0-9]{{3}}"
        for gap in (r"\." if mark == "," else ",", " ", "'", "\u00a0", "\u2007", "\u2009", "\u202f")
    )
    point = re.escape(mark)
    return re.compile(rf"(?P<whole>{groups}|[0-9]+)?(?:{point}(?P<part>[0-9]*))?(?P<exponent>[eE][+-]?[0-9]{{1,2}})?")


def read_number(text: str, decimal_mark: DecimalMark = ".") -> Number | None:
    """The number in ``text``, with what stands around it; None where it is no number in this form.

    Thousands must be grouped as thousands: ``1,5`` under the mark ``.`` is None, not 15.
    """
    if len(text) > _MOST_CHARACTERS:
        return None
    around = _AROUND.fullmatch(text.strip(SPACES).translate(_MINUS))
    if around is None or bool(around["open"]) != bool(around["close"]):
        return None
    signs = [sign for sign in (around["sign"], around["inner"], around["trail"], around["open"]) if sign]
    if len(signs) > 1 or (around["before"] and around["after"]):
        return None
    body = _body(decimal_mark).fullmatch(around["body"])
    if body is None or not (body["whole"] or body["part"]):
        return None
    whole = "".join(character for character in body["whole"] or "" if character in "0123456789")
    part = body["part"] or ""
    exponent = int(body["exponent"][1:]) if body["exponent"] else 0
    if len(whole) + len(part) > _MOST_DIGITS or abs(exponent) > _LARGEST_EXPONENT:
        return None
    negative = bool(signs) and signs[0] in "-("
    value = Decimal(f"{'-' if negative else ''}{whole or '0'}{'.' + part if part else ''}E{exponent}")
    return Number(value, around["before"] or around["after"], bool(around["percent"]))


def parse_number(text: str, decimal_mark: DecimalMark = ".") -> Decimal | None:
    """The exact value; ``15%`` is 0.15. A currency beside it is passed over (``read_number`` tells it)."""
    number = read_number(text, decimal_mark)
    if number is None:
        return None
    return number.value.scaleb(-2) if number.percent else number.value


def parse_percent(text: str, decimal_mark: DecimalMark = ".", scale: Scale = "0..1") -> Decimal | None:
    """A share as an exact fraction: ``15%`` is 0.15 in either scale, bare ``15`` is so under ``0..100``."""
    number = read_number(text, decimal_mark)
    if number is None or number.currency:
        return None
    return number.value.scaleb(-2) if number.percent or scale == "0..100" else number.value


def exact(value: object) -> Decimal | None:
    """A typed cell's exact number: a float as it prints, so that 0.1 is 0.1; None for anything else and for NaN."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return number if number.is_finite() else None


def detect_decimal_mark(values: Iterable[str]) -> DecimalMark | Ambiguous | None:
    """The decimal mark that a column's numbers use; None where it has none.

    ``1,234`` reads both ways, and only another value decides. Whole numbers alone are ``.``.
    """
    point = comma = neutral = 0
    both: int | None = None
    for index, text in enumerate(values):
        as_point, as_comma = read_number(text, "."), read_number(text, ",")
        if as_point is not None and as_comma is not None:
            if as_point == as_comma:
                neutral += 1
            elif both is None:
                both = index
        elif as_point is not None:
            point += 1
        elif as_comma is not None:
            comma += 1
    if point and comma:
        return Ambiguous((".", ","))
    if point or comma:
        return "." if point else ","
    if both is not None:
        return Ambiguous((".", ","), both)
    return "." if neutral else None


def detect_percent_scale(values: Iterable[str], decimal_mark: DecimalMark = ".") -> Scale | Ambiguous | None:
    """What a bare number means beside percents: ``0..1`` or ``0..100``; None where there is no number.

    Values above 1 and fractions below 1 together (``0.5`` beside ``15``) are ambiguous, as are 0 and 1 alone.
    """
    above = fraction = ends = signed = 0
    for text in values:
        number = read_number(text, decimal_mark)
        if number is None:
            continue
        if number.percent:
            signed += 1
        elif abs(number.value) > 1:
            above += 1
        elif number.value in (0, 1):
            ends += 1
        else:
            fraction += 1
    if above and not fraction:
        return "0..100"
    if fraction and not above:
        return "0..1"
    if above or ends:
        return Ambiguous(("0..1", "0..100"))
    return "0..1" if signed else None
