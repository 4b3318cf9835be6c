"""Deals in stages that their process has no more, in the stages they are in now; as columns.

The form for many deals of ``compile/becomes.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from ...model.calendar import Moment
from ...model.condition import Condition
from ...model.process import Process
from ...model.values import Money
from ..becomes import NOWHERE, UNDECIDED, Passage, in_order
from .answers import answers
from .run import Held, Ready, schema_of


def moved_columns(frames: Held, process: Process, moment: Moment) -> Ready:
    """Frames that are ``ready``, in the stages that the process has; what is lazy stays so."""
    lists = [name for name in ("visits", "changes") if _is_list(frames.deals, name)]
    held = apart(frames, lists) if lists else Ready(frames.deals, dict(frames.children))
    now = now_columns(held, process, moment)
    deals = _same(held.deals, _stage(held.deals, now, process))
    children = dict(held.children)
    for name, make in (("visits", _visits), ("changes", _changes)):
        if name in children:
            children[name] = _same(children[name], make(children[name], now, process))
    return Ready(deals, children)


def _same(like: Any, made: pl.LazyFrame) -> Any:
    return made.collect() if isinstance(like, pl.DataFrame) else made


def _is_list(deals: Any, name: str) -> bool:
    kind = schema_of(deals).get(name)
    return isinstance(kind, pl.List) and isinstance(kind.inner, pl.Struct)


def apart(frames: Held, names: list[str]) -> Ready:
    """Collections that stand as lists in the deals, as frames of their own."""
    deals, children = frames.deals, dict(frames.children)
    for name in names:
        lazy = deals.lazy().select(pl.col("id").alias("deal"), name).filter(pl.col(name).list.len() > 0)
        numbered = lazy.with_columns(position=pl.int_ranges(0, pl.col(name).list.len(), dtype=pl.Int64))
        children[name] = _same(deals, numbered.explode(name, "position").unnest(name))
        deals = deals.with_columns(pl.col(name).is_not_null().alias(f"{name}.synced")).drop(name)
    return Ready(deals, children)


# ------------------------------------------------ which stage


def now_columns(frames: Held, process: Process, moment: Moment) -> pl.LazyFrame:
    """``deal``, and for each former stage ``@STAGE``, the stage that this deal would be in now; null where none is
    sure. ``?STAGE``: whether that is for want of knowledge."""
    asked: dict[str, Condition] = {
        f"{old}#{n}": way.when
        for old, ways in process.becomes.items()
        for n, way in enumerate(ways)
        if way.when is not None
    }
    ids = frames.deals.lazy().select("id")
    if asked:
        deals = frames.deals.drop("stage") if "stage" in schema_of(frames.deals) else frames.deals
        rest = {name: frame for name, frame in frames.children.items() if name != "visits"}
        ids = answers(process, asked, moment, Ready(deals, rest))
    made = []
    for old in process.becomes:
        into, doubtful = _way(old, process)
        made += [into.alias(f"@{old}"), doubtful.alias(f"?{old}")]
    found: pl.LazyFrame = ids.select(pl.col("id").alias("deal"), *made)
    return found


def _way(old: str, process: Process) -> tuple[pl.Expr, pl.Expr]:
    doubtful = pl.lit(False)
    branches: list[tuple[pl.Expr, tuple[pl.Expr, pl.Expr]]] = []
    for n, way in enumerate(process.becomes[old]):
        former = way.stage in process.becomes
        into = _way(way.stage, process) if former else (pl.lit(way.stage), pl.lit(False))
        if way.when is None:
            branches.append((~doubtful, into))
            break
        answer = pl.col(f"{old}#{n}")
        branches.append((answer.fill_null(False), into))
        doubtful = doubtful | answer.is_null()
    found, unsure = pl.lit(None, pl.String), doubtful
    for holds, (there, in_doubt) in reversed(branches):
        found = pl.when(holds).then(there).otherwise(found)
        unsure = pl.when(holds).then(in_doubt).otherwise(unsure)
    return found, unsure


def passages_of(deals: pl.DataFrame, now: pl.DataFrame, process: Process, currency: str | None = None) -> list[Passage]:
    """Where deals of former stages are now. ``deals``: ``deal``, ``was`` and, with a ``currency`` for amounts that name
    none, ``amount`` and ``code``; ``now`` as ``now_columns`` gives it.
    """
    into, unsure = pl.lit(None, pl.String), pl.lit(False)
    for old in process.becomes:
        into = pl.when(pl.col("was") == old).then(pl.col(f"@{old}")).otherwise(into)
        unsure = pl.when(pl.col("was") == old).then(pl.col(f"?{old}")).otherwise(unsure)
    joined = deals.join(now, on="deal", how="left", maintain_order="left").with_columns(now=into, unsure=unsure)
    found = []
    for (was, stage, in_doubt), part in joined.group_by("was", "now", "unsure", maintain_order=True):
        why = "" if stage is not None else UNDECIDED if in_doubt else NOWHERE
        sums = tuple(_sums(part, currency)) if currency is not None else ()
        found.append(Passage(str(was), None if stage is None else str(stage), why, tuple(part["deal"]), sums))
    return in_order(found, process)


def _sums(part: pl.DataFrame, currency: str) -> Iterator[Money]:
    held = part.filter(pl.col("amount").is_not_null()).with_columns(pl.col("code").fill_null(currency))
    for (code,), mine in held.group_by("code", maintain_order=True):
        # exact, and beyond what 64 bits hold
        yield Money(sum(mine["amount"].to_list()), str(code))


def _replaced(word: pl.Expr, process: Process, *, otherwise: pl.Expr) -> pl.Expr:
    found = otherwise
    for old in process.becomes:
        found = pl.when(word == old).then(pl.col(f"@{old}")).otherwise(found)
    return found


def _lazy(frame: Any) -> pl.LazyFrame:
    lazy: pl.LazyFrame = frame.lazy()
    return lazy


def _joined(frame: Any, now: pl.LazyFrame, key: str) -> pl.LazyFrame:
    joined: pl.LazyFrame = frame.lazy().join(now, left_on=key, right_on="deal", how="left", maintain_order="left")
    return joined


def _stage(deals: Any, now: pl.LazyFrame, process: Process) -> pl.LazyFrame:
    if schema_of(deals).get("stage", pl.Null) == pl.Null:
        return _lazy(deals)
    kind = pl.Enum(process.catalogue.deal["stage"].options)
    word = pl.col("stage").cast(pl.String)
    stage = _replaced(word, process, otherwise=word).cast(kind, strict=False)
    return _joined(deals, now, "id").with_columns(stage.alias("stage")).select(list(schema_of(deals)))


def _visits(visits: Any, now: pl.LazyFrame, process: Process) -> pl.LazyFrame:
    """The visits in the stages of now; see ``compile.becomes.merged``."""
    schema = schema_of(visits)
    if schema.get("stage", pl.Null) == pl.Null:
        return _lazy(visits)
    names = list(schema)
    field = process.catalogue.collections["visits"].fields["stage"]
    word = pl.col("stage").cast(pl.String)
    found = _joined(visits, now, "deal").with_columns(
        word.alias("@was"), pl.coalesce(_replaced(word, process, otherwise=word), word).alias("@into")
    )
    if "entered" in schema:
        found = _merged(found, left="left" in schema)
    return found.with_columns(pl.col("@into").cast(pl.Enum(field.readable)).alias("stage")).select(names)


def _merged(visits: pl.LazyFrame, *, left: bool) -> pl.LazyFrame:
    by = pl.col("deal")
    dated = visits.filter(pl.col("entered").is_not_null()).sort("deal", "entered", "position", maintain_order=True)
    gone = pl.col("left") if left else pl.lit(None)

    def before(column: str) -> pl.Expr:
        return pl.col(column).shift(1)

    # a visit follows on the one before it in time, which may itself have followed on another
    follows = (
        (by == before("deal"))
        & (pl.col("@into") == before("@into"))
        & pl.col("@was").ne_missing(before("@was"))
        & (gone.shift(1).is_null() | (pl.col("entered") <= gone.shift(1)))
    ).fill_null(False)
    dated = dated.with_columns((~follows).cum_sum().alias("@visit"))
    last = [pl.col("left").last().over("@visit").alias("left")] if left else []
    first = dated.with_columns(*last).filter(pl.col("@visit").ne_missing(before("@visit")))
    rest = visits.filter(pl.col("entered").is_null()).with_columns(pl.lit(0, pl.UInt32).alias("@visit"))
    both = pl.concat([first, rest], how="diagonal_relaxed").sort("deal", "position", maintain_order=True)
    return both.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).over("deal").alias("position"))


def _changes(changes: Any, now: pl.LazyFrame, process: Process) -> pl.LazyFrame:
    names = list(schema_of(changes))
    if "field" not in names:
        return _lazy(changes)
    mine = pl.col("field").cast(pl.String) == "stage"
    made = []
    for side in ("from", "to", "stage.from", "stage.to"):
        if side in names:
            kept, word = pl.col(side).cast(pl.String), pl.col(side).cast(pl.String).str.strip_chars()
            into = pl.coalesce(_replaced(word, process, otherwise=kept), kept)
            made.append(pl.when(mine).then(into).otherwise(kept).alias(side))
    return _joined(changes, now, "deal").with_columns(made).select(names)
