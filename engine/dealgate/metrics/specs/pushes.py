"""Close dates that were pushed: moved later, into another fiscal period, while the deal was open."""

from __future__ import annotations

import polars as pl

from ...compile.frames import MOMENT
from ..cases import Past, left_out
from ..dated import EVERY, LATER, assumed, opening, periods_of, stretches, undatable
from ..kinds import Ratio, Share, Spread
from ..spec import Cases, Policy, Setting, Spec

AUTO = Policy(
    id="auto_rolled",
    choice="keep",
    allowed=("keep", "exclude"),
    about="keep: dates that a workflow moved count, and the figure is flagged; exclude: only people's moves count",
)
AUTO_ROLLED = "some_dates_were_rolled_by_a_workflow"
SAME = (pl.col("deal") == pl.col("deal").shift(1)).fill_null(False)
"""Of events in order: the one before is of the same deal."""
_OWNERS = ("owner.id", "owner.name")


def pushes(past: Past, every: str) -> pl.DataFrame:
    """The shifts to a later period."""
    return shifts(past, every).filter(pl.col("days") > 0)


def shifts(past: Past, every: str) -> pl.DataFrame:
    """``deal, at, day, before, after, days, auto`` of each close date that moved into another period; ``days`` are
    negative where it was pulled in.

    What is moved several times on one local day counts once, from the date before to the date after; not on a day on
    which the deal came to another owner. ``auto``: the last of these moves came through a workflow.
    """
    key = ("shifts", every)
    if key in past.memo:
        known: pl.DataFrame = past.memo[key]
        return known
    told = past.own(past.history.part("close_date").select("deal", "at", "value", "channel"))
    told = told.with_columns(pl.col("value").str.to_date("%Y-%m-%d", strict=False).alias("after"))
    told = told.with_columns(
        pl.when(SAME).then(pl.col("after").shift(1)).alias("before"), past.day(told["at"]).alias("day")
    ).filter(pl.col("day").is_not_null())
    net = told.group_by("deal", "day", maintain_order=True).agg(
        pl.col("at").last(),
        pl.col("before").first(),
        pl.col("after").last(),
        (pl.col("channel").last() == "workflow").fill_null(False).alias("auto"),
    )
    moved = net.filter(pl.col("after") != pl.col("before"))
    moved = moved.with_columns(
        periods_of(past, moved["before"], every).alias("from"), periods_of(past, moved["after"], every).alias("to")
    ).filter(pl.col("to") != pl.col("from"))
    moved = moved.join(_transfers(past), on=["deal", "day"], how="anti", maintain_order="left")
    # a date that is moved as the deal is won or lost is no push
    moved = moved.filter(past.value(moved, "status") == "open")
    days = (pl.col("after") - pl.col("before")).dt.total_days().alias("days")
    made = moved.select("deal", "at", "day", "before", "after", days, "auto")
    past.memo[key] = made
    return made


def _transfers(past: Past) -> pl.DataFrame:
    """``deal, day`` on which a deal came to another owner."""
    parts = []
    for field in _OWNERS:
        told = past.own(past.history.part(field).select("deal", "at", "value"))
        moved = told.filter(SAME, pl.col("value").shift(1).is_not_null(), pl.col("at").is_not_null())
        parts.append(moved.select("deal", past.day(moved["at"]).alias("day")))
    return pl.concat(parts).unique()


def _counted(past: Past, setting: Setting) -> tuple[pl.DataFrame, tuple[str, ...]]:
    found = pushes(past, setting["every"])
    if setting["auto_rolled"] == "exclude":
        return found.filter(~pl.col("auto")), ()
    return found, (AUTO_ROLLED,) if found["auto"].any() else ()


def _push_event_rate(past: Past, setting: Setting) -> Cases:
    every = setting["every"]
    base = opening(past, every)
    running = base.filter(~pl.col("over"))
    base = base.filter("over")
    found, flags = _counted(past, setting)
    pushed = found.with_columns(periods_of(past, found["day"], every).alias("first")).select("deal", "first")
    pushed = pushed.unique().with_columns(pushed=True)
    base = base.join(pushed, on=["deal", "first"], how="left", maintain_order="left")
    base = base.with_columns(hit=pl.col("pushed").fill_null(False))
    flags = (*flags, LATER) if assumed(past, base, "then") else flags
    without = (*left_out("the period is not over", running), *undatable(past))
    return Cases(base, without, _nothing_dated(past), flags)


def _push_days(past: Past, setting: Setting) -> Cases:
    found, flags = _counted(past, setting)
    return Cases(found.with_columns(pl.col("days").cast(pl.Float64)), (), _nothing_dated(past), flags)


def _nothing_dated(past: Past) -> str | None:
    return None if past.knows("close_date") else "no close dates are known"


def _push_rate(past: Past, setting: Setting) -> Cases:
    """A row a deal and period in which it was open at any time: how often it was pushed in it."""
    every = setting["every"]
    found, flags = _counted(past, setting)
    counts = found.with_columns(periods_of(past, found["day"], every).alias("first"))
    counts = counts.group_by("deal", "first").agg(pl.len().cast(pl.Int64).alias("num"))
    parts = []
    for one in stretches(past, every):
        begun = pl.col("since").is_null() | (pl.col("since") < one.ends)
        lasted = pl.col("until").is_null() | (pl.col("until") >= one.begins)
        held = past.statuses.filter((pl.col("status") == "open") & begun & lasted).select("deal").unique("deal")
        parts.append(
            held.with_columns(pl.lit(one.begins).cast(MOMENT).alias("at"), pl.lit(one.first).alias("first"), den=1)
        )
    if not parts:
        return Cases(pl.DataFrame(), missing="no case")
    base = pl.concat(parts).join(counts, on=["deal", "first"], how="left")
    base = base.with_columns(pl.col("num").fill_null(0), pl.col("den").cast(pl.Int64)).sort("at", "deal")
    return Cases(base, (), _nothing_dated(past), flags)


_EDGES = (
    "a push is a move to a later fiscal period of a deal that is open; moves within a period are none",
    "several moves on one local day count once, by the date before and the date after",
    "a move on the day on which the deal came to another owner is exempt",
    "dates that a workflow rolled on are tagged",
)
SPECS = (
    Spec(
        id="push_event_rate",
        question="How many of the deals that a period begins with have their close date pushed out during it?",
        formula="deals with a push event in the period ÷ deals open and dated in it as it began",
        unit="share",
        grain="deal and period",
        better="lower",
        source="DOMAIN.md B; discern.io/metric/push-out-rate",
        stage="then",
        measures={"share": "share of deals"},
        edges=(*_EDGES, "periods that are not over are left out"),
        policies=(EVERY, AUTO),
        cases=_push_event_rate,
        kind=Share(),
    ),
    Spec(
        id="push_days",
        question="By how many days are close dates pushed out?",
        formula="median of the days from the date before to the date after, over push events",
        unit="days",
        grain="push event",
        better="lower",
        source="DOMAIN.md B",
        stage="then",
        measures={"median": "half are pushed by less", "p75": "three quarters", "p90": "nine in ten"},
        edges=_EDGES,
        policies=(EVERY, AUTO),
        cases=_push_days,
        kind=Spread(),
    ),
    Spec(
        id="push_rate",
        question="How often is a close date pushed out?",
        formula="push events ÷ deals that were open in the period at any time",
        unit="pushes a deal",
        grain="deal and period",
        better="lower",
        source="DOMAIN.md B; saber.app/glossary/push-rate",
        stage="then",
        measures={"ratio": "pushes a deal and period"},
        edges=(*_EDGES, "a deal can be pushed more than once in a period", "the present period counts as far as it is"),
        policies=(EVERY, AUTO),
        cases=_push_rate,
        kind=Ratio(unit="pushes a deal"),
    ),
)
