"""The stage health index, and whether commits come true."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

import polars as pl

from ...compile.frames import MOMENT
from ..cases import LONG_AGO, Past
from ..figure import Figure, nothing, ratio
from ..kinds import Share
from ..spec import Cases, Of, Policy, Row, Setting, Spec

COMPONENTS: dict[str, tuple[str, bool, int, int, str]] = {
    "conversion": ("conversion", False, 30, 50, "share that goes on to the next stage"),
    "on_time": ("on_time_share", False, 20, 80, "share that leaves within the stage's age"),
    "evidence": ("evidence_completeness", False, 20, 80, "share of the evidence asked for that is there"),
    "override_free": ("override_share", True, 15, 95, "share of moves without an override"),
    "no_regression": ("regression_rate", True, 15, 90, "share that does not go back"),
}
"""Component → metric, whether it is turned round, weight and target in percent, words."""


def _health(past: Past, setting: Setting, of: Of) -> Iterator[Row]:
    found: dict[str, dict[tuple[str | None, ...], Figure]] = {}
    for name, (metric, turned, *_) in COMPONENTS.items():
        rows = of(metric)
        first = rows[0].measure if rows else ""
        found[name] = {
            tuple(row.keys.get(key) for key in setting.keys): _turned(row.figure) if turned else row.figure
            for row in rows
            if row.measure == first and "stage" in row.keys
        }
    groups = dict.fromkeys(key for part in found.values() for key in part)
    min_n = setting["min_n"] or 0
    for group in groups:
        keys = dict(zip(setting.keys, group, strict=True))
        parts = {name: held[group] for name, held in found.items() if group in held}
        usable = {name: part for name, part in parts.items() if part.value is not None and part.n >= min_n}
        n = min((part.n for part in usable.values()), default=max((p.n for p in parts.values()), default=0))
        weight = sum(setting[f"weight_{name}"] for name in usable)
        if len(usable) < 2 or not weight:
            reason = (
                f"fewer than two components rest on {min_n} cases" if min_n else "fewer than two components are known"
            )
            yield Row(setting.spec.id, keys, "index", nothing(reason, unit="points", n=n))
        else:
            total = Fraction(0)
            for name, part in usable.items():
                target = Fraction(setting[f"target_{name}"], 100)
                good = Fraction(part.value).limit_denominator(10**9) if part.value is not None else Fraction(0)
                total += setting[f"weight_{name}"] * (min(Fraction(1), good / target) if target else Fraction(1))
            flags = () if len(usable) == len(COMPONENTS) else ("some_components_missing",)
            yield Row(setting.spec.id, keys, "index", ratio(100 * total, weight, n=n, unit="points", flags=flags))
        for name, part in parts.items():
            yield Row(setting.spec.id, keys, name, part.withheld_below(min_n))


def _turned(part: Figure) -> Figure:
    """One minus a share."""
    if part.value is None:
        return part
    low = None if part.high is None else 1 - part.high
    high = None if part.low is None else 1 - part.low
    rest = None if part.numerator is None else part.n - part.numerator
    return Figure(value=1 - part.value, unit=part.unit, n=part.n, numerator=rest, low=low, high=high, flags=part.flags)


def _commits(past: Past, setting: Setting) -> Cases:
    """A row a deal and period in which it was committed: what was open and committed, with its close date in a period
    that had begun by then."""
    told = past.told("forecast_category")
    if not past.knows("forecast_category"):
        return Cases(past.begun, missing="no forecast_category was read")
    period = setting["period"]
    # whenever category, date or status changed, it may have become a committed deal of a period
    moments = pl.concat(
        [
            told.select("deal", "at"),
            past.told("close_date").select("deal", "at"),
            past.statuses.filter(pl.col("status") == "open").select("deal", at="since"),
        ]
    )
    began = past.begun.rename({"at": "begun"})
    moments = moments.join(began, on="deal").with_columns(pl.max_horizontal("at", "begun").alias("at"))
    # what the source was told of before the deal began, or at no known time, holds from its beginning on
    moments = moments.filter(pl.col("at") > LONG_AGO).select("deal", "at").unique(maintain_order=True)
    category = past.value(moments, "forecast_category")
    due = past.value(moments, "close_date").str.to_date("%Y-%m-%d", strict=False)
    status = past.value(moments, "status")
    held = moments.with_columns(category.alias("category"), due.alias("due"), status.alias("status"))
    held = held.filter(pl.col("category") == "commit", pl.col("status") == "open", pl.col("due").is_not_null())
    bounds = {day: past.calendar.period(day, period) for day in held["due"].unique().to_list()}
    first = (
        held["due"].replace_strict({d: b[0] for d, b in bounds.items()}, return_dtype=pl.Date)
        if bounds
        else held["due"]
    )
    last = (
        held["due"].replace_strict({d: b[1] for d, b in bounds.items()}, return_dtype=pl.Date)
        if bounds
        else held["due"]
    )
    held = held.with_columns(first.alias("first"), last.alias("last"), past.day(held["at"]).alias("on"))
    held = held.filter(pl.col("on") <= pl.col("last"))
    by = held.group_by("deal", "first", "last", maintain_order=True).agg(pl.col("at").min())
    won = past.ends.filter(pl.col("status") == "won")
    won = won.select("deal", won=past.day(won["at"]))
    closed = past.ends.select("deal", closed=pl.lit(True))
    by = by.join(won, on="deal", how="left", maintain_order="left").join(
        closed, on="deal", how="left", maintain_order="left"
    )
    today = past.day(pl.Series([past.as_of]).cast(MOMENT))[0]
    assert isinstance(today, date)
    inside = pl.col("won").is_between(pl.col("first"), pl.col("last"))
    over = (pl.col("last") < today) | pl.col("closed").fill_null(False)
    hit = pl.when(inside).then(True).when(over).then(False)
    starts = {day: past.starts(day) for day in by["first"].unique().to_list()}
    placed = by["first"].replace_strict(starts, return_dtype=MOMENT) if starts else by["at"]
    # it counts in the period it was committed for; as it was then, not before it was committed
    at = pl.max_horizontal(placed.alias("placed"), "at")
    return Cases(by.select("deal", at.alias("at"), hit.alias("hit")))


SPECS = (
    Spec(
        id="stage_health",
        question="Is the stage healthy?",
        formula="100 × Σ weight × min(1, share ÷ target) ÷ Σ weight, over the components that are known",
        unit="points",
        grain="stage",
        better="higher",
        source="our own; weights and targets are defaults to be overridden",
        stage="own",
        measures={"index": "0 to 100", **{name: words for name, (*_, words) in COMPONENTS.items()}},
        edges=(
            "A component that is not known or rests on too few cases is left out with its weight, and flagged.",
            "With fewer than two components there is no index.",
        ),
        policies=tuple(
            Policy(id=f"{what}_{name}", choice=part[place], about=f"{what} of {part[4]}, in percent")
            for name, part in COMPONENTS.items()
            for what, place in (("weight", 2), ("target", 3))
        ),
        compose=_health,
    ),
    Spec(
        id="commit_hit_rate",
        question="How many committed deals were won in the period they were committed for?",
        formula="deals won in the period ÷ deals that were open, committed and dated in it before it ended",
        unit="share",
        grain="deal and period",
        better="higher",
        source="our own",
        measures={"share": "won in the period ÷ decided"},
        edges=(
            "A deal committed for two periods counts in both.",
            "While the period runs, an open deal is not decided.",
        ),
        policies=(
            Policy(id="period", choice="quarter", allowed=("month", "quarter", "year"), about="the period of a commit"),
        ),
        cases=_commits,
        kind=Share(missing="no commit is decided"),
    ),
)
