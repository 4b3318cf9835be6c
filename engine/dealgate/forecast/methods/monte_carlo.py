"""The period drawn many times over: deals won or not, partly together, with new business and amounts that move."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from ...metrics.figure import NoValue
from ..chances import WEIGHT
from ..dates import by_date
from ..earlier import coming
from ..snapshot import Snapshot
from ..together import correlation
from . import Asked, Method, Outlook
from .historical import outlook

AMOUNT_SD = 0.15
"""How far what a deal brings is from its amount, relative: our own default."""


MOST_ESTIMATES = 500
"""Different chances up to which the error of each is drawn too: each takes milliseconds."""


def make(snapshot: Snapshot, asked: Asked) -> Outlook | NoValue:
    """The outlook, with P10, P50 and P90 of what was drawn."""
    dated = by_date(snapshot)
    base = outlook("monte-carlo", snapshot, dated.chances)
    if isinstance(base, NoValue):
        return base
    return drawn(replace(base, notes=(*dated.notes, *base.notes)), snapshot, dated.chances, asked)


def drawn(base: Outlook, snapshot: Snapshot, chances: pl.DataFrame, asked: Asked) -> Outlook:
    """An outlook with the range of its deals' chances, each as sure as the number of deals it rests on."""
    import numpy as np

    from ..draws import Noise, OpenDeals, simulate

    held = base.deals.select("id", "chance").join(chances.select("id", "n"), on="id", how="left")
    held = held.join(snapshot.deals.select("id", "amount"), on="id", how="left")
    held = held.filter(pl.col("chance").is_not_null(), pl.col("amount").is_not_null()).with_columns(
        pl.struct("chance", "n").rank("dense").cast(pl.Int64).alias("estimate"),
        (pl.col("n").fill_null(0) + WEIGHT).cast(pl.Float64).alias("weight"),
    )
    # a deal's own error widens nothing, so among so many different chances only the shared factor is left
    shared = held["estimate"].n_unique() <= MOST_ESTIMATES
    new = coming(snapshot)
    mean, amounts = (0.0, ()) if isinstance(new, NoValue) or not new.amounts else (float(new.mean), new.amounts)
    found = simulate(
        OpenDeals(
            held["chance"].to_numpy().astype(np.float64),
            held["amount"].to_numpy().astype(np.int64),
            weight=held["weight"].to_numpy().astype(np.float64) if shared else None,
            estimate=held["estimate"].to_numpy().astype(np.int64) if shared else None,
        ),
        Noise(
            correlation=correlation(snapshot),
            amount_sd=0.0 if snapshot.unit == "deals" else AMOUNT_SD,
            new_mean=mean,
            new_amounts=np.array(amounts, dtype=np.int64),
        ),
        seed=asked.seed,
        quarters=asked.quarters,
        won=base.won,
    )
    return Outlook(
        base.method, base.won, base.deals, base.new, found.p10, found.p50, found.p90, (*base.notes, found.how)
    )


METHODS = (
    Method(
        "monte-carlo",
        "Monte Carlo",
        "historical conversion, odds moved by a close date that is past, drawn 10,000 times: chances Beta, a shared "
        "factor, amounts ± 15 %, new business Poisson",
        "the range: in eight periods of ten what comes should lie between P10 and P90",
        50,
        make,
    ),
)
