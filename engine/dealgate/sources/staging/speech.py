"""How each dialect says what staging needs: text trimmed and matched, dates and moments checked before they are cast.

Every expression is built, never written: sqlglot prints it. A text that does not fit gives NULL, never an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from sqlglot import exp

from dealgate.sources.forms.text import SPACES

E = exp.Expr
DIALECTS = ("duckdb", "sqlite", "postgres", "spark", "databricks", "snowflake", "bigquery")
_DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def text(value: str) -> E:
    """A text literal."""
    return exp.Literal.string(value)


def number(value: int) -> E:
    """A whole number."""
    return exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value))


def column(name: str, table: str | None = None) -> exp.Column:
    """A column, its name quoted."""
    return exp.column(name, table=table, quoted=True)


def both(*parts: E | None) -> E:
    """All of them: true, false or null as SQL has it."""
    return exp.and_(*(part for part in parts if part is not None))


def either(*parts: E | None) -> E:
    """Any of them."""
    return exp.or_(*(part for part in parts if part is not None))


def case(*branches: tuple[E, E], otherwise: E | None = None) -> E:
    """The value of the first condition that is true."""
    found = exp.Case(ifs=[exp.If(this=when, true=then) for when, then in branches])
    return found.else_(otherwise) if otherwise is not None else found


def is_null(part: E) -> E:
    """Whether there is no value."""
    return exp.Is(this=part.copy(), expression=exp.Null())


def filled(part: E) -> E:
    """Whether there is a value."""
    return exp.Not(this=is_null(part))


def joined(*parts: E) -> E:
    """Texts one after the other; null where one is."""
    found = parts[0]
    for part in parts[1:]:
        found = exp.DPipe(this=found, expression=part, safe=True)
    return found


def piece(of: E, start: int, length: int | None = None) -> E:
    """A part of a text, places counted from 1."""
    more = {} if length is None else {"length": number(length)}
    return exp.Substring(this=of.copy(), start=number(start), **more)


def replaced(of: E, old: str, new: str) -> E:
    """Every occurrence of a text replaced."""
    return exp.func("REPLACE", of.copy(), text(old), text(new))


class Speech:
    """The portable way; each dialect overrides what it says differently. ``name`` is sqlglot's name of it."""

    patterns = True
    """Whether it has regular expressions."""
    zones = True
    """Whether it knows time zones other than UTC."""
    decimals = True
    """Whether it has exact decimals; without them numbers are whole numbers scaled by 10 ** 9."""
    unicode_lower = True
    """Whether its LOWER changes letters beyond ASCII."""
    moment_type = "timestamp"

    def __init__(self, name: str) -> None:
        """By sqlglot's name."""
        self.name = name

    # -- text

    def trimmed(self, raw: E) -> E:
        """A raw cell as text without spaces around it; null for none."""
        cell = exp.cast(raw, "text")
        return exp.func("NULLIF", exp.Trim(this=cell, expression=self.spaces()), text(""))

    def spaces(self) -> E:
        """The characters that count as space around a value."""
        return text(SPACES)

    def lower(self, part: E) -> E:
        """In lower case; letters beyond ASCII may or may not change."""
        return exp.Lower(this=part.copy())

    def swapped(self, part: E, letters: dict[str, str]) -> E:
        """Single letters replaced by single letters."""
        if not letters:
            return part.copy()
        arguments = [part.copy(), text("".join(letters)), text("".join(letters.values()))]
        return exp.Anonymous(this="TRANSLATE", expressions=arguments)

    def matches(self, part: E, pattern: str) -> E:
        """Whether a whole text has the shape of a pattern without backslashes, ``^`` and ``$`` around it."""
        return exp.RegexpLike(this=part.copy(), expression=text(pattern))

    def group(self, part: E, pattern: str, place: int = 1) -> E:
        """The text that a group of the pattern matches; null for none."""
        return exp.func(
            "NULLIF",
            exp.Anonymous(this="REGEXP_EXTRACT", expressions=[part.copy(), text(pattern), number(place)]),
            text(""),
        )

    def substituted(self, part: E, pattern: str, new: str) -> E:
        """Everything that the pattern matches replaced."""
        return exp.Anonymous(this="REGEXP_REPLACE", expressions=[part.copy(), text(pattern), text(new)])

    def padded(self, part: E, width: int) -> E:
        """Digits with zeros before them, up to a width that they do not exceed."""
        return exp.func("LPAD", part.copy(), number(width), text("0"))

    def before(self, part: E, mark: str) -> E:
        """A text up to a mark; the whole of it where there is none."""
        return exp.Anonymous(this="SPLIT_PART", expressions=[part.copy(), text(mark), number(1)])

    def after(self, part: E, mark: str) -> E:
        """A text after a mark; empty where there is none."""
        return exp.Anonymous(this="SPLIT_PART", expressions=[part.copy(), text(mark), number(2)])

    def end_trimmed(self, part: E, character: str) -> E:
        """A text without a character at its end."""
        return exp.Anonymous(this="RTRIM", expressions=[part.copy(), text(character)])

    def list_of(self, words: Sequence[str], name: str) -> exp.Query:
        """A relation of one column with a row for each text."""
        values = exp.values([(text(word),) for word in words], alias="listed", columns=[name])
        return exp.select(column(name)).from_(values)

    # -- numbers

    def whole(self, part: E) -> E:
        """Digits that fit as a whole number."""
        return exp.cast(part.copy(), "bigint")

    def decimal(self, part: E) -> E:
        """A checked numeral as an exact decimal."""
        return exp.cast(part.copy(), "decimal(38, 18)")

    def texts(self, part: E) -> E:
        """Any value as text, to compare it with its like."""
        return exp.cast(part.copy(), "text")

    # -- days and moments

    def day(self, part: E) -> E:
        """``YYYY-MM-DD`` as a date; null where there is no such day."""
        cast = exp.TryCast(this=part.copy(), to=exp.DataType.build("date"), requires_string=True, safe=True)
        return case((both(self.matches(part, _DATE), exp.GT(this=part.copy(), expression=text("0001"))), cast))

    def no_day(self) -> E:
        """No date, typed."""
        return exp.cast(exp.Null(), "date")

    def moment(self, day: E, clock: E) -> E:
        """A checked day (text) and a checked clock ``HH:MM:SS.ffffff`` as a moment without a zone."""
        spelled = joined(day.copy(), text(" "), clock.copy())
        kind = exp.DataType.build(self.moment_type, dialect="snowflake")
        cast = exp.TryCast(this=spelled, to=kind, requires_string=True, safe=True)
        return case((filled(self.day(day)), cast))

    def minutes_on(self, moment: E, minutes: E) -> E:
        """A moment some minutes on."""
        return exp.func("TIMESTAMPADD", exp.var("MINUTE"), minutes.copy(), moment.copy())

    def to_utc(self, local: E, zone: tzinfo) -> E:
        """A local moment in UTC. Where clocks repeat an hour the first is meant, as in Python."""
        if utc(zone):
            return local.copy()
        found = self.from_zone(local, name_of(zone))
        if not changes(zone):
            return found
        before = self.minutes_on(found, number(-60))
        same = exp.EQ(this=self.to_zone(before, name_of(zone)), expression=local.copy())
        return case((same, before.copy()), otherwise=found.copy())

    def local_day(self, moment: E, zone: tzinfo) -> E:
        """The day of a moment in UTC on a zone's clocks."""
        local = moment.copy() if utc(zone) else self.to_zone(moment, name_of(zone))
        return exp.cast(local, "date")

    def from_zone(self, local: E, zone: str) -> E:
        """A zone's clock as UTC."""
        return exp.func("CONVERT_TIMEZONE", text(zone), text("UTC"), local.copy())

    def to_zone(self, moment: E, zone: str) -> E:
        """UTC on a zone's clock."""
        return exp.func("CONVERT_TIMEZONE", text("UTC"), text(zone), moment.copy())


def name_of(zone: tzinfo) -> str:
    """A zone's name."""
    return zone.key if isinstance(zone, ZoneInfo) else "UTC"


def utc(zone: tzinfo) -> bool:
    """Whether a zone is UTC."""
    return zone is UTC or name_of(zone) in ("UTC", "Etc/UTC", "Etc/GMT", "GMT", "Etc/Zulu", "Zulu", "Etc/UCT", "UCT")


def changes(zone: tzinfo) -> bool:
    """Whether a zone's clocks were changed in the years that deals are of."""
    day, offsets = datetime(1990, 1, 1), set()
    while day.year < 2038:
        offsets.add(day.replace(tzinfo=zone).utcoffset())
        day += timedelta(days=14)
    return len(offsets) > 1
