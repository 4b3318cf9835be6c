"""The words of a dialect: small makers of expressions that dialects spell apart."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

One = Callable[["Expr"], "Expr"]
Two = Callable[["Expr", "Expr"], "Expr"]
With = Callable[["Expr", int], "Expr"]

_DAY = 86_400_000_000


def function(name: str, *arguments: Expr) -> Expr:
    """A call that every dialect prints as it stands."""
    from sqlglot import exp

    return exp.Anonymous(this=name, expressions=list(arguments))


def whole(number: int) -> Expr:
    """A whole number."""
    from sqlglot import exp

    literal = exp.Literal.number(str(abs(number)))
    return literal if number >= 0 else exp.Paren(this=exp.Neg(this=literal))


def text(word: str) -> Expr:
    """A text; quotes and backslashes are the dialect's business."""
    from sqlglot import exp

    return exp.Literal.string(word)


def cast(value: Expr, kind: str, dialect: str) -> Expr:
    """A value as another type of the dialect."""
    from sqlglot import exp

    return exp.Cast(this=value, to=_type(kind, dialect).copy())


@lru_cache(maxsize=256)
def _type(kind: str, dialect: str) -> Expr:
    from sqlglot import exp

    return exp.DataType.build(kind, dialect=dialect)


def apart(value: Expr) -> Expr:
    """An operand, in brackets where it is more than one word."""
    from sqlglot import exp

    if isinstance(
        value, exp.Func | exp.Column | exp.Literal | exp.Paren | exp.Boolean | exp.Null | exp.Cast | exp.Case
    ):
        return exp.Paren(this=value) if isinstance(value, exp.Connector) else value
    return exp.Paren(this=value)


def binary(kind: str, left: Expr, right: Expr) -> Expr:
    """Two values with a sign between them; ``kind`` is sqlglot's name of it."""
    from sqlglot import exp

    return getattr(exp, kind)(this=apart(left), expression=apart(right))  # type: ignore[no-any-return]


# ------------------------------------------------ plain calls


def call(name: str) -> One:
    """A function of one value."""
    return lambda value: function(name, value)


def call_two(name: str) -> Two:
    """A function of two values."""
    return lambda left, right: function(name, left, right)


def call_with(name: str) -> With:
    """A function of a value and a whole number."""
    return lambda value, number: function(name, value, whole(number))


def positive(inner: Two) -> Two:
    """Whether a function of two values gives more than nothing."""
    return lambda left, right: binary("GT", inner(left, right), whole(0))


def extract(part: str) -> One:
    """EXTRACT(part FROM day)."""

    def made(value: Expr) -> Expr:
        from sqlglot import exp

        return exp.Extract(this=exp.var(part), expression=value)

    return made


def regexp_like(value: Expr, pattern: Expr) -> Expr:
    """Whether a pattern is found, as sqlglot says it."""
    from sqlglot import exp

    return exp.RegexpLike(this=apart(value), expression=pattern)


def slash(value: Expr, by: int) -> Expr:
    """Division of whole numbers that cuts, where ``/`` does."""
    from sqlglot import exp

    return exp.Div(this=apart(value), expression=whole(by), typed=True, safe=True)


# ------------------------------------------------ DuckDB and PostgreSQL


def minus_epoch(value: Expr) -> Expr:
    """Days since 1970-01-01 where days are subtracted as they are."""
    return binary("Sub", value, cast(text("1970-01-01"), "DATE", "postgres"))


def plus_days(value: Expr, days: int) -> Expr:
    """Days on, where a whole number is added to a day."""
    return binary("Add" if days >= 0 else "Sub", value, whole(abs(days)))


def duckdb_add_time(value: Expr, microseconds: int) -> Expr:
    """Microseconds on."""
    return binary("Add", value, function("TO_MICROSECONDS", whole(microseconds)))


def int_div(value: Expr, by: int) -> Expr:
    """Division of whole numbers that cuts, where sqlglot says it in the dialect's own word."""
    from sqlglot import exp

    return exp.IntDiv(this=apart(value), expression=whole(by))


def postgres_add_time(value: Expr, microseconds: int) -> Expr:
    """Days and seconds on; an interval's seconds are a double, so they stay below a day."""
    days, rest = divmod(microseconds, _DAY)
    second = cast(binary("Div", cast(whole(rest), "NUMERIC", "postgres"), whole(1_000_000)), "FLOAT8", "postgres")
    zero = whole(0)
    made = function("MAKE_INTERVAL", zero, zero.copy(), zero.copy(), whole(days), zero.copy(), zero.copy(), second)
    return binary("Add", value, made)


def postgres_extract(part: str) -> One:
    """EXTRACT gives a numeric; a whole number is what is meant."""
    return lambda value: cast(extract(part)(value), "BIGINT", "postgres")


# ------------------------------------------------ Spark


def spark_add_time(value: Expr, microseconds: int) -> Expr:
    """Days and seconds on."""
    days, rest = divmod(microseconds, _DAY)
    second = binary("Div", cast(whole(rest), "DECIMAL(18, 6)", "spark"), whole(1_000_000))
    exact = cast(second, "DECIMAL(18, 6)", "spark")
    return binary("Add", value, function("MAKE_DT_INTERVAL", whole(days), whole(0), whole(0), exact))


# ------------------------------------------------ Snowflake and BigQuery


def snowflake_day_number(value: Expr) -> Expr:
    """Days since 1970-01-01."""
    from sqlglot import exp

    return function("DATEDIFF", exp.var("DAY"), cast(text("1970-01-01"), "DATE", "snowflake"), value)


def dateadd(unit: str) -> With:
    """DATEADD of a unit."""

    def made(value: Expr, count: int) -> Expr:
        from sqlglot import exp

        return function("DATEADD", exp.var(unit), whole(count), value)

    return made


def snowflake_div(value: Expr, by: int) -> Expr:
    """Division of whole numbers: the rest is taken off first, as a quotient is rounded at six places."""
    rest = function("MOD", value.copy(), whole(by))
    return cast(binary("Div", binary("Sub", value, rest), whole(by)), "NUMBER(38, 0)", "snowflake")


def snowflake_matches(value: Expr, pattern: Expr) -> Expr:
    """Whether a pattern is found anywhere; REGEXP_LIKE would hold it against the whole text."""
    found = function("REGEXP_INSTR", value, pattern, whole(1), whole(1), whole(0), text("s"))
    return binary("GT", found, whole(0))


def bigquery_add(name: str, unit: str) -> With:
    """DATE_ADD and DATETIME_ADD."""

    def made(value: Expr, count: int) -> Expr:
        from sqlglot import exp

        number = exp.Literal.number(str(count)) if count >= 0 else whole(count)
        return function(name, value, exp.Interval(this=number, unit=exp.var(unit)))

    return made


# ------------------------------------------------ SQLite


def sqlite_day_number(value: Expr) -> Expr:
    """Days since 1970-01-01; midnights are exact halves, so nothing is rounded."""
    days = binary("Sub", function("JULIANDAY", value), function("JULIANDAY", text("1970-01-01")))
    return cast(days, "INTEGER", "sqlite")


def sqlite_add_days(value: Expr, days: int) -> Expr:
    """Days on, as text."""
    return function("DATE", value, text(f"{days:+d} days"))


def sqlite_part(first: int, length: int) -> One:
    """A part of a day's text as a number."""
    return lambda value: cast(_cut(value, first, length), "INTEGER", "sqlite")


def sqlite_starts(value: Expr, part: Expr) -> Expr:
    """Whether a text begins with another."""
    return binary("EQ", function("SUBSTR", value, whole(1), function("LENGTH", part)), part.copy())


def sqlite_add_time(value: Expr, microseconds: int) -> Expr:
    """Microseconds on, as text of one width: the time of day is added up, and what is over becomes days."""
    days, rest = divmod(microseconds, _DAY)
    clock = (("12", 3_600_000_000), ("15", 60_000_000), ("18", 1_000_000))
    parts: Expr = cast(_cut(value, 21, 6), "INTEGER", "sqlite")
    for first, worth in clock:
        parts = binary("Add", parts, binary("Mul", cast(_cut(value, int(first), 2), "INTEGER", "sqlite"), whole(worth)))
    total = binary("Add", parts, whole(rest))
    over = slash(total, _DAY)
    moved = binary("DPipe", binary("Add", over, whole(days)), text(" days"))
    left = binary("Mod", total.copy(), whole(_DAY))
    units = [
        slash(left, 3_600_000_000),
        binary("Mod", slash(left.copy(), 60_000_000), whole(60)),
        binary("Mod", slash(left.copy(), 1_000_000), whole(60)),
        binary("Mod", left.copy(), whole(1_000_000)),
    ]
    day = function("DATE", _cut(value, 1, 10), moved)
    made = function("PRINTF", text("%s %02d:%02d:%02d.%06d"), day, *units)
    from sqlglot import exp

    known = exp.Not(this=exp.Is(this=apart(value.copy()), expression=exp.Null()))
    return exp.Case(ifs=[exp.If(this=known, true=made)])  # PRINTF reads null as 0


def _cut(value: Expr, first: int, length: int) -> Expr:
    return function("SUBSTR", value.copy(), whole(first), whole(length))
