"""The dialects, by what each says in its own way."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sqlglot import exp

from dealgate.sources.forms.text import SPACES

from .speech import E, Speech, both, case, column, joined, number, piece, text

__all__ = ["speech_of"]


class _DuckDB(Speech):
    def substituted(self, part: E, pattern: str, new: str) -> E:
        return exp.Anonymous(this="REGEXP_REPLACE", expressions=[part.copy(), text(pattern), text(new), text("g")])

    def spaces(self) -> E:
        return exp.ByteString(this=SPACES)

    def minutes_on(self, moment: E, minutes: E) -> E:
        return exp.Add(this=moment.copy(), expression=exp.func("TO_MINUTES", minutes.copy()))

    def from_zone(self, local: E, zone: str) -> E:
        return _at(_at(local.copy(), zone), "UTC")

    def to_zone(self, moment: E, zone: str) -> E:
        return _at(_at(moment.copy(), "UTC"), zone)


class _Postgres(_DuckDB):
    def lower(self, part: E) -> E:
        return exp.Lower(this=exp.Collate(this=part.copy(), expression=exp.to_identifier("C", quoted=True)))

    def matches(self, part: E, pattern: str) -> E:
        return exp.RegexpLike(this=part.copy(), expression=text(pattern))

    def group(self, part: E, pattern: str, place: int = 1) -> E:
        found = exp.Anonymous(this="REGEXP_MATCH", expressions=[part.copy(), text(pattern)])
        return exp.func(
            "NULLIF", exp.Bracket(this=exp.Paren(this=found), expressions=[number(place)], offset=1), text("")
        )

    def day(self, part: E) -> E:
        # PostgreSQL has no TRY_CAST: the days of the month are counted on from its first, and must stay in it
        first = exp.cast(joined(piece(part, 1, 7), text("-01")), "date")
        ahead = exp.Sub(this=exp.cast(piece(part, 9, 2), "int"), expression=number(1))
        found = exp.Add(this=first, expression=exp.Paren(this=ahead))
        same = exp.EQ(
            this=exp.Anonymous(this="TO_CHAR", expressions=[found, text("YYYY-MM-DD")]), expression=part.copy()
        )
        shape = "^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-[0-9]{2}$"
        return case((self.matches(part, shape), case((same, found.copy()))))

    def moment(self, day: E, clock: E) -> E:
        checked = self.day(day)
        found = exp.Add(this=exp.cast(day.copy(), "date"), expression=exp.cast(clock.copy(), "time"))
        return case((exp.Not(this=exp.Is(this=checked, expression=exp.Null())), found))

    def minutes_on(self, moment: E, minutes: E) -> E:
        one = exp.Interval(this=text("1"), unit=exp.var("MINUTE"))
        return exp.Add(this=moment.copy(), expression=exp.Mul(this=exp.Paren(this=minutes.copy()), expression=one))


class _SQLite(Speech):
    patterns = False
    zones = False
    decimals = False
    unicode_lower = False

    def list_of(self, words: Sequence[str], name: str) -> exp.Query:
        values = exp.values([(text(word),) for word in words], alias="listed")
        return exp.select(exp.alias_(column("column1"), name, quoted=True)).from_(values)

    def spaces(self) -> E:
        return exp.Chr(expressions=[number(ord(c)) for c in SPACES])

    def swapped(self, part: E, letters: dict[str, str]) -> E:
        found = part.copy()
        for old, new in letters.items():
            found = exp.func("REPLACE", found, text(old), text(new))
        return found

    def padded(self, part: E, width: int) -> E:
        return exp.Substring(this=joined(text("0" * width), part.copy()), start=number(-width))

    def before(self, part: E, mark: str) -> E:
        return _before(part, mark)

    def after(self, part: E, mark: str) -> E:
        return _after(part, mark)

    def like(self, part: E, glob: str) -> E:
        """Whether a whole text fits a GLOB."""
        return exp.Glob(this=part.copy(), expression=text(glob))

    def day(self, part: E) -> E:
        shape = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
        real = exp.EQ(
            this=exp.Anonymous(this="DATE", expressions=[part.copy(), text("+0 days")]), expression=part.copy()
        )
        late = exp.GT(this=part.copy(), expression=text("0001"))
        return case((both(self.like(part, shape), late, real), part.copy()))

    def no_day(self) -> E:
        return exp.Null()

    def moment(self, day: E, clock: E) -> E:
        return joined(self.day(day), text(" "), clock.copy())

    def minutes_on(self, moment: E, minutes: E) -> E:
        by = joined(exp.cast(minutes.copy(), "text"), text(" minutes"))
        moved = exp.Anonymous(this="DATETIME", expressions=[piece(moment, 1, 19), by])
        return joined(moved, piece(moment, 20))

    def local_day(self, moment: E, zone: object) -> E:
        return piece(moment, 1, 10)


class _Spark(Speech):
    moment_type = "timestamp_ntz"

    def end_trimmed(self, part: E, character: str) -> E:
        return exp.Trim(this=part.copy(), expression=text(character), position="TRAILING")


class _Snowflake(Speech):
    moment_type = "timestamp_ntz"

    def group(self, part: E, pattern: str, place: int = 1) -> E:
        arguments = [part.copy(), text(pattern), number(1), number(1), text("e"), number(place)]
        return exp.Anonymous(this="REGEXP_SUBSTR", expressions=arguments)


class _BigQuery(Speech):
    moment_type = "timestamp_ntz"

    def group(self, part: E, pattern: str, place: int = 1) -> E:
        # one group is all it takes: the others are made not to capture
        pieces = pattern.split("(")
        kept, seen = [pieces[0]], 0
        for one in pieces[1:]:
            if one.startswith("?"):
                kept.append("(" + one)
                continue
            seen += 1
            kept.append(("(" if seen == place else "(?:") + one)
        return exp.func(
            "NULLIF", exp.Anonymous(this="REGEXP_EXTRACT", expressions=[part.copy(), text("".join(kept))]), text("")
        )

    def before(self, part: E, mark: str) -> E:
        return _before(part, mark)

    def after(self, part: E, mark: str) -> E:
        return _after(part, mark)

    def minutes_on(self, moment: E, minutes: E) -> E:
        by = exp.Interval(this=exp.Paren(this=minutes.copy()), unit=exp.var("MINUTE"))
        return exp.Anonymous(this="DATETIME_ADD", expressions=[moment.copy(), by])

    def from_zone(self, local: E, zone: str) -> E:
        at = exp.Anonymous(this="TIMESTAMP", expressions=[local.copy(), text(zone)])
        return exp.Anonymous(this="DATETIME", expressions=[at, text("UTC")])

    def to_zone(self, moment: E, zone: str) -> E:
        at = exp.Anonymous(this="TIMESTAMP", expressions=[moment.copy(), text("UTC")])
        return exp.Anonymous(this="DATETIME", expressions=[at, text(zone)])


def _place(part: E, mark: str) -> E:
    return exp.StrPosition(this=joined(part.copy(), text(mark)), substr=text(mark))


def _before(part: E, mark: str) -> E:
    return exp.Substring(
        this=part.copy(), start=number(1), length=exp.Sub(this=_place(part, mark), expression=number(1))
    )


def _after(part: E, mark: str) -> E:
    return exp.Substring(this=part.copy(), start=exp.Add(this=_place(part, mark), expression=number(len(mark))))


def _at(part: E, zone: str) -> E:
    """``timezone(zone, moment)``: what AT TIME ZONE means, as a function."""
    return exp.Anonymous(this="TIMEZONE", expressions=[text(zone), part])


_OWN: dict[str, type[Speech]] = {
    "duckdb": _DuckDB,
    "postgres": _Postgres,
    "sqlite": _SQLite,
    "spark": _Spark,
    "databricks": _Spark,
    "snowflake": _Snowflake,
    "bigquery": _BigQuery,
}


@cache
def speech_of(dialect: str) -> Speech:
    """The dialect's speech. Raises KeyError for one that is not among ``DIALECTS``."""
    return _OWN[dialect](dialect)
