"""What was there at a moment and known by then: the open pipeline, what the period has won, and what came before.

Everything a method reads comes from here, so that a forecast of a past day sees nothing of what came after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import TypeVar, cast

import polars as pl

from ..compile.frames import MOMENT, Frames
from ..decide.playbook import Playbook
from ..history import History, history_of
from ..history.days import end_of
from ..metrics.cases import Past
from ..metrics.standing import Period
from ..model.calendar import Rates, add_months
from ..model.forecast import AT_START, BOOKING, COUNT
from ..model.teams import Teams

T = TypeVar("T")
ONE = 1000
"""A deal by count, so that chances of one are not rounded away."""
GROUPS = {
    "owner": ("owner.name", "owner.id"),
    "team": ("owner.team",),
    "region": ("owner.region",),
    "segment": ("segment",),
}
"""What deals are grouped by, each with the fields that tell it: the first that any event tells of."""
OPEN_COLUMNS = (
    "id", "name", *GROUPS, "stage", "rank", "amount", "day", "age", "begun", "category", "crm_chance", "foreign",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What a scenario changes: deals left out, months that every date and outcome comes later, factors on the chances
    of some deals."""

    without: frozenset[str] = frozenset()
    months: int = 0
    factors: Mapping[str, float] = field(default_factory=dict)


AS_IT_IS = WhatIf()
NO_TEAMS = Teams()


@dataclass(frozen=True)
class Snapshot:
    """A history as of ``today``'s moment, for a period of days; ``period`` None: whatever is open, whenever it closes.

    ``basis``: what a deal is worth, ``amount``, ``list_amount`` or ``count``. ``teams``: who belongs to which.
    ``earlier``: it looks back from a later day, so what bears no date may not have been so yet.
    ``rated``: which of ``RATES`` amounts in other currencies count by.
    """

    playbook: Playbook
    history: History
    period: Period | None
    rates: Rates | None = None
    basis: str = "amount"
    what_if: WhatIf = AS_IT_IS
    teams: Teams = NO_TEAMS
    earlier: bool = False
    rated: str = BOOKING
    _memo: dict[object, object] = field(default_factory=dict, init=False, compare=False, repr=False)

    @cached_property
    def past(self) -> Past:
        """The history as metrics read it."""
        return Past(self.history, self.rates)

    @cached_property
    def today(self) -> date:
        """The local day that all is known as of."""
        return self.history.as_of.astimezone(self.past.zone).date()

    @property
    def unit(self) -> str:
        """The currency that worths are in minor units of; ``deals`` by count, then in thousandths of a deal."""
        return "deals" if self.basis == COUNT else self.past.currency

    @cached_property
    def frames(self) -> Frames:
        """The open deals as typed columns, for criteria."""
        return self.history.only(self._running["deal"].cast(pl.String)).frames()

    @cached_property
    def judged(self) -> pl.DataFrame:
        """Every criterion on the open deals, as ``Playbook.evaluate_frame`` gives it."""
        found = self.playbook.evaluate_frame(self.frames, as_of=self.history.as_of)
        assert isinstance(found, pl.DataFrame)
        return found

    def once(self, key: object, make: Callable[[], T]) -> T:
        """What methods share, made by the first that asks for it."""
        if key not in self._memo:
            self._memo[key] = make()
        return cast(T, self._memo[key])

    @cached_property
    def left(self) -> float:
        """Days from now to the end of the period, counted from the end of today; 0 where it is over."""
        assert self.period is not None
        last = add_months(self.period.last, -self.what_if.months)
        return float(max(0, (last - self.today).days))

    # ------------------------------------------------ what is open

    @cached_property
    def deals(self) -> pl.DataFrame:
        """The open deals, a row each, by id: OPEN_COLUMNS.

        ``amount``: minor units of ``unit``, null where there is none or no rate leads to it (then ``foreign`` has the
        amount as it is written). ``age``: days in the stage, null where nothing tells since when. ``category``: the
        rep's call, else the stage's. ``crm_chance``: the CRM's own probability, 0 to 1; null where it is
        none.
        """
        past, now = self.past, self._running
        told = [past.value(now, name).alias(f"@{name}") for name in _read(past)]
        held = now.with_columns(*told, self.worth(now).alias("amount"))
        stages = {stage.id: stage for stage in past.process.open_stages}
        ranks = {name: n for n, name in enumerate(stages)}
        categories = {name: stage.category for name, stage in stages.items()}
        written = pl.col("@amount") if "@amount" in held.columns else pl.lit(None, pl.String)
        given = _of(held, "forecast_category")
        percent = _of(held, "probability").str.strip_suffix("%").cast(pl.Float64, strict=False) / 100
        made = held.with_columns(
            pl.col("deal").cast(pl.String).alias("id"),
            pl.coalesce(_of(held, "name"), pl.col("deal").cast(pl.String)).alias("name"),
            _of(held, "stage").alias("stage"),
            _of(held, "close_date").str.to_date("%Y-%m-%d", strict=False).alias("day"),
            pl.when(percent.is_between(0, 1)).then(percent).alias("crm_chance"),
            *(_first(held, names).alias(group) for group, names in GROUPS.items()),
        ).with_columns(
            pl.col("stage").replace_strict(ranks, default=None, return_dtype=pl.Int32).alias("rank"),
            pl.coalesce(given, pl.col("stage").replace_strict(categories, default=None, return_dtype=pl.String)).alias(
                "category"
            ),
            pl.when(pl.col("amount").is_null()).then(written).alias("foreign")
            if self.basis == "amount"
            else pl.lit(None, pl.String).alias("foreign"),
        )
        made = made.join(self._ages, on="deal", how="left", maintain_order="left")
        made = made.select(OPEN_COLUMNS).sort("id")
        if self.what_if.without:
            made = made.filter(~pl.col("id").is_in(list(self.what_if.without)))
        return (
            made.with_columns(pl.col("day").dt.offset_by(f"{self.what_if.months}mo")) if self.what_if.months else made
        )

    @cached_property
    def _running(self) -> pl.DataFrame:
        """``deal``, ``at`` (now) of the deals that are open."""
        last = self.past.statuses.unique("deal", keep="last", maintain_order=True)
        running = last.filter(pl.col("status") == "open").select("deal")
        return running.with_columns(pl.lit(self.history.as_of).cast(MOMENT).alias("at"))

    @cached_property
    def _ages(self) -> pl.DataFrame:
        """``deal``, ``age``, ``begun``: days in the stage, and days since it began."""
        here = self.past.visits.unique("deal", keep="last", maintain_order=True)
        since = here.filter(pl.col("left").is_null()).select("deal", "entered")
        held = self._running.join(since, on="deal", how="left").join(
            self.past.begun.rename({"at": "from"}), on="deal", how="left"
        )
        return held.select(
            "deal",
            self.past.days(held["entered"], held["at"]).alias("age"),
            self.past.days(held["from"], held["at"]).alias("begun"),
        )

    # ------------------------------------------------ what is won

    @cached_property
    def won(self) -> pl.DataFrame:
        """What was won within the period by now (in all, without one): ``id, name, …groups, amount, on``."""
        past = self.past
        ends = past.ends.filter(pl.col("status") == "won")
        ends = ends.with_columns(past.day(ends["at"]).alias("on"))
        if self.period is not None:
            ends = ends.filter(self.period.holds("on"))
        told = [past.value(ends, name).alias(f"@{name}") for name in _read(past)]
        held = ends.with_columns(*told, self.worth(ends).alias("amount"))
        return held.select(
            pl.col("deal").cast(pl.String).alias("id"),
            pl.coalesce(_of(held, "name"), pl.col("deal").cast(pl.String)).alias("name"),
            *(_first(held, names).alias(group) for group, names in GROUPS.items()),
            "amount",
            "on",
        ).sort("id")

    @cached_property
    def won_by_day(self) -> pl.DataFrame:
        """``deal``, ``on``, ``begun`` (its day), ``amount`` (0 where none), ``priced``: of every deal won by now."""
        past = self.past
        ends = past.ends.filter(pl.col("status") == "won", pl.col("at").is_not_null())
        ends = ends.with_columns(past.day(ends["at"]).alias("on"), self.worth(ends).alias("@worth"))
        begun = past.begun.select("deal", pl.col("at").alias("@from"))
        held = ends.join(begun, on="deal", how="left", maintain_order="left")
        return held.with_columns(past.day(held["@from"]).alias("begun")).select(
            "deal",
            "on",
            "begun",
            pl.col("@worth").fill_null(0).alias("amount"),
            pl.col("@worth").is_not_null().alias("priced"),
        )

    def worth(self, frame: pl.DataFrame) -> pl.Series:
        """What each deal of a frame (``deal``, ``at``) was worth at its moment, in minor units; null: no amount."""
        if self.basis == COUNT:
            return pl.repeat(ONE, frame.height, dtype=pl.Int64, eager=True)
        return self.past.money(frame, self.basis, rated=self._rate_day).cast(pl.Int64)

    @property
    def _rate_day(self) -> date | None:
        """The day whose rates all amounts count by; None: each by its own."""
        if self.rated == AT_START and self.period is not None:
            return min(self.period.first, self.today)  # a later rate is not known yet
        return None if self.rated == BOOKING else self.today

    def but(self, what_if: WhatIf) -> Snapshot:
        """The same with what a scenario changes."""
        return replace(self, what_if=what_if)

    def during(self, period: Period) -> Snapshot:
        """The same moment, for another period."""
        return replace(self, period=period)

    # ------------------------------------------------ earlier

    def at(self, moment: date | datetime, period: Period | None) -> Snapshot:
        """What was known by an earlier moment (a bare date: its end), for a period."""
        then = cut(self.history, moment, self.basis)
        return replace(self, history=then, period=period, what_if=AS_IT_IS, earlier=True)

    @cached_property
    def begins(self) -> date | None:
        """The first day that anything tells of."""
        first = self.past.begun["at"].min()
        return first.astimezone(self.past.zone).date() if isinstance(first, datetime) else None


def cut(history: History, moment: date | datetime, basis: str = "amount") -> History:
    """The history as it was known at an earlier moment.

    What was loaded when it was long past counts as learned when it happened: it is reconstructed. A list price is a
    price of the product and no part of the outcome, so by ``list_amount`` the first that is told stands in before it.
    """
    when = end_of(moment, history.process.calendar.zone)
    events = history.events
    if basis == "list_amount":
        price = pl.col("field") == "list_amount"
        first = price & ((pl.col("deal") != pl.col("deal").shift(1)) | (pl.col("field") != pl.col("field").shift(1)))
        there = first.fill_null(True) & price
        events = events.with_columns(
            pl.when(there).then(pl.lit(None, MOMENT)).otherwise("at").alias("at"),
            pl.when(there).then(True).otherwise("backfilled").alias("backfilled"),
        )
    told = pl.col("at").is_null() | (pl.col("at") <= pl.lit(when).cast(MOMENT))
    known = pl.col("backfilled") | (pl.col("recorded_at") <= pl.lit(when).cast(MOMENT))
    return history_of(events.filter(told, known), history.process, when, None, history.children)


def _read(past: Past) -> list[str]:
    """The fields that a row of the pipeline is made of, as far as any event tells of them."""
    wanted = ("name", "stage", "amount", "close_date", "forecast_category", "probability")
    groups = (name for names in GROUPS.values() for name in names)
    return [name for name in dict.fromkeys((*wanted, *groups)) if past.knows(name)]


def _of(frame: pl.DataFrame, name: str) -> pl.Expr:
    return pl.col(f"@{name}") if f"@{name}" in frame.columns else pl.lit(None, pl.String)


def _first(frame: pl.DataFrame, names: tuple[str, ...]) -> pl.Expr:
    there = [name for name in names if f"@{name}" in frame.columns]
    return _of(frame, there[0] if there else names[0])
