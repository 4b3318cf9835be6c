"""What evidence was worth: weights of features, fitted to deals of periods that are over, and how far they hold.

A row is an open deal at a moment: its features then, the base chance then, and whether it was won by the period's end.
The odds are those of the base, moved by what is proven and by what is not:

    logit p = logit base + Σ β·(e − ē)        e: 1 or 0; unknown adds nothing; ē: the mean of the stage

β minimises −log likelihood + RIDGE/2 · Σβ². Then all β are multiplied by ``trust``, 0 to 1, which is what is left of
them out of time: fitted to earlier periods they are asked about later ones (``trust_of``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[np.float64]]

RIDGE = 25.0
"""The strength of the ridge: as if one knew beforehand that β is 0, give or take 0.2 (1/0.2² = 25), so that a single
piece of evidence seldom moves the odds by more than a half."""
MIN_EACH = 40
"""Won deals, and deals that were not, below which nothing is fitted."""
SURE = 1.645
"""How many standard errors the weights' worth out of time has to be from nothing, to be believed at all."""
CLIP = 2.0
"""The most that evidence moves the log-odds of a deal: the odds by a factor of 7.4."""
LEAST = 1e-6
"""How near to 0 and 1 a base chance is taken at most."""
_POOL = 10.0
"""As so many deals the mean over all stages counts in that of a stage."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What each feature moves the log-odds by, met rather than not; learned from ``n`` rows of ``deals`` deals.

    ``means``: by stage the mean of each feature where it is known. ``centre``: by stage the log-odds that keep the
    total of the stage where it was. ``vintage``: the last day that was learned from. ``prior``: published points
    stand in, for the reason in ``reason``. ``trust``: the part of the fitted weights that held out of time.
    """

    beta: Mapping[str, float]
    means: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    centre: Mapping[str, float] = field(default_factory=dict)
    n: int = 0
    deals: int = 0
    won: int = 0
    vintage: date | None = None
    prior: bool = False
    trust: float = 1.0
    reason: str = ""

    @property
    def calibrated(self) -> bool:
        """Whether the weights were fitted and held: only then may a deal be taken for a commit by them."""
        return not self.prior and self.trust > 0


def logit(chances: Array) -> Array:
    """The log-odds; of chances nearer to 0 or 1 than ``LEAST`` those of ``LEAST``."""
    import numpy as np

    kept = np.clip(chances, LEAST, 1 - LEAST)
    return np.log(kept) - np.log1p(-kept)


def chance(log_odds: Array) -> Array:
    """The chances of log-odds."""
    import numpy as np

    return 1 / (1 + np.exp(-np.clip(log_odds, -700, 700)))


def ridge(x: Array, y: Array, offset: Array, strength: float) -> Array:
    """β that minimises Σ log(1 + e^η) − y·η + strength/2·Σβ², where η = offset + x·β, by Newton's method.

    ``x``: a row a case, a column a feature. There is no intercept: the offset stands for it.
    """
    import numpy as np

    beta = np.zeros(x.shape[1])

    def cost(b: Array) -> float:
        eta = offset + x @ b
        return float(np.logaddexp(0, eta).sum() - y @ eta + strength / 2 * (b @ b))

    now = cost(beta)
    for _ in range(100):
        p = chance(offset + x @ beta)
        gradient = x.T @ (p - y) + strength * beta
        hessian = (x * (p * (1 - p))[:, None]).T @ x + strength * np.eye(len(beta))
        step = np.linalg.solve(hessian, gradient)
        # so near, a step squares what is left to go, and the cost has no more digits to tell it by
        if float(gradient @ step) < 1e-9:
            beta = beta - step
            break
        size = 1.0
        while cost(beta - size * step) > now and size > 1e-9:
            size /= 2
        beta = beta - size * step
        now = cost(beta)
    return beta


# ---------------------------------------------------------------- from rows to weights


def fit(
    rows: pl.DataFrame, features: Sequence[str], *, strength: float = RIDGE, min_each: int = MIN_EACH
) -> Weights | None:
    """Weights of the features, or None where fewer than ``min_each`` deals were won, or not won.

    ``rows``: ``id``, ``stage``, ``moment`` and ``end`` (dates), ``base`` (the chance by what was known then, a null
    leaves the row out), ``won`` (Boolean), and a column a feature (1, 0, null: not known). Their order is no matter.
    """
    rows = rows.filter(pl.col("base").is_not_null()).sort("moment", "end", "id")
    won = rows.filter("won")["id"].n_unique()
    if min(won, rows.filter(~pl.col("won"))["id"].n_unique()) < min_each:
        return None
    means = means_of(rows, features)
    x, y, offset = _arrays(rows, features, means)
    beta = ridge(x, y, offset, strength)
    trust = trust_of(rows, features, strength, min_each)
    kept = dict(zip(features, (trust * beta).tolist(), strict=True))
    centre = centred(rows["stage"], x @ (trust * beta), told_of(rows, features), chance(offset)) if trust else {}
    last = rows["end"].max()
    assert isinstance(last, date)
    return Weights(kept, means, centre, rows.height, rows["id"].n_unique(), won, last, trust=trust)


def means_of(rows: pl.DataFrame, features: Sequence[str], pooled: float = _POOL) -> dict[str, dict[str, float]]:
    """By stage the mean of each feature where it is known, drawn towards that over all stages where few are."""
    whole = {name: _mean(rows[name]) for name in features}
    found: dict[str, dict[str, float]] = {}
    for (stage,), part in rows.group_by("stage", maintain_order=True):
        known = {name: part[name].count() for name in features}
        found[str(stage)] = {
            name: (float(part[name].sum()) + pooled * whole[name]) / (known[name] + pooled)
            if known[name] + pooled
            else whole[name]
            for name in features
        }
    found[""] = whole
    return found


def _mean(values: pl.Series) -> float:
    return float(values.sum()) / values.count() if values.count() else 0.5


def deviations(rows: pl.DataFrame, features: Sequence[str], means: Mapping[str, Mapping[str, float]]) -> Array:
    """A row a deal, a column a feature: how far from the mean of its stage; 0 where nobody knows."""
    import numpy as np

    x = rows.select(pl.col(name).cast(pl.Float64) for name in features).to_numpy().reshape(rows.height, len(features))
    usual = {stage: np.array([one[name] for name in features], dtype=np.float64) for stage, one in means.items()}
    middle = np.array([usual.get(stage, usual[""]) for stage in rows["stage"].cast(pl.String).to_list()])
    return np.asarray(np.nan_to_num(x - middle.reshape(x.shape), nan=0.0), dtype=np.float64)


def told_of(rows: pl.DataFrame, features: Sequence[str]) -> Any:
    """Of which rows anything is known, as an array of truths."""
    import numpy as np

    found = np.zeros(rows.height, dtype=bool)
    for name in features:
        found |= rows[name].is_not_null().to_numpy()
    return found


def _arrays(
    rows: pl.DataFrame, features: Sequence[str], means: Mapping[str, Mapping[str, float]]
) -> tuple[Array, Array, Array]:
    y = rows["won"].cast(pl.Float64).to_numpy()
    return deviations(rows, features, means), y, logit(rows["base"].to_numpy())


def trust_of(rows: pl.DataFrame, features: Sequence[str], strength: float, min_each: int) -> float:
    """What part of the weights holds out of time, 0 to 1.

    Each period from the middle of the history on is predicted by weights of those that were over before it. The slope
    of what came on what evidence said, beside the base, is 1 where the weights are right and 0 where they are noise. It
    is counted as far as it is sure: slope · (1 − (SURE · error ÷ slope)²), never below 0 or above 1, the error being
    that over deals (one deal stands in several rows).
    """
    import numpy as np

    said, came, before, whose = [], [], [], []
    for test, past in _later(rows):
        if min(past["won"].sum(), (~past["won"]).sum()) < min_each:
            continue
        means = means_of(past, features)
        beta = ridge(*_arrays(past, features, means), strength)
        x, y, offset = _arrays(test, features, means)
        said.append(x @ beta)
        came.append(y)
        before.append(offset)
        whose += test["id"].to_list()
    if not said:
        return 0.0
    z, y, offset = np.concatenate(said), np.concatenate(came), np.concatenate(before)
    slope = float(ridge(z[:, None], y, offset, 1e-9)[0])
    p = chance(offset + slope * z)
    scores = pl.DataFrame({"id": whose, "score": z * (y - p)}).group_by("id").agg(pl.col("score").sum())["score"]
    information = float((z * z * p * (1 - p)).sum())
    if slope <= 0 or information <= 0:
        return 0.0
    error = float(np.sqrt((scores.to_numpy() ** 2).sum())) / information
    return min(1.0, max(0.0, slope * (1 - (SURE * error / slope) ** 2)))


def _later(rows: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """The rows of each moment in the later half of the history, with those whose period was over before."""
    moments = rows["moment"].unique().sort()
    for moment in moments[len(moments) // 2 :]:
        past = rows.filter(pl.col("end") < moment)
        if past.height:
            yield rows.filter(pl.col("moment") == moment), past


def centred(stages: pl.Series, shifts: Array, told: Any, base: Array) -> dict[str, float]:
    """By stage the log-odds to add to the deals of which anything is told, so that the chances add up to the base's.

    Moving odds up and down by as much does not leave the mean chance where it was.
    """
    import numpy as np

    found: dict[str, float] = {}
    names = np.array(stages.cast(pl.String).fill_null("").to_list())
    for stage in sorted(set(names.tolist())):
        mine = (names == stage) & told
        if not mine.any():
            continue
        start, moved, aim = logit(base[mine]), shifts[mine], float(base[mine].sum())
        low, high = -2 * CLIP, 2 * CLIP
        for _ in range(60):
            middle = (low + high) / 2
            total = float(chance(start + np.clip(moved + middle, -CLIP, CLIP)).sum())
            low, high = (middle, high) if total < aim else (low, middle)
        found[stage] = (low + high) / 2
    return found
