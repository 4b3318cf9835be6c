"""What a node is printed as: an expression, and what is known of it beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal

import polars as pl

from .loose import Loose

Kind = Literal["truth", "text", "choice", "day", "instant", "choices", "number", "null"]

MOMENT = pl.Datetime("us", "UTC")
INT32, INT64, INT128 = 2**31 - 1, 2**63 - 1, 2**127 - 1
_TYPES: dict[str, Any] = {
    "truth": pl.Boolean(),
    "text": pl.String(),
    "choice": pl.String(),
    "day": pl.Date(),
    "instant": MOMENT,
    "choices": pl.List(pl.String),
    "number": pl.Int64(),
    "null": pl.Null(),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A printed value. ``whole``: it is never null. ``constant`` is what it always is (``kind`` null: nothing)."""

    kind: Kind
    expr: pl.Expr
    whole: bool = False
    constant: Any = None
    dtype: Any = None
    """The type of the column: of choices, which are Enum or String."""

    def exprs(self) -> Iterator[pl.Expr]:
        """The columns it is made of."""
        yield self.expr

    def over(self, exprs: Iterator[pl.Expr]) -> Cell:
        """The same of other columns, as many as ``exprs`` gave."""
        return replace(self, expr=next(exprs))


@dataclass(frozen=True, slots=True)
class Number(Cell):
    """An exact number: ``expr × ratio``, where expr holds whole numbers of at most ``bound`` either way.

    ``floating`` ones are Float64 (each stands for its shortest decimal; ratio 1). ``loose`` ones are too large for any
    column: they are compared by other means (``loose.py``), and ``expr`` means nothing.
    """

    ratio: Fraction = Fraction(1)
    bound: int = INT64
    floating: bool = False
    loose: Loose | None = None

    def exprs(self) -> Iterator[pl.Expr]:
        """The columns it is made of."""
        if self.loose is None:
            yield self.expr
        else:
            yield from self.loose.exprs()

    def over(self, exprs: Iterator[pl.Expr]) -> Number:
        """The same of other columns."""
        if self.loose is None:
            return replace(self, expr=next(exprs))
        return replace(self, loose=self.loose.over(exprs))


def halved(exprs: Sequence[pl.Expr], join: Callable[[pl.Expr, pl.Expr], pl.Expr]) -> pl.Expr:
    """Expressions joined pair by pair, so that no tree is deep: Polars takes long to plan deep ones."""
    found = list(exprs)
    while len(found) > 1:
        pairs = [found[i : i + 2] for i in range(0, len(found), 2)]
        found = [p[0] if len(p) == 1 else join(p[0], p[1]) for p in pairs]
    return found[0]


def truth(expr: pl.Expr, *, whole: bool = False) -> Cell:
    """A three-valued truth."""
    return Cell("truth", expr, whole)


def constant_truth(value: bool | None) -> Cell:
    """A truth that is the same everywhere; ``dtype`` Null says that it is unknown."""
    unknown = pl.Null() if value is None else None
    return Cell("truth", pl.lit(value, dtype=pl.Boolean), value is not None, value, unknown)


def nothing(kind: Kind = "null") -> Cell:
    """A value that is missing everywhere."""
    return Cell(kind, pl.lit(None, dtype=_TYPES[kind]), False, None, _TYPES[kind])


def is_nothing(cell: Cell) -> bool:
    """Whether a value is missing everywhere."""
    return cell.kind == "null"


def type_of_kind(kind: Kind) -> Any:
    """The Polars type of a kind that has one."""
    return _TYPES[kind]
