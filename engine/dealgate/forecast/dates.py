"""What the close date of an open deal tells of its chance, by how earlier deals that were dated so came in.

Stage and age say how soon a deal is won better than the date its rep gives: on simulated companies a chance to be won
ever, times that of closing in time by the spread of earlier dates, was worse at every moment, and so was every blend.
But a deal whose date is past was won less often than others of its stage and age, and where nothing tells the age, the
date says what is left to say. So the odds of a chance are moved by those of earlier deals of the same kind of date:

    e = the mean of their chances without it       r = (won + WEIGHT · e) / (n + WEIGHT)
    odds × [r / (1 - r)] / [e / (1 - e)]

They are those that stood on the same day of earlier periods, with the date they had then, as far as it is known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from ..metrics.cases import LONG_AGO
from ..metrics.figure import NoValue
from ..model.calendar import add_months
from .chances import MIN_N, WEIGHT, by_history, chances_of, moved_odds
from .earlier import same_day
from .methods import deals_said
from .rates import by_stage, cases_then
from .snapshot import Snapshot

PAST, WITHIN, BEYOND = "past", "within", "beyond"
"""A close date that is over; one by the period's end; one after it."""
KINDS = (PAST, WITHIN, BEYOND)
DATE = "close_date"


@dataclass(frozen=True, slots=True)
class Told:
    """What earlier deals of one kind of date tell: how many there were, how many of them were won by their period's
    end, and how many that should have been without a look at the date. ``vintage``: the last day of what they rest on.
    """

    n: int
    won: int
    expected: float
    vintage: date | None

    @property
    def ratio(self) -> float | None:
        """What the odds of a deal dated so are times; None where fewer than MIN_N tell of it, or all or none was to be
        expected."""
        if self.n < MIN_N:
            return None
        e = self.expected / self.n
        r = (self.won + WEIGHT * e) / (self.n + WEIGHT)
        return (r / (1 - r)) / (e / (1 - e)) if 0 < e < 1 and r < 1 else None


@dataclass(frozen=True)
class Dated:
    """``chances``: ``id, chance, n, reason`` of every open deal; ``notes``: what dates did to them."""

    chances: pl.DataFrame
    notes: tuple[str, ...]


def by_date(snapshot: Snapshot) -> Dated:
    """Chances of history. Of deals past their close date the odds are moved; those of which nothing tells since when
    they are in their stage have the share of the stage that was won in time, moved by their date."""
    chances = by_history(snapshot).select("id", "chance", "n", "reason")
    if snapshot.period is None:
        return Dated(chances, ())
    held = chances.join(
        snapshot.deals.select("id", "stage", "age", _kind(snapshot)), on="id", how="left", maintain_order="left"
    )
    held, late = _late(snapshot, held)
    held, unclocked = _unclocked(snapshot, held)
    return Dated(held.select("id", "chance", "n", "reason"), (*late, *unclocked))


def _kind(snapshot: Snapshot) -> pl.Expr:
    """The kind of each open deal's date; what slips by months was no later before."""
    assert snapshot.period is not None
    today = add_months(snapshot.today, snapshot.what_if.months)
    return kind(pl.col("day"), pl.lit(today), pl.lit(snapshot.period.last))


def kind(day: pl.Expr, today: pl.Expr, last: pl.Expr) -> pl.Expr:
    """Which of KINDS a close date is; null: there is none. On its own day it is past: what closed that day has."""
    there = pl.when(day <= today).then(pl.lit(PAST)).when(day <= last).then(pl.lit(WITHIN)).otherwise(pl.lit(BEYOND))
    return pl.when(day.is_not_null()).then(there).alias("kind")


def _late(snapshot: Snapshot, held: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    mine = (pl.col("kind") == PAST).fill_null(False) & pl.col("chance").is_not_null()
    many = held.filter(mine).height
    if not many:
        return held, ()
    cases = cases_dated(snapshot).filter(pl.col("kind") == PAST)
    expected = chances_of(snapshot, cases.with_row_index("id").select(pl.col("id").cast(pl.String), *_ASKED))
    told = told_of(cases.with_columns(expected["chance"]))
    ratio, who = told.ratio, f"{deals_said(many, 'open')} past the close date"
    if ratio is None:
        few = f"{told.n:,} such deals of earlier periods tell too little of it"
        return held, (f"{who}: counted as others of the stage and age, for {few}",)
    moved = pl.when(mine).then(moved_odds(pl.col("chance"), ratio)).otherwise("chance")
    held = held.with_columns(moved.alias("chance"), _because(mine, f"past its close date: its odds times {ratio:.2f}"))
    return held, (f"{who}: odds times {ratio:.2f}, as {told.n:,} such deals came in, up to {told.vintage}",)


def _unclocked(snapshot: Snapshot, held: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    mine = pl.col("age").is_null() & pl.col("chance").is_null()
    many = held.filter(mine).height
    rates = by_stage(snapshot) if many else NoValue("none asks")
    if isinstance(rates, NoValue):
        return held, ()
    shares = rates.select("stage", pl.col("shrunk").alias("@share"), pl.col("n").alias("@n"))
    cases = cases_dated(snapshot).join(shares, on="stage", how="left").with_columns(pl.col("@share").alias("chance"))
    ratios = {one: told_of(cases.filter(pl.col("kind") == one)).ratio or 1.0 for one in KINDS}
    ratio = pl.col("kind").replace_strict(ratios, default=1.0, return_dtype=pl.Float64)
    held = held.join(shares, on="stage", how="left", maintain_order="left").with_columns(
        pl.when(mine).then(moved_odds(pl.col("@share"), ratio)).otherwise("chance").alias("chance"),
        pl.when(mine).then("@n").otherwise("n").alias("n"),
        _because(mine, "counted by its stage and close date alone"),
    )
    who = f"{deals_said(many, 'open')} of which nothing tells since when in the stage"
    return held, (f"{who}: counted by the stage's share that was won in time, moved by the close date",)


_ASKED = ("stage", "segment", "age", "within")


def cases_dated(snapshot: Snapshot) -> pl.DataFrame:
    """Deals that stood on the same day of earlier periods: ``deal, stage, segment, age, within`` (days that were left),
    ``won``, ``last`` (the period's) and ``kind`` of the date they had then; null where it is not known."""
    return snapshot.once(cases_dated, lambda: _cases_dated(snapshot))


def _cases_dated(snapshot: Snapshot) -> pl.DataFrame:
    past = snapshot.past
    parts = [
        cases.with_columns(
            pl.lit(same_day(snapshot, one)).alias("today"),
            pl.lit(one.last).alias("last"),
            pl.lit(float((one.last - same_day(snapshot, one)) / timedelta(days=1))).alias("within"),
        )
        for one, cases in cases_then(snapshot)
    ]
    if not parts:
        return pl.DataFrame(schema=_CASES)
    held = pl.concat(parts).sort("at", maintain_order=True)
    segment = past.value(held, "segment").cast(pl.String) if past.knows("segment") else pl.lit(None, pl.String)
    held = held.with_columns(segment=segment, age=past.days(held["entered"], held["at"]))
    held = held.join_asof(_dates(snapshot), on="at", by="deal", check_sortedness=False)
    return held.with_columns(kind(pl.col("day"), pl.col("today"), pl.col("last"))).select(list(_CASES))


_CASES = {
    "deal": pl.String, "stage": pl.String, "segment": pl.String, "age": pl.Float64, "within": pl.Float64,
    "won": pl.Boolean, "last": pl.Date, "kind": pl.String,
}  # fmt: skip


def _dates(snapshot: Snapshot) -> pl.DataFrame:
    """``deal, at, day``: every close date and since when it was. None where the source tells no change of any: it gives
    the date of today then, which is the day it closed, and seems to have always been so."""
    told = snapshot.past.told(DATE).filter(pl.col("at") > LONG_AGO)
    if told.height == told["deal"].n_unique():
        told = told.clear()
    return told.select("deal", "at", pl.col("value").str.to_date("%Y-%m-%d", strict=False).alias("day")).sort("at")


def told_of(cases: pl.DataFrame) -> Told:
    """What cases (``chance``, ``won``, ``last``) tell, in whatever order; those without a chance tell nothing."""
    there = cases.filter(pl.col("chance").is_not_null())
    latest = there["last"].max()
    vintage = latest if isinstance(latest, date) else None
    return Told(there.height, int(there["won"].sum()), math.fsum(there["chance"]), vintage)


def _because(mine: pl.Expr, words: str) -> pl.Expr:
    why = pl.concat_str([pl.col("reason"), pl.lit(words)], separator="; ", ignore_nulls=True)
    return pl.when(mine).then(why).otherwise("reason").alias("reason")
