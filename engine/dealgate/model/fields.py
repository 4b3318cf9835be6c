"""Field types, fields and the catalogue; how a raw value becomes a typed one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from .currencies import MINOR_DIGITS
from .struct import Struct, field
from .values import (
    LARGEST_INTEGER,
    LARGEST_MINOR,
    LONGEST,
    PLACEHOLDERS,
    Money,
    Unfit,
    aware,
    local_date,
    money,
    parse_date,
    parse_datetime,
    parse_decimal,
    parse_duration,
    parse_percent,
)


class Field(Struct):
    """One field of a deal or of a child record.

    ``options`` are the ids a choice may take; ``open`` lets a choice hold ids beyond them; ``derived`` ones are worked
    out where the source does not give them. ``scope`` is ``deal`` or the collection it belongs to.
    """

    id: str
    type: str
    title: str
    options: tuple[str, ...] = ()
    ordered: bool = False
    open: bool = False
    derived: bool = False
    scope: str = "deal"
    description: str = ""
    role: str = ""
    """``stages`` or ``reasons`` where the process gives the options."""
    former: tuple[str, ...] = ()
    """Ids that were options once: a source may still have them, no rule names them."""

    @property
    def readable(self) -> tuple[str, ...]:
        """The ids that a value may be when it is read."""
        return self.options + self.former if self.former else self.options


class Collection(Struct):
    """A kind of child record: contacts, activities, evidence …"""

    id: str
    title: str
    singular: str
    fields: Mapping[str, Field]


class Catalogue(Struct):
    """All fields and collections a rule may speak of."""

    deal: Mapping[str, Field]
    collections: Mapping[str, Collection]

    def with_options(self, role: str, options: tuple[str, ...], former: tuple[str, ...] = ()) -> Catalogue:
        """The same, the choices of a role (``stages``, ``reasons``) filled in; ``former``: those that are no more."""

        def filled(fields: Mapping[str, Field]) -> dict[str, Field]:
            made = {"options": options, "former": former}
            return {k: f.replace(**made) if f.role == role else f for k, f in fields.items()}

        return Catalogue(
            filled(self.deal),
            {k: c.replace(fields=filled(c.fields)) for k, c in self.collections.items()},
        )


class Reading(Struct):
    """How raw values are read: default currency, zone and what counts as a placeholder."""

    currency: str = "USD"
    zone: tzinfo = UTC
    placeholders: frozenset[str] = field(default=PLACEHOLDERS)


class FieldType(Struct):
    """A type: its words, its family for comparisons, and how a raw value is read (None: it does not fit)."""

    id: str
    words: str
    read: Callable[[Any, Field, Reading], Any]


def _text(raw: Any, _f: Field, _r: Reading) -> Any:
    if isinstance(raw, str):
        return raw.strip()
    if isinstance(raw, Money):
        return f"{raw.major:f} {raw.currency}"
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, date):
        return raw.isoformat()
    number = parse_decimal(raw)
    return None if number is None else f"{number:f}"


def _integer(raw: Any, _f: Field, _r: Reading) -> Any:
    number = parse_decimal(raw)
    if number is None or abs(number) > LARGEST_INTEGER or number != number.to_integral_value():
        return None
    return int(number)


def _number(raw: Any, _f: Field, _r: Reading) -> Any:
    return parse_decimal(raw)


def _money(raw: Any, _f: Field, reading: Reading) -> Any:
    if isinstance(raw, Money):
        return raw if abs(raw.minor) < LARGEST_MINOR else None
    if isinstance(raw, Mapping):
        return money(raw.get("amount"), str(raw.get("currency") or reading.currency))
    if isinstance(raw, str) and raw[-4:-3] == " " and raw[-3:] in MINOR_DIGITS:
        return money(raw[:-4], raw[-3:])
    return money(raw, reading.currency)


def _percent(raw: Any, _f: Field, _r: Reading) -> Any:
    return parse_percent(raw) if isinstance(raw, str) else None if isinstance(raw, int) else parse_decimal(raw)


def _date(raw: Any, _f: Field, reading: Reading) -> Any:
    if isinstance(raw, datetime):
        return local_date(raw, reading.zone) if raw.tzinfo else raw.date()
    if isinstance(raw, date):
        return raw
    if not isinstance(raw, str):
        return None
    day = parse_date(raw)
    if day is None and (moment := parse_datetime(raw, reading.zone)) is not None:
        day = local_date(moment, reading.zone)
    return day


def _datetime(raw: Any, _f: Field, reading: Reading) -> Any:
    if isinstance(raw, datetime):
        return aware(raw, reading.zone)
    if isinstance(raw, date):
        return aware(datetime(raw.year, raw.month, raw.day), reading.zone)
    return parse_datetime(raw, reading.zone) if isinstance(raw, str) else None


def _duration(raw: Any, _f: Field, _r: Reading) -> Any:
    if isinstance(raw, timedelta):
        return raw if abs(raw) <= LONGEST else None
    duration = parse_duration(raw) if isinstance(raw, str) else None
    return duration.delta if duration else None


def _boolean(raw: Any, _f: Field, _r: Reading) -> Any:
    if isinstance(raw, str):
        return {"true": True, "false": False}.get(raw.strip().lower())
    return raw if isinstance(raw, bool) else None


def _choice(raw: Any, f: Field, _r: Reading) -> Any:
    if not isinstance(raw, str):
        return None
    word = raw.strip()
    return word if f.open or not f.options or word in f.readable else None


def _multi_choice(raw: Any, f: Field, reading: Reading) -> Any:
    if not isinstance(raw, (list, tuple, set, frozenset)):
        return None
    words = [_choice(item, f, reading) for item in raw]
    return None if None in words else frozenset(words)


def _level(raw: Any, _f: Field, _r: Reading) -> Any:
    return raw if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw <= LARGEST_INTEGER else None


TYPES: dict[str, FieldType] = {
    t.id: t
    for t in (
        FieldType("text", "a text", _text),
        FieldType("integer", "a whole number", _integer),
        FieldType("number", "a number", _number),
        FieldType("money", "an amount of money", _money),
        FieldType("percent", "a percentage, with its % sign", _percent),
        FieldType("date", "a date (YYYY-MM-DD)", _date),
        FieldType("datetime", "a date and time (ISO 8601)", _datetime),
        FieldType("duration", "a duration (14 days)", _duration),
        FieldType("boolean", "true or false", _boolean),
        FieldType("choice", "one of its options", _choice),
        FieldType("multi_choice", "a list of its options", _multi_choice),
        FieldType("level", "a level of proof", _level),
        FieldType("person", "a person", _text),
        FieldType("reference", "a reference", _text),
    )
}


def read(raw: Any, f: Field, reading: Reading) -> Any:
    """A raw value as the field's type: the value, None where there is none, or Unfit where it does not fit.

    Placeholder text is Unfit before typing, unless the field declares it as a choice.
    """
    if raw is None or raw == "":
        return None
    if isinstance(raw, str):
        word = raw.strip()
        if not word:
            return None
        if word.casefold() in reading.placeholders and word not in f.readable:
            return Unfit(raw, "placeholder")
    value = TYPES[f.type].read(raw, f, reading)
    if value is not None:
        return value
    if f.type == "choice":
        return Unfit(_shown(raw), f"is not one of the options of {f.title}")
    return Unfit(_shown(raw), f"is not {TYPES[f.type].words}")


def _shown(raw: Any) -> str:
    try:
        return str(raw)
    except (ValueError, RecursionError):  # a number of thousands of digits, a list in a list in a list …
        return "…"
