"""How long deals stay in a stage."""

from __future__ import annotations

from datetime import date, datetime, time

import polars as pl

from ...compile.frames import MOMENT
from ...model.values import Duration
from ..cases import Past, left_out
from ..kinds import QUANTILES, Clock, Share
from ..spec import Cases, Policy, Setting, Spec
from .conversion import UNTOLD
from .winning import CALENDAR

VISITS = Policy(
    id="visits",
    choice="cumulative",
    allowed=("cumulative", "first", "latest"),
    about="cumulative: all visits of a deal to the stage together; first: the first one; latest: the last one",
)
ZERO = Policy(
    id="zero_moves",
    choice="keep",
    allowed=("keep", "exclude"),
    about="keep: visits of no time count, and the figure is flagged; exclude: they are left out and counted",
)


def stays(past: Past, visits: str, *, business: bool = False) -> pl.DataFrame:
    """``deal, stage, at, duration, cause`` (left; null while it is there), and whether a visit took no time: ``zero``.

    ``at``: when the first visit that counts began; null where nothing tells.
    """
    key = ("stays", visits, business)
    if key not in past.memo:
        moves = past.moves.with_columns(
            past.days(past.moves["entered"], past.moves["left"], business=business).alias("days")
        )
        moves = moves.with_columns(zero=(pl.col("entered") == pl.col("left")).fill_null(False))
        if visits in ("first", "latest"):
            keep = "first" if visits == "first" else "last"
            moves = moves.unique(["deal", "stage"], keep=keep, maintain_order=True)  # type: ignore[arg-type]
        past.memo[key] = moves.group_by("deal", "stage", maintain_order=True).agg(
            pl.when(pl.col("entered").is_not_null().all()).then(pl.col("entered").min()).alias("at"),
            pl.col("days").sum().alias("duration"),
            pl.when(pl.col("left").is_not_null().all()).then(pl.lit("left")).alias("cause"),
            pl.col("zero").any(),
        )
    held: pl.DataFrame = past.memo[key]
    return held


def _time(past: Past, setting: Setting) -> Cases:
    found = stays(past, setting["visits"], business=setting["calendar"] == "business")
    without = [*left_out(UNTOLD, found.filter(pl.col("at").is_null()))]
    found = found.filter(pl.col("at").is_not_null())
    zero = found.filter("zero")
    flags: tuple[str, ...] = ()
    if setting["zero_moves"] == "exclude":
        without += left_out("a visit took no time: moved through in one go", zero)
        found = found.filter(~pl.col("zero"))
    elif zero.height:
        flags = ("some_visits_took_no_time",)
    return Cases(found, tuple(without), flags=flags)


def deadlines(past: Past, moments: pl.Series, limit: Duration) -> pl.Series:
    """The last moment that lies within a limit of each moment, as ``Calendar.within`` judges it."""
    if not limit.in_days:
        if limit.business:
            made = [None if m is None else past.calendar.add_business_time(m, limit) for m in moments.to_list()]
            return pl.Series(moments.name, made, MOMENT)
        delta = limit.delta
        assert delta is not None
        return moments + delta
    days = past.day(moments)
    different = days.unique().drop_nulls()
    ends = [_end(past, past.calendar.shift(day, limit)) for day in different]
    table = pl.DataFrame({"day": different, "end": pl.Series(ends, dtype=MOMENT)})
    found: pl.Series = pl.DataFrame({"day": days}).join(table, on="day", how="left", maintain_order="left")["end"]
    return found


def _end(past: Past, day: date) -> datetime:
    return datetime.combine(day, time.max, past.zone)


def _on_time(past: Past, setting: Setting) -> Cases:
    first = past.moves.unique(["deal", "stage"], keep="first", maintain_order=True)
    without = [*left_out(UNTOLD, first.filter(pl.col("entered").is_null()))]
    first = first.filter(pl.col("entered").is_not_null())
    parts = []
    for stage in past.process.open_stages:
        mine = first.filter(pl.col("stage") == stage.id)
        if stage.max_age is None:
            without += left_out(f"the stage {stage.id} has no age", mine)
            continue
        parts.append(mine.with_columns(deadlines(past, mine["entered"], stage.max_age).alias("due")))
    if not parts:
        return Cases(first, tuple(without), missing="no stage of the process has an age")
    found = pl.concat(parts)
    now = pl.lit(past.as_of).cast(MOMENT)
    ended = pl.col("left").is_not_null()
    hit = pl.when(ended).then(pl.col("left") <= pl.col("due")).when(pl.col("due") < now).then(pl.lit(False))
    return Cases(found.select("deal", "stage", pl.col("entered").alias("at"), hit.alias("hit")), tuple(without))


SPECS = (
    Spec(
        id="time_in_stage",
        question="How many days do deals spend in a stage?",
        formula="median by Kaplan and Meier over visits, those that go on being censored now",
        unit="days",
        grain="deal and stage",
        better="lower",
        source="Kaplan and Meier 1958",
        stage="own",
        measures={
            "median": "days by which half have left",
            "p75": "days by which three quarters have left",
            "p90": "days by which nine in ten have left",
        },
        edges=(
            "A median over closed visits alone would be too short: the slow ones are still there.",
            UNTOLD[0].upper() + UNTOLD[1:] + ": left out and counted.",
        ),
        policies=(VISITS, CALENDAR, ZERO),
        cases=_time,
        kind=Clock(quantiles=QUANTILES),
    ),
    Spec(
        id="on_time_share",
        question="How many deals leave a stage within the age it allows?",
        formula="first visits that ended within the stage's max_age ÷ first visits that ended or are overdue",
        unit="share",
        grain="deal and stage",
        better="higher",
        source="our own",
        stage="own",
        measures={"share": "on time ÷ (on time + late)"},
        edges=("A visit that goes on within its age is not decided.", "However it is left counts, a loss too."),
        cases=_on_time,
        kind=Share(missing="no visit has ended or is overdue"),
    ),
)
