"""Survival and cumulative incidence of many groups at once, by Polars and in floats.

The formulas, the order at ties and the reasons are those of ``survival``, which says them.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from .survival import NO_SPELLS, ROUNDING

NO_DURATION, BELOW_ZERO, TOO_LATE = "no duration", "a duration below zero", "entered no earlier than it ended"
UNFOLLOWED, NONE_LEFT, NONE_BEYOND = (
    "none was followed so long",
    "none was left at this age",
    "none was followed beyond this age",
)
NO_AGE = "no age, or no time within which"

_TIME, _CAUSE, _ENTRY = "@time", "@cause", "@entry"
_HERE, _COMING, _LEAVING = "@here", "@coming", "@leaving"
_EVENTS, _CIF = "events.", "cif."


def incidence(
    frame: pl.DataFrame,
    by: Sequence[str] = (),
    *,
    duration: str = "duration",
    cause: str = "cause",
    entry: str | None = None,
    causes: Sequence[str] | None = None,
) -> pl.DataFrame:
    """The curve of each group of spells, a spell a row of ``frame``.

    ``duration``: days, any number type. ``cause``: how it ended; null or "" where it is still open. ``entry``: the age
    from which it was watched; null or 0: from the beginning. ``causes``: those to report, those that occur where None.

    Gives ``by…, t, at_risk, events.CAUSE…, censored, survival, cif.CAUSE…`` in order of group and t. Each group begins
    with t = 0. Rows that ``unusable`` counts are left out; a group without a usable row has its t = 0 alone.
    Raises ValueError for a cause that ``causes`` lacks, or a group column named as one of the result's.
    """
    spells = _spells(frame, by, duration, cause, entry)
    occurring = sorted(spells[_CAUSE].drop_nulls().unique())
    names = occurring if causes is None else list(causes)
    if set(occurring).difference(names):
        raise ValueError("a cause occurs that is not among the causes")
    events = [_EVENTS + name for name in names]
    columns = ["t", "at_risk", *events, "censored", "survival", *(_CIF + name for name in names)]
    if set(by) & set(columns):
        raise ValueError("a group column has the name of a column of the result")
    keys = list(by) or ["@all"]
    counts = _counted(spells.lazy(), keys, names)
    happened = pl.sum_horizontal(pl.lit(0), *events)
    before = pl.col("survival").shift(1, fill_value=1.0)
    # nobody is at risk at t = 0 where all came later
    divisor = pl.when(pl.col("at_risk") > 0).then(pl.col("at_risk")).otherwise(1)
    return (
        counts.with_columns((1 - happened / divisor).cum_prod().over(keys).alias("survival"))
        .with_columns(((before * pl.col(_EVENTS + n) / divisor).cum_sum().over(keys)).alias(_CIF + n) for n in names)
        .select(*by, *columns)
        .collect()
    )


def unusable(
    frame: pl.DataFrame, by: Sequence[str] = (), *, duration: str = "duration", entry: str | None = None
) -> pl.DataFrame:
    """What ``incidence`` leaves out and why: ``by…, reason, n``."""
    days, since = _days(duration), _days(entry) if entry else pl.lit(None, pl.Float64)
    return (
        frame.select(*by, _refusal(days, since).alias("reason"))
        .filter(pl.col("reason").is_not_null())
        .group_by(*by, "reason")
        .agg(pl.len().cast(pl.Int64).alias("n"))
        .sort(*by, "reason")
    )


def at_horizon(curves: pl.DataFrame, by: Sequence[str], horizon: float) -> pl.DataFrame:
    """Each group's curve at one time: ``by…, t, n, survival, cif.CAUSE…, reason, emptied``.

    ``n`` spells in all. Beyond what was followed, while any survive, the values are null and ``reason`` says so.
    ``emptied``: see ``survival.Incidence``. The bounds that ``bounds.bounded`` adds are kept.
    """
    if horizon < 0:
        raise ValueError("a time is not negative")
    until = pl.col("t") <= horizon
    return _read(curves, by, until, pl.lit(float(horizon)))


def at_end(curves: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Each group's curve at the end of what was followed, in the form of ``at_horizon``."""
    return _read(curves, by, pl.lit(True), pl.col("t").last())


def time_quantiles(
    curves: pl.DataFrame, by: Sequence[str], qs: Sequence[float] = (0.5,), cause: str | None = None
) -> pl.DataFrame:
    """The first time by which each share has ended, by whatever cause or by this one: ``by…, n, q50…``.

    A share that was not reached is null.
    """
    if any(not 0 < q <= 1 for q in qs):
        raise ValueError("a quantile of time lies over 0 and is at most 1")
    ended = 1 - pl.col("survival") if cause is None else pl.col(_CIF + cause)
    reached = [pl.col("t").filter(ended >= q - ROUNDING).first().alias(f"q{q * 100:g}") for q in qs]
    return _by_group(curves, by, [_spell_count(curves).alias("n"), *reached])


def chances(
    curves: pl.DataFrame,
    by: Sequence[str],
    asked: pl.DataFrame,
    *,
    cause: str,
    age: str = "age",
    within: str = "within",
) -> pl.DataFrame:
    """[CIF(age + within) - CIF(age)] / S(age) for each row of ``asked``, in its order.

    ``asked`` has the group columns, an age and a time within which, and whatever else. Added are ``value``, ``n``,
    ``complete`` (see ``survival.Chance``) and ``reason``, null where there is a value.
    """
    added = ["value", "n", "complete", "reason"]
    if set(asked.columns) & set(added):
        raise ValueError("a column asked with has the name of a column of the result")
    groups = _by_group(
        curves,
        by,
        [
            pl.col("t").last().alias("@followed"),
            pl.col("survival").last().alias("@last"),
            _spell_count(curves).alias("@n"),
        ],
    ).with_row_index("@group")
    keys = list(by)
    steps = _joined(curves, groups.select("@group", *keys), keys).select(
        "@group",
        pl.col("t").alias("@t"),
        pl.col("survival").alias("@s"),
        pl.col(_CIF + cause).alias("@cif"),
        pl.col("at_risk").shift(-1).over("@group").alias("@beyond"),
    )
    from_age, until_age = _days(age), _days(age) + _days(within)
    placed = (
        _joined(asked.with_row_index("@row"), groups, keys)
        .with_columns(from_age.alias("@from"), until_age.alias("@until"))
        .sort("@from")
    )
    starts = placed.join_asof(
        steps.sort("@t"), left_on="@from", right_on="@t", by="@group", strategy="backward", check_sortedness=False
    )
    stops = starts.sort("@until").join_asof(
        steps.sort("@t").select("@group", "@t", pl.col("@cif").alias("@then")),
        left_on="@until",
        right_on="@t",
        by="@group",
        strategy="backward",
        check_sortedness=False,
        suffix="@stop",
    )
    reason = (
        pl.when(pl.col("@n").fill_null(0) == 0)
        .then(pl.lit(NO_SPELLS))
        .when(~((pl.col("@from") >= 0) & (pl.col("@until") >= pl.col("@from"))).fill_null(False))
        .then(pl.lit(NO_AGE))
        .when(pl.col("@s") == 0)
        .then(pl.lit(NONE_LEFT))
        .when(pl.col("@from") >= pl.col("@followed"))
        .then(pl.lit(NONE_BEYOND))
        .otherwise(pl.lit(None, pl.String))
    )
    known = pl.col("reason").is_null()
    complete = (pl.col("@until") <= pl.col("@followed")) | (pl.col("@last") == 0)
    return (
        stops.with_columns(reason.alias("reason"))
        .with_columns(
            pl.when(known).then((pl.col("@then") - pl.col("@cif")) / pl.col("@s")).alias("value"),
            pl.when(known).then(pl.col("@beyond")).alias("n"),
            pl.when(known).then(complete).alias("complete"),
        )
        .sort("@row")
        .select(*asked.columns, *added)
    )


def _days(column: str) -> pl.Expr:
    """A column of days as floats; what is no finite number is null."""
    days = pl.col(column).cast(pl.Float64)
    return pl.when(days.is_finite()).then(days)


def _refusal(days: pl.Expr, since: pl.Expr) -> pl.Expr:
    return (
        pl.when(days.is_null())
        .then(pl.lit(NO_DURATION))
        .when(days < 0)
        .then(pl.lit(BELOW_ZERO))
        .when((since > 0) & (since >= days))
        .then(pl.lit(TOO_LATE))
        .otherwise(pl.lit(None, pl.String))
    )


def _spells(frame: pl.DataFrame, by: Sequence[str], duration: str, cause: str, entry: str | None) -> pl.DataFrame:
    """Groups, time, cause (null: open), entry (0: from the beginning); the time is null where a row is unusable."""
    since = _days(entry) if entry else pl.lit(None, pl.Float64)
    ending = pl.col(cause).cast(pl.String)
    groups = [pl.col(name) for name in by] or [pl.lit(0).alias("@all")]
    return frame.select(
        *groups,
        _days(duration).alias(_TIME),
        pl.when(ending != "").then(ending).alias(_CAUSE),
        pl.when(since > 0).then(since).otherwise(0.0).alias(_ENTRY),
    ).with_columns(pl.when(_refusal(pl.col(_TIME), pl.col(_ENTRY)).is_null()).then(pl.col(_TIME)).alias(_TIME))


def _counted(spells: pl.LazyFrame, keys: list[str], names: Sequence[str]) -> pl.LazyFrame:
    """Groups, t, at_risk, events of each cause, censored: in order of group and t."""
    usable = spells.filter(pl.col(_TIME).is_not_null())
    events = [_EVENTS + name for name in names]
    whole = pl.Int64
    ended = usable.group_by(*keys, pl.col(_TIME).alias("t")).agg(
        pl.len().cast(whole).alias(_LEAVING),
        *((pl.col(_CAUSE) == name).sum().cast(whole).alias(_EVENTS + name) for name in names),
    )
    from_beginning = pl.col(_TIME).is_not_null() & (pl.col(_ENTRY) == 0)
    origins = spells.group_by(*keys).agg(pl.lit(0.0).alias("t"), from_beginning.sum().cast(whole).alias(_HERE))
    arrivals = (
        usable.filter(pl.col(_ENTRY) > 0)
        .group_by(*keys, pl.col(_ENTRY).alias("t"))
        .agg(pl.len().cast(whole).alias(_COMING))
    )
    numbers = [_HERE, _COMING, _LEAVING, *events]
    running = {name: pl.col(name).cum_sum().over(keys) for name in (_HERE, _COMING, _LEAVING)}
    # who comes or leaves at t counts from just after t
    at_risk = running[_HERE] + running[_COMING] - pl.col(_COMING) - running[_LEAVING] + pl.col(_LEAVING)
    return (
        pl.concat([origins, ended, arrivals], how="diagonal")
        .group_by(*keys, "t")
        .agg(pl.col(name).sum() for name in numbers)
        .sort(*keys, "t")
        .with_columns(
            at_risk.alias("at_risk"), (pl.col(_LEAVING) - pl.sum_horizontal(pl.lit(0), *events)).alias("censored")
        )
        .filter((pl.col("t") == 0) | (pl.col(_LEAVING) > 0))
    )


def _read(curves: pl.DataFrame, by: Sequence[str], until: pl.Expr, t: pl.Expr) -> pl.DataFrame:
    values = ["survival", *(name for name in curves.columns if name.startswith((_CIF, "low.", "high.")))]
    read = _by_group(
        curves,
        by,
        [
            t.alias("t"),
            _spell_count(curves).alias("n"),
            *(pl.col(name).filter(until).last() for name in values),
            pl.col("t").last().alias("@followed"),
            pl.col("survival").last().alias("@last"),
            pl.col("t").filter(pl.col("survival") == 0).first().alias("emptied"),
        ],
    )
    reason = (
        pl.when(pl.col("n") == 0)
        .then(pl.lit(NO_SPELLS))
        .when((pl.col("t") > pl.col("@followed")) & (pl.col("@last") > 0))
        .then(pl.lit(UNFOLLOWED))
        .otherwise(pl.lit(None, pl.String))
    )
    return read.with_columns(reason.alias("reason")).select(
        *by,
        "t",
        "n",
        *(pl.when(pl.col("reason").is_null()).then(pl.col(name)).alias(name) for name in values),
        "reason",
        pl.when(pl.col("emptied") < pl.col("@followed")).then(pl.col("emptied")).alias("emptied"),
    )


def _spell_count(curves: pl.DataFrame) -> pl.Expr:
    ends = [name for name in curves.columns if name.startswith(_EVENTS) or name == "censored"]
    return pl.sum_horizontal(*(pl.col(name) for name in ends)).sum()


def _by_group(curves: pl.DataFrame, by: Sequence[str], what: list[pl.Expr]) -> pl.DataFrame:
    if by:
        return curves.group_by(*by, maintain_order=True).agg(what)
    return curves.select(what)


def _joined(left: pl.DataFrame, right: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """``left`` with what ``right`` has of its group; a group that is null is one too."""
    if keys:
        return left.join(right, on=keys, how="left", nulls_equal=True)
    return left.join(right, how="cross")
