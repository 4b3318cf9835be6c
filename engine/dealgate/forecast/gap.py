"""To reach a target: how much pipeline it takes from here, and which deals are closest to proven."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from ..metrics.figure import NoValue
from ..model.process import Criterion
from .earlier import NO_EARLIER
from .rates import cases_then
from .snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Near:
    """An open deal, what it would bring (minor units), and what it still needs to leave its stage."""

    id: str
    name: str
    owner: str | None
    amount: int
    needs: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """``missing``: target less what is won; 0 or less: attained. ``rate``: the share of an open pipeline's value that
    was won by the period's end from this day on; ``needed``: missing ÷ rate; ``there``: what is open and priced."""

    target: int
    missing: int
    rate: Fraction | NoValue
    needed: int | NoValue
    there: int
    near: tuple[Near, ...]


def gap(snapshot: Snapshot, target: int, most: int = 5) -> Gap:
    """The plan. ``most``: how many deals are named, those that need least first, the largest of them first."""
    won = int(snapshot.won["amount"].sum())
    missing = target - won
    rate = _rate(snapshot)
    needed: int | NoValue
    if isinstance(rate, NoValue):
        needed = rate
    elif not rate:
        needed = NoValue("nothing that was open at this day was ever won by the period's end")
    else:
        needed = -(-missing * rate.denominator // rate.numerator) if missing > 0 else 0
    there = int(snapshot.deals["amount"].sum())
    return Gap(target, missing, rate, needed, there, nearest(snapshot, most))


def _rate(snapshot: Snapshot) -> Fraction | NoValue:
    held = cases_then(snapshot)
    if not held:
        return NO_EARLIER
    won = whole = 0
    for _, then in held:
        worth = snapshot.worth(then).fill_null(0)
        whole += int(worth.sum())
        won += int(worth.filter(then["won"]).sum())
    return Fraction(won, whole) if whole > 0 else NoValue("no deal that was open in an earlier period has an amount")


def nearest(snapshot: Snapshot, most: int) -> tuple[Near, ...]:
    """The open deals with an amount that need least to leave their stage, of the latest stages first."""
    held = snapshot.deals.filter(pl.col("amount") > 0)
    if not held.height:
        return ()
    rows = held.join(snapshot.judged, on="id", how="left", suffix="@")
    process = snapshot.past.process
    asked = {stage.id: process.holding_in(stage) for stage in process.open_stages}
    found = []
    for row in rows.iter_rows(named=True):
        needs = tuple(k for k in asked.get(row["stage"], ()) if row[k.id] in ("unmet", "unknown"))
        found.append((-(row["rank"] or 0), len(needs), -row["amount"], row["id"], row, needs))
    found.sort(key=lambda one: one[:4])
    return tuple(Near(row["id"], row["name"], row["owner"], row["amount"], needs) for *_, row, needs in found[:most])
