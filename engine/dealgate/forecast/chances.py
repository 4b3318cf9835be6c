"""The chance that an open deal is won by the end of the period, as deals like it were: by stage, age and segment.

Aalen and Johansen's incidence, the clock being the days since the deal entered its stage:

    P(won within h | stage, age a) = [CIF_won(a + h) - CIF_won(a)] / S(a)

A visit is followed to the end of the deal, whatever stages come after it. Of a deal that is still in its stage after a
while, the curve is that of the visits that were still there after as long (the landmark: van Houwelingen 2007,
Scand. J. Statist. 34:70): those that went on quickly tell little of it. Each rate is drawn towards that of the wider
group as though ``WEIGHT`` more deals had been seen there: segment → stage and age → stage → all stages.

The stage's rate is of all its visits, most of which went on quickly; as a parent, and where few were still there after
as long, it would promise too much of a deal that stays. So it is first moved to the age: its odds times those of all
stages' visits that were still there after as long, over those of all stages' visits.
"""

from __future__ import annotations

import polars as pl

from ..metrics.beta import beta_quantile
from ..metrics.cases import CLOSED
from ..metrics.grouped import chances as asked_of
from ..metrics.grouped import incidence
from .snapshot import Snapshot

WEIGHT = 20
"""How many deals the wider group's rate is worth (DOMAIN B: m)."""
MIN_N = 30
"""Below this many deals like it, the wider group's rate stands, and it is said."""
LANDMARKS = (0.0, 3.0, 7.0, 10.0, 14.0, 21.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0)
"""Ages in days from which visits that are still there are looked at on their own."""
LEVELS = ("all", "stage", "age", "segment")
"""What a chance may rest on, from the widest to the narrowest group."""
STAYED = "stayed"
"""Visits to any stage that were still there after as long: what they say moves the stage's rate to the age."""
SCHEMA = {
    "id": pl.String,
    "chance": pl.Float64,
    "n": pl.Int64,
    "level": pl.String,
    "reason": pl.String,
}
NO_HISTORY = "no deal has ended yet"


def spells_of(snapshot: Snapshot) -> pl.DataFrame:
    """Visits to open stages whose beginning is known, each followed to the deal's end: ``stage, segment, duration,
    cause, stayed``; ``cause`` null: the deal is open yet."""
    past = snapshot.past
    visits = past.visits.filter(pl.col("rank").is_not_null(), pl.col("entered").is_not_null())
    ends = past.ends.rename({"at": "ended"})
    held = visits.join(ends, on="deal", how="left", maintain_order="left")
    # reopened and not closed again: it has not ended
    held = held.with_columns(
        segment=past.value(held.with_columns(pl.col("entered").alias("at")), "segment").cast(pl.String)
        if past.knows("segment")
        else pl.lit(None, pl.String),
        duration=past.days(held["entered"], held["ended"]),
        stayed=past.days(held["entered"], held["left"]),
        cause=pl.when(pl.col("status").is_in(CLOSED)).then(
            pl.when(pl.col("status") == "won").then(pl.lit("won")).otherwise(pl.lit("lost"))
        ),
    )
    return held.select(pl.col("stage").cast(pl.String), "segment", "duration", "cause", "stayed")


def by_history(snapshot: Snapshot) -> pl.DataFrame:
    """``id, chance, n, level, reason`` of every open deal.

    It is won by the end of the period; without a period, within as long as any was followed. ``n``: the deals like it
    that the narrowest group used had; ``level``: that group; ``interval`` gives how sure it is. ``reason``: why there
    is no chance, or why a wider group's stands.
    """
    return snapshot.once(by_history, lambda: _by_history(snapshot))


def _by_history(snapshot: Snapshot) -> pl.DataFrame:
    deals = snapshot.deals.select("id", "stage", "segment", "age")
    spells = _spells(snapshot)
    within = snapshot.left if snapshot.period is not None else float(spells["duration"].max() or 0)  # type: ignore[arg-type]
    return chances_of(snapshot, deals.with_columns(pl.lit(float(within)).alias("within")))


def chances_of(snapshot: Snapshot, asked: pl.DataFrame) -> pl.DataFrame:
    """``id, chance, n, level, reason`` of ``id, stage, segment, age, within``: of deals as they stood on any day, the
    chance to be won within so many days of it, by all that is known now."""
    if not _spells(snapshot)["cause"].drop_nulls().len():
        return _none(asked, NO_HISTORY)
    found = asked.select("id", "stage", "age")
    for level in (*LEVELS, STAYED):
        found = found.join(_level(level, snapshot, asked), on="id", how="left", maintain_order="left")
    return _drawn(found)


def _spells(snapshot: Snapshot) -> pl.DataFrame:
    return snapshot.once(spells_of, lambda: spells_of(snapshot))


_BY = {
    "all": [], "stage": ["stage"], "age": ["stage", "landmark"], "segment": ["stage", "landmark", "segment"],
    STAYED: ["landmark"],
}  # fmt: skip
"""What tells the groups of each level."""


def _level(level: str, snapshot: Snapshot, asked: pl.DataFrame) -> pl.DataFrame:
    """``id``, ``@LEVEL`` (the raw chance, null where there is none), ``@LEVEL.n``, by one group of visits."""
    curves = snapshot.once((_curves, level), lambda: _curves(level, _spells(snapshot)))
    mine = asked.with_columns(_landmark(pl.col("age")).alias("landmark"))
    if level == "segment":
        mine = mine.filter(pl.col("segment").is_not_null())
    if not curves.height or not mine.height:
        return pl.DataFrame(schema={"id": pl.String, f"@{level}": pl.Float64, f"@{level}.n": pl.Int64})
    told = asked_of(curves, _BY[level], mine, cause="won")
    return told.select("id", pl.col("value").alias(f"@{level}"), pl.col("n").alias(f"@{level}.n"))


def _curves(level: str, spells: pl.DataFrame) -> pl.DataFrame:
    """The curves of a level's groups: by landmark, of the visits that were still there after as long."""
    held = spells.filter(pl.col("segment").is_not_null()) if level == "segment" else spells
    if "landmark" in _BY[level]:
        held = pl.concat(
            held.filter(pl.col("stayed") > mark, pl.lit(mark == 0) | (pl.col("duration") > mark)).with_columns(
                pl.lit(mark).alias("landmark")
            )
            for mark in LANDMARKS
        )
    return incidence(held, _BY[level], causes=("lost", "won")) if held.height else held


def _landmark(age: pl.Expr) -> pl.Expr:
    """The latest landmark that is no later than the age."""
    made: pl.Expr = pl.when(age >= 0).then(pl.lit(LANDMARKS[0]))
    for mark in LANDMARKS[1:]:
        made = pl.when(age >= mark).then(pl.lit(mark)).otherwise(made)
    return made


def _drawn(found: pl.DataFrame) -> pl.DataFrame:
    """Each level drawn towards the one above; the narrowest that rests on enough deals counts."""
    value, n, level = pl.lit(None, pl.Float64), pl.lit(None, pl.Int64), pl.lit(None, pl.String)
    for name in LEVELS:
        raw, count = pl.col(f"@{name}"), pl.col(f"@{name}.n").fill_null(0)
        drawn = pl.when(value.is_null()).then(raw).otherwise((raw * count + value * WEIGHT) / (count + WEIGHT))
        enough = raw.is_not_null() & ((count >= MIN_N) | value.is_null())
        # the first level has nothing to be drawn to
        value, n, level = (
            pl.when(enough).then(drawn).otherwise(value),
            pl.when(enough).then(count).otherwise(n),
            pl.when(enough).then(pl.lit(name)).otherwise(level),
        )
        if name == "stage":
            value = _moved(value)
        found = found.with_columns(value.alias("@value"), n.alias("@n"), level.alias("@level"))
        value, n, level = pl.col("@value"), pl.col("@n"), pl.col("@level")
    # a clock that began at the stage says nothing of a deal of which nothing tells when it entered it
    unclocked = pl.col("age").is_null()
    reason = (
        pl.when(unclocked)
        .then(pl.lit("nothing tells since when it is in its stage"))
        .when(pl.col("@value").is_null())
        .then(pl.lit("none was followed beyond this age"))
        .when(~pl.col("@level").is_in(["age", "segment"]))
        .then(pl.lit(f"fewer than {MIN_N} deals like it: those of ") + pl.col("@level").replace_strict(
            {"all": "all stages", "stage": "its stage, moved to this age"}, default="", return_dtype=pl.String))
    )  # fmt: skip
    return found.select(
        "id",
        pl.when(~unclocked).then(pl.col("@value").clip(0, 1)).alias("chance"),
        pl.when(~unclocked).then(pl.col("@n")).alias("n"),
        pl.when(~unclocked).then(pl.col("@level")).alias("level"),
        reason.alias("reason"),
    )


def _moved(value: pl.Expr) -> pl.Expr:
    """A chance with its odds times the ratio of those of all stages' visits that stayed as long, drawn towards all
    visits' and so never further than they bear, to those of all visits."""
    every, stayed, n = pl.col("@all"), pl.col(f"@{STAYED}"), pl.col(f"@{STAYED}.n").fill_null(0)
    drawn = (stayed * n + every * WEIGHT) / (n + WEIGHT)
    ratio = (drawn / (1 - drawn)) / (every / (1 - every))
    inside = (every > 0) & (every < 1) & (drawn < 1)
    return pl.when(inside.fill_null(False)).then(moved_odds(value, ratio)).otherwise(value)


def moved_odds(chance: pl.Expr, ratio: pl.Expr | float) -> pl.Expr:
    """A chance with its odds times a ratio."""
    return chance * ratio / (1 - chance + chance * ratio)


def interval(p: float, n: int) -> tuple[float, float]:
    """The credible interval (Beta, 95 %) of a chance that n deals and WEIGHT more of the wider group's tell."""
    weight = n + WEIGHT
    return tuple(beta_quantile(q, p * weight, (1 - p) * weight) for q in (0.025, 0.975))  # type: ignore[return-value]


def _none(deals: pl.DataFrame, reason: str) -> pl.DataFrame:
    columns = [pl.lit(None, SCHEMA[name]).alias(name) for name in ("chance", "n", "level")]
    return deals.select("id", *columns, pl.lit(reason).alias("reason"))
