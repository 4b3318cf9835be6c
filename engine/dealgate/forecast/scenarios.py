"""What if: each scenario changes one thing of a snapshot, and says in words which."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from ..metrics.figure import NoValue
from .earlier import NO_EARLIER
from .methods import deals_said
from .rates import cases_then
from .snapshot import Snapshot, WhatIf

LEAST = 10
"""So few cases say nothing of a quarter or an owner."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """``id`` as it is asked for, with what it needs after a colon; ``make`` gives the change and its words."""

    id: str
    about: str
    make: Callable[[Snapshot, str], tuple[WhatIf, str] | NoValue]


def _without_largest(snapshot: Snapshot, _: str) -> tuple[WhatIf, str] | NoValue:
    held = snapshot.deals.filter(pl.col("amount") > 0).sort("amount", "id", descending=[True, False])
    if not held.height:
        return NoValue("no open deal has an amount")
    return WhatIf(without=frozenset([held["id"][0]])), f"without the largest open deal, {held['id'][0]}"


def _slip(snapshot: Snapshot, _: str) -> tuple[WhatIf, str] | NoValue:
    return WhatIf(months=1), "everything comes a month later"


def _best_quarter(snapshot: Snapshot, stage: str) -> tuple[WhatIf, str] | NoValue:
    """Chances in a stage times its best period's rate of winning ÷ the rate of all of them."""
    if stage not in {one.id for one in snapshot.past.process.open_stages}:
        return NoValue(f"the process has no open stage `{stage}`")
    held = cases_then(snapshot)
    rates = []
    won = whole = 0
    for period, every in held:
        cases = every.filter(pl.col("stage") == stage)
        if cases.height >= LEAST:
            rates.append((int(cases["won"].sum()) / cases.height, period.first))
            won, whole = won + int(cases["won"].sum()), whole + cases.height
    if not rates or not won:
        return NoValue("no earlier period has enough deals in this stage") if held else NO_EARLIER
    best, first = max(rates)
    mine = snapshot.deals.filter(pl.col("stage") == stage)["id"]
    factors = dict.fromkeys(mine, best * whole / won)
    rates_said = f"{best * 100:.0f} % in place of {won / whole * 100:.0f} %"
    words = f"deals in {stage} are won as in its best period, from {first}: {rates_said}"
    return WhatIf(factors=factors), words


def _own_rate(snapshot: Snapshot, owner: str) -> tuple[WhatIf, str] | NoValue:
    """An owner's chances times what he won of his open deals ÷ what all did, in earlier periods."""
    mine = snapshot.deals.filter(pl.col("owner").str.to_lowercase() == owner.casefold())["id"]
    if not mine.len():
        return NoValue(f"no open deal is {owner}'s")
    held = cases_then(snapshot)
    if not held:
        return NO_EARLIER
    cases = pl.concat([one for _, one in held])
    name = "owner.name" if snapshot.past.knows("owner.name") else "owner.id"
    at = cases.with_columns(pl.lit(snapshot.history.as_of).alias("at"))
    cases = cases.with_columns(snapshot.past.value(at, name).str.to_lowercase().alias("who"))
    rates = cases.group_by("stage").agg(pl.col("won").mean().alias("usual"))
    ours = cases.filter(pl.col("who") == owner.casefold()).join(rates, on="stage", how="left")
    expected, won = float(ours["usual"].sum()), int(ours["won"].sum())
    if ours.height < LEAST or not expected:
        return NoValue(f"{deals_said(ours.height, 'earlier')} of this owner: fewer than {LEAST}")
    factor = won / expected
    usual = f"{expected:.{0 if math.isclose(expected, round(expected)) else 1}f}"
    words = f"{owner}'s deals at what {owner} has won: {won} of {ours.height}, where {usual} were to be expected"
    return WhatIf(factors=dict.fromkeys(mine, factor)), words


SCENARIOS: Mapping[str, Scenario] = {
    one.id: one
    for one in (
        Scenario("without-largest", "without the largest open deal", _without_largest),
        Scenario("slip-month", "every date and outcome a month later", _slip),
        Scenario("best-quarter", "best-quarter:STAGE, won as in that stage's best period", _best_quarter),
        Scenario("own-calibration", "own-calibration:OWNER, at that owner's rate", _own_rate),
    )
}


def changed(snapshot: Snapshot, asked: str) -> tuple[Snapshot, str] | NoValue:
    """The snapshot under a scenario (``best-quarter:proposal``), and its words. Raises KeyError where there is none."""
    name, _, rest = asked.partition(":")
    made = SCENARIOS[name].make(snapshot, rest.strip())
    return made if isinstance(made, NoValue) else (snapshot.but(made[0]), made[1])
