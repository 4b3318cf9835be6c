"""The forty criteria as DuckDB SQL, written out by hand: NULL is unknown, as SQL has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..criteria import (
    CRITERIA,
    REQUIRED,
    Arithmetic,
    Compare,
    Condition,
    Const,
    Contacts,
    Day,
    Every,
    Field,
    Not,
    OneOf,
    Present,
    Term,
    counts_of,
)
from ..criteria import NAMES as CRITERION_NAMES
from ..tables import Deals
from ..workload import AS_OF
from . import READY, Contender

if TYPE_CHECKING:
    import polars as pl

NAMES = (
    "DuckDB by hand, native table",
    "DuckDB by hand, contacts aggregated first",
    "DuckDB by hand, from Parquet",
)
NEEDS = ("duckdb", "polars", "pyarrow")

_LISTED = ("CREATE TABLE deals AS SELECT * FROM drawn",)
_FLAT = (
    "CREATE TABLE flat AS SELECT * EXCLUDE (contacts), contacts IS NOT NULL AS synced FROM drawn",
    "CREATE TABLE contacts AS SELECT id AS deal, UNNEST(contacts, recursive := true) FROM drawn",
)
_COUNTERS = {c: f"n{n}" for n, c in enumerate(dict.fromkeys(c for k in CRITERIA.values() for c in counts_of(k)))}


def contenders(deals: Deals) -> Iterator[Contender]:
    """A list of contacts in each deal; contacts as a table of their own; the list again, in a file."""
    if deals.in_memory:
        yield Contender(NAMES[0], lambda: _asks(_LISTED, query("deals"), deals.text), answers)
        yield Contender(NAMES[1], lambda: _asks(_FLAT, query_of_tables(), deals.text), answers)
    yield Contender(NAMES[2], lambda: _asks((), query(_quoted(deals.parquet))), answers, most=deals.count)


def _asks(tables: tuple[str, ...], text: str, drawn: pl.DataFrame | None = None) -> Callable[[], Any]:
    import duckdb

    connection = duckdb.connect()
    if drawn is not None:
        connection.register("drawn", drawn.to_arrow())
        for table in tables:
            connection.execute(table)
        connection.unregister("drawn")
    return lambda: connection.sql(text).to_arrow_table()


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def query(source: str) -> str:
    """Deals with a list of contacts in each."""
    counters = (f"len(list_filter(contacts, lambda c: {_match(c)})) AS {name}" for c, name in _COUNTERS.items())
    return _wide(f"SELECT *, {', '.join(counters)} FROM {source}")  # noqa: S608 - here as below, of constants alone


def query_of_tables() -> str:
    """Deals and contacts in tables of their own: contacts are counted once, then joined."""
    counters = ", ".join(f"count(*) FILTER (WHERE {_match(c)}) AS {name}" for c, name in _COUNTERS.items())
    known = ", ".join(f"CASE WHEN synced THEN coalesce({name}, 0) END AS {name}" for name in _COUNTERS.values())
    counted = f"SELECT deal, {counters} FROM contacts c GROUP BY deal"  # noqa: S608
    return _wide(f"SELECT flat.*, {known} FROM flat LEFT JOIN ({counted}) counted ON deal = id")  # noqa: S608


def answers(result: Any) -> pl.DataFrame:
    """Its columns are the answers."""
    import polars as pl

    frame = pl.from_arrow(result)
    assert isinstance(frame, pl.DataFrame)
    return frame.sort("id").select(*CRITERION_NAMES, READY)


def _wide(source: str) -> str:
    judged = ", ".join(f"{_holds(k)} AS {name}" for name, k in CRITERIA.items())
    ready = " ".join(
        f"WHEN '{stage}' THEN coalesce({' AND '.join(CRITERION_NAMES[n] for n in required)}, false)"
        for stage, required in REQUIRED.items()
    )
    return (
        f"WITH source AS ({source}), judged AS (SELECT id, stage, {judged} FROM source) "  # noqa: S608
        f"SELECT *, CASE stage {ready} ELSE false END AS {READY} FROM judged"
    )


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    # a plain 0.8 would be a DECIMAL, and the product another one than that of the floats
    return f"'{value}'" if isinstance(value, str) else f"{value!r}::DOUBLE" if isinstance(value, float) else repr(value)


def _term(term: Term) -> str:
    match term:
        case Field(name):
            return name
        case Const(value):
            return _literal(value)
        case Day(offset):
            return f"DATE '{date(1970, 1, 1) + timedelta(days=AS_OF + offset)}'"
        case Arithmetic(sign, left, right):
            return f"({_term(left)} {sign} {_term(right)})"


def _match(count: Contacts) -> str:
    return " AND ".join(f"c.{k}" if v is True else f"c.{k} = {_literal(v)}" for k, v in count.match)


def _holds(condition: Condition) -> str:
    match condition:
        case Present(name):
            return f"{name} IS NOT NULL"
        case Compare(_, left, Const(bool(wanted))):
            return _term(left) if wanted else f"NOT {_term(left)}"
        case Compare(sign, left, right):
            return f"{_term(left)} {'=' if sign == '==' else sign} {_term(right)}"
        case OneOf(name, words):
            return f"{name} IN ({', '.join(map(_literal, words))})"
        case Not(part):
            return f"(NOT ({_holds(part)}))"
        case Every(parts):
            return f"({' AND '.join(map(_holds, parts))})"
        case Contacts(_, at_least):
            return f"{_COUNTERS[condition]} >= {at_least}"
    return f"({' OR '.join(map(_holds, condition.parts))})"
