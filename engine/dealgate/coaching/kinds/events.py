"""What happened to deals: moves, closings, close dates and amounts that changed, silence, exceptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

import polars as pl

from ...metrics.specs.pushes import shifts
from ...metrics.specs.standstill import THRESHOLD, stalled
from ...model.play import EVENTS, SCOPES
from ...plays.facts import Fact
from ..ground import Ground, Wanted

KIND = "event"
_LATER = (pl.col("deal") == pl.col("deal").shift(1)).fill_null(False)


def facts(ground: Ground, wanted: Wanted) -> list[Fact]:
    """A fact an event that plays ask for, within the longest time they look back; whose the deal was then.

    ``no_activity`` is of today: nothing has happened on an open deal for more than two weeks, as ``stalled_share``
    counts it. The figure is the days that a date moved by, or that it was quiet; of an amount the share it changed by.
    """
    asked = wanted.values(KIND, "event")
    since = _since(ground, wanted)
    found: list[Fact] = []
    for event, maker in MAKERS.items():
        if asked is None or event in asked:
            frame = maker(ground)
            if frame is not None:
                found += _facts(ground, event, frame, since)
    return found


def _since(ground: Ground, wanted: Wanted) -> date | None:
    """The first day that any need looks at; None: one looks at all that ever was."""
    needs = wanted.of(KIND)
    if any(need.within is None for _, need in needs):
        return None
    calendar = ground.past.calendar
    return min((calendar.shift(ground.today, -need.within) for _, need in needs if need.within), default=None)


def _facts(ground: Ground, event: str, frame: pl.DataFrame, since: date | None) -> list[Fact]:
    past = ground.past
    frame = frame.with_columns(past.day(frame["at"]).alias("day"))
    if since is not None:
        # what nobody dates may have been then
        frame = frame.filter(pl.col("day").is_null() | (pl.col("day") >= since))
    if "stage" not in frame.columns:
        frame = frame.with_columns(past.value(frame, "stage").alias("stage"))
    there = [scope for scope in SCOPES[1:] if scope in ground.keys]
    whose: dict[str, pl.Series | pl.Expr] = {scope: past.value(frame, ground.keys[scope]) for scope in there}
    none = pl.lit(None, pl.String)
    rows = frame.select(
        pl.col("deal").cast(pl.String), pl.col("stage").cast(pl.String), "day",
        (pl.col("value") if "value" in frame.columns else pl.lit(None, pl.Float64)).alias("value"),
        (pl.col("criterion") if "criterion" in frame.columns else none).alias("criterion"),
        *(whose.get(scope, none).alias(scope) for scope in SCOPES[1:]),
    )  # fmt: skip
    unit = {"pushed": "days", "pulled_in": "days", "no_activity": "days", "amount_changed": "%"}.get(event, "")
    says = EVENTS[event]
    return [
        Fact(
            KIND, event=event, criterion=criterion, stage=stage, deal=deal, account=account, owner=owner, team=team,
            value=None if figure is None else Decimal(str(figure)), unit=unit, on=day,
            says=f"{says} ({criterion})" if criterion else says,
        )
        for deal, stage, day, figure, criterion, account, owner, team in rows.iter_rows()
    ]  # fmt: skip


# ---------------------------------------------------------------- one an event: deal, at, perhaps stage, value


def _created(ground: Ground) -> pl.DataFrame:
    return ground.past.begun.select("deal", "at")


def _steps(ground: Ground) -> pl.DataFrame:
    """Each move between open stages of one run of a deal: ``to`` and how many places on."""
    visits = ground.past.visits.filter(pl.col("rank").is_not_null())
    on = pl.col("rank").cast(pl.Int64) - pl.col("rank").cast(pl.Int64).shift(1)
    same = _LATER & (pl.col("spell") == pl.col("spell").shift(1))
    moved = visits.with_columns(pl.when(same).then(on).alias("by"))
    return moved.select("deal", pl.col("entered").alias("at"), "stage", "by").filter(pl.col("by").is_not_null())


def _moved(ground: Ground) -> pl.DataFrame:
    return _steps(ground).filter(pl.col("by") > 0).drop("by")


def _moved_back(ground: Ground) -> pl.DataFrame:
    return _steps(ground).filter(pl.col("by") < 0).drop("by")


def _skipped(ground: Ground) -> pl.DataFrame:
    return _steps(ground).filter(pl.col("by") > 1).drop("by")


def _reopened(ground: Ground) -> pl.DataFrame:
    held = ground.past.statuses
    again = _LATER & (pl.col("status") == "open") & (pl.col("status").shift(1) == "lost")
    return held.filter(again.fill_null(False)).select("deal", pl.col("since").alias("at"))


def _closed(status: str) -> Callable[[Ground], pl.DataFrame]:
    return lambda ground: ground.past.closings.filter(pl.col("status") == status).select("deal", "at")


def _pushed(ground: Ground) -> pl.DataFrame:
    return _shifted(ground, pl.col("days") > 0)


def _pulled_in(ground: Ground) -> pl.DataFrame:
    return _shifted(ground, pl.col("days") < 0)


def _shifted(ground: Ground, way: pl.Expr) -> pl.DataFrame:
    return shifts(ground.past, "quarter").filter(way).select("deal", "at", pl.col("days").abs().alias("value"))


def _amount_changed(ground: Ground) -> pl.DataFrame:
    past = ground.past
    told = past.own(past.history.part("amount").select("deal", "at", "value"))
    told = told.with_columns(
        pl.col("value").alias("after"), pl.when(_LATER).then(pl.col("value").shift(1)).alias("before")
    ).filter(pl.col("before").is_not_null(), pl.col("before") != pl.col("after").fill_null(""))
    old, new = (pl.col(name).str.split_exact(" ", 1) for name in ("before", "after"))
    number = pl.Float64
    both = told.select(
        "deal", "at", old=old.struct[0].cast(number, strict=False), new=new.struct[0].cast(number, strict=False),
        same=old.struct[1] == new.struct[1],
    )  # fmt: skip
    share = ((pl.col("new") - pl.col("old")).abs() / pl.col("old").abs()).round(4)
    return both.select("deal", "at", value=pl.when(pl.col("same") & (pl.col("old") != 0)).then(share))


def _no_activity(ground: Ground) -> pl.DataFrame | None:
    found = stalled(ground.past, int(str(THRESHOLD.choice))).filter(pl.col("hit").fill_null(False))
    return found.select("deal", "at", pl.col("days").floor().alias("value"))


def _overridden(ground: Ground) -> pl.DataFrame | None:
    held = ground.past.child("overrides", criterion=pl.String, approved_on=pl.Date)
    if held is None:
        return None
    starts = pl.col("approved_on").cast(pl.Datetime("us")).dt.replace_time_zone(str(ground.past.zone))
    stage = pl.col("criterion").str.split(".").list.first()
    return held.filter(pl.col("approved_on").is_not_null()).select(
        "deal", starts.dt.convert_time_zone("UTC").alias("at"), "criterion", stage.alias("stage")
    )


MAKERS: Mapping[str, Callable[[Ground], pl.DataFrame | None]] = {
    "created": _created,
    "moved": _moved,
    "moved_back": _moved_back,
    "skipped": _skipped,
    "reopened": _reopened,
    "won": _closed("won"),
    "lost": _closed("lost"),
    "pushed": _pushed,
    "pulled_in": _pulled_in,
    "amount_changed": _amount_changed,
    "no_activity": _no_activity,
    "overridden": _overridden,
}
"""By event of ``model/play``; a test holds both together."""
