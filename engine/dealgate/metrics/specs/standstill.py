"""Open deals in which nothing happens, and those that have been in their stage for too long."""

from __future__ import annotations

import polars as pl

from ...compile.frames import MOMENT
from ...history.days import day_begins
from ..cases import Past, left_out
from ..dated import open_at
from ..kinds import On, Share, several
from ..spec import Cases, LeftOut, Policy, Setting, Spec
from .conversion import UNTOLD

THRESHOLD = Policy(id="threshold", choice=14, about="after how many days without a sign a deal has stalled")
MEETING = Policy(
    id="future_meeting",
    choice="ignore",
    allowed=("ignore", "pause"),
    about="pause: a deal with an agreed meeting ahead has not stalled; ignore: a meeting counts once it was held",
)
ENOUGH = Policy(
    id="enough",
    choice=30,
    about="on how many won deals an age limit has to rest; below, it is that of all segments together",
)
UNREAD = "activities were not read, so contact with the buyer is not known"
_ANY = pl.lit(True)


def signs(past: Past) -> pl.DataFrame:
    """``deal, since, cause``: the latest sign of life of each deal that is open now, and what it was.

    ``cause``: activity (two-way contact with the buyer), evidence, stage, or begun where nothing has happened since.
    Edits of fields by us are none.
    """
    if "signs" not in past.memo:
        now = pl.lit(past.as_of).cast(MOMENT)
        found = open_at(past, past.as_of)
        running = pl.col("deal").is_in(found["deal"].implode())
        parts = [
            past.begun.select("deal", pl.col("at"), pl.lit("begun").alias("cause"), pl.lit(0).alias("weight")),
            past.visits.select(
                "deal", pl.col("entered").alias("at"), pl.lit("stage").alias("cause"), pl.lit(1).alias("weight")
            ),
        ]
        evidence = past.children("evidence")
        if evidence is not None and "dated" in evidence.columns:
            # a bare date is the beginning of its day
            days = day_begins(evidence["dated"], past.zone)
            parts.append(
                evidence.select("deal", days.alias("at"), pl.lit("evidence").alias("cause"), pl.lit(2).alias("weight"))
            )
        activities = past.children("activities")
        if activities is not None and {"at", "two_way"} <= set(activities.columns):
            sent = pl.col("automated").fill_null(False) if "automated" in activities.columns else ~_ANY
            held = pl.col("held").fill_null(True) if "held" in activities.columns else _ANY
            kept = activities.filter(pl.col("two_way").fill_null(False) & ~sent & held)
            parts.append(kept.select("deal", "at", pl.lit("activity").alias("cause"), pl.lit(3).alias("weight")))
        every = pl.concat([part.filter(running).with_columns(pl.col("at").cast(MOMENT)) for part in parts])
        every = every.filter(pl.col("at").is_not_null() & (pl.col("at") <= now))
        last = every.sort("at", "weight").unique("deal", keep="last", maintain_order=True)
        found = found.join(last, on="deal", how="left", maintain_order="left")
        past.memo["signs"] = found.select("deal", pl.col("at").alias("since"), "cause")
    held_: pl.DataFrame = past.memo["signs"]
    return held_


def stalled(past: Past, threshold: int, *, pause: bool = False) -> pl.DataFrame:
    """``deal, at, since, cause, days, hit`` of every open deal: days since its latest sign of life (see ``signs``).

    ``cause`` is ``meeting`` where an agreed meeting ahead pauses the clock.
    """
    found = signs(past).with_columns(pl.lit(past.as_of).cast(MOMENT).alias("at"))
    found = found.with_columns(past.days(found["since"], found["at"]).alias("days"))
    hit = pl.col("days") > threshold
    if not pause:
        return found.with_columns(hit=hit)
    meeting = past.value(found, "next_meeting_at").str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
    ahead = (meeting.alias("meeting") > past.as_of).fill_null(False).alias("ahead")
    found = found.with_columns(ahead)
    return found.with_columns(
        hit=hit & ~pl.col("ahead"),
        cause=pl.when("ahead").then(pl.lit("meeting")).otherwise("cause"),
    ).drop("ahead")


def _stalled(past: Past, setting: Setting) -> Cases:
    activities = past.children("activities")
    if activities is None or not {"at", "two_way"} <= set(activities.columns):
        return Cases(pl.DataFrame(), missing=UNREAD)
    found = stalled(past, setting["threshold"], pause=setting["future_meeting"] == "pause")
    found, without = _synced(past, found)
    unknown = found.filter(pl.col("since").is_null())
    return Cases(found, (*without, *left_out("nothing tells when it began", unknown)))


def _synced(past: Past, found: pl.DataFrame) -> tuple[pl.DataFrame, tuple[LeftOut, ...]]:
    """Without the deals whose activities were not read."""
    told = past.own(past.history.part("@activities").select("deal"))
    if not told.height:
        return found, ()
    read = told.unique()
    unread = found.join(read, on="deal", how="anti", maintain_order="left")
    return found.join(read, on="deal", how="semi", maintain_order="left"), tuple(left_out(UNREAD, unread))


# ------------------------------------------------ ageing against won deals


def limits(past: Past, enough: int) -> pl.DataFrame:
    """``stage, segment, p75, p90, n, basis``: days that won deals spent in a stage (all visits together), by quantile.

    A segment with fewer than ``enough`` won deals there takes the limits of all segments (``basis`` pooled); with
    fewer than that of all, the stage's max_age in days (``max_age``), the same for both; null where it has none.
    Segment null stands for deals without one. Survivors only: won deals are the quick ones.
    """
    key = ("limits", enough)
    if key not in past.memo:
        won = past.ends.filter(pl.col("status") == "won").select("deal")
        stays = past.moves.filter(pl.col("left").is_not_null(), pl.col("entered").is_not_null())
        stays = stays.join(won, on="deal", how="semi", maintain_order="left")
        stays = stays.with_columns(past.days(stays["entered"], stays["left"]).alias("days"))
        stays = stays.group_by("deal", "stage").agg(pl.col("days").sum(), pl.col("left").max().alias("at"))
        stays = stays.with_columns(past.value(stays, "segment"))
        quantiles = [pl.col("days").quantile(q, "linear").alias(name) for name, q in (("p75", 0.75), ("p90", 0.9))]
        own = stays.group_by("stage", "segment").agg(*quantiles, pl.len().alias("n")).filter(pl.col("n") >= enough)
        pooled = stays.group_by("stage").agg(*quantiles, pl.len().alias("n")).filter(pl.col("n") >= enough)
        past.memo[key] = (own, pooled)
    own, pooled = past.memo[key]
    ages = pl.DataFrame({
        "stage": pl.Series([stage.id for stage in past.process.open_stages], dtype=past.stages),
        "age": pl.Series([_max_age(past, stage.id) for stage in past.process.open_stages], dtype=pl.Float64),
    })  # fmt: skip
    segments = pl.concat([own.select("segment"), pl.DataFrame({"segment": [None]}, {"segment": pl.String})]).unique()
    grid = ages.join(segments, how="cross")
    found = grid.join(own, on=["stage", "segment"], how="left", nulls_equal=True).join(
        pooled, on="stage", how="left", suffix="_all"
    )
    basis = (
        pl.when(pl.col("n").is_not_null()).then(pl.lit("segment"))
        .when(pl.col("n_all").is_not_null()).then(pl.lit("pooled"))
        .when(pl.col("age").is_not_null()).then(pl.lit("max_age"))
    )  # fmt: skip
    return found.select(
        "stage",
        "segment",
        pl.coalesce("p75", "p75_all", "age").alias("p75"),
        pl.coalesce("p90", "p90_all", "age").alias("p90"),
        pl.coalesce("n", "n_all").alias("n"),
        basis.alias("basis"),
    )


def _max_age(past: Past, name: str) -> float | None:
    stage = past.process.stage(name)
    if stage is None or stage.max_age is None:
        return None
    delta = stage.max_age.delta
    if delta is not None and not stage.max_age.business:
        return delta.total_seconds() / 86_400
    today = past.day(pl.Series([past.as_of], dtype=MOMENT))[0]
    return float((past.calendar.shift(today, stage.max_age) - today).days)


def ages(past: Past, enough: int = 30) -> pl.DataFrame:
    """``deal, stage, at, entered, days, segment, p75, p90, basis, hit, high`` of every open deal.

    ``days``: time in the stage it is in, all its visits together, as for won deals. ``hit``: longer than three
    quarters of the won deals were; ``high``: than nine of ten.
    """
    key = ("ages", enough)
    if key in past.memo:
        known: pl.DataFrame = past.memo[key]
        return known
    now = past.moves.filter(pl.col("left").is_null())
    now = now.unique("deal", keep="last", maintain_order=True)
    now = now.join(open_at(past, past.as_of), on="deal", how="semi", maintain_order="left")
    now = now.with_columns(pl.lit(past.as_of).cast(MOMENT).alias("at"))
    stays = past.moves.with_columns(past.days(past.moves["entered"], past.moves["left"]).alias("days"))
    stays = stays.group_by("deal", "stage").agg(
        pl.when(pl.col("entered").is_not_null().all()).then(pl.col("days").sum()).alias("days")
    )
    now = now.join(stays, on=["deal", "stage"], how="left", maintain_order="left")
    now = now.with_columns(past.value(now, "segment"))
    bars = limits(past, enough)
    plain = bars.filter(pl.col("segment").is_null()).drop("segment")
    own = bars.filter(pl.col("segment").is_not_null())
    found = now.join(own, on=["stage", "segment"], how="left", maintain_order="left")
    found = found.join(plain, on="stage", how="left", suffix="_all", maintain_order="left")
    found = found.with_columns(pl.coalesce(name, f"{name}_all").alias(name) for name in ("p75", "p90", "basis"))
    found = found.with_columns(hit=pl.col("days") > pl.col("p75"), high=pl.col("days") > pl.col("p90"))
    made = found.select("deal", "stage", "at", "entered", "days", "segment", "p75", "p90", "basis", "hit", "high")
    past.memo[key] = made
    return made


def _aging(past: Past, setting: Setting) -> Cases:
    found = ages(past, setting["enough"])
    unknown = found.filter(pl.col("days").is_null())
    found = found.filter(pl.col("days").is_not_null())
    bare = found.filter(pl.col("p75").is_null())
    flags = tuple(f"limits_{basis}" for basis in ("max_age", "pooled") if (found["basis"] == basis).any())
    without = (*left_out(UNTOLD, unknown), *left_out("too few won deals were in the stage, and it has no age", bare))
    return Cases(found.filter(pl.col("p75").is_not_null()), without, flags=flags)


SPECS = (
    Spec(
        id="stalled_share",
        question="In how many open deals has nothing happened with the buyer for too long?",
        formula="open deals whose latest sign of life is more than `threshold` days ago ÷ open deals",
        unit="share",
        grain="open deal",
        better="lower",
        source="DOMAIN.md B; Pipedrive, The Rotting Feature",
        stage="then",
        measures={"share": "share of open deals"},
        edges=(
            "a sign of life is held, two-way contact with the buyer, a piece of evidence, or a change of stage",
            "edits of fields, tasks, notes and automatic mails are none",
            "as of now, whatever window is asked for",
            "where activities were not read nothing is said",
        ),
        policies=(THRESHOLD, MEETING),
        cases=_stalled,
        kind=Share(),
    ),
    Spec(
        id="aging_share",
        question="How many open deals have been in their stage for longer than deals that are won?",
        formula="open deals longer in their stage than the 75th percentile of won deals there ÷ open deals in it",
        unit="share",
        grain="open deal",
        better="lower",
        source="DOMAIN.md B",
        stage="own",
        measures={"warn": "longer than three quarters of won deals", "high": "longer than nine in ten of won deals"},
        edges=(
            "limits are those of the deal's segment; of all segments where fewer than `enough` were won in it; the "
            "stage's age where fewer were won at all",
            "won deals are the quick ones: time_in_stage tells of all, open ones included",
            "as of now, whatever window is asked for",
        ),
        policies=(ENOUGH,),
        cases=_aging,
        kind=several(On(Share(measure="warn"), hit="hit"), On(Share(measure="high"), hit="high")),
    ),
)
