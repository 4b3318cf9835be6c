"""Historical conversion, moved by what is proven of each deal: the odds of a deal around those of its stage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from ...metrics.figure import NoValue
from ..chances import by_history
from ..earlier import RECENT, earlier
from ..evidence import adjusted, contributions, learned, missing_of
from ..evidence_features import Feature, Lagged, Looking
from ..evidence_fit import Weights
from ..layers import known_by, moments
from ..snapshot import Snapshot
from . import Asked, Method, Outlook
from .historical import outlook
from .monte_carlo import drawn


@dataclass(frozen=True)
class Moved:
    """What evidence did to the chances of the open deals: ``chances`` as ``evidence.adjusted`` gives them, with the
    weights, the features and the base they rest on."""

    chances: pl.DataFrame
    base: pl.DataFrame
    features: tuple[Feature, ...]
    told: pl.DataFrame
    weights: Weights

    def of(self, deal: str) -> pl.DataFrame:
        """What each feature did to the odds of one deal, the strongest first."""
        found = contributions(self.base, self.told, self.weights, [deal])
        return found.sort(pl.col("log_odds").abs(), descending=True)


def moved(snapshot: Snapshot) -> Moved:
    """The chances by history, moved by evidence; weights are learned of the latest periods."""
    return snapshot.once(Moved, lambda: _moved(snapshot, by_history(snapshot)))


def _moved(snapshot: Snapshot, base: pl.DataFrame) -> Moved:
    looking = Looking(snapshot.playbook, snapshot.history)
    weights = learned(looking.rows(_lags(snapshot)), looking.features)
    held = snapshot.deals.select("id", "stage").join(base.select("id", "chance"), on="id", how="left")
    told = looking.at(snapshot.history.as_of, held["id"])
    missing = missing_of(held, snapshot.judged, snapshot.past.process, looking.told if snapshot.earlier else None)
    chances = adjusted(held, told, weights, missing)
    return Moved(chances, held, looking.features, told, weights)


def _lags(snapshot: Snapshot) -> list[Lagged]:
    """The moments that forecasts are held at, of the latest periods that are over."""
    found = []
    for period in earlier(snapshot)[:RECENT]:
        for lag, day in moments(period).items():
            if isinstance(day, date):
                found.append(Lagged(known_by(lag, day), period.last, lag))
    return sorted(found, key=lambda one: one.moment)


def make(snapshot: Snapshot, asked: Asked) -> Outlook | NoValue:
    """The outlook, with its range."""
    history = by_history(snapshot)
    base = outlook("evidence", snapshot, history)
    if isinstance(base, NoValue):
        return base
    found = moved(snapshot)
    chances = history.drop("chance", "reason").join(found.chances.select("id", "chance", "reason"), on="id", how="left")
    made = outlook("evidence", snapshot, chances)
    assert isinstance(made, Outlook)
    weights = found.weights
    if weights.prior:
        note = f"evidence is weighed by published points: {weights.reason}"
    elif not weights.calibrated:
        note = "evidence told nothing of the outcome in the past, and moves no chance"
    else:
        note = f"evidence is weighed as {weights.deals:,} deals were, up to {weights.vintage}"
    ranged = drawn(made, snapshot, chances, asked)
    return Outlook(
        ranged.method, ranged.won, ranged.deals, ranged.new, ranged.low, ranged.mid, ranged.high,
        (note, *ranged.notes),
    )  # fmt: skip


METHODS = (
    Method(
        "evidence",
        "Evidence-adjusted",
        "historical conversion, the odds × what evidence is worth around the stage's average",
        "deals of one stage differ by what is proven of them",
        40,
        make,
    ),
)
