"""What each dialect is: one declared row a dialect, with the few words that sqlglot does not say right in all of them.

Numbers are whole numbers everywhere (decimals scaled by a power of ten the layout names), because whole-number
arithmetic rounds in no dialect and says so where it overflows; ``most`` is the largest a dialect holds exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import words as w
from .patterns import java, posix, postgres, re2

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

SMALL = 2**63 - 1
"""The largest of a 64-bit whole number."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """A dialect. ``types`` gives the column type of each kind of value; ``large`` holds whole numbers beyond 64 bits.

    ``width`` is how many values one projection works out, ``joins`` how many tables one joins, ``columns`` how many
    one result may have; ``materialized``: named steps are kept apart from what reads them, else they would be copied
    into each reader. ``pattern`` turns a safe pattern into the dialect's own, None where none is sure to mean the same.
    """

    name: str
    types: Mapping[str, str]
    large: str | None
    most: int
    day_number: Callable[[Expr], Expr]
    add_days: Callable[[Expr, int], Expr]
    add_time: Callable[[Expr, int], Expr]
    year: Callable[[Expr], Expr]
    month: Callable[[Expr], Expr]
    int_div: Callable[[Expr, int], Expr]
    contains: Callable[[Expr, Expr], Expr]
    starts_with: Callable[[Expr, Expr], Expr]
    least: str = "LEAST"
    pattern: Callable[[str], str] | None = None
    """Raises ``patterns.Differs`` where the pattern would mean something else."""
    matches: Callable[[Expr, Expr], Expr] = w.regexp_like
    dates: bool = True
    """Whether there are date types; else days and instants are text of one width."""
    width: int = 400
    joins: int = 40
    columns: int = 100_000
    materialized: bool = False
    distinct_apart: bool = False
    identifier: int = 63
    """The longest name, in bytes."""


def _types(whole: str, text: str, boolean: str, day: str, instant: str) -> dict[str, str]:
    return {
        "whole": whole, "money": whole, "number": whole, "duration": whole, "text": text, "choice": text,
        "choices": text, "boolean": boolean, "date": day, "datetime": instant,
    }  # fmt: skip


_SPARK = Dialect(
    "spark",
    _types("BIGINT", "STRING", "BOOLEAN", "DATE", "TIMESTAMP_NTZ"),
    "DECIMAL(38, 0)",
    10**38 - 1,
    day_number=w.call("UNIX_DATE"),
    add_days=w.call_with("DATE_ADD"),
    add_time=w.spark_add_time,
    year=w.call("YEAR"),
    month=w.call("MONTH"),
    int_div=w.int_div,
    contains=w.call_two("CONTAINS"),
    starts_with=w.call_two("STARTSWITH"),
    pattern=java,
    width=60,
    distinct_apart=True,
)

_ROWS = (
    Dialect(
        "duckdb",
        _types("BIGINT", "TEXT", "BOOLEAN", "DATE", "TIMESTAMP"),
        "HUGEINT",
        2**127 - 1,
        day_number=w.minus_epoch,
        add_days=w.plus_days,
        add_time=w.duckdb_add_time,
        year=w.extract("YEAR"),
        month=w.extract("MONTH"),
        int_div=w.int_div,
        contains=w.call_two("CONTAINS"),
        starts_with=w.call_two("STARTS_WITH"),
        pattern=re2,
        matches=w.call_two("REGEXP_MATCHES"),
        materialized=True,
    ),
    Dialect(
        "sqlite",
        _types("INTEGER", "TEXT", "INTEGER", "TEXT", "TEXT"),
        None,
        SMALL,
        day_number=w.sqlite_day_number,
        add_days=w.sqlite_add_days,
        add_time=w.sqlite_add_time,
        year=w.sqlite_part(1, 4),
        month=w.sqlite_part(6, 2),
        int_div=w.slash,
        contains=w.positive(w.call_two("INSTR")),
        starts_with=w.sqlite_starts,
        least="MIN",
        dates=False,
        columns=2000,
        materialized=True,
    ),
    Dialect(
        "postgres",
        _types("BIGINT", "TEXT", "BOOLEAN", "DATE", "TIMESTAMP"),
        "NUMERIC",
        10**300,
        day_number=w.minus_epoch,
        add_days=w.plus_days,
        add_time=w.postgres_add_time,
        year=w.postgres_extract("YEAR"),
        month=w.postgres_extract("MONTH"),
        int_div=w.call_with("DIV"),
        contains=w.positive(w.call_two("STRPOS")),
        starts_with=w.call_two("STARTS_WITH"),
        pattern=postgres,
        columns=1600,
        materialized=True,
    ),
    _SPARK,
    Dialect(
        "databricks",
        _SPARK.types,
        _SPARK.large,
        _SPARK.most,
        day_number=_SPARK.day_number,
        add_days=_SPARK.add_days,
        add_time=_SPARK.add_time,
        year=_SPARK.year,
        month=_SPARK.month,
        int_div=_SPARK.int_div,
        contains=_SPARK.contains,
        starts_with=_SPARK.starts_with,
        pattern=java,
        matches=w.call_two("REGEXP_LIKE"),
        width=60,
        distinct_apart=True,
        identifier=255,
    ),
    Dialect(
        "snowflake",
        _types("NUMBER(38, 0)", "TEXT", "BOOLEAN", "DATE", "TIMESTAMP_NTZ"),
        "NUMBER(38, 0)",
        10**37,
        day_number=w.snowflake_day_number,
        add_days=w.dateadd("DAY"),
        add_time=w.dateadd("MICROSECOND"),
        year=w.call("YEAR"),
        month=w.call("MONTH"),
        int_div=w.snowflake_div,
        contains=w.call_two("CONTAINS"),
        starts_with=w.call_two("STARTSWITH"),
        pattern=posix,
        matches=w.snowflake_matches,
        identifier=255,
    ),
    Dialect(
        "bigquery",
        _types("INT64", "STRING", "BOOL", "DATE", "DATETIME"),
        "BIGNUMERIC",
        10**38 - 1,
        day_number=w.call("UNIX_DATE"),
        add_days=w.bigquery_add("DATE_ADD", "DAY"),
        add_time=w.bigquery_add("DATETIME_ADD", "MICROSECOND"),
        year=w.extract("YEAR"),
        month=w.extract("MONTH"),
        int_div=w.call_with("DIV"),
        contains=w.positive(w.call_two("STRPOS")),
        starts_with=w.call_two("STARTS_WITH"),
        pattern=re2,
        matches=w.call_two("REGEXP_CONTAINS"),
        identifier=300,
    ),
)

DIALECTS: Mapping[str, Dialect] = {row.name: row for row in _ROWS}
"""By name, as sqlglot calls them too."""
