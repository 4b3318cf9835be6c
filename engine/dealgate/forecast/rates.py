"""How often deals of a stage were won by the end of the period, seen from the same day of earlier periods."""

from __future__ import annotations

from fractions import Fraction

import polars as pl

from ..compile.frames import MOMENT
from ..history.days import end_of
from ..metrics.figure import NoValue
from ..metrics.standing import Period
from .chances import WEIGHT
from .earlier import NO_EARLIER, earlier, same_day
from .snapshot import Snapshot

PERIODS = 8
"""How many of the latest periods count."""


def by_stage(snapshot: Snapshot) -> pl.DataFrame | NoValue:
    """``stage, n, won, raw, shrunk`` of every open stage.

    ``n``: deals that were in it on the same day of the latest periods; ``won``: how many of them by the period's end;
    ``shrunk``: drawn towards the rate of all stages as though WEIGHT more had been seen there.
    """
    held = cases_then(snapshot)
    if not held:
        return NO_EARLIER
    cases = pl.concat([one for _, one in held])
    if not cases.height:
        return NoValue("no deal was open in an earlier period")
    parent = Fraction(int(cases["won"].sum()), cases.height)
    stages = pl.DataFrame({"stage": [stage.id for stage in snapshot.past.process.open_stages]})
    counted = cases.group_by("stage").agg(pl.len().cast(pl.Int64).alias("n"), pl.col("won").sum().cast(pl.Int64))
    found = stages.join(counted, on="stage", how="left", maintain_order="left").with_columns(
        pl.col("n", "won").fill_null(0)
    )
    return found.with_columns(
        pl.when(pl.col("n") > 0).then(pl.col("won") / pl.col("n")).alias("raw"),
        ((pl.col("won") + WEIGHT * float(parent)) / (pl.col("n") + WEIGHT)).alias("shrunk"),
    )


def cases_then(snapshot: Snapshot) -> list[tuple[Period, pl.DataFrame]]:
    """Of each of the latest PERIODS, the latest first: ``deal, at, stage, entered, won`` of the deals that were in an
    open stage at the end of the same day of it (``at``), and whether they were won by the period's end."""
    return snapshot.once(cases_then, lambda: [(one, _standing(snapshot, one)) for one in earlier(snapshot)[:PERIODS]])


def _standing(snapshot: Snapshot, period: Period) -> pl.DataFrame:
    past = snapshot.past
    at = pl.lit(end_of(same_day(snapshot, period), past.zone)).cast(MOMENT)
    visits = past.visits.filter(pl.col("rank").is_not_null(), pl.col("entered") <= at)
    there = visits.filter(pl.col("left").is_null() | (pl.col("left") > at)).unique("deal", keep="last")
    ends = past.ends.filter(pl.col("status") == "won", pl.col("at").is_not_null())
    ends = ends.with_columns(past.day(ends["at"]).alias("on")).filter(pl.col("on") <= period.last)
    won = pl.col("deal").is_in(ends["deal"].implode()).alias("won")
    return there.select("deal", at.alias("at"), pl.col("stage").cast(pl.String), "entered", won)
