"""The forty criteria as Polars expressions, written out by hand: the ceiling of columns.

Every distinct count over contacts is worked out once, first; the rest is one wide expression a criterion.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import reduce
from pathlib import Path
from typing import Any

import polars as pl

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
from ..tables import Deals, enum_casts
from ..workload import AS_OF
from . import CEILING, CEILING_SCAN, READY, Contender

NAMES = (
    CEILING,
    "Polars by hand, Enum columns, streaming",
    "Polars by hand, text columns",
    CEILING_SCAN,
)
NEEDS = ("polars", "pyarrow")

_SIGNS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "==": operator.eq}


def contenders(deals: Deals) -> Iterator[Contender]:
    """In memory with Enum columns, streamed, with text columns, and from a file."""
    if deals.in_memory:
        yield Contender(NAMES[0], lambda: _held(deals.enums), answers)
        yield Contender(NAMES[1], lambda: _held(deals.enums, engine="streaming"), answers)
        yield Contender(NAMES[2], lambda: _held(deals.text), answers)
    yield Contender(NAMES[3], lambda: _scanned(deals.parquet), answers, most=deals.count)


def _held(frame: pl.DataFrame, **how: Any) -> Callable[[], pl.DataFrame]:
    return lambda: judged(frame.lazy()).collect(**how)


def _scanned(path: Path) -> Callable[[], pl.DataFrame]:
    return lambda: judged(scanned(path)).collect()


def scanned(path: Path) -> pl.LazyFrame:
    """The file's deals, choices cast to Enum."""
    return pl.scan_parquet(path).with_columns(enum_casts())


def judged(deals: pl.LazyFrame, criteria: dict[str, Condition] = CRITERIA) -> pl.LazyFrame:
    """``id``, the stage, a Boolean column for each criterion, and whether the deal is ready."""
    counters = {c: f"n{n}" for n, c in enumerate(dict.fromkeys(c for k in criteria.values() for c in counts_of(k)))}
    return (
        deals.with_columns([_number(count).alias(name) for count, name in counters.items()])
        .select(["id", "stage"] + [_holds(k, counters).alias(name) for name, k in criteria.items()])
        .with_columns(_ready())
    )


def answers(result: pl.DataFrame) -> pl.DataFrame:
    """Its columns are the answers."""
    return result.sort("id").select(*CRITERION_NAMES, READY)


def _number(count: Contacts) -> pl.Expr:
    """How many contacts match; null where there are none to look at."""
    matches = [pl.element().struct.field(k) if v is True else pl.element().struct.field(k) == v for k, v in count.match]
    return pl.col("contacts").list.eval(reduce(operator.and_, matches)).list.sum()


def _term(term: Term) -> pl.Expr:
    match term:
        case Field(name):
            return pl.col(name)
        case Const(value):
            return pl.lit(value)
        case Day(offset):
            return pl.lit(date(1970, 1, 1) + timedelta(days=AS_OF + offset))
        case Arithmetic("-", left, right):
            return _term(left).cast(pl.Int32) - _term(right).cast(pl.Int32)
        case Arithmetic(_, left, right):
            return _term(left) * _term(right)


def _holds(condition: Condition, counters: dict[Contacts, str]) -> pl.Expr:
    match condition:
        case Present(name):
            return pl.col(name).is_not_null()
        case Compare(_, left, Const(bool(wanted))):
            return _term(left) if wanted else ~_term(left)
        case Compare(sign, left, right):
            compared: pl.Expr = _SIGNS[sign](_term(left), _term(right))
            return compared
        case OneOf(name, words):
            return pl.col(name).is_in(list(words))
        case Not(part):
            return ~_holds(part, counters)
        case Every(parts):
            return reduce(operator.and_, (_holds(p, counters) for p in parts))
        case Contacts(_, at_least):
            return pl.col(counters[condition]) >= at_least
    return reduce(operator.or_, (_holds(p, counters) for p in condition.parts))


def _ready() -> pl.Expr:
    out = pl.lit(False)
    for stage, required in REQUIRED.items():
        all_met = reduce(operator.and_, (pl.col(CRITERION_NAMES[n]) for n in required))
        out = pl.when(pl.col("stage") == stage).then(all_met.fill_null(False)).otherwise(out)
    return out.alias(READY)
