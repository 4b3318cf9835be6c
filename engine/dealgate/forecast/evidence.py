"""Evidence-adjusted chances: the odds of a base chance, moved by what is proven of the deal and by what is not.

Weights come from ``evidence_fit.fit``; before there is enough history, from ``POINTS``, a table that nobody has fitted
(``prior``). Evidence only moves deals apart within a stage: over the deals a stage usually has, the chances add up to
those of the base.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from ..model.process import Process
from ..model.verdict import GAPS
from .evidence_features import CRITERION, STATED, STRONG, Feature, Told
from .evidence_fit import CLIP, MIN_EACH, Weights, centred, chance, deviations, fit, logit, means_of, told_of

if TYPE_CHECKING:
    from .evidence_fit import Array

POINTS: Mapping[str, int] = {
    "criterion": 3,
    "criterion that only warns": 1,
    "each further weight of a criterion": 1,
    "element stated": 3,
    "element corroborated": 2,
}
"""Prior points of a thing being proven rather than not. Ten points double the odds."""
POINT = 0.0693147180559945
"""Log-odds of a point: ln 2 ÷ 10."""
CAP, FLOOR = 0.75, 0.25
"""No deal with mandatory evidence missing is lifted above ``CAP``, and none with all of it put below ``FLOOR``, unless
its base chance is there already."""
SCHEMA = {
    "id": pl.String,
    "chance": pl.Float64,
    "n": pl.Int64,
    "calibrated": pl.Boolean,
    "shift": pl.Float64,
    "reason": pl.String,
}
NO_BASE = "there is no base chance"
PRIOR = "prior: published points, not fitted"


def prior(features: Sequence[Feature], reason: str = "") -> Weights:
    """The published points as weights; ``reason`` says why they stand in."""
    return Weights({one.id: POINT * _points(one) for one in features}, prior=True, reason=reason or PRIOR)


def _points(one: Feature) -> float:
    if one.kind == CRITERION:
        more = POINTS["each further weight of a criterion"] * max(Decimal(0), one.weight - 1)
        return float(POINTS["criterion" if one.holds else "criterion that only warns"] + more)
    points = {STATED: POINTS["element stated"], STRONG: POINTS["element corroborated"]}[one.kind]
    return float(points if one.more else -points)


def learned(rows: pl.DataFrame, features: Sequence[Feature], *, min_each: int = MIN_EACH) -> Weights:
    """Weights fitted to rows (``Looking.rows``), or the published points with the reason why they stand in."""
    names = [one.id for one in features]
    found = fit(rows, names, min_each=min_each) if names else None
    if found is not None:
        return found
    used = rows.filter(pl.col("base").is_not_null())
    won, other = (used.filter(pl.col("won") == one)["id"].n_unique() for one in (True, False))
    why = f"{PRIOR}; the history has {won} deals won and {other} not won, and a fit needs {min_each} of each"
    return prior(features, why)


def adjusted(
    base: pl.DataFrame,
    features: pl.DataFrame,
    weights: Weights,
    missing: Mapping[str, Sequence[str]] | None = None,
) -> pl.DataFrame:
    """``id, chance, n, calibrated, shift, reason`` of every deal of ``base``, in its order.

    ``base``: ``id``, ``stage`` and ``chance`` (null where there is none: then there is none here either).
    ``features``: ``Looking.at``; a deal that is not in it has nothing known. ``missing``: by deal the mandatory
    evidence that is not there, for the deals of which it was asked. ``n``: rows that the weights rest on; ``shift``:
    what evidence moved the log-odds by. Nothing known leaves the base chance as it is.
    """
    import numpy as np

    terms = _terms(base, features, weights)
    start = base["chance"].cast(pl.Float64).fill_null(0.5).to_numpy()
    shift = np.clip(terms.moved + terms.centre, -CLIP, CLIP)
    found = np.where(shift != 0, chance(logit(start) + shift), start)
    said = [""] * base.height
    if missing is not None:
        for place, name in enumerate(base["id"].to_list()):
            if name not in missing:
                continue
            if missing[name] and found[place] > max(CAP, start[place]):
                found[place] = max(CAP, start[place])
                said[place] = "held down: " + ", ".join(missing[name]) + " missing"
            elif not missing[name] and found[place] < min(FLOOR, start[place]):
                found[place] = min(FLOOR, start[place])
                said[place] = "held up: all mandatory evidence is there"
    known = base["chance"].is_not_null()
    general = weights.reason or ("" if weights.calibrated else "evidence has not told anything in the past")
    told_why = [one or general or None for one in said]
    return pl.DataFrame(
        {
            "id": base["id"].cast(pl.String),
            "chance": pl.Series(found, dtype=pl.Float64),
            "n": pl.Series([weights.n] * base.height, dtype=pl.Int64),
            "calibrated": pl.Series([weights.calibrated] * base.height, dtype=pl.Boolean),
            "shift": pl.Series(shift, dtype=pl.Float64),
            "reason": pl.Series(told_why, dtype=pl.String),
            "@known": known,
        }
    ).select(
        "id",
        *(pl.when("@known").then(name).alias(name) for name in ("chance", "n", "calibrated", "shift")),
        pl.when("@known").then("reason").otherwise(pl.lit(NO_BASE)).alias("reason"),
    )


def missing_of(
    deals: pl.DataFrame, judged: pl.DataFrame, process: Process, told: Told | None = None
) -> dict[str, list[str]]:
    """By deal the titles of the mandatory evidence that is not there; unknown is not there either.

    Mandatory is what can hold a deal back in its stage, and what the process asks of a commit, of deals called so.
    ``deals``: ``id`` and ``stage``; ``judged``: ``Playbook.evaluate_frame``. A deal in no open stage is left out.
    ``told``: of an earlier moment, what history can tell of it: of other evidence, which may have come later, nothing
    is known, so a deal that misses none of what is told is left out where there is other.
    """
    asked = {stage.id: process.holding_in(stage) for stage in process.open_stages}
    known = {k.id for held in asked.values() for k in held if told is None or told.tells(k)}
    gaps = [status.value for status in GAPS]
    found = {}
    for row in deals.select("id", "stage").join(judged.drop("state"), on="id").iter_rows(named=True):
        mine = asked.get(row["stage"])
        if mine is None:
            continue
        missing = list(dict.fromkeys(k.title for k in mine if k.id in known and row[k.id] in gaps))
        if missing or all(k.id in known for k in mine):
            found[row["id"]] = missing
    return found


def contributions(
    base: pl.DataFrame, features: pl.DataFrame, weights: Weights, deals: Sequence[str] | None = None
) -> pl.DataFrame:
    """``id, feature, met, usual, log_odds, factor``: what each feature did to the odds of a deal (None: of all).

    ``met``: true, false or null (not known: it did nothing). ``usual``: the mean of the stage, which is compared with.
    ``factor``: what the odds were multiplied by. A row with the feature ``centre`` keeps the total of the stage.
    """
    import numpy as np

    terms = _terms(base, features, weights)
    parts = []
    for place, name in enumerate(terms.names):
        parts.append(
            pl.DataFrame(
                {
                    "id": terms.rows["id"],
                    "feature": [name] * base.height,
                    "met": terms.rows[name].cast(pl.Boolean),
                    "usual": terms.usual(name),
                    "log_odds": terms.x[:, place] * weights.beta[name],
                },
                schema_overrides={"feature": pl.String, "log_odds": pl.Float64, "usual": pl.Float64},
            )
        )
    middle = pl.DataFrame(
        {
            "id": terms.rows["id"],
            "feature": ["centre"] * base.height,
            "met": pl.Series([None] * base.height, dtype=pl.Boolean),
            "usual": pl.Series([None] * base.height, dtype=pl.Float64),
            "log_odds": np.asarray(terms.centre, dtype=np.float64),
        },
        schema_overrides={"feature": pl.String},
    )
    whole = pl.concat([*parts, middle]).with_columns(pl.col("log_odds").exp().alias("factor"))
    return whole if deals is None else whole.filter(pl.col("id").is_in(list(deals)))


@dataclass(frozen=True)
class _Terms:
    """The sum of each deal, term by term: ``x`` deviations, ``moved`` Σβ·x, ``centre`` what keeps the total."""

    names: list[str]
    rows: pl.DataFrame
    means: Mapping[str, Mapping[str, float]]
    x: Array
    moved: Array
    centre: Array

    def usual(self, name: str) -> pl.Series:
        by = {stage: one[name] for stage, one in self.means.items()}
        return self.rows["stage"].replace_strict(by, default=by.get("", 0.5), return_dtype=pl.Float64)


def _terms(base: pl.DataFrame, features: pl.DataFrame, weights: Weights) -> _Terms:
    """Of weights that were not learned from rows, the stage's usual deal is that of these deals themselves."""
    import numpy as np

    names = [name for name in weights.beta if name in features.columns]
    rows = base.select("id", pl.col("stage").cast(pl.String).fill_null(""), "chance")
    rows = rows.join(features.select("id", *names), on="id", how="left", maintain_order="left")
    means = weights.means or means_of(rows, names, pooled=0.0)
    x = deviations(rows, names, means)
    moved = x @ np.array([weights.beta[name] for name in names], dtype=np.float64)
    told = told_of(rows, names)
    kept: Mapping[str, float] = weights.centre
    if not weights.means:
        has = rows["chance"].is_not_null().to_numpy()
        start = rows["chance"].cast(pl.Float64).fill_null(0.5).to_numpy()
        kept = centred(rows["stage"], moved, told & has, start)
    middle = np.array([kept.get(stage, 0.0) for stage in rows["stage"].to_list()], dtype=np.float64) * told
    return _Terms(names, rows, means, x, moved, middle)
