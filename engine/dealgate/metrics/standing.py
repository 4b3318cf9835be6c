"""Where every deal stood at a moment: open or not, in the scope asked for or not, what it was worth, and dated when."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias

import polars as pl

from ..history import History
from ..history.days import end_of

Scope: TypeAlias = "pl.Expr | Mapping[str, Any] | None"
"""Which deals: an expression over fields, or fields with the value (or one of the values) that each has to have."""


@dataclass(frozen=True, slots=True)
class Period:
    """The days from ``first`` to ``last``. Raises ValueError where it ends before it begins."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("a period ends no earlier than it begins")

    def holds(self, day: str | pl.Expr) -> pl.Expr:
        """Whether days of a column lie in it; null: not known."""
        column = pl.col(day) if isinstance(day, str) else day
        return (column >= self.first) & (column <= self.last)


def fields_of(scope: Scope) -> list[str]:
    """The fields a scope speaks of."""
    if scope is None:
        return []
    return scope.meta.root_names() if isinstance(scope, pl.Expr) else list(scope)


def within(scope: Scope) -> pl.Expr:
    """The scope as an expression; null where a field it speaks of is missing."""
    if scope is None:
        return pl.lit(True)
    if isinstance(scope, pl.Expr):
        return scope
    tests = [_has(name, wanted) for name, wanted in scope.items()]
    return pl.all_horizontal(tests) if tests else pl.lit(True)


def _has(name: str, wanted: Any) -> pl.Expr:
    if isinstance(wanted, Collection) and not isinstance(wanted, str):
        # a choice's column knows its options only: as text it can be asked for any
        held = list(wanted)
        column = pl.col(name).cast(pl.String) if held and isinstance(held[0], str) else pl.col(name)
        return column.is_in(held)
    return (pl.col(name).cast(pl.String) if isinstance(wanted, str) else pl.col(name)).eq(wanted)


def standing(
    history: History,
    moment: date | datetime,
    *more: str,
    scope: Scope = None,
    amount: str = "amount",
    day: str = "close_date",
) -> pl.DataFrame:
    """A row a deal there was at the moment.

    Columns: ``id``, ``begun``, ``status``, ``stage``, ``amount`` (minor units, null: none), ``currency`` (never null),
    ``day`` (the expected close), ``scoped`` (Boolean; null: not known), ``assumed`` (whether amount or day is a later
    one that stands in), ``open`` (Boolean, never null), and the fields of ``more``.
    """
    fields = dict.fromkeys([amount, day, *fields_of(scope), *more])
    apart = {"id", "begun", "status", "stage"}
    held = history.at(moment, *(name for name in fields if name not in apart))
    code = f"{amount}.currency"
    ours = pl.lit(history.process.currency)
    made = held.with_columns(
        within(scope).cast(pl.Boolean).alias("@scoped"),
        (pl.coalesce(pl.col(code), ours) if code in held.columns else ours).alias("@currency"),
        (pl.col(f"{amount}.assumed") | pl.col(f"{day}.assumed")).alias("@assumed"),
        (pl.col("status") == "open").fill_null(False).alias("@open"),
    )
    return made.select(
        "id",
        "begun",
        pl.col("status").cast(pl.String),
        pl.col("stage").cast(pl.String),
        pl.col(amount).alias("amount"),
        pl.col("@currency").alias("currency"),
        pl.col(day).alias("day"),
        pl.col("@scoped").alias("scoped"),
        pl.col("@assumed").alias("assumed"),
        pl.col("@open").alias("open"),
        *(name for name in more if name not in apart),
    )


def day_of(history: History, moment: date | datetime) -> date:
    """The local day of a moment."""
    return end_of(moment, history.process.calendar.zone).astimezone(history.process.calendar.zone).date()
