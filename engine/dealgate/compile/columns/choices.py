"""Choices, texts, days and instants as columns: constants beside them, and several brought to one type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import polars as pl

from .cells import MOMENT, Cell, Number, constant_truth, is_nothing, truth, type_of_kind
from .numbers import always, pick


def constant(value: str | date | datetime | frozenset[str]) -> Cell:
    """A text (or choice), day, instant or set of choices that is the same everywhere."""
    if isinstance(value, str):
        return Cell("text", pl.lit(value), True, value, pl.String())
    if isinstance(value, datetime):
        at = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        return Cell("instant", instant(at), True, at, MOMENT)
    if isinstance(value, date):
        return Cell("day", pl.lit(value, dtype=pl.Date), True, value, pl.Date())
    words = sorted(value)
    return Cell("choices", pl.lit(pl.Series([words], dtype=pl.List(pl.String))).first(), True, value)


def instant(at: datetime) -> pl.Expr:
    """A moment as Polars holds it."""
    return pl.lit(at.replace(tzinfo=None), dtype=pl.Datetime("us")).dt.replace_time_zone("UTC")


def compare(sign: str, a: Cell, b: Cell) -> Cell:
    """Two values of one type compared; null where one is."""
    if a.constant is not None and b.constant is not None:
        return constant_truth(_apply(sign, a.constant, b.constant))
    if a.constant is not None:
        turned = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(sign, sign)
        return compare(turned, b, a)
    whole = a.whole and b.whole
    if is_enum(a.dtype) and sign in ("==", "!="):
        if b.constant is not None:
            if b.constant not in words_of(a):
                return always(a, sign == "!=")
            return truth(_apply(sign, a.expr, word(b.constant, a.dtype)), whole=whole)
        if a.dtype == b.dtype:
            return truth(_apply(sign, a.expr, b.expr), whole=whole)
    return truth(_apply(sign, as_text(a), as_text(b)), whole=whole)


def _apply(sign: str, a: Any, b: Any) -> Any:
    return {
        "==": lambda: a == b,
        "!=": lambda: a != b,
        "<": lambda: a < b,
        "<=": lambda: a <= b,
        ">": lambda: a > b,
        ">=": lambda: a >= b,
    }[sign]()


@lru_cache(maxsize=4096)
def word(text: str, kind: pl.Enum) -> pl.Expr:
    """A constant of an Enum."""
    return pl.lit(text, dtype=kind)


def is_enum(dtype: Any) -> bool:
    """Whether a column's type is Enum."""
    return isinstance(dtype, pl.Enum)


def words_of(cell: Cell) -> list[str]:
    """The categories of an Enum cell."""
    return list(cell.dtype.categories)


def as_text(cell: Cell) -> pl.Expr:
    """Choices as text; others as they are."""
    return cell.expr.cast(pl.String) if is_enum(cell.dtype) else cell.expr


def among(part: Cell, values: Sequence[Any]) -> Cell:
    """Whether a value that is no number is one of some; null where it is null."""
    if part.constant is not None:
        return constant_truth(part.constant in values)
    if is_enum(part.dtype):
        words = words_of(part)
        kept = [w for w in words if w in values]
        if not kept:
            return always(part, False)
        if len(kept) == len(words):
            return always(part, True)
        found = part.expr.is_in(pl.Series(kept, dtype=part.dtype).implode())
    elif part.kind == "instant":
        answers = [part.expr == constant(v).expr for v in values]
        found = answers[0]
        for one in answers[1:]:
            found = found | one
    else:
        found = part.expr.is_in(list(values))
    return truth(found, whole=part.whole)


def has(how: str, part: Cell, options: Sequence[str]) -> Cell:
    """Whether choices hold any, all or none of some; null where they are null."""
    if not options:
        return always(part, how != "any")
    held = [part.expr.list.contains(pl.lit(o)) for o in options]
    found = held[0]
    for one in held[1:]:
        found = found & one if how == "all" else found | one
    return truth(~found if how == "none" else found, whole=part.whole)


def rank(part: Cell, options: Sequence[str]) -> Number:
    """The place of a choice among its options, null outside them."""
    bound = max(len(options) - 1, 0)
    if is_enum(part.dtype) and words_of(part)[: len(options)] == list(options):
        place = part.expr.to_physical().cast(pl.Int32)
        if len(words_of(part)) == len(options):
            return Number("number", place, part.whole, bound=bound)
        return Number("number", pl.when(place <= bound).then(place), bound=bound)
    places = list(range(len(options)))
    found = as_text(part).replace_strict(list(options), places, default=None, return_dtype=pl.Int32)
    return Number("number", found, bound=bound)


def joined(branches: Sequence[tuple[pl.Expr, Cell]], otherwise: Cell) -> Cell:
    """The value, no number, of the first true condition, else ``otherwise``."""
    values = [v for v in (*(v for _, v in branches), otherwise) if not is_nothing(v)]
    whole = all(v.whole for v in (*(v for _, v in branches), otherwise))
    exprs, kind = alike(values)
    found = pick(branches, otherwise, exprs, kind)
    return replace(values[0], expr=found, whole=whole, constant=None, dtype=kind)


def alike(values: Sequence[Cell]) -> tuple[list[pl.Expr], Any]:
    """Values in one type: choices in one Enum where constants are all that differs."""
    if values[0].kind not in ("text", "choice"):
        return [v.expr for v in values], values[0].dtype or type_of_kind(values[0].kind)
    columns = [v for v in values if v.constant is None]
    words = [v.constant for v in values if v.constant is not None]
    kinds = {tuple(words_of(v)) if is_enum(v.dtype) else None for v in columns}
    if None in kinds or len(kinds) > 1:
        return [as_text(v) for v in values], pl.String()
    known = list(next(iter(kinds))) if kinds else []  # type: ignore[arg-type]
    every = list(dict.fromkeys([*known, *words]))
    kind = pl.Enum(every)
    return [
        word(v.constant, kind) if v.constant is not None else widened(v, kind) for v in values
    ], kind  # fmt: skip


def widened(cell: Cell, kind: pl.Enum) -> pl.Expr:
    """An Enum column in an Enum that has its categories too."""
    if cell.dtype == kind:
        return cell.expr
    found = pl.lit(None, dtype=kind)
    for one in words_of(cell):
        found = pl.when(cell.expr == word(one, cell.dtype)).then(word(one, kind)).otherwise(found)
    return found if len(words_of(cell)) <= 12 else cell.expr.cast(kind)


def in_enum(cell: Cell, kind: pl.Enum) -> pl.Expr:
    """A text or choice in a given Enum; what is none of its words is null."""
    if is_nothing(cell):
        return pl.lit(None, dtype=kind)
    if cell.constant is not None:
        return pl.lit(cell.constant if cell.constant in kind.categories else None, dtype=kind)
    if is_enum(cell.dtype) and set(words_of(cell)) <= set(kind.categories):
        return widened(cell, kind)
    return as_text(cell).cast(kind, strict=False)
