"""What was won in a period, what usually is by a day of it, and what still may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import polars as pl

from ..compile.frames import MOMENT
from .cases import Past
from .dated import INSTANT, Stretch, dates, open_at, opening, stretch, stretches
from .specs.winning import closing_amounts, closings

FEWEST = 4
"""Periods below which history tells no rhythm."""
LATEST = 8
"""How many periods are looked back at for what began and closed within one."""
PRIOR = 20
"""How many deals the rate of all stages weighs in that of one."""


def business_day(past: Past, first: date, day: date) -> int:
    """Which business day of a period that begins on ``first`` a day is; one that is none is as the one before it."""
    days = max(0, (day - first).days + 1)
    return sum(past.calendar.is_business_day(first + timedelta(days=n)) for n in range(days))


def today(past: Past) -> date:
    """The local day of now."""
    day: date = past.day(pl.Series([past.as_of], dtype=MOMENT))[0]
    return day


def won_in(past: Past, first: date, last: date) -> pl.DataFrame:
    """``deal, at, day, value`` of deals that are won and were so between two days; amounts as at the win."""
    found = wins(past)
    return found.filter((pl.col("day") >= first) & (pl.col("day") <= last))


def wins(past: Past) -> pl.DataFrame:
    """``deal, at, day, value, begun`` of every deal that is won now and is known to have been so since when."""
    if "wins" not in past.memo:
        found = closings(past, "final_outcome")
        found = found.with_columns(closing_amounts(past, found, "amount"))
        found = found.filter(pl.col("status") == "won", pl.col("at").is_not_null())
        begun = past.begun.select("deal", pl.col("at").alias("begun"))
        found = found.join(begun, on="deal", how="left", maintain_order="left")
        past.memo["wins"] = found.select("deal", "at", past.day(found["at"]).alias("day"), "value", "begun")
    held: pl.DataFrame = past.memo["wins"]
    return held


def pipeline(past: Past, first: date, last: date, rank: int = 0) -> pl.DataFrame:
    """``deal, at, stage, value`` of deals open now, dated from ``first`` to ``last``, in a stage of a rank on."""
    if "pipeline" not in past.memo:
        held = open_at(past, past.as_of).with_columns(pl.lit(past.as_of).cast(MOMENT).alias("at"))
        past.memo["pipeline"] = held.with_columns(
            dates(past, held).alias("day"),
            past.value(held, "stage").alias("stage"),
            past.money(held, "amount").alias("value"),
        )
    found: pl.DataFrame = past.memo["pipeline"]
    return ranked(past, found.filter((pl.col("day") >= first) & (pl.col("day") <= last)), rank)


def ranked(past: Past, frame: pl.DataFrame, rank: int) -> pl.DataFrame:
    """The rows whose ``stage`` is of a rank or later; all for 0."""
    if not rank:
        return frame
    names = [stage.id for stage in past.process.open_stages[rank:]]
    return frame.filter(pl.col("stage").is_in(names).fill_null(False))


def history_of_periods(past: Past, every: str, before: date) -> list[Stretch]:
    """The whole periods before a day, in order; not the one that history begins in, which it may not tell all of."""
    return [one for one in stretches(past, every)[1:] if one.last < before]


def usual_share(past: Past, every: str, first: date, last: date) -> tuple[Fraction, str]:
    """Which share of a period's wins (by value) is usually there by now, and why: ``history`` or ``linear``.

    The mean over whole earlier periods of the share won by the same business day; with fewer than FEWEST of them that
    won anything, business days gone by ÷ business days.
    """
    gone = business_day(past, first, min(today(past), last))
    shares = []
    if (first, last) == past.calendar.period(first, every):
        held = wins(past).filter(pl.col("value").is_not_null())
        for one in history_of_periods(past, every, first):
            mine = held.filter((pl.col("day") >= one.first) & (pl.col("day") <= one.last))
            total = int(mine["value"].sum())
            if total > 0:
                until = past.calendar.add_business_days(one.first - timedelta(days=1), gone) if gone else None
                by_then = 0 if until is None else int(mine.filter(pl.col("day") <= until)["value"].sum())
                shares.append(Fraction(by_then, total))
    if len(shares) >= FEWEST:
        return Fraction(sum(shares), len(shares)), "history"
    whole = business_day(past, first, last)
    return Fraction(gone, whole) if whole else Fraction(0), "linear"


@dataclass(frozen=True, slots=True)
class Chances:
    """The chance of being won within the period, by stage, as of this business day of it; ``n``: deals learned from."""

    by_stage: dict[str, Fraction]
    overall: Fraction
    n: int

    def of(self, stage: str | None) -> Fraction:
        """The chance in a stage; that of all where it was never seen."""
        return self.by_stage.get(stage or "", self.overall)


def chances(past: Past, every: str, first: date, gone: int) -> Chances | None:
    """Of deals open and dated in an earlier period on its same business day, the share won by its end, by stage.

    A stage's is drawn towards that of all: (w + PRIOR·p₀) ÷ (n + PRIOR). None where there is none to learn from.
    """
    held = earlier(past, every, first, gone)
    if not held.height:
        return None
    won = pl.col("outcome") == "won"
    overall = Fraction(int(held.select(won.sum()).item()), held.height)
    counts = held.group_by("stage").agg(won.sum().cast(pl.Int64).alias("w"), pl.len().cast(pl.Int64).alias("n"))
    made = {stage: (w + PRIOR * overall) / (n + PRIOR) for stage, w, n in counts.iter_rows() if stage is not None}
    return Chances(made, overall, held.height)


def earlier(past: Past, every: str, first: date, gone: int) -> pl.DataFrame:
    """What was open and dated in each earlier period by the end of its business day ``gone`` (0: as it began)."""
    found = opening(past, every, gone).filter(pl.col("over"), pl.col("last") < first)
    return found.with_columns(past.value(found, "stage", at="then").alias("stage"))


def created_and_closed(past: Past, every: str, first: date, gone: int) -> tuple[pl.DataFrame, int]:
    """Wins of earlier periods that began after the period's business day ``gone`` and were won before its end; and how
    many periods that is: the LATEST whole ones. ``deal, at, day, value``.
    """
    periods = history_of_periods(past, every, first)[-LATEST:]
    parts = []
    for one in periods:
        day = (
            past.calendar.add_business_days(one.first - timedelta(days=1), gone)
            if gone
            else one.first - timedelta(days=1)
        )
        after = stretch(past, day, day).ends - INSTANT
        mine = (pl.col("day") >= one.first) & (pl.col("day") <= one.last)
        parts.append(wins(past).filter(mine, pl.col("begun") > pl.lit(after).cast(MOMENT)))
    return (pl.concat(parts) if parts else wins(past).clear()), len(periods)
