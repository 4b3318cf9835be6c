"""Values as the engine holds them, and how raw ones become typed.

Runtime forms: text, person, reference, choice → str · integer, level → int · number, percent → Decimal
(15 % is ``Decimal("0.15")``) · money → Money · date → date · datetime → aware datetime · duration → timedelta ·
boolean → bool · multi_choice → frozenset[str]. A value that does not fit is ``Unfit``; a missing one is None.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Context, Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, NamedTuple

from .currencies import MINOR_DIGITS
from .struct import Struct

EXACT = Context(prec=400)
"""Decimal arithmetic without rounding, for all numbers that are held."""
PLACEHOLDERS = frozenset(
    [
        "tbd",
        "tba",
        "tbc",
        "n/a",
        "na",
        "n.a.",
        "none",
        "null",
        "nil",
        "unknown",
        "?",
        "??",
        "???",
        "-",
        "--",
        "---",
        ".",
        "..",
        "...",
        "x",
        "xx",
        "xxx",
        "xxxx",
        "test",
        "asdf",
        "todo",
        "to do",
        "to be defined",
        "to be determined",
        "to be confirmed",
        "not available",
        "not known",
        "dunno",
        "pending",
    ]
)
"""Whole values (trimmed, case-folded) that stand for nothing; a process may extend the list."""


class Money(NamedTuple):
    """An exact amount: integer minor units and an ISO 4217 currency."""

    minor: int
    currency: str

    @property
    def major(self) -> Decimal:
        """The amount in major units, exact."""
        return Decimal(self.minor).scaleb(-MINOR_DIGITS[self.currency], EXACT)

    def plain(self) -> dict[str, str]:
        """As JSON holds it."""
        return {"amount": f"{self.major:f}", "currency": self.currency}


class Unfit(NamedTuple):
    """A raw value kept although it is none: ``why`` is ``placeholder`` or says why it does not fit."""

    raw: str
    why: str

    @property
    def placeholder(self) -> bool:
        """Whether the raw text only held a place."""
        return self.why == "placeholder"


Value = str | int | Decimal | Money | date | datetime | timedelta | bool | frozenset[str]


class Duration(Struct):
    """A length of time as written: ``14 days``, ``2 business days``, ``1 business hour``. May be negative."""

    count: int
    unit: str
    business: bool = False

    def __str__(self) -> str:
        unit = self.unit if abs(self.count) == 1 else self.unit + "s"
        return f"{self.count} {'business ' if self.business else ''}{unit}"

    def __neg__(self) -> Duration:
        return Duration(-self.count, self.unit, self.business)

    @property
    def delta(self) -> timedelta | None:
        """Its fixed length, or None for what depends on a calendar (months, business time)."""
        seconds = _SECONDS.get(self.unit)
        return None if seconds is None or self.business else timedelta(seconds=seconds * self.count)

    @property
    def in_days(self) -> bool:
        """Whether it counts whole days or longer."""
        return self.unit not in ("hour", "minute")


_SECONDS = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_DURATION = re.compile(r"\s*(\d{1,6})\s+(business\s+)?(minute|hour|day|week|month|quarter|year)s?\s*", re.I)


def parse_duration(text: str) -> Duration | None:
    """``14 days`` → Duration, or None where it is none."""
    found = _DURATION.fullmatch(text)
    if not found:
        return None
    unit = found[3].lower()
    if found[2] and unit not in ("hour", "day", "minute"):
        return None
    return Duration(int(found[1]), unit, bool(found[2]))


_PERCENT = re.compile(r"\s*(-?\d{1,99}(?:\.\d{1,99})?)\s*%\s*", re.ASCII)


def parse_percent(text: str) -> Decimal | None:
    """``15%`` → Decimal("0.15"), exact, or None where it is none."""
    found = _PERCENT.fullmatch(text)
    return bounded(Decimal(found[1]).scaleb(-2, EXACT)) if found else None


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def parse_date(text: str) -> date | None:
    """``2026-12-31`` → date, or None where it is none."""
    text = text.strip()
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def parse_datetime(text: str, zone: tzinfo = UTC) -> datetime | None:
    """An ISO 8601 moment → aware datetime (``zone`` where it names none), or None. A bare date is its first second."""
    text = text.strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return aware(moment, zone)


def aware(moment: datetime, zone: tzinfo) -> datetime | None:
    """The moment, in ``zone`` where it names none; None where it is on no calendar in UTC."""
    found = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    try:
        found.astimezone(UTC)
    except OverflowError:
        return None
    return found


_DECIMAL = re.compile(r"\s*[-+]?\d+(\.\d+)?\s*", re.ASCII)
WHOLE, PLACES = 20, 18
"""How many digits a number has at most before and after its point: what a column of any engine holds exactly."""
LARGEST_MINOR = 10**18
"""Amounts are below this many minor units."""
LARGEST_INTEGER = 2**63 - 1
LONGEST = timedelta(microseconds=LARGEST_INTEGER)
"""No length of time is longer."""
_TOO_LARGE = 10**WHOLE
_FRACTION = Decimal(1).scaleb(-PLACES)


def bounded(number: Decimal) -> Decimal | None:
    """The number, or None where it has more than ``WHOLE`` digits before or ``PLACES`` after its point, or is none."""
    if not number.is_finite() or number.adjusted() >= WHOLE:
        return None
    exponent = number.as_tuple().exponent
    return number if isinstance(exponent, int) and exponent >= -PLACES else None


def parse_decimal(raw: object) -> Decimal | None:
    """A number exactly as written, or None; NaN, infinities, exponents and more digits than ``bounded`` takes are none.

    A float stands for its shortest decimal, and like a fraction is rounded to ``PLACES``.
    """
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int):
        return Decimal(raw) if abs(raw) < _TOO_LARGE else None
    if isinstance(raw, (Fraction, float)):
        number = Decimal(repr(raw)) if isinstance(raw, float) else _divided(raw)
        if not number.is_finite() or number.adjusted() >= WHOLE:
            return None
        exponent = number.as_tuple().exponent
        return bounded(number.quantize(_FRACTION, context=EXACT) if int(exponent) < -PLACES else number)
    if isinstance(raw, Decimal):
        return bounded(raw)
    if not isinstance(raw, str) or len(raw) > 100 or not _DECIMAL.fullmatch(raw):
        return None
    try:
        return bounded(Decimal(raw.strip()))
    except InvalidOperation:  # pragma: no cover - the pattern admits only decimals
        return None


def _divided(number: Fraction) -> Decimal:
    return EXACT.divide(Decimal(number.numerator), Decimal(number.denominator))


def times(left: int | Decimal, right: Decimal) -> Decimal:
    """An exact product, whatever the number of digits."""
    return EXACT.multiply(Decimal(left), right)


def money(amount: object, currency: str) -> Money | None:
    """Major units and a currency → Money, or None where it is none or has more decimals than the currency."""
    number = parse_decimal(amount)
    digits = MINOR_DIGITS.get(currency)
    if number is None or digits is None:
        return None
    minor = number.scaleb(digits, EXACT)
    if abs(minor) >= LARGEST_MINOR or minor != minor.to_integral_value():
        return None
    return Money(int(minor), currency)


def local_date(value: date | datetime, zone: tzinfo) -> date:
    """The calendar day of a date or a moment in a zone; at the ends of the calendar the day as it is written."""
    if not isinstance(value, datetime):
        return value
    try:
        return value.astimezone(zone).date()
    except OverflowError:  # 0001-01-01T00:00:00Z, which many exports write for "none", west of Greenwich
        return value.date()


def local_moment(moment: datetime, zone: tzinfo) -> datetime:
    """A moment as the clocks of a zone show it; at the ends of the calendar as it is written."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


def later(moment: datetime, by: timedelta) -> datetime:
    """A moment some exact time on: instants are added, never wall clocks, so a change of summer time counts."""
    try:
        return moment.astimezone(UTC) + by
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if by > timedelta() else datetime.min.replace(tzinfo=UTC)


def end_of_day(day: date, zone: tzinfo) -> datetime:
    """The last moment of a day in a zone."""
    return datetime.combine(day, time.max, zone)


def plain(value: Any) -> Any:
    """A value as JSON holds it."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, Money):
        return value.plain()
    if isinstance(value, Unfit):
        return value.raw
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds() / 86400
    if isinstance(value, (frozenset, set)):
        return sorted(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return str(value)
