"""Answers as people type them: ``25k``, ``2 months``. What can be read in two ways is refused, not guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal

from ...model.currencies import MINOR_DIGITS
from ...model.suits import BUYERS
from ...model.values import Duration, bounded, parse_duration
from ...sources.forms.numbers import Number, read_number


class NotUnderstood(Exception):
    """An answer that cannot be used. The message says why and how to write it, in a sentence or two."""


_LONGEST = 60
_TIMES = {"k": 3, "tsd": 3, "thousand": 3, "m": 6, "mn": 6, "mio": 6, "million": 6, "millions": 6}
_FACTOR = re.compile(r"(?<=[0-9.,])\s*(k|tsd|thousand|m|mn|mio|millions?)\b\.?", re.I | re.ASCII)
_CURRENCY = {"€": "EUR", "£": "GBP", "₹": "INR", "₽": "RUB", "₩": "KRW", "₪": "ILS", "₫": "VND", "₴": "UAH", "₺": "TRY",
             "₦": "NGN", "₱": "PHP", "฿": "THB", "Kč": "CZK", "zł": "PLN", "Ft": "HUF", "US$": "USD", "C$": "CAD",
             "A$": "AUD", "R$": "BRL"}  # fmt: skip
"""Signs of one currency alone; a bare $, ¥ or kr is that of several."""


def read_amount(text: str) -> tuple[Decimal, str | None]:
    """An amount in major units, above 0, and the currency beside it where that is a certain one."""
    plain = _plain(text)
    bare, factors = _FACTOR.subn("", plain)
    number = None
    for words in dict.fromkeys((bare, bare.upper())):
        number = number or _number(words, plain, factor=factors > 0)
    if number is None or factors > 1 or number.percent:
        raise NotUnderstood(f"{_shown(text)} is no amount. Write one, such as 25000 or 25k.")
    power = sum(_TIMES[found.lower()] for found in _FACTOR.findall(plain))
    value = bounded(number.value.scaleb(power))
    if value is None or value <= 0 or value >= 10**15:
        raise NotUnderstood(f"{_shown(text)} is no deal's amount. It is more than 0, such as 25000 or 25k.")
    return value.normalize() + 0, _certain(number.currency)


def _number(words: str, text: str, *, factor: bool) -> Number | None:
    point, comma = read_number(words, "."), read_number(words, ",")
    if point is None or comma is None or point.value == comma.value:
        return point or comma
    if "," in words and not factor:
        return point  # 25,000 is how amounts are written everywhere in what we print
    low, high = sorted((point.value, comma.value))
    one, other = (f"{value.normalize():f}" for value in (high, low))
    raise NotUnderstood(
        f"{_shown(text)} is {one} to some and {other} to others. Write it without marks, such as 25000."
    )


def _certain(sign: str | None) -> str | None:
    if sign is None:
        return None
    known = _CURRENCY.get(sign) or next((c for s, c in _CURRENCY.items() if s.upper() == sign.upper()), sign)
    return known if known in MINOR_DIGITS else None


def read_currency(text: str) -> str:
    """An ISO 4217 code."""
    plain = _plain(text)
    code = _certain(plain) or plain.upper()
    if code in MINOR_DIGITS:
        return code
    raise NotUnderstood(f"{_shown(text)} is no currency of ISO 4217. Write its three letters, such as EUR.")


_LENGTH = re.compile(r"(\d{1,6}|an?|one|two|three|four|six)\s*(business |working )?([a-z]+)\.?", re.ASCII)
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "six": 6}
_UNITS = {"d": "day", "w": "week", "wk": "week", "wks": "week", "mo": "month", "mos": "month", "mth": "month",
          "mths": "month", "q": "quarter", "y": "year", "yr": "year", "yrs": "year", "h": "hour"}  # fmt: skip


def read_cycle(text: str) -> Duration:
    """A length of time, above 0: ``60 days``, ``8 wks``, ``2 months``, ``a quarter``."""
    plain = _plain(text).lower()
    found = _LENGTH.fullmatch(plain)
    length = None
    if found:
        count, unit = _COUNTS.get(found[1], found[1]), _UNITS.get(found[3], found[3])
        length = parse_duration(f"{count} {'business ' if found[2] else ''}{unit}")
    if length is None:
        if plain.isascii() and plain.isdigit():
            raise NotUnderstood(f"{_shown(text)} of what? Write the unit too, such as 60 days or 2 months.")
        raise NotUnderstood(f"{_shown(text)} is no length of time. Write one number and its unit, such as 60 days.")
    if length.count == 0 or length.unit == "minute":
        raise NotUnderstood(f"{_shown(text)} is no sales cycle. It takes an hour or more, such as 60 days.")
    return length


_TEAM = re.compile(r"(\d{1,6}|one)( (people|person|sellers?|reps?))?", re.ASCII)


def read_team(text: str) -> int:
    """How many sell: a whole number from 1 on."""
    found = _TEAM.fullmatch(_plain(text).lower())
    count = 0 if found is None else int(_COUNTS.get(found[1], found[1]))
    if count < 1:
        raise NotUnderstood(f"{_shown(text)} is no team. Write how many people sell, such as 8.")
    return count


def read_buyer(text: str) -> str:
    """Who buys: one of ``BUYERS``, by its name or by its number in the list."""
    return one_of(text, BUYERS)


def one_of(text: str, names: Iterable[str]) -> str:
    """One of the names: as it stands, by its beginning, or by its number in the list."""
    from ...documents.suggest import nearest

    listed = list(names)
    plain = _plain(text).lower().replace(" ", "-").replace("_", "-")
    if plain.isascii() and plain.isdigit() and 1 <= int(plain) <= len(listed):
        return listed[int(plain) - 1]
    if plain in listed:
        return plain
    begun = [name for name in listed if plain and name.startswith(plain)]
    if len(begun) == 1:
        return begun[0]
    near = nearest(plain, listed)
    hint = f"Did you mean {near}?" if near else f"It is one of {', '.join(listed)}."
    raise NotUnderstood(f"{_shown(text)} is none of the answers. {hint}")


def read_crm(text: str) -> str:
    """Which CRM holds the deals: one of ``crm.ROUTES``, by its name or by its number in the list."""
    from .crm import ROUTES

    return one_of(text, [route.id for route in ROUTES])


def read_client(text: str) -> str:
    """A client's name as it is printed: one line of at least one visible character."""
    name = unicodedata.normalize("NFC", text.strip())
    if not name or len(name) > 120 or any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in name):
        raise NotUnderstood("The client's name is empty, too long or holds characters that cannot be seen.")
    return name


def _plain(text: str) -> str:
    """The text in plain digits and blanks; nothing that is too long."""
    if len(text) > _LONGEST:
        raise NotUnderstood("The answer is too long. Write it in a word or two.")
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _shown(text: str) -> str:
    plain = "".join(c for c in " ".join(text.split()) if c.isprintable())
    return f"“{plain}”" if plain else "An empty answer"
