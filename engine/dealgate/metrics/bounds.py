"""How sure a cumulative incidence is: the variance by the delta method, and bounds by log(-log).

With F the incidence of a cause, d_k its events, d all events and n the risk set at each u <= t (Marubini and Valsecchi
1995, Analysing Survival Data from Clinical Trials and Observational Studies; lifelines and statsmodels have the same):

    Var F(t) = Σ (F(t) - F(u))²·d/(n(n - d)) + Σ S(u-)²·d_k(n - d_k)/n³ - 2 Σ (F(t) - F(u))·S(u-)·d_k/n²

The bounds are F^exp(± z·se/(F ln F)), which stay within 0..1. Where F is 0 or 1 there are none.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from statistics import NormalDist

import polars as pl

from .figure import NoValue
from .intervals import Interval
from .survival import Incidence

NO_BOUNDS = "no interval where the incidence is 0 or 1"


def variance(curve: Incidence, cause: str, t: float) -> float | NoValue:
    """The variance of the cause's incidence at t; no value where the incidence itself has none."""
    reached = curve.cif_at(cause, t)
    if isinstance(reached, NoValue):
        return reached
    final, before, total = float(reached), 1.0, 0.0
    for place in range(bisect_right(curve.times, t)):
        risk, own = curve.at_risk[place], curve.events[cause][place]
        gone = sum(events[place] for events in curve.events.values())
        rest = final - float(curve.cif[cause][place])
        if gone:
            # where all went at once, nothing comes after and the rest is 0
            total += rest**2 * gone / (risk * (risk - gone)) if risk > gone else 0.0
            total += before**2 * own * (risk - own) / risk**3 - 2 * rest * before * own / risk**2
        before = float(curve.survival[place])
    return max(total, 0.0)


def bounds(curve: Incidence, cause: str, t: float, level: float = 0.95) -> Interval | NoValue:
    """Bounds of the cause's incidence at t."""
    z = _deviate(level)
    reached, spread = curve.cif_at(cause, t), variance(curve, cause, t)
    if isinstance(reached, NoValue) or isinstance(spread, NoValue):
        return reached if isinstance(reached, NoValue) else NoValue(NO_BOUNDS)
    if not 0 < reached < 1:
        return NoValue(NO_BOUNDS)
    value = float(reached)
    reach = z * math.sqrt(spread) / (value * math.log(value))
    return Interval(value ** math.exp(-reach), value ** math.exp(reach), level, "log-log")


def bounded(curves: pl.DataFrame, by: Sequence[str] = (), level: float = 0.95) -> pl.DataFrame:
    """Curves of ``grouped.incidence`` with ``low.CAUSE`` and ``high.CAUSE``; ``at_horizon`` and ``at_end`` keep them.

    Where an incidence is 0 or 1 they are null.
    """
    z = _deviate(level)
    causes = [name.removeprefix("cif.") for name in curves.columns if name.startswith("cif.")]
    if set(by) & {f"{end}.{cause}" for end in ("low", "high") for cause in causes}:
        raise ValueError("a group column has the name of a column of the result")

    def within(values: pl.Expr) -> pl.Expr:
        return values.over(list(by)) if by else values

    risk = pl.col("at_risk").cast(pl.Float64)
    gone = pl.sum_horizontal(pl.lit(0), *(f"events.{cause}" for cause in causes)).cast(pl.Float64)
    before = pl.col("survival").shift(1, fill_value=1.0)
    hazard = pl.when(risk > gone).then(gone / (risk * (risk - gone))).otherwise(0.0)
    for cause in causes:
        value, own = pl.col(f"cif.{cause}"), pl.col(f"events.{cause}").cast(pl.Float64)
        share = pl.when(risk > 0).then(before * own / risk**2).otherwise(0.0)
        noise = pl.when(risk > 0).then(before**2 * own * (risk - own) / risk**3).otherwise(0.0)
        # (F(t) - F(u))² multiplied out, so that each sum runs once
        total = (
            value**2 * within(hazard.cum_sum())
            - 2 * value * within((hazard * value).cum_sum())
            + within((hazard * value**2).cum_sum())
            + within(noise.cum_sum())
            - 2 * (value * within(share.cum_sum()) - within((share * value).cum_sum()))
        )
        reach = z * pl.max_horizontal(total, pl.lit(0.0)).sqrt() / (value * value.log())
        # a certain incidence may come out of floats a little under 1
        known = (value > 0) & (value < 1 - 1e-12)
        curves = curves.with_columns(
            pl.when(known).then(value ** (-reach).exp()).alias(f"low.{cause}"),
            pl.when(known).then(value ** reach.exp()).alias(f"high.{cause}"),
        )
    return curves


def _deviate(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError("a level lies between 0 and 1")
    return NormalDist().inv_cdf((1 + level) / 2)
